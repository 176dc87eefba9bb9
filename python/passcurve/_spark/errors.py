"""What is wrong in a log in Spark, in the words of the core, which is shown one such row.

A DataFrame has no row numbers, so that a message names the row by its ids. Of several it is the first by these.
"""

from __future__ import annotations

import datetime
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import polars as pl

from passcurve._progress import Progress
from passcurve._sources import Frame
from passcurve._spark.counts import samples
from passcurve._spark.verdicts import LOST, NULL
from passcurve._tallying import _count
from passcurve.errors import DataError, InternalError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pyspark.sql import Column

    from passcurve import _core
    from passcurve._spark.rows import Rows

# ruff: noqa: N812, PLC0415

FIRST = 'on_duplicate="first" to keep the first'
SAYS_WHICH = 'on_duplicate="first" and order= (the columns that say which row is first) to keep the first'


def by_core(frame: pl.DataFrame, request: _core._Request, wanted: list[str]) -> _core._Counted:
    """What the core counts in a frame, or says of it."""
    counted, _ = _count(Frame(frame), request, wanted, Progress(False))
    return counted


@dataclass(frozen=True)
class Totals:
    """Rows of a log by what became of them."""

    rows: int
    lost: int
    nulls: int
    bad: int
    lacking: int
    copies: int = 0
    clashes: int = 0
    ties: int = 0


def forbid(rows: Rows, totals: Totals) -> None:
    """Fails where there are rows that no policy allows.

    Raises:
        DataError: with the first of them by its ids, and their number.
        ValueError: the verdicts are strings, and the call does not say which pass.
    """
    from pyspark.sql import functions as F

    wrong: list[tuple[int, Column]] = []
    if rows.request["on_null_id"] == "error":
        wrong.append((totals.lost, F.col("fate") == LOST))
    wrong.append((totals.bad, rows.is_bad()))
    if rows.request["on_null"] == "error":
        wrong.append((totals.nulls, F.col("fate") == NULL))
    wrong.append((totals.lacking, rows.lacks_detail()))
    for number, which in wrong:
        if number:
            _forbid_row(rows, which, number)
    if totals.clashes or totals.ties:
        _forbid_copies(rows, totals)


def _forbid_row(rows: Rows, which: Column, number: int) -> None:
    plain = list(rows.names)
    first = rows.frame.filter(which).orderBy(*plain).limit(1).select(*plain)
    frame = pl.DataFrame(first.toArrow())
    if not frame.height:
        raise InternalError("a row was bad and is not found again; does the DataFrame give other rows each time?")
    # A reward may be the verdict too.
    named = {name: frame[kept] for kept, name in rows.names.items()}
    row = pl.DataFrame([values.alias(name) for name, values in named.items()])
    try:
        by_core(row, rows.request, rows.roles.wanted)
    except DataError as error:
        more = f" ({number:,} such rows)" if number > 1 else ""
        place = shown({name: row[name][0] for name in _ids(rows)})
        raise DataError(re.sub(r"^row 0, ", lambda _: f"{place}, ", str(error)) + more) from None
    raise InternalError("a row was bad and the core finds nothing wrong with it")


def _forbid_copies(rows: Rows, totals: Totals) -> None:
    from pyspark.sql import functions as F

    key = [*rows.keys, "sample"]
    found = samples(rows).filter(F.col("clash") | F.col("tie")).orderBy(*key).limit(1).select(*key, "live")
    frame = pl.DataFrame(found.toArrow())
    if not frame.height:
        raise InternalError("a sample came twice and is not found again; does the DataFrame give other rows each time?")
    named = frame.select(*[pl.col(plain).alias(rows.names[plain]) for plain in key])
    sample, copies = shown(named.row(0, named=True)), int(frame["live"][0])
    number = totals.clashes + totals.ties
    more = f" ({number:,} such samples)" if number > 1 else ""
    if totals.ties:
        raise DataError(
            f"the log: this sample ({sample}) has copies that differ in verdict, answer or reward and are first alike "
            f"by order=; name more columns in order=, or mend the log{more}"
        )
    what = f"comes {copies:,} times"
    if rows.request["on_duplicate"] == "agree":
        what = "has copies that differ in verdict, answer or reward"
    raise DataError(f"the log: this sample ({sample}) {what}; say {_way_out(rows, named)}{more}")


def _way_out(rows: Rows, sample: pl.DataFrame) -> str:
    """What the core says to do of a sample that comes twice with different verdicts."""
    plain: dict[str, Any] = {"threshold": None, "passing": None, "failing": None, "answer": None, "reward": None}
    request: Any = {**rows.request, **plain}
    verdict = rows.roles.verdict
    twice = pl.concat([sample.with_columns(pl.lit(passed).alias(verdict)) for passed in (True, False)])
    try:
        by_core(twice, request, twice.columns)
    except DataError as error:
        _, _, way_out = str(error).rpartition("; say ")
        return way_out.replace(FIRST, SAYS_WHICH)
    raise InternalError("a sample came twice and the core finds nothing wrong with it")


def _ids(rows: Rows) -> list[str]:
    return [rows.names[plain] for plain in [*rows.keys, *(["sample"] if rows.has_samples else [])]]


def shown(values: Mapping[str, Any]) -> str:
    """Ids as a person reads them, each after its column."""
    return ", ".join(f"{name} {_value(value)}" for name, value in values.items())


def _value(value: object) -> str:
    if isinstance(value, datetime.date):
        return value.isoformat()
    return json.dumps(value, ensure_ascii=False) if isinstance(value, str | bool | None) else str(value)
