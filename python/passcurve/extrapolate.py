"""pass@k beyond n."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np
import polars as pl

from passcurve import _core
from passcurve._checks import one_of
from passcurve._estimate import COLUMNS as TABLE_COLUMNS
from passcurve._estimate import Words, estimate
from passcurve._keyed import Key, Keyed
from passcurve._ks import as_ks, joined, powers_of_two
from passcurve._requests import as_seed, forbid_names, smallest
from passcurve._warnings import warn

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import SupportsIndex

Model: TypeAlias = Literal["auto", "chao2", "beta-binomial", "zero-inflated beta-binomial"]

N_RESAMPLES = 1_000
BOUNDS = ("bound_lower", "bound_upper", "cheap_lower", "cheap_upper")
COUNTS = ("n_problems", "n_min", "n_max")
COLUMNS = ("metric", "k", "estimate", "lower", "upper", "method", "reason", *BOUNDS, *COUNTS)
GROUP, PLACE = "\0group", "\0place"
"""Names that no column of a user has."""


class Extrapolating(Keyed):
    """What a tally can say beyond n."""

    __slots__ = ()

    def extrapolate(
        self,
        k: SupportsIndex | Iterable[SupportsIndex],
        *,
        method: Model = "auto",
        confidence_level: float = 0.95,
        n_resamples: int = N_RESAMPLES,
        rng: int | np.random.Generator = 0,
        threads: int | None = None,
    ) -> pl.DataFrame:
        """pass@k for k beyond n, by models that must be believed, and bounds that need not be.

        n samples a problem fix the curve up to k = n. Beyond it the answer depends on how small the success
        rates of the unsolved problems are, which the log does not show. A problem with n >= k is estimated without
        bias. Of the others one that was solved counts 1, and an unsolved one what the law of "beta-binomial" or
        "zero-inflated beta-binomial" says of it; "chao2" has one estimate for them together, from the smallest n.

        Args:
            k: a number of draws or several.
            method: the model. "chao2" extrapolates from the problems that were solved once and twice (Chao 1987;
                Colwell et al. 2012), at most to twice the smallest n, and mostly errs on the low side; of the problems
                with n >= k it needs nothing, and the others count as if each had the smallest n. "beta-binomial" takes
                success rates for draws from a beta law; "zero-inflated beta-binomial" adds a share of problems that
                cannot be solved. "auto" is "chao2" up to twice the smallest n, and beyond it both others, a row each.
            confidence_level: of the intervals and of the bounds, between 0 and 1.
            n_resamples: resamples of the problems; the models are fitted anew to each. 1,000 is the default, a tenth of
                `pass_at_k`'s, as a fit costs more than a mean.
            rng: a seed or a NumPy generator to draw one from.
            threads: None for ``RAYON_NUM_THREADS`` or else all cores; the result does not depend on it.

        Returns:
            One row a group, k and model: the ``by`` columns, metric, k, estimate, lower and upper (probabilities; the
            interval is the sampling error if the model holds, and of few problems no narrower than the beta interval
            for what is known without it), method (the model; "unbiased" up to the smallest n; "all solved" where each
            problem was, and the estimate is 1; or "none: " and why there is none), reason (what speaks against it: the
            estimate is "outside the bounds", or no curve stays within the bands, which were then widened as little as
            lets one in; up to the smallest n as in `pass_at_k`), bound_lower and bound_upper (the least and the
            greatest pass@k of any curve that stays within simultaneous bands of the given level up to n: the truth is
            between them with about that probability, whatever the law of the success rates), cheap_lower and
            cheap_upper (pass@n and 1 - (1 - pass@n)^(k/n) with n the smallest, as if pass@n were known), n_problems,
            n_min and n_max. Bounds are null up to the smallest n, and bound_lower and bound_upper where there is one
            problem.

        Raises:
            ValueError: k < 1; "chao2" beyond twice the smallest n; a word that is none of those above.

        Warns:
            UserWarning: a k is beyond twice the smallest n, where no number of problems would make the answer known.

        >>> passes = [0] * 40 + [1] * 8 + [2] * 5 + [5, 9, 12, 16, 16]
        >>> t = pk.Tally.from_counts(pl.DataFrame({"problem": range(58), "n": 16, "c": passes}))
        >>> t.extrapolate([16, 32]).select("k", pl.col("estimate", "bound_lower", "bound_upper").round(3), "method")
        shape: (2, 5)
        ┌─────┬──────────┬─────────────┬─────────────┬──────────┐
        │ k   ┆ estimate ┆ bound_lower ┆ bound_upper ┆ method   │
        │ --- ┆ ---      ┆ ---         ┆ ---         ┆ ---      │
        │ i64 ┆ f64      ┆ f64         ┆ f64         ┆ str      │
        ╞═════╪══════════╪═════════════╪═════════════╪══════════╡
        │ 16  ┆ 0.31     ┆ null        ┆ null        ┆ unbiased │
        │ 32  ┆ 0.385    ┆ 0.172       ┆ 0.696       ┆ chao2    │
        └─────┴──────────┴─────────────┴─────────────┴──────────┘
        """
        one_of("method", method, Model)
        words = Words(
            method="auto",
            confidence_level=confidence_level,
            over="problems",
            cluster=None,
            on_k_gt_n="skip",
            n_resamples=n_resamples,
            rng=as_seed(rng),
            threads=threads,
        )
        return extrapolate(self.frame, self._key(), as_ks(k), method, words)


def extrapolate(frame: pl.DataFrame, key: Key, ks: list[int], method: Model, words: Words) -> pl.DataFrame:
    """The table behind `Extrapolating.extrapolate`."""
    forbid_names(key.by, COLUMNS)
    rows = _rows(frame, key, ks, method, words, n_resamples=words.n_resamples)
    within = pl.col("k") <= pl.col("n_min")
    made = within & ~pl.col("method").str.starts_with("none: ")
    rows = rows.with_columns(method=pl.when(made).then(pl.lit("unbiased")).otherwise("method"))
    return rows.select(*key.by, *COLUMNS)


def pass_at_k_and_beyond(
    frame: pl.DataFrame,
    key: Key,
    k: SupportsIndex | Iterable[SupportsIndex] | None,
    words: Words,
    n_resamples: int | None,
) -> pl.DataFrame:
    """The table of `Tally.pass_at_k` with the ks beyond a group's smallest n extrapolated."""
    forbid_names(key.by, TABLE_COLUMNS)
    if words.over != "problems" or words.cluster is not None:
        raise ValueError(
            'on_k_gt_n="extrapolate" goes with over="problems" and without cluster=: extrapolations have their '
            "intervals from resamples of the problems"
        )
    ks = powers_of_two(smallest(frame)) if k is None else as_ks(k)
    words = replace(words, rng=as_seed(words.rng))
    rows = _rows(frame, key, ks, "auto", words, n_resamples=N_RESAMPLES if n_resamples is None else n_resamples)
    model = ~pl.col("method").str.starts_with("none: ") & (pl.col("k") > pl.col("n_min"))
    label = pl.when(model).then(pl.lit("extrapolated: ") + pl.col("method")).otherwise("method")
    return rows.with_columns(method=label).select(*key.by, *TABLE_COLUMNS).drop("n_skipped")


