"""pass@k beyond n."""

from __future__ import annotations

import sys
import warnings
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np
import polars as pl

from passcurve import _core
from passcurve._checks import one_of, positive, positive_or_none
from passcurve._estimate import Words, _forbid_names, _seed, estimate
from passcurve._keyed import Key, Keyed
from passcurve._ks import as_ks, joined

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import SupportsIndex

Model: TypeAlias = Literal["auto", "chao2", "beta-binomial", "zero-inflated beta-binomial"]

N_RESAMPLES = 1_000
FLOATS = ("estimate", "lower", "upper")
BOUNDS = ("bound_lower", "bound_upper", "cheap_lower", "cheap_upper")
COUNTS = ("n_problems", "n_min", "n_max")
COLUMNS = ("metric", "k", *FLOATS, "method", *BOUNDS, *COUNTS)
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
        rates of the unsolved problems are, which the log does not show. A problem with n < k counts 1 if it was solved,
        and else what the model says of it; one with n >= k is estimated without bias.

        Args:
            k: a number of draws or several.
            method: the model. "chao2" extrapolates from the problems that were solved once and twice (Chao 1987;
                Colwell et al. 2012), at most to twice the smallest n, and errs on the low side. "beta-binomial" takes
                success rates for draws from a beta law; "zero-inflated beta-binomial" adds a share of problems that
                cannot be solved. "auto" is "chao2" up to twice the smallest n, and beyond it both others, a row each.
            confidence_level: of the intervals and of the bounds, between 0 and 1.
            n_resamples: resamples of the problems; the models are fitted anew to each.
            rng: a seed or a NumPy generator to draw one from.
            threads: None for ``RAYON_NUM_THREADS`` or else all cores; the result does not depend on it.

        Returns:
            One row a group, k and model: the ``by`` columns, metric, k, estimate, lower and upper (probabilities; the
            interval is the sampling error if the model holds), method (the model, "unbiased" up to the smallest n, "all
            solved" where each problem was and the estimate is 1, or "none: " and why there is none), bound_lower
            and bound_upper (the least and greatest pass@k of any curve that stays within simultaneous bands of the given
            level up to n: with that probability the truth is between them, whatever the law of the success rates),
            cheap_lower and cheap_upper (pass@n and 1 - (1 - pass@n)^(k/n) with n the smallest, as if pass@n were
            known), n_problems, n_min and n_max. Bounds are null up to the smallest n, and where there is one problem.

        Raises:
            ValueError: k < 1; "chao2" beyond twice the smallest n; a word that is none of those above.

        Warns:
            UserWarning: a k is beyond twice the smallest n, where no number of problems would make the answer known.

        >>> passes = [0] * 40 + [1] * 8 + [2] * 5 + [5, 9, 12, 16, 16]
        >>> t = pk.Tally.from_counts(pl.DataFrame({"problem": range(58), "n": 16, "c": passes}))
        >>> t.extrapolate([16, 32]).select("k", pl.col("estimate", "bound_lower", "bound_upper").round(3), "method")
        """
        words = _words(method, confidence_level, n_resamples, rng, threads)
        return extrapolate(self.frame, self._key(), as_ks(k), method, words)


def _words(
    method: Model, confidence_level: float, n_resamples: int, rng: int | np.random.Generator, threads: int | None
) -> Words:
    one_of("method", method, Model)
    return Words(
        method="auto",
        confidence_level=confidence_level,
        over="problems",
        cluster=None,
        on_k_gt_n="skip",
        n_resamples=positive("n_resamples", n_resamples),
        rng=_seed(rng),
        threads=positive_or_none("threads", threads),
    )


def extrapolate(frame: pl.DataFrame, key: Key, ks: list[int], method: Model, words: Words) -> pl.DataFrame:
    """The table behind `Extrapolating.extrapolate`."""
    _forbid_names(key.by, COLUMNS)
    smallest = pl.col("n").min().alias("n_min")
    lengths = pl.len().alias("length")
    if key.by:
        groups = frame.group_by(key.by, maintain_order=True).agg(lengths, smallest)
    else:
        groups = frame.select(lengths, smallest)
    _check_far(groups, key, ks, method)
    near = _near(frame, key, groups, ks, words)
    far = _far(frame, groups, ks, method, words)
    rows = pl.concat([near, far]).sort(GROUP, PLACE, maintain_order=True)
    keys = groups.select(key.by)[rows[GROUP].to_numpy()] if key.by else pl.DataFrame()
    return keys.hstack(rows.select(COLUMNS))


def _check_far(groups: pl.DataFrame, key: Key, ks: list[int], method: Model) -> None:
    """Refuses what no model is for, and warns of what none can know."""
    reach = groups["n_min"].min()
    far = [k for k in ks if reach is not None and k > 2 * int(reach)]  # type: ignore[call-overload]  # Int64
    if not far:
        return
    first = groups.filter(pl.col("n_min") == reach).row(0, named=True)
    where = "".join(f"{name}={first[name]!r}, " for name in key.by)
    if method == "chao2":
        raise ValueError(
            f'k = {joined(far)} is beyond twice the smallest n ({where}n={reach}), where method="chao2" ends; '
            'lower k, draw more samples, or say method="auto" for two models side by side'
        )
    warnings.warn(
        f"k = {joined(far)} is beyond twice the smallest n ({where}n={reach}): no number of problems would make pass@k "
        "known there. Read the models together, and with bound_lower and bound_upper",
        UserWarning,
        stacklevel=_levels_to_the_caller(),
    )


def _levels_to_the_caller() -> int:
    """How far up the first frame outside of this package is, for `warnings.warn` in the calling function."""
    frame, levels = sys._getframe(1), 1
    while frame.f_back is not None and frame.f_globals.get("__name__", "").split(".")[0] == "passcurve":
        frame, levels = frame.f_back, levels + 1
    return levels


def _near(frame: pl.DataFrame, key: Key, groups: pl.DataFrame, ks: list[int], words: Words) -> pl.DataFrame:
    """The rows up to each group's smallest n, as `Tally.pass_at_k` has them."""
    within = [k for k in ks if groups.height and k <= int(groups["n_min"].max())]  # type: ignore[arg-type]  # Int64
    if not within:
        return pl.DataFrame(schema=SCHEMA)
    rows = estimate(frame, key, "pass_at_k", within, words)
    places = [ks.index(k) for k in within]
    unbiased = pl.when(pl.col("method").str.starts_with("none: ")).then("method").otherwise(pl.lit("unbiased"))
    rows = rows.with_columns(
        pl.Series(GROUP, np.repeat(np.arange(groups.height), len(within))),
        pl.Series(PLACE, places * groups.height, dtype=pl.Int64),
        *(pl.lit(None, dtype=pl.Float64).alias(name) for name in BOUNDS),
        method=unbiased,
    )
    return rows.filter(pl.col("n_skipped") == 0).select(SCHEMA)


def _far(frame: pl.DataFrame, groups: pl.DataFrame, ks: list[int], method: Model, words: Words) -> pl.DataFrame:
    """The rows beyond."""
    table: dict[str, Any] = _core.extrapolate(
        lengths=groups["length"].to_numpy().astype(np.int64),
        n=frame["n"].to_numpy(),
        c=frame["c"].to_numpy(),
        ks=ks,
        method=method,
        confidence_level=words.confidence_level,
        n_resamples=int(words.n_resamples),
        seed=_seed(words.rng),
        threads=words.threads,
    )
    places = table["place"]
    columns = {
        GROUP: pl.Series(table["group"]),
        PLACE: pl.Series(places),
        "k": pl.Series(np.asarray(ks, dtype=np.int64)[places]),
        **{name: pl.Series(table[name], nan_to_null=True) for name in (*FLOATS, *BOUNDS)},
        "method": pl.Series(table["method"], dtype=pl.String),
        **{name: pl.Series(table[name]) for name in COUNTS},
    }
    return pl.DataFrame(columns).with_columns(metric=pl.lit("pass@k")).select(SCHEMA)


def beyond(rows: pl.DataFrame, frame: pl.DataFrame, key: Key, ks: list[int], words: Words) -> pl.DataFrame:
    """The rows of `Tally.pass_at_k`, with those that were left out because k > n extrapolated."""
    seed = _seed(words.rng)
    words = _words("auto", words.confidence_level, N_RESAMPLES, seed, words.threads)
    return rows
