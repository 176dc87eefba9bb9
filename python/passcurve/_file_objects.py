"""File objects, which are read at any byte: what they are called, which format they have, and which are one file."""

from __future__ import annotations

import codecs
import io
import os
import stat
import threading
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, Protocol, cast
from weakref import WeakValueDictionary

from passcurve._objects import Ranges

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    from typing_extensions import Buffer

PACKED = {".gz": b"\x1f\x8b", ".zst": b"\x28\xb5\x2f\xfd"}
ARROW_STREAM = b"\xff\xff\xff\xff"
SUFFIXES = (".jsonl", ".ndjson", ".arrow", ".arrows", ".ipc", ".feather", ".parquet", ".pq", *PACKED)


class OpenFile(Protocol):
    """A binary file object as Python's, fsspec's and pyarrow's."""

    def read(self, size: int, /) -> bytes:
        """The next bytes."""

    def seek(self, offset: int, whence: int = ..., /) -> int:
        """Goes to a byte."""

    def tell(self) -> int:
        """The byte that comes next."""


READING: WeakValueDictionary[int, Any] = WeakValueDictionary()
"""The locks of the files that are read."""


def lock_of(file: object) -> threading.Lock:
    """Who reads a file waits for it: two tallies may read one, which has one position."""
    return cast("threading.Lock", READING.setdefault(id(file), threading.Lock()))


class FileObject(Ranges):
    """A file object, read at any byte; one thread reads it at a time, but where its kind reads by position."""

    __slots__ = ("_by_position", "_file", "_reading", "_written")

    _file: OpenFile
    _reading: threading.Lock
    _by_position: Callable[[int, int], bytes] | None
    _written: int | None

    def __new__(cls, address: str, size: int, name: str | None = None, **members: object) -> FileObject:
        """A file object that is called so."""
        made = cast("FileObject", super().__new__(cls, address, size, name))
        made._file = cast("OpenFile", members["file"])
        made._reading = cast("threading.Lock", members["lock"])
        made._by_position = by_position(made._file)
        made._written = _written(made._file)
        return made

    def _read(self, start: int, end: int) -> Buffer | None:
        if self._by_position is not None:
            found = self._by_position(start, end)
            return found if len(found) == end - start else None
        with self._reading:
            self._file.seek(start)
            parts: list[bytes] = []
            left = end - start
            while left and (part := self._file.read(left)):
                parts.append(part)
                left -= len(part)
        return None if left else b"".join(parts)

    @property
    def identity(self) -> Hashable:
        """That of the file on disk, so that a path of it is known too, or else the object."""
        found = _on_disk(self._file)
        return id(self._file) if found is None else (found.st_dev, found.st_ino)

    def check(self) -> bool:
        """Whether the file is as long as it was, and on disk as old."""
        with self._reading:
            return _end(self._file) == self.size and _written(self._file) == self._written


def by_position(file: Any) -> Callable[[int, int], bytes] | None:
    """How to read a file at a position that other threads do not share, where it has such a way."""
    # That of pyarrow.
    if hasattr(file, "read_at") and hasattr(file, "size"):
        return lambda start, end: cast("bytes", file.read_at(end - start, start))
    # That of fsspec; what is written to, or unpacked, has no file system that reads it.
    if hasattr(file, "fs") and hasattr(file.fs, "cat_file") and hasattr(file, "path"):
        return lambda start, end: cast("bytes", file.fs.cat_file(file.path, start=start, end=end))
    return None


def is_file_object(source: object) -> bool:
    """Whether it is a file that can be read at any byte."""
    return all(hasattr(source, name) for name in ("read", "seek", "tell"))


def of_file_object(file: Any, number: int | None = None) -> FileObject:
    """A file object with an address: the name it says, or that of its kind, with its ``number`` among several.

    Raises:
        TypeError: it is opened for text.
        ValueError: it cannot be read, or not at any byte.
    """
    name = _name(file)
    called = f"<{type(file).__name__}>" if number is None else f"<{type(file).__name__} {number}>"
    if isinstance(file, io.TextIOBase):
        raise TypeError(f"{name or called}: this file is opened for text; open it for bytes, with mode 'rb'")
    if not getattr(file, "readable", lambda: True)():
        raise ValueError(f"{name or called}: this file is opened for writing; open it for reading, with mode 'rb'")
    if not getattr(file, "seekable", lambda: True)():
        raise ValueError(
            f"{name or called}: this file is read from front to back only; pass its path, or its bytes in io.BytesIO"
        )
    with (lock := lock_of(file)):
        size = _end(file)
        here = file.tell()
        file.seek(0)
        head = bytes(file.read(4))
        file.seek(here)
    address = name or called + _suffix(head)
    return FileObject(address, size, _format_name(address, head), file=file, lock=lock)


def _name(file: Any) -> str | None:
    found = (getattr(file, attribute, None) for attribute in ("full_name", "path", "name"))
    return next((os.fsdecode(name) for name in found if isinstance(name, str | os.PathLike)), None)


def _on_disk(file: Any) -> os.stat_result | None:
    """What the disk knows of a file, where it is there."""
    try:
        # One that is called by a number may begin to be on disk by being asked for it.
        found = os.fstat(file.fileno()) if _name(file) is not None else None
    except (OSError, AttributeError, NotImplementedError):
        return None
    return found if found is not None and stat.S_ISREG(found.st_mode) else None


def _written(file: Any) -> int | None:
    """When a file on disk was written to."""
    found = _on_disk(file)
    return None if found is None else found.st_mtime_ns


def _suffix(head: bytes) -> str:
    """The end of the name of a file that begins so; none where its format is known by its content anyway."""
    if any(head.startswith(magic) for magic in PACKED.values()):
        return ".jsonl" + next(suffix for suffix, magic in PACKED.items() if head.startswith(magic))
    if head == ARROW_STREAM:
        return ".arrows"
    return ".jsonl" if head.removeprefix(codecs.BOM_UTF8).lstrip()[:1] in {b"{", b""} else ""


def _format_name(name: str, head: bytes) -> str:
    """A name that says the format: what is unpacked while it is read has the name of the packed file."""
    packed = next((suffix for suffix in PACKED if name.lower().endswith(suffix)), "")
    if packed and head and not head.startswith(PACKED[packed]):
        return name[: -len(packed)]
    return name if PurePath(name).suffix.lower() in SUFFIXES else name + _suffix(head)


def _end(file: Any) -> int:
    here = file.tell()
    file.seek(0, os.SEEK_END)
    end = int(file.tell())
    file.seek(here)
    return end