def _rows(
    frame: pl.DataFrame, key: Key, ks: list[int], method: Model, words: Words, *, n_resamples: int
) -> pl.DataFrame:
    """Every row, up to each group's smallest n and beyond it, with the columns of both tables."""
    counts = (pl.len().alias("length"), pl.col("n").min().alias("n_min"))
    # Rows are sorted by key, so each group is a run of them.
    groups = frame.group_by(key.by, maintain_order=True).agg(counts) if key.by else frame.select(counts)
    groups = groups.filter(pl.col("length") > 0)
    _check_reach(frame, groups, key, ks, method)
    near = _near(frame, key, groups, ks, words)
    far = _far(frame, groups, ks, method, replace(words, n_resamples=n_resamples))
    rows = pl.concat([near, far], how="diagonal").sort(GROUP, PLACE, maintain_order=True)
    return groups.select(key.by)[rows[GROUP].to_numpy()].hstack(rows) if key.by else rows


def _check_reach(frame: pl.DataFrame, groups: pl.DataFrame, key: Key, ks: list[int], method: Model) -> None:
    """Refuses what the model is not for, and warns of what no model can know."""
    first = groups.filter(pl.col("n_min") == pl.col("n_min").min()).head(1)
    far = [k for row in first.rows(named=True) for k in ks if k > 2 * row["n_min"]]
    if not far:
        return
    row = first.row(0, named=True)
    where = ", ".join(f"{name}={row[name]!r}" for name in (*key.by, "n_min")).replace("n_min=", "n=")
    if method == "chao2":
        raise ValueError(
            f'k = {joined(far)} is beyond twice the smallest n ({where}), where method="chao2" ends; lower k, draw '
            'more samples, or say method="auto", which has two models there'
        )
    problems = frame.join(first, on=key.by, how="semi", nulls_equal=True) if key.by else frame
    short = int((2 * problems["n"] < max(far)).sum())
    if short < problems.height:
        message = (
            f"k = {joined(far)} is beyond twice the smallest n ({where}). That goes for {short} of {problems.height} "
            "problems, and no number of problems would make pass@k known there; the bounds are those of the smallest "
            'n for all. pass_at_k with on_k_gt_n="skip", or Tally.from_counts of the filtered frame, leaves such '
            "problems out"
        )
    else:
        message = (
            f"k = {joined(far)} is beyond twice the smallest n ({where}): no number of problems would make pass@k "
            "known there. Read the models side by side, and with bound_lower and bound_upper of Tally.extrapolate"
        )
    warn(message)


