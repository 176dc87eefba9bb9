"""The cells of the study as Markdown."""

from __future__ import annotations

from typing import Any

import polars as pl

from bench import report

LOW = 0.93
"""A coverage that counts as too low in the summaries."""


def informative(cells: pl.DataFrame, over: str) -> pl.DataFrame:
    """Where there is something to know: the truth not at an end, and further from it than the estimate is uncertain."""
    inside = pl.col("truth").is_between(0.01, 0.99)
    # All methods of a cell see the same benchmarks.
    enough = pl.col("told") >= 3 if over == "problems" else pl.col("noise") >= 1
    return cells.filter(inside & enough)


def summary(cells: pl.DataFrame) -> str:
    """Over cells, for each method and number of problems: mean and smallest coverage, how many are low, width."""
    widths = cells.filter(pl.col("asked") == "auto").select("population", "problems", "n", "k", "over", own="width")
    joined = cells.join(widths, on=["population", "problems", "n", "k", "over"])
    table = joined.group_by("asked", "problems", maintain_order=True).agg(
        mean=pl.col("coverage").mean(),
        least=pl.col("coverage").min(),
        low=(pl.col("coverage") < LOW).mean(),
        width=(pl.col("width") / pl.col("own")).mean(),
        cells=pl.len(),
    )
    sizes = table["problems"].unique().sort().to_list()
    rows = []
    for method in table["asked"].unique(maintain_order=True):
        of = {row["problems"]: row for row in table.filter(pl.col("asked") == method).iter_rows(named=True)}
        rows.append([method, *(_summed(of[size]) if size in of else "" for size in sizes)])
    counts = table.filter(pl.col("asked") == "auto")
    number = dict(counts.select("problems", "cells").iter_rows())
    heads = [f"P = {size:,} ({number[size]} cells)" for size in sizes]
    return report.table(["", *heads], rows)


def _summed(row: dict[str, Any]) -> str:
    return f"{row['mean']:.3f}, {row['least']:.3f}, {row['low']:.0%}, {_digits(row['width'])}"


def details(cells: pl.DataFrame) -> str:
    """A row a cell: coverage and mean width of each method; for "auto" also the shares missed on each side."""
    methods = cells["asked"].unique(maintain_order=True).to_list()
    rows = []
    for key, cell in cells.group_by("problems", "n", "k", maintain_order=True):
        of = {row["asked"]: row for row in cell.iter_rows(named=True)}
        auto = of["auto"]
        first = [*map(str, key), f"{auto['truth']:.4f}", f"{auto['above']:.3f}, {auto['below']:.3f}"]
        rows.append([*first, *(_cell(of[name]) if name in of else "" for name in methods)])
    return report.table(["P", "n", "k", "truth", "auto misses", *methods], rows)


def _cell(row: dict[str, Any]) -> str:
    part = "" if row["made"] == 1 else f" (of {row['made']:.0%})"
    return f"{row['coverage']:.3f} {_digits(row['width'])}{part}"


def _digits(value: float | None) -> str:
    return "" if value is None else f"{value:.2g}" if value < 0.1 else f"{value:.2f}"
