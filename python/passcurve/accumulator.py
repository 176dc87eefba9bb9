"""Counting while samples are drawn."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import polars as pl

from passcurve import _core
from passcurve._choices import OnDuplicate, OnNull, OnNullId
from passcurve._columns import as_columns, forbid_missing
from passcurve._details import details_of
from passcurve._parts import fresh, signed
from passcurve._policies import check_policies
from passcurve._roles import Roles, request_of, roles_of
from passcurve._sources import Frame
from passcurve._tallying import provenance_of
from passcurve._unused import ungrouped, unsampled
from passcurve._vocabulary import check_vocabulary
from passcurve.errors import DataError
from passcurve.tally import Tally

if TYPE_CHECKING:
    from collections.abc import Sequence


class Accumulator:
    """A tally that a pipeline feeds while it samples, and looks at when it likes.

    The words are those of `passcurve.tally`. Memory grows with the distinct keys (and, with ``sample``, with the
    samples), not with what was added. It may be shared by threads.

    >>> counts = pk.Accumulator(problem="problem", verdict="correct")
    >>> counts.add([{"problem": "p1", "correct": True}, {"problem": "p1", "correct": False}])
    >>> counts.add({"problem": ["p1", "p2"], "correct": [True, False]})
    >>> counts.rows
    4
    >>> counts.tally().frame.rows()
    [('p1', 3, 2), ('p2', 1, 0)]
    """

    def __init__(
        self,
        *,
        problem: str | Sequence[str] | None = None,
        verdict: str | None = None,
        by: str | Sequence[str] | None = None,
        sample: str | None = None,
        answer: str | None = None,
        reward: str | None = None,
        threshold: float | None = None,
        passing: str | Sequence[str] | None = None,
        failing: str | Sequence[str] | None = None,
        on_null: OnNull = "error",
        on_null_id: OnNullId = "error",
        on_duplicate: OnDuplicate = "error",
        threads: int | None = None,
        memory_limit: int | str | None = None,
    ) -> None:
        policies = {"on_null": on_null, "on_null_id": on_null_id, "on_duplicate": on_duplicate, "partial": "error"}
        check_policies(policies, tells_samples=sample is not None)
        check_vocabulary(threshold, passing, failing)
        names = {"problem": problem, "verdict": verdict, "by": by, "sample": sample, "answer": answer, "reward": reward}
        self._names: dict[str, Any] = names
        self._policies = policies
        self._rules: dict[str, Any] = {"threshold": threshold, "passing": passing, "failing": failing}
        self._means: dict[str, Any] = {"threads": threads, "memory_limit": memory_limit}
        self._lock = threading.Lock()
        self._roles: Roles | None = None
        self._columns: list[str] = []
        self._counting: _core.BatchTally | None = None
        self._rows = 0
        # One id for all snapshots, for a later one holds the samples of those before.
        self._part = fresh()
        self._broken: BaseException | None = None

    def __repr__(self) -> str:
        names = {role: ",".join(as_columns(name, role)) for role, name in self._names.items()}
        said = ", ".join(f"{role}={name}" for role, name in names.items() if name)
        return f"Accumulator: {self._rows:,} rows{' of ' + said if said else ''}"

    @property
    def rows(self) -> int:
        """Rows that were added."""
        return self._rows

    def add(self, rows: pl.DataFrame | pl.LazyFrame | Any) -> None:
        """Counts rows: a Polars frame, an Arrow table or batch, a dict of columns, or a list of dicts.

        The columns are found at the first call that has any, as `passcurve.tally` finds them. Rows that are refused are
        not counted, none of them, and what was added before stays.

        Raises:
            DataError: the rows are bad. A sample that came in an earlier call shows when the tally is looked at.
            ValueError: a column is missing, or the call of the accumulator is wrong.
            MemoryLimitError: the counts outgrew ``memory_limit``; some of these rows are in them, so that nothing more
                can be added or looked at.
        """
        if isinstance(rows, list | tuple) and not rows:
            return
        frame = _frame(rows)
        with self._lock:
            self._forbid_broken()
            roles = self._roles or roles_of(frame.columns, **self._names)
            forbid_missing(roles.wanted, frame.columns, "the rows")
            _forbid_mixtures(rows, frame.select(roles.wanted))
            request = request_of(roles, self._policies, **self._rules, **self._means)
            # In one piece, so that what does not fit with earlier rows shows before any is counted.
            source = Frame(frame.select(roles.wanted).rechunk())
            # What is wrong with the rows themselves shows in a tally of their own, before any is counted.
            _insert(_core.BatchTally(request), source, roles).finish()
            counting = self._counting or _core.BatchTally(request)
            try:
                _insert(counting, source, roles)
            except (DataError, ValueError):
                raise
            except BaseException as error:
                self._broken = error
                raise
            self._roles, self._counting, self._rows = roles, counting, self._rows + frame.height
            self._columns = self._columns or frame.columns

    def tally(self) -> Tally:
        """The counts so far; more may be added afterwards.

        Raises:
            ValueError: nothing was added, or a call before ended halfway.
            MemoryLimitError: the counts outgrew ``memory_limit``.
            DataError: a sample came twice against ``on_duplicate``; its row is counted over all that was added.
        """
        with self._lock:
            self._forbid_broken()
            if self._counting is None or self._roles is None:
                raise ValueError("nothing was added yet")
            roles = self._roles
            request = request_of(roles, self._policies, **self._rules, **self._means)
            try:
                table, cells, counters = self._counting.so_far()
            except DataError:
                raise
            except BaseException as error:
                self._broken = error
                raise
        provenance = provenance_of(
            request,
            counters,
            (),
            ignored=(),
            ungrouped=ungrouped(self._columns, roles.wanted),
            unsampled=unsampled(Frame(pl.DataFrame()), self._columns, roles.wanted, roles.sample),
        )
        details = None if cells is None else details_of(pl.DataFrame(cells), roles.answer, roles.reward)
        counted = pl.DataFrame(table)
        provenance = signed(provenance, counted, self._part)
        return Tally._of(counted, tuple(roles.by), tuple(roles.problem), provenance, details)

    def _forbid_broken(self) -> None:
        if self._broken is not None:
            raise ValueError(
                f"an earlier add ended halfway ({type(self._broken).__name__}), and some of its rows are counted; "
                "begin with a new Accumulator"
            )


def _frame(rows: Any) -> pl.DataFrame:
    if isinstance(rows, pl.LazyFrame):
        return rows.collect()
    if isinstance(rows, pl.DataFrame):
        return rows
    if isinstance(rows, str | bytes):
        raise TypeError("add takes rows in memory; tally files by pk.tally, and merge the tallies")
    return pl.DataFrame(rows, infer_schema_length=None)


def _forbid_mixtures(rows: Any, frame: pl.DataFrame) -> None:
    """Of 7 and "7" in dicts Polars makes the same string."""
    if not isinstance(rows, list | tuple) or not all(isinstance(row, dict) for row in rows):
        return
    for name in (name for name, kind in frame.schema.items() if kind == pl.String):
        for at, row in enumerate(rows):
            if not isinstance(value := row.get(name), str | None):
                raise DataError(
                    f"row {at}, column `{name}`: {value!r} is no string, as others are; make them of one type"
                )


def _insert(counting: _core.BatchTally, source: Frame, roles: Roles) -> _core.BatchTally:
    for batches in source.batches(roles.wanted):
        counting.insert(batches, None)
    return counting
