"""Columns that are called like a role and have none, and logs without rows: what a call may have forgotten."""

from __future__ import annotations

from typing import TYPE_CHECKING

from passcurve._columns import GROUP_ALIASES, SAMPLE_ALIASES
from passcurve._sources import Array
from passcurve._warnings import warn

if TYPE_CHECKING:
    from collections.abc import Sequence

    from passcurve._sources import Source


def ungrouped(columns: Sequence[str], wanted: Sequence[str]) -> tuple[str, ...]:
    """The columns that are called like groups and have no role."""
    return tuple(name for name in GROUP_ALIASES if name in columns and name not in wanted)


def unsampled(read: Source, columns: Sequence[str], wanted: Sequence[str], sample: str | None) -> tuple[str, ...]:
    """The columns that are called like a sample's index, where none is used to find duplicates."""
    # In an array no sample can come twice.
    if sample is not None or isinstance(read, Array):
        return ()
    return tuple(name for name in SAMPLE_ALIASES if name in columns and name not in wanted)


def warn_of_pooling(names: Sequence[str]) -> None:
    """Warns where groups are counted as one and the call did not say so."""
    if not names:
        return
    listed = ", ".join(map(repr, names))
    word, them = ("column", repr(names[0])) if len(names) == 1 else ("columns", repr(list(names)))
    warn(
        f"{word} {listed} not in by=: what {'it tells' if len(names) == 1 else 'they tell'} apart is counted as one; "
        f"say by={them} to keep groups apart, or by=[] to pool them"
    )


def warn_of_no_rows(rows: int) -> None:
    """Warns where there was nothing to count."""
    if not rows:
        warn("the log has no rows: the tally is empty")
