"""The counts of a log, and what can be said from them."""

from __future__ import annotations

import html
import inspect
import io
import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import polars as pl

from passcurve._checks import one_of
from passcurve._choices import OnRepeat
from passcurve._columns import as_columns, forbid_overlap
from passcurve._counts import check_counts
from passcurve._details import Details
from passcurve._objects import contents
from passcurve._parts import signed
from passcurve._paths import forbid_overwriting, one_file, write
from passcurve._saved import METADATA, content_of, read
from passcurve.compare import Comparing
from passcurve.diagnose import Diagnosing
from passcurve.extrapolate import Extrapolating
from passcurve.filtering import Filtering
from passcurve.metrics import Metrics
from passcurve.plan import Plan
from passcurve.plot import Plotting
from passcurve.provenance import VERSION, Provenance
from passcurve.report import Reporting
from passcurve.sampled import Sampled
from passcurve.variance import Variance

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping, Sequence


class Tally(Comparing, Diagnosing, Extrapolating, Filtering, Metrics, Plan, Plotting, Reporting, Sampled, Variance):
    """Per problem, n samples of which c passed. Made by `passcurve.tally`, `Tally.from_counts` or `Tally.read_parquet`.

    A tally is small, frozen, and adds up: ``a.merge(b)`` of two logs equals the tally of both logs. It hands itself
    to Polars, pyarrow and DuckDB through ``__arrow_c_stream__``.
    """

    __slots__ = ("_provenance",)

    _provenance: Provenance

    def __init__(self) -> None:
        raise TypeError("a Tally is made by passcurve.tally(...), Tally.from_counts(...) or Tally.read_parquet(...)")

    @classmethod
    def _of(
        cls,
        table: pl.DataFrame,
        by: tuple[str, ...],
        problem: tuple[str, ...],
        provenance: Provenance,
        details: Details | None = None,
    ) -> Tally:
        tally = object.__new__(cls)
        # Problems whose samples were all skipped stay in the table, so that merging keeps its laws.
        tally._table = table
        tally._by, tally._problem, tally._details = by, problem, details
        ungrouped = tuple(name for name in provenance.ungrouped if name not in by)
        # Not by an expression: on Ctrl-C Polars' engine raises twice.
        empty = int((table["n"] == 0).sum())
        tally._provenance = replace(provenance, empty_problems=empty, ungrouped=ungrouped)
        return tally

    @property
    def provenance(self) -> Provenance:
        """Where the counts come from."""
        return self._provenance

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Tally):
            return NotImplemented
        same_keys = (self._by, self._problem) == (other._by, other._problem)
        same_details = (self.answer, self.reward) == (other.answer, other.reward) and _same(self.details, other.details)
        return same_keys and _same(self._table, other._table) and same_details

    __hash__ = None  # type: ignore[assignment]

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        return self.frame.__arrow_c_stream__(requested_schema)

    def __repr__(self) -> str:
        return f"Tally of {self._summary()}\n{self.frame}"

    def _repr_html_(self) -> str:
        return f"<p><b>Tally</b> of {html.escape(self._summary())}</p>{self.frame._repr_html_()}"

    def _summary(self) -> str:
        frame = self.frame
        samples, passed = int(frame["n"].sum()), int(frame["c"].sum())
        parts = [_number(frame.height, "problem")]
        if self._by:
            groups = _number(frame.select(self._by).n_unique(), "group")
            parts = [f"{_number(frame.height, 'key')} in {groups} ({', '.join(self._by)})"]
        if frame.height:
            low, high = frame.select(low=pl.col("n").min(), high=pl.col("n").max()).row(0)
            each = f"n {low}" if low == high else f"n {low} to {high}"
            parts.append(f"{_number(samples, 'sample')} ({each}), {passed:,} passed")
        if self._details is not None:
            parts.append(f"with {' and '.join(self._details.names)} kept")
        refused, empty = self._provenance.refused, self._provenance.empty_problems
        cut = self._provenance.partial_lines
        parts += [f"{_number(refused, 'row')} left out"] * bool(refused)
        parts += [f"{_number(cut, 'cut line')} left out"] * bool(cut)
        parts += [f"column {name!r} not in by=" for name in self._provenance.ungrouped]
        parts += [f"column {name!r} not in sample=" for name in self._provenance.unsampled]
        parts += [f"{_number(empty, 'problem')} without samples"] * bool(empty)
        return ", ".join(parts)

    @classmethod
    def from_counts(
        cls,
        frame: pl.DataFrame | pl.LazyFrame | Any,
        *,
        problem: str | Sequence[str] = "problem",
        n: str = "n",
        c: str = "c",
        by: str | Sequence[str] | None = None,
    ) -> Tally:
        """A tally from counts that exist already.

        Args:
            frame: one row a key: a Polars frame, or what ``pl.DataFrame`` takes.
            problem: the column or columns that name the problem.
            n: the column of samples, integers, not null.
            c: the column of samples that passed, integers, not null, at most ``n``.
            by: the column or columns of groups.

        Raises:
            DataError: a count is null, negative or not an integer, c > n, a key is null or comes twice.
            ValueError: a column is not there.

        >>> pk.Tally.from_counts(pl.DataFrame({"problem": ["a", "b"], "n": [8, 8], "c": [3, 0]}))
        Tally of 2 problems, 16 samples (n 8), 3 passed
        shape: (2, 3)
        ┌─────────┬─────┬─────┐
        │ problem ┆ n   ┆ c   │
        │ ---     ┆ --- ┆ --- │
        │ str     ┆ i64 ┆ i64 │
        ╞═════════╪═════╪═════╡
        │ a       ┆ 8   ┆ 3   │
        │ b       ┆ 8   ┆ 0   │
        └─────────┴─────┴─────┘
        """
        data = frame.collect() if isinstance(frame, pl.LazyFrame) else pl.DataFrame(frame)
        groups, problems = as_columns(by, "by"), as_columns(problem, "problem")
        forbid_overlap({"by": groups, "problem": problems})
        table = check_counts(data, [*groups, *problems], n, c)
        provenance = Provenance(rows=int(table["n"].sum()), policies={"source": "counts"}, version=VERSION)
        return cls._of(table, tuple(groups), tuple(problems), signed(provenance, table))

    def merge(self, other: Tally, *, on_repeat: OnRepeat = "error") -> Tally:
        """The tally of both logs: counts of equal keys add up.

        It is associative and commutative, and an empty tally changes nothing. Samples are told apart within each
        log only: what both logs hold is counted twice. Many at once are merged by `passcurve.merge`.

        Args:
            other: the other tally.
            on_repeat: what a part that is in both is (`Provenance.parts`), or a file that was counted for both:
                "error", or "count" to count both.

        Raises:
            ValueError: the key columns differ, or one keeps answers or rewards and the other does not.
            DataError: a part is in both; a key column holds strings here and numbers there.
        """
        if not isinstance(other, Tally):
            raise TypeError(f"a Tally merges with a Tally, not with a {type(other).__name__}")
        from passcurve._merging import Sum  # noqa: PLC0415 (it makes tallies)

        one_of("on_repeat", on_repeat, OnRepeat)
        adding = Sum(on_repeat)
        adding.add(self, "one tally")
        adding.add(other, "the other")
        return adding.tally()

    def drop_details(self) -> Tally:
        """The same counts without answers and rewards."""
        return Tally._of(self._table, self._by, self._problem, self._provenance)

    def with_by(self, **values: str | int | bool) -> Tally:
        """The same counts with more ``by`` columns, in front, each of one value.

        It names the log of one model, so that tallies of several become one: two tallies of the same model add up,
        and those of different models stand side by side.

        Raises:
            ValueError: the column is there already, or is called n or c.
            TypeError: a value is not a string, an integer or a boolean.

        >>> base, rl = (pk.tally(log.filter(model=name).drop("model")) for name in ("base", "rl"))
        >>> base.with_by(model="base").merge(rl.with_by(model="rl")).frame.rows()
        [('base', 'p1', 3, 1), ('base', 'p2', 3, 0), ('rl', 'p1', 3, 3), ('rl', 'p2', 3, 0)]
        """
        for name, value in values.items():
            if name in self._table.columns:
                raise ValueError(f"there is a column {name!r} already")
            if not isinstance(value, str | int):
                raise TypeError(f"{name}= is a string, an integer or a boolean, not {value!r}")
        kinds = {str: pl.String, bool: pl.Boolean, int: pl.Int64}
        columns = [
            pl.lit(value, dtype=next(kind for of, kind in kinds.items() if isinstance(value, of))).alias(name)
            for name, value in values.items()
        ]
        table, details = self._table.select(*columns, pl.all()), self._details
        if details is not None:
            details = replace(details, table=details.table.select(*columns, pl.all()))
        return Tally._of(table, (*values, *self._by), self._problem, self._provenance, details)

    def write_parquet(self, path: str | os.PathLike[str], *, storage_options: Mapping[str, Any] | None = None) -> None:
        """Writes the counts, with the provenance in the file's metadata.

        A reader of ``path`` sees the old file or the whole new one: it is written beside, synced and renamed.

        Args:
            path: a path, or the address of an object in a store, which is put there whole.
            storage_options: what is said of the store, as of `passcurve.tally`.

        Raises:
            ValueError: ``path`` is one of the files that were counted.
            OSError: it cannot be written.
        """
        forbid_overwriting(path, (file.path for file in self._provenance.files))
        state: dict[str, object] = {"by": self._by, "problem": self._problem, "provenance": self._provenance.to_dict()}
        content, table = io.BytesIO(), self._table
        if self._details is not None:
            state |= {"answer": self.answer, "reward": self.reward}
            table = self._details.nest(table, self._key().names)
        table.write_parquet(content, metadata={METADATA: json.dumps(state)})
        write(path, content.getvalue(), storage_options)

    @classmethod
    def read_parquet(cls, path: str | os.PathLike[str], *, storage_options: Mapping[str, Any] | None = None) -> Tally:
        """Reads what `write_parquet` wrote.

        Args:
            path: a path, or the address of an object in a store.
            storage_options: what is said of the store, as of `passcurve.tally`.

        Raises:
            DataError: the file is not Parquet, or was not written by `write_parquet`.
        """
        [(file, content)] = contents([one_file(path, storage_options)], content_of)
        return cls._of(*read(file, content=content))


# What comes from a part of the class is a method of Tally in messages, and not of the part.
for _part in Tally.__mro__[1:-1]:
    for _name, _member in vars(_part).items():
        if inspect.isfunction(_member) and not _name.startswith("_"):
            _member.__qualname__ = f"Tally.{_name}"


def _same(ours: pl.DataFrame | None, theirs: pl.DataFrame | None) -> bool:
    if ours is None or theirs is None:
        return ours is theirs
    return ours.schema == theirs.schema and ours.equals(theirs)


def _number(count: int, word: str) -> str:
    return f"{count:,} {word}" if count == 1 else f"{count:,} {word}s"
