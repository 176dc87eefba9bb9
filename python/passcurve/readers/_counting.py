"""A log in its pipeline's format as what a tally counts."""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import polars as pl

from passcurve import _core
from passcurve._categories import split
from passcurve._counts import check_counts
from passcurve._objects import fetched_of, size_of
from passcurve.errors import DataError
from passcurve.provenance import Provenance, SourceFile
from passcurve.readers._log import Log, open_log
from passcurve.readers._reading import GROUPS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from passcurve.readers._format import Format


class Native:
    """The rows of a log in a format of its own."""

    def __init__(self, log: Log, policies: Mapping[str, str]) -> None:
        self.log = log
        self._policies = policies
        self._rows: Counter[str] = Counter()
        self._said: dict[str, type[pl.DataType]] = {}

    @property
    def holds_counts(self) -> bool:
        """Whether the log says n and c of a problem, and no verdicts."""
        return "n" in self.log.format.columns

    def columns(self) -> list[str]:
        """The columns of its rows."""
        shape = self.log.format
        kept = [name for name in ("reward", "answer") if shape.has(name)]
        return [*self.log.groups, "problem", *(["sample"] if self.samples else []), "correct", *kept]

    @property
    def samples(self) -> str | None:
        """The column of the sample's index, where the format has one."""
        return "sample" if self.log.format.splits or self.log.says("sample") else None

    def batches(self, wanted: list[str]) -> Iterator[_core.Batches]:
        """The wanted columns, part by part."""
        empty = True
        for path, frame in self.log.frames():
            with self.log.named(path):
                self._forbid_nulls(path, frame)
            self._rows[path] += frame.height
            empty = False
            missing = [pl.lit(None, self._kinds(name)).alias(name) for name in wanted if name not in frame.columns]
            whole = frame.with_columns(missing).with_columns(pl.col(pl.Null).cast(pl.Boolean))
            yield _core.Batches.of_columns(*split(whole.select(wanted)), path)
        if empty:
            yield _core.Batches.of_columns([(name, pl.Series(name, [], dtype=pl.Boolean)) for name in wanted])

    def _kinds(self, name: str) -> type[pl.DataType]:
        """The type of a column that a file does not say and others may."""
        if name not in self._said:
            self._said[name] = self.log.kind(name) or pl.Boolean
        return self._said[name]

    @property
    def again(self) -> bool:
        """Whether it is read again where a sample came twice."""
        return False

    def _forbid_nulls(self, path: str, frame: pl.DataFrame) -> None:
        """Names the file and the problem, which the rows of all files together could not."""
        shape = self.log.format
        if self._policies["on_null_id"] == "error" and (at := _first_null(frame["problem"])) is not None:
            raise DataError(
                f"{path}: a record (row {self._rows[path] + at} of those read of it) has no problem, to which "
                f'{shape.problem!r} should lead; say on_null_id="skip" to leave such records out'
            )
        missing = _first_null(frame["correct"]) if "correct" in frame.columns else 0 if frame.height else None
        if self._policies["on_null"] == "error" and missing is not None:
            raise DataError(
                f"{path}: a sample of problem {frame['problem'][missing]!r} has no verdict, to which {shape.verdict!r} "
                'should lead; mend that way, or say on_null="fail" to count such samples as failed, or on_null="skip" '
                "to leave them out"
            )

    def counts(self, by: Sequence[str]) -> pl.DataFrame:
        """The counts of a log that holds them.

        Raises:
            DataError: a problem comes twice in a group.
        """
        frames = []
        for path, frame in self.log.frames():
            self._rows[path] += frame.height
            frames.append(frame.select(*by, "problem", "n", "c", source=pl.lit(path)))
        if not frames:
            return pl.DataFrame(schema={**dict.fromkeys([*by, "problem"], pl.String), "n": pl.Int64, "c": pl.Int64})
        whole = pl.concat(frames, how="vertical_relaxed")
        twice = whole.filter(pl.struct(*by, "problem").is_duplicated())
        if not twice.is_empty():
            key = ", ".join(f"{name} {twice[name][0]!r}" for name in (*by, "problem"))
            copies = twice.filter(pl.col("problem") == twice["problem"][0])["source"]
            places = " and ".join(dict.fromkeys(copies.head(2)))
            pooled = [name for name in self.log.groups if name not in by]
            more = f", and by= leaves out {', '.join(pooled)}, by which they may differ" if pooled else ""
            raise DataError(f"{places}: {key} comes twice; a file that was appended to holds two runs: keep one{more}")
        return check_counts(whole, [*by, "problem"], "n", "c")

    def files(self) -> tuple[SourceFile, ...]:
        """The files that were read, with their rows."""
        name = self.log.format.name
        return tuple(
            SourceFile(
                path=str(path), format=name, bytes=size_of(path), rows=self._rows[path], fetched=fetched_of(path)
            )
            for path in self.log.paths
        )


def native(
    source: object,
    format: str | Format,
    threshold: float | None,
    passing: Sequence[str],
    *,
    policies: Mapping[str, str],
    options: Mapping[str, str] | None,
    threads: int | None,
    storage_options: Mapping[str, Any] | None,
) -> Native:
    """A log by its format.

    Raises:
        TypeError: the source is no path and no list of paths.
    """
    several = isinstance(source, list | tuple) and all(isinstance(item, str | os.PathLike) for item in source)
    if not (isinstance(source, str | os.PathLike) or (several and source)):
        kind = type(source).__name__
        raise TypeError(f"format= is for files: a path, a glob, a folder or a list of them, not {kind}")
    log = open_log(
        source,  # type: ignore[arg-type]
        format,
        threshold=threshold,
        passing=tuple(passing),
        skip_partial=policies["partial"] == "skip",
        options=options,
        storage_options=storage_options,
    )
    log.ahead = threads != 1
    return Native(log, policies)


def _first_null(values: pl.Series) -> int | None:
    return int(values.is_null().arg_true()[0]) if values.null_count() else None


def groups_of(read: Native, by: list[str] | None) -> list[str]:
    """The groups that are kept apart: all that the log says, unless the call names them.

    Raises:
        ValueError: the log does not say one of them.
    """
    if by is None:
        return read.log.groups
    unknown = [name for name in by if name not in read.log.groups]
    if unknown:
        raise ValueError(
            f"by={unknown[0]!r}: of a log of {read.log.format.name} these can be told apart here: "
            f"{', '.join(read.log.groups) or 'none'} (of {', '.join(GROUPS)})"
        )
    return by


def forbid_roles(problem: object, verdict: object, failing: object) -> None:
    """Fails where the call names what the format says.

    Raises:
        ValueError: with the way out.
    """
    for name, value in (("problem", problem), ("verdict", verdict), ("failing", failing)):
        if value is not None:
            raise ValueError(
                f"{name}= is said by the format; describe another one by pk.Format(...), or leave out format="
            )


def forbid_samples(read: Native, **roles: str | None) -> None:
    """Fails where the call asks for what a log of counts does not hold.

    Raises:
        ValueError: with the role.
    """
    for name, column in roles.items():
        if column is not None:
            raise ValueError(
                f"{name}= is of samples, and this log of {read.log.format.name} holds no samples but n and c; "
                f"leave out {name}="
            )


def told(provenance: Provenance, read: Native) -> Provenance:
    """The provenance with what the reader left out and noted."""
    reading = read.log.reading
    return replace(
        provenance,
        partial_lines=provenance.partial_lines + reading.partial,
        left_out=dict(sorted(reading.left_out.items())),
        notes=tuple(reading.notes),
        policies={**provenance.policies, "format": reading.format.name},
    )
