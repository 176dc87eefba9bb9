"""The tables of `Tally.compare` and `Tally.plan`."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from passcurve.cli import format as fmt
from passcurve.cli.tables import SHORT, Column, integers, keys, laid_out, ranges, short

if TYPE_CHECKING:
    from collections.abc import Sequence

    import polars as pl
    from rich.console import RenderableType


def differences(frame: pl.DataFrame, names: Sequence[str], confidence_level: float, width: int) -> RenderableType:
    """The pass@k of both models and its difference, under a heading a pair; ``names`` say group and models."""
    level = fmt.level(confidence_level)
    bands = frame.select("band_lower", "band_upper").iter_rows()
    skipped = [integers(frame, "n_skipped", "skipped")] if "n_skipped" in frame.columns else []
    columns = [
        integers(frame, "k"),
        *(Column(name, short(frame[name])) for name in ("a", "b")),
        Column(f"a - b, {level} interval", ranges(frame, estimate="difference", ends=("lower", "upper"))),
        Column(f"{level} band", [fmt.interval(lower, upper, SHORT) for lower, upper in bands]),
        Column("p", [fmt.p_value(value) for value in frame["p_value"]]),
        *skipped,
    ]
    return laid_out(keys(frame, names), [], columns, width, headed=True)


def crossings(frame: pl.DataFrame, names: Sequence[str], confidence_level: float, width: int) -> RenderableType:
    """Where the curves of each pair cross."""
    ends = frame.select("lower", "upper", "k_max").iter_rows()
    columns = [
        Column("curves cross", frame["status"].to_list(), "left"),
        Column("at k", [_draws(k) for k in frame["k_star"]]),
        Column(f"{fmt.level(confidence_level)} interval", [_span(*row) for row in ends]),
        integers(frame, "n_problems", "problems"),
    ]
    return laid_out(keys(frame, names), [], columns, width)


def plans(frame: pl.DataFrame, by: Sequence[str], width: int) -> RenderableType:
    """What an experiment of each size would tell."""
    columns = [
        integers(frame, "k"),
        integers(frame, "n"),
        Column("reliability", short(frame["reliability"])),
        Column("half width", list(map(fmt.estimate, frame["half_width"]))),
    ]
    if frame["detectable"].is_not_null().any():
        columns.append(Column("detectable", list(map(fmt.estimate, frame["detectable"]))))
    if "problems" in frame.columns:
        columns += [Column(name, [_count(value) for value in frame[name]]) for name in ("problems", "samples")]
        columns.append(Column("", ["cheapest" if is_it else "" for is_it in frame["cheapest"]], "left"))
    return laid_out(keys(frame, by), [], columns, width)


def _draws(k: float | None) -> str:
    return "-" if k is None else f"{k:.3g}"


def _span(lower: float | None, upper: float | None, k_max: int) -> str:
    if lower is None or upper is None:
        return ""
    if math.isinf(lower):
        return f"above {k_max}"
    return f"{_draws(lower)} to above {k_max}" if math.isinf(upper) else f"{_draws(lower)} to {_draws(upper)}"


def _count(value: int | None) -> str:
    return "-" if value is None else f"{value:,}"
