"""How many of n samples passed, from a metric of them that was logged in their place."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from passcurve.errors import DataError

if TYPE_CHECKING:
    from passcurve.readers._reading import Reading

NEAR = 1e-6
"""How far a metric may be from that of a count: writers keep six digits and more."""


def recovered(frame: pl.DataFrame, k: int, metric: str, path: str, reading: Reading) -> pl.DataFrame:
    """The frame with ``n`` and ``c`` for its ``n`` and ``value``, which is pass@k of them.

    Raises:
        DataError: a value that is pass@k of no count, or of several.
    """
    if frame.height:
        reading.note(f"{path}: c is recovered from {metric}")
    pairs = frame.select("n", "value").unique()
    counts = {(n, value): _count(n, value, k, metric, path) for n, value in pairs.iter_rows()}
    rows = [counts[n, value] for n, value in frame.select("n", "value").iter_rows()]
    return frame.with_columns(
        n=pl.Series([n for n, _ in rows], dtype=pl.Int64), c=pl.Series([c for _, c in rows], dtype=pl.Int64)
    )


def _count(n: float | None, value: float | None, k: int, metric: str, path: str) -> tuple[int, int]:
    if n is None or value is None:
        raise DataError(f"{path}: a record lacks {metric if value is None else 'its responses'}")
    drawn = int(n)
    if not 1 <= k <= drawn:
        raise DataError(f"{path}: {metric} of {drawn} responses does not tell how many passed")
    counts = np.arange(drawn + 1)
    expected = counts / drawn if k == 1 else _pass_at_k(drawn, counts, k)
    near = np.flatnonzero(np.abs(expected - value) <= NEAR)
    if len(near) == 1:
        return drawn, int(near[0])
    if len(near) > 1:
        raise DataError(
            f"{path}: {metric} is {value:g} for each of {near[0]} to {near[-1]} that passed of {drawn}; log pass@1 too"
        )
    raise DataError(
        f"{path}: {metric} is {value:g}, which no number of {drawn} responses gives; is it a share of those that "
        "passed? the verdict of each response is not in this log"
    )


def _pass_at_k(n: int, c: np.ndarray, k: int) -> np.ndarray:
    from passcurve.estimators import pass_at_k  # noqa: PLC0415 (a cycle)

    return np.asarray(pass_at_k(np.full_like(c, n), c, k))
