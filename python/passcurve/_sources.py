"""What `passcurve.tally` accepts, told apart."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import polars as pl

from passcurve import _core
from passcurve._categories import split
from passcurve._file_objects import is_file_object, of_file_object
from passcurve._path_keys import PathKeys
from passcurve._paths import expand, is_json_lines
from passcurve._stores import scheme_of
from passcurve._urls import MAGIC, is_address, local_path

ARRAY_PROBLEM, ARRAY_SAMPLE, ARRAY_VERDICT = "problem", "sample", "correct"
ARRAY_VERDICTS_A_BATCH = 1 << 20

WITHOUT_NULL_TYPE = pl.col(pl.Null).cast(pl.Boolean)
"""The null type crosses the Arrow interface in ways that readers refuse."""


class Files:
    """Files by path."""

    def __init__(
        self, given: Sequence[str | os.PathLike[str]], storage_options: Mapping[str, Any] | None = None
    ) -> None:
        self.paths, self.ignored = expand(given, storage_options=storage_options)
        # Folders above the one that is given are its user's own affair.
        root = _folder(os.fspath(given[0]), self.paths) if len(given) == 1 else None
        self.keys = PathKeys.of(self.paths, root)

    def columns(self) -> list[str]:
        """The names of the columns of the first file that has some, and those that the paths state."""
        return list(dict.fromkeys([*self._inside, *self.keys.names()]))

    def telling_apart(self) -> list[str]:
        """As `columns`, without those that all paths state alike."""
        return list(dict.fromkeys([*self._inside, *self.keys.varying()]))

    def in_paths_alone(self) -> list[str]:
        """The columns that only the paths state."""
        return [name for name in self.keys.names() if name not in self._inside]

    def path_keys(self, wanted: Sequence[str]) -> list[_core._PathKey]:
        """What the core has to know of the paths, where these columns are read."""
        known: list[_core._PathKey] = []
        for name in self.keys.names():
            inside = name in self._inside
            # What only some paths state is nothing that the rows could be held against.
            read = name in wanted and (not inside or self.keys.are_everywhere(name))
            values, integers = self.keys.values(name) if read else ([], False)
            if read or not inside:
                known.append((name, integers, inside, values))
        return known

    @cached_property
    def _inside(self) -> list[str]:
        return next(filter(None, map(_core.file_columns, self.paths)), [])

    @property
    def are_open(self) -> bool:
        """Whether files may hold more columns than `columns` says: those of a file of lines are on any line."""
        return any(map(is_json_lines, self.paths))


def _folder(given: str, paths: Sequence[str]) -> str | None:
    """What is given, where it is a folder, as the paths of its files begin."""
    if scheme_of(given) == "file":
        given = local_path(given)
    if is_address(given):
        return None if MAGIC.search(given) or paths == [given] else given.rstrip("/")
    return given if Path(given).is_dir() else None


@dataclass(frozen=True)
class Frame:
    """A Polars frame; a lazy one is streamed and only its wanted columns are computed."""

    frame: pl.DataFrame | pl.LazyFrame

    def columns(self) -> list[str]:
        """The names of its columns."""
        return self.frame.lazy().collect_schema().names()

    def batches(self, wanted: list[str]) -> Iterator[_core.Batches]:
        """Its wanted columns that are there."""
        frame = self.frame.select(wanted).with_columns(WITHOUT_NULL_TYPE)
        if isinstance(frame, pl.DataFrame):
            yield _core.Batches.of_columns(*split(frame))
            return
        empty = True
        for part in frame.collect_batches(maintain_order=True):
            empty = False
            yield _core.Batches.of_columns(*split(part))
        if empty:
            yield _core.Batches.of_columns(*split(frame.head(0).collect()))

    @property
    def again(self) -> bool:
        """Whether it can be read again, and is the same then."""
        return isinstance(self.frame, pl.DataFrame)


class Stream:
    """One Arrow object, or several one after the other."""

    def __init__(self, objects: Iterable[Any]) -> None:
        self._rest = iter(objects)
        first = next(self._rest, None)
        if first is None:
            raise ValueError("the source is empty: an iterable of record batches must yield at least one")
        self._first = _as_batches(first)

    def columns(self) -> list[str]:
        """The names of the first object's columns."""
        return self._first.columns

    def batches(self, _wanted: list[str]) -> Iterator[_core.Batches]:
        """The objects, read once."""
        yield self._first
        for item in self._rest:
            yield _as_batches(item)

    @property
    def again(self) -> bool:
        """Whether it can be read again."""
        return False


