"""From what Spark added up to a tally."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, cast

import polars as pl
import polars.selectors as cs

from passcurve._details import details_of
from passcurve._parts import signed
from passcurve._sources import Frame
from passcurve._spark.errors import Totals
from passcurve._spark.verdicts import PRECISE, real
from passcurve._tallying import provenance_of
from passcurve._unused import ungrouped, unsampled, warn_of_no_rows
from passcurve._vocabulary import warn_of_others
from passcurve.errors import DataError
from passcurve.tally import Tally

if TYPE_CHECKING:
    from collections.abc import Sequence

    from passcurve import _core
    from passcurve._details import Details
    from passcurve._spark.rows import Rows


def totals_of(added: pl.DataFrame) -> Totals:
    """The rows by what became of them."""
    kept = held(added)
    of_all = {name: int(kept[name].sum()) for name in added.columns if name in Totals.__annotations__}
    rows = int(added["rows"].sum())
    return Totals(**{**of_all, "rows": rows, "lost": rows - int(kept["rows"].sum())})


def held(added: pl.DataFrame) -> pl.DataFrame:
    """The groups whose key has no null."""
    return added.filter(pl.all_horizontal(cs.starts_with("key_").is_not_null()))


def tally_of(
    rows: Rows,
    added: pl.DataFrame,
    totals: Totals,
    others: Sequence[tuple[str, int]],
    *,
    empty: _core._Counted,
    columns: Sequence[str],
    order: Sequence[str],
) -> Tally:
    """The tally of what was added up, in the types of the empty one that the core makes."""
    roles, request = rows.roles, rows.request
    table, details = _tables(rows, held(added), empty)
    counters = cast(
        "_core._Counters",
        {
            "rows": totals.rows,
            "nulls": totals.nulls,
            "null_ids": totals.lost,
            "duplicates": totals.copies,
            "partial_lines": 0,
            "others": list(others),
        },
    )
    provenance = provenance_of(
        request,
        counters,
        (),
        ignored=(),
        ungrouped=ungrouped(columns, roles.wanted),
        unsampled=unsampled(Frame(pl.DataFrame()), columns, roles.wanted, roles.sample),
    )
    if order:
        provenance = replace(provenance, policies={**provenance.policies, "order": ", ".join(order)})
    warn_of_no_rows(provenance.rows)
    warn_of_others(request["passing"] or [], int(table["c"].sum()), provenance.other_verdicts)
    return Tally._of(table, tuple(roles.by), tuple(roles.problem), signed(provenance, table), details)


def _tables(rows: Rows, added: pl.DataFrame, empty: _core._Counted) -> tuple[pl.DataFrame, Details | None]:
    """The counts by key, and by key, answer and reward where these are kept."""
    cells = added.select(
        *[pl.col(plain).alias(rows.names[plain]) for plain in [*rows.keys, *rows.details]],
        pl.col("n"),
        pl.col("passed").alias("c"),
    )
    key = [rows.names[plain] for plain in rows.keys]
    table = _typed(cells.group_by(key).agg(pl.col("n", "c").sum()), pl.DataFrame(empty[0]).schema).sort(key)
    if empty[1] is None:
        return table, None
    own = [*key, *[rows.names[plain] for plain in rows.details]]
    cells = _typed(cells.filter(pl.col("n") > 0), pl.DataFrame(empty[1]).schema)
    # -0 is 0, and decimals may be the same float.
    cells = cells.with_columns(pl.col(pl.Float64) + 0.0).group_by(own).agg(pl.col("n", "c").sum()).sort(own)
    return table, details_of(cells, rows.roles.answer, rows.roles.reward)


def _typed(frame: pl.DataFrame, schema: pl.Schema) -> pl.DataFrame:
    """The ids, answers and rewards in the types that the core gives them."""
    for name, kind in schema.items():
        here = frame.schema[name]
        if here == pl.Null and kind == pl.Boolean:
            continue  # ids that are all null, which the core was handed as booleans
        # Answers have no type in a log without rows.
        wanted = (pl.Float64 if here.is_float() else pl.Int64) if kind == pl.Null else kind
        if isinstance(here, pl.Decimal) and wanted == pl.Float64:
            frame = frame.with_columns(_reals(frame[name], here.scale))
        elif isinstance(here, pl.Decimal):
            frame = frame.with_columns(_whole(frame[name]))
        elif here.is_float() or kind != pl.Null:
            frame = frame.with_columns(pl.col(name).cast(wanted))
    return frame


def _whole(values: pl.Series) -> pl.Series:
    try:
        return values.cast(pl.Int64)
    except pl.exceptions.InvalidOperationError:
        raise DataError(f"column `{values.name}`: ids are integers above 2^63; cast them to strings") from None


def _reals(values: pl.Series, scale: int) -> pl.Series:
    unscaled = [None if value is None else int(value.scaleb(scale, PRECISE)) for value in values]
    return pl.Series(values.name, [None if value is None else real(value, scale) for value in unscaled], pl.Float64)
