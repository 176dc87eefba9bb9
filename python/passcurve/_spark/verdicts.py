"""What a verdict means, as an expression of Spark that says what the core says, to the last bit."""

from __future__ import annotations

from decimal import Context, Decimal
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from pyspark.sql import Column
    from pyspark.sql.types import DataType

    from passcurve import _core

FAIL, PASS, NULL, BAD, LOST = range(5)
"""What becomes of a row; the last, where an id is null."""

PRECISE = Context(prec=80)

# F is what Spark's users call its functions.
# ruff: noqa: N812, PLC0415


def fate(verdict: Column, kind: DataType, request: _core._Request) -> Column:
    """`FAIL`, `PASS`, `NULL`, or `BAD` where the core would refuse the value."""
    from pyspark.sql import functions as F

    word, threshold = kind.typeName(), request["threshold"]
    if word == "void":
        return F.lit(NULL)
    if word == "boolean":
        return F.when(verdict.isNull(), NULL).otherwise(F.when(verdict, PASS).otherwise(FAIL))
    if word in {"string", "char", "varchar"}:
        known = _of_text(verdict, request["passing"], request["failing"])
    elif word == "decimal":
        known = _of_decimal(verdict, kind, threshold)
    else:
        known = _of_number(verdict, word, threshold)
    return F.when(verdict.isNull(), NULL).otherwise(known)


def can_be_bad(kind: DataType) -> bool:
    """Whether a value of this type may be no verdict."""
    return kind.typeName() not in {"void", "boolean"}


def _of_text(verdict: Column, passing: list[str] | None, failing: list[str] | None) -> Column:
    from pyspark.sql import functions as F

    if passing is None:
        return F.lit(BAD)
    other = F.lit(FAIL) if failing is None else F.when(verdict.isin(failing), FAIL).otherwise(BAD)
    return F.when(verdict.isin(passing), PASS).otherwise(other)


def _of_number(verdict: Column, word: str, threshold: float | None) -> Column:
    from pyspark.sql import functions as F

    value = verdict.cast("double")
    if threshold is None:
        # Spark takes NaN for the largest number, and it is neither of these.
        return F.when(value == F.lit(0.0), FAIL).when(value == F.lit(1.0), PASS).otherwise(BAD)
    if word == "float":
        with np.errstate(over="ignore"):
            threshold = float(np.float32(threshold))
    judged = F.when(value >= F.lit(threshold), PASS).otherwise(FAIL)
    return F.when(F.isnan(value), BAD).otherwise(judged) if word in {"float", "double"} else judged


def _of_decimal(verdict: Column, kind: DataType, threshold: float | None) -> Column:
    from pyspark.sql import functions as F

    digits, scale = kind.precision, kind.scale

    def at_least(bound: float) -> Column:
        """Whether the float nearest to the decimal is at least this, asked of the decimal itself."""
        least = _first(lambda unscaled: real(unscaled, scale) >= bound, 10**digits)
        if abs(least) >= 10**digits:
            return F.lit(least < 0)
        return verdict >= F.lit(f"{Decimal(least).scaleb(-scale, PRECISE):f}").cast(f"decimal({digits},{scale})")

    if threshold is not None:
        return F.when(at_least(threshold), PASS).otherwise(FAIL)
    one = at_least(1.0) & ~at_least(float(np.nextafter(1.0, 2.0)))
    return F.when(verdict == F.lit(0), FAIL).when(one, PASS).otherwise(BAD)


def real(unscaled: int, scale: int) -> float:
    """A decimal as a float, as the core rounds it."""
    return float(unscaled) / 10.0**scale


def _first(holds: Callable[[int], bool], most: int) -> int:
    """The first integer in [-most, most] from which on it holds; ``most`` where it does nowhere."""
    low, high = -most, most
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if holds(middle) else (middle + 1, high)
    return low
