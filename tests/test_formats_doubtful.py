"""Logs that look like verdicts and are none, or are those of something else: refused, or said."""

from __future__ import annotations

import gzip
import json
import zipfile
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import passcurve as pk
from native_logs import document, human_eval, inspect, lines, opencompass, tau2

SAMPLES = "org__m/samples_gsm8k_2026-01-21T03-44-18.458309.jsonl"


def lm_eval(doc: int, value: float, **more: Any) -> dict[str, Any]:
    responses = [["a", "b", "c", "d"]]
    row = {"doc_id": doc, "resps": responses, "filtered_resps": ["a"], "filter": "none", "metrics": ["exact_match"]}
    return row | {"exact_match": value} | more


def test_lm_eval_of_four_responses_the_filter_took_one(tmp_path: Path) -> None:
    t = pk.tally(lines(tmp_path / SAMPLES, [lm_eval(0, 1.0), lm_eval(1, 0.0)]), format="lm-eval")
    assert t.frame.select("n", "c").rows() == [(1, 1), (1, 0)]
    assert "of 4 responses of a document the filter left 1, and only these were scored" in t.provenance.notes[0]


def test_lm_eval_of_four_responses_the_filter_took_two(tmp_path: Path) -> None:
    row = lm_eval(0, 0.0, filtered_resps=[["a", "b"]], metrics=["pass@1"]) | {"pass@1": 0.5}
    assert pk.tally(lines(tmp_path / SAMPLES, [row]), format="lm-eval").frame.select("n", "c").rows() == [(2, 1)]


def test_lm_eval_compares_likelihoods(tmp_path: Path) -> None:
    choices = {
        "resps": [[["-1.5", "False"]], [["-0.5", "True"]]],
        "filtered_resps": [["-1.5", "False"], ["-0.5", "True"]],
    }
    row = lm_eval(0, 0.0, metrics=["acc"], **choices) | {"acc": 1.0}
    assert pk.tally(lines(tmp_path / SAMPLES, [row]), format="lm-eval").frame.select("n", "c").rows() == [(1, 1)]


def test_lm_eval_votes_are_no_verdicts(tmp_path: Path) -> None:
    log = lines(tmp_path / SAMPLES, [lm_eval(0, 1.0, filter="maj@64")])
    with pytest.raises(pk.DataError, match="maj@64 is a vote of the responses"):
        pk.tally(log, format="lm-eval")


def test_lm_eval_a_second_filter_far_down(tmp_path: Path) -> None:
    rows = [lm_eval(doc, 1.0, filter=name) for name in ("strict", "flexible") for doc in range(33_000)]
    log = lines(tmp_path / SAMPLES, rows)
    with pytest.raises(pk.DataError, match="with one of: strict, flexible"):
        pk.tally(log, format="lm-eval")
    with pytest.raises(pk.DataError, match="no record has the filter 'stirct'; there are: strict, flexible"):
        pk.tally(log, format="lm-eval", format_options={"filter": "stirct"})


def test_lm_eval_names_of_one_model(tmp_path: Path) -> None:
    for day, written in (("21", True), ("22", False)):
        log = tmp_path / SAMPLES.replace("-21T", f"-{day}T").replace("gsm8k", f"task{day}")
        lines(log, [lm_eval(0, 1.0)])
        if written:
            document(log.parent / f"results_2026-01-{day}T03-44-18.458309.json", {"model_name": "org/m"})
    t = pk.tally(tmp_path, format="lm-eval")
    assert t.frame["model"].unique().to_list() == ["org/m"]


def test_lm_eval_in_its_own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = lines(tmp_path / SAMPLES, [lm_eval(0, 1.0)])
    monkeypatch.chdir(log.parent)
    assert pk.tally(log.name, format="lm-eval").frame["model"].to_list() == ["org__m"]


