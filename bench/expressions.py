"""pk.pass_at_k in a Polars query against native expressions and map_elements."""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from functools import reduce
from typing import Literal, TypeAlias

import numpy as np
import polars as pl

import passcurve as pk
from bench import THREADS, report
from bench.accuracy import exact_pass_at_k
from bench.timing import interleave

ROWS = 10_000_000
FEW_ROWS = 100_000
K = 8
ROUNDS = 5
CHECKED = 3_000
LARGEST = (256, 10_000)

Engine: TypeAlias = Literal["streaming", "in-memory"]
Query: TypeAlias = tuple[pl.LazyFrame, pl.Expr, Engine]
ENGINES: tuple[Engine, ...] = ("streaming", "in-memory")

OURS, LOOP = "pk.pass_at_k", "map_elements, math.comb (scaled)"
PRODUCT, LOG_GAMMA = "product of k native factors", "native log-gamma (Stirling)"

LARGE = 8
"""From one above it on the series below is off by 2e-12 at most, its first term left out."""


def run() -> str:
    text = (
        f"{ROWS:,} rows of (n, c), k = {K}: `frame.lazy().select(...).collect(engine=...)` on {THREADS} threads, "
        f"{ROUNDS} rounds. Polars has no log-gamma and no binomial, so natively a user takes the product of (n-c-i) / "
        "(n-i) over i < k, or builds log-gamma from Stirling's series with the argument moved up to "
        f"{LARGE}. map_elements runs over the first {FEW_ROWS:,} rows, in memory, and its time is multiplied by "
        f"{ROWS // FEW_ROWS}. Errors are relative, the largest of {CHECKED:,} rows against exact rationals, without "
        "values of 0 and 1.\n"
    )
    return "\n".join(["## Expressions in Polars\n", text, *map(_section, LARGEST)])


def _section(largest: int) -> str:
    rng = np.random.default_rng(1)
    n = rng.integers(K, largest + 1, ROWS)
    frame = pl.DataFrame({"n": n, "c": rng.integers(0, n + 1)})
    native = {OURS: pk.pass_at_k("n", "c", k=K), PRODUCT: product(K), LOG_GAMMA: log_gamma(K)}
    queries: dict[str, Query] = {
        f"{name}, {engine}": (frame.lazy(), expression, engine)
        for name, expression in native.items()
        for engine in ENGINES
    }
    queries[LOOP] = (frame.head(FEW_ROWS).lazy(), elements(K), "in-memory")
    rounds = interleave({name: _call(query) for name, query in queries.items()}, ROUNDS)
    rounds = rounds.scaled(LOOP, ROWS / FEW_ROWS)
    checked = frame.head(CHECKED)
    rows = [
        [
            name,
            rounds.time(name),
            *(rounds.ratio(name, f"{OURS}, {engine}") for engine in ENGINES),
            f"{_error(rounds.results[name], checked):.1e}",
        ]
        for name in queries
    ]
    distinct = frame.n_unique()
    title = f"n uniform on {K} to {largest:,}, c on 0 to n; {distinct:,} distinct pairs:\n"
    head = ["", "time", *(f"x ours, {engine}" for engine in ENGINES), "error"]
    return f"{title}\n{report.table(head, rows)}"


def _call(query: Query) -> Callable[[], pl.Series]:
    lazy, expression, engine = query
    return lambda: lazy.select(expression.alias("value")).collect(engine=engine)["value"]


def product(k: int) -> pl.Expr:
    """1 - prod (n-c-i) / (n-i), with 1 where fewer than k failed."""
    fails = pl.col("n") - pl.col("c")
    factors = ((fails - i) / (pl.col("n") - i) for i in range(k))
    return pl.when(fails < k).then(1.0).otherwise(1.0 - reduce(pl.Expr.mul, factors))


def log_gamma(k: int) -> pl.Expr:
    """1 - exp(ln C(n-c, k) - ln C(n, k)), with 1 where fewer than k failed."""
    n = pl.col("n").cast(pl.Float64)
    fails = n - pl.col("c")
    log_q = _ln_gamma(fails + 1) - _ln_gamma(fails - k + 1) - _ln_gamma(n + 1) + _ln_gamma(n - k + 1)
    return pl.when(fails < k).then(1.0).otherwise(1.0 - log_q.exp())


def _ln_gamma(x: pl.Expr) -> pl.Expr:
    moved = reduce(pl.Expr.mul, (x + i for i in range(LARGE)))
    z = x + LARGE
    series = 1 / (12 * z) - 1 / (360 * z**3) + 1 / (1260 * z**5) - 1 / (1680 * z**7)
    return (z - 0.5) * z.log() - z + 0.5 * math.log(2 * math.pi) + series - moved.log()


def elements(k: int) -> pl.Expr:
    """Python's integers, row by row."""

    def one(row: dict[str, int]) -> float:
        return 1.0 - math.comb(row["n"] - row["c"], k) / math.comb(row["n"], k)

    return pl.struct("n", "c").map_elements(one, return_dtype=pl.Float64)


def _error(values: pl.Series, counts: pl.DataFrame) -> float:
    worst = Fraction(0)
    for value, (n, c) in zip(values.head(CHECKED), counts.iter_rows(), strict=True):
        truth = exact_pass_at_k(n, c, K)
        if truth not in (0, 1):
            worst = max(worst, abs(Fraction(value) - truth) / truth)
    return float(worst)
