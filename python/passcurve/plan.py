"""How many problems and samples an experiment needs, from a pilot."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from passcurve._keyed import Keyed
from passcurve._pilots import one, pair
from passcurve._planning import Words, plan

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import SupportsIndex

    import polars as pl

    from passcurve._choices import Unmatched


class Plan(Keyed):
    """Plans for an experiment, with the tally as its pilot."""

    __slots__ = ()

    def plan(
        self,
        k: SupportsIndex | Iterable[SupportsIndex],
        *,
        half_width: float | None = None,
        difference: float | None = None,
        power: float = 0.8,
        n: SupportsIndex | Iterable[SupportsIndex] | None = None,
        problems: int | None = None,
        confidence_level: float = 0.95,
        cluster: str | Sequence[str] | None = None,
        a: Any = None,
        b: Any = None,
        on: str | None = None,
        unmatched: Unmatched = "error",
        correlation: float | None = None,
        threads: int | None = None,
    ) -> pl.DataFrame:
        """What more problems or more samples a problem would bring, with this tally as the pilot.

        The variance of one problem's pass@k is between + within(n). Between is how much problems differ in the
        probability itself, whatever n is. Within is the sampling noise, known for any n from the moments of (1-p)^m,
        m = k to 2k, that the pilot has unbiased estimates of (hence its 2k samples a problem). Half widths are
        Student's, t sqrt((between + within) / problems); a difference is found with the given power if it is
        (t_{1-alpha/2} + t_power) standard errors (Miller 2024, with Student's quantiles for his normal ones).

        Args:
            k: a number of draws or several.
            half_width: of the confidence interval that is wanted, between 0 and 0.5.
            difference: in pass@k between two models on the same problems, to be found with probability ``power``;
                between 0 and 1. With ``a=`` and ``b=``, or ``correlation=``. Not with ``half_width=``.
            power: between 1 - confidence_level and 1.
            n: samples a problem, one number or several, from k to 1,000,000. None: k, 2k, 4k, ... up to the first that
                is not below the pilot's n.
            problems: the number of problems for se, half_width and detectable. None: the pilot's.
            confidence_level: between 0 and 1.
            cluster: key column or columns that name families of problems. Between then has the covariance within
                families, and the plan is for families of the pilot's sizes.
            a: a value of the ``by`` column, one model. The plan is then for the difference a - b.
            b: another, with the same problems.
            on: the ``by`` column with a and b in it; may be left out where there is only one.
            unmatched: what a problem of only one of a and b is: "error" or "drop" (left out).
            correlation: between the two models' probabilities, over problems, from -1 to 1: for differences where
                there is no pilot of two models. The other model is taken to vary as much as this one.
            threads: None for ``RAYON_NUM_THREADS`` or else all cores; the result does not depend on it.

        Returns:
            One row a group, k and n: the ``by`` columns (without ``on`` where a and b are compared), metric, k, n
            (samples a problem), between and within (variances of one problem's estimate, or difference), reliability
            (between / (between + within)), se and half_width at the number of problems (at most 0.5, or 1 of a
            difference), detectable (the difference found with that power there, about; null where it would be above 1,
            and without a, b and correlation). With ``half_width=`` or ``difference=``: problems (how many are needed,
            at least two), samples (problems times n, for each model) and cheapest (the n with the fewest samples).
            note: why something is null ("one problem", "one cluster", "no variance", "detectable: ..."), "clipped: ..."
            where between would be below 0, and a pilot of fewer than 20 problems (or clusters); several are joined by
            "; ".

        Raises:
            ValueError: a problem of the pilot has fewer than 2k samples; a and b have different problems (with
                ``unmatched="error"``); a number is out of its range; more than 2^53 samples would be needed; or words
                that exclude each other.

        >>> c = [0, 0, 0, 1, 2, 4, 5, 7, 8, 8]
        >>> pilot = pk.Tally.from_counts(pl.DataFrame({"problem": range(10), "n": 8, "c": c}))
        >>> pilot.plan(4, half_width=0.05).select("n", "between", "within", "problems", "samples", "cheapest")
        shape: (2, 6)
        ┌─────┬──────────┬──────────┬──────────┬─────────┬──────────┐
        │ n   ┆ between  ┆ within   ┆ problems ┆ samples ┆ cheapest │
        │ --- ┆ ---      ┆ ---      ┆ ---      ┆ ---     ┆ ---      │
        │ i64 ┆ f64      ┆ f64      ┆ i64      ┆ i64     ┆ bool     │
        ╞═════╪══════════╪══════════╪══════════╪═════════╪══════════╡
        │ 4   ┆ 0.182154 ┆ 0.072857 ┆ 395      ┆ 1580    ┆ true     │
        │ 8   ┆ 0.182154 ┆ 0.029612 ┆ 328      ┆ 2624    ┆ false    │
        └─────┴──────────┴──────────┴──────────┴─────────┴──────────┘
        """
        words = Words(
            half_width=half_width,
            difference=difference,
            power=power,
            n=n,
            problems=problems,
            confidence_level=confidence_level,
            cluster=cluster,
            paired=not (a is None and b is None),
            unmatched=unmatched,
            correlation=correlation,
            threads=threads,
        )
        if not words.paired:
            return plan(one(self.frame, self._key(), on), k, words)
        return plan(pair(self.frame, self._key(), a, b, on, drop=unmatched == "drop"), k, words)
