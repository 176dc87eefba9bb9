"""Categoricals as what they are stored as: numbers, and what these stand for."""

from __future__ import annotations

import polars as pl

FEW = 1 << 12
"""Categories that may always be written out, however few rows there are."""


def split(frame: pl.DataFrame) -> tuple[pl.DataFrame, dict[str, pl.Series]]:
    """A frame with the numbers of its categoricals and enums, and the categories by the column's name.

    Polars itself would write each row's number anew to hand a categorical over.
    """
    numbers: dict[str, pl.Series] = {}
    categories: dict[str, pl.Series] = {}
    for name, kind in frame.schema.items():
        if isinstance(kind, pl.Categorical | pl.Enum):
            column = frame.get_column(name)
            physical = column.to_physical()
            most = physical.max()
            # All rows null, or a frame of few rows from a log of many categories.
            if isinstance(most, int) and most < max(FEW, frame.height):
                numbers[name] = physical
                categories[name] = _categories(most + 1, physical.dtype, kind)
    return frame.with_columns(numbers.values()), categories


def _categories(count: int, physical: pl.DataType, kind: pl.DataType) -> pl.Series:
    places = pl.Series(range(count), dtype=physical)
    # Polars 2 has a word of its own for it.
    named = places.cat.to(kind) if hasattr(places.cat, "to") else places.cast(kind)
    return named.cast(pl.String).rechunk()
