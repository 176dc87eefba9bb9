"""Tallies that several tests use."""

from __future__ import annotations

from typing import Any

import polars as pl

import passcurve as pk

# 30 problems of n = 8 whose numbers are worked out by hand.
C30 = [0] * 12 + [1] * 5 + [2] * 3 + [4] * 4 + [7] * 2 + [8] * 4
METRICS = {"pass_at_k": "pass@k", "pass_hat_k": "pass^k", "alpha_k": "alpha_k"}


def tally(n: int | list[int], c: list[int]) -> pk.Tally:
    """Problems 0, 1, ... with c of n, or of n each."""
    n = [n] * len(c) if isinstance(n, int) else n
    schema = {"problem": pl.Int64, "n": pl.Int64, "c": pl.Int64}
    return pk.Tally.from_counts(pl.DataFrame({"problem": range(len(c)), "n": n, "c": c}, schema=schema))


def row(table: pl.DataFrame) -> dict[str, Any]:
    """The only row."""
    assert table.height == 1
    return table.row(0, named=True)


def frame(problem: Any = ("a",), n: Any = (8,), c: Any = (3,)) -> pl.DataFrame:
    """Counts, right or wrong."""
    return pl.DataFrame({"problem": problem, "n": n, "c": c}, strict=False)


def of(*rows: tuple[int, ...], by: str | None = None) -> pk.Tally:
    """A tally from rows of problem, n, c, with the group before them where there are groups."""
    schema = dict.fromkeys([*([by] if by else []), "problem", "n", "c"], pl.Int64)
    return pk.Tally.from_counts(pl.DataFrame(list(rows), schema=schema, orient="row"), by=by)
