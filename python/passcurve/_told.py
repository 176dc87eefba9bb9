"""Results that say what they found, in sentences."""

from __future__ import annotations

import html
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import polars as pl

SHOWN = 20


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Told:
    """A table and its sentences, which are its repr."""

    frame: pl.DataFrame
    sentences: list[str]

    def __repr__(self) -> str:
        return "\n".join(self._lines())

    def _repr_html_(self) -> str:
        items = "".join(f"<li>{html.escape(text)}</li>" for text in self._lines())
        return f"<ul>{items}</ul>{self.frame._repr_html_()}"

    def _lines(self) -> list[str]:
        hidden = len(self.sentences) - SHOWN
        more = [f"and {hidden:,} more in .sentences"] if hidden > 0 else []
        return [*self.sentences[:SHOWN], *more, *self._note()]

    def _note(self) -> list[str]:
        """What is to be said of the sentences together."""
        return []
