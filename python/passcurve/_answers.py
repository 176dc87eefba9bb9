"""Answers as numbers, and their verdicts."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import polars as pl

from passcurve._ragged import Ints, Layout, even, read, same_layout
from passcurve._rewards import on_host

Bools: TypeAlias = npt.NDArray[np.bool_]


def read_votes(answers: object, correct: object) -> tuple[Ints, Bools, Layout]:
    """A number for each answer (-1 for none), its verdict, and where each problem's are."""
    flat, layout = read(correct, "correct")
    codes = _codes(answers, layout)
    return codes, _verdicts(flat, codes, layout), layout


def _verdicts(flat: npt.NDArray[Any], codes: Ints, layout: Layout) -> Bools:
    if flat.dtype.kind == "b":
        return np.ascontiguousarray(flat)
    if flat.dtype.kind not in "iufO":
        raise TypeError(f"correct holds {flat.dtype}; verdicts are booleans, or 0 and 1")
    verdicts = np.zeros(len(flat), np.bool_)
    for at, (verdict, code) in enumerate(zip(flat.tolist(), codes.tolist(), strict=True)):
        if verdict is None and code < 0:
            continue
        if not isinstance(verdict, int | float | np.number | np.bool_) or verdict not in {0, 1}:
            kind = "null, and there is an answer" if verdict is None else repr(verdict)
            raise ValueError(f"correct{layout.sample(at)} is {kind}; verdicts are booleans, or 0 and 1")
        verdicts[at] = verdict
    return verdicts


def _codes(answers: object, layout: Layout) -> Ints:
    if isinstance(answers, list | tuple):
        return _numbered(_flat(answers, layout), layout)
    if isinstance(answers, pl.Series):
        same_layout(("answers", even((len(answers),))), ("correct", layout))
        return _numbered(iter(answers.to_list()), layout)
    array = on_host(answers, "answers")
    if array.ndim == 0:
        raise ValueError("answers is one value; the last axis of answers is a problem's samples, so pass an array")
    same_layout(("answers", even(array.shape)), ("correct", layout))
    if array.dtype.kind == "f" and np.isnan(array).any():
        at = int(np.argmax(np.isnan(array.ravel())))
        raise ValueError(f"answers{layout.sample(at)} is NaN; a sample without an answer has None")
    if array.dtype.kind in "iubfU":
        return np.unique(array.ravel(), return_inverse=True)[1].astype(np.int64)
    return _numbered(iter(array.ravel().tolist()), layout)


def _flat(answers: list[Any] | tuple[Any, ...], layout: Layout) -> Iterator[Hashable]:
    """The answers in order, nested as their verdicts are, so that a tuple can be an answer."""
    rows = [answers]
    for axis, length in enumerate(layout.outer):
        for row in rows:
            if not isinstance(row, list | tuple | np.ndarray | pl.Series) or len(row) != length:
                place = "answers" if axis == 0 else "a row of answers"
                size = f"{len(row)} rows" if isinstance(row, list | tuple | np.ndarray | pl.Series) else repr(row)
                raise ValueError(f"{place} has {size} where correct has {length}")
        rows = [inner for row in rows for inner in row]
    for at, row in enumerate(rows):
        where = f"{layout.row(at)}: " if layout.outer else ""
        if not isinstance(row, list | tuple | np.ndarray | pl.Series):
            raise TypeError(f"{where}answers has {row!r} where correct has a list")
        if len(row) != layout.length(at):
            raise ValueError(f"{where}answers has {len(row)} samples and correct {layout.length(at)}")
    return (answer for row in rows for answer in (row.tolist() if isinstance(row, np.ndarray) else row))


def _numbered(answers: Iterator[Hashable], layout: Layout) -> Ints:
    known: dict[Hashable, int] = {None: -1}
    codes = np.empty(int(layout.offsets[-1]), np.int64)
    for at, answer in enumerate(answers):
        try:
            codes[at] = known.setdefault(answer, len(known))
        except TypeError:
            place = layout.sample(at)
            raise TypeError(f"answers{place} is {answer!r}, which is not hashable; give answers as strings") from None
        if answer != answer:  # noqa: PLR0124 - true of NaN alone
            raise ValueError(f"answers{layout.sample(at)} is NaN; a sample without an answer has None")
    return codes
