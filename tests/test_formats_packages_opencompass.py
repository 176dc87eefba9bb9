"""Results that OpenCompass's own evaluation task writes, of predictions that are given."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import passcurve as pk

MATH = "opencompass.datasets.math.MATHEvaluator"
REFERENCES = ["4", "6", "8"]
DRAWN = 4
# The answers to all problems, draw by draw.
PREDICTIONS = [["4", "6", "1"], ["4", "2", "1"], ["5", "6", "1"], ["4", "2", "8"]]
COUNTS = [("gsm8k_test_0", 4, 3), ("gsm8k_test_1", 4, 2), ("gsm8k_test_2", 4, 1)]


def evaluated(folder: Path, evaluator: str, n: int, **settings: Any) -> Path:
    """The folder of a run whose predictions were made before."""
    task = pytest.importorskip("opencompass.tasks.openicl_eval")
    from datasets import Dataset, DatasetDict
    from mmengine.config import ConfigDict
    from opencompass.datasets.base import BaseDataset

    class Given(BaseDataset):
        @staticmethod
        def load(**more: Any) -> Any:
            rows = [{"question": f"{at}?", "answer": answer} for at, answer in enumerate(REFERENCES)]
            return DatasetDict({name: Dataset.from_list(rows) for name in ("train", "test")})

    flat = [answer for draw in PREDICTIONS[:n] for answer in draw]
    made = {str(at): {"origin_prompt": "?", "prediction": answer} for at, answer in enumerate(flat)}
    (folder / "predictions/llama").mkdir(parents=True)
    (folder / "predictions/llama/gsm8k.json").write_text(json.dumps(made))
    dataset = {
        "type": Given, "abbr": "gsm8k", "reader_cfg": {"input_columns": ["question"], "output_column": "answer"},
        "eval_cfg": {"evaluator": {"type": evaluator}}, "n": n, **settings,
    }  # fmt: skip
    task.OpenICLEvalTask(
        ConfigDict(
            work_dir=str(folder),
            models=[{"type": "", "abbr": "llama"}],
            datasets=[[dataset]],
            eval={"runner": {"task": {"dump_details": True}}},
        )
    ).run()
    return folder


@pytest.mark.filterwarnings("ignore")
def test_opencompass(tmp_path: Path) -> None:
    log = evaluated(tmp_path, MATH, DRAWN, k=[2, 4])
    for format in ("auto", "opencompass"):
        t = pk.tally(log / "results", format=format)
        assert t.frame.rows() == [("gsm8k", "llama", *counts) for counts in COUNTS]
    details = json.loads((log / "results/llama/gsm8k.json").read_text())
    known = details["mG-Pass@4"] / 100
    assert t.mg_pass_at_k(4)["estimate"].item() == pytest.approx(known, abs=1e-12)


@pytest.mark.filterwarnings("ignore")
def test_one_prediction_of_each(tmp_path: Path) -> None:
    log = evaluated(tmp_path, MATH, 1)
    t = pk.tally(log / "results", format="auto")
    assert t.frame.select("n", "c").rows() == [(1, 1), (1, 1), (1, 0)]


@pytest.mark.filterwarnings("ignore")
def test_an_evaluator_that_gives_no_details(tmp_path: Path) -> None:
    log = evaluated(tmp_path, "opencompass.openicl.icl_evaluator.AccEvaluator", 1)
    with pytest.raises(pk.DataError, match=r"have none of correct, .* gives no verdicts of single predictions"):
        pk.tally(log / "results", format="opencompass")
