"""What the demo's tables show beside its diagnosis, in sentences. Each is computed; none knows how the log was made."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from passcurve.cli import format as fmt

if TYPE_CHECKING:
    from collections.abc import Iterator

    import polars as pl

    from passcurve.compare import Comparison


@dataclass(frozen=True)
class Stage:
    """A checkpoint: its rows of the demo's tables."""

    name: str
    passes: pl.DataFrame
    """`Tally.pass_at_k`, by increasing k."""
    hats: pl.DataFrame
    """`Tally.pass_hat_k` at one k."""


def sentences(first: Stage, last: Stage, paired: Comparison) -> Iterator[str]:
    """What changed from one stage to another; ``paired`` compares the last with the first."""
    ks, k = first.passes["k"].to_list(), first.hats["k"].item()
    before, after = (stage.passes["estimate"].to_list() for stage in (first, last))
    changes = (f"pass@{ks[row]} {moved(before[row], after[row])}" for row in (0, -1))
    yield f"From {first.name} to {last.name}, {' and '.join(changes)}."
    yield f"{_changes(paired.frame)}; the bands hold for all k together."
    yield f"{paired.sentences[0]}."
    hats = first.hats["estimate"].item(), last.hats["estimate"].item()
    yield f"pass^{k}, that all of {k} draws pass, {moved(*hats)}."


def moved(before: float, after: float) -> str:
    """How a number changed, as far as its printed digits tell.

    >>> moved(0.25, 0.5), moved(0.5, 0.5)
    ('rises from 0.2500 to 0.5000', 'stays at 0.5000')
    """
    old, new = fmt.estimate(before), fmt.estimate(after)
    if old == new:
        return f"stays at {old}"
    return f"{'rises' if after > before else 'falls'} from {old} to {new}"


def _changes(paired: pl.DataFrame) -> str:
    columns = ("k", "difference", "band_lower", "band_upper")
    at = [
        f"by {fmt.estimate(difference)} {fmt.interval(lower, upper)}".rstrip() + f" at k = {k}"
        for k, difference, lower, upper in (paired.select(columns).row(row) for row in (0, -1))
    ]
    return f"Problem by problem, pass@k changes {' and '.join(at)}"
