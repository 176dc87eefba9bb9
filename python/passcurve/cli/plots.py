"""The four charts of a run, as files."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from passcurve._progress import Stages

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from passcurve.tally import Tally

NEEDED = ("altair", "vl_convert")
SCALE = 2
"""Pixels of a PNG to one of the chart, for screens of twice the density."""


def check(folder: Path) -> None:
    """Makes the folder, and fails where nothing could be drawn: before the work, not after it."""
    if any(find_spec(name) is None for name in NEEDED):
        raise ValueError("--plots needs Altair and vl-convert: pip install 'passcurve[report]'")
    folder.mkdir(parents=True, exist_ok=True)


def draw(run: Tally, folder: Path) -> list[str]:
    """Writes the charts as SVG and PNG, over those of before; returns their names."""
    charts: dict[str, Callable[[], Any]] = {
        "pass_at_k": run.plot,
        "gap": lambda: run.plot("gap", along="step"),
        "alpha": lambda: run.plot("alpha"),
        "signal": lambda: run.plot("signal"),
    }
    with Stages(None, len(charts)) as begins:
        for name, plot in charts.items():
            begins(f"drawing {name}")
            chart = plot()
            chart.save(str(folder / f"{name}.svg"))
            chart.save(str(folder / f"{name}.png"), scale_factor=SCALE)
    return list(charts)
