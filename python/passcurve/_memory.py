"""How much memory the counts may take."""

from __future__ import annotations

import os
import re
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from passcurve import _core

if TYPE_CHECKING:
    from collections.abc import Iterator

MOST = 2**62
UNITS = {
    "": 1,
    "K": 10**3,
    "M": 10**6,
    "G": 10**9,
    "T": 10**12,
    "KI": 2**10,
    "MI": 2**20,
    "GI": 2**30,
    "TI": 2**40,
}
CGROUP, CGROUPS = Path("/proc/self/cgroup"), Path("/sys/fs/cgroup")


def limit_of(memory_limit: int | str | None, threads: int | None) -> int | None:
    """A number of bytes, from what the caller said or else from the machine; None where neither says."""
    if memory_limit is None:
        usable, room = usable_memory(), _core.room_for_counts(threads)
        # Adding up the counts of all threads takes as much again.
        return min((limit for limit in (usable and max(1, usable // 2), room) if limit is not None), default=None)
    if isinstance(memory_limit, int) and not isinstance(memory_limit, bool) and memory_limit > 0:
        return min(memory_limit, MOST)
    match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([KMGT]I?)?B?\s*", str(memory_limit).upper())
    if match is None or not isinstance(memory_limit, str):
        raise ValueError(f'memory_limit= is a number of bytes or like "4GiB", not {memory_limit!r}')
    return min(int(float(match[1]) * UNITS[match[2] or ""]), MOST)


def usable_memory() -> int | None:
    """The least of the machine's memory and of what the control groups of this process leave it."""
    limits = [*_physical(), *_control_groups()]
    return min(limits, default=None)


def _physical() -> Iterator[int]:
    try:
        pages, size = os.sysconf("SC_PHYS_PAGES"), os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, OSError, ValueError):
        return
    if pages > 0 and size > 0:
        yield pages * size


def _control_groups() -> Iterator[int]:
    """The limits of the groups of this process and of those around them, of both versions."""
    try:
        lines = CGROUP.read_text().splitlines()
    except OSError:
        return
    for line in lines:
        _, controllers, group = line.split(":", 2)
        if not controllers:
            root, name = CGROUPS, "memory.max"
        elif "memory" in controllers.split(","):
            root, name = CGROUPS / "memory", "memory.limit_in_bytes"
        else:
            continue
        # In a container the groups that are named may be out of sight, and the last one is its own.
        own = PurePosixPath(group)
        for some in (own, *own.parents):
            yield from _number(root / some.relative_to(some.anchor) / name)


def _number(path: Path) -> Iterator[int]:
    try:
        text = path.read_text().strip()
    except OSError:
        return
    # Elsewhere it is "max".
    if text.isdecimal():
        yield int(text)
