"""From the LOGS of a command to a tally."""

from __future__ import annotations

from functools import reduce
from pathlib import Path
from typing import TYPE_CHECKING, Any

from passcurve._paths import expand, forbid_overwriting
from passcurve._tallying import tally
from passcurve.tally import METADATA, Tally

if TYPE_CHECKING:
    from collections.abc import Sequence

TAIL = 8
"""Bytes at a Parquet file's end: four of the footer's length, four of magic."""


def load(logs: Sequence[str], output: Path | None, progress: bool | None, **counting: Any) -> Tally:
    """Counts the logs; where the first is a saved tally all must be, and they add up.

    Raises:
        ValueError: ``output`` is one of the logs, or a saved tally is given together with options that say how to
            count.
    """
    counting = {word: value for word, value in counting.items() if value is not None}
    files, _ = expand(logs)
    if output is not None:
        forbid_overwriting(output, files)
    if not _is_saved_tally(Path(files[0])):
        return tally(list(logs), progress=progress, **counting)
    given = ", ".join(f"{word}=" for word in counting if word != "threads")
    if given:
        raise ValueError(f"{files[0]} is a saved tally, whose samples are counted already: leave out {given}")
    return reduce(Tally.merge, map(Tally.read_parquet, files))


def _is_saved_tally(file: Path) -> bool:
    # Searched, not parsed: a log may be hostile, and the guard of the core has not seen it yet.
    try:
        with file.open("rb") as content:
            size = content.seek(0, 2)
            content.seek(max(0, size - TAIL))
            length = int.from_bytes(content.read(4), "little")
            content.seek(max(0, size - TAIL - length))
            return METADATA.encode() in content.read(length)
    except OSError:
        return False
