"""Logs as their pipelines wrote them, against the verdicts that were taken out of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import passcurve as pk


def counts(frame: pl.DataFrame) -> list[tuple[object, ...]]:
    return sorted(frame.select("problem", "n", "c").rows(), key=str)


def expected(folder: Path, model: str | None = None) -> pl.DataFrame:
    rows = pl.read_parquet(folder / "verdicts.parquet")
    return rows if model is None else rows.filter(model=model)


def counted(rows: pl.DataFrame, problem: pl.Expr) -> list[tuple[object, ...]]:
    frame = rows.group_by(problem.alias("problem")).agg(
        n=pl.len().cast(pl.Int64), c=pl.col("correct").sum().cast(pl.Int64)
    )
    return counts(frame)


@pytest.mark.parametrize("format", ["auto", "tau-bench"])
def test_tau_bench(shared: Path, format: str) -> None:
    folder = shared / "data/tau_bench_airline"
    t = pk.tally(folder / "original/gpt-4o-airline.json", format=format)
    assert t.by == ("model",)
    assert t.provenance.policies["format"] == "tau-bench"
    assert counts(t.frame) == counted(expected(folder), pl.col("problem").str.strip_prefix("airline/").cast(pl.Int64))


# The reference solutions were written down twice.
@pytest.mark.filterwarnings("ignore:.*its 570 records are the same 285 records 2 times")
@pytest.mark.parametrize("format", ["auto", "human-eval"])
def test_human_eval(shared: Path, format: str) -> None:
    folder = shared / "data/human_eval_bia"
    files = sorted((folder / "original").glob("*.jsonl_results.jsonl"))
    t = pk.tally(files, format=format)
    models = [file.name.removesuffix(".jsonl_results.jsonl") for file in files]
    assert t.frame["model"].unique().sort().to_list() == sorted(models)
    checked = 0
    for model in models:
        rows = expected(folder, model.removeprefix("samples_"))
        if rows.is_empty():
            continue
        ours = t.frame.filter(model=model).with_columns(pl.col("problem").str.extract(r"([^/]+)\.ipynb$"))
        assert counts(ours) == counted(rows, pl.col("problem")), model
        checked += 1
    assert checked == 6
    # A folder that holds other files too.
    assert pk.tally(folder / "original", format="human-eval") == t


@pytest.mark.parametrize("format", ["auto", "inspect"])
def test_inspect(shared: Path, format: str) -> None:
    folder = shared / "data/native_single_sample"
    t = pk.tally(folder / "original/inspect", format=format)
    assert t.by == ("dataset", "model")
    models = json.loads((folder / "expected.json").read_text())["models"]
    checked = 0
    for (dataset, model), part in t.frame.group_by("dataset", "model"):
        name = f"inspect {dataset} {model}"
        if name in models:
            known = models[name]
            assert (len(part), part["n"].sum(), part["c"].sum()) == (
                known["problems"],
                known["samples"],
                known["correct"],
            )
            checked += 1
    assert checked == 4
    # Epochs of a log that has two.
    rows = pk.scan(folder / "original/inspect/log_streaming.eval").collect()
    assert sorted(rows.select("problem", "sample", "correct").rows()) == [
        ("1", 1, False), ("1", 2, True), ("2", 1, True), ("2", 2, True)
    ]  # fmt: skip


@pytest.mark.parametrize("format", ["auto", "lm-eval"])
def test_lm_eval(shared: Path, format: str) -> None:
    folder = shared / "data/native_single_sample/original/lm_eval"
    log = next(folder.glob("samples_*.jsonl"))
    t = pk.tally(log, format=format)
    assert (len(t), t.frame["n"].sum(), t.frame["c"].sum()) == (10, 10, 0)
    results = json.loads(next(folder.glob("results_*.json")).read_text())
    assert t.frame["model"].unique().to_list() == [results["model_name"]]
    assert t.frame["dataset"].unique().to_list() == ["math_perturbed_full"]
    assert "c is recovered from exact_match" in t.provenance.notes[0]


def test_swe_bench(shared: Path) -> None:
    folder = shared / "data/native_single_sample"
    files = sorted((folder / "original/swebench").glob("*.results.json"))
    t = pk.tally(files, format="swe-bench")
    models = json.loads((folder / "expected.json").read_text())["models"]
    for (model,), part in t.frame.group_by("model"):
        known = models[f"swebench-java SWE-agent {model}"]
        assert (len(part), part["c"].sum()) == (known["problems"], known["correct"])
    assert len(files) == 5


def test_a_nested_log_by_a_description(shared: Path) -> None:
    folder = shared / "data/rlvr_probe_gsm8k"
    probe = pk.Format(
        name="probe",
        problem="qid",
        verdict="rollouts[].correct",
        answer="rollouts[].pred_value",
        path=r"step-(?P<step>\d+)/",
        files=r"_raw\.jsonl$",
    )
    t = pk.tally(folder / "original/trajectory", format=probe)
    assert t.by == ("step",)
    for (step,), part in t.frame.group_by("step"):
        rows = expected(folder, f"RL@step-{step}")
        assert counts(part) == counted(rows, pl.col("problem").str.strip_prefix("gsm8k/").cast(pl.Int64))
        log = pk.scan(folder / f"original/trajectory/step-{step}", format=probe).collect().sort("problem", "sample")
        known = rows.with_columns(pl.col("problem").str.strip_prefix("gsm8k/").cast(pl.Int64)).sort("problem", "sample")
        assert log["correct"].to_list() == known["correct"].to_list()
        assert [a and float(a) for a in log["answer"]] == [a and float(a) for a in known["answer"]]


def test_a_log_of_lists(shared: Path) -> None:
    folder = shared / "data/qwen25_math_rm_maj"
    lists = pk.Format(name="lists", problem="idx", verdict="score[]", answer="pred[]", reward="pred_score[][0]")
    log = next((folder / "original").glob("*.jsonl"))
    ours = pk.scan(log, format=lists).collect().sort("problem", "sample")
    known = (
        expected(folder)
        .with_columns(pl.col("problem").str.strip_prefix("math/").cast(pl.Int64))
        .sort("problem", "sample")
    )
    for column in ("problem", "sample", "correct", "answer", "reward"):
        assert ours[column].to_list() == known[column].to_list(), column


def test_a_log_keyed_by_problem(shared: Path) -> None:
    folder = shared / "data/cruxeval_codellama7b"
    for kind, model in (("input", "CRUXEval-I"), ("output", "CRUXEval-O")):
        log = next((folder / "original").glob(f"*_{kind}.json"))
        keyed = pk.Format(name="keyed", rows="raw_scored_generations{}", problem="@key", verdict="[]")
        t = pk.tally(log, format=keyed)
        assert counts(t.frame) == counted(expected(folder, f"codellama-7b T0.2 {model}"), pl.col("problem"))


def test_published_shares_by_a_description(shared: Path) -> None:
    folder = shared / "data/livecodebench_counts"
    published = pl.read_parquet(folder / "counts.parquet")

    def counts_of(frame: pl.DataFrame, _: Any) -> pl.DataFrame:
        # The page says per cent of 10 samples, or of 1, and not of which.
        n = frame["model"].replace_strict(dict(published.select("model", "n").unique().iter_rows()))
        return frame.with_columns(n=n, c=(n * frame["share"] / 100).round().cast(pl.Int64))

    shares = pk.Format(
        name="shares",
        rows="performances[]",
        problem="question_id",
        model="model",
        also={"share": ('"pass@1"', "numbers")},
        mend=counts_of,
        columns=("n", "c"),
    )
    t = pk.tally(folder / "original/performances_generation.json", format=shares)
    key = ["model", "problem"]
    assert t.frame.equals(published.select(*key, "n", "c").sort(key))


def test_dynamics_by_a_description(shared: Path) -> None:
    folder = shared / "data/oneshot_rlvr_dynamics"
    n = 8

    def steps_of(frame: pl.DataFrame, _: Any) -> pl.DataFrame:
        long = frame.with_columns(step=pl.int_ranges(pl.col("share").list.len())).explode("share", "step")
        return long.with_columns(n=pl.lit(n, dtype=pl.Int64), c=(n * pl.col("share")).round().cast(pl.Int64))

    dynamics = pk.Format(
        name="dynamics",
        rows="{}",
        problem="@key",
        also={"share": ("[]", "numbers")},
        mend=steps_of,
        columns=("n", "c", "step"),
    )
    t = pk.tally(folder / "original/acc_step_500.json", format=dynamics)
    assert t.by == ("step",)
    published = pl.read_parquet(folder / "counts.parquet").with_columns(pl.col("step", "n", "c").cast(pl.Int64))
    known = published.with_columns(pl.col("problem").str.replace(r"^dsr_sub/", ""))
    ours = t.frame.join(known, on=["step", "problem"], suffix="_known")
    assert len(ours) == len(known)
    assert (ours["n"] == ours["n_known"]).all()
    assert (ours["c"] == ours["c_known"]).all()
