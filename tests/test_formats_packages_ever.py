"""Records that Every Eval Ever's own converters write of logs of Inspect and lm-evaluation-harness (Python >= 3.12)."""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import Any

import pytest

import passcurve as pk
from native_logs import lines
from test_formats_packages import run_inspect


def converted_inspect(folder: Path, **task: Any) -> Path:
    adapter = pytest.importorskip("every_eval_ever.converters.inspect.adapter")
    from inspect_ai.log import read_eval_log, write_eval_log

    log = read_eval_log(str(run_inspect(folder / "log", "eval", **task)))
    # The converter must know whose model it is.
    log.eval.model = "openai/gpt-4o"
    for sample in log.samples or []:
        sample.output.model = "gpt-4o"
    write_eval_log(log, str(folder / "known.eval"))
    about = {
        "source_organization_name": "org", "evaluator_relationship": "third_party", "file_uuid": str(uuid.uuid4()),
        "parent_eval_output_dir": str(folder / "out"), "source_organization_url": None,
        "source_organization_logo_url": None,
    }  # fmt: skip
    adapter.InspectAIAdapter().transform_from_file(str(folder / "known.eval"), about)
    return folder / "out"


@pytest.mark.filterwarnings("ignore")
def test_epochs_of_inspect(tmp_path: Path) -> None:
    pytest.importorskip("inspect_ai")
    from inspect_ai.scorer import match

    log = converted_inspect(tmp_path, scorer=match())
    # Each epoch has the mean of all, and is called correct where that is above 0.
    with pytest.raises(pk.DataError, match=r"evaluation.score is 0\.[36]\d* and evaluation.is_correct true"):
        pk.tally(log, format="every-eval-ever")
    t = pk.tally(log, format="auto", threshold=0.5)
    assert t.frame.select("problem", "n", "c").rows() == [("a", 3, 3), ("b", 3, 3)]
    assert t.by == ("dataset", "model")


@pytest.mark.filterwarnings("ignore")
def test_scorers_of_inspect(tmp_path: Path) -> None:
    pytest.importorskip("inspect_ai")
    from inspect_ai.scorer import includes, match

    log = converted_inspect(tmp_path, scorer=[match(), includes()])
    with pytest.raises(pk.DataError, match="with one of: match:accuracy, includes:accuracy"):
        pk.tally(log, format="every-eval-ever")
    t = pk.tally(log, format="every-eval-ever", format_options={"result": "includes:accuracy"}, threshold=1)
    assert t.frame.select("problem", "n", "c").rows() == [("a", 3, 0), ("b", 3, 0)]
    assert t.provenance.left_out == {"of another result than includes:accuracy": 6}


@pytest.mark.filterwarnings("ignore")
def test_metrics_of_lm_eval(tmp_path: Path) -> None:
    adapter = pytest.importorskip("every_eval_ever.converters.lm_eval.instance_level_adapter")
    values = {0: (1.0, 1.0), 1: (0.0, 1.0), 2: (1.0, 0.0)}
    rows = [
        {"doc_id": doc, "target": "4", "arguments": {"gen_args_0": {"arg_0": "?"}}, "resps": [["4"]],
         "filtered_resps": ["4"], "filter": "strict", "metrics": ["exact_match", "acc"],
         "exact_match": match, "acc": acc}
        for doc, (match, acc) in values.items()
    ]  # fmt: skip
    samples = lines(tmp_path / "samples.jsonl", rows)
    about = {"file_uuid": str(uuid.uuid4()), "collection": "gsm8k", "developer": "org", "output_dir": tmp_path / "out"}
    adapter.LMEvalInstanceLevelAdapter().transform_and_save(samples, "gsm8k/org_m/1", "org/m", "gsm8k", **about)
    for at, name in enumerate(("exact_match:strict", "acc:strict")):
        t = pk.tally(tmp_path / "out", format="auto", format_options={"result": name})
        assert t.frame.rows() == [("gsm8k/strict", "org/m", str(doc), 1, int(row[at])) for doc, row in values.items()]
