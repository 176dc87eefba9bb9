"""Measures how often the intervals hold the truth: `python -m bench.coverage` writes bench/COVERAGE.md.

python -m bench.coverage --quick            fewer benchmarks and sizes, to the terminal only
python -m bench.coverage --cells all.csv    every cell with the shares missed on each side, for all methods
"""

from __future__ import annotations

import argparse
import shlex
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from math import sqrt
from pathlib import Path
from typing import get_args

import polars as pl

from bench import report
from bench.coverage import comparisons
from bench.coverage.populations import FAMILIES, FAMILY, POPULATIONS, Population
from bench.coverage.report import LOW, details, informative, summary
from bench.coverage.study import LEVEL, Design, cells
from passcurve._choices import Method
from passcurve._estimate import CLUSTERED, OVER_SAMPLES

RESULTS = Path(__file__).parent.parent / "COVERAGE.md"
KS = (1, 4, 8, 64)
LARGEST = 500
"""Problems in a benchmark."""

NOT_HERE = ("lattice",)
"""The percentiles with their atoms: measured by "bootstrap", which has them but for Monte Carlo error."""

FROM_THE_LAW = ("percentile", "basic", "bca")
LAW_FROM = 20.0
"""Below so many effective units the law of a resample is summed atom by atom, too slow for thousands of benchmarks."""

DRAWN = ("bootstrap", "studentized")
DRAWN_TO = 100
"""Above so many units their resamples take most of the time, and they differ little from the others."""


@dataclass(frozen=True)
class Part:
    """One question."""

    title: str
    populations: Sequence[Population]
    over: str
    methods: Sequence[str]
    ks: Sequence[int]
    unit: int = 1
    """Problems in what is counted by P."""

    def measure(self, sizes: Sequence[int], samples: Sequence[int], replicates: int) -> Iterator[pl.DataFrame]:
        for population in self.populations:
            for size, n in product(sizes, samples[-1:] if population.uneven else samples):
                design = Design(population, size, n, replicates)
                slow = [*FROM_THE_LAW, *(DRAWN if size > DRAWN_TO * self.unit else ())]
                found = cells(design, self.ks, [method for method in self.methods if method not in slow], self.over)
                ks = found.filter(pl.col("asked") == "auto", pl.col("effective") >= LAW_FROM)["k"].to_list()
                law = [method for method in FROM_THE_LAW if method in self.methods]
                parts = [found, cells(design, ks, law, self.over)] if ks and law else [found]
                yield pl.concat(parts).with_columns(over=pl.lit(self.over))


PARTS = (
    Part("Over problems", POPULATIONS, "problems", [m for m in get_args(Method) if m not in NOT_HERE], KS),
    Part("Over problems, in clusters", FAMILIES, "problems", CLUSTERED, KS, FAMILY),
    Part("Over samples", POPULATIONS, "samples", OVER_SAMPLES, (1, 4, 8, 32)),
)


def main(arguments: list[str]) -> None:
    options = _parse(arguments)
    start = time.perf_counter()
    command = " ".join(["python -m bench.coverage", *map(shlex.quote, arguments)])
    measured = []
    text = [_head(command, options.replicates)]
    for part in PARTS:
        sizes = [size * part.unit for size in options.sizes if size * part.unit <= LARGEST]
        table = pl.concat(part.measure(sizes, options.samples, options.replicates))
        measured.append(table.with_columns(part=pl.lit(part.title)))
        text.append(_section(part, table))
        print(f"{part.title}: {time.perf_counter() - start:.0f} s", flush=True)
    pairs = comparisons.measure(options.paired, options.samples, options.replicates)
    text += [comparisons.section(pairs), ""]
    text.append(f"The run took {time.perf_counter() - start:.0f} s.\n")
    if options.cells:
        pl.concat(measured).write_csv(options.cells)
    if options.output:
        options.output.write_text("\n".join(text), encoding="utf-8")
        print(f"written to {options.output}")
    else:
        print("\n".join(text))


def _parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m bench.coverage", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="300 benchmarks of 10 and 100 problems a cell, n = 8")
    parser.add_argument("--replicates", type=int, help="benchmarks a cell (default: 2000)")
    parser.add_argument("--sizes", type=int, nargs="+", help="problems, or clusters (default: 3 to 164)")
    parser.add_argument("--samples", type=int, nargs="+", help="n (default: 8 and 64)")
    parser.add_argument("--cells", type=Path, help="every cell, as CSV")
    parser.add_argument("-o", "--output", type=Path, help="the report (default of a full run: bench/COVERAGE.md)")
    options = parser.parse_args(arguments)
    full = not (options.quick or options.replicates or options.sizes or options.samples)
    options.replicates = options.replicates or (300 if options.quick else 2_000)
    options.paired = options.sizes or ((10, 100) if options.quick else (10, 50, 164))
    options.sizes = options.sizes or ((10, 100) if options.quick else (3, 5, 10, 20, 50, 100, 164))
    options.samples = options.samples or ((8,) if options.quick else (8, 64))
    options.output = options.output or (RESULTS if full else None)
    return options


def _head(command: str, replicates: int) -> str:
    error = sqrt(LEVEL * (1 - LEVEL) / replicates)
    text = f"""
How often intervals of level {LEVEL:.0%} hold the truth, in {replicates:,} benchmarks a cell. Each is a draw of P
problems from a population, and of n samples a problem. The Monte Carlo standard error of a coverage of {LEVEL} is
{error:.4f}. Over problems the truth is the mean of 1 - (1-p)^k in the population, from its formula; over samples it is
that of the very problems drawn. Uneven n is 4 to 64, families are of 5 problems on average, and bootstrap and
studentized make 1,000 resamples here, up to P = 100. percentile, basic and bca are measured only where the variance
rests on 20 problems on average.

The rule of auto, which interval is taken where, was chosen on the first populations, with other seeds. The others were
added afterwards and changed nothing.

A summary has four numbers for each P: mean coverage, smallest coverage, share of cells below {LOW}, and mean width as a
multiple of auto's. It is over the cells where there is something to know: the truth in [.01, .99], and over problems at
least 1.7 standard deviations of the estimate from 0 and 1, over samples a standard error of what one draw moves the
mean by, or more. The tables after it have all cells: coverage and mean width, the share of intervals that exist where
it is not all, and the shares of auto's intervals above and below the truth.
"""
    return "\n".join(["# Coverage\n", report.facts(command), text.lstrip()])


def _section(part: Part, table: pl.DataFrame) -> str:
    told = informative(table, part.over)
    text = [f"## {part.title}\n"]
    for chose, title in ((True, "Populations that chose the rule"), (False, "Populations that did not choose it")):
        some = told.filter(pl.col("chose") == chose)
        if len(some):
            text += [f"{title}:\n", summary(some)]
    for (name,), some in table.group_by("population", maintain_order=True):
        text += [f"### {part.title}: {name}\n", details(some)]
    return "\n".join(text)


if __name__ == "__main__":
    main(sys.argv[1:])
