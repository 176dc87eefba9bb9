"""Comparisons of two models over a whole curve against NumPy, and of many models."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations

import numpy as np
import polars as pl

import passcurve as pk
from bench import THREADS, report
from bench.rivals import Floats, Ints
from bench.timing import Rounds, interleave
from passcurve.compare import Comparison
from passcurve.tally import Tally

PROBLEMS, SAMPLES = 1_060, 128
KS = range(1, SAMPLES + 1)
RESAMPLES = 4_000
LEVEL = 0.95
MODELS, MANY_PROBLEMS, MANY_SAMPLES = 27, 57, 10
ROUNDS = 3
# 50 resamples of 1,060 problems at 128 ks are 54 MB.
BATCH = 50


def run() -> str:
    return "\n".join(["## Comparisons\n", _pair(), _many()])


def _pair() -> str:
    rng = np.random.default_rng(8)
    passes = {
        "base": rng.binomial(SAMPLES, rng.beta(0.5, 2, PROBLEMS)),
        "rl": rng.binomial(SAMPLES, rng.beta(0.25, 0.35, PROBLEMS)),
    }
    tally = _tally(passes, SAMPLES)

    def ours(threads: int) -> Callable[[], Comparison]:
        return lambda: tally.compare("rl", "base", k=KS, n_resamples=RESAMPLES, threads=threads)

    names = {f"passcurve, {threads} thread{'s' * (threads > 1)}": threads for threads in dict.fromkeys((THREADS, 1))}
    contestants: dict[str, Callable[[], object]] = {name: ours(threads) for name, threads in names.items()}
    contestants["NumPy, indices"] = lambda: with_indices(passes["rl"], passes["base"])
    rounds = interleave(contestants, ROUNDS)
    first = next(iter(names))
    rows = [[name, rounds.time(name), rounds.ratio(name, first)] for name in (*names, "NumPy, indices")]
    text = (
        f"{PROBLEMS:,} problems of {SAMPLES} samples, k = 1 to {SAMPLES}, {RESAMPLES:,} resamples, {ROUNDS} rounds. "
        "passcurve starts from (n, c) and returns intervals, band, crossover and exact p-values. NumPy starts from "
        "(n, c) too, draws problems by index, and returns the half width of the sup-t band only.\n\n"
        f"Largest difference of the half widths, relative: {_agreement(rounds, first):.3f}; Monte Carlo error of two "
        "quantiles alone is about 0.02.\n"
    )
    return f"{text}\n{report.table(['', 'time', f'x {first}'], rows)}"


def _agreement(rounds: Rounds, ours: str) -> float:
    frame = rounds.results[ours].frame
    half = 0.5 * (frame["band_upper"] - frame["band_lower"]).to_numpy()
    return float(np.abs(half / rounds.results["NumPy, indices"] - 1).max())


def with_indices(a: Ints, b: Ints) -> Floats:
    """The half width of the sup-t band at each k: resamples of problems by index."""
    rng = np.random.default_rng(9)
    ks = np.arange(1, SAMPLES + 1)
    d = pk.pass_at_k(SAMPLES, a[:, None], ks) - pk.pass_at_k(SAMPLES, b[:, None], ks)
    mean, se = d.mean(axis=0), d.std(axis=0, ddof=1) / np.sqrt(len(d))
    largest = np.empty(RESAMPLES)
    for start in range(0, RESAMPLES, BATCH):
        means = d[rng.integers(0, len(d), (BATCH, len(d)))].mean(axis=1)
        largest[start : start + BATCH] = np.abs((means - mean) / se).max(axis=1)
    half: Floats = np.quantile(largest, LEVEL) * se
    return half


def _many() -> str:
    rng = np.random.default_rng(10)
    difficulty = rng.beta(0.6, 0.8, MANY_PROBLEMS)
    passes = {f"model {i:02}": rng.binomial(MANY_SAMPLES, difficulty ** rng.uniform(0.3, 3)) for i in range(MODELS)}
    tally = _tally(passes, MANY_SAMPLES)
    rounds = interleave({"all": lambda: tally.compare(threads=THREADS)}, ROUNDS)
    pairs = len(list(combinations(passes, 2)))
    return (
        f"{MODELS} models of {MANY_PROBLEMS} problems and {MANY_SAMPLES} samples, all {pairs} pairs at k = 1, 2, 4, 8, "
        f"10, {RESAMPLES:,} resamples, {THREADS} threads: {rounds.time('all')}.\n"
    )


def _tally(passes: dict[str, Ints], n: int) -> Tally:
    frames = [
        pl.DataFrame({"model": model, "problem": np.arange(len(c)), "n": n, "c": c}) for model, c in passes.items()
    ]
    return Tally.from_counts(pl.concat(frames), by="model")
