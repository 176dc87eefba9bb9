"""Tables: semantic, with a caption, and figures in line."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from passcurve.cli import format as fmt
from passcurve.report.markup import Child, Markup, element, join

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


LONG, PROSE = 10, 30
SHORT = 16
"""Tables of so many rows are not broken between pages."""


@dataclass(frozen=True)
class Column:
    """A title and its cells; ``heads`` where the cells name their row."""

    title: Child
    cells: Sequence[Child]
    number: bool = True
    heads: bool = False

    @property
    def look(self) -> str | None:
        """The class of its cells: figures, words, or text that is broken on a narrow screen."""
        if self.number:
            return "number"
        longest = max((len(cell) for cell in self.cells if isinstance(cell, str)), default=0)
        return "prose" if longest > PROSE else "long" if longest > LONG else None


def table(caption: str, columns: Sequence[Column]) -> Markup:
    """A table that scrolls by itself where the screen is too narrow for it."""
    head = element("tr", (_cell("th", column, column.title, scope="col") for column in columns))
    rows = [
        element(
            "tr",
            (
                _cell("th", column, cell, scope="row") if column.heads else _cell("td", column, cell)
                for column, cell in zip(columns, cells, strict=True)
            ),
        )
        for cells in zip(*(column.cells for column in columns), strict=True)
    ]
    content = element(
        "table", element("caption", element("span", caption)), element("thead", head), element("tbody", rows)
    )
    # What scrolls must be reachable by the keyboard.
    return element(
        "div",
        content,
        class_="scroll short" if len(rows) <= SHORT else "scroll",
        tabindex="0",
        role="group",
        aria_label=caption,
    )


def _cell(tag: str, column: Column, content: Child, **attributes: object) -> Markup:
    return element(tag, content, class_=column.look, **attributes)


def names(title: str, values: Iterable[object], *, number: bool = False) -> Column:
    """A column of a key."""
    return Column(title, [str(value) for value in values], number=number, heads=True)


def integers(title: str, values: Iterable[int | None]) -> Column:
    """A column of counts."""
    return Column(title, ["" if value is None else f"{value:,}" for value in values])


def numbers(title: str, values: Iterable[float | None], decimals: int = 4) -> Column:
    """A column of estimates."""
    return Column(title, [minus(fmt.estimate(value, decimals)) for value in values])


def estimates(title: str, rows: Iterable[tuple[float | None, float | None, float | None, str]]) -> Column:
    """A column of estimates with their intervals, or why there is none."""
    return Column(title, [estimate(*row) for row in rows])


def estimate(value: float | None, lower: float | None, upper: float | None, method: str = "") -> Markup:
    """An estimate with its interval below or beside it."""
    if value is None:
        return element("span", method or "none", class_="why")
    interval = fmt.interval(lower, upper, 3)
    beside = minus(interval) if interval else method
    number = element("span", minus(fmt.estimate(value)), class_="estimate")
    return join(number, " ", element("span", beside, class_="interval" if interval else "why")) if beside else number


def minus(text: str) -> str:
    """With a true minus, which is as wide as a digit."""
    return text.replace("-", "\N{MINUS SIGN}") if text != "-" else "\N{EN DASH}"


def p_value(value: float | None) -> str:
    """A p-value to two digits."""
    if value is None:
        return "\N{EN DASH}"
    return "< 0.0001" if value < 0.0001 else f"{value:.2g}"
