"""How often the intervals and bands of `Tally.compare` hold the true difference of two models."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from bench import report
from bench.coverage.pairs import RIVALS, Rivals
from bench.coverage.study import CHUNK, LEVEL
from passcurve._choices import PairedMethod
from passcurve.tally import Tally

METHODS: tuple[PairedMethod, ...] = ("auto", "t", "mover")
FEWEST_RESAMPLES = 40
"""For the methods whose band is not looked at."""

ROUNDING = 1e-12


@dataclass(frozen=True)
class Design:
    """What is drawn: so many problems with n samples of each model, so often."""

    rivals: Rivals
    problems: int
    n: int
    replicates: int
    n_resamples: int = 1_000

    @property
    def ks(self) -> list[int]:
        return [1 << i for i in range(self.n.bit_length())]

    def tallies(self) -> Iterator[Tally]:
        """The same benchmarks at each call, in parts of about `CHUNK` problems."""
        rng = np.random.default_rng([self.problems, self.n, *self.rivals.name.encode()])
        at_once = max(1, CHUNK // self.problems)
        for done in range(0, self.replicates, at_once):
            shape = (min(at_once, self.replicates - done), self.problems)
            c = [rng.binomial(self.n, p) for p in self.rivals.draw(rng, shape)]
            benchmark, problem = (place.ravel() for place in np.indices(shape))
            keys = {"benchmark": benchmark, "problem": problem, "n": self.n}
            models = [pl.DataFrame({**keys, "model": model, "c": c[at].ravel()}) for at, model in enumerate("ab")]
            yield Tally.from_counts(pl.concat(models), by=["benchmark", "model"])


def cells(design: Design) -> pl.DataFrame:
    """A row a k and method: the shares of intervals that hold the truth; a null k is all of them at once.

    `band` is the share of bands that do, `rejected` that of p-values below 1 - level where the models are equal.
    """
    truths = pl.DataFrame({"k": design.ks, "truth": [design.rivals.truth(k) for k in design.ks]})
    rows = []
    for tally in design.tallies():
        for method in METHODS:
            n_resamples = design.n_resamples if method == "auto" else FEWEST_RESAMPLES
            compared = tally.compare(
                "a", "b", on="model", k=design.ks, method=method, confidence_level=LEVEL, n_resamples=n_resamples
            )
            rows.append(compared.frame.join(truths, on="k").with_columns(asked=pl.lit(method)))
    return _shares(pl.concat(rows), design)


def _shares(rows: pl.DataFrame, design: Design) -> pl.DataFrame:
    truth = pl.col("truth")
    held = rows.with_columns(
        held=truth.is_between(pl.col("lower") - ROUNDING, pl.col("upper") + ROUNDING),
        band=truth.is_between(pl.col("band_lower") - ROUNDING, pl.col("band_upper") + ROUNDING),
        width=pl.col("upper") - pl.col("lower"),
        band_width=pl.col("band_upper") - pl.col("band_lower"),
        rejected=pl.when(truth.abs() < ROUNDING).then(pl.col("p_value") < 1 - LEVEL),
    )
    means = [pl.col(name).mean() for name in ("truth", "held", "band", "width", "band_width", "rejected")]
    each = held.group_by("asked", "k", maintain_order=True).agg(*means)
    whole = held.group_by("asked", "benchmark").agg(pl.col("held", "band").all())
    together = whole.group_by("asked").agg(pl.col("held", "band").mean())
    what = {"rivals": design.rivals.name, "problems": design.problems, "n": design.n}
    both = pl.concat([each, together], how="diagonal")
    return both.select(*(pl.lit(value).alias(name) for name, value in what.items()), pl.all())


def measure(sizes: Sequence[int], samples: Sequence[int], replicates: int) -> pl.DataFrame:
    """All cells."""
    designs = [Design(rivals, size, n, replicates) for rivals in RIVALS for size in sizes for n in samples]
    return pl.concat(map(cells, designs))


def section(table: pl.DataFrame) -> str:
    """A row a design: the least coverage over k of each method, and the coverage of all k together."""
    rows = []
    for key, cell in table.group_by("rivals", "problems", "n", maintain_order=True):
        single = cell.filter(pl.col("k").is_not_null())
        together = cell.filter(pl.col("k").is_null(), asked="auto").row(0, named=True)
        least = dict(single.group_by("asked").agg(pl.col("held").min()).iter_rows())
        auto = single.filter(asked="auto")
        wider = float(np.mean((auto["band_width"] / auto["width"]).to_numpy()))
        rejected = float(np.max(auto["rejected"].fill_null(np.nan).to_numpy()))
        rows.append(
            [
                *map(str, key),
                *(f"{least[method]:.3f}" if method in least else "" for method in METHODS),
                f"{together['held']:.3f}",
                f"{together['band']:.3f}",
                f"{wider:.2f}",
                "" if np.isnan(rejected) else f"{rejected:.3f}",
            ]
        )
    heads = ["", "P", "n", *METHODS, "all k: intervals", "all k: band", "band / interval", "p < .05"]
    return "\n".join(["## Two models\n", TEXT, report.table(heads, rows)])


TEXT = """
Differences of two models on the same problems, at k = 1, 2, 4, ... up to n together. For each method: the least
coverage over k of its intervals. Then, of auto: how often the intervals, and the band, hold the true differences at all
k at once; the mean width of the band as a multiple of the interval's; and where the models are equal the largest share
over k of p_value below .05.
""".lstrip()
