"""How the charts look: legible on light and on dark, and to the colour-blind."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

if TYPE_CHECKING:
    import altair as alt

Chart = TypeVar("Chart", bound="alt.LayerChart | alt.ConcatChart")

GREY = "#808080"
"""Of text, axes and the grid: about 4 to 1 against white and against near black."""

CATEGORIES = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#999999")
"""Okabe and Ito's, without the yellow that is lost on white and the black that is lost on black."""

RAMP = ("#7260D2", "#BF55AD", "#E4635C", "#F0A23B")
"""From early to late: lighter all along, and of middling lightness at both ends."""

DASHES = ([1, 0], [6, 3], [2, 2], [8, 3, 2, 3])
SHAPES = ("circle", "square", "triangle-up", "diamond")

WIDTH, HEIGHT = 460, 300
PANEL_WIDTH, PANEL_HEIGHT = 300, 220


def ramp(count: int) -> list[str]:
    """So many colours from one end of the ramp to the other."""
    anchors = np.array([[int(color[i : i + 2], 16) for i in (1, 3, 5)] for color in RAMP])
    at = np.linspace(0, len(RAMP) - 1, count) if count > 1 else np.array([1.0])
    mixed = [np.interp(at, np.arange(len(RAMP)), channel) for channel in anchors.T]
    return ["#{:02X}{:02X}{:02X}".format(*map(round, color)) for color in zip(*mixed, strict=True)]


def cycled(values: Any, count: int) -> list[Any]:
    """The first ``count`` of ``values``, from the start again where they end."""
    return [values[i % len(values)] for i in range(count)]


def styled(chart: Chart) -> Chart:
    """The chart with no background of its own."""
    text = {"labelColor": GREY, "titleColor": GREY}
    axis = {**text, "gridColor": GREY, "gridOpacity": 0.2, "domainColor": GREY, "tickColor": GREY}
    result: Any = chart.configure(background="transparent", padding=10)
    result = result.configure_axis(**axis, titleFontWeight="normal", labelOverlap="greedy", labelFlush=False)
    symbols = {"symbolStrokeWidth": 2, "symbolOpacity": 1, "symbolBaseFillColor": GREY, "symbolBaseStrokeColor": GREY}
    result = result.configure_legend(**text, **symbols, titleFontWeight="normal")
    result = result.configure_title(color=GREY, subtitleColor=GREY, anchor="start", fontSize=13)
    return result.configure_view(stroke=None)  # type: ignore[no-any-return]
