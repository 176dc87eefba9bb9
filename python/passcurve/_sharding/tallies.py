"""Counts of a part of a log on their way to the tally of the whole."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import polars as pl

from passcurve._details import Details, details_of
from passcurve.errors import DataError
from passcurve.provenance import SHOWN_VERDICTS, VERSION, SourceFile

if TYPE_CHECKING:
    from collections.abc import Sequence

    from passcurve import _core

SHARD = "\0shard"
"""A name that no column of a user has."""

ADDED = ("rows", "nulls", "null_ids", "duplicates", "partial_lines")


@dataclass(frozen=True)
class Part:
    """The counts of some rows, and those of their answers and rewards."""

    table: pl.DataFrame
    cells: pl.DataFrame | None

    @classmethod
    def of(cls, request: _core._Request, table: Any, cells: Any | None) -> Part:
        """What the core counted."""
        details = None if cells is None else details_of(pl.DataFrame(cells), request["answer"], request["reward"])
        return cls(pl.DataFrame(table), None if details is None else details.table)

    def details(self, request: _core._Request) -> Details | None:
        """The answers and rewards, as a tally has them."""
        return None if self.cells is None else details_of(self.cells, request["answer"], request["reward"])

    def marked(self, shard: int) -> Part:
        """With the number of its shard at each key."""
        return Part(self.table.with_columns(pl.lit(shard, dtype=pl.Int64).alias(SHARD)), self.cells)


@dataclass(frozen=True, kw_only=True)
class Account:
    """What became of the rows of a part, and what is to be checked of it beside those of other parts."""

    name: str
    schema: dict[str, pl.DataType]
    counters: dict[str, int]
    others: dict[str, int] = field(default_factory=dict)
    files: tuple[SourceFile, ...] = ()
    version: str = VERSION

    def merge(self, other: Account) -> Account:
        """That of both parts.

        Raises:
            DataError: a column holds ids of one kind here and of another there.
        """
        forbid_mixed([self, other])
        return Account(
            name=self.name,
            schema={name: _wider(kind, other.schema[name]) for name, kind in self.schema.items()},
            counters={name: self.counters[name] + other.counters[name] for name in ADDED},
            others=dict(Counter(self.others) + Counter(other.others)),
            files=self.files + other.files,
        )

    def told(self) -> _core._Counters:
        """The counters as the core gives them for a whole log."""
        frequent = sorted(self.others.items(), key=lambda item: (-item[1], item[0]))[:SHOWN_VERDICTS]
        rows, nulls, null_ids, duplicates, partial_lines = (self.counters[name] for name in ADDED)
        return {
            "rows": rows,
            "nulls": nulls,
            "null_ids": null_ids,
            "duplicates": duplicates,
            "partial_lines": partial_lines,
            "others": frequent,
        }


def schema_of(part: Part) -> dict[str, pl.DataType]:
    """The types of the ids, answers and rewards."""
    both = part.table.schema if part.cells is None else {**part.table.schema, **part.cells.schema}
    return {name: kind for name, kind in both.items() if name not in {"n", "c", SHARD}}


def forbid_mixed(accounts: Sequence[Account]) -> None:
    """Fails on the first part whose ids are of another kind than those of the parts before it."""
    seen: dict[str, tuple[pl.DataType, str]] = {}
    for account in accounts:
        for name, kind in account.schema.items():
            if kind == pl.Null:
                continue
            before, where = seen.setdefault(name, (kind, account.name))
            if kind != before and not (kind.is_integer() and before.is_integer()):
                raise DataError(
                    f"column `{name}` holds {_described(kind)} in {account.name}, and {_described(before)} in {where}; "
                    "cast it to one type"
                )


def added(parts: Sequence[Part], key: Sequence[str], kept: Sequence[str]) -> Part:
    """The parts as one: counts of equal keys add up. Their accounts say whether their ids are of one kind."""
    cells = [part.cells for part in parts if part.cells is not None]
    return Part(_added([part.table for part in parts], key), _added(cells, [*key, *kept]) if cells else None)


def joined(parts: Sequence[Part], key: Sequence[str], kept: Sequence[str]) -> Part:
    """The parts as one, where no two have a key in common; those that do stand side by side, if they are marked."""
    cells = [part.cells for part in parts if part.cells is not None]
    order = [*key, SHARD] if SHARD in parts[0].table.columns else [*key]
    table = stacked([part.table for part in parts]).sort(order)
    return Part(table, stacked(cells).sort([*key, *kept]) if cells else None)


def stacked(frames: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """The rows of all, their ids in a type that holds them.

    Raises:
        DataError: one has ids above 2^63 and another signed integers.
    """
    try:
        return pl.concat(frames, how="vertical_relaxed").with_columns(pl.col(pl.Int128).cast(pl.Int64))
    except pl.exceptions.InvalidOperationError:
        raise DataError("one shard has ids above 2^63 and another signed integers; cast them to one type") from None


def _added(frames: Sequence[pl.DataFrame], key: Sequence[str]) -> pl.DataFrame:
    return stacked(frames).group_by(key).agg(pl.col("n", "c").sum()).sort(key)


def _wider(here: pl.DataType, there: pl.DataType) -> pl.DataType:
    return there if here == pl.Null else here


def _described(kind: pl.DataType) -> str:
    return "strings" if kind == pl.String else str(kind)
