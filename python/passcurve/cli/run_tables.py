"""The tables of `Tally.diagnose`, in three decimals, so that they fit 80 columns."""

from __future__ import annotations

from typing import TYPE_CHECKING

from passcurve.cli import format as fmt
from passcurve.cli.tables import SHORT, Column, integers, keys, laid_out, ranges, short

if TYPE_CHECKING:
    from collections.abc import Sequence

    import polars as pl
    from rich.console import RenderableType


def shares(frame: pl.DataFrame, by: Sequence[str], confidence_level: float, width: int) -> RenderableType:
    """What is solved, and how much is left to learn from."""
    k = frame["k"][0]
    rates = {"pass_at_1": "pass@1"} | ({"pass_at_k": f"pass@{k}"} if k > 1 else {})
    left = {"unsolved": "unsolved", "saturated": "saturated", "informative": "mixed", "signal_mass": "signal"}
    gaps = ranges(frame, estimate="gap", ends=("gap_lower", "gap_upper"))
    columns = [
        *(Column(title, short(frame[name])) for name, title in rates.items()),
        Column(f"gap, {fmt.level(confidence_level)} interval", gaps),
        *(Column(title, short(frame[name])) for name, title in left.items()),
    ]
    return laid_out(keys(frame, by), [], columns, width)


def weights(frame: pl.DataFrame, by: Sequence[str], width: int) -> RenderableType:
    """How the weights alpha_k are spread over problems, and what training groups hold."""
    quartiles = frame.select("alpha_q25", "alpha_median", "alpha_q75").iter_rows()
    problems = [integers(frame, "n_problems", "problems")] if frame["n_problems"].n_unique() > 1 else []
    columns = [
        Column(f"alpha_{frame['k'][0]}", short(frame["alpha_mean"])),
        Column("quartiles", [", ".join(f"{value:.2g}" for value in row) for row in quartiles]),
        Column("shared by", [fmt.estimate(size, 1) for size in frame["alpha_ess"]]),
        *problems,
        Column("all wrong", short(frame["zero_signal"])),
        Column("all correct", short(frame["all_correct"])),
    ]
    return laid_out(keys(frame, by), [], columns, width)


def trends(frame: pl.DataFrame, runs: Sequence[str], confidence_level: float, width: int) -> RenderableType:
    """How the measures change from the first step to the last."""
    rows = frame.select("change", "lower", "upper", "method").iter_rows()
    changes = [
        method if change is None else f"{fmt.estimate(change, SHORT)} {fmt.interval(lower, upper, SHORT)}".rstrip()
        for change, lower, upper, method in rows
    ]
    columns = [
        Column(f"change, {fmt.level(confidence_level)} interval", changes),
        Column("p", [fmt.p_value(value) for value in frame["p_value"]]),
        integers(frame, "n_problems", "problems"),
    ]
    return laid_out(keys(frame, runs), [Column("measure", frame["measure"].to_list(), "left")], columns, width)
