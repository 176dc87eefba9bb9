"""Tables of estimates from a tally."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from passcurve import _core
from passcurve._checks import one_of, positive, positive_or_none
from passcurve._choices import LABELS, Method, OnKGtN, Over
from passcurve._keyed import Key
from passcurve._ks import as_ks, powers_of_two
from passcurve._requests import as_seed, check_level, cluster_ids, forbid_k_above, forbid_names, smallest

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import SupportsIndex

    import numpy.typing as npt


OVER_SAMPLES = ("auto", "bayes")
CLUSTERED = ("auto", "t", "percentile", "basic", "bca", "gamma", "beta")
FLOATS = ("estimate", "se", "lower", "upper")
COUNTS = ("n_problems", "n_min", "n_max", "n_skipped")
PROBLEM_COLUMNS = ("k", "pass_at_k", "alpha_k", "signal", "gap", "se")
COLUMNS = ("metric", "k", *FLOATS, "method", "reason", "over", "n_effective", *COUNTS)


@dataclass(frozen=True, kw_only=True)
class Words:
    """The keyword arguments of `Tally.pass_at_k` and its like, checked."""

    method: Method = "auto"
    confidence_level: float = 0.95
    over: Over = "problems"
    cluster: str | Sequence[str] | None = None
    on_k_gt_n: OnKGtN = "error"
    n_resamples: int = 10_000
    rng: int | np.random.Generator = 0
    threads: int | None = None

    def __post_init__(self) -> None:
        one_of("method", self.method, Method)
        one_of("over", self.over, Over)
        one_of("on_k_gt_n", self.on_k_gt_n, OnKGtN)
        positive("n_resamples", self.n_resamples)
        positive_or_none("threads", self.threads)
        check_level(self.confidence_level)
        if self.over == "samples" and self.cluster is not None:
            raise ValueError('over="samples" has no clusters: these problems are not drawn from others')
        if self.over == "samples" and self.method not in OVER_SAMPLES:
            raise ValueError(
                f'over="samples" goes with method= one of {", ".join(OVER_SAMPLES)}: problems are not resampled'
            )
        if self.cluster is not None and self.method not in CLUSTERED:
            raise ValueError(f"cluster= goes with method= one of {', '.join(CLUSTERED)}; not with {self.method!r}")


def estimate(
    frame: pl.DataFrame,
    key: Key,
    metric: str,
    k: SupportsIndex | Iterable[SupportsIndex] | None,
    words: Words,
    *,
    tau: float | None = None,
) -> pl.DataFrame:
    """The table behind `Tally.pass_at_k` and its like."""
    forbid_names(key.by, COLUMNS)
    ks = powers_of_two(smallest(frame)) if k is None else as_ks(k)
    beyond = 1 if metric == "alpha_k" else 0
    if words.on_k_gt_n == "error":
        extrapolates = metric == "pass_at_k" and words.over == "problems" and words.cluster is None
        forbid_k_above(frame, key, ks, beyond, extrapolates=extrapolates)
    groups = _groups(frame, key)
    table = _core.estimate(
        metric=metric,
        tau=tau,
        lengths=groups["n"].to_numpy().astype(np.int64),
        c=frame["c"].to_numpy(),
        **_asked(frame, key, ks, words),
    )
    return _rows(groups, key, ks, {**table, "metric": LABELS.get(metric, metric)}, words)


@dataclass(frozen=True)
class Valued:
    """A metric that is not a function of n and c: its value at each k for each row of the counts, NaN where n < k."""

    metric: str
    values: list[npt.NDArray[np.float64]]
    variances: list[npt.NDArray[np.float64]] | None = None
    low: float = 0.0
    high: float = 1.0


def estimate_valued(frame: pl.DataFrame, key: Key, ks: list[int], valued: Valued, words: Words) -> pl.DataFrame:
    """The table of such a metric."""
    groups = _groups(frame, key)
    table = _core.estimate_values(
        lengths=groups["n"].to_list(),
        values=valued.values,
        variances=valued.variances,
        low=valued.low,
        high=valued.high,
        **_asked(frame, key, ks, words),
    )
    return _rows(groups, key, ks, {**table, "metric": valued.metric}, words)


def _asked(frame: pl.DataFrame, key: Key, ks: list[int], words: Words) -> dict[str, Any]:
    """What every table asks of the core."""
    return {
        "n": frame["n"].to_numpy(),
        "clusters": cluster_ids(frame, key, words.cluster),
        "ks": ks,
        "method": words.method,
        "over": words.over,
        "confidence_level": words.confidence_level,
        "n_resamples": int(words.n_resamples),
        "seed": as_seed(words.rng),
        "threads": words.threads,
    }


def _groups(frame: pl.DataFrame, key: Key) -> pl.DataFrame:
    """The groups with their numbers of problems: rows are sorted by key, so each group is a run of them."""
    return frame.group_by(key.by, maintain_order=True).len("n") if key.by else pl.DataFrame({"n": [frame.height]})


def _rows(groups: pl.DataFrame, key: Key, ks: list[int], table: dict[str, Any], words: Words) -> pl.DataFrame:
    names = COLUMNS if words.on_k_gt_n == "skip" else COLUMNS[:-1]
    rows = _assemble([groups[name] for name in key.by], ks, {**table, "over": words.over}, names)
    whole = words.on_k_gt_n == "skip" or not table["n_skipped"].any()
    return rows if whole else rows.filter(pl.Series(table["n_skipped"] == 0))


def _assemble(groups: list[pl.Series], ks: list[int], table: dict[str, Any], names: Sequence[str]) -> pl.DataFrame:
    """One row a group and k. Column by column: a query of Polars takes as long here as a thousand problems do."""
    height = len(table["method"])
    nobody = table["n_problems"] == 0

    def column(name: str) -> pl.Series:
        value = table[name]
        if isinstance(value, str):
            return pl.Series(name, [value]).new_from_index(0, height)
        if isinstance(value, list):
            return pl.Series(name, value, dtype=pl.String)
        series = pl.Series(name, value, nan_to_null=True)
        return series.set(pl.Series(nobody), None) if name in ("n_min", "n_max") and nobody.any() else series

    table["k"] = np.tile(np.asarray(ks, dtype=np.int64), height // len(ks))
    places = np.repeat(np.arange(height // len(ks)), len(ks))
    return pl.DataFrame([*(group.gather(places) for group in groups), *map(column, names)])


def per_problem(
    frame: pl.DataFrame, key: Key, k: SupportsIndex | Iterable[SupportsIndex], on_k_gt_n: OnKGtN
) -> pl.DataFrame:
    """The table behind `Tally.per_problem`."""
    one_of("on_k_gt_n", on_k_gt_n, OnKGtN)
    forbid_names(key.names, PROBLEM_COLUMNS)
    ks = as_ks(k)
    if on_k_gt_n == "error":
        forbid_k_above(frame, key, ks)
    long = frame.join(pl.DataFrame({"k": pl.Series(ks, dtype=pl.Int64)}), how="cross", maintain_order="left_right")
    smallest = pl.col("n").min().over(key.by) if key.by else pl.col("n").min()
    long = long.filter(pl.col("k") <= (smallest if on_k_gt_n == "drop" else pl.col("n")))
    n, c, draws = (long[name].to_numpy() for name in ("n", "c", "k"))

    def column(estimator: str, name: str) -> pl.Series:
        return pl.Series(name, _core.evaluate(estimator, None, n, c, draws, True, None), nan_to_null=True)

    return long.with_columns(
        column("pass_at_k", "pass_at_k"),
        column("alpha_k", "alpha_k"),
        column("signal_mass", "signal"),
        column("pass_gap", "gap"),
        column("pass_at_k_variance", "se").sqrt(),
    )
