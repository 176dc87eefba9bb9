"""Real verdict logs: every exact pass@k and pass^k of theirs, and the numbers that their authors published."""

from __future__ import annotations

import json
import re
from fractions import Fraction
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import passcurve as pk

LOGS = [
    "tau_bench_airline",
    "human_eval_bia",
    "rlvr_probe_gsm8k",
    "cruxeval_codellama7b",
    "qwen25_math_rm_maj",
    "native_single_sample",
    "livecodebench_counts",
]
TOLERANCE = 1e-12


def expected(shared: Path, name: str) -> dict[str, Any]:
    return json.loads((shared / "data" / name / "expected.json").read_text())


def tally(shared: Path, name: str) -> pk.Tally:
    return pk.tally(shared / "data" / name / "verdicts.parquet", by="model", sample="sample")


@pytest.mark.parametrize("name", LOGS)
def test_exact_values(shared: Path, name: str) -> None:
    t = tally(shared, name)
    models = expected(shared, name)["models"]
    assert set(t.frame["model"]) == set(models)
    compared = 0
    for model, facts in models.items():
        counts = t.frame.filter(model=model)
        assert (counts.height, counts["n"].sum(), counts["c"].sum()) == (
            facts["problems"],
            facts["samples"],
            facts["correct"],
        )
        assert (counts["n"].min(), counts["n"].max()) == (facts["n_min"], facts["n_max"])
    for label, method in (("pass@k", t.pass_at_k), ("pass^k", t.pass_hat_k)):
        ks = sorted({int(k) for facts in models.values() for k in facts[label]})
        rows = method(ks, on_k_gt_n="skip", method="t").rows_by_key(["model", "k"], named=True, unique=True)
        for model, facts in models.items():
            for k, value in facts[label].items():
                row = rows[model, int(k)]
                assert row["estimate"] == pytest.approx(float(Fraction(value["frac"])), abs=TOLERANCE)
                assert row["n_problems"] + row["n_skipped"] == facts["problems"]
                compared += 1
    assert compared >= 8


def published(frame: pl.DataFrame, model: str, metric: str) -> float | None:
    """Our value of a number as its authors name it; None for one that is not a mean over all problems of a log."""
    if metric.startswith("delta "):
        after, before = model.split(" - ")
        metric = metric.removeprefix("delta ").replace(" pp", " %")
        values = [published(frame, one, metric) for one in (after, before)]
        return None if None in values else values[0] - values[1]
    t = pk.tally(frame.filter(model=model), by=[])
    scale = 100 if "%" in metric else 1
    if metric.startswith(("stderr", "sd over tasks")):
        row = t.pass_at_k(1, method="t").row(0, named=True)
        return scale * row["se"] * (1 if metric.startswith("stderr") else row["n_problems"] ** 0.5)
    if found := re.fullmatch(r"(?:sft_|rl_)?pass(@|\^|_at_)(\d+)(?: %)?", metric):
        method = t.pass_hat_k if found[1] == "^" else t.pass_at_k
        return scale * method(int(found[2]), on_k_gt_n="skip", method="t")["estimate"].item()
    means = ("accuracy", "sft_sample_accuracy", "rl_sample_accuracy", "mean pass rate %")
    if metric in {*means, "resolved_instances/total_instances"}:
        return scale * t.pass_at_k(1, method="t")["estimate"].item()
    return None


@pytest.mark.parametrize(
    ("name", "numbers"),
    [
        ("tau_bench_airline", 4),
        ("human_eval_bia", 86),
        ("rlvr_probe_gsm8k", 20),
        ("cruxeval_codellama7b", 4),
        ("native_single_sample", 13),
    ],
)
def test_published_values(shared: Path, name: str, numbers: int) -> None:
    """What the authors report, where the exact values say that it can be had from their log."""
    frame = pl.read_parquet(shared / "data" / name / "verdicts.parquet")
    compared = 0
    for row in expected(shared, name)["published"]:
        if row["reproduces"] and (value := published(frame, row["model"], row["metric"])) is not None:
            assert value == pytest.approx(row["value"], abs=row["tolerance"] + TOLERANCE), row
            compared += 1
    assert compared == numbers


def test_training_steps(shared: Path) -> None:
    """Epochs of one run; late ones have fewer problems."""
    t = pk.tally(shared / "data" / "oneshot_rlvr_dynamics" / "verdicts.parquet", by="step", sample="sample")
    models = expected(shared, "oneshot_rlvr_dynamics")["models"]
    for label, table in (
        ("pass@k", t.pass_at_k([1, 2, 4, 8], method="t")),
        ("pass^k", t.pass_hat_k([1, 2, 4, 8], method="t")),
    ):
        for step, k, estimate, n_problems in table.select("step", "k", "estimate", "n_problems").iter_rows():
            facts = models[f"epoch {step}"]
            assert estimate == pytest.approx(float(Fraction(facts[label][str(k)]["frac"])), abs=TOLERANCE)
            assert n_problems == facts["problems"]
    assert t.frame["step"].n_unique() == len(models)


def test_bootstrapped_differences(shared: Path) -> None:
    """Percentile intervals of checkpoints less the SFT model, as 200,000 resamples of the authors' plan give them."""
    t = tally(shared, "rlvr_probe_gsm8k")
    checkpoints = expected(shared, "rlvr_probe_gsm8k")["bootstrap_over_problems"]
    for checkpoint, facts in checkpoints.items():
        frame = t.compare(checkpoint, "SFT", k=[1, 8], method="lattice").frame
        for row, name, atom in zip(
            frame.iter_rows(named=True), ("sample_accuracy_delta", "pass_at_k_delta"), (1 / 240, 1 / 30), strict=True
        ):
            assert row["method"] == "lattice"
            resampled = facts["recomputed_200000_draws"][name]
            assert row["difference"] == pytest.approx(resampled["mean"], abs=1e-3)
            # At most one atom: the level may lie between two.
            assert row["lower"] == pytest.approx(resampled["p2.5"], abs=atom + TOLERANCE)
            assert row["upper"] == pytest.approx(resampled["p97.5"], abs=atom + TOLERANCE)
    assert len(checkpoints) == 5


def test_counts_tables(shared: Path) -> None:
    """The same numbers from a table of counts."""
    folder = shared / "data" / "livecodebench_counts"
    counts = pl.read_parquet(folder / "counts.parquet")
    names = {"n", "c", "problem", "model"}
    assert names <= set(counts.columns), counts.columns
    t = pk.Tally.from_counts(counts, by="model")
    for model, facts in expected(shared, "livecodebench_counts")["models"].items():
        rows = pk.Tally.from_counts(t.frame.filter(model=model), by="model").pass_at_k(
            [1, 5, 10], method="t", on_k_gt_n="drop"
        )
        for k, estimate in rows.select("k", "estimate").iter_rows():
            assert estimate == pytest.approx(float(Fraction(facts["pass@k"][str(k)]["frac"])), abs=TOLERANCE)


def test_the_source_of_tau_bench(shared: Path) -> None:
    """From the trajectories as tau-bench writes them: rewards, with a threshold."""
    raw = json.loads((shared / "data" / "tau_bench_airline" / "original" / "gpt-4o-airline.json").read_text())
    rows = pl.DataFrame([{key: row[key] for key in ("task_id", "trial", "reward")} for row in raw])
    t = pk.tally(rows, verdict="reward", sample="trial", threshold=1 - 1e-6)
    assert t.pass_hat_k([1, 2, 3, 4])["estimate"].to_list() == pytest.approx([0.42, 41 / 150, 0.22, 0.2], abs=TOLERANCE)
