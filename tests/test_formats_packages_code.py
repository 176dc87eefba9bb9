"""Logs of code that the benchmarks' own packages run: BigCodeBench, LiveCodeBench and MultiPL-E."""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import json
from pathlib import Path
from typing import Any

import pytest

import passcurve as pk
from native_logs import lines


@pytest.mark.filterwarnings("ignore")
def test_bigcodebench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    evaluate = pytest.importorskip("bigcodebench.evaluate")
    test = "class TestCases(unittest.TestCase):\n    def test_it(self):\n        self.assertEqual(task_func(3), 3)\n"
    problems = {
        f"BigCodeBench/{at}": {
            "task_id": f"BigCodeBench/{at}", "entry_point": "task_func", "code_prompt": "def task_func(x):",
            "test": f"import unittest\n{test}", "complete_prompt": "def task_func(x):\n",
        }
        for at in (0, 1)
    }  # fmt: skip
    monkeypatch.setattr(evaluate, "get_bigcodebench", lambda **_: problems)
    monkeypatch.setattr(evaluate, "get_bigcodebench_hash", lambda **_: "hash")
    tried = [(0, 3), (1, 4), (0, 5), (1, 3), (0, 3)]
    samples = [{"task_id": f"BigCodeBench/{at}", "solution": f"def task_func(x):\n    return {y}\n"} for at, y in tried]
    log = lines(tmp_path / "m.jsonl", samples)
    evaluate.evaluate("complete", "full", str(log), execution="local", no_gt=True, parallel=1, pass_k="1,2")
    known = json.loads((tmp_path / "m_pass_at_k.json").read_text())
    for format in ("auto", "bigcodebench"):
        t = pk.tally(tmp_path / "m_eval_results.json", format=format)
        assert t.provenance.policies["format"] == "bigcodebench"
        assert t.frame.rows() == [("m", "BigCodeBench/0", 3, 2), ("m", "BigCodeBench/1", 2, 1)]
    for k in (1, 2):
        assert t.pass_at_k(k)["estimate"].item() == pytest.approx(known[f"pass@{k}"], abs=1e-12)


def livecodebench(
    folder: Path, monkeypatch: pytest.MonkeyPatch, scenario: str, benchmark: list[Any], said: list[list[str]]
) -> Path:
    """A run of the package's own main, of which only the model and the dataset are given."""
    anthropic = pytest.importorskip("anthropic")
    pytest.importorskip("livecodebench")
    for name in ("HUMAN_PROMPT", "AI_PROMPT"):
        # Names of an older anthropic, for prompts of a model that is not asked.
        monkeypatch.setattr(anthropic, name, "", raising=False)
    main = pytest.importorskip("livecodebench.runner.main")
    from livecodebench.utils.scenarios import Scenario

    class Runner:
        def run_main(self, benchmark: list[Any], format_prompt: Any) -> list[list[str]]:
            return said

    settings = argparse.Namespace(
        model="org/model", url="", scenario=Scenario(scenario), n=len(said[0]), out_dir=str(folder), use_cache=False,
        cot_code_execution=False, release_version="release_v1", debug=False, first_n=None, evaluate=True,
        num_process_evaluate=1, timeout=6,
    )  # fmt: skip
    monkeypatch.setattr(main, "get_args", lambda: settings)
    monkeypatch.setattr(main, "build_prompt_benchmark", lambda _: (benchmark, None))
    monkeypatch.setattr(main, "build_runner", lambda *_: Runner())
    main.main()
    (log,) = folder.glob("*_eval_all.json")
    return log


ABOUT = {"question_title": "t", "question_content": "c", "contest_id": "1", "starter_code": ""}


@pytest.mark.filterwarnings("ignore")
def test_livecodebench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    problems = pytest.importorskip("livecodebench.benchmarks")
    tests = json.dumps([{"input": "3\n", "output": "6\n", "testtype": "stdin"}])
    benchmark = [
        problems.CodeGenerationProblem(
            **ABOUT, question_id=name, platform="atcoder", contest_date="2024-01-01T00:00:00", difficulty="easy",
            public_test_cases=tests, private_test_cases=tests, metadata="{}",
        )
        for name in ("abc300_a", "abc300_b")
    ]  # fmt: skip
    right, wrong = (f"```python\nprint({code})\n```" for code in ("int(input()) * 2", "int(input()) + 4"))
    said = [[right, wrong, right], [wrong, wrong, right]]
    log = livecodebench(tmp_path, monkeypatch, "codegeneration", benchmark, said)
    for format in ("auto", "livecodebench"):
        t = pk.tally(log, format=format)
        assert t.frame.rows() == [("org_model", "abc300_a", 3, 2), ("org_model", "abc300_b", 3, 1)]


@pytest.mark.filterwarnings("ignore")
def test_livecodebench_of_several_tests(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    problems = pytest.importorskip("livecodebench.benchmarks")
    test = json.dumps([{"input": "3", "output": "6", "testtype": "functional"}])
    benchmark = [
        problems.TestOutputPredictionProblem(
            **ABOUT, question_id="2777", contest_date=problems.test_output_prediction.datetime(2024, 1, 1),
            difficulty="easy", test=test, function_name="f", test_id=at,
        )
        for at in range(2)
    ]  # fmt: skip
    right, wrong = (f"```python\nassert f(3) == {value}\n```" for value in (6, 7))
    log = livecodebench(tmp_path, monkeypatch, "testoutputprediction", benchmark, [[right, right], [wrong, right]])
    t = pk.tally(log, format="auto")
    assert t.frame.rows() == [("org_model", "2777/0", 2, 2), ("org_model", "2777/1", 2, 1)]


@pytest.mark.filterwarnings("ignore")
def test_multipl_e(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    harness = importlib.util.find_spec("bigcode_eval")
    if harness is None or harness.origin is None:
        pytest.skip("bigcode_eval is not installed")
    # The package around it imports what all of its tasks need.
    monkeypatch.syspath_prepend(str(Path(harness.origin).parent / "tasks/custom_metrics"))
    evaluation = importlib.import_module("multiple_metrics.evaluation")
    known = importlib.import_module("multiple_metrics.single_experiment_pass_k").for_file
    monkeypatch.chdir(tmp_path)
    bodies = {
        "HumanEval_0_f": ["return 3", "return 4", "return 3"],
        "HumanEval_1_g": ["return 4", "re turn", "exit(0)"],
    }
    for name, tried in bodies.items():
        completions = [f"def f():\n    {body}\n" for body in tried]
        problem = {"name": name, "language": "py", "prompt": "def f():\n", "tests": "assert f() == 3\n"}
        Path(f"{name}.json").write_text(json.dumps(problem | {"completions": completions}))
        evaluation.evaluate_problem(str(tmp_path), f"{name}.json", 1)
    for format in ("auto", "multipl-e"):
        t = pk.tally(sorted(tmp_path.glob("*.results.json")), format=format)
        # A program that ends before its tests are done passes, in the benchmark's own judgement too.
        assert t.frame.rows() == [("py", "HumanEval_0_f", 3, 2), ("py", "HumanEval_1_g", 3, 1)]
    theirs = [known(path)[0] for path in sorted(tmp_path.glob("*.results.json"))]
    assert [c / n for n, c in t.frame.select("n", "c").rows()] == pytest.approx(theirs)
