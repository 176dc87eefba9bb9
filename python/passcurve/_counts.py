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
NULL_KEY = "the key is null; name it with fill_null, or leave it out with drop_nulls"
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
    wrongs = {
        "a count is null": pl.col(n).is_null() | pl.col(c).is_null(),
        "n is negative": pl.col(n) < 0,
        "n is more than 2^53": pl.col(n) > LARGEST_COUNT,
        "c is negative": pl.col(c) < 0,
        "c > n": pl.col(c) > pl.col(n),
        NULL_KEY: pl.any_horizontal(pl.col(name).is_null() for name in key),
        TWICE: pl.struct(key).is_duplicated(),
    }
    # All at once, for a merge of many small tables would else be spent in queries.
    found = counts.select(wrong.any().alias(what) for what, wrong in wrongs.items()).row(0)
    for (what, wrong), any_ in zip(wrongs.items(), found, strict=True):
        if any_:
            _forbid(counts.filter(wrong), [*key, n, c], what)
    # Categories and enums are strings here, so that tallies of different logs add up.
    names = [pl.col(name).cast(pl.String) if _is_category(data.schema[name]) else pl.col(name) for name in key]
    return data.select(*names, pl.col(n).cast(pl.Int64).alias("n"), pl.col(c).cast(pl.Int64).alias("c")).sort(key)


def forbid_mixed(
    known: dict[str, tuple[pl.DataType, str]], table: pl.DataFrame, columns: Sequence[str], place: str
) -> None:
    """Takes note of the types of ``columns`` in ``known``, with their place.

    Raises:
        DataError: a column holds ids of another kind than before, as 7 and "7" are different problems.
    """
    for name in columns:
        kind = table.schema[name]
        if kind == pl.Null:
            continue
        other, before = known.setdefault(name, (kind, place))
        if kind != other and not (kind.is_integer() and other.is_integer()):
            raise DataError(f"column {name!r} holds {other} in {before} and {kind} in {place}; cast it to one type")


def add(tables: Sequence[pl.DataFrame], key: Sequence[str]) -> pl.DataFrame:
    """The counts of all, sorted by key.

    Raises:
        DataError: ids do not fit one type, or the counts of a key are too many.
    """
    both = pl.concat(tables, how="vertical_relaxed")
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
