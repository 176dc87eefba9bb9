"""Which columns hold the problem and the verdict."""

from __future__ import annotations

import difflib
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


def find_roles(
    columns: Sequence[str], problems: list[str], verdict: str | None, taken: Sequence[str], in_paths: Sequence[str] = ()
) -> tuple[list[str], str]:
    """The columns of the problem and of the verdict: as given, else the one of each that goes by a usual name.

    Those that stand only in paths are no verdicts.

    Raises:
        ValueError: there is none, or several could be it. Both words are named where both must be said.
    """
    unsaid = []
    if verdict is None:
        verdict, why = _find([name for name in columns if name not in in_paths], VERDICT_ALIASES, [*taken, *problems])
        unsaid += [f"say verdict=: {why}"] if why else []
    if not problems:
        problem, why = _find(columns, PROBLEM_ALIASES, [*taken, verdict])
        problems, unsaid = [problem], ([f"say problem=: {why}"] if why else []) + unsaid
    if unsaid:
        counted = "; counts are read with Tally.read_parquet or Tally.from_counts"
        counted = counted if {"n", "c"} <= set(columns) else ""
        raise ValueError(f"{'; '.join(unsaid)}; there are: {', '.join(columns)}{counted}")
    return problems, verdict


def _find(columns: Sequence[str], aliases: Sequence[str], taken: Sequence[str]) -> tuple[str, str]:
    """The one column that goes by a usual name; or why there is none."""
    found = [name for name in dict.fromkeys(columns) if name in aliases and name not in taken]
    if len(found) == 1:
        return found[0], ""
    if found:
        return "", f"several columns could be it ({', '.join(found)})"
    used = [f"{name!r} has another role, and no other column" for name in taken if name in aliases]
    return "", f"{used[0] if used else 'no column'} has a usual name ({', '.join(aliases)})"


def forbid_missing(wanted: Sequence[str], columns: Sequence[str], place: str) -> None:
    """Fails when a column is not there."""
    for name in wanted:
        # A struct is not among them, but its members are; the reader says what to name.
        if name not in columns and not any(column.startswith(f"{name}.") for column in columns):
            close = difflib.get_close_matches(name, columns, n=1)
            meant = f"; did you mean {close[0]!r}?" if close else ";"
            raise ValueError(f"no column {name!r} in {place}{meant} there are: {', '.join(columns)}")


def forbid_in_paths(roles: dict[str, list[str]], in_paths: Sequence[str]) -> None:
    """Fails when what differs from row to row is to come from a path."""
    for role, names in roles.items():
        for name in names:
            if name in in_paths:
                raise ValueError(
                    f"{name!r} stands in the paths and in no file, so it cannot be {role}=; it can be in by=, problem= "
                    "and sample="
                )


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
