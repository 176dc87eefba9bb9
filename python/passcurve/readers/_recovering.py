"""How many of n samples passed, from metrics of them that were logged in their place."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from passcurve.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from passcurve.readers._reading import Reading

NEAR = 1e-6
"""How far a metric may be from that of a count: writers keep six digits and more."""
UNCLEAR = {"fewest": 0, "most": -1}
"""Which of several counts is taken, by the option of this name."""


def column_of(metric: str) -> str:
    """The column of a metric, whatever it is called."""
    return f"metric {metric}"


def recovered(frame: pl.DataFrame, metrics: Mapping[str, int], path: str, reading: Reading) -> pl.DataFrame:
    """The frame with ``n`` and ``c`` for its ``n`` and columns of metrics, each with the k of which it is pass@k.

    The first metric decides; where several counts give its value, the others decide among these.

    Raises:
        DataError: values that are pass@k of no count, or of several.
    """
    first = next(iter(metrics))
    if frame.height:
        reading.note(f"{path}: c is recovered from {first}")
    known: dict[tuple[float | None, ...], tuple[int, int]] = {}
    rows = []
    columns = list(map(column_of, metrics))
    for problem, *said in frame.select("problem", "n", *columns).iter_rows():
        key = tuple(said)
        if key not in known:
            try:
                known[key] = _count(said[0], dict(zip(metrics, said[1:], strict=True)), metrics, path, reading)
            except DataError as error:
                raise DataError(f"{path}: problem {problem!r}: {error}") from None
        rows.append(known[key])
    return frame.drop(columns).with_columns(
        n=pl.Series([n for n, _ in rows], dtype=pl.Int64), c=pl.Series([c for _, c in rows], dtype=pl.Int64)
    )


def _count(
    n: float | None, values: Mapping[str, float | None], metrics: Mapping[str, int], path: str, reading: Reading
) -> tuple[int, int]:
    (metric, value), *others = values.items()
    if n is None or value is None:
        raise DataError(f"the record lacks {metric if value is None else 'its responses'}")
    drawn, k = int(n), metrics[metric]
    if not 1 <= k <= drawn:
        raise DataError(f"{metric} of {drawn} responses does not tell how many passed")
    near = _near(drawn, k, value)
    if not len(near):
        raise DataError(
            f"{metric} is {value:g}, which no number of {drawn} responses gives; is it a share of those that "
            "passed? the verdict of each response is not in this log"
        )
    used = [metric]
    for name, other in others:
        if len(near) > 1 and other is not None and metrics[name] <= drawn:
            near = np.intersect1d(near, _near(drawn, metrics[name], other))
            used.append(name)
    if not len(near):
        raise DataError(f"no number of {drawn} responses gives all of {_shown(values, used)}")
    if len(near) > 1:
        return drawn, _unclear(near, f"{_shown(values, used)} of {drawn} responses", path, reading)
    if len(used) > 1:
        reading.note(f"{path}: where {metric} leaves several c, {', '.join(used[1:])} decide among them")
    return drawn, int(near[0])


def _unclear(near: np.ndarray, said: str, path: str, reading: Reading) -> int:
    """One of several counts, where the call says which."""
    asked = reading.options.get("unclear")
    if asked is None:
        raise DataError(
            f"{said} may be c = {near[0]} to {near[-1]}, and nothing else in the record decides; log pass@1 too, or "
            f"{reading.way_out('unclear', UNCLEAR)} of these c to be taken: estimates then differ at the ks that were "
            "not logged"
        )
    chosen = int(near[UNCLEAR[asked]])
    reading.note(f"{path}: {said} may be c = {near[0]} to {near[-1]}; c = {chosen}, the {asked}, is taken")
    return chosen


def _shown(values: Mapping[str, float | None], names: list[str]) -> str:
    return ", ".join(f"{name} = {values[name]:g}" for name in names)


def _near(n: int, k: int, value: float) -> np.ndarray:
    """The counts whose pass@k is this value."""
    counts = np.arange(n + 1)
    expected = counts / n if k == 1 else _pass_at_k(n, counts, k)
    return np.flatnonzero(np.abs(expected - value) <= NEAR)


def _pass_at_k(n: int, c: np.ndarray, k: int) -> np.ndarray:
    from passcurve.estimators import pass_at_k  # noqa: PLC0415 (a cycle)

    return np.asarray(pass_at_k(np.full_like(c, n), c, k))
