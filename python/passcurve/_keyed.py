"""Counts with a key: what every table of a tally starts from."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl


@dataclass(frozen=True)
class Key:
    """The key columns of a tally."""

    by: tuple[str, ...]
    problem: tuple[str, ...]

    @property
    def names(self) -> list[str]:
        """All of them."""
        return [*self.by, *self.problem]


class Keyed:
    """Rows of n and c under a key."""

    __slots__ = ("_by", "_problem", "_table")

    _by: tuple[str, ...]
    _problem: tuple[str, ...]
    _table: pl.DataFrame

    @property
    def frame(self) -> pl.DataFrame:
        """One row a problem: the ``by`` columns, the ``problem`` columns, ``n`` and ``c`` (Int64); sorted by key."""
        n = self._table["n"]
        return self._table if n.min() else self._table.filter(n > 0)

    @property
    def by(self) -> tuple[str, ...]:
        """The columns of the groups."""
        return self._by

    @property
    def problem(self) -> tuple[str, ...]:
        """The columns that name the problem."""
        return self._problem

    def _key(self) -> Key:
        return Key(self._by, self._problem)

    def __len__(self) -> int:
        return self.frame.height
