"""Altair's charts, with paper behind a PNG."""

from __future__ import annotations

from pathlib import Path
from typing import IO, Any

import altair as alt

from passcurve._plots.text import legible

PAPER = "#FFFFFF"
"""Without a background vl-convert (1.7 to 1.9) turns what is translucent in a PNG, such as bands, to grey."""


class Layers(alt.LayerChart):
    """A chart of layers."""

    def save(self, fp: str | Path | IO[Any], format: Any = None, **words: Any) -> None:  # type: ignore[override]
        """As in Altair, but for a PNG on white where the chart has no background, and with texts that can be drawn."""
        super(Layers, _on_paper(_legible(self), fp, format)).save(fp, format, **words)


class Panels(alt.ConcatChart):
    """Charts side by side."""

    def save(self, fp: str | Path | IO[Any], format: Any = None, **words: Any) -> None:  # type: ignore[override]
        """As in Altair, but for a PNG on white where the chart has no background, and with texts that can be drawn."""
        super(Panels, _on_paper(_legible(self), fp, format)).save(fp, format, **words)


def _legible(chart: Any) -> Any:
    spec = chart.to_dict()
    drawable = legible(spec)
    return chart if drawable == spec else type(chart).from_dict(drawable)


def _on_paper(chart: Any, file: str | Path | IO[Any], kind: str | None) -> Any:
    suffix = Path(file).suffix if isinstance(file, str | Path) else ""
    is_png = (kind or suffix.removeprefix(".")).lower() == "png"
    return chart.properties(background=PAPER) if is_png and chart.background is alt.Undefined else chart
