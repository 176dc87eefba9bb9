"""Which columns of a log are what, and all that the core is asked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from passcurve._checks import positive_or_none
from passcurve._columns import as_columns, find_roles, forbid_in_paths, forbid_overlap
from passcurve._details import forbid_details_names
from passcurve._memory import limit_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from passcurve import _core

RANGE_BYTES: int | None = None
"""Bytes of a file of lines that are counted as one part; None for the core's own number."""


@dataclass(frozen=True)
class Roles:
    """The columns that are read, each with what it is."""

    by: list[str]
    problem: list[str]
    sample: str | None
    verdict: str
    answer: str | None
    reward: str | None

    @property
    def wanted(self) -> list[str]:
        """The columns that are read, each once."""
        samples, kept = ([name for name in names if name is not None] for names in ([self.sample], self._kept))
        return list(dict.fromkeys([*self.by, *self.problem, *samples, *kept, self.verdict]))

    @property
    def _kept(self) -> list[str | None]:
        return [self.answer, self.reward]


def roles_of(
    columns: Sequence[str],
    *,
    problem: str | Sequence[str] | None,
    verdict: str | None,
    by: str | Sequence[str] | None,
    sample: str | None,
    answer: str | None,
    reward: str | None,
    in_paths: Sequence[str] = (),
) -> Roles:
    """The roles of the columns, by the call or by their usual names.

    Raises:
        ValueError: no column, or several, have a usual name; or one has two roles.
    """
    groups, problems = as_columns(by, "by"), as_columns(problem, "problem")
    samples, answers, rewards = ([] if name is None else [name] for name in (sample, answer, reward))
    problems, verdict = find_roles(list(columns), problems, verdict, [*groups, *samples], list(in_paths))
    keys = {"by": groups, "problem": problems, "sample": samples}
    # A reward may be the verdict too.
    forbid_overlap({**keys, "answer": answers, "reward": rewards})
    forbid_overlap({**keys, "answer": answers, "verdict": [verdict]})
    forbid_in_paths({"verdict": [verdict], "answer": answers, "reward": rewards}, list(in_paths))
    forbid_details_names([*answers, *rewards], [*groups, *problems])
    return Roles(groups, problems, sample, verdict, answer, reward)


def request_of(
    roles: Roles,
    policies: Mapping[str, str],
    *,
    threshold: float | None,
    passing: str | Sequence[str] | None,
    failing: str | Sequence[str] | None,
    threads: int | None,
    memory_limit: int | str | None,
) -> _core._Request:
    """What the core counts, and how."""
    return {
        "by": roles.by,
        "problem": roles.problem,
        "sample": roles.sample,
        "answer": roles.answer,
        "reward": roles.reward,
        "verdict": roles.verdict,
        "threshold": None if threshold is None else float(threshold),
        "passing": None if passing is None else as_columns(passing, "passing"),
        "failing": None if failing is None else as_columns(failing, "failing"),
        "on_null": policies["on_null"],
        "on_null_id": policies["on_null_id"],
        "on_duplicate": policies["on_duplicate"],
        "partial": policies["partial"],
        "threads": positive_or_none("threads", threads),
        "memory_limit": limit_of(memory_limit, threads),
        "range_bytes": RANGE_BYTES,
    }
