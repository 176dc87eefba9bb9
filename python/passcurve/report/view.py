"""What the sections of a report share: the counts, the groups and their names, and the main table."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import polars as pl

from passcurve._keyed import Key
from passcurve.report.charts import Figures
from passcurve.report.markup import Markup, element

if TYPE_CHECKING:
    from collections.abc import Sequence

    from passcurve.report.asked import Asked
    from passcurve.tally import Tally


BETWEEN = " \N{MIDDLE DOT} "


@dataclass(frozen=True)
class Section:
    """A part of the page with a heading."""

    id: str
    title: str
    body: Markup

    def html(self) -> Markup:
        """As an element."""
        heading = element("h2", self.title, id=f"{self.id}-title")
        return element("section", heading, self.body, id=self.id, aria_labelledby=f"{self.id}-title")


class View:
    """A tally as a report shows it."""

    def __init__(self, tally: Tally, asked: Asked) -> None:
        self.tally, self.asked, self.figures = tally, asked, Figures()
        self.frame = tally.frame
        self.by, self.problem = list(tally.by), list(tally.problem)

    @cached_property
    def groups(self) -> pl.DataFrame:
        """One row a group: the ``by`` columns, sorted."""
        return self.frame.select(self.by).unique(maintain_order=True)

    @cached_property
    def labels(self) -> list[str]:
        """The groups' names, each another; one empty name where there are no groups. A text is a name by itself."""
        if not self.by:
            return [""]
        texts = [self.frame.schema[name] in (pl.String, pl.Categorical, pl.Enum) for name in self.by]
        names = [
            BETWEEN.join(
                str(value) if is_text else f"{name} {value}"
                for name, value, is_text in zip(self.by, row, texts, strict=True)
            )
            for row in self.groups.iter_rows()
        ]
        if len(set(names)) == len(names):
            return names
        return [f"{name} ({number})" for number, name in enumerate(names, 1)]

    @cached_property
    def passes(self) -> pl.DataFrame:
        """pass@k of every group and k."""
        asked = self.asked
        return self.tally.pass_at_k(asked.ks, **asked.interval, rng=asked.rng, threads=asked.threads)

    @cached_property
    def ks(self) -> list[int]:
        """The ks that some group has."""
        table = self.passes.filter(pl.col("estimate").is_not_null())
        return sorted(table["k"].unique().to_list())

    def labelled(self) -> tuple[pl.DataFrame, Key, str]:
        """The counts with one column of groups in place of the ``by`` columns, and its name."""
        name = next(
            word for word in ("group", "group_", "group__") if word not in self.frame.columns or [word] == self.by
        )
        names = self.groups.with_columns(pl.Series("\0label", self.labels, dtype=pl.String))
        frame = self.frame.join(names, on=self.by, how="left", maintain_order="left").drop(self.by)
        frame = frame.select(pl.col("\0label").alias(name), *self.problem, "n", "c")
        return frame, Key((name,), tuple(self.problem)), name

    def some(self, labels: Sequence[str]) -> Tally:
        """The tally of some groups."""
        if len(labels) == len(self.labels):
            return self.tally
        kept = self.groups.filter(pl.Series([label in set(labels) for label in self.labels]))
        frame = self.frame.join(kept, on=self.by, how="semi")
        return type(self.tally).from_counts(frame, problem=self.problem, by=self.by)

    def label_of(self, row: dict[str, Any]) -> str:
        """The name of the group of a table's row."""
        return self._names[tuple(row[name] for name in self.by)]

    @cached_property
    def _names(self) -> dict[tuple[Any, ...], str]:
        return dict(zip(self.groups.iter_rows(), self.labels, strict=True)) if self.by else {(): ""}
