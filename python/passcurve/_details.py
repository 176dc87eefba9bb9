"""Answers and rewards beside the counts: how many of a problem's samples there are of each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from passcurve.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Sequence

NESTED = "details"
"""The column of a saved tally that holds them."""


@dataclass(frozen=True)
class Details:
    """One row a key, answer and reward: n samples of which c passed, n > 0; sorted, nulls first."""

    table: pl.DataFrame
    answer: str | None
    reward: str | None

    @property
    def names(self) -> list[str]:
        """The columns of the answer and the reward, as far as they are kept."""
        return [name for name in (self.answer, self.reward) if name is not None]

    def nest(self, table: pl.DataFrame, key: Sequence[str]) -> pl.DataFrame:
        """The table of counts with these in a column of lists."""
        cell = pl.struct(pl.exclude(key)).alias(NESTED)
        lists = self.table.group_by(key, maintain_order=True).agg(cell)
        return table.join(lists, on=key, how="left", maintain_order="left")


def details_of(table: pl.DataFrame, answer: str | None, reward: str | None) -> Details:
    """Details as they come from a log, in which a part that gave no answers has no type of answers either."""
    if answer is not None and table[answer].null_count() == table.height:
        table = table.with_columns(pl.lit(None, dtype=pl.Null).alias(answer))
    return Details(table, answer, reward)


def forbid_details_names(kept: Sequence[str], key: Sequence[str]) -> None:
    """Fails when a column has the name of one of the details' own."""
    for name in kept:
        if name in {"n", "c"}:
            raise ValueError(f"answer= and reward= cannot be called {name!r}, the name of a count; rename it first")
    if kept and NESTED in key:
        raise ValueError(f"a key column cannot be called {NESTED!r} where answers or rewards are kept; rename it first")


def unnest(table: pl.DataFrame, key: Sequence[str], answer: str | None, reward: str | None) -> Details:
    """The inverse of `Details.nest`.

    Raises:
        DataError: the details do not add up to the counts.
    """
    flat = table.select(*key, NESTED).explode(NESTED).drop_nulls(NESTED).unnest(NESTED)
    sums = flat.group_by(key).agg(pl.col("n", "c").sum()).sort(key)
    counts = table.filter(pl.col("n") > 0).select(*key, "n", "c").sort(key)
    if not sums.equals(counts):
        raise DataError("the answers or rewards do not add up to the counts")
    return details_of(flat, answer, reward)
