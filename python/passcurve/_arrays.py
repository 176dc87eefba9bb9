"""Counts as arrays, and the Rust kernels over them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np
import numpy.typing as npt
import polars as pl

from passcurve import _core
from passcurve._checks import LARGEST_COUNT
from passcurve._expressions import expression

if TYPE_CHECKING:
    from collections.abc import Sequence

Invalid: TypeAlias = Literal["error", "null"]
Ints: TypeAlias = npt.NDArray[np.int64]

# Integers that NumPy and Arrow have not; old versions of Polars lack the second.
WIDE = (pl.Int128, getattr(pl, "UInt128", pl.Int128))

# Outside every domain, so that the kernels answer NaN.
NOT_A_COUNT = -1


GROUPS = ("zero_signal", "all_correct", "informative")
"""Estimators whose third argument is the size of a group."""


@dataclass(frozen=True)
class Asked:
    """An estimator, the share it is of where it takes one, and what becomes of what it is not defined for."""

    name: str
    tau: float | None
    invalid: Invalid

    @property
    def words(self) -> tuple[str, str, str]:
        """What the three arguments are called."""
        return "n", "c", "group_size" if self.name in GROUPS else "k"

    @property
    def nan(self) -> bool:
        """Whether NaN is the answer outside the domain."""
        return self.invalid == "null"


def evaluate(name: str, n: object, c: object, k: object, invalid: Invalid, *, tau: float | None = None) -> Any:
    """An estimator over numbers, arrays, Series or expressions, in the kind that was given."""
    if invalid not in {"error", "null"}:
        raise ValueError(f"invalid={invalid!r} is not one of error, null")
    if type(n) is type(c) is type(k) is int:
        # Three plain integers, without the cost of an array, or of an object that only an error needs.
        try:
            return _core.evaluate_one(name, tau, n, c, k, invalid == "null")
        except (_core.InvalidCountsError, OverflowError) as error:
            return _no_value(Asked(name, tau, invalid), (n, c, k), error)
    asked = Asked(name, tau, invalid)
    if any(isinstance(value, str | pl.Expr) for value in (n, c, k)):
        return expression(name, dict(zip(asked.words, (n, c, k), strict=True)), tau=tau, or_null=asked.nan)
    if any(isinstance(value, pl.Series) for value in (n, c, k)):
        return _series(asked, n, c, k)
    counts = (
        _as_counts(_as_numbers(value, word), word, invalid) for word, value in zip(asked.words, (n, c, k), strict=True)
    )
    result = _evaluate(asked, *counts)
    return float(result[()]) if result.ndim == 0 else result


def _no_value(asked: Asked, counts: tuple[int, int, int], error: Exception) -> float:
    if isinstance(error, _core.InvalidCountsError):
        raise _named(asked, error, ()) from None
    if asked.nan:
        return float("nan")
    shown = ", ".join(f"{word}={count}" for word, count in zip(asked.words, counts, strict=True))
    raise ValueError(f"{asked.name}: {shown}: counts past 2^53 are not supported") from None


def _named(asked: Asked, error: _core.InvalidCountsError, shape: tuple[int, ...]) -> ValueError:
    index, n, c, k, reason = error.args
    at = tuple(map(int, np.unravel_index(index, shape)))
    where = f"at index {at if len(at) > 1 else at[0]}: " if at else ""
    return ValueError(f"{asked.name}: {where}n={n}, c={c}, {asked.words[2]}={k}: {reason}")


def _series(asked: Asked, n: object, c: object, k: object) -> pl.Series:
    _forbid_several(asked, k)
    given, nulls, label = [], [np.zeros(1, dtype=bool)], ""
    for word, value in zip(asked.words, (n, c, k), strict=True):
        if not isinstance(value, pl.Series):
            given.append(_as_numbers(value, word))
            continue
        label = label or value.name
        nulls.append(value.is_null().to_numpy())
        given.append(_as_numbers(_series_values(value, word), word))
    if any(numbers.ndim > 1 for numbers in given):
        raise ValueError("a Series goes with numbers, Series and 1-D arrays, not with an array of more axes")
    # A Series is a row of values even where it has one.
    shape = np.broadcast_shapes(_together(asked, given), (1,))
    missing = np.broadcast_to(np.logical_or.reduce(np.broadcast_arrays(*nulls)), shape)
    if missing.any():
        given = [_filled(numbers, missing) for numbers in given]
    known = [_as_counts(numbers, word, asked.invalid) for word, numbers in zip(asked.words, given, strict=True)]
    values = np.broadcast_to(_evaluate(asked, *known), shape)
    result = pl.Series(label, values, nan_to_null=True)
    if missing.any():
        result = result.set(pl.Series(missing), None)
    return result


def _series_values(series: pl.Series, word: str) -> npt.NDArray[Any]:
    """The numbers of a Series, with something under the nulls."""
    numbers = series.cast(pl.Int64) if series.dtype == pl.Null else series
    if numbers.dtype in WIDE or numbers.dtype.is_decimal():
        raise TypeError(f"{word} holds {numbers.dtype}; cast it with .cast(pl.Int64)")
    if not numbers.dtype.is_integer() and not numbers.dtype.is_float():
        raise TypeError(f"{word} holds {numbers.dtype}; counts are integers, or floats with integral values")
    return numbers.fill_null(1).to_numpy()


def _filled(numbers: npt.NDArray[Any], missing: npt.NDArray[np.bool_]) -> npt.NDArray[Any]:
    """A row with a null anywhere is null, whatever the other two hold; (1, 1, 1) is defined for every estimator."""
    numbers = np.broadcast_to(numbers, missing.shape).copy()
    numbers[missing] = 1
    return numbers


def _forbid_several(asked: Asked, k: object) -> None:
    """Fails on a list of ks beside a Series, which would be paired with the rows; an axis for it a Series has not."""
    if isinstance(k, list | tuple | range):
        word, name = asked.words[2], asked.name
        raise ValueError(
            f"{name}: {word} is a {type(k).__name__} beside a Series, and would be paired with its rows. For each "
            f"{word} of each row, call {name} once a {word}, or give arrays that broadcast: "
            f"{name}(n.to_numpy()[:, None], c.to_numpy()[:, None], {word}); for means over problems, "
            f"the methods of a Tally take several; for one {word} a row, give a Series"
        )


def _together(asked: Asked, counts: Sequence[npt.NDArray[Any]]) -> tuple[int, ...]:
    """The shape that the three arguments broadcast to."""
    try:
        return np.broadcast_shapes(*(count.shape for count in counts))
    except ValueError:
        shapes = [f"{word} {count.shape}" for word, count in zip(asked.words, counts, strict=True)]
        word = asked.words[2]
        raise ValueError(
            f"{asked.name}: the shapes of {', '.join(shapes[:2])} and {shapes[2]} do not broadcast; give n and c the "
            f"same shape, and for each {word} of each problem give them as columns: n[:, None], c[:, None]"
        ) from None


def _as_numbers(value: object, word: str) -> npt.NDArray[Any]:
    if isinstance(value, np.ma.MaskedArray):
        raise TypeError(f"{word} is a masked array, whose mask would be lost; pass a Series with nulls")
    array = np.asarray(value)
    if array.dtype.kind not in "iuf":
        raise TypeError(f"{word} holds {array.dtype}; counts are integers, or floats with integral values")
    return array


def _as_counts(array: npt.NDArray[Any], word: str, invalid: Invalid) -> Ints:
    if array.dtype.kind == "f":
        array = array.astype(np.float64, copy=False)
        known = (np.floor(array) == array) & (np.abs(array) <= LARGEST_COUNT)
    elif array.dtype == np.uint64:
        known = array <= LARGEST_COUNT
    else:
        return array.astype(np.int64, copy=False)
    if invalid == "error" and not known.all():
        at = tuple(map(int, np.unravel_index(int(np.argmin(known)), array.shape)))
        raise ValueError(f"{word}{_index(at)} = {array[at]} is not a whole number up to 2^53")
    counts = np.where(known, array, 0).astype(np.int64)
    counts[~known] = NOT_A_COUNT
    return counts


def _evaluate(asked: Asked, n: Ints, c: Ints, k: Ints) -> npt.NDArray[np.float64]:
    shape = _together(asked, (n, c, k))
    name, tau, nan = asked.name, asked.tau, asked.nan
    try:
        if _is_curve(n, c, k, shape):
            rows = np.broadcast_shapes(n.shape, c.shape)
            result = _core.curve(name, tau, _flat(n, rows), _flat(c, rows), _flat(k, k.shape), nan, None)
        else:
            result = _core.evaluate(name, tau, _flat(n, shape), _flat(c, shape), _flat(k, shape), nan, None)
    except _core.InvalidCountsError as error:
        raise _named(asked, error, shape) from None
    return result.reshape(shape)


def _is_curve(n: Ints, c: Ints, k: Ints, shape: tuple[int, ...]) -> bool:
    """Whether k alone runs along the last axis, so that one walk gives a problem's whole curve."""
    return (
        k.ndim > 0
        and k.size > 1
        and k.size == k.shape[-1] == shape[-1]
        and all(counts.ndim == 0 or counts.shape[-1] == 1 for counts in (n, c))
    )


def _flat(counts: Ints, shape: tuple[int, ...]) -> Ints:
    if counts.size == 1 and shape:
        return counts.reshape(1)
    return np.ascontiguousarray(np.broadcast_to(counts, shape)).ravel()


def _index(at: tuple[int, ...]) -> str:
    return f"[{', '.join(map(str, at))}]" if at else ""
