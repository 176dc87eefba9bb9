"""Verdicts as they are written, judged: true, false, or none."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

import polars as pl

from passcurve.errors import DataError

if TYPE_CHECKING:
    from passcurve.readers._reading import Reading


LONGEST = 300
"""Digits of an integer that is read as one: longer ones are past what a number with a fraction can be."""
DECODER = json.JSONDecoder(parse_int=lambda text: int(text) if len(text) <= LONGEST else float(text))


def loads(text: str) -> Any:
    """A value of what is known to be JSON.

    Raises:
        DataError: it is too deep.
    """
    try:
        return DECODER.decode(text)
    except RecursionError:
        raise DataError(f"{text[:40]}… is too deep to be looked at") from None
    except json.JSONDecodeError:
        # Not as it was read, but as mend= made it.
        raise DataError(f"{text[:40]} is no JSON, as the verdicts of mend= are: strings have quotes in it") from None


def judged(frame: pl.DataFrame, path: str, reading: Reading) -> pl.DataFrame:
    """The frame with ``correct`` for its ``verdict``, whose values are JSON as they are written.

    Raises:
        DataError: a value that is no verdict, or needs a threshold or the strings that pass.
    """
    known = {text: _verdict(text, path, frame, reading) for text in frame["verdict"].unique() if text is not None}
    verdicts = frame["verdict"].replace_strict(known, default=None, return_dtype=pl.Boolean)
    return frame.with_columns(correct=verdicts)


def _verdict(text: str, path: str, frame: pl.DataFrame, reading: Reading) -> bool | None:
    try:
        value = loads(text)
    except DataError as error:
        raise DataError(f"{path}: the verdict {error}") from None
    match value:
        case None:
            return None
        case bool():
            return value
        case int() | float() if math.isnan(value):
            problem = "it is NaN, which is no verdict; leave such records out, or make it null"
        case int() | float() if reading.threshold is not None:
            return value >= reading.threshold
        case 0 | 1:
            return bool(value)
        case int() | float():
            problem = "it is neither 0 nor 1; say threshold= (a sample passes when its value is >= threshold)"
        case str() if reading.passing:
            if value in reading.passing or not reading.format.failing or value in reading.format.failing:
                return value in reading.passing
            known = ", ".join(map(repr, (*reading.passing, *reading.format.failing)))
            problem = f"the verdicts of {reading.format.name} are {known}"
        case str():
            problem = "it is a string; say passing= (the strings that pass)"
        case _:
            problem = "it is no verdict; name a member of it"
    where = frame.filter(pl.col("verdict") == text)["problem"][0]
    shown = text if len(text) <= 60 else f"{text[:60]}…"
    raise DataError(f"{path}: the verdict {shown} (first of problem {where!r}): {problem}")