@dataclass(frozen=True)
class Array:
    """A 2-D array of verdicts, problems x samples."""

    verdicts: np.ndarray[Any, Any]

    def columns(self) -> list[str]:
        """The names its parts go by."""
        return [ARRAY_PROBLEM, ARRAY_SAMPLE, ARRAY_VERDICT]

    def batches(self, _wanted: list[str]) -> Iterator[_core.Batches]:
        """The verdicts in long form; NaN is null."""
        problems, samples = self.verdicts.shape
        step = max(1, ARRAY_VERDICTS_A_BATCH // max(1, samples))
        for start in range(0, max(1, problems), step):
            part = self.verdicts[start : start + step]
            rows = np.arange(start, start + len(part), dtype=np.int64)
            columns = {
                ARRAY_PROBLEM: np.repeat(rows, samples),
                ARRAY_SAMPLE: np.tile(np.arange(samples, dtype=np.int64), len(part)),
                ARRAY_VERDICT: pl.Series(part.ravel(), nan_to_null=True),
            }
            yield _core.Batches(pl.DataFrame(columns))

    @property
    def again(self) -> bool:
        """Whether it can be read again."""
        return True


Source: TypeAlias = Files | Frame | Stream | Array


def classify(source: object, storage_options: Mapping[str, Any] | None = None) -> Source:
    """The kind of a source.

    Raises:
        TypeError: it is none of them.
        FileNotFoundError: a pattern or folder without files.
    """
    if storage_options is not None:
        forbid_options(source)
    if isinstance(source, Files):
        return source
    if isinstance(source, str | os.PathLike) or is_file_object(source):
        return _several([source], storage_options)
    if isinstance(source, pl.DataFrame | pl.LazyFrame):
        return Frame(source)
    # That of pandas too, which also gives an Arrow stream, but of no columns.
    if type(source).__name__ == "Series":
        raise TypeError("a Series is one column; pass the frame it comes from")
    if isinstance(source, np.ndarray):
        if source.ndim != 2:
            raise ValueError(f"an array of verdicts has two axes (problems, samples), not {source.ndim}")
        return Array(source)
    if _is_arrow(source):
        return Stream([source])
    if hasattr(source, "__dlpack__"):
        raise TypeError(
            f"cannot tally a {type(source).__name__}; pass a 2-D NumPy array of verdicts (problems, samples): of a "
            "tensor .detach().cpu().numpy()"
        )
    if isinstance(source, Iterable) and not isinstance(source, bytes | dict | set):
        return _several(source, storage_options)
    raise TypeError(
        f"cannot tally a {type(source).__name__}; a source is a path, a glob, a folder or a list of them, a Polars "
        "frame, a file object, an object with __arrow_c_stream__ or __arrow_c_array__, an iterable of those, or a "
        "2-D array" + _hint(source)
    )


def _hint(source: object) -> str:
    if isinstance(source, dict):
        return "; pass a dict of columns as pl.DataFrame(...)"
    # That of fsspec, which is no file until it is opened.
    return "; pass what its open() returns" if type(source).__name__ == "OpenFile" else ""


def forbid_options(source: object) -> None:
    """Fails where ``storage_options`` are said of what is in no store."""
    given = source if isinstance(source, list | tuple) else [source]
    paths = [os.fspath(item) for item in given if isinstance(item, str | os.PathLike)]
    if not any(isinstance(path, str) and is_address(path) for path in paths):
        raise ValueError("storage_options= are for addresses of object stores, such as s3://bucket/run; there is none")


def _several(source: Iterable[Any], storage_options: Mapping[str, Any] | None) -> Source:
    if isinstance(source, list | tuple):
        if not source:
            raise ValueError("the source is an empty list")
        single = len(source) == 1
        files = [
            of_file_object(item, None if single else at) if is_file_object(item) else item
            for at, item in enumerate(source)
        ]
        if all(isinstance(item, str | os.PathLike) for item in files):
            return Files(files, storage_options)
    return Stream(source)


def _is_arrow(source: object) -> bool:
    return hasattr(source, "__arrow_c_stream__") or hasattr(source, "__arrow_c_array__")


def _as_batches(item: object) -> _core.Batches:
    if not _is_arrow(item):
        hint = "; pass nested lists as np.array(...)" if isinstance(item, list | tuple) else ""
        hint = "; pass a list of rows as pl.DataFrame(...)" if isinstance(item, dict) else hint
        hint = "; pass files as a list, of nothing else" if is_file_object(item) else hint
        raise TypeError(f"an iterable source yields Arrow record batches, not {type(item).__name__}{hint}")
    if isinstance(item, pl.DataFrame):
        return _core.Batches.of_columns(*split(item.with_columns(WITHOUT_NULL_TYPE)))
    return _core.Batches(item)
