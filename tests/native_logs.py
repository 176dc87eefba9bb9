"""Small logs as the pipelines write them: for each format a folder, its call, and the counts that it holds."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl


@dataclass(frozen=True)
class Made:
    """A log, and what a tally of it must hold: (group..., problem, n, c)."""

    log: Path
    by: tuple[str, ...]
    counts: list[tuple[object, ...]]
    options: dict[str, str] = field(default_factory=dict)
    left_out: dict[str, int] = field(default_factory=dict)


def lines(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def document(path: Path, value: object) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value, indent=2), encoding="utf-8")
    return path


def human_eval(folder: Path) -> Made:
    rows = [
        {"task_id": task, "completion": "x = '\"}'\n", "result": "passed" if ok else "failed: ", "passed": ok}
        for task, ok in [("HumanEval/0", True), ("HumanEval/1", False), ("HumanEval/0", False), ("HumanEval/0", True)]
    ]
    log = lines(folder / "gpt.jsonl_results.jsonl", rows)
    return Made(log, ("model",), [("gpt", "HumanEval/0", 3, 2), ("gpt", "HumanEval/1", 1, 0)])


def evalplus(folder: Path) -> Made:
    def sample(base: str, plus: str | None) -> dict[str, Any]:
        return {
            "task_id": "t",
            "solution": "def f(): ...",
            "base_status": base,
            "plus_status": plus,
            "plus_fail_tests": [],
        }

    tasks = {
        "HumanEval/0": [sample("pass", "pass"), sample("pass", "fail"), sample("timeout", "pass")],
        "HumanEval/1": [sample("pass", "pass"), sample("fail", "fail")],
    }
    log = document(folder / "m_eval_results.json", {"date": "2024", "hash": "fe", "eval": tasks})
    return Made(log, ("model",), [("m", "HumanEval/0", 3, 1), ("m", "HumanEval/1", 2, 1)])


def bigcodebench(folder: Path) -> Made:
    tasks = {
        "BigCodeBench/0": [
            {"task_id": "BigCodeBench/0", "solution": "s", "status": word, "details": {}}
            for word in ("pass", "timeout")
        ],
        "BigCodeBench/1": [],
    }
    log = document(folder / "m_eval_results.json", {"date": "2024", "eval": tasks})
    return Made(log, ("model",), [("m", "BigCodeBench/0", 2, 1)], {}, {"a problem without samples": 1})


def livecodebench(folder: Path) -> Made:
    def problem(name: str, graded: list[bool], **more: object) -> dict[str, Any]:
        return {"question_title": "t", "question_id": name, "output_list": ["o"] * len(graded), "graded_list": graded,
                "pass@1": 0.5, "metadata": ["{}"]} | more  # fmt: skip

    rows = [problem("1873_A", [True, False, True]), problem("abc", [False])]
    log = document(folder / "GPT-4/Scenario.codegeneration_10_0.2_eval_all.json", rows)
    return Made(log, ("model",), [("GPT-4", "1873_A", 3, 2), ("GPT-4", "abc", 1, 0)])


def lm_eval(folder: Path) -> Made:
    def row(doc: int, passes: int, n: int = 4) -> dict[str, Any]:
        return {"doc_id": doc, "doc": {"task_id": "x"}, "target": "t", "arguments": {"gen_args_0": {"arg_0": "p"}},
                "resps": [["g"] * n], "filtered_resps": [["g"] * n], "filter": "create_test", "metrics": ["pass@1"],
                "doc_hash": "71", "prompt_hash": "3f", "target_hash": "4e", "pass@1": passes / n}  # fmt: skip

    log = lines(
        folder / "org__model/samples_humaneval_2026-01-21T03-44-18.458309.jsonl", [row(0, 3), row(1, 0), row(2, 2, 3)]
    )
    group = ("humaneval", "org__model")
    return Made(log, ("dataset", "model"), [(*group, 0, 4, 3), (*group, 1, 4, 0), (*group, 2, 3, 2)])


def _inspect_parts(values: list[tuple[object, int, object]]) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    about = {"task": "gaia", "model": "openai/gpt-4o", "dataset": {"name": "gaia", "sample_ids": [1]}}
    summaries = [
        {"id": name, "epoch": epoch, "input": "q", "target": "t", "completed": True}
        | (
            {"error": "boom"}
            if value == "no"
            else {"scores": {"verify": {"value": value, "answer": "a", "history": []}}}
        )
        for name, epoch, value in values
    ]
    return {"version": 2, "status": "success", "eval": about}, summaries


INSPECTED = [("a", 1, "C"), ("a", 2, "I"), ("b", 1, 1), ("b", 2, False), ("c", 1, float("nan")), ("c", 2, "no")]
INSPECT_COUNTS = [("gaia", "openai/gpt-4o", "a", 2, 1), ("gaia", "openai/gpt-4o", "b", 2, 1)]
INSPECT_LEFT_OUT = {"not scored": 1, "not scored, with an error": 1}


def inspect(folder: Path) -> Made:
    header, summaries = _inspect_parts(INSPECTED)
    log = folder / "2026-02-07T11-26-57+00-00_gaia_4V8z.eval"
    with zipfile.ZipFile(log, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("_journal/start.json", json.dumps(header))
        archive.writestr("samples/a_epoch_1.json", "not read")
        archive.writestr("summaries.json", json.dumps(summaries))
        archive.writestr("header.json", json.dumps(header))
    return Made(log, ("dataset", "model"), INSPECT_COUNTS, {}, INSPECT_LEFT_OUT)


def inspect_json(folder: Path) -> Made:
    header, summaries = _inspect_parts(INSPECTED)
    log = document(folder / "2026_gaia.json", header | {"samples": summaries})
    return Made(log, ("dataset", "model"), INSPECT_COUNTS, {}, INSPECT_LEFT_OUT)


def inspect_unfinished(folder: Path) -> Made:
    header, summaries = _inspect_parts(INSPECTED)
    log = folder / "cut.eval"
    with zipfile.ZipFile(log, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("_journal/start.json", json.dumps(header))
        for at in (10, 2, 1):
            part = {1: summaries[:3], 2: summaries[3:4], 10: summaries[4:]}[at]
            archive.writestr(f"_journal/summaries/{at}.json", json.dumps(part))
    return Made(log, ("dataset", "model"), INSPECT_COUNTS, {}, INSPECT_LEFT_OUT)


def lighteval(folder: Path) -> Made:
    log = folder / "details/org/model/2026-01-01T00-00-00/details_lighteval|aime24|0_2026-01-01T00-00-00.parquet"
    log.parent.mkdir(parents=True)
    rows = [
        {"doc": {"id": f"{at}", "query": "q"}, "model_response": {"text": ["x"] * 4, "input": "q"},
         "metric": {"avg@n:n=4": passes / 4, "pass@k:k=2&n=4": 0.5}}
        for at, passes in enumerate([1, 4])
    ]  # fmt: skip
    pl.DataFrame(rows).write_parquet(log)
    group = ("lighteval|aime24|0", "org/model")
    return Made(log, ("dataset", "model"), [(*group, "0", 4, 1), (*group, "1", 4, 4)])


def verl(folder: Path) -> Made:
    def row(prompt: str, gts: str, acc: bool, step: int) -> dict[str, Any]:
        return {
            "input": prompt,
            "output": "o",
            "gts": gts,
            "score": 1.0 if acc else -1.0,
            "step": step,
            "acc": acc,
            "pred": "5",
        }

    for step in (20, 40):
        lines(
            folder / f"val/{step}.jsonl",
            [row("p", "5", True, step), row("q", "7", step == 40, step), row("p", "5", False, step)],
        )
    return Made(folder / "val", ("step",), [(20, 2, 1), (20, 1, 0), (40, 2, 1), (40, 1, 1)])


def trl(folder: Path) -> Made:
    def part(step: int, rewards: list[float], prompts: list[str]) -> None:
        frame = pl.DataFrame({
            "step": [step] * len(rewards), "prompt": prompts, "completion": [f"c{r}{at}" for at, r in enumerate(rewards)],
            "accuracy_reward": rewards, "advantage": rewards,
        })  # fmt: skip
        path = folder / f"completions/completions_{step:05}.parquet"
        path.parent.mkdir(exist_ok=True)
        frame.write_parquet(path)

    part(1, [1.0, 0.0], ["p", "p"])
    part(2, [1.0, 0.0], ["p", "p"])
    part(3, [1.0, 1.0], ["p", "q"])
    # The first completion of step 3 reads as that of step 1, and is another sample.
    again = {"logged again under a later step": 2}
    return Made(folder / "completions", ("step",), [(1, 2, 1), (3, 1, 1), (3, 1, 1)], {}, again)


def tau_bench(folder: Path) -> Made:
    rows = [{"task_id": task, "reward": reward, "info": {"error": "e"}, "traj": [{"role": "user"}], "trial": trial}
            for task, trial, reward in [(0, 0, 1.0), (0, 1, 0.0), (1, 0, 1.0), (1, 1, 1.0)]]  # fmt: skip
    log = document(folder / "tool-calling-gpt-4o-0.0_range_0--1_user-gpt-4o-llm_0101.json", rows)
    return Made(log, ("model",), [("tool-calling-gpt-4o-0.0", 0, 2, 1), ("tool-calling-gpt-4o-0.0", 1, 2, 2)])


def tau2(folder: Path) -> Made:
    runs = [{"id": f"{task}{trial}", "task_id": task, "trial": trial, "seed": 1, "termination_reason": "agent_error",
             "reward_info": None if reward is None else {"reward": reward}, "messages": [{"content": "long"}]}
            for task, trial, reward in [("0", 0, 1.0), ("0", 1, 0.0), ("1", 0, 1.0), ("1", 1, None)]]  # fmt: skip
    info = {"num_trials": 2, "agent_info": {"llm": "gpt-4.1"}, "environment_info": {"domain_name": "airline"}}
    log = document(
        folder / "run/results.json", {"timestamp": "t", "info": info, "tasks": [{"id": "0"}], "simulations": runs}
    )
    group = ("airline", "gpt-4.1")
    return Made(
        log, ("dataset", "model"), [(*group, "0", 2, 1), (*group, "1", 1, 1)], {}, {"no reward: agent_error": 1}
    )


def swe_bench(folder: Path) -> Made:
    for run, resolved in (("run1", {"a": True, "b": False}), ("run2", {"a": False, "b": False})):
        for name, passed in resolved.items():
            report = {name: {"patch_is_None": False, "patch_exists": True, "resolved": passed, "tests_status": {}}}
            document(folder / f"logs/run_evaluation/{run}/org__m/{name}/report.json", report)
    return Made(folder / "logs", ("model",), [("org__m", "a", 2, 1), ("org__m", "b", 2, 0)])


def swe_bench_run(folder: Path) -> Made:
    report = {"resolved_ids": ["a"], "unresolved_ids": ["b"], "error_ids": ["c"], "empty_patch_ids": ["d"],
              "completed_ids": ["a", "b"], "schema_version": 2}  # fmt: skip
    log = document(folder / "org__m.run1.json", report)
    return Made(
        log, ("model",), [("org__m", name, 1, passed) for name, passed in zip("abcd", (1, 0, 0, 0), strict=True)]
    )


def nemo_skills(folder: Path) -> Made:
    for seed, passes in enumerate([(True, False), (False, False), (True, True)]):
        rows = [
            {"problem": "p", "expected_answer": "5", "predicted_answer": "5", "symbolic_correct": ok} for ok in passes
        ]
        lines(folder / f"eval/math/output-rs{seed}.jsonl", rows)
    return Made(folder / "eval", ("dataset",), [("math", 0, 3, 2), ("math", 1, 3, 1)])


def evalscope(folder: Path) -> Made:
    rows = [{"index": at, "target": "5", "messages": [], "sample_score": {"score": {"value": {"acc": acc}, "status": "success",
             "extracted_prediction": "5"}, "sample_id": at, "group_id": group, "generation_index": index}}
            for at, (group, index, acc) in enumerate([(0, 0, 1.0), (0, 1, 0.0), (1, 0, 1.0)])]  # fmt: skip
    log = lines(folder / "reviews/qwen/math_500.jsonl", rows)
    return Made(log, ("dataset", "model"), [("math_500", "qwen", 0, 2, 1), ("math_500", "qwen", 1, 1, 1)])


def opencompass(folder: Path) -> Made:
    details = [{"example_abbr": "gsm8k_0", "G-Pass@2_0.5": 0.5, "correct": [True, False, True], "predictions": ["1", "2", "1"]},
               {"example_abbr": "gsm8k_1", "correct": [False, False, False]}]  # fmt: skip
    log = document(folder / "results/llama/gsm8k.json", {"accuracy": 33.3, "details": details})
    return Made(log, ("dataset", "model"), [("gsm8k", "llama", "gsm8k_0", 3, 2), ("gsm8k", "llama", "gsm8k_1", 3, 0)])


def verifiers(folder: Path) -> Made:
    def trace(key: str, score: float | None) -> dict[str, Any]:
        rewards = (
            {}
            if score is None
            else {"correct": {"score": score, "weight": 1.0}, "format": {"score": 1.0, "weight": 0.0}}
        )
        return {"id": "x", "task": {"type": "t", "data": {"q": "long"}, "key": key}, "ok": score is not None, "rewards": rewards,
                "agent": {"name": "agent", "config": {"model": "m"}}, "nodes": []}  # fmt: skip

    rows = [{"id": "e", "env": {"id": "gsm8k"}, "task": {"type": "t", "data": {}, "key": key}, "ok": True, "traces": [trace(key, score)]}
            for key, score in [("a", 1.0), ("a", 0.0), ("b", 1.0), ("b", None)]]  # fmt: skip
    group = ("gsm8k", "m")
    log = lines(folder / "traces.jsonl", rows)
    return Made(log, ("dataset", "model"), [(*group, "a", 2, 1), (*group, "b", 1, 1)], {}, {"not scored": 1})


def every_eval_ever(folder: Path) -> Made:
    rows = [{"schema_version": "0.3.0", "evaluation_id": "e", "model_id": "org/m", "evaluation_name": "gsm8k", "sample_id": name,
             "interaction_type": "single_turn", "input": {}, "evaluation": {"score": float(ok), "is_correct": ok}}
            for name, ok in [("1", True), ("2", False), ("1", False)]]  # fmt: skip
    log = lines(folder / "abc_samples.jsonl", rows)
    return Made(log, ("dataset", "model"), [("gsm8k", "org/m", "1", 2, 1), ("gsm8k", "org/m", "2", 1, 0)])


def multipl_e(folder: Path) -> Made:
    results = [
        {"status": status, "exit_code": code, "timestamp": 1}
        for status, code in [("OK", 0), ("OK", 1), ("Exception", 0)]
    ]
    about = {"name": "HumanEval_0", "language": "rs", "prompt": "p", "tests": "t", "results": results}
    log = document(folder / "HumanEval_0.results.json", about)
    return Made(log, ("dataset",), [("rs", "HumanEval_0", 3, 1)])


MAKERS: dict[str, tuple[str, Callable[[Path], Made]]] = {
    maker.__name__: (format, maker)
    for format, makers in {
        "human-eval": [human_eval], "evalplus": [evalplus], "bigcodebench": [bigcodebench], "livecodebench": [livecodebench],
        "lm-eval": [lm_eval], "inspect": [inspect, inspect_json, inspect_unfinished], "lighteval": [lighteval], "verl": [verl],
        "trl": [trl], "tau-bench": [tau_bench], "tau2": [tau2], "swe-bench": [swe_bench, swe_bench_run],
        "nemo-skills": [nemo_skills], "evalscope": [evalscope], "opencompass": [opencompass], "verifiers": [verifiers],
        "every-eval-ever": [every_eval_ever], "multipl-e": [multipl_e],
    }.items()
    for maker in makers
}  # fmt: skip
HASHED = {"verl", "trl"}
"""Formats whose problems are hashes."""
