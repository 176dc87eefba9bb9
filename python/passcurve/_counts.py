"""Counts that come from outside, and counts added up."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from passcurve._checks import LARGEST_COUNT
from passcurve._columns import forbid_missing
from passcurve.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Sequence

ROW = "\0row"
"""A name that no column of a user has."""
TWICE = "the key comes twice (a column is missing in by=, or the counts are to be added)"


def check_counts(data: pl.DataFrame, key: Sequence[str], n: str, c: str) -> pl.DataFrame:
    """The key columns, ``n`` and ``c`` (Int64), sorted by key.

    Raises:
        ValueError: a column is not there, or has two roles.
        DataError: with the first row that is not a count of c out of n, or the key that is null or comes twice.
    """
    if n == c:
        raise ValueError(f"column {n!r} cannot be both n= and c=")
    if not key:
        raise ValueError("problem= names no column")
    for word, name, what in (("n", n, "samples"), ("c", c, "samples that passed")):
        if name not in data.columns:
            known = ", ".join(data.columns)
            raise ValueError(f"no column {name!r} in the counts; say {word}=, the column of {what}; there are: {known}")
    forbid_missing(key, data.columns, "the counts")
    _forbid_types(data, key, (n, c))
    counts = data.select(*key, n, c).with_row_index(ROW)
    for wrong, what in (
        (pl.col(n).is_null() | pl.col(c).is_null(), "a count is null"),
        (pl.col(n) < 0, "n is negative"),
        (pl.col(n) > LARGEST_COUNT, "n is more than 2^53"),
        (pl.col(c) < 0, "c is negative"),
        (pl.col(c) > pl.col(n), "c > n"),
        (
            pl.any_horizontal(pl.col(name).is_null() for name in key),
            "the key is null; name it with fill_null, or leave it out with drop_nulls",
        ),
        (pl.struct(key).is_duplicated(), TWICE),
    ):
        _forbid(counts.filter(wrong), [*key, n, c], what)
    # Categories and enums are strings here, so that tallies of different logs add up.
    names = [pl.col(name).cast(pl.String) if _is_category(data.schema[name]) else pl.col(name) for name in key]
    return data.select(*names, pl.col(n).cast(pl.Int64).alias("n"), pl.col(c).cast(pl.Int64).alias("c")).sort(key)


def add(ours: pl.DataFrame, theirs: pl.DataFrame, key: Sequence[str]) -> pl.DataFrame:
    """The counts of both, sorted by key.

    Raises:
        DataError: a key column holds ids of another kind in one of them, as 7 and "7" are different problems.
    """
    for name in key:
        here, there = ours.schema[name], theirs.schema[name]
        both_integers = here.is_integer() and there.is_integer()
        if here != there and not both_integers and pl.Null not in {here, there}:
            raise DataError(f"column {name!r} holds {here} in one tally and {there} in the other; cast it to one type")
    both = pl.concat([ours, theirs], how="vertical_relaxed")
    try:
        both = both.with_columns(pl.col(pl.Int128).cast(pl.Int64))
    except pl.exceptions.InvalidOperationError:
        raise DataError("one tally has ids above 2^63 and the other signed integers; cast them to one type") from None
    table = both.group_by(key).agg(pl.col("n", "c").sum()).sort(key)
    _forbid(table.with_row_index(ROW).filter(pl.col("n") > LARGEST_COUNT), [*key, "n"], "n is more than 2^53")
    return table


def _forbid_types(data: pl.DataFrame, key: Sequence[str], counts: Sequence[str]) -> None:
    for name in counts:
        kind = data.schema[name]
        # SQL sums of integers are decimals without a fraction; a frame without rows may have no types.
        whole = kind.is_integer() or kind == pl.Null or (isinstance(kind, pl.Decimal) and kind.scale == 0)
        if not whole:
            raise DataError(f"column {name!r} holds {kind}; counts are integers: cast it")
    for name in key:
        kind = data.schema[name]
        if kind.is_nested() or kind.is_float():
            raise DataError(f"column {name!r} holds {kind}, which cannot be an id; cast it, or take a field of it")


def _is_category(kind: pl.DataType) -> bool:
    return isinstance(kind, pl.Categorical | pl.Enum)


def _forbid(rows: pl.DataFrame, columns: Sequence[str], what: str) -> None:
    if rows.height:
        first = rows.row(0, named=True)
        shown = ", ".join(f"{name}={first[name]!r}" for name in columns)
        more = f", and {rows.height - 1} more rows" if rows.height > 1 else ""
        raise DataError(f"row {first[ROW]}: {what} ({shown}){more}")
