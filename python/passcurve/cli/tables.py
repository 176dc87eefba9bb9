"""Tables for a terminal: figures are never cut, and the columns that name a row give way."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from rich import box
from rich.cells import cell_len
from rich.console import Group
from rich.table import Table
from rich.text import Text

from passcurve.cli import format as fmt

if TYPE_CHECKING:
    import polars as pl
    from rich.console import RenderableType

GAP, SHORT = 2, 3


@dataclass(frozen=True)
class Column:
    """A title and its cells."""

    title: str
    cells: Sequence[str]
    justify: Literal["left", "right"] = "right"

    @property
    def width(self) -> int:
        """What the widest cell takes."""
        return max(map(cell_len, (self.title, *self.cells)))


def estimates(frame: pl.DataFrame, by: Sequence[str], confidence_level: float, width: int) -> RenderableType:
    """The table of one metric or several."""
    metrics = frame["metric"].unique(maintain_order=True).to_list()
    several = len(metrics) > 1
    columns = [
        *([Column("metric", frame["metric"].to_list(), "left")] if several else []),
        integers(frame, "k"),
        *([_shares(frame)] if "tau" in frame.columns else []),
        Column("estimate" if several else "".join(metrics), list(map(fmt.estimate, frame["estimate"]))),
        Column(f"{fmt.level(confidence_level)} interval", _intervals(frame)),
        integers(frame, "n_problems", "problems"),
        *([integers(frame, "n_skipped", "skipped")] if "n_skipped" in frame.columns else []),
        Column("n", [fmt.span(*bounds) for bounds in frame.select("n_min", "n_max").iter_rows()]),
    ]
    methods = [method if fmt.is_method(method) else "" for method in frame["method"]]
    if len(set(methods) - {""}) > 1:
        columns.append(Column("method", methods, "left"))
    return laid_out(keys(frame, by), [], columns, width)


def counts(frame: pl.DataFrame, by: Sequence[str], problem: Sequence[str], width: int) -> RenderableType:
    """The table of a tally."""
    shares = Column("c/n", list(map(fmt.estimate, frame["c"] / frame["n"])))
    return laid_out(keys(frame, by), keys(frame, problem), [integers(frame, "n"), integers(frame, "c"), shares], width)


def signals(frame: pl.DataFrame, problem: Sequence[str], width: int) -> RenderableType:
    """The table of `Tally.per_problem`, without its groups and its k."""
    estimated = {"pass@k": "pass_at_k", "alpha_k": "alpha_k", "signal": "signal"}
    columns = [Column(title, list(map(fmt.estimate, frame[name]))) for title, name in estimated.items()]
    return laid_out([], keys(frame, problem), [integers(frame, "n"), integers(frame, "c"), *columns], width)


def short(values: Iterable[float | None]) -> list[str]:
    """Numbers in three decimals, so that many fit into 80 columns."""
    return [fmt.estimate(value, SHORT) for value in values]


def ranges(frame: pl.DataFrame, *, estimate: str, ends: tuple[str, str]) -> list[str]:
    """Estimates with their intervals, in three decimals."""
    rows = frame.select(estimate, *ends).iter_rows()
    return [f"{fmt.estimate(value, SHORT)} {fmt.interval(low, high, SHORT)}".rstrip() for value, low, high in rows]


def _shares(frame: pl.DataFrame) -> Column:
    return Column("tau", ["" if share is None else f"{share:g}" for share in frame["tau"]])


def integers(frame: pl.DataFrame, name: str, title: str = "") -> Column:
    """A column of integers, by its own name or under a title."""
    return Column(title or name, list(map(str, frame[name])))


def _intervals(frame: pl.DataFrame) -> list[str]:
    rows = frame.select("lower", "upper", "method").iter_rows()
    return [fmt.interval(lower, upper) or method for lower, upper, method in rows]


def keys(frame: pl.DataFrame, names: Sequence[str]) -> list[Column]:
    """The columns that name a row."""
    return [
        Column(
            fmt.plain(name),
            list(map(fmt.plain, frame[name])),
            "right" if frame.schema[name].is_numeric() else "left",
        )
        for name in names
    ]


def laid_out(
    by: Sequence[Column], within: Sequence[Column], figures: Sequence[Column], width: int, *, headed: bool = False
) -> RenderableType:
    """Rows under the names of their groups: beside each row, or as headings where there is no room or ``headed``."""
    room = width - sum(column.width + GAP for column in figures)
    whole = sum(column.width + GAP for column in (*by, *within)) - GAP
    if not by or (whole <= room and not headed):
        return _table([*by, *within], figures, width)
    # One heading a group, its rows below. Figures have widths of their own, so that they stand in line.
    groups = list(zip(*(column.cells for column in by), strict=True))
    starts = [i for i, group in enumerate(groups) if i == 0 or group != groups[i - 1]]
    titled = bool(within)
    parts: list[RenderableType] = [] if titled else [_table([], figures, width, slice(0))]
    for start, end in zip(starts, [*starts[1:], len(groups)], strict=True):
        words = (f"{column.title}={value}" for column, value in zip(by, groups[start], strict=True))
        parts.append(Text(", ".join(words), style="bold", overflow="fold"))
        parts.append(_table(within, figures, width, slice(start, end), titled=titled))
    return Group(*parts)


def _table(
    keys: Sequence[Column],
    figures: Sequence[Column],
    width: int,
    rows: slice = slice(None),
    *,
    titled: bool = True,
) -> RenderableType:
    least = sum(column.width + GAP for column in figures) + len(keys) * (1 + GAP)
    table = Table(
        box=box.SIMPLE_HEAD,
        show_header=titled,
        show_edge=False,
        pad_edge=False,
        padding=(0, 0, 0, GAP - 1),
        width=least if least > width else None,
    )
    for column in keys:
        table.add_column(Text(column.title), justify=column.justify, overflow="fold", min_width=1)
    for column in figures:
        table.add_column(Text(column.title), justify=column.justify, no_wrap=True, min_width=column.width)
    for cells in zip(*(column.cells[rows] for column in (*keys, *figures)), strict=True):
        table.add_row(*map(Text, cells))
    return table
