"""From a DataFrame of Spark to a tally."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from passcurve._columns import forbid_missing
from passcurve._spark.columns import Columns, check_order, check_types
from passcurve._spark.counts import counted
from passcurve._spark.errors import by_core, forbid
from passcurve._spark.results import tally_of, totals_of
from passcurve._spark.rows import rows_of
from passcurve._spark.verdicts import FAIL
from passcurve._unused import ungrouped, warn_of_pooling
from passcurve.provenance import SHOWN_VERDICTS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyspark.sql import DataFrame

    from passcurve import _core
    from passcurve._roles import Roles
    from passcurve._spark.rows import Rows
    from passcurve.tally import Tally

# ruff: noqa: N812, PLC0415


def count(
    df: DataFrame, columns: Columns, roles: Roles, request: _core._Request, order: Sequence[str], *, pools: bool
) -> Tally:
    """The tally of a log, by one query, and a second one for the strings that failed for not being in ``passing``."""
    names = columns.names
    forbid_missing([*roles.wanted, *order], names, "the log")
    check_types(columns, roles)
    check_order(columns, order)
    if pools:
        warn_of_pooling(ungrouped(names, roles.wanted))
    rows = rows_of(df, columns, roles, request, order)
    empty = by_core(_empty(rows), request, roles.wanted)
    added = pl.DataFrame(counted(rows).toArrow())
    totals = totals_of(added)
    forbid(rows, totals)
    return tally_of(rows, added, totals, _others(rows), empty=empty, columns=names, order=order)


def _empty(rows: Rows) -> pl.DataFrame:
    """No rows of the types of the log, of which the core says whether it can count them and what the tally holds."""
    plain = list(rows.names)
    frame = pl.DataFrame(rows.frame.select(*plain).limit(0).toArrow())
    return pl.DataFrame({rows.names[name]: frame[name] for name in plain})


def _others(rows: Rows) -> list[tuple[str, int]]:
    """The most frequent strings that failed for not being in ``passing``; ties by their bytes."""
    from pyspark.sql import functions as F

    is_text = rows.frame.schema["verdict"].dataType.typeName() == "string"
    if rows.request["passing"] is None or rows.request["failing"] is not None or not is_text:
        return []
    texts = rows.frame.filter(F.col("fate") == FAIL).groupBy("verdict").agg(F.count(F.lit(1)).alias("rows"))
    most = texts.orderBy(F.col("rows").desc(), F.col("verdict")).limit(SHOWN_VERDICTS)
    return [(str(text), int(number)) for text, number in pl.DataFrame(most.toArrow()).rows()]
