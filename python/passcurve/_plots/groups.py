"""How the groups of a tally are told apart in a chart."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import altair as alt
import numpy as np
import polars as pl

from passcurve._plots.style import CATEGORIES, DASHES, SHAPES, cycled, ramp

if TYPE_CHECKING:
    from collections.abc import Sequence

ROWS = 5000
"""No chart holds more rows."""

MOST_LINES, MOST_PANELS = 40, 16
ORDERED, GROUP = "ordered", "group"


@dataclass(frozen=True)
class Look:
    """A table with the columns `ordered` and `group` in place of the ``by`` columns, and what draws them."""

    table: pl.DataFrame
    encodings: dict[str, Any]
    point: dict[str, Any]
    tooltips: list[alt.Tooltip]


def look(table: pl.DataFrame, by: Sequence[str], *, ordered: str | None = None) -> Look:
    """Colours for the groups: a ramp for a column of numbers or dates, and a hue a group for the others.

    Where there are both, the ramp has the colour and the others are told apart by dashes and shapes.
    """
    numbers = [name for name in by if table[name].dtype.is_numeric() or table[name].dtype.is_temporal()]
    step = ordered or (numbers[-1] if numbers else None)
    rest = [name for name in by if name != step]
    columns, tooltips = table.select(pl.exclude(by)), []
    encodings: dict[str, Any] = {}
    point: dict[str, Any] = {}
    if step is not None:
        values = table[step].cast(pl.String) if table[step].dtype.is_temporal() else table[step]
        columns = columns.with_columns(values.alias(ORDERED))
        known = values.unique().sort().to_list()
        if len(known) > MOST_LINES:
            raise ValueError(too_many(len(known), [step]))
        scale = alt.Scale(domain=known, range=ramp(len(known)))
        encodings["color"] = alt.Color(ORDERED, type="ordinal", scale=scale, title=step, sort=None)
        tooltips.append(alt.Tooltip(ORDERED, type="ordinal", title=step))
    if rest:
        label = ", ".join(rest)
        names = pl.concat_str([pl.col(name).cast(pl.String) for name in rest], separator=", ")
        columns = columns.with_columns(table.select(names.alias(GROUP)))
        known = columns[GROUP].unique(maintain_order=True).to_list()
        if len(known) > MOST_LINES:
            raise ValueError(too_many(len(known), rest))
        tooltips.append(alt.Tooltip(GROUP, type="nominal", title=label))
        several = len(known) > len(CATEGORIES)
        if step is None:
            scale = alt.Scale(domain=known, range=cycled(CATEGORIES, len(known)))
            encodings["color"] = alt.Color(GROUP, type="nominal", scale=scale, title=label, sort=None)
        if step is not None or several:
            # Seven colours, then again with the next dash.
            places = range(len(known)) if step is not None else np.repeat(range(len(known)), len(CATEGORIES))
            dashes = [DASHES[int(place) % len(DASHES)] for place in list(places)[: len(known)]]
            scale = alt.Scale(domain=known, range=dashes)
            encodings["strokeDash"] = alt.StrokeDash(GROUP, type="nominal", scale=scale, title=label, sort=None)
        if step is not None:
            scale = alt.Scale(domain=known, range=cycled(SHAPES, len(known)))
            point["shape"] = alt.Shape(GROUP, type="nominal", scale=scale, title=label, sort=None)
    if not by:
        encodings["color"] = alt.value(CATEGORIES[0])
    return Look(columns, encodings, point, tooltips)


def panels(table: pl.DataFrame, by: Sequence[str]) -> list[tuple[str, pl.DataFrame]]:
    """A title and the rows of each group, in the order of the key."""
    if not by:
        return [("", table)]
    parts = table.partition_by(by, maintain_order=True)
    if len(parts) > MOST_PANELS:
        raise ValueError(too_many(len(parts), by))
    return [(", ".join(f"{name} {part[name][0]}" for name in by), part) for part in parts]


def too_many(count: int, by: Sequence[str]) -> str:
    return (
        f"{count} groups ({', '.join(by)}) are too many to tell apart in one chart; choose some: "
        f"Tally.from_counts(t.frame.filter(...), by={list(by)!r})"
    )


def thinned(values: Sequence[Any], room: int) -> list[Any]:
    """At most so many of the values, evenly spaced, with both ends."""
    if len(values) <= room:
        return list(values)
    at = np.unique(np.linspace(0, len(values) - 1, max(2, room)).round().astype(int))
    return [values[i] for i in at]