def lighteval(folder: Path, metrics: dict[str, float], texts: int = 4) -> Path:
    path = folder / "details/m/2026/details_task|0_2026-01-01T00-00-00.parquet"
    path.parent.mkdir(parents=True, exist_ok=True)
    row = {"doc": {"id": "0"}, "model_response": {"text": ["x"] * texts, "logprobs": [0.5]}, "metric": metrics}
    types = {"doc": pl.Struct({"id": pl.String}), "metric": pl.Struct(dict.fromkeys(metrics, pl.Float64))}
    types["model_response"] = pl.Struct({"text": pl.List(pl.String), "logprobs": pl.List(pl.Float64)})
    pl.DataFrame([row], schema=types).write_parquet(path)
    return path


@pytest.mark.parametrize("name", ["maj@n:n=4&strip=True", "g-pass@4_0.0", "em", "exact_match"])
def test_lighteval_metrics_that_are_no_shares(tmp_path: Path, name: str) -> None:
    for options in ({}, {"metric": name}):
        with pytest.raises(pk.DataError, match="does not say how many of 4 responses passed"):
            pk.tally(lighteval(tmp_path, {name: 1.0}), format="lighteval", format_options=options)
    assert pk.tally(lighteval(tmp_path, {name: 1.0}, 1), format="lighteval").frame.select("n", "c").rows() == [(1, 1)]


@pytest.mark.parametrize(
    ("metrics", "texts", "counts"),
    [
        ({"avg@n:n=4": 0.5, "pass@k:k=8&n=16": 0.5}, 16, (4, 2)),
        ({"pass@k:k=1&n=4": 0.5, "pass@k:k=1&n=16": 0.25}, 16, (16, 4)),
        ({"gpqa_pass@k:k=2&n=4": 5 / 6}, 4, (4, 2)),
        ({"avg@4": 0.75}, 4, (4, 3)),
        ({"acc": 1.0}, 0, (1, 1)),
    ],
)
def test_lighteval_names_say_k_and_n(
    tmp_path: Path, metrics: dict[str, float], texts: int, counts: tuple[int, int]
) -> None:
    t = pk.tally(lighteval(tmp_path, metrics, texts), format="lighteval")
    assert t.frame.select("n", "c").rows() == [counts]


def test_lighteval_of_more_than_there_are(tmp_path: Path) -> None:
    with pytest.raises(pk.DataError, match=r"is of 8 responses, and document '0' has 4"):
        pk.tally(lighteval(tmp_path, {"avg@n:n=8": 0.5}), format="lighteval")


@pytest.mark.parametrize("format", ["verl", "trl"])
def test_two_runs_of_one_step(tmp_path: Path, format: str) -> None:
    for run in ("a", "b"):
        if format == "verl":
            row = {"input": "p", "output": run, "gts": "5", "score": 1.0, "step": 10, "acc": True}
            lines(tmp_path / run / "10.jsonl", [row])
        else:
            (tmp_path / run).mkdir()
            columns = {"step": [10], "prompt": ["p"], "completion": [run], "reward": [1.0], "advantage": [0.0]}
            pl.DataFrame(columns).write_parquet(tmp_path / run / "completions_00010.parquet")
    with pytest.raises(pk.DataError, match=r"are both of step 10, .* tally each run by itself"):
        pk.tally(tmp_path, format=format)
    assert pk.tally(tmp_path / "a", format=format).frame["n"].to_list() == [1]


def test_trl_the_same_answer_again_is_another_sample(tmp_path: Path) -> None:
    for step, answers in ((1, ["yes", "no", "yes", "maybe"]), (3, ["yes", "yes", "yes", "huh"])):
        rewards = [float(answer == "yes") for answer in answers]
        columns = {"step": step, "prompt": "p", "completion": answers, "right": rewards, "advantage": rewards}
        pl.DataFrame(columns).write_parquet(tmp_path / f"completions_{step:05}.parquet")
    t = pk.tally(tmp_path, format="trl")
    assert t.frame.select("step", "n", "c").rows() == [(1, 4, 2), (3, 4, 3)]
    with pytest.raises(pk.DataError, match="which reward column is the verdict"):
        pk.tally(tmp_path, format="trl", format_options={"verdict": "advantage"})


