"""Models compared on the problems that they share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from passcurve._choices import OnKGtN, Over, PairedMethod, Unmatched
from passcurve._compare import Words, compare
from passcurve._keyed import Keyed
from passcurve._matching import Models, pairs
from passcurve._told import Told

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import SupportsIndex

    import numpy as np
    import polars as pl


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Comparison(Told):
    """Models compared in pairs. Made by `Tally.compare`; its repr is its sentences."""

    frame: pl.DataFrame
    """One row a group, pair and k: the differences."""
    crossover: pl.DataFrame
    """One row a group and pair: where the two curves cross."""
    verdicts: pl.DataFrame
    """One row a range of k: who is ahead, by the simultaneous band."""
    sentences: list[str]
    """What can be said of each group and pair."""

    def _note(self) -> list[str]:
        if len(self.sentences) == 1:
            return []
        return [f"Each line holds by itself; for all {len(self.sentences):,} together look at p_holm or p_bh."]


class Comparing(Keyed):
    """The comparisons of a tally."""

    __slots__ = ()

    def compare(
        self,
        a: Any = None,
        b: Any | Sequence[Any] | None = None,
        *,
        on: str | None = None,
        k: SupportsIndex | Iterable[SupportsIndex] | None = None,
        method: PairedMethod = "auto",
        confidence_level: float = 0.95,
        over: Over = "problems",
        cluster: str | Sequence[str] | None = None,
        unmatched: Unmatched = "error",
        on_k_gt_n: OnKGtN = "error",
        n_resamples: int = 4_000,
        rng: int | np.random.Generator = 0,
        threads: int | None = None,
    ) -> Comparison:
        """Differences a - b of unbiased pass@k between models on the same problems.

        ``compare("base", "rl")`` is one pair, ``compare("base")`` that model against every other, ``compare()`` all
        pairs. The other ``by`` columns are groups, compared one by one.

        Args:
            a: a value of the ``on`` column.
            b: another, or several.
            on: the ``by`` column whose values are compared. None: the only one.
            k: a number of draws or several. None: powers of two up to the smallest n of both, and that n.
            method: the interval. "t" is Student's on the differences of the problems. "mover" joins the gamma
                intervals of gains and losses, for few differences. "auto" is "t", or "mover" where the variance of the
                differences rests on fewer than 10 problems (docs/compare.md). "percentile", "lattice" (percentiles with
                their atoms) and "bca" are of the bootstrap over problems, which is not drawn. Where all differences are
                equal each of them is "mover". Over samples "auto" joins the intervals of both models, and is called
                "mover" too.
            confidence_level: between 0 and 1, of the interval at each k and of the band over all of them.
            over: what the uncertainty is about. "problems": the benchmark is a sample from a population of problems.
                "samples": these problems only; exists where 2k <= n.
            cluster: problem column or columns that name families of problems; standard error, band and p-values are
                then of clusters, with (clusters - 1) degrees of freedom.
            unmatched: what a problem of one model only is: "error" or "drop" (left out and counted in ``n_only_a`` and
                ``n_only_b``; a group without one of the models is left out too).
            on_k_gt_n: what k > n of either model is: "error", "drop" (that k, in the pairs it concerns) or "skip"
                (those problems; ``n_skipped`` counts them).
            n_resamples: resamples behind the band and the interval of the crossing.
            rng: a seed or a NumPy generator to draw one from. The same seed gives the same bits for any threads.
            threads: None for ``RAYON_NUM_THREADS`` or else all cores.

        Returns:
            A `Comparison`. Its ``frame`` has the groups, the models (``{on}_a``, ``{on}_b``), metric, k, the means a
            and b, difference, se, lower and upper (null where there is none), method (or why there is none), reason
            (why the method is not the one asked for, or null), band_lower and band_upper (they hold for all k asked
            for together; Montiel Olea & Plagborg-Moller 2019), p_value (one less the level at which the interval
            touches 0), p_bootstrap and p_sign_flip (over problems; in clusters all differences of one change sign
            together), p_permutation (over samples), p_holm and p_bh (p_value adjusted over all groups and pairs at
            that k), over,
            n_problems, and n_min and n_max of both models. ``crossover`` and ``verdicts`` are described in
            docs/compare.md.

        Raises:
            ValueError: a value that is not there; problems that cannot be paired; k > n; a word that is none of those
                above.

        Warns:
            UserWarning: the models' samples are too alike to be independent.

        >>> passes = {"base": [1, 1, 2, 2, 3, 3, 4, 5, 6, 8], "rl": [0, 0, 0, 5, 8, 8, 8, 8, 8, 8]}
        >>> rows = [(model, i, 8, c) for model, counts in passes.items() for i, c in enumerate(counts * 4)]
        >>> counts = pl.DataFrame(rows, schema=["model", "problem", "n", "c"], orient="row")
        >>> comparison = pk.Tally.from_counts(counts, by="model").compare("rl", "base", k=[1, 2, 8])
        >>> comparison
        rl is ahead of base for k = 1, base for k = 8, undecided between (95% simultaneous band
        at 3 ks, 40 problems); the curves cross at k = 2.47 (interval 1.72 to 3.76)
        >>> comparison.frame.select("model_a", "model_b", "k", "difference", "se", "lower", "upper", "method")
        shape: (3, 8)
        ┌─────────┬─────────┬─────┬────────────┬──────────┬───────────┬───────────┬────────┐
        │ model_a ┆ model_b ┆ k   ┆ difference ┆ se       ┆ lower     ┆ upper     ┆ method │
        │ ---     ┆ ---     ┆ --- ┆ ---        ┆ ---      ┆ ---       ┆ ---       ┆ ---    │
        │ str     ┆ str     ┆ i64 ┆ f64        ┆ f64      ┆ f64       ┆ f64       ┆ str    │
        ╞═════════╪═════════╪═════╪════════════╪══════════╪═══════════╪═══════════╪════════╡
        │ rl      ┆ base    ┆ 1   ┆ 0.225      ┆ 0.049678 ┆ 0.124516  ┆ 0.325484  ┆ t      │
        │ rl      ┆ base    ┆ 2   ┆ 0.053571   ┆ 0.045554 ┆ -0.03857  ┆ 0.145713  ┆ t      │
        │ rl      ┆ base    ┆ 8   ┆ -0.3       ┆ 0.07338  ┆ -0.448425 ┆ -0.151575 ┆ t      │
        └─────────┴─────────┴─────┴────────────┴──────────┴───────────┴───────────┴────────┘
        """
        words = Words(
            method=method,
            confidence_level=confidence_level,
            over=over,
            cluster=cluster,
            unmatched=unmatched,
            on_k_gt_n=on_k_gt_n,
            n_resamples=n_resamples,
            rng=rng,
            threads=threads,
        )
        models = Models.of(self.frame, self._key(), on)
        tables = compare(models, pairs(models, a, b), k, words)
        return Comparison(
            frame=tables.frame, crossover=tables.crossover, verdicts=tables.verdicts, sentences=tables.sentences
        )
