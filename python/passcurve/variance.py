"""Where the variance of an estimate comes from: the problems or the samples."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

import polars as pl

from passcurve._checks import one_of
from passcurve._choices import OnKGtN, Over
from passcurve._estimate import Words, estimate
from passcurve._keyed import Key, Keyed
from passcurve._pilots import CLIPPED, COPIES
from passcurve._requests import forbid_names

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import SupportsIndex

Metric: TypeAlias = Literal["pass_at_k", "pass_hat_k", "alpha_k"]

COLUMNS = (
    *("metric", "k", "estimate", "se_problems", "se_samples", "se_clusters"),
    *("variance", "between", "within", "reliability", "design_effect", "note"),
    *("n_problems", "n_min", "n_max", "n_skipped"),
)


class Variance(Keyed):
    """The split of the variance of a tally's estimates."""

    __slots__ = ()

    def variance_components(
        self,
        k: SupportsIndex | Iterable[SupportsIndex] | None = None,
        *,
        metric: Metric = "pass_at_k",
        cluster: str | Sequence[str] | None = None,
        on_k_gt_n: OnKGtN = "error",
        threads: int | None = None,
    ) -> pl.DataFrame:
        """How much of the spread between problems is difficulty, and how much the noise of their samples.

        The variance s^2 between the problems' estimates has two parts: problems differ (between), and each is measured
        with few samples (within). The second is the mean over problems of the unbiased q_k^2 - q_2k, with q_k the
        chance that k of the n samples drawn without replacement all fail; the first is what is left. More samples a
        problem make only the second smaller. docs/planning.md has what follows from that.

        Args:
            k: a number of draws or several. None: powers of two up to the smallest n, and that n.
            metric: "pass_at_k", "pass_hat_k" or "alpha_k".
            cluster: key column or columns that name families of problems.
            on_k_gt_n: what k > n is: "error", "drop" (that k, in the groups it concerns) or "skip" (those problems).
            threads: None for ``RAYON_NUM_THREADS`` or else all cores; the result does not depend on it.

        Returns:
            One row a group and k: the ``by`` columns, metric, k, estimate; its standard errors se_problems (problems
            drawn from a population), se_samples (these problems only) and, with ``cluster=``, se_clusters (Miller
            2024, times G/(G-1)); variance (s^2), between (at least 0), within, and reliability (between / variance:
            the correlation to expect between two such runs on the same problems); with ``cluster=``, design_effect
            (se_clusters / se_problems, squared); note, why something is null ("2k > n", "2k-2 > n", "one problem",
            "one cluster", "no problem", or "no spread": each problem is all passes or all fails) or was clipped at 0;
            n_problems, n_min and n_max, and n_skipped when ``on_k_gt_n="skip"``. n may differ between problems.

        Raises:
            ValueError: k < 1; k > n in some problem (with ``on_k_gt_n="error"``); a word that is none of those above.

        >>> t = pk.Tally.from_counts(pl.DataFrame({"problem": range(6), "n": 8, "c": [0, 0, 2, 5, 8, 8]}))
        >>> t.variance_components([1, 4]).select("k", "variance", "between", "within", "reliability")
        shape: (2, 5)
        ┌─────┬──────────┬──────────┬──────────┬─────────────┐
        │ k   ┆ variance ┆ between  ┆ within   ┆ reliability │
        │ --- ┆ ---      ┆ ---      ┆ ---      ┆ ---         │
        │ i64 ┆ f64      ┆ f64      ┆ f64      ┆ f64         │
        ╞═════╪══════════╪══════════╪══════════╪═════════════╡
        │ 1   ┆ 0.215104 ┆ 0.20506  ┆ 0.010045 ┆ 0.953303    │
        │ 4   ┆ 0.245748 ┆ 0.238095 ┆ 0.007653 ┆ 0.968858    │
        └─────┴──────────┴──────────┴──────────┴─────────────┘
        """
        one_of("metric", metric, Metric)
        forbid_names(self.by, COLUMNS)
        return components(self.frame, self._key(), metric, k, cluster=cluster, on_k_gt_n=on_k_gt_n, threads=threads)


def components(
    frame: pl.DataFrame,
    key: Key,
    metric: str,
    k: SupportsIndex | Iterable[SupportsIndex] | None,
    *,
    cluster: str | Sequence[str] | None,
    on_k_gt_n: OnKGtN,
    threads: int | None,
) -> pl.DataFrame:
    """The table behind `Tally.variance_components`."""

    def table(over: Over, family: str | Sequence[str] | None) -> pl.DataFrame:
        words = Words(
            method="auto" if over == "samples" else "t",
            confidence_level=0.95,
            over=over,
            cluster=family,
            on_k_gt_n=on_k_gt_n,
            n_resamples=10_000,
            rng=0,
            threads=threads,
        )
        return estimate(frame, key, metric, k, words)

    # The three have the same rows in the same order.
    rows = table("problems", None)
    noisy = pl.when(pl.col("se") > 0)
    nothing = pl.when(pl.col("se") == 0).then(pl.lit("none: no spread")).otherwise("method")
    # No noise that shows is no proof of none.
    samples = table("samples", None).select(se_samples=noisy.then("se"), method=nothing)
    rows = rows.rename({"se": "se_problems"}).drop("method").hstack(samples)
    if cluster is not None:
        rows = rows.with_columns(se_clusters=table("problems", cluster)["se"])
    rows = rows.with_columns(
        variance=pl.col("n_problems") * pl.col("se_problems") ** 2,
        within=pl.col("n_problems") * pl.col("se_samples") ** 2,
    )
    spread = pl.when(pl.col("variance") > 0)
    rows = rows.with_columns(between=(pl.col("variance") - pl.col("within")).clip(0), note=_note(cluster is not None))
    rows = rows.with_columns(reliability=spread.then(pl.col("between") / pl.col("variance")))
    if cluster is not None:
        effect = (pl.col("se_clusters") / pl.col("se_problems")) ** 2
        rows = rows.with_columns(design_effect=spread.then(effect))
    return rows.select(*key.by, *(name for name in COLUMNS if name in rows.columns))


def _note(clustered: bool) -> pl.Expr:
    below, problems = pl.col("variance") - pl.col("within"), pl.col("n_problems")
    # Where all problems are alike s^2 varies by about so much.
    noise = (2 / (problems - 1)).sqrt() * pl.col("within")
    lone = pl.col("se_clusters").is_null() if clustered else pl.lit(False)
    return (
        pl.when(problems == 0).then(pl.lit("no problem"))
        .when(problems == 1).then(pl.lit("one problem"))
        .when(pl.col("within").is_null()).then(pl.col("method").str.strip_prefix("none: "))
        .when(below < -3 * noise).then(pl.lit(COPIES))
        .when(below < 0).then(pl.lit(CLIPPED))
        .when(pl.col("variance") == 0).then(pl.lit("no spread"))
        .when(lone).then(pl.lit("one cluster"))
    )  # fmt: skip