def test_swe_bench_without_failures(tmp_path: Path) -> None:
    log = document(tmp_path / "m.results.json", {"no_generation": ["b"], "no_logs": ["c"], "resolved": ["a"]})
    with pytest.raises(pk.DataError, match="what was resolved and not what was tried"):
        pk.tally(log, format="swe-bench")
    log = document(tmp_path / "m.run.json", {"resolved_ids": ["a"], "submitted_ids": ["a", "b", "c"]})
    assert pk.tally(log, format="swe-bench").frame["c"].to_list() == [1, 0, 0]


def test_the_last_judgement_counts(tmp_path: Path) -> None:
    said = "The first Judgement: Yes might be.\nJudgement: No"
    rows = [{"problem": "p", "predicted_answer": "5", "judgement": said, "symbolic_correct": True}]
    log = lines(tmp_path / "math/output-rs0.jsonl", rows)
    t = pk.tally(log, format="nemo-skills", format_options={"verdict": "judgement"})
    assert t.frame["c"].to_list() == [0]
    t = pk.tally(log, format="nemo-skills")
    assert (t.frame["c"].to_list(), t.provenance.notes) == (
        [1], ("the verdict is symbolic_correct, of symbolic_correct and judgement",)
    )  # fmt: skip


def test_inspect_scorers_of_two_files(tmp_path: Path) -> None:
    made = inspect(tmp_path)
    pk.tally(tmp_path, format="inspect")
    header = {"version": 2, "status": "cancelled", "eval": {"task": "gaia", "model": "openai/gpt-4o"}}
    sample = {"id": "a", "epoch": 3, "scores": {"other": {"value": "C"}}}
    other = document(tmp_path / "z.json", header | {"samples": [sample]})
    with pytest.raises(pk.DataError, match="several scorers"):
        pk.tally(tmp_path, format="inspect")
    t = pk.tally(other, format="inspect")
    assert t.provenance.notes == (f"{other}: the run is cancelled, and may lack samples", "the scorer of gaia is other")
    assert pk.tally(made.log, format="inspect").provenance.notes[0] == "the scorer of gaia is verify"


def test_inspect_members_of_one_name(tmp_path: Path) -> None:
    made = inspect(tmp_path)
    other = [{"id": "z", "epoch": 1, "scores": {"verify": {"value": "C"}}}]
    with zipfile.ZipFile(made.log, "a") as archive, pytest.warns(UserWarning, match="Duplicate name"):
        archive.writestr("summaries.json", json.dumps(other))
    with pytest.warns(UserWarning, match="several members of one name, of which the last is read"):
        t = pk.tally(made.log, format="inspect")
    assert t.frame["problem"].to_list() == ["z"]
    assert any("several members of one name" in note for note in t.provenance.notes)


def test_inspect_folders_hold_more(tmp_path: Path) -> None:
    made = inspect(tmp_path)
    for name in ("eval-set.json", "logs.json"):
        document(tmp_path / name, {"eval_set_id": "x"})
    t = pk.tally(tmp_path, format="inspect")
    assert t.frame.rows() == pk.tally(made.log, format="inspect").frame.rows()
    assert len(t.provenance.ignored) == 2


def test_tau2_simulations_in_files_of_their_own(tmp_path: Path) -> None:
    whole = json.loads(tau2(tmp_path).log.read_text())
    index = [{"id": s["id"], "task_id": s["task_id"], "trial": s["trial"], "termination_reason": s["termination_reason"],
              "reward": (s["reward_info"] or {}).get("reward")} for s in whole.pop("simulations")]  # fmt: skip
    log = document(tmp_path / "voice/results.json", whole | {"simulation_index": index})
    t = pk.tally(log, format="auto")
    assert t.frame.select("problem", "n", "c").rows() == [("0", 2, 1), ("1", 1, 1)]
    assert t.provenance.left_out == {"no reward: agent_error": 1}


def test_opencompass_details_by_number(tmp_path: Path) -> None:
    details = {"type": "PPL", "0": {"pred": "A", "correct": True}, "1": {"pred": "B", "correct": False}}
    log = document(opencompass(tmp_path).log, {"accuracy": 50, "details": details})
    assert pk.tally(log, format="opencompass").frame.select("problem", "n", "c").rows() == [("0", 1, 1), ("1", 1, 0)]


