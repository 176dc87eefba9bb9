"""pass@k, or the gap to pass@1, against k or against a column of steps, with intervals."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import altair as alt

from passcurve._plots.charts import Layers
from passcurve._plots.groups import GROUP, ORDERED, Look, look
from passcurve._plots.style import HEIGHT, WIDTH, styled

if TYPE_CHECKING:
    from collections.abc import Sequence

    import polars as pl

TITLES = {
    "pass_at_k": "pass@k (probability, mean over problems)",
    "gap": "pass@k - pass@1 (probability, mean over problems)",
}
ALONG = "along"
FEW = 16
DETAILS = ("estimate", "lower", "upper", "n_problems", "method")


def against_k(table: pl.DataFrame, by: Sequence[str], title: str) -> Layers:
    """A line a group over k on a log2 axis."""
    ks = table["k"].unique().sort().to_list()
    x = alt.X(
        "k",
        type="quantitative",
        scale=alt.Scale(type="log", base=2, domain=[ks[0], max(ks[-1], ks[0] + 1)], nice=False),
        axis=alt.Axis(values=_ticks(ks), grid=False, format="~d"),
        title="k (samples drawn per problem)",
    )
    drawn = look(table.select(*by, "k", *DETAILS), by)
    return _layers(drawn, x, alt.Tooltip("k", type="ordinal"), title)


def along_steps(table: pl.DataFrame, by: Sequence[str], along: str, title: str) -> Layers:
    """A line a k over the column ``along``, and a dash a group of the other ``by`` columns."""
    steps = table[along]
    kind: Any = "quantitative" if steps.dtype.is_numeric() else "temporal" if steps.dtype.is_temporal() else "ordinal"
    rest = [name for name in by if name != along]
    drawn = look(table.select(*rest, "k", *DETAILS), [*rest, "k"], ordered="k")
    drawn = replace(drawn, table=drawn.table.with_columns(steps.alias(ALONG)))
    scale = alt.Scale(nice=False, zero=False) if kind == "quantitative" else alt.Undefined
    known = steps.unique().sort().to_list()
    # Steps are seldom evenly spaced: a tick each, where they are few.
    ticks: Any = {"values": known} if kind == "quantitative" and len(known) <= FEW else {}
    x = alt.X(ALONG, type=kind, title=along, scale=scale, axis=alt.Axis(grid=False, **ticks), sort=None)
    return _layers(drawn, x, alt.Tooltip(ALONG, type=kind, title=along), title)


def _layers(drawn: Look, x: alt.X, place: alt.Tooltip, title: str) -> Layers:
    numbers = [alt.Tooltip(name, type="quantitative") for name in DETAILS[:-1]]
    tooltip = [place, *drawn.tooltips, *numbers, alt.Tooltip("method", type="nominal", title="interval")]
    y = alt.Y("estimate", type="quantitative", title=title)
    chart, color = alt.Chart(drawn.table).encode(x=x), drawn.encodings["color"]
    low = alt.Y("lower", type="quantitative", title=title)
    size = 40 if drawn.table.select(x.shorthand).n_unique() <= FEW else 12
    # A band a line: colour alone does not tell the dashed ones apart.
    lines = [name for name in (ORDERED, GROUP) if name in drawn.table.columns]
    layers = [
        chart.mark_area(fillOpacity=0.15).encode(y=low, y2="upper", color=color, detail=lines),
        chart.mark_line(strokeWidth=2).encode(y=y, **drawn.encodings),
        chart.mark_point(filled=True, size=size, opacity=1).encode(y=y, color=color, tooltip=tooltip, **drawn.point),
    ]
    return styled(Layers(layer=layers).properties(width=WIDTH, height=HEIGHT))


def _ticks(ks: list[int]) -> list[int]:
    if len(ks) <= FEW:
        return ks
    return sorted({ks[0], *(k for k in ks if k & (k - 1) == 0), ks[-1]})
