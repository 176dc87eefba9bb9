"""Altair's charts, with paper behind a PNG."""

from __future__ import annotations

from pathlib import Path
from typing import IO, Any

import altair as alt

PAPER = "#FFFFFF"
"""Without a background vl-convert (1.7 to 1.9) turns what is translucent in a PNG, such as bands, to grey."""


class Layers(alt.LayerChart):
    """A chart of layers."""

    def save(self, fp: str | Path | IO[Any], format: Any = None, **words: Any) -> None:  # type: ignore[override]
        """As in Altair, but for a PNG on white where the chart has no background of its own."""
        super(Layers, _on_paper(self, fp, format)).save(fp, format, **words)


class Panels(alt.ConcatChart):
    """Charts side by side."""

    def save(self, fp: str | Path | IO[Any], format: Any = None, **words: Any) -> None:  # type: ignore[override]
        """As in Altair, but for a PNG on white where the chart has no background of its own."""
        super(Panels, _on_paper(self, fp, format)).save(fp, format, **words)


def _on_paper(chart: Any, file: str | Path | IO[Any], kind: str | None) -> Any:
    suffix = Path(file).suffix if isinstance(file, str | Path) else ""
    is_png = (kind or suffix.removeprefix(".")).lower() == "png"
    return chart.properties(background=PAPER) if is_png and chart.background is alt.Undefined else chart
