"""Tables of estimates: one row a group and k, or a problem and k."""

from __future__ import annotations

from typing import TYPE_CHECKING

from passcurve._checks import one_of
from passcurve._choices import Method, OnKGtN, OnKGtNOrBeyond, Over
from passcurve._estimate import Words, estimate, per_problem
from passcurve._keyed import Keyed
from passcurve.extrapolate import pass_at_k_and_beyond

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import SupportsIndex

    import numpy as np
    import polars as pl


class Tables(Keyed):
    """The tables of a tally."""

    __slots__ = ()

    def pass_at_k(
        self,
        k: SupportsIndex | Iterable[SupportsIndex] | None = None,
        *,
        method: Method = "auto",
        confidence_level: float = 0.95,
        over: Over = "problems",
        cluster: str | Sequence[str] | None = None,
        on_k_gt_n: OnKGtNOrBeyond = "error",
        n_resamples: int | None = None,
        rng: int | np.random.Generator = 0,
        threads: int | None = None,
    ) -> pl.DataFrame:
        """The mean over problems of unbiased pass@k, the probability that at least one of k samples passes.

        Per problem it is 1 - C(n-c, k) / C(n, k) (Chen et al. 2021); n may differ from problem to problem.

        Args:
            k: a number of draws or several. None: powers of two up to the smallest n, and that n.
            method: the interval; docs/intervals.md says which answers what. "auto": the one to use, "bca", or "beta"
                where the spread rests on fewer than 20 problems. "bca" (bias-corrected and accelerated), "percentile"
                and "basic": of the bootstrap over problems, whose law is computed and not drawn. "lattice": its
                percentiles with their atoms, as infinitely many resamples give them. "t": Student's. "beta": of the
                beta law with the moments of the mean and of 0.7 of a problem more at the end of the range. "wilson":
                Wilson's for an effective number of problems. "gamma": Fay and Feuer's, half a step. "bayes": of a
                beta-binomial law fitted to the problems, which it trusts. "bootstrap": percentiles of ``n_resamples``
                resamples. "studentized": the bootstrap of Student's ratio, by resampling. Where all problems have the
                same value every row is "beta", unless "gamma" is asked for. Over samples: "auto" or "bayes".
            confidence_level: between 0 and 1.
            over: what the uncertainty is about. "problems": the benchmark is a sample from a population of problems
                (includes the sampling noise). "samples": these problems only; the standard error is analytic and
                exists where 2k <= n.
            cluster: key column or columns that name families of problems; the standard error is then cluster-robust,
                "percentile", "basic" and "bca" are of the bootstrap over clusters, "t" has (clusters - 1) degrees of
                freedom, and "auto" is "bca", or "beta" where the spread rests on fewer than 20 clusters.
            on_k_gt_n: what k > n is: "error", "drop" (that k, in the groups it concerns), "skip" (those
                problems; ``n_skipped`` counts them) or "extrapolate" (as `Tally.extrapolate` does it; method then says
                "extrapolated: " and the model, and beyond twice the smallest n there is a row for each of two).
            n_resamples: resamples of "bootstrap", "studentized" and extrapolations; nothing else is drawn. None:
                10,000, and 1,000 of extrapolations, which fit a law to each.
            rng: their seed, or a NumPy generator to draw one from. The same seed gives the same bits everywhere.
            threads: None for ``RAYON_NUM_THREADS`` or else all cores; the result does not depend on it.

        Returns:
            One row a group and k: the ``by`` columns, metric, k, estimate and se, lower and upper (probabilities,
            null where there is none), method (how the interval was made, or why there is none), reason (why it is not
            the one asked for, or null), over, n_effective (how many problems the spread rests on: (sum d^2)^2 /
            sum d^4 of their deviations d from the mean, or less with 0.7 of a problem more at an end of the range),
            n_problems, n_min and n_max (what went in), and n_skipped when ``on_k_gt_n="skip"``.

        Raises:
            ValueError: k < 1; k > n in some problem (with ``on_k_gt_n="error"``); a word that is none of those above.

        >>> t = pk.tally(log, problem="problem", verdict="correct", by="model")
        >>> t.pass_at_k([1, 2]).select("model", "metric", "k", "estimate", "n_problems")
        shape: (4, 5)
        ┌───────┬────────┬─────┬──────────┬────────────┐
        │ model ┆ metric ┆ k   ┆ estimate ┆ n_problems │
        │ ---   ┆ ---    ┆ --- ┆ ---      ┆ ---        │
        │ str   ┆ str    ┆ i64 ┆ f64      ┆ i64        │
        ╞═══════╪════════╪═════╪══════════╪════════════╡
        │ base  ┆ pass@k ┆ 1   ┆ 0.166667 ┆ 2          │
        │ base  ┆ pass@k ┆ 2   ┆ 0.333333 ┆ 2          │
        │ rl    ┆ pass@k ┆ 1   ┆ 0.5      ┆ 2          │
        │ rl    ┆ pass@k ┆ 2   ┆ 0.5      ┆ 2          │
        └───────┴────────┴─────┴──────────┴────────────┘
        """
        one_of("on_k_gt_n", on_k_gt_n, OnKGtNOrBeyond)
        words = Words(
            method=method,
            confidence_level=confidence_level,
            over=over,
            cluster=cluster,
            on_k_gt_n="skip" if on_k_gt_n == "extrapolate" else on_k_gt_n,
            n_resamples=10_000 if n_resamples is None else n_resamples,
            rng=rng,
            threads=threads,
        )
        if on_k_gt_n == "extrapolate":
            return pass_at_k_and_beyond(self.frame, self._key(), k, words, n_resamples)
        return estimate(self.frame, self._key(), "pass_at_k", k, words)

    def pass_hat_k(
        self,
        k: SupportsIndex | Iterable[SupportsIndex] | None = None,
        *,
        method: Method = "auto",
        confidence_level: float = 0.95,
        over: Over = "problems",
        cluster: str | Sequence[str] | None = None,
        on_k_gt_n: OnKGtN = "error",
        n_resamples: int = 10_000,
        rng: int | np.random.Generator = 0,
        threads: int | None = None,
    ) -> pl.DataFrame:
        """The mean over problems of unbiased pass^k, the probability that all of k samples pass.

        Per problem it is C(c, k) / C(n, k) (tau-bench, Yao et al. 2024), with each problem's own n.
        Arguments, result and errors are those of `pass_at_k`.
        """
        words = Words(
            method=method,
            confidence_level=confidence_level,
            over=over,
            cluster=cluster,
            on_k_gt_n=on_k_gt_n,
            n_resamples=n_resamples,
            rng=rng,
            threads=threads,
        )
        return estimate(self.frame, self._key(), "pass_hat_k", k, words)

    def alpha_k(
        self,
        k: SupportsIndex | Iterable[SupportsIndex] | None = None,
        *,
        method: Method = "auto",
        confidence_level: float = 0.95,
        over: Over = "problems",
        cluster: str | Sequence[str] | None = None,
        on_k_gt_n: OnKGtN = "error",
        n_resamples: int = 10_000,
        rng: int | np.random.Generator = 0,
        threads: int | None = None,
    ) -> pl.DataFrame:
        """The mean over problems of unbiased alpha_k = k(1-p)^(k-1), in [0, k].

        alpha_k is the factor by which a pass@k objective multiplies each problem's pass@1 gradient (Yu, eq. 7). Per
        problem it is k C(n-c, k-1) / C(n, k-1), which exists for k <= n + 1.
        Arguments, result and errors are those of `pass_at_k`.
        """
        words = Words(
            method=method,
            confidence_level=confidence_level,
            over=over,
            cluster=cluster,
            on_k_gt_n=on_k_gt_n,
            n_resamples=n_resamples,
            rng=rng,
            threads=threads,
        )
        return estimate(self.frame, self._key(), "alpha_k", k, words)

    def per_problem(self, k: SupportsIndex | Iterable[SupportsIndex], *, on_k_gt_n: OnKGtN = "error") -> pl.DataFrame:
        """One row a problem and k: pass@k, alpha_k and the learning signal that is left.

        Returns:
            The ``by`` and ``problem`` columns, n, c, k, ``pass_at_k``, ``alpha_k`` (the multiplier of the gradient, in
            [0, k]; Yu, eq. 7), ``signal`` (unbiased for k p (1-p)^(k-1), alpha_k times the rate of success: near 0 both
            where nothing is solved and where all is), ``gap`` (pass@k - pass@1; Yu, eq. 19) and ``se``, the standard
            error of ``pass_at_k`` from the sampling of this problem alone (null where 2k > n: no unbiased estimate
            exists).

        Raises:
            ValueError: k < 1; k > n in some problem (with ``on_k_gt_n="error"``).

        >>> t = pk.tally(log, problem="problem", verdict="correct", by="model")
        >>> t.per_problem(2).select("model", "problem", "pass_at_k", "alpha_k", "signal")
        shape: (4, 5)
        ┌───────┬─────────┬───────────┬──────────┬──────────┐
        │ model ┆ problem ┆ pass_at_k ┆ alpha_k  ┆ signal   │
        │ ---   ┆ ---     ┆ ---       ┆ ---      ┆ ---      │
        │ str   ┆ str     ┆ f64       ┆ f64      ┆ f64      │
        ╞═══════╪═════════╪═══════════╪══════════╪══════════╡
        │ base  ┆ p1      ┆ 0.666667  ┆ 1.333333 ┆ 0.666667 │
        │ base  ┆ p2      ┆ 0.0       ┆ 2.0      ┆ 0.0      │
        │ rl    ┆ p1      ┆ 1.0       ┆ 0.0      ┆ 0.0      │
        │ rl    ┆ p2      ┆ 0.0       ┆ 2.0      ┆ 0.0      │
        └───────┴─────────┴───────────┴──────────┴──────────┘
        """
        return per_problem(self.frame, self._key(), k, on_k_gt_n)
