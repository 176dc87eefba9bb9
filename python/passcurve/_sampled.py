"""Per-problem values of metrics of answers and rewards, from what a tally keeps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from passcurve import _core
from passcurve._choices import SAMPLED_LABELS as LABELS
from passcurve._estimate import Valued, estimate_valued
from passcurve._ks import as_ks, powers_of_two
from passcurve._requests import forbid_k_above, forbid_names, smallest
from passcurve._words import as_words
from passcurve.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import SupportsIndex

    import numpy.typing as npt
    import polars as pl

    from passcurve._choices import Mixed, Ties
    from passcurve._details import Details
    from passcurve._estimate import Words
    from passcurve._keyed import Key
    from passcurve._words import TableWords

OWN = ("metric", "k")


@dataclass(frozen=True)
class Cells:
    """The rewards of each problem in any order, or its distinct answers with a value of 1, and of 0 for none."""

    ends: npt.NDArray[np.int64]
    value: npt.NDArray[np.float64]
    n: npt.NDArray[np.int64]
    c: npt.NDArray[np.int64]


def table_of(
    frame: pl.DataFrame,
    key: Key,
    cells: Cells,
    metric: str,
    *,
    k: SupportsIndex | Iterable[SupportsIndex] | None,
    words: Words,
    ties: Ties = "fair",
    reach: tuple[float, float] = (0.0, 1.0),
) -> pl.DataFrame:
    """The table of a metric from the cells of the problems of the frame."""
    forbid_names(key.by, OWN)
    ks = powers_of_two(smallest(frame)) if k is None else as_ks(k)
    if words.on_k_gt_n == "error":
        forbid_k_above(frame, key, ks)
    sampling = words.over == "samples"
    values, variances = _core.detailed(
        metric=metric,
        ties=ties,
        ends=cells.ends,
        value=cells.value,
        n=cells.n,
        c=cells.c,
        ks=ks,
        variances=sampling,
        threads=words.threads,
    )
    low, high = reach
    valued = Valued(LABELS[metric], values, variances if sampling else None, low, high)
    return estimate_valued(frame, key, ks, valued, words)


def checked(metric: str, given: TableWords) -> Words:
    """The words that were given, where the metric takes them."""
    words = as_words(given)
    if words.over == "samples" and metric not in {"max_at_k", "min_at_k"}:
        raise ValueError(f'{metric} takes over="problems": no unbiased sampling variance of it is known')
    if words.method == "bayes":
        raise ValueError(f'{metric} does not go with method="bayes", which fits a law to n and c')
    return words


def rewards(frame: pl.DataFrame, details: Details | None) -> Cells:
    """The rewards of each problem, each as often as there are answers with it."""
    if details is None or details.reward is None:
        raise ValueError("this tally keeps no rewards; say reward= (the column) in passcurve.tally(...)")
    table = details.table
    value, n, c = (_numbers(table[name]) for name in (details.reward, "n", "c"))
    return Cells(_ends(frame, table), value, n, c)


def answers(frame: pl.DataFrame, details: Details | None, key: Key, mixed: Mixed) -> Cells:
    """Distinct answers of each problem.

    Raises:
        DataError: samples with one answer have different verdicts.
    """
    if details is None or details.answer is None:
        raise ValueError("this tally keeps no answers; say answer= (the column) in passcurve.tally(...)")
    table = details.table
    ends, answer = _ends(frame, table), table[details.answer]
    # Rows are sorted by answer and then by reward, so each answer is a run of them.
    first = answer.ne_missing(answer.shift()).to_numpy().copy()
    first[np.concatenate([[0], ends[:-1]])[: len(ends)]] = True
    starts = np.flatnonzero(first)
    n, c = (np.add.reduceat(_numbers(table[name]), starts) for name in ("n", "c"))
    given = answer.is_not_null().to_numpy()[starts]
    if mixed == "error":
        differ = np.flatnonzero(given & (c > 0) & (c < n))
        if len(differ):
            at = int(differ[0])
            row = table.row(int(starts[at]), named=True)
            where = ", ".join(f"{name}={row[name]!r}" for name in key.names)
            more = f", and {len(differ) - 1} more answers" if len(differ) > 1 else ""
            raise DataError(
                f"{where}: the answer {row[details.answer]!r} passed {c[at]} times of {n[at]}{more}; make answers that "
                'the verifier tells apart differ (strip, normalise), or say mixed="majority" (an answer is correct '
                "when more than half of its samples passed)"
            )
    return Cells(np.searchsorted(starts, ends), given.astype(np.float64), n, c)


def _ends(frame: pl.DataFrame, table: pl.DataFrame) -> npt.NDArray[np.int64]:
    """Where the rows of each problem end: both are sorted by key, and n of the rows add up to n of the problem."""
    samples = table["n"].cum_sum().to_numpy()
    return np.searchsorted(samples, frame["n"].cum_sum().to_numpy()) + 1


def _numbers(column: pl.Series) -> npt.NDArray[Any]:
    return np.ascontiguousarray(column.to_numpy())


def reach_of(cells: Cells, given: tuple[float, float] | None) -> tuple[float, float]:
    """The least and greatest reward there can be: as given, else 0 and 1 if all are between, else as seen.

    Raises:
        ValueError: it is no range, or a reward is outside.
    """
    values = cells.value
    seen = (float(values.min()), float(values.max())) if len(values) else (0.0, 1.0)
    if given is None:
        return _guessed(*seen)
    low, high = (float(end) for end in given)
    if not (np.isfinite(high - low) and low < high):
        raise ValueError(f"reward_range= is two finite numbers, the least reward and the greatest, not {given!r}")
    if seen[0] < low or seen[1] > high:
        raise ValueError(f"rewards go from {seen[0]:g} to {seen[1]:g}, beyond reward_range={given!r}")
    return low, high


def _guessed(least: float, greatest: float) -> tuple[float, float]:
    if least >= 0 and greatest <= 1:
        return 0.0, 1.0
    if not least < greatest:
        raise ValueError(
            f"all rewards are {least:g}, which tells no range of theirs; say reward_range=, the least reward there can "
            "be and the greatest"
        )
    if not np.isfinite(greatest - least):
        raise ValueError("the rewards are too far apart for floating numbers; scale them")
    return least, greatest
