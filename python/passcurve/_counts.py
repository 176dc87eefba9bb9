"""Checks of counts that come from outside."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from passcurve._columns import forbid_missing
from passcurve.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Sequence


def check_counts(data: pl.DataFrame, key: Sequence[str], n: str, c: str) -> pl.DataFrame:
    """The key columns, ``n`` and ``c`` (Int64), sorted by key.

    Raises:
        ValueError: a column is not there.
        DataError: with the first row that is not a count of c out of n, or the key that is null or comes twice.
    """
    forbid_missing((*key, n, c), data.columns, "the counts")
    for name in (n, c):
        if not data.schema[name].is_integer():
            raise DataError(f"column {name!r} holds {data.schema[name]}; counts are integers: cast it")
    for name in key:
        kind = data.schema[name]
        if kind.is_nested() or kind.is_float():
            raise DataError(f"column {name!r} holds {kind}, which cannot be an id; cast it, or take a field of it")
    counts = data.with_row_index("__row")
    for wrong, what in (
        (pl.col(n).is_null() | pl.col(c).is_null(), "a count is null"),
        (pl.col(n) < 0, "n is negative"),
        (pl.col(c) < 0, "c is negative"),
        (pl.col(c) > pl.col(n), "c > n"),
        (pl.any_horizontal(pl.col(name).is_null() for name in key), "the key is null"),
    ):
        _forbid(counts.filter(wrong), [*key, n, c], what)
    repeated = counts.filter(counts.select(key).is_duplicated())
    _forbid(
        repeated,
        [*key, n, c],
        "the key comes twice (a column is missing in by=, or the counts are to be added)",
    )
    # Categories and enums are strings here, so that tallies of different logs add up.
    names = [pl.col(name).cast(pl.String) if _is_text(data.schema[name]) else pl.col(name) for name in key]
    return data.select(*names, pl.col(n).cast(pl.Int64).alias("n"), pl.col(c).cast(pl.Int64).alias("c")).sort(key)


def forbid_mixed_ids(ours: pl.DataFrame, theirs: pl.DataFrame) -> None:
    """Fails where a key column holds ids of another kind, so that 7 and "7" stay different problems."""
    for (name, here), there in zip(ours.schema.items(), theirs.dtypes, strict=True):
        both_integers = here.is_integer() and there.is_integer()
        if here != there and not both_integers and pl.Null not in (here, there):
            raise DataError(f"column {name!r} holds {here} in one tally and {there} in the other; cast it to one type")


def _is_text(kind: pl.DataType) -> bool:
    return isinstance(kind, pl.Categorical | pl.Enum)


def _forbid(rows: pl.DataFrame, columns: Sequence[str], what: str) -> None:
    if rows.height:
        first = rows.row(0, named=True)
        shown = ", ".join(f"{name}={first[name]!r}" for name in columns)
        more = f", and {rows.height - 1} more rows" if rows.height > 1 else ""
        raise DataError(f"row {first['__row']}: {what} ({shown}){more}")
