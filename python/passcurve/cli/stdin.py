"""Standard input as a log."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, BinaryIO

from passcurve._progress import Progress
from passcurve.errors import DataError, Error

if TYPE_CHECKING:
    from collections.abc import Iterator

    from passcurve.tally import Tally

SIGN, NAME = "-", "standard input"
BEGINNINGS = {
    b"\xff\xff\xff\xff": ".arrows",
    b"ARROW1": ".arrow",
    b"PAR1": ".parquet",
    b"\x1f\x8b": ".jsonl.gz",
    b"\x28\xb5\x2f\xfd": ".jsonl.zst",
    **dict.fromkeys((b"{", b" ", b"\t", b"\r", b"\n", b"\xef\xbb\xbf"), ".jsonl"),
}
"""The first bytes of what is read, and the suffix that stands for it."""
LONGEST, A_PIECE = max(map(len, BEGINNINGS)), 1 << 20


@contextmanager
def as_file(progress: bool | None) -> Iterator[str]:
    """Standard input as a file, which is removed at the end; errors that name the file name standard input.

    The readers of the core go back and forth in a file, and share it among threads. So it is kept on disk and not in
    memory, in a folder of its own: the folders around it may be called ``key=value``, which would be a column.
    """
    with TemporaryDirectory(prefix="passcurve-stdin-") as outer:
        # Formats that name a model by its folder name it so.
        folder = Path(outer, NAME)
        folder.mkdir()
        path = str(_kept(folder, progress))
        try:
            yield path
        except (Error, ValueError, TypeError) as error:
            if path not in str(error):
                raise
            raise type(error)(str(error).replace(path, NAME)) from None


def renamed(tally: Tally, path: str) -> Tally:
    """The tally of a file, as that of standard input."""
    from passcurve.tally import Tally

    source = tally.provenance
    # Of no part, for the next input has this name too.
    files = tuple(replace(file, path=NAME, part="") if file.path == path else file for file in source.files)
    notes = tuple(note.replace(path, NAME) for note in source.notes)
    provenance = replace(source, files=files, notes=notes)
    return Tally._of(tally._table, tally._by, tally._problem, provenance, tally._details)


def _kept(folder: Path, progress: bool | None) -> Path:
    if sys.stdin is None:
        raise DataError(f"{NAME} is closed")
    stream = sys.stdin.buffer
    first = stream.read(LONGEST)
    path = folder / f"log{_suffix(first)}"
    bar = Progress(progress, "read {:,} bytes of standard input")
    try:
        with path.open("wb") as file:
            file.write(first)
            _copy(stream, file, bar)
    except OSError as error:
        place = f"{NAME} is kept in {folder.parent.parent} while it is read; TMPDIR names another folder"
        raise OSError(f"{error.strerror}: {place}") from None
    finally:
        bar.close()
    return path


def _copy(stream: BinaryIO, file: BinaryIO, bar: Progress) -> None:
    size = 0
    while piece := stream.read(A_PIECE):
        file.write(piece)
        size += len(piece)
        bar(size)


def _suffix(first: bytes) -> str:
    if not first:
        raise DataError(f"{NAME} is empty: no log came")
    suffix = next((suffix for start, suffix in BEGINNINGS.items() if first.startswith(start)), None)
    if suffix is None:
        raise DataError(
            f"{NAME} begins with {first!r}, as neither JSON Lines nor an Arrow stream does (nor Parquet, nor an Arrow "
            "file)"
        )
    return suffix