def _near(frame: pl.DataFrame, key: Key, groups: pl.DataFrame, ks: list[int], words: Words) -> pl.DataFrame:
    """The rows up to each group's smallest n, as `Tally.pass_at_k` has them."""
    largest = max(groups["n_min"].to_list(), default=0)
    within = [k for k in ks if k <= largest]
    if not within:
        return pl.DataFrame()
    rows = estimate(frame, key, "pass_at_k", within, words).drop(key.by)
    places = [ks.index(k) for k in within]
    rows = rows.with_columns(
        pl.Series(GROUP, np.repeat(np.arange(groups.height), len(within))),
        pl.Series(PLACE, places * groups.height, dtype=pl.Int64),
        *(pl.lit(None, dtype=pl.Float64).alias(name) for name in BOUNDS),
    )
    return rows.filter(pl.col("n_skipped") == 0)


def _far(frame: pl.DataFrame, groups: pl.DataFrame, ks: list[int], method: Model, words: Words) -> pl.DataFrame:
    """The rows beyond it."""
    table: dict[str, Any] = _core.extrapolate(
        lengths=groups["length"].to_numpy().astype(np.int64),
        n=frame["n"].to_numpy(),
        c=frame["c"].to_numpy(),
        ks=ks,
        method=method,
        confidence_level=words.confidence_level,
        n_resamples=int(words.n_resamples),
        seed=as_seed(words.rng),
        threads=words.threads,
    )
    rows = pl.DataFrame({GROUP: table["group"], PLACE: table["place"]})
    return rows.with_columns(
        metric=pl.lit("pass@k"),
        k=pl.Series(np.asarray(ks, dtype=np.int64)[table["place"]]),
        **{name: pl.Series(table[name], nan_to_null=True) for name in ("estimate", "lower", "upper", *BOUNDS)},
        **{name: pl.lit(None, dtype=pl.Float64) for name in ("se", "n_effective")},
        method=pl.Series(table["method"], dtype=pl.String),
        reason=pl.Series(table["reason"], dtype=pl.String),
        over=pl.lit("problems"),
        **{name: pl.Series(table[name]) for name in COUNTS},
        n_skipped=pl.lit(0, dtype=pl.Int64),
    )
