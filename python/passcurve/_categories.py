"""Categoricals as what they are stored as: numbers, and what these stand for."""

from __future__ import annotations

import polars as pl
import polars.selectors as cs

FEW = 1 << 12
"""Categories that may always be written out, however few rows there are."""


def split(frame: pl.DataFrame) -> tuple[list[tuple[str, pl.Series]], dict[str, pl.Series]]:
    """The columns of a frame, of categoricals and enums their numbers, and the categories by the column's name.

    Polars itself would write each row's number anew to hand a categorical over, and copy columns of many chunks.
    """
    columns = {column.name: column for column in frame}
    categories: dict[str, pl.Series] = {}
    numbers = frame.select(cs.categorical() | cs.enum()).select(pl.all().to_physical())
    for column, most in zip(numbers, numbers.max(), strict=True):
        # All rows null, or a frame of few rows from a log of many categories.
        if (last := most.item()) is not None and last < max(FEW, frame.height):
            columns[column.name] = column
            categories[column.name] = _categories(last + 1, column.dtype, frame.schema[column.name])
    return list(columns.items()), categories


def _categories(count: int, physical: pl.DataType, kind: pl.DataType) -> pl.Series:
    places = pl.Series(range(count), dtype=physical)
    # Polars 2 has a word of its own for it.
    named = places.cat.to(kind) if hasattr(places.cat, "to") else places.cast(kind)
    return named.cast(pl.String).rechunk()
