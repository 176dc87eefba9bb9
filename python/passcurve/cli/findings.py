"""What the demo's numbers show, in sentences. Each is computed; none knows how the log was made."""

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
    alphas: pl.DataFrame
    """`Tally.alpha_k` at that k."""
    left: pl.DataFrame
    """`Tally.per_problem` at that k."""


def sentences(first: Stage, last: Stage, paired: Comparison) -> Iterator[str]:
    """What changed from one stage to another; ``paired`` compares the last with the first."""
    ks, k = first.passes["k"].to_list(), first.hats["k"].item()
    before, after = (stage.passes["estimate"].to_list() for stage in (first, last))
    changes = (f"pass@{ks[row]} {moved(before[row], after[row])}" for row in (0, -1))
    yield f"From {first.name} to {last.name}, {' and '.join(changes)}."
    yield f"{_changes(paired.frame)}; the bands hold for all k together."
    yield f"{paired.sentences[0]}."
    gaps = before[-1] - before[0], after[-1] - after[0]
    meaning = ": past the first draw there is less to find" if gaps[1] < gaps[0] else ""
    yield f"What {ks[-1]} draws add to one, pass@{ks[-1]} - pass@{ks[0]}, {moved(*gaps)}{meaning}."
    hats = first.hats["estimate"].item(), last.hats["estimate"].item()
    yield f"pass^{k}, that all of {k} draws pass, {moved(*hats)}."
    alphas = first.alphas["estimate"].item(), last.alphas["estimate"].item()
    signals = _mean_signal(first), _mean_signal(last)
    yield f"The mean alpha_{k} {moved(*alphas)}; the mean signal {k} p (1-p)^{k - 1} {moved(*signals)}."
    none, every = ([count(stage) for stage in (first, last)] for count in (_none, _every))
    yield (
        f"Problems without a single pass: {none[0]}, then {none[1]}; there alpha_{k} is {k}, its most, and "
        f"multiplies nothing. Problems with passes only: {every[0]}, then {every[1]}; there it is 0."
    )


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


def _mean_signal(stage: Stage) -> float:
    return float(stage.left["signal"].to_numpy().mean())


def _none(stage: Stage) -> int:
    return int((stage.left["c"] == 0).sum())


def _every(stage: Stage) -> int:
    return int((stage.left["c"] == stage.left["n"]).sum())
