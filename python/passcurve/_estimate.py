"""Tables of estimates from a tally."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, TypeAlias, get_args

import numpy as np
import polars as pl

from passcurve import _core
from passcurve._columns import as_columns
from passcurve._ks import as_ks, joined, powers_of_two

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import SupportsIndex

    from passcurve.tally import Tally

Method: TypeAlias = Literal["auto", "bca", "percentile", "t"]
Over: TypeAlias = Literal["problems", "samples"]
OnKGtN: TypeAlias = Literal["error", "drop", "skip"]

LABELS = {"pass_at_k": "pass@k", "pass_hat_k": "pass^k", "alpha_k": "alpha_k"}
FLOATS = ("estimate", "se", "lower", "upper")
COUNTS = ("n_problems", "n_min", "n_max", "n_skipped")


def estimate(
    tally: Tally,
    metric: str,
    k: SupportsIndex | Iterable[SupportsIndex] | None,
    method: Method,
    confidence_level: float,
    over: Over,
    cluster: str | Sequence[str] | None,
    on_k_gt_n: OnKGtN,
    n_resamples: int,
    rng: int | np.random.Generator,
    threads: int | None,
) -> pl.DataFrame:
    """The table behind `Tally.pass_at_k` and its like."""
    clusters = as_columns(cluster, "cluster")
    _check(tally, method, confidence_level, over, clusters, on_k_gt_n, n_resamples)
    frame = tally.frame
    ks = powers_of_two(_smallest(frame)) if k is None else as_ks(k)
    beyond = 1 if metric == "alpha_k" else 0
    if on_k_gt_n == "error":
        _forbid_k_above(frame, tally, ks, beyond)
    # Rows are sorted by key, so each group is a run of them.
    groups = frame.group_by(tally.by, maintain_order=True).len() if tally.by else pl.DataFrame({"len": [frame.height]})
    table = _core.estimate(
        metric=metric,
        lengths=groups["len"].to_numpy().astype(np.int64),
        n=frame["n"].to_numpy(),
        c=frame["c"].to_numpy(),
        clusters=_cluster_ids(frame, clusters),
        ks=ks,
        method=method,
        over=over,
        confidence_level=confidence_level,
        n_resamples=n_resamples,
        seed=_seed(rng),
        threads=threads,
    )
    return _assemble(groups.select(tally.by), ks, LABELS[metric], over, table, on_k_gt_n)


def _assemble(
    groups: pl.DataFrame, ks: list[int], label: str, over: str, table: dict[str, Any], on_k_gt_n: OnKGtN
) -> pl.DataFrame:
    height = len(table["method"]) // len(ks)
    rows = np.repeat(np.arange(height), len(ks))
    keys = groups[rows] if groups.width else pl.DataFrame()
    columns = [
        pl.lit(label).alias("metric"),
        pl.Series("k", np.tile(np.asarray(ks, dtype=np.int64), height)),
        *(pl.Series(name, table[name], nan_to_null=True) for name in FLOATS),
        pl.Series("method", table["method"], dtype=pl.String),
        pl.lit(over).alias("over"),
        *(pl.Series(name, table[name]) for name in COUNTS),
    ]
    frame = keys.with_columns(columns) if keys.width else pl.select(columns)
    if on_k_gt_n == "skip":
        return frame
    return frame.filter(pl.col("n_skipped") == 0).drop("n_skipped")


def per_problem(tally: Tally, k: SupportsIndex | Iterable[SupportsIndex], on_k_gt_n: OnKGtN) -> pl.DataFrame:
    """The table behind `Tally.per_problem`."""
    _one_of("on_k_gt_n", on_k_gt_n, OnKGtN)
    ks = as_ks(k)
    frame = tally.frame
    if on_k_gt_n == "error":
        _forbid_k_above(frame, tally, ks, 0)
    elif on_k_gt_n == "drop":
        ks = [k for k in ks if k <= _smallest(frame)]
    long = frame.join(pl.DataFrame({"k": pl.Series(ks, dtype=pl.Int64)}), how="cross", maintain_order="left_right")
    long = long.filter(pl.col("k") <= pl.col("n"))
    n, c, draws = (long[name].to_numpy() for name in ("n", "c", "k"))

    def column(estimator: str, name: str) -> pl.Series:
        return pl.Series(name, _core.evaluate(estimator, n, c, draws, True, None), nan_to_null=True)

    return long.with_columns(
        column("pass_at_k", "pass_at_k"),
        column("alpha_k", "alpha_k"),
        column("signal_mass", "signal"),
        column("pass_at_k_variance", "se").sqrt(),
    )


def _smallest(frame: pl.DataFrame) -> int:
    return int(frame["n"].min() or 0)  # type: ignore[arg-type]  # n is Int64


def _forbid_k_above(frame: pl.DataFrame, tally: Tally, ks: list[int], beyond: int) -> None:
    too_large = [k for k in ks if k > _smallest(frame) + beyond]
    if frame.height and too_large:
        worst = frame.sort("n", maintain_order=True).row(0, named=True)
        where = ", ".join(f"{name}={worst[name]!r}" for name in (*tally.by, *tally.problem))
        raise ValueError(
            f"k = {joined(too_large)} is more than a problem's n: {where} has n={worst['n']}. Lower k, or say "
            'on_k_gt_n="drop" (leave out that k) or on_k_gt_n="skip" (leave out those problems, and count them)'
        )


def _check(
    tally: Tally,
    method: str,
    confidence_level: float,
    over: str,
    clusters: list[str],
    on_k_gt_n: str,
    n_resamples: int,
) -> None:
    _one_of("method", method, Method)
    _one_of("over", over, Over)
    _one_of("on_k_gt_n", on_k_gt_n, OnKGtN)
    if not 0 < confidence_level < 1:
        raise ValueError(f"confidence_level= is between 0 and 1, not {confidence_level!r}")
    if isinstance(n_resamples, bool) or not isinstance(n_resamples, int) or n_resamples < 1:
        raise ValueError(f"n_resamples= is a positive integer, not {n_resamples!r}")
    key = [*tally.by, *tally.problem]
    for name in clusters:
        if name not in key:
            raise ValueError(f"cluster= names key columns ({', '.join(key)}), not {name!r}; tally with problem=[..., it]")
    if over == "samples" and (method != "auto" or clusters):
        raise ValueError('over="samples" has one interval (method="auto") and no clusters: problems are not resampled')
    if clusters and method not in {"auto", "t"}:
        raise ValueError(f'cluster= gives a cluster-robust "t" interval; method={method!r} cannot be had with it')


def _one_of(word: str, value: str, allowed: Any) -> None:
    if value not in get_args(allowed):
        raise ValueError(f"{word}={value!r} is not one of {', '.join(get_args(allowed))}")


def _cluster_ids(frame: pl.DataFrame, clusters: list[str]) -> np.ndarray[Any, Any] | None:
    if not clusters:
        return None
    ids = frame.select(pl.struct(clusters).rank("dense").cast(pl.Int64))
    return ids.to_series().to_numpy()


def _seed(rng: int | np.random.Generator) -> int:
    if isinstance(rng, np.random.Generator):
        return int(rng.integers(0, 2**64, dtype=np.uint64))
    if isinstance(rng, bool) or not hasattr(rng, "__index__") or not 0 <= int(rng) < 2**64:
        raise ValueError(f"rng= is an integer from 0 to 2^64 - 1 or a numpy.random.Generator, not {rng!r}")
    return int(rng)
