"""Per-problem values of metrics of answers and rewards, from what a tally keeps."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from passcurve import _core
from passcurve._estimate import Valued, estimate_valued
from passcurve._ks import as_ks, powers_of_two
from passcurve._requests import forbid_k_above, forbid_names, smallest
from passcurve._words import as_words
from passcurve.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import SupportsIndex

    from passcurve._answers import Mixed, Ties
    from passcurve._details import Details
    from passcurve._estimate import Words
    from passcurve._keyed import Key
    from passcurve._words import TableWords

LABELS = {"max_at_k": "max@k", "min_at_k": "min@k", "best_of_k": "best-of-k", "maj_at_k": "maj@k"}
OWN = ("metric", "k")
VALUE, ANSWER = "\0value", "\0answer"
"""Names that no column of a user has."""


def table_of(
    frame: pl.DataFrame,
    key: Key,
    cells: pl.DataFrame,
    metric: str,
    *,
    k: SupportsIndex | Iterable[SupportsIndex] | None,
    words: Words,
    ties: Ties = "fair",
    reach: tuple[float, float] = (0.0, 1.0),
) -> pl.DataFrame:
    """The table of a metric from cells with the columns value, n and c, in the order of the values."""
    forbid_names(key.by, OWN)
    ks = powers_of_two(smallest(frame)) if k is None else as_ks(k)
    if words.on_k_gt_n == "error":
        forbid_k_above(frame, key, ks)
    cells = frame.select(key.names).join(cells, on=key.names, how="left", maintain_order="left_right")
    lengths = cells.group_by(key.names, maintain_order=True).len("n")["n"]
    values, variances = _core.detailed(
        metric=metric,
        ties=ties,
        ends=lengths.cum_sum().to_list(),
        value=np.ascontiguousarray(cells[VALUE].to_numpy(), dtype=np.float64),
        n=np.ascontiguousarray(cells["n"].to_numpy()),
        c=np.ascontiguousarray(cells["c"].to_numpy()),
        ks=ks,
        threads=words.threads,
    )
    low, high = reach
    valued = Valued(LABELS[metric], values, variances if words.over == "samples" else None, low, high)
    return estimate_valued(frame, key, ks, valued, words)


def checked(metric: str, given: TableWords) -> Words:
    """The words that were given, where the metric takes them."""
    words = as_words(given)
    if words.over == "samples" and metric not in {"max_at_k", "min_at_k"}:
        raise ValueError(f'{metric} takes over="problems": no unbiased sampling variance of it is known')
    if words.method == "bayes":
        raise ValueError(f'{metric} does not go with method="bayes", which fits a law to n and c')
    return words


def rewards(details: Details | None, key: Key) -> pl.DataFrame:
    """Distinct rewards of each problem, ascending."""
    if details is None or details.reward is None:
        raise ValueError("this tally keeps no rewards; say reward= (the column) in passcurve.tally(...)")
    return (
        details.table.group_by([*key.names, pl.col(details.reward).alias(VALUE)])
        .agg(pl.col("n", "c").sum())
        .sort([*key.names, VALUE])
    )


def answers(details: Details | None, key: Key, mixed: Mixed) -> pl.DataFrame:
    """Distinct answers of each problem; ``value`` is 1, or 0 for samples without an answer.

    Raises:
        DataError: samples with one answer have different verdicts.
    """
    if details is None or details.answer is None:
        raise ValueError("this tally keeps no answers; say answer= (the column) in passcurve.tally(...)")
    cells = (
        details.table.group_by([*key.names, pl.col(details.answer).alias(ANSWER)])
        .agg(pl.col("n", "c").sum())
        .sort([*key.names, ANSWER])
        .with_columns(pl.col(ANSWER).is_not_null().cast(pl.Float64).alias(VALUE))
    )
    if mixed == "error":
        differ = cells.filter(pl.col(ANSWER).is_not_null(), pl.col("c") > 0, pl.col("c") < pl.col("n"))
        if differ.height:
            row = differ.row(0, named=True)
            where = ", ".join(f"{name}={row[name]!r}" for name in key.names)
            more = f", and {differ.height - 1} more answers" if differ.height > 1 else ""
            raise DataError(
                f"{where}: the answer {row[ANSWER]!r} passed {row['c']} times of {row['n']}{more}; make answers that "
                'the verifier tells apart differ (strip, normalise), or say mixed="majority" (an answer is correct '
                "when more than half of its samples passed)"
            )
    return cells


def reach_of(cells: pl.DataFrame, given: tuple[float, float] | None) -> tuple[float, float]:
    """The least and greatest reward there can be: as given, else 0 and 1 if all are between, else as seen.

    Raises:
        ValueError: it is no range, or a reward is outside.
    """
    values = cells[VALUE].to_numpy()
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
