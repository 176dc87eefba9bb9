"""The values of k that a table is asked for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import SupportsIndex, cast

from passcurve._checks import LARGEST_COUNT, whole


def as_ks(k: SupportsIndex | Iterable[SupportsIndex]) -> list[int]:
    """``k`` as a list of distinct positive integers, in the order given; floats may be ones with integral values.

    Raises:
        ValueError: a k is below 1 or above 2^53, or there is none.
        TypeError: a k is not an integer.
    """
    # An array without axes is iterable by its type and yet one number.
    values = list(k) if isinstance(k, Iterable) and getattr(k, "ndim", None) != 0 else [cast("SupportsIndex", k)]
    if not values:
        raise ValueError("k is an empty list")
    return list(dict.fromkeys(_as_k(value) for value in values))


def _as_k(value: SupportsIndex) -> int:
    k = whole(value)
    if k is None:
        raise TypeError(f"k must be an integer, not {value!r}")
    if not 1 <= k <= LARGEST_COUNT:
        raise ValueError(f"k must be between 1 and 2^53, not {k}")
    return k


def powers_of_two(smallest_n: int) -> list[int]:
    """1, 2, 4, ... up to the smallest n, and that n."""
    ks = [2**i for i in range(max(1, smallest_n).bit_length())]
    return ks if ks[-1] == smallest_n or smallest_n < 1 else [*ks, smallest_n]


def joined(ks: Sequence[int]) -> str:
    """Several ks as a person reads them."""
    return ", ".join(map(str, ks))
