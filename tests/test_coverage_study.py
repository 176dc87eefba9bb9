"""A tiny run of the study behind docs/intervals.md: its truths, its designs, and what it counts."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import polars as pl
import pytest

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from bench.coverage import comparisons  # noqa: E402
from bench.coverage.__main__ import main  # noqa: E402
from bench.coverage.pairs import RIVALS, Rivals  # noqa: E402
from bench.coverage.populations import FAMILIES, POPULATIONS, Population, unequal  # noqa: E402
from bench.coverage.study import Design, cells  # noqa: E402


@pytest.mark.parametrize("population", [*POPULATIONS, *FAMILIES], ids=lambda population: population.name)
@pytest.mark.parametrize("k", [1, 4, 64])
def test_truths_are_the_means_of_draws(population: Population, k: int):
    p = population.draw(np.random.default_rng(5), (4_000, 50))
    assert p.min() >= 0
    assert p.max() <= 1
    means = (1 - (1 - p) ** k).mean(axis=1)
    assert abs(means.mean() - population.truth(k)) < 5 * means.std() / np.sqrt(len(means)) + 1e-12


@pytest.mark.parametrize("rivals", RIVALS, ids=lambda rivals: rivals.name)
@pytest.mark.parametrize("k", [1, 4, 64])
def test_true_differences_are_the_means_of_draws(rivals: Rivals, k: int):
    a, b = rivals.draw(np.random.default_rng(6), (4_000, 50))
    means = ((1 - b) ** k - (1 - a) ** k).mean(axis=1)
    assert abs(means.mean() - rivals.truth(k)) < 5 * means.std() / np.sqrt(len(means)) + 1e-12


def test_a_design_draws_the_same_again_in_parts(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("bench.coverage.study.CHUNK", 100)
    design = Design(POPULATIONS[0], 10, 8, 25)
    first, second = ([draw.c for draw in design.draws()] for _ in range(2))
    assert [len(c) for c in first] == [10, 10, 5]
    assert all((a == b).all() for a, b in zip(first, second, strict=True))
    assert (first[0] != first[1]).any()


def test_families_of_unequal_size():
    sizes = np.bincount(unequal(60))
    assert sizes.tolist() == [1, 1, 2, 6, 15, 1, 1, 2, 6, 15, 1, 1, 2, 6]


@pytest.mark.parametrize("over", ["problems", "samples"])
def test_shares_are_those_of_a_loop(over: str):
    design = Design(POPULATIONS[0], 12, 8, 60)
    row = cells(design, [4], ["auto"], over).row(0, named=True)
    (draw,) = design.draws()
    table = draw.tally().pass_at_k(4, over=over)
    outcomes = []
    for p, lower, upper in zip(draw.p, table["lower"], table["upper"], strict=True):
        truth = design.population.truth(4) if over == "problems" else float(np.mean(1 - (1 - p) ** 4))
        outcomes.append(
            "none" if lower is None else "above" if lower > truth else "below" if upper < truth else "holds"
        )
    shares = {outcome: outcomes.count(outcome) / 60 for outcome in ("holds", "above", "below", "none")}
    assert (row["coverage"], row["above"], row["below"]) == pytest.approx(
        (shares["holds"], shares["above"], shares["below"])
    )
    assert row["made"] == pytest.approx(1 - shares["none"])
    assert row["width"] == pytest.approx((table["upper"] - table["lower"]).mean())


def test_shares_of_pairs_are_those_of_a_loop():
    design = comparisons.Design(RIVALS[4], 12, 8, 40, n_resamples=100)
    (tally,) = design.tallies()
    held = {k: [] for k in design.ks}
    whole = []
    for _, rows in tally.compare("a", "b", on="model", k=design.ks, n_resamples=100).frame.group_by("benchmark"):
        within = []
        for row in rows.iter_rows(named=True):
            truth = design.rivals.truth(row["k"])
            held[row["k"]].append(row["lower"] <= truth <= row["upper"])
            within.append(row["band_lower"] <= truth <= row["band_upper"])
        whole.append(len(within) == 4 and all(within))
    cells = comparisons.cells(design).filter(asked="auto")
    assert cells.drop_nulls("k")["held"].to_list() == pytest.approx([np.mean(held[k]) for k in design.ks])
    assert cells.filter(pl.col("k").is_null())["band"].item() == pytest.approx(np.mean(whole))


def test_a_tiny_run_writes_a_report(tmp_path: Path):
    report, table = tmp_path / "report.md", tmp_path / "cells.csv"
    sizes = ["--replicates", "20", "--sizes", "8", "30", "--samples", "8"]
    main([*sizes, "-o", str(report), "--cells", str(table)])
    text = report.read_text(encoding="utf-8")
    rows = pl.read_csv(table)
    for population in [*POPULATIONS, *FAMILIES]:
        assert population.name in text
        assert population.name in rows["population"].to_list()
    for rivals in RIVALS:
        assert text.count(f"| {rivals.name} |") == 2
    assert rows["coverage"].is_between(0, 1).all()
    assert (rows["coverage"] + rows["above"] + rows["below"] - rows["made"]).abs().max() < 1e-12
