"""Samples of problems as flat arrays: rows of one length, or of any."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import polars as pl

from passcurve._checks import LARGEST_COUNT
from passcurve._rewards import on_host

Floats: TypeAlias = npt.NDArray[np.float64]
Ints: TypeAlias = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Layout:
    """Where each problem's samples are: the last axis of an array, or rows of any length."""

    offsets: Ints
    outer: tuple[int, ...]
    ragged: bool = False

    def row(self, row: int) -> str:
        """How messages call a problem; nothing where there is but one."""
        if not self.outer:
            return ""
        at = tuple(map(int, np.unravel_index(row, self.outer)))
        return f"row {at[0] if len(at) == 1 else at}"

    def sample(self, flat: int) -> str:
        """The index of a sample, as in ``[1][2]`` or ``[1, 2]``."""
        row = int(np.searchsorted(self.offsets, flat, side="right")) - 1
        return self.sample_of(row, flat - int(self.offsets[row]))

    def sample_of(self, row: int, at: int) -> str:
        """The same of a row and a place in it."""
        if self.ragged:
            return f"[{row}][{at}]"
        return f"[{', '.join(map(str, (*map(int, np.unravel_index(row, self.outer)), at) if self.outer else (at,)))}]"

    def length(self, row: int) -> int:
        """The number of a problem's samples."""
        return int(self.offsets[row + 1] - self.offsets[row])


def even(shape: tuple[int, ...]) -> Layout:
    """The layout of an array, whose last axis is a problem's samples."""
    problems = int(np.prod(shape[:-1]))
    return Layout(np.arange(problems + 1, dtype=np.int64) * shape[-1], shape[:-1])


def read(value: object, word: str) -> tuple[npt.NDArray[Any], Layout]:
    """An array or nested lists as one flat array; rows of differing lengths only one level deep."""
    if isinstance(value, list | tuple):
        try:
            array = _nested(value)
        except ValueError as error:
            if "inhomogeneous" not in str(error):
                raise
            return _rows(value, word)
    elif isinstance(value, pl.Series) and value.null_count():
        array = np.array(value.to_list(), dtype=object)
    else:
        array = on_host(value, word)
    if array.ndim == 0:
        raise ValueError(f"{word} is one value; the last axis of {word} is a problem's samples, so pass an array")
    return array.ravel(), even(array.shape)


def _nested(value: object) -> npt.NDArray[Any]:
    array = np.asarray(value)
    # NumPy makes strings of numbers that stand beside strings.
    return np.array(value, dtype=object) if array.dtype.kind in "US" else array


def _rows(value: list[Any] | tuple[Any, ...], word: str) -> tuple[npt.NDArray[Any], Layout]:
    rows = []
    for at, row in enumerate(value):
        if not isinstance(row, list | tuple | np.ndarray | pl.Series):
            raise TypeError(f"{word}[{at}] is {row!r}, and other rows are lists; give each problem a list of samples")
        flat, layout = read(row, f"{word}[{at}]")
        if layout.outer:
            raise ValueError(f"{word}[{at}] has lists within: rows that differ in length are lists of samples")
        rows.append(flat)
    offsets = np.concatenate([[0], np.cumsum([len(row) for row in rows])]).astype(np.int64)
    full = [row for row in rows if len(row)]
    return np.concatenate(full or [np.zeros(0)]), Layout(offsets, (len(rows),), ragged=True)


def as_numbers(array: npt.NDArray[Any], layout: Layout, word: str) -> Floats:
    """The samples as contiguous floats."""
    if array.dtype.kind == "O":
        for at, value in enumerate(array.tolist()):
            if not isinstance(value, int | float | np.number | np.bool_):
                kind = "null" if value is None else repr(value)
                raise TypeError(f"{word}{layout.sample(at)} is {kind}; {word} are numbers")
    elif array.dtype.kind not in "iufb":
        raise TypeError(f"{word} holds {array.dtype}; {word} are floats, integers or booleans")
    numbers = np.require(array, np.float64, ["C", "A"])
    if array.dtype.kind not in "fb" and (beyond := np.abs(numbers) >= LARGEST_COUNT).any():
        at = int(np.argmax(beyond))
        raise ValueError(
            f"{word}{layout.sample(at)} = {array[at]} is not below 2^53, where floats of integers are exact"
        )
    return numbers


def same_layout(first: tuple[str, Layout], second: tuple[str, Layout]) -> None:
    """Fails where two arguments do not give each problem as many samples."""
    (word, one), (other_word, other) = first, second
    if len(one.outer) != len(other.outer) or one.outer != other.outer:
        raise ValueError(f"{word} has {_described(one)} and {other_word} {_described(other)}")
    if not np.array_equal(one.offsets, other.offsets):
        row = int(np.argmax(np.diff(one.offsets) != np.diff(other.offsets)))
        where = f"{one.row(row)}: " if one.outer else ""
        raise ValueError(f"{where}{word} has {one.length(row)} samples and {other_word} {other.length(row)}")


def _described(layout: Layout) -> str:
    if len(layout.outer) > 1:
        return f"problems in shape {layout.outer}"
    return f"{layout.outer[0]} problems" if layout.outer else "one problem"
