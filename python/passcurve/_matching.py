"""Which models are compared, and on which problems."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import polars as pl

if TYPE_CHECKING:
    from passcurve._keyed import Key

Rows = npt.NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class Matched:
    """The problems that two models of one group share."""

    group: tuple[Any, ...]
    """Values of the other ``by`` columns."""
    a: Any
    b: Any
    rows_a: Rows
    """Rows of the tally's frame, in the order of the problems."""
    rows_b: Rows
    n_only_a: int
    n_only_b: int


@dataclass(frozen=True)
class Models:
    """The counts of several models."""

    frame: pl.DataFrame
    key: Key
    on: str
    """The ``by`` column whose values are compared."""
    others: tuple[str, ...]
    """The other ``by`` columns."""

    @classmethod
    def of(cls, frame: pl.DataFrame, key: Key, on: str | None) -> Models:
        """With ``on``, or else the only ``by`` column."""
        if not key.by:
            raise ValueError(
                "nothing tells the models apart: tally with by=, or name each tally with t.with_by(model=...) and "
                "merge them"
            )
        if on is None and len(key.by) > 1:
            raise ValueError(f"say on=, the column whose values are compared: {', '.join(key.by)}")
        name = on or key.by[0]
        if name not in key.by:
            raise ValueError(f"on= is a by column ({', '.join(key.by)}), not {name!r}")
        return cls(frame, key, name, tuple(other for other in key.by if other != name))


def pairs(models: Models, a: Any, b: Any) -> list[tuple[Any, Any]]:
    """The pairs of values that are compared."""
    values = models.frame[models.on].unique().sort().to_list()
    if isinstance(a, Sequence) and not isinstance(a, str):
        raise ValueError(
            f"a= is one {models.on}, not {a!r}; several go second: b={list(a)!r} is what a= is compared with"
        )
    if a is None:
        if b is not None:
            raise ValueError("b= goes with a=, the model that is compared with it")
        return list(combinations(_two_or_more(values, models.on), 2))
    several = isinstance(b, Sequence) and not isinstance(b, str)
    others = (
        [value for value in _two_or_more(values, models.on) if value != a] if b is None else list(b) if several else [b]
    )
    for value in (a, *others):
        if value not in values:
            raise ValueError(f"no {models.on} is {value!r}; there are: {', '.join(map(repr, values))}")
    if a in others:
        raise ValueError(f"{a!r} is compared with itself")
    return [(a, other) for other in dict.fromkeys(others)]


def _two_or_more(values: list[Any], on: str) -> list[Any]:
    if len(values) < 2:
        raise ValueError(f"{on} has fewer than two values: there is nothing to compare")
    return values


def match(models: Models, wanted: Sequence[tuple[Any, Any]], *, drop: bool) -> list[Matched]:
    """The shared problems of each pair in each group, groups first.

    Raises:
        ValueError: a problem is in one model only and ``drop`` is false, or a pair shares none.
    """
    frame = models.frame
    # Equal problems have equal ranks, and the rows of a model are in the order of its problems.
    problems = frame.select(pl.struct(models.key.problem).rank("dense").cast(pl.Int64)).to_series().to_numpy()
    runs: dict[tuple[Any, ...], dict[Any, range]] = {}
    end = 0
    for *names, value, length in frame.group_by([*models.others, models.on], maintain_order=True).len("n").iter_rows():
        runs.setdefault(tuple(names), {})[value] = range(end, end + length)
        end += length
    found = []
    for group, run in runs.items():
        for a, b in wanted:
            if drop and not {a, b} <= run.keys():
                continue
            rows = [_rows(run.get(value)) for value in (a, b)]
            _, *at = np.intersect1d(problems[rows[0]], problems[rows[1]], assume_unique=True, return_indices=True)
            shared = [of[common] for of, common in zip(rows, at, strict=True)]
            alone = [np.delete(of, common) for of, common in zip(rows, at, strict=True)]
            if not shared[0].size or (not drop and (alone[0].size or alone[1].size)):
                raise ValueError(_unmatched(models, (group, a, b), shared[0].size, alone))
            sizes = {"n_only_a": alone[0].size, "n_only_b": alone[1].size}
            found.append(Matched(group=group, a=a, b=b, rows_a=shared[0], rows_b=shared[1], **sizes))
    if not found:
        raise ValueError("no group holds both models of a pair")
    return found


def _rows(run: range | None) -> Rows:
    return np.arange(run.start, run.stop) if run else np.zeros(0, dtype=np.int64)


def _unmatched(models: Models, pair: tuple[tuple[Any, ...], Any, Any], n_shared: int, alone: Sequence[Rows]) -> str:
    group, *both = pair
    where = "".join(f"{name}={value!r}: " for name, value in zip(models.others, group, strict=True))

    def of_model(model: Any, rows: Rows) -> str:
        if not rows.size:
            return f"none in {model!r} only"
        first = models.frame.row(int(rows[0]), named=True)
        example = ", ".join(f"{name}={first[name]!r}" for name in models.key.problem)
        return f"{rows.size:,} in {model!r} only ({example})"

    counted = " and ".join(of_model(model, rows) for model, rows in zip(both, alone, strict=True))
    if not n_shared:
        return f"{where}{both[0]!r} and {both[1]!r} share no problem: {counted}"
    return (
        f"{where}{both[0]!r} and {both[1]!r} share {n_shared:,} problems, with {counted}; the others cannot be "
        'paired. Say unmatched="drop" to leave them out, and count them in n_only_a and n_only_b'
    )
