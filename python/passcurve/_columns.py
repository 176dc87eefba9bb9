"""Which columns hold the problem and the verdict."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

PROBLEM_ALIASES = (
    "problem",
    "problem_id",
    "task_id",
    "question_id",
    "doc_id",
    "instance_id",
    "id",
    "item",
    "uid",
)
VERDICT_ALIASES = ("correct", "is_correct", "passed", "resolved", "acc", "verdict", "score")
GROUP_ALIASES = ("model", "model_name", "model_id", "checkpoint", "step")
SAMPLE_ALIASES = ("sample", "sample_id", "sample_idx", "sample_index", "trial", "attempt")


def as_columns(value: str | Sequence[str] | None, word: str) -> list[str]:
    """A column or several as a list without repeats."""
    names = [] if value is None else [value] if isinstance(value, str) else list(value)
    for name in names:
        if not isinstance(name, str):
            raise TypeError(f"{word}= takes column names, not {name!r}")
    if len(set(names)) < len(names):
        raise ValueError(f"{word}={names!r} names a column twice")
    return names


def find(columns: Sequence[str], aliases: Sequence[str], word: str, taken: Sequence[str]) -> str:
    """The one column that goes by a usual name."""
    found = [name for name in dict.fromkeys(columns) if name in aliases and name not in taken]
    if len(found) == 1:
        return found[0]
    which = f"several columns could be it ({', '.join(found)})" if found else "no column has a usual name"
    used = [name for name in taken if name in aliases]
    which = f"{used[0]!r} has another role, and no other column has a usual name" if used and not found else which
    counted = "" if not {"n", "c"} <= set(columns) else "; counts are read with Tally.read_parquet or Tally.from_counts"
    raise ValueError(f"say {word}=: {which}; there are: {', '.join(columns)}{counted}")


def forbid_missing(wanted: Sequence[str], columns: Sequence[str], place: str) -> None:
    """Fails when a column is not there."""
    for name in wanted:
        if name not in columns:
            raise ValueError(f"no column {name!r} in {place}; there are: {', '.join(columns)}")


def forbid_overlap(roles: dict[str, list[str]]) -> None:
    """Fails when one column has two roles."""
    seen: dict[str, str] = {}
    for role, names in roles.items():
        for name in names:
            if name in seen:
                raise ValueError(f"column {name!r} cannot be both {seen[name]}= and {role}=")
            seen[name] = role
    for name in ("n", "c"):
        if name in roles.get("by", []) + roles.get("problem", []):
            raise ValueError(f"a key column cannot be called {name!r}, the name of a count; rename it first")
