"""Files of a format as one log."""

from __future__ import annotations

import os
import re
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from passcurve._paths import expand
from passcurve.errors import DataError
from passcurve.readers._ahead import reading_ahead
from passcurve.readers._detecting import detect, likely
from passcurve.readers._format import Format
from passcurve.readers._reading import GROUPS, Reading, kind_of
from passcurve.readers.formats import FORMATS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

GO_ON = ("trl",)
"""Formats of which a file goes on from the one before it."""
NUMBER = re.compile(r"(\d+)\D*$")
EVERY_SUFFIX = tuple(dict.fromkeys(suffix for known in FORMATS.values() for suffix in known.suffixes))


@dataclass
class Log:
    """The files of a log, and how they are read."""

    paths: list[str]
    ignored: list[str]
    reading: Reading
    ahead: bool = True
    """Whether a thread reads what comes next."""

    @property
    def format(self) -> Format:
        """The format of all files."""
        return self.reading.format

    @property
    def groups(self) -> list[str]:
        """The columns that tell groups of this log apart."""
        return [name for name in GROUPS if self.says(name)]

    def frames(self) -> Iterator[tuple[str, pl.DataFrame]]:
        """The rows of each file, part by part."""
        with reading_ahead(self.paths) if self.ahead else nullcontext() as self.reading.ahead:
            for path in self.paths:
                with self.named(path):
                    for frame in self.reading.rows_of(path):
                        yield path, frame

    @contextmanager
    def named(self, path: str) -> Iterator[None]:
        """What is wrong with a file may be that it is of another format."""
        try:
            yield
        except DataError as error:
            name = likely(path)
            if name is None or name == self.format.name or self.format.name not in FORMATS:
                raise
            raise DataError(f"{error} (read as {self.format.name}; this looks like {name})") from None

    def kind(self, name: str) -> type[pl.DataType] | None:
        """The type of what the paths or tops of files say, for those that do not say it."""
        said = (self.reading.stated(path).get(name) for path in self.paths)
        return next((kind_of(value) for value in said if value is not None), None)

    def says(self, name: str) -> bool:
        """Whether a record or the path of a file says a model, step, dataset or sample."""
        if not self.format.has(name):
            return False
        way = getattr(self.format, name)
        inside = (way and not way.startswith("/")) or name in self.format.columns
        return bool(inside) or any(name in self.reading.stated(path) for path in self.paths)


def open_log(
    source: str | os.PathLike[str] | Sequence[str | os.PathLike[str]],
    format: str | Format,
    *,
    threshold: float | None = None,
    passing: tuple[str, ...] = (),
    skip_partial: bool = False,
    options: Mapping[str, Any] | None = None,
    storage_options: Mapping[str, Any] | None = None,
) -> Log:
    """The log that ``source`` names.

    Raises:
        ValueError: no format of this name.
        DataError: a file whose format is none that is known.
        FileNotFoundError: no such file, or none with a name of this format.
    """
    chosen = _named(format)
    options = dict(options or {})
    given = [source] if isinstance(source, str | os.PathLike) else list(source)
    suffixes = EVERY_SUFFIX if chosen is None else tuple(chosen.suffixes)
    paths, ignored = expand(given, suffixes, storage_options)
    named = {str(path) for path in given}
    if chosen is None:
        chosen = detect(_first(paths))
    _forbid_unknown(options, chosen)
    fits = [path for path in paths if path in named or _is_of(path, chosen)]
    if not fits:
        raise FileNotFoundError(f"no files of {chosen.name} among: {', '.join(paths[:5])}")
    others = [path for path in paths if path not in set(fits)]
    if chosen.name in GO_ON:
        fits = _in_order(fits)
    if format == "auto":
        _forbid_other_formats(others, chosen)
    ignored += others
    reading = Reading(
        chosen,
        threshold=chosen.threshold if threshold is None else threshold,
        passing=passing or tuple(chosen.passing),
        skip_partial=skip_partial,
        options=options,
    )
    log = Log(fits, ignored, reading)
    _note_unsaid(log)
    return log


def _note_unsaid(log: Log) -> None:
    """A group to which a way from the top leads in no file, or which the paths do not have as a user's format says."""
    shape = log.format
    for name in GROUPS:
        way = getattr(shape, name)
        asked = way.startswith("/") or (not way and shape.name not in FORMATS and name not in shape.columns)
        if asked and shape.has(name) and not log.says(name):
            led = f"{way!r} should lead" if way else "a group of path= should match"
            log.reading.note(f"no file says a {name}, to which {led}")


def _named(format: str | Format) -> Format | None:
    if isinstance(format, Format):
        return format
    if format == "auto":
        return None
    if format not in FORMATS:
        raise ValueError(f"format= is 'auto', a pk.Format, or one of {', '.join(FORMATS)}; not {format!r}")
    return FORMATS[format]


def _forbid_other_formats(paths: list[str], chosen: Format) -> None:
    """Which of several formats is meant is not to be told by which file comes first."""
    for path in paths:
        named = path.endswith(".eval") or any(known.files and _is_of(path, known) for known in FORMATS.values())
        if named and (name := likely(path)) not in {None, chosen.name}:
            raise DataError(
                f"{path}: this looks like {name}, beside files of {chosen.name}; say format= with one of the two, or "
                "give the files that are meant"
            )


def _forbid_unknown(options: Mapping[str, Any], format: Format) -> None:
    for name, value in options.items():
        if name not in format.options:
            known = ", ".join(format.options) or "none"
            raise ValueError(f"format_options= has {name!r}; {format.name} leaves open: {known}")
        choices = format.choices.get(name)
        if choices is not None and value not in choices:
            raise ValueError(f"format_options= has {name}={value!r}; {format.name} knows: {', '.join(choices)}")


def _first(paths: list[str]) -> str:
    """The first file that a format's own name fits, or else the first."""
    for path in paths:
        if any(known.files and re.search(known.files, path) for known in FORMATS.values()):
            return path
    return paths[0]


def _in_order(paths: list[str]) -> list[str]:
    """The files of each folder by the numbers at the ends of their names, of which one may have a digit more."""

    def number(path: str) -> int:
        match = NUMBER.search(Path(path).name)
        return -1 if match is None else int(match[1])

    folders = {folder: at for at, folder in reversed(list(enumerate(Path(path).parent for path in paths)))}
    return sorted(paths, key=lambda path: (folders[Path(path).parent], number(path)))


def _is_of(path: str, format: Format) -> bool:
    path = Path(path).as_posix()
    wanted = not format.files or re.search(format.files, path) is not None
    return wanted and not (format.skip and re.search(format.skip, path))
