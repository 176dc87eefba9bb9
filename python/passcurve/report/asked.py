"""What a report is asked for, checked, and what follows from it and the counts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from passcurve._checks import draws, one_of, positive_or_none
from passcurve._choices import STEPS, Method, OnKGtNOfReport, Over
from passcurve._ks import as_ks, powers_of_two
from passcurve._requests import as_seed, check_level, forbid_k_above, smallest

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import SupportsIndex

    import numpy as np
    import polars as pl

    from passcurve._keyed import Key


USUAL_K = 8
"""The k of the diagnosis where none is given, as far as n goes."""
SHOWN_KS = 3


@dataclass(frozen=True, kw_only=True)
class Asked:
    """The arguments of `Tally.report`, checked and filled in."""

    title: str
    ks: list[int]
    """With 1, ascending."""
    k: int
    """Of the diagnosis and the table of problems."""
    group_size: int | None
    along: str | None
    compare: list[tuple[str, ...]] | None
    method: Method
    confidence_level: float
    over: Over
    cluster: str | Sequence[str] | None
    on_k_gt_n: OnKGtNOfReport
    rng: int
    threads: int | None
    call: str
    """The words of the call that are not the default."""

    @property
    def shown(self) -> list[int]:
        """The few ks of narrow tables: 1, that of the diagnosis, and the largest."""
        middle = [k for k in self.ks if k == self.k] or [self.ks[len(self.ks) // 2]]
        return sorted({self.ks[0], *middle, self.ks[-1]})

    @property
    def interval(self) -> dict[str, Any]:
        """The words that `Tally.pass_at_k` and `Tally.plot` share."""
        names = ("method", "confidence_level", "over", "cluster", "on_k_gt_n")
        return {name: getattr(self, name) for name in names}

    @property
    def of_one_k(self) -> OnKGtNOfReport:
        """What k > n is where there is one k, which cannot be dropped."""
        return "skip" if self.on_k_gt_n == "skip" else "error"


def asked(
    frame: pl.DataFrame,
    key: Key,
    *,
    k: SupportsIndex | Iterable[SupportsIndex] | None,
    diagnose_k: int | None,
    along: str | None,
    compare: Any,
    rng: int | np.random.Generator,
    **words: Any,
) -> Asked:
    """The arguments as the sections need them.

    Raises:
        ValueError: there is no problem, or a word is wrong.
    """
    given = {"k": k, "diagnose_k": diagnose_k, "along": along, "compare": compare, **words, "rng": as_seed(rng)}
    one_of("method", words["method"], Method)
    one_of("over", words["over"], Over)
    one_of("on_k_gt_n", words["on_k_gt_n"], OnKGtNOfReport)
    check_level(words["confidence_level"])
    positive_or_none("threads", words["threads"])
    positive_or_none("group_size", words["group_size"])
    if not frame.height:
        raise ValueError("there is no problem to report on")
    n = smallest(frame)
    ks = powers_of_two(n) if k is None else sorted({1, *as_ks(k)})
    chosen = _usual(ks, n) if diagnose_k is None else draws("diagnose_k", diagnose_k)
    if words["on_k_gt_n"] == "error":
        forbid_k_above(frame, key, ks)
    if words["on_k_gt_n"] != "skip" and diagnose_k is not None:
        forbid_k_above(frame, key, [chosen], drops=False, word="diagnose_k")
    return Asked(
        **{**words, "title": words["title"] or "pass@k report"},
        ks=ks,
        k=chosen,
        along=_along(frame, key.by) if along is None else along,
        compare=_groups(compare, len(key.by)),
        rng=given["rng"],
        call=_call(given),
    )


def _usual(ks: list[int], n: int) -> int:
    """Of the ks asked for the largest up to 8, but not 1 where n allows more."""
    below = [k for k in ks if 1 < k <= min(USUAL_K, n)]
    return below[-1] if below else min([k for k in ks if 1 < k <= n] or [min(USUAL_K, n)])


def _along(frame: pl.DataFrame, by: Sequence[str]) -> str | None:
    """The ``by`` column that is called like a training step and holds numbers or dates."""
    for name in by:
        kind = frame.schema[name]
        if name.lower() in STEPS and (kind.is_numeric() or kind.is_temporal()):
            return name
    return None


def _groups(compare: Any, columns: int) -> list[tuple[str, ...]] | None:
    """The groups that are compared, each as the texts of its values; those of several columns may be one text."""
    if compare is None:
        return None
    if isinstance(compare, str | tuple) or not hasattr(compare, "__iter__"):
        compare = [compare]
    groups = [_texts(group, columns) for group in compare]
    if len(set(groups)) < len(groups):
        raise ValueError(f"compare={compare!r} names a group twice")
    if not groups:
        raise ValueError("compare= is an empty list; leave it out for the usual choice")
    return groups


def _texts(group: Any, columns: int) -> tuple[str, ...]:
    if isinstance(group, str) and columns > 1:
        group = tuple(part.strip() for part in group.split(","))
    return tuple(map(str, group)) if isinstance(group, tuple) else (str(group),)


def _call(given: dict[str, Any]) -> str:
    usual = {"method": "auto", "confidence_level": 0.95, "over": "problems", "on_k_gt_n": "error", "rng": 0}
    words = [f"{name}={value!r}" for name, value in given.items() if value is not None and value != usual.get(name)]
    return ", ".join(words)
