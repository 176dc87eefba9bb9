"""Comparisons: the words of the call, the core's answer, and its tables."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from passcurve import _core
from passcurve._checks import one_of, positive, positive_or_none
from passcurve._choices import OnKGtN, Over, PairedMethod, Unmatched
from passcurve._columns import as_columns
from passcurve._ks import as_ks, powers_of_two
from passcurve._matching import Matched, Models, match
from passcurve._requests import as_seed, check_level, cluster_ids, forbid_k_above, forbid_names, smallest
from passcurve._verdicts import grouped, ranges, sentence
from passcurve._warnings import warn

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import SupportsIndex


FLOATS = ("a", "b", "difference", "se", "lower", "upper")
BANDS = ("band_lower", "band_upper")
P_VALUES = ("p_value", "p_bootstrap", "p_sign_flip", "p_permutation", "p_holm", "p_bh")
COUNTS = ("n_problems", "n_min", "n_max", "n_skipped")
ALONE = ("n_only_a", "n_only_b")
COLUMNS = ("metric", "k", *FLOATS, "method", "reason", *BANDS, *P_VALUES, "over", *COUNTS, *ALONE)
CROSSOVER = ("status", "crossings", "k_star", "lower", "upper", "p_none", "p_several", "k_max", "n_problems")
ENDS = ("lower", "upper", "p_none", "p_several")
VERDICTS = ("k_from", "k_to", "verdict")

PAIR = "\0pair"
"""A name that no column of a user has."""


@dataclass(frozen=True, kw_only=True)
class Words:
    """The keyword arguments of `Tally.compare`, checked."""

    method: PairedMethod
    confidence_level: float
    over: Over
    cluster: str | Sequence[str] | None
    unmatched: Unmatched
    on_k_gt_n: OnKGtN
    n_resamples: int
    rng: int | np.random.Generator
    threads: int | None

    def __post_init__(self) -> None:
        one_of("method", self.method, PairedMethod)
        one_of("over", self.over, Over)
        one_of("unmatched", self.unmatched, Unmatched)
        one_of("on_k_gt_n", self.on_k_gt_n, OnKGtN)
        positive("n_resamples", self.n_resamples)
        positive_or_none("threads", self.threads)
        check_level(self.confidence_level)
        if self.over == "samples" and (self.method != "auto" or self.cluster is not None):
            raise ValueError(
                'over="samples" has one interval (method="auto") and no clusters: problems are not resampled'
            )


@dataclass(frozen=True)
class Tables:
    """What `Tally.compare` returns, before it has a name."""

    frame: pl.DataFrame
    crossover: pl.DataFrame
    verdicts: pl.DataFrame
    sentences: list[str]


def compare(
    models: Models, wanted: Sequence[tuple[Any, Any]], k: SupportsIndex | Iterable[SupportsIndex] | None, words: Words
) -> Tables:
    """The tables behind `Tally.compare`."""
    frame, key = models.frame, models.key
    names = [*models.others, f"{models.on}_a", f"{models.on}_b"]
    forbid_names(names, [*COLUMNS, *CROSSOVER, *VERDICTS])
    clusters = cluster_ids(frame, key, words.cluster)
    matched = match(models, wanted, drop=words.unmatched == "drop")
    rows_a, rows_b = (np.concatenate([getattr(pair, of) for pair in matched]) for of in ("rows_a", "rows_b"))
    shared = frame[np.union1d(rows_a, rows_b)]
    ks = powers_of_two(smallest(shared)) if k is None else as_ks(k)
    if words.on_k_gt_n == "error":
        forbid_k_above(shared, key, ks)
    n, c = (frame[name].to_numpy() for name in ("n", "c"))
    table, crossings = _core.compare(
        lengths=[pair.rows_a.size for pair in matched],
        n=(n[rows_a], n[rows_b]),
        c=(c[rows_a], c[rows_b]),
        clusters=None if clusters is None else clusters[rows_a],
        ks=sorted(ks),
        method=words.method,
        over=words.over,
        confidence_level=words.confidence_level,
        skip=words.on_k_gt_n == "skip",
        n_resamples=int(words.n_resamples),
        seed=as_seed(words.rng),
        threads=words.threads,
    )
    keys = _keys(models, matched, names)
    _warn_of_shared(keys, names, crossings["shared"])
    return _tables(_rows(table), crossings, keys, ks, words)


def _keys(models: Models, matched: list[Matched], names: list[str]) -> pl.DataFrame:
    """One row a pair: its number, group and models."""
    rows = [(*pair.group, pair.a, pair.b, pair.n_only_a, pair.n_only_b) for pair in matched]
    kinds = [models.frame.schema[name] for name in (*models.others, models.on, models.on)]
    schema: dict[str, pl.DataType] = {**dict(zip(names, kinds, strict=True)), **dict.fromkeys(ALONE, pl.Int64())}
    keys = pl.DataFrame(rows, schema=schema, orient="row")
    return keys.with_columns(pl.Series(PAIR, np.arange(keys.height)))


def _rows(table: dict[str, Any]) -> pl.DataFrame:
    """One row a pair and k, ks ascending."""
    somebody = pl.when(pl.col("n_problems") > 0)
    return pl.DataFrame(
        {
            PAIR: pl.Series(table["pair"]),
            "k": pl.Series(table["k"]),
            **{name: pl.Series(table[name], nan_to_null=True) for name in (*FLOATS, *BANDS, *P_VALUES)},
            "method": pl.Series(table["method"], dtype=pl.String),
            "reason": pl.Series(table["reason"], dtype=pl.String),
            **{name: pl.Series(table[name]) for name in COUNTS},
        }
    ).with_columns(somebody.then(pl.col("n_min", "n_max")))


def _tables(rows: pl.DataFrame, crossings: dict[str, Any], keys: pl.DataFrame, ks: list[int], words: Words) -> Tables:
    names = [name for name in keys.columns if name not in (PAIR, *ALONE)]
    rows = rows.join(keys, on=PAIR, how="left", maintain_order="left")
    crossover = _crossover(rows, crossings, keys)
    verdicts = ranges(rows, [PAIR, *names])
    asked = pl.DataFrame({"k": pl.Series(ks, dtype=pl.Int64), "\0place": np.arange(len(ks))})
    unasked = [*([] if words.on_k_gt_n == "skip" else ["n_skipped"]), *(() if words.unmatched == "drop" else ALONE)]
    frame = (
        rows.join(asked, on="k", how="left", maintain_order="left")
        .sort(PAIR, "\0place", maintain_order=True)
        .with_columns(metric=pl.lit("pass@k"), over=pl.lit(words.over))
        .select(*names, *(name for name in COLUMNS if name not in unasked))
    )
    parts = grouped(verdicts.to_dicts(), [PAIR])
    found = {row[PAIR]: row for row in crossover.to_dicts()}
    sentences = [
        sentence(part, found[part[0][PAIR]], _pair(part[0], found[part[0][PAIR]], names, words)) for part in parts
    ]
    return Tables(
        frame,
        crossover.select(*names, *CROSSOVER),
        verdicts.select(*names, *VERDICTS),
        sentences,
    )


def _crossover(rows: pl.DataFrame, crossings: dict[str, Any], keys: pl.DataFrame) -> pl.DataFrame:
    """One row a pair that has a k."""
    places = (
        rows.filter(pl.col("n_problems") > 0)
        .group_by(PAIR)
        .agg(
            pl.len().alias("n_ks"),
            pl.min("k").alias("k_min"),
            pl.max("k").alias("k_max"),
            pl.max("n_problems"),
            pl.min("n_problems").alias("n_fewest"),
        )
    )
    found = keys.with_columns(
        pl.Series("crossings", crossings["ks"], dtype=pl.List(pl.Float64)),
        *(pl.Series(name, crossings[name], nan_to_null=True) for name in ENDS),
    ).join(places, on=PAIR, how="left", maintain_order="left")
    # A curve whose problems change from k to k has steps of its own.
    is_one = (pl.col("n_fewest") == pl.col("n_problems")).fill_null(value=True)
    found = found.filter(pl.col(PAIR).is_in(rows[PAIR].unique().to_list())).with_columns(
        pl.when(is_one).then("crossings").otherwise(pl.lit([], dtype=pl.List(pl.Float64))).alias("crossings"),
        *(pl.when(is_one).then(name).alias(name) for name in ENDS),
        is_dense=pl.col("n_ks") == pl.col("k_max") - pl.col("k_min") + 1,
    )
    number = pl.col("crossings").list.len()
    return found.with_columns(
        pl.when(pl.col("n_ks").fill_null(0) < 2)
        .then(pl.lit("none: one k"))
        .when(~is_one)
        .then(pl.lit("none: other problems at other k"))
        .when(number == 0)
        .then(pl.format("none up to {}", "k_max"))
        .when(number == 1)
        .then(pl.lit("one"))
        .otherwise(pl.lit("several"))
        .alias("status"),
        pl.col("crossings").list.first().alias("k_star"),
    )


def _pair(verdict: dict[str, Any], crossing: dict[str, Any], names: list[str], words: Words) -> dict[str, Any]:
    *groups, a, b = names
    several = crossing["status"] != "none: one k"
    kind = "simultaneous band" if several else "interval"
    fewest, most = crossing["n_fewest"] or 0, crossing["n_problems"] or 0
    size = f"{most:,}" if fewest == most else f"{fewest:,} to {most:,}"
    over = " over samples" if words.over == "samples" else ""
    ks = f" at {crossing['n_ks']} ks" if several and not crossing["is_dense"] else ""
    basis = [f"{100 * words.confidence_level:g}% {kind}{over}{ks}"]
    basis += [f"{size} problem{'' if most == 1 else 's'}{'' if fewest == most else ', others at other k'}"]
    if words.cluster is not None:
        basis += [f"clusters by {', '.join(as_columns(words.cluster, 'cluster'))}"]
    where = ", ".join(f"{name}={verdict[name]}" for name in groups)
    return {"a": verdict[a], "b": verdict[b], "where": f"{where}: " if where else "", "basis": ", ".join(basis)}


def _warn_of_shared(keys: pl.DataFrame, names: list[str], shared: list[bool]) -> None:
    for row, is_shared in zip(keys.iter_rows(named=True), shared, strict=True):
        if is_shared:
            *groups, a, b = (row[name] for name in names)
            where = "".join(f"{name}={value!r}: " for name, value in zip(names, groups, strict=False))
            warn(
                f"{where}{a!r} and {b!r} differ less than independent samples can: their logs seem to share samples, "
                "and standard errors over samples do not hold"
            )
