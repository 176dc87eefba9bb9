"""Probabilities and counts, as numbers or arrays, checked."""

from __future__ import annotations

from numbers import Real
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from passcurve._checks import LARGEST_COUNT

Floats: TypeAlias = npt.NDArray[np.float64]


def as_probabilities(word: str, value: object) -> Floats:
    """``value`` as floats in [0, 1].

    Raises:
        TypeError: it holds no numbers.
        ValueError: one of them is below 0, above 1 or NaN.
    """
    array = np.asarray(value)
    if array.dtype.kind not in "iuf" and array.size:
        raise TypeError(f"{word} takes numbers from 0 to 1, not {value!r}")
    floats = array.astype(np.float64)
    _forbid(word, array, ~((floats >= 0) & (floats <= 1)), "between 0 and 1")
    return floats


def as_counts(word: str, value: object) -> Floats:
    """``value``, positive integers up to 2^53, as floats.

    Raises:
        TypeError: it holds no integers.
        ValueError: one of them is below 1 or above 2^53.
    """
    array = np.asarray(value)
    if array.dtype.kind not in "iu" and array.size:
        raise TypeError(f"{word} takes integers, not {value!r}")
    _forbid(word, array, (array < 1) | (array > LARGEST_COUNT), "between 1 and 2^53")
    return array.astype(np.float64)


def as_probability(word: str, value: Any) -> float:
    """One number strictly between 0 and 1."""
    if isinstance(value, bool) or not isinstance(value, Real):
        raise TypeError(f"{word}= is a number between 0 and 1, not {value!r}")
    if not 0 < float(value) < 1:
        raise ValueError(f"{word}= is between 0 and 1, not {value!r}")
    return float(value)


def plain(value: Floats) -> Any:
    """A float where numbers were given."""
    return float(value) if value.ndim == 0 else value


def _forbid(word: str, array: npt.NDArray[Any], bad: Any, allowed: str) -> None:
    if np.any(bad):
        at = tuple(map(int, np.unravel_index(int(np.argmax(bad)), array.shape)))
        where = f"[{', '.join(map(str, at))}]" if at else ""
        raise ValueError(f"{word}{where} = {array[at]} is not {allowed}")
