"""Checks of arguments that several functions take."""

from __future__ import annotations

import operator
from numbers import Real
from typing import Any, get_args

import numpy as np

from passcurve._warnings import warn

LARGEST_COUNT = 2**53
"""Up to here every integer is a float."""


def whole(value: Any) -> int | None:
    """``value`` as an int if it is a whole number: an integer, or a float with an integral value; else None."""
    if isinstance(value, bool | np.bool_):
        return None
    if hasattr(value, "__index__"):
        return operator.index(value)
    return int(value) if isinstance(value, float | np.floating) and float(value).is_integer() else None


def draws(word: str, value: Any) -> int:
    """A number of draws as an int: `positive`, and a float with an integral value as the estimators take it."""
    count = whole(value)
    return positive(word, value if count is None else count)


def one_of(word: str, value: object, allowed: Any) -> None:
    """Fails unless ``value`` is one of a Literal's."""
    if value not in get_args(allowed):
        raise ValueError(f"{word}={value!r} is not one of {', '.join(get_args(allowed))}")


def positive(word: str, value: Any) -> int:
    """``value`` as an int; fails unless it is a positive integer."""
    if isinstance(value, bool) or not hasattr(value, "__index__") or operator.index(value) < 1:
        raise ValueError(f"{word}= is a positive integer, not {value!r}")
    if operator.index(value) > LARGEST_COUNT:
        raise ValueError(f"{word}= is at most 2^53, not {value!r}")
    return operator.index(value)


def positive_or_none(word: str, value: Any) -> int | None:
    """As `positive`, or None."""
    return None if value is None else positive(word, value)


def check_tau(tau: object) -> float:
    """``tau`` as a float; fails unless it is a share."""
    if isinstance(tau, bool) or not isinstance(tau, Real):
        hint = f"; did you mean the number {tau}?" if isinstance(tau, str) and _is_number(tau) else ""
        raise TypeError(f"tau is one number in [0, 1], not {tau!r}{hint}")
    if not 0 <= float(tau) <= 1:
        raise ValueError(f"tau is in [0, 1], not {tau!r}")
    return float(tau)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def warn_of_odd(k: object) -> None:
    """Warns where mG-Pass@k of a perfect model is not 1; silent for what is no number or array of numbers."""
    values = np.asarray(k) if isinstance(k, Real | list | tuple | np.ndarray) else np.asarray([])
    if values.dtype.kind in "iu" and (values % 2 == 1).any():
        first = int(values[values % 2 == 1].flat[0]) if values.ndim else int(values)
        warn(f"mG-Pass@{first}: a perfect model scores (k-1)/k = {(first - 1) / first:.3g} at odd k; take an even k")
