"""Files that are in no local folder: an address that also reads ranges of its bytes."""

from __future__ import annotations

import io
import os
import threading
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, cast

from passcurve.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterator, Sequence

    from typing_extensions import Buffer


AT_ONCE = 16
"""Files that are read at once."""


class Ranges(str):
    """The address of a file, with its size and a way to read it; where a path is a string, it is one."""

    __slots__ = ("_lock", "fetched", "name", "size")

    _lock: threading.Lock
    name: str
    """Whose end says which format it has."""
    size: int
    fetched: int
    """Bytes that were read."""

    def __new__(cls, address: str, size: int, name: str | None = None, **_: object) -> Ranges:
        """An address."""
        made = str.__new__(cls, address)
        made.name, made.size, made.fetched, made._lock = name or address, size, 0, threading.Lock()
        return made

    @property
    def path(self) -> str:
        """The address alone."""
        return str(self)

    def read(self, start: int, end: int) -> Buffer | None:
        """The bytes from ``start`` to ``end``; None where they are no longer those of the same file."""
        found = self._read(start, end)
        with self._lock:
            self.fetched += end - start
        return found

    def check(self) -> bool:
        """Whether the file is the one that was found."""
        return True

    @property
    def identity(self) -> Hashable:
        """What is the same for all that read this file."""
        return self.path

    def _read(self, start: int, end: int) -> Buffer | None:
        raise NotImplementedError


def size_of(path: str) -> int:
    """The bytes of a file."""
    return path.size if isinstance(path, Ranges) else Path(path).stat().st_size


def fetched_of(path: str) -> int | None:
    """The bytes that were asked for, where it is no local file."""
    return path.fetched if isinstance(path, Ranges) else None


def opened(path: str) -> BinaryIO:
    """A file to be read, wherever it is."""
    if isinstance(path, Ranges):
        return cast("BinaryIO", io.BufferedReader(_Raw(path), 1 << 20))
    return Path(path).open("rb")


def contents(paths: Sequence[str], read: Callable[[Ranges], bytes]) -> Iterator[tuple[str, bytes | None]]:
    """The files in order, with what is read of those that are in no local folder, several at once."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        waiting: deque[tuple[str, Future[bytes] | None]] = deque()
        for path in paths:
            waiting.append((path, pool.submit(read, path) if isinstance(path, Ranges) else None))
            if len(waiting) > AT_ONCE:
                yield _next(waiting)
        while waiting:
            yield _next(waiting)


def _next(waiting: deque[tuple[str, Future[bytes] | None]]) -> tuple[str, bytes | None]:
    path, content = waiting.popleft()
    return path, None if content is None else content.result()


def for_polars(path: str) -> str | BinaryIO:
    """A file as Polars takes it."""
    return opened(path) if isinstance(path, Ranges) else path


class _Raw(io.RawIOBase):
    """What reads an address as a file."""

    def __init__(self, ranges: Ranges) -> None:
        self._ranges, self._at = ranges, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._ranges.size}[whence]
        self._at = max(0, base + offset)
        return self._at

    def readinto(self, buffer: Any) -> int:
        found = self._next(len(buffer))
        buffer[: len(found)] = found
        return len(found)

    def readall(self) -> bytes:
        # That of the base asks for a few thousand bytes at a time.
        return bytes(self._next(self._ranges.size))

    def _next(self, length: int) -> memoryview:
        end = max(self._at, min(self._at + length, self._ranges.size))
        found = self._ranges.read(self._at, end) if end > self._at else b""
        if found is None:
            raise DataError(f"{self._ranges}: the file changed while it was read")
        self._at = end
        return memoryview(found)
