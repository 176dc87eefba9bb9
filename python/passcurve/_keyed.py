"""Counts with a key: what every table of a tally starts from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

if TYPE_CHECKING:
    from passcurve._details import Details


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

    __slots__ = ("_by", "_details", "_problem", "_table")

    _by: tuple[str, ...]
    _details: Details | None
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

    @property
    def answer(self) -> str | None:
        """The column of answers that `tally` was told to keep, or None."""
        return None if self._details is None else self._details.answer

    @property
    def reward(self) -> str | None:
        """The column of rewards that `tally` was told to keep, or None."""
        return None if self._details is None else self._details.reward

    @property
    def details(self) -> pl.DataFrame | None:
        """Where answers or rewards are kept: one row a key, answer and reward, with n and c; sorted, nulls first."""
        return None if self._details is None else self._details.table

    def _key(self) -> Key:
        return Key(self._by, self._problem)

    def __len__(self) -> int:
        return self.frame.height
