"""What a diagnosis is asked for, checked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from passcurve._checks import one_of, positive_or_none
from passcurve._choices import OnKGtN
from passcurve._requests import check_level, forbid_k_above, forbid_names

if TYPE_CHECKING:
    from collections.abc import Sequence

    from passcurve._details import Details
    from passcurve._keyed import Key

COLUMNS = (
    "k",
    "group_size",
    "n_problems",
    "n_min",
    "n_max",
    "pass_at_1",
    "pass_at_k",
    "gap",
    "gap_lower",
    "gap_upper",
    "unsolved",
    "saturated",
    "p_upper",
    "zero_signal",
    "all_correct",
    "informative",
    "alpha_mean",
    "alpha_q25",
    "alpha_median",
    "alpha_q75",
    "alpha_ess",
    "alpha_ess_debiased",
    "signal_mass",
)
OF_ANSWERS = ("top_answer", "same_answer")


@dataclass(frozen=True, kw_only=True)
class Asked:
    """The arguments of `Tally.diagnose`."""

    k: int
    group_size: int
    sized: bool
    along: str | None
    confidence_level: float
    cluster: str | Sequence[str] | None
    on_k_gt_n: OnKGtN
    threads: int | None

    def check(self, frame: pl.DataFrame, key: Key) -> None:
        """Fails on what is no diagnosis of these counts."""
        positive_or_none("threads", self.threads)
        check_level(self.confidence_level)
        one_of("on_k_gt_n", self.on_k_gt_n, OnKGtN)
        if self.on_k_gt_n == "drop":
            raise ValueError('on_k_gt_n="drop" would leave nothing of a single k; say "skip" to leave out the problems')
        forbid_names(key.by, [*COLUMNS, *OF_ANSWERS, "measure"])
        if self.along is not None:
            self._check_along(frame, key)
        if self.on_k_gt_n == "error":
            forbid_k_above(frame, key, [self.k], drops=False)
            forbid_k_above(frame, key, [self.group_size], drops=False, word="group_size")

    def _check_along(self, frame: pl.DataFrame, key: Key) -> None:
        if self.along not in key.by:
            known = ", ".join(key.by) or "none; tally with by="
            raise ValueError(f"along={self.along!r} is no column of by= ({known})")
        kind = frame.schema[self.along]
        if not (kind.is_numeric() or kind.is_temporal()):
            raise ValueError(
                f"along={self.along!r} holds {kind}; steps are numbers or dates, which have distances: cast the column "
                f"of the log before the tally, with pl.col({self.along!r}).cast(pl.Int64) or .str.to_date()"
            )


@dataclass(frozen=True)
class Subject:
    """One group of problems: a row of the diagnosis."""

    name: dict[str, object]
    counts: pl.DataFrame
    details: pl.DataFrame | None


def subjects(frame: pl.DataFrame, key: Key, details: Details | None) -> list[Subject]:
    """The groups in their order, each with its counts and, where answers are known, with those."""
    answers = None
    if details is not None and details.answer is not None:
        answers = details.table.group_by([*key.names, details.answer]).agg(pl.col("n").sum())
        answers = answers.rename({details.answer: "answer"}).join(frame.select(key.names), on=key.names, how="semi")
    if not key.by:
        return [Subject({}, frame, answers)]
    parts = frame.partition_by(key.by, maintain_order=True)
    of_group = answers.partition_by(key.by, as_dict=True) if answers is not None else {}
    return [
        Subject(dict(zip(key.by, name, strict=True)), part, None if answers is None else of_group.get(name))
        for part in parts
        for name in [part.select(key.by).row(0)]
    ]
