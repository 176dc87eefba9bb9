"""Checks of arguments that several functions take."""

from __future__ import annotations

import operator
from typing import Any, get_args

LARGEST_COUNT = 2**53
"""Up to here every integer is a float."""


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
