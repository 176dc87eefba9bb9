"""Real verdict logs: every exact pass@k and pass^k of theirs, and the numbers that their authors published."""

from __future__ import annotations

import json
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


@pytest.mark.parametrize("name", [*LOGS, "oneshot_rlvr_dynamics"])
def test_published_values(shared: Path, name: str) -> None:
    """What the authors report, where the exact values say that it can be had from their log."""
    facts = expected(shared, name)
    frame = pl.read_parquet(shared / "data" / name / "verdicts.parquet")
    labels = {"pass@": pk.Tally.pass_at_k, "pass^": pk.Tally.pass_hat_k}
    for published in facts.get("published", []):
        metric = published.get("metric", "")
        if not published.get("reproduces") or metric[:5] not in labels or not metric[5:].isdigit():
            continue
        one = pk.tally(frame.filter(model=published["model"]))
        row = labels[metric[:5]](one, int(metric[5:]), on_k_gt_n="skip", method="t")
        assert row["estimate"].item() == pytest.approx(published["value"], abs=published["tolerance"] + TOLERANCE)


def test_published_values_are_there(shared: Path) -> None:
    """The test above would pass on nothing; these two logs have numbers in it."""
    for name, at_least in (("tau_bench_airline", 4), ("human_eval_bia", 20)):
        good = [row for row in expected(shared, name)["published"] if row["reproduces"]]
        assert len(good) >= at_least


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
