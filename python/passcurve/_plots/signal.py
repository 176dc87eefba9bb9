"""Problems laid over what the theory says of them: Figure 1 of Yu, and the signal of one sample."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import altair as alt
import numpy as np
import polars as pl

from passcurve._plots.charts import Layers, Panels
from passcurve._plots.groups import ROWS, panels, thinned
from passcurve._plots.style import CATEGORIES, GREY, HEIGHT, PANEL_HEIGHT, PANEL_WIDTH, WIDTH, ramp, styled
from passcurve.theory import curves

if TYPE_CHECKING:
    from collections.abc import Sequence

BINS = 100
SINGLE, LARGEST = 30, 500
"""Areas, in square pixels: no spot of one problem is larger, and no spot at all."""
SOLID, DASHED = "J_k = pass@k", "alpha_k / k"
RATE = "p (of a problem: c / n)"
STATES = {"unsolved": CATEGORIES[5], "between": CATEGORIES[0], "saturated": CATEGORIES[2]}


def figure_1(table: pl.DataFrame, by: Sequence[str], ks: list[int]) -> Layers | Panels:
    """J_k solid and alpha_k / k dashed over p, a colour a k, and the problems where their estimates put them."""
    theory = _curves(ks)
    long = pl.concat(
        [
            theory.select("p", "k", value=pl.col("pass_at_k"), curve=pl.lit(SOLID)),
            theory.select("p", "k", value=pl.col("alpha_k") / pl.col("k"), curve=pl.lit(DASHED)),
        ]
    )
    color = alt.Color("k", type="ordinal", scale=alt.Scale(domain=ks, range=ramp(len(ks))))
    dash = alt.Scale(domain=[SOLID, DASHED], range=[[1, 0], [5, 4]])
    lines = (
        alt.Chart(long)
        .mark_line(strokeWidth=2)
        .encode(
            x=_rate("p"),
            y=alt.Y("value", type="quantitative", title="J_k and alpha_k / k (both in [0, 1])", scale=_with_room(1)),
            color=color,
            strokeDash=alt.StrokeDash("curve", type="nominal", scale=dash, title="curve", sort=None),
        )
    )
    table = table.with_columns(value=pl.col("alpha_k") / pl.col("k"))
    parts = panels(table, by)
    room = ROWS // len(parts) - long.height // len(parts)
    spots = [(title, _met(data)) for title, data in _spots(parts, room, 1.0)]
    whose = alt.condition("datum.k === null", alt.value(GREY), color)
    height = alt.Tooltip("value", type="quantitative", title="alpha_k / k")
    charts = []
    for title, data in spots:
        tooltip = [alt.Tooltip("ks", type="nominal", title="k"), *_rates(data), "problems:Q", height, "pass_at_k:Q"]
        points = alt.Chart(data).mark_point(filled=True, opacity=0.75)
        layer = points.encode(
            x=_rate("rate"), y="value:Q", color=whose, size=_size(spots), tooltip=tooltip, order=_largest_first()
        )
        charts.append((title, Layers(layer=[lines, layer])))
    return _arranged(charts)


def signal_mass(table: pl.DataFrame, by: Sequence[str], k: int) -> Layers | Panels:
    """The signal of each problem at c/n, the curve k p (1-p)^(k-1), and the shares at both ends."""
    state = (
        pl.when(pl.col("c") == 0)
        .then(pl.lit("unsolved"))
        .when(pl.col("c") == pl.col("n"))
        .then(pl.lit("saturated"))
        .otherwise(pl.lit("between"))
    )
    parts = panels(table.with_columns(value=pl.col("signal"), state=state), by)
    theory = _curves([k])
    room = (ROWS - theory.height) // len(parts) - 2
    # Unbiased estimates of few samples lie well above the curve.
    top = 1.1 * max(theory["signal"].to_numpy().max(), table["signal"].to_numpy().max())
    spots = _spots(parts, room, top)
    title = f"signal (alpha_k times p, k = {k})"
    y = alt.Y("signal", type="quantitative", title=title, scale=_with_room(top))
    line = alt.Chart(theory).mark_line(color=GREY, strokeWidth=2, strokeDash=[5, 4]).encode(x=_rate("p"), y=y)
    scale = alt.Scale(domain=list(STATES), range=list(STATES.values()))
    color = alt.Color("state", type="nominal", scale=scale, title="problem", sort=None)
    charts = []
    for title, data in spots:
        tooltip = ["state:N", *_rates(data), "problems:Q", "signal:Q", "alpha_k:Q"]
        points = alt.Chart(data).mark_point(filled=True, opacity=0.75)
        layer = points.encode(
            x=_rate("rate"), y="value:Q", color=color, size=_size(spots), tooltip=tooltip, order=_largest_first()
        )
        charts.append((title, Layers(layer=[line, layer, *_shares(data, top)])))
    return _arranged(charts)


def _spots(parts: Sequence[tuple[str, pl.DataFrame]], room: int, top: float) -> list[tuple[str, pl.DataFrame]]:
    """Problems drawn at the same point as one row; where a panel has too many, in all one row a hundredth of p."""
    table, rate = parts[0][1], pl.col("c") / pl.col("n")
    keys = ["k", "state"] if "state" in table.columns else ["k"]
    values = [name for name in ("value", "alpha_k", "pass_at_k", "signal") if name in table.columns]
    alike, count = [*keys, "n", "c", rate.alias("rate"), *values], pl.len().alias("problems")
    place = (pl.col("rate") * WIDTH).round().alias("x"), (pl.col("value") / top * HEIGHT).round().alias("y")
    # A mean may differ from its equal terms in the last place.
    means = [
        pl.when(pl.col(name).min() == pl.col(name).max())
        .then(pl.col(name).min())
        .otherwise(pl.col(name).dot("problems") / pl.col("problems").sum())
        .alias(name)
        for name in ("rate", *values)
    ]
    drawn = (part.group_by(alike, maintain_order=True).agg(count) for _, part in parts)
    merged = [
        spots.group_by([*keys, *place], maintain_order=True)
        .agg(_from_to("n"), _from_to("c"), *means, pl.col("problems").sum())
        .drop("x", "y")
        for spots in drawn
    ]
    if all(data.height <= room for data in merged):
        return [(title, data) for (title, _), data in zip(parts, merged, strict=True)]
    bins = max(1, min(BINS, room // max(1, 3 * table["k"].n_unique()) - 1))
    ends = pl.when(pl.col("c") == 0).then(-1).when(pl.col("c") == pl.col("n")).then(bins + 1)
    near = [*keys, ends.otherwise((rate * bins).round()).alias("bin")]
    gathered = rate.mean().alias("rate"), pl.col(values).mean(), count
    return [(title, part.group_by(near, maintain_order=True).agg(gathered).drop("bin")) for title, part in parts]


def _from_to(name: str) -> pl.Expr:
    low, high = pl.col(name).min(), pl.col(name).max()
    text = pl.when(low == high).then(low.cast(pl.String))
    return text.otherwise(pl.format("{} to {}", low, high)).alias(name)


def _met(spots: pl.DataFrame) -> pl.DataFrame:
    """The spots, and one without a k for those at an end that are of the same problems: one would hide the others."""
    alike = [name for name in ("rate", "value", "problems", "n", "c") if name in spots.columns]
    apart = pl.when(~pl.col("rate").is_in([0.0, 1.0])).then(pl.col("k")).alias("apart")
    one = pl.col("k").len() == 1
    return (
        spots.group_by([*alike, apart], maintain_order=True)
        .agg(
            pl.when(one).then(pl.col("k", "alpha_k").first()),
            pl.col("pass_at_k").first(),
            pl.col("k").cast(pl.String).str.join(", ").alias("ks"),
        )
        .drop("apart")
    )


def _shares(data: pl.DataFrame, top: float) -> list[alt.Chart]:
    """What share of the problems is never solved, and what share always."""
    texts = []
    ends: Any = (("unsolved", 0, "left"), ("saturated", 1, "right"))
    for state, rate, align in ends:
        share = int(data.filter(state=state)["problems"].sum()) / int(data["problems"].sum())
        row = pl.DataFrame({"rate": [float(rate)], "value": [top * 0.96], "text": [f"{share:.1%} {state}"]})
        mark = alt.Chart(row).mark_text(align=align, baseline="bottom", color=STATES[state], fontWeight="bold")
        texts.append(mark.encode(x=_rate("rate"), y="value:Q", text="text:N"))
    return texts


def _curves(ks: list[int]) -> pl.DataFrame:
    """The theory on as many p as fit into a fifth of the rows."""
    whole = curves(ks)
    rates = whole.filter(k=ks[0])["p"].to_list()
    return curves(ks, p=thinned(rates, max(20, ROWS // 10 // len(ks))))


def _rate(field: str) -> alt.X:
    # Room for the spots at both ends.
    scale = alt.Scale(domain=[-0.05, 1.05], nice=False)
    axis = alt.Axis(format="~g", grid=False, values=[i / 10 for i in range(11)])
    return alt.X(field, type="quantitative", title=RATE, scale=scale, axis=axis)


def _with_room(top: float) -> alt.Scale:
    return alt.Scale(domain=[-0.07 * top, 1.07 * top], nice=False)


def _rates(data: pl.DataFrame) -> list[str]:
    return ["n:N", "c:N", "rate:Q"] if "n" in data.columns else ["rate:Q"]


def _largest_first() -> alt.Order:
    return alt.Order("problems", type="quantitative", sort="descending")


def _size(spots: Sequence[tuple[str, pl.DataFrame]]) -> alt.Size:
    """One scale for all panels, so that areas can be compared."""
    counts = pl.concat([data["problems"] for _, data in spots]).to_numpy()
    least, most = int(counts.min()), int(counts.max())
    scale = alt.Scale(type="linear", domain=[0, most], range=[0, min(LARGEST, SINGLE * most)])
    values = np.unique(np.round(np.geomspace(least, most, 3))).tolist()
    legend = alt.Legend(values=values, format="~d") if most > 1 else None
    return alt.Size("problems", type="quantitative", scale=scale, legend=legend)


def _arranged(charts: list[tuple[str, Layers]]) -> Layers | Panels:
    if len(charts) == 1:
        title = {"title": _headed(charts[0][0], WIDTH)} if charts[0][0] else {}
        return styled(charts[0][1].properties(width=WIDTH, height=HEIGHT, **title))
    sized = [
        chart.properties(width=PANEL_WIDTH, height=PANEL_HEIGHT, title=_headed(title, PANEL_WIDTH))
        for title, chart in charts
    ]
    return styled(Panels(concat=sized, columns=3))


def _headed(title: str, width: int) -> alt.TitleParams:
    """A title that is cut where it is wider than its chart, which it would else push its neighbours away."""
    return alt.TitleParams(title, limit=width)
