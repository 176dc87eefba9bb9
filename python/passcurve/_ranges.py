"""Ranges of problems, by which the merging of tallies is shared among machines."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import polars as pl

from passcurve._parts import WHOLE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from passcurve._parts import Bounds

Rows = TypeVar("Rows", pl.DataFrame, pl.LazyFrame)


def check_range(given: Bounds | None) -> Bounds:
    """``problem_range=`` as bounds.

    Raises:
        TypeError: it is no pair of integers or of strings.
        ValueError: no problem can be in it.
    """
    if given is None:
        return WHOLE
    if not isinstance(given, tuple | list) or len(given) != 2:
        raise TypeError(f"problem_range= is a pair (lower, upper), each a string, an integer or None, not {given!r}")
    lower, upper = given
    for bound in (lower, upper):
        if isinstance(bound, bool) or not isinstance(bound, str | int | None):
            raise TypeError(f"a bound of problem_range= is a string, an integer or None, not {bound!r}")
    if lower is not None and upper is not None:
        if isinstance(lower, str) != isinstance(upper, str):
            raise TypeError(f"the bounds of problem_range= are of one type, not {lower!r} and {upper!r}")
        if lower >= upper:  # type: ignore[operator]
            raise ValueError(f"problem_range= goes from {lower!r} to below {upper!r}, where there is nothing")
    return lower, upper


def within_range(rows: Rows, schema: Mapping[str, pl.DataType], column: str, bounds: Bounds, place: str) -> Rows:
    """The rows whose problem is in the range.

    Raises:
        ValueError: the problems are of another type than the bounds.
    """
    kind = schema[column]
    texts = any(isinstance(bound, str) for bound in bounds)
    if kind != pl.Null and not (kind == pl.String if texts else kind.is_integer()):
        bound = next(bound for bound in bounds if bound is not None)
        raise ValueError(
            f"{place}: column {column!r} holds {kind}, which problem_range= with {bound!r} does not divide"
        )
    lower, upper = bounds
    if lower is not None:
        rows = rows.filter(pl.col(column) >= lower)
    return rows if upper is None else rows.filter(pl.col(column) < upper)
