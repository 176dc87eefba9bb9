"""Many tallies as one."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from passcurve import _saved
from passcurve._checks import one_of
from passcurve._choices import OnRepeat
from passcurve._counts import add, forbid_mixed
from passcurve._details import Details
from passcurve._objects import Ranges, contents
from passcurve._parts import WHOLE, Seen, within
from passcurve._paths import expand
from passcurve._ranges import check_range, within_range
from passcurve.errors import DataError
from passcurve.provenance import total
from passcurve.tally import Tally

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence

    import polars as pl

    from passcurve._parts import Bounds
    from passcurve.provenance import Provenance

SUFFIXES = (".parquet", ".pq")
RUN_ROWS = 1 << 20
"""Rows of tables that wait to be added up, at the least."""


def merge(
    source: Tally | str | os.PathLike[str] | Iterable[Tally | str | os.PathLike[str]],
    *,
    on_repeat: OnRepeat = "error",
    problem_range: tuple[int | str | None, int | str | None] | None = None,
    storage_options: Mapping[str, Any] | None = None,
) -> Tally:
    """The tally of many logs, from a tally of each: counts of equal keys add up.

    It is `Tally.merge` for any number: associative, commutative, the same bits in any order, and an empty tally changes
    nothing. Tables are added up in runs, so that memory follows the result and not the number of tallies.

    Args:
        source: a path, glob or folder of saved tallies (`Tally.write_parquet`), a tally, or an iterable of these, which
            may be a generator. In folders other files than .parquet and .pq are not read, and listed in the provenance.
        on_repeat: what a part is that comes twice (`Provenance.parts`), or a file that was counted for two of them:
            "error", or "count" to count both. A part without an id, as those saved by an earlier version, is not
            looked for, nor are samples: what two logs hold is counted twice.
        problem_range: (lower, upper) for the problems from lower on and below upper, by the first ``problem`` column;
            None is an open end. The tallies of neighbouring ranges, made on different machines, merge to that of all.
            What is not of a problem (the provenance's files and rows) goes with the range that is open below.
        storage_options: what is said of the store where tallies are given by their addresses, as of `passcurve.tally`.

    Raises:
        DataError: a part comes twice; a file is no saved tally or a damaged one, which is named; a key column holds
            strings here and numbers there.
        ValueError: there is nothing to merge; the key columns differ, or one keeps answers or rewards and another does
            not; the bounds of the range are of another type than the problems.
        FileNotFoundError: no such file, or no file matches.

    >>> for name in ("base", "rl"):
    ...     pk.tally(log.filter(model=name), by="model").write_parquet(tmp / f"{name}.parquet")
    >>> pk.merge(tmp).frame.rows()
    [('base', 'p1', 3, 1), ('base', 'p2', 3, 0), ('rl', 'p1', 3, 3), ('rl', 'p2', 3, 0)]
    >>> pk.merge(tmp, problem_range=("p2", None)).frame.rows()
    [('base', 'p2', 3, 0), ('rl', 'p2', 3, 0)]
    """
    one_of("on_repeat", on_repeat, OnRepeat)
    bounds = check_range(problem_range)
    adding = Sum(on_repeat, bounds)
    ignored: list[str] = []
    files: dict[Hashable, str] = {}
    for place, item in _items(source):
        if isinstance(item, Tally):
            adding.add(item, place)
            continue
        paths, others = expand([item], SUFFIXES, storage_options)
        ignored += others
        for path, content in contents(paths, _saved.content_of):
            if on_repeat == "error":
                _forbid_repeat(path, files)
            adding.add_file(path, content)
    return adding.tally(ignored if bounds[0] is None else [])


class Sum:
    """Tallies added up as they come."""

    def __init__(self, on_repeat: OnRepeat, bounds: Bounds = WHOLE) -> None:
        self._bounds = bounds
        self._seen = Seen() if on_repeat == "error" else None
        self._first: tuple[Tally, str] | None = None
        self._kinds: dict[str, tuple[pl.DataType, str]] = {}
        self._sources: list[Provenance] = []
        self._tables: list[pl.DataFrame] = []
        self._cells: list[pl.DataFrame] = []
        self._empty: list[Tally] = []
        self._waiting = self._done = 0

    def add_file(self, path: str, content: bytes | None = None) -> None:
        """Another tally, of a file, whose content may be at hand."""
        saved = _saved.read(path, self._bounds, content)
        source = saved.provenance if self._bounds == WHOLE else within(saved.provenance, self._bounds)
        tally = Tally._of(saved.table, saved.by, saved.problem, source, saved.details)
        self._add(tally, saved.provenance, path)

    def add(self, tally: Tally, place: str) -> None:
        """Another tally, called ``place`` in messages."""
        self._add(tally if self._bounds == WHOLE else _restricted(tally, self._bounds, place), tally.provenance, place)

    def _add(self, tally: Tally, whole: Provenance, place: str) -> None:
        first = self._first = self._first or (_without_rows(tally), place)
        _forbid_other_keys(*first, tally, place)
        # By the provenance of the whole, for that of a range may lack the files.
        if self._seen is not None:
            self._seen.add(whole, place)
        if _is_empty(tally):
            self._empty.append(tally)
            return
        cells = tally.details
        forbid_mixed(self._kinds, tally._table if cells is None else cells, _columns(tally), place)
        self._sources.append(tally.provenance)
        self._tables.append(tally._table)
        self._cells += [] if cells is None else [cells]
        self._waiting += _rows(tally._table, cells)
        # Waiting for as much as is there already, each row is added up a few times and not once a tally.
        if self._waiting > max(RUN_ROWS, self._done):
            self._run()

    def _run(self) -> None:
        first = self._first[0]  # type: ignore[index]  # there is one where something waits
        if len(self._tables) > 1:
            self._tables = [add(self._tables, [*first.by, *first.problem])]
        if len(self._cells) > 1:
            self._cells = [add(self._cells, _columns(first))]
        self._done, self._waiting = _rows(self._tables[0], *self._cells), 0

    def tally(self, ignored: Sequence[str] = ()) -> Tally:
        """The tally of all.

        Raises:
            ValueError: there were none.
        """
        if self._first is None:
            raise ValueError("there is nothing to merge: the source is empty")
        first = self._first[0]
        if not self._tables:
            self._tables = [tally._table for tally in self._empty]
            self._cells = [tally.details for tally in self._empty if tally.details is not None]
            self._sources = [tally.provenance for tally in self._empty]
        # One by itself stays as it is: files in the order that they were read.
        source = self._sources[0]
        if len(self._sources) > 1:
            self._run()
            source = total(self._sources)
        if ignored:
            source = replace(source, ignored=tuple(sorted([*source.ignored, *ignored])))
        details = Details(self._cells[0], first.answer, first.reward) if self._cells else None
        return Tally._of(self._tables[0], first._by, first._problem, source, details)


def _items(source: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(source, Tally | str | os.PathLike):
        source = [source]
    try:
        items = iter(source)
    except TypeError:
        raise TypeError(f"merge takes tallies and paths of saved ones, not a {type(source).__name__}") from None
    for at, item in enumerate(items):
        if not isinstance(item, Tally | str | os.PathLike):
            hint = "; counts become one by Tally.from_counts, logs by passcurve.tally"
            raise TypeError(
                f"item {at}: merge takes tallies and paths of saved ones, not a {type(item).__name__}{hint}"
            )
        yield f"item {at}", item


def _forbid_repeat(path: str, files: dict[Hashable, str]) -> None:
    """Fails for a file that was given before, whose tally may have no id; links do not hide it."""
    before = files.setdefault(path.identity if isinstance(path, Ranges) else os.path.realpath(path), path)
    if before is not path:
        raise DataError(f'the same file is given twice: {before} and {path}; say on_repeat="count" to count both')


def _forbid_other_keys(first: Tally, before: str, other: Tally, place: str) -> None:
    if (first.by, first.problem) != (other.by, other.problem):
        raise ValueError(
            f"the keys differ: by={list(first.by)}, problem={list(first.problem)} in {before} and by={list(other.by)}, "
            f"problem={list(other.problem)} in {place}"
        )
    if (first.answer, first.reward) != (other.answer, other.reward):
        here, there = (f"answer={tally.answer!r}, reward={tally.reward!r}" for tally in (first, other))
        raise ValueError(f"{before} keeps {here}, and {place} {there}; tally both logs alike, or drop_details() first")


def _restricted(tally: Tally, bounds: Bounds, place: str) -> Tally:
    def rows(frame: pl.DataFrame) -> pl.DataFrame:
        return within_range(frame, frame.schema, tally.problem[0], bounds, place)

    details = tally._details and replace(tally._details, table=rows(tally._details.table))
    return Tally._of(rows(tally._table), tally.by, tally.problem, within(tally.provenance, bounds), details)


def _without_rows(tally: Tally) -> Tally:
    """The keys of a tally, which need not be kept whole for them."""
    details = tally._details and replace(tally._details, table=tally._details.table.clear())
    return Tally._of(tally._table.clear(), tally.by, tally.problem, tally.provenance, details)


def _is_empty(tally: Tally) -> bool:
    source = tally.provenance
    return not (tally._table.height or source.rows or source.files or source.parts)


def _columns(tally: Tally) -> list[str]:
    return [*tally.by, *tally.problem, *(tally._details.names if tally._details else ())]


def _rows(table: pl.DataFrame, cells: pl.DataFrame | None = None) -> int:
    return table.height + (0 if cells is None else cells.height)
