"""The paper's diagnosis of a training run: where pass@k has weight, where it has signal, and whether it collapses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from passcurve._checks import draws
from passcurve._diagnosis import findings
from passcurve._diagnosis.asked import Asked, subjects
from passcurve._diagnosis.measures import frame_of, intervals
from passcurve._diagnosis.trends import runs, trends
from passcurve._keyed import Keyed
from passcurve._told import Told

if TYPE_CHECKING:
    from collections.abc import Sequence

    from passcurve._choices import OnKGtN


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Diagnosis(Told):
    """A diagnosis. Made by `Tally.diagnose`; its repr is its sentences."""

    frame: pl.DataFrame
    """One row a group of problems."""
    intervals: pl.DataFrame
    """One row a group and measure: the means of `frame` with their intervals."""
    trends: pl.DataFrame | None
    """One row a run and measure, where there are steps."""
    sentences: list[str]
    """A sentence for each finding; along steps, of the last one and of the run."""


class Diagnosing(Keyed):
    """The diagnosis of a tally."""

    __slots__ = ()

    def diagnose(
        self,
        k: int,
        *,
        group_size: int | None = None,
        along: str | None = None,
        confidence_level: float = 0.95,
        cluster: str | Sequence[str] | None = None,
        on_k_gt_n: OnKGtN = "error",
        threads: int | None = None,
    ) -> Diagnosis:
        """What pass@k would teach on these problems, and whether it collapses to pass@1 along a run (Yu, section 3).

        Args:
            k: the draws of pass@k.
            group_size: the samples of a training group, as in GRPO. None: k.
            along: the ``by`` column of steps, numbers or dates; the other ``by`` columns tell runs apart.
            confidence_level: between 0 and 1, of intervals and of the bounds on p.
            cluster: problem column or columns that name families of problems, for intervals and trends.
            on_k_gt_n: what k or group_size > n is: "error", or "skip" to leave those problems out.
            threads: None for ``RAYON_NUM_THREADS`` or else all cores.

        Returns:
            A `Diagnosis`. Its ``frame`` has the ``by`` columns, k, group_size, n_problems, n_min, n_max, and:
            pass_at_1, pass_at_k and their difference gap, with its interval; unsolved and saturated (shares of
            problems with c = 0 and c = n); p_upper (the largest of the unsolved problems' upper bounds on p, 1 - (1 -
            level)^(1/n), each one-sided; null without any); zero_signal, all_correct and informative (probabilities
            that a training group is all wrong, all correct, or holds both); alpha_mean and quartiles of alpha_k over
            problems (Yu, eq. 7); alpha_ess (Kish's effective number of problems under the weights alpha_k) and
            alpha_ess_debiased (with an unbiased alpha_k^2; null where 2k - 2 > n); signal_mass (mean alpha_k p).
            Where the tally keeps answers: same_answer (P(two samples agree), unbiased; null answers agree with
            nothing) and top_answer (mean share of the most frequent answer among the n samples: a plug-in, biased
            high, the more so the smaller n); both null where every answer is. ``intervals`` has the means among these
            with the columns of `pass_at_k`; no end is beyond what any p gives, but for an estimate that is.
            ``trends`` has for each run the mean change of a measure from its first step to its last: of each
            problem's least-squares line over the steps, for the problems that are there at every step, with the
            interval and p-value that `compare` has for a mean difference: method "t", or "mover" for the reason given.

        Raises:
            ValueError: k or group_size > n, ``along`` is no ``by`` column or holds strings, or another word is wrong.

        >>> passes = {0: [0, 1, 2, 5] * 9, 800: [0, 0, 7, 8] * 9}
        >>> rows = [(step, i, 8, c) for step, counts in passes.items() for i, c in enumerate(counts)]
        >>> counts = pl.DataFrame(rows, schema=["step", "problem", "n", "c"], orient="row")
        >>> diagnosis = pk.Tally.from_counts(counts, by="step").diagnose(4, along="step")
        >>> diagnosis
        step 800: 50% (18) of 36 problems gave no correct sample in 8: at most p <= 0.312 each (95%, one problem at a
        time); under pass@4 they carry an estimated weight of 4 and no signal.
        step 800: 25% (9) of 36 problems gave nothing but correct samples: under pass@4 they carry an estimated weight
        of 0.
        step 800: of training groups of 4 (k, as group_size= was not given), 50% are all wrong and 38% all correct; 12%
        hold both, which GRPO and RLOO learn from.
        step 800: pass@4 - pass@1 is 0.031 [0.016, 0.106]: pass@1 is 0.469, pass@4 is 0.500.
        step 800: the weight alpha_4 is 2.000 on average, as uneven as if 18 of 36 problems shared it equally; the
        signal, this weight times the rate of success, is 0.000 on average.
        from step 0 to 800, pass@1 +0.219 [0.095, 0.373], pass@4 -0.071 [-0.193, 0.030], the gap -0.290 [-0.431, -0.169]
        (the mean of 36 straight lines, one a problem; p = 7.9e-05 for the gap): pass@1 comes up to pass@4, of which no
        trend can be told.
        9 problems with a correct sample at step 0 have none at 800, 0 the other way round.
        training groups of 4 that hold both fall by 43% of all groups.
        """
        k = draws("k", k)
        asked = Asked(
            k=k,
            group_size=k if group_size is None else draws("group_size", group_size),
            sized=group_size is not None,
            along=along,
            confidence_level=confidence_level,
            cluster=cluster,
            on_k_gt_n=on_k_gt_n,
            threads=threads,
        )
        frame, key = self.frame, self._key()
        asked.check(frame, key)
        if on_k_gt_n == "skip":
            frame = frame.filter(pl.col("n") >= max(k, asked.group_size))
        if not frame.height:
            raise ValueError("there is no problem to diagnose")
        groups = subjects(frame, key, self._details)
        means = intervals(frame, key, asked)
        table = frame_of(groups, means, key, asked)
        found = runs(frame, key, along, cluster) if along is not None else []
        moved = trends(found, key, frame.schema, asked) if along is not None else None
        ends = {tuple(run.name.items()): run.steps[-1] for run in found}
        sentences = []
        for group, row in zip(groups, table.iter_rows(named=True), strict=True):
            run = tuple((name, value) for name, value in group.name.items() if name != along)
            if group.name.get(along or "") == ends.get(run, group.name.get(along or "")):
                sentences += findings.of_group(row, group.name, asked)
        for place, run_of in enumerate(found):
            assert moved is not None
            size = moved.height // len(found)
            sentences += findings.of_run(run_of, moved[place * size : (place + 1) * size], asked)
        return Diagnosis(frame=table, intervals=means, trends=moved, sentences=sentences)
