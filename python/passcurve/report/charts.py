"""The charts of `Tally.plot` as figures of a page: one drawing for wide screens and paper, one for narrow screens."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from passcurve._plots.text import legible
from passcurve.report.markup import Markup, element
from passcurve.report.svg import Inks, drawn

if TYPE_CHECKING:
    from collections.abc import Iterator

    import altair as alt

WIDE, NARROW = {"width": 600, "height": 330}, {"width": 222, "height": 230}
"""Pixels of the plot without its axes; with them a narrow one is 280, which a screen of 320 has."""
PANELS = {"wide": {"width": 265, "height": 220}, "narrow": {"width": 222, "height": 190}}
TICKS = 6
LETTER, SYMBOL = 7, 25
"""Pixels that a letter of a legend takes, and the symbol before it."""
OVER_AXIS = {
    "titleAngle": 0,
    "titleAlign": "left",
    "titleAnchor": "end",
    "titleBaseline": "bottom",
    "titleX": 0,
    "titleY": -8,
}
AVERAGED = " (probability, mean over problems)"
"""Of titles, where there is no room for it."""
FONTS = {"labelFontSize": 12, "titleFontSize": 12}


class Figures:
    """The figures of one page."""

    def __init__(self) -> None:
        self.inks = Inks()
        self._count = 0

    def figure(self, chart: alt.LayerChart | alt.ConcatChart, name: str, caption: str, numbers: Markup) -> Markup:
        """A chart with its caption and, in a disclosure below it, its numbers; ``name`` says what the chart is."""
        spec = legible(chart.to_dict())
        self._count += 1
        drawings = [
            element("div", self._svg(spec, size), class_=f"drawing {size}", role="img", aria_label=f"{name}. {caption}")
            for size in ("wide", "narrow")
        ]
        details = element("details", element("summary", "The numbers of this chart"), numbers)
        return element("figure", drawings, element("figcaption", caption), details, class_="chart")

    def _svg(self, spec: dict[str, Any], size: str) -> Markup:
        import vl_convert  # noqa: PLC0415 (an extra)

        svg = vl_convert.vegalite_to_svg(_sized(spec, size))
        return drawn(svg, self.inks, f"chart-{self._count}-{size}")


def _sized(spec: dict[str, Any], size: str) -> dict[str, Any]:
    spec = json.loads(json.dumps(spec, default=str))
    config = spec["config"]
    is_narrow = size == "narrow"
    config["padding"] = {"left": 2, "right": 6, "top": 6, "bottom": 2} if is_narrow else 4
    config["axis"] |= {**FONTS, "labelSeparation": 4}
    # Above the axis and not along it, where it would be read with the head on one side.
    config["axisY"] = {**OVER_AXIS, "titleLimit": 265 if is_narrow else 420}
    config["title"] |= {"offset": 6}
    config["legend"] |= {**FONTS, "orient": "bottom" if is_narrow or "concat" in spec else "right", "labelLimit": 150}
    if is_narrow:
        spec = json.loads(json.dumps(spec).replace(AVERAGED, ""))
        config = spec["config"]
        columns = max(1, min(3, NARROW["width"] // (LETTER * max([1, *map(len, _names(spec))]) + SYMBOL)))
        config["legend"] |= {"columns": columns, "symbolSize": 60, "direction": "horizontal", "layout": _stacked()}
        config["legend"]["labelLimit"] = NARROW["width"]
        config["axisX"] = {"labelOverlap": "greedy"}
    if "concat" in spec:
        spec["columns"] = 1 if is_narrow else 3
        for panel in spec["concat"]:
            panel.update(PANELS[size])
            panel["title"] |= {"limit": PANELS[size]["width"]}
            _relaxed(panel)
    else:
        spec |= NARROW if is_narrow else WIDE
    return spec


def _relaxed(panel: dict[str, Any]) -> None:
    """Every other tick of p: a panel has no room for all."""
    for layer in panel["layer"]:
        values = layer["encoding"]["x"].get("axis", {}).get("values", [])
        if len(values) > TICKS:
            layer["encoding"]["x"]["axis"]["values"] = values[::2]


def _names(part: Any) -> Iterator[str]:
    """The names in the legends of a chart."""
    if isinstance(part, list):
        part = dict(enumerate(part))
    if isinstance(part, dict):
        for key, value in part.items():
            if key == "domain" and isinstance(value, list):
                yield from map(str, value)
            yield from _names(value)


def _stacked() -> dict[str, Any]:
    """Legends below each other: side by side they are wider than the screen."""
    return {"bottom": {"direction": "vertical", "anchor": "start"}}
