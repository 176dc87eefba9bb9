"""Many benchmarks drawn from a population, their intervals, and how often these hold the truth."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from bench.coverage.populations import SHORTEST, Population
from bench.rivals import Floats, Ints
from passcurve.tally import Tally

LEVEL = 0.95
CHUNK = 500_000
"""Problems in memory at a time."""


@dataclass(frozen=True)
class Draw:
    """Benchmarks: a row each, a column a problem."""

    p: Floats
    n: Ints
    c: Ints
    families: Ints | None

    def tally(self) -> Tally:
        replicates, problems = self.p.shape
        columns = {
            "replicate": np.repeat(np.arange(replicates), problems),
            "problem": np.tile(np.arange(problems), replicates),
            "n": self.n.ravel(),
            "c": self.c.ravel(),
        }
        key = ["problem"]
        if self.families is not None:
            columns["family"] = np.tile(self.families, replicates)
            key = ["family", "problem"]
        return Tally.from_counts(pl.DataFrame(columns), by="replicate", problem=key)


@dataclass(frozen=True)
class Design:
    """What is drawn: so many problems with n samples each (fewer where n is uneven), so often."""

    population: Population
    problems: int
    n: int
    replicates: int
    seed: int = 0

    @property
    def smallest(self) -> int:
        return SHORTEST if self.population.uneven else self.n

    def draws(self) -> Iterator[Draw]:
        """The same benchmarks at each call, in parts of about `CHUNK` problems."""
        rng = np.random.default_rng([self.seed, self.problems, self.n, *self.population.name.encode()])
        at_once = max(1, CHUNK // self.problems)
        for done in range(0, self.replicates, at_once):
            yield self._draw(rng, min(at_once, self.replicates - done))

    def _draw(self, rng: np.random.Generator, replicates: int) -> Draw:
        shape = (replicates, self.problems)
        p = self.population.draw(rng, shape)
        n = rng.integers(SHORTEST, self.n + 1, shape) if self.population.uneven else np.full(shape, self.n)
        families = self.population.families
        return Draw(p, n, rng.binomial(n, p), families(self.problems) if families else None)


def cells(design: Design, ks: Sequence[int], methods: Sequence[str], over: str) -> pl.DataFrame:
    """A row a k and method: coverage, the shares that miss the truth on each side, the mean width, and what was drawn.

    `above` is the share of intervals that lie above the truth, `made` the share that exists; the rest is missed.
    """
    ks = [k for k in ks if k <= design.smallest]
    words: dict[str, Any] = {"over": over, "confidence_level": LEVEL, "n_resamples": 1_000}
    if design.population.families and over == "problems":
        words["cluster"] = "family"
    rows = []
    for draw in design.draws():
        tally, truths = draw.tally(), pl.Series("truth", _truths(design, draw, ks, over))
        for method in methods:
            table = tally.pass_at_k(ks, method=method, **words)  # type: ignore[arg-type]  # methods are checked there
            rows.append(table.with_columns(truths, asked=pl.lit(method)))
    return _shares(pl.concat(rows), design)


def _truths(design: Design, draw: Draw, ks: list[int], over: str) -> Floats:
    """For each replicate and k, in the order of the table."""
    if over == "problems":
        return np.tile([design.population.truth(k) for k in ks], len(draw.p))
    return np.stack([1 - np.mean((1 - draw.p) ** k, axis=1) for k in ks], axis=1).ravel()


def _shares(rows: pl.DataFrame, design: Design) -> pl.DataFrame:
    rounding = 1e-12
    above = pl.col("lower") > pl.col("truth") + rounding
    below = pl.col("upper") < pl.col("truth") - rounding
    made = pl.col("lower").is_not_null()
    # The variance over samples in units of what one draw of k moves the mean by.
    moves = pl.col("se") * design.problems * (design.smallest // pl.col("k"))
    minority = pl.min_horizontal(pl.col("truth"), 1 - pl.col("truth")).mean()
    shares = rows.group_by("k", "asked", maintain_order=True).agg(
        truth=pl.col("truth").mean(),
        coverage=(made & ~above & ~below).mean(),
        above=above.fill_null(value=False).mean(),
        below=below.fill_null(value=False).mean(),
        made=made.mean(),
        width=(pl.col("upper") - pl.col("lower")).mean(),
        effective=pl.col("n_effective").fill_null(0.0).mean(),
        noise=(moves**2).fill_null(0.0).mean(),
        # Of problems that are solved or not it is how many of the rarer kind there are.
        told=(minority / pl.col("estimate").std()) ** 2,
    )
    what = {
        "population": design.population.name,
        "chose": design.population.chose,
        "problems": design.problems,
        "n": design.n,
    }
    return shares.select(*(pl.lit(value).alias(name) for name, value in what.items()), pl.all())
