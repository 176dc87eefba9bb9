"""Files of saved tallies."""

from __future__ import annotations

import errno
import io
import json
import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import polars as pl

from passcurve._counts import check_counts
from passcurve._details import unnest
from passcurve._objects import Ranges, opened
from passcurve._parts import WHOLE
from passcurve._ranges import within_range
from passcurve.errors import DataError
from passcurve.provenance import Provenance

if TYPE_CHECKING:
    from passcurve._details import Details
    from passcurve._parts import Bounds

METADATA = "passcurve.tally"
LARGE = 1 << 20
"""Bytes of an object that is not fetched before its end says that it is a saved tally."""
TAIL = 8
"""Bytes at a Parquet file's end: four of the footer's length, four of magic."""


class Saved(NamedTuple):
    """What a tally is made of."""

    table: pl.DataFrame
    by: tuple[str, ...]
    problem: tuple[str, ...]
    provenance: Provenance
    details: Details | None


def read(path: str | os.PathLike[str], bounds: Bounds = WHOLE, content: bytes | None = None) -> Saved:
    """A saved tally's counts of the problems in a range, and the provenance of all; of ``content`` where that is given.

    Raises:
        DataError: the file is not Parquet, or no saved tally, or a damaged one.
        ValueError: the bounds are of another type than the problems.
    """
    file = os.fspath(path)
    if content is None and stat.S_ISDIR(Path(file).stat().st_mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), file)
    try:
        metadata = pl.read_parquet_metadata(_given(file, content))
    except pl.exceptions.PolarsError as error:
        raise DataError(f"{file}: {error}") from None
    if METADATA not in metadata:
        raise _no_tally(file)
    try:
        state = json.loads(metadata[METADATA])
        by, problem = tuple(state["by"]), tuple(state["problem"])
        source = Provenance.from_dict(state["provenance"])
        kept = state.get("answer"), state.get("reward")
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise DataError(f"{file}: the saved tally is damaged: {error}") from None
    table = _table(file, content, problem, bounds)
    try:
        details = unnest(table, [*by, *problem], *kept) if any(kept) else None
        table = check_counts(table, [*by, *problem], "n", "c")
    except ValueError as error:
        raise DataError(f"{file}: the saved tally is damaged: {error}") from None
    return Saved(table, by, problem, source, details)


def content_of(file: Ranges) -> bytes:
    """What is in an object, unless it is large and no saved tally.

    Raises:
        DataError: it is that.
    """
    if file.size > LARGE and not is_saved(file):
        raise _no_tally(file)
    with opened(file) as content:
        return content.read()


def _no_tally(file: str) -> DataError:
    return DataError(
        f"{file}: this Parquet file is not a saved tally; read a log with passcurve.tally(...), or counts "
        "with Tally.from_counts(pl.read_parquet(...))"
    )


def _given(file: str, content: bytes | None) -> Path | io.BytesIO:
    return Path(file) if content is None else io.BytesIO(content)


def _table(file: str, content: bytes | None, problem: tuple[str, ...], bounds: Bounds) -> pl.DataFrame:
    try:
        if bounds == WHOLE or not problem:
            return pl.read_parquet(_given(file, content))
        # Polars skips row groups whose statistics lie outside.
        scan = pl.scan_parquet(_given(file, content))
        return within_range(scan, scan.collect_schema(), problem[0], bounds, file).collect()
    except pl.exceptions.PolarsError as error:
        raise DataError(f"{file}: {error}") from None


def is_saved(path: str | os.PathLike[str]) -> bool:
    """Whether the file was written by `Tally.write_parquet`."""
    # Searched, not parsed: a log may be hostile, and the guard of the core has not seen it yet.
    try:
        with opened(os.fspath(path)) as content:
            size = content.seek(0, 2)
            content.seek(max(0, size - TAIL))
            tail = content.read(TAIL)
            start = size - TAIL - int.from_bytes(tail[:4], "little")
            # Memory is taken for as many bytes as are asked for, whether or not they are there.
            if start < 0 or not tail.endswith(b"PAR1"):
                return False
            content.seek(start)
            return METADATA.encode() in content.read(size - TAIL - start)
    except OSError:
        return False