def test_options_are_checked(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"format_options= has 'scorrer'; inspect leaves open: scorer, value"):
        pk.tally(inspect(tmp_path).log, format="inspect", format_options={"scorrer": "match"})


def test_the_model_of_a_sample_comes_before_the_files(tmp_path: Path) -> None:
    log = human_eval(tmp_path).log
    rows = [json.loads(line) | {"model": model} for model in ("A", "B") for line in log.read_text().splitlines()]
    t = pk.tally(lines(log, rows), format="auto")
    assert t.frame.rows() == [(m, *counts) for m in "AB" for counts in [("HumanEval/0", 3, 2), ("HumanEval/1", 1, 0)]]


@pytest.mark.parametrize(
    "row",
    [
        {"model": "A", "task_id": "t", "result": "ok", "passed": True},
        {"input": "p", "output": "o", "score": 1, "step": 1, "task": "x"},
        {"id": 1, "metadata": {"task_id": "t", "passed": True, "result": "passed", "completion": ""}, "correct": True},
        {"model": "m", "problem": "p", "correct": True},
    ],
)
def test_ordinary_logs_are_nobodys(tmp_path: Path, row: dict[str, Any]) -> None:
    with pytest.raises(pk.DataError, match="no log of a known format"):
        pk.tally(lines(tmp_path / "log.jsonl", [row]), format="auto")


def test_opencompass_details_without_verdicts(tmp_path: Path) -> None:
    details = {"type": "GEN", "0": {"prompt": "?", "predictions": "4", "references": "5"}}
    log = document(opencompass(tmp_path).log, {"accuracy": 50, "details": details})
    with pytest.raises(pk.DataError, match="the details have none of correct, is_correct, cascade_correct"):
        pk.tally(log, format="opencompass")


@pytest.mark.parametrize(
    "name", ["GPT-4/Scenario.codegeneration_10_0.2", "out/GPT-4_Scenario.selfrepair_release_v1_10_"]
)
def test_livecodebench_names_of_the_model(tmp_path: Path, name: str) -> None:
    log = document(tmp_path / f"{name}_eval_all.json", [{"question_id": "a", "graded_list": [True]}])
    assert pk.tally(log, format="livecodebench").frame["model"].to_list() == ["GPT-4"]


def test_a_damaged_gzip_file(tmp_path: Path) -> None:
    rows = [{"task_id": f"{at}", "completion": f"{at * 7919}", "result": "passed", "passed": True} for at in range(500)]
    text = "".join(json.dumps(row) + "\n" for row in rows).encode()
    path = tmp_path / "m.jsonl_results.jsonl.gz"
    whole = gzip.compress(text, mtime=0)
    for at in (40, len(whole) // 2, len(whole) - 6):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 0x55]) + whole[at + 1 :])
        for format in ("auto", "human-eval"):
            with pytest.raises(pk.DataError, match=r"m\.jsonl_results\.jsonl\.gz.* damaged|this is no log of a known"):
                pk.tally(path, format=format)


def test_inspect_with_a_damaged_header(tmp_path: Path) -> None:
    log = inspect(tmp_path).log
    content = log.read_bytes()
    with zipfile.ZipFile(log) as archive:
        at = archive.getinfo("header.json").header_offset + 60
    log.write_bytes(content[:at] + bytes([content[at] ^ 0x10]) + content[at + 1 :])
    with pytest.raises(pk.DataError, match=r"\.eval!header\.json"):
        pk.tally(log, format="inspect")


def test_inspect_without_its_summaries(tmp_path: Path) -> None:
    log = inspect(tmp_path).log
    content = log.read_bytes()
    log.write_bytes(content.replace(b"summaries.json", b"summarie5.json"))
    with pytest.raises(pk.DataError, match=r"summaries\.json, which a finished run has, is not in the archive"):
        pk.tally(log, format="inspect")
