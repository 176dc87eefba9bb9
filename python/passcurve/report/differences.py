"""The chart of differences over k, in Altair."""

from __future__ import annotations

import altair as alt
import polars as pl

from passcurve._plots.charts import Layers
from passcurve._plots.curve import against_k
from passcurve._plots.style import GREY


def chart(frame: pl.DataFrame, reference: str) -> Layers:
    """A line a group and its simultaneous band over k, with a rule at 0."""
    table = frame.select(
        pl.col("\0who").alias("group"),
        "k",
        estimate="difference",
        lower="band_lower",
        upper="band_upper",
        n_problems="n_problems",
        method="method",
    )
    lines = against_k(table, ["group"], f"difference of pass@k from {_short(reference)}")
    rule = alt.Chart(pl.DataFrame({"zero": [0.0]})).mark_rule(color=GREY, strokeDash=[4, 3]).encode(y="zero:Q")
    lines.layer = [rule, *lines.layer]
    return lines


def _short(name: str) -> str:
    return name if len(name) <= 24 else f"{name[:23]}\N{HORIZONTAL ELLIPSIS}"
