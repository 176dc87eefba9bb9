"""Bootstrap intervals of a whole pass@k curve against scipy.stats.bootstrap and NumPy."""

from __future__ import annotations

from math import pi, sqrt
from statistics import NormalDist
from typing import Any

import numpy as np
import polars as pl

import passcurve as pk
from bench import THREADS, report
from bench.bootstraps import TAILS, with_indices, with_multinomial, with_scipy
from bench.rivals import Floats, Ints
from bench.timing import Rounds, interleave
from passcurve.tally import Tally

PROBLEMS = 5_000
SAMPLES = (64, 256, 1024)
KS = (1, 2, 4, 8, 16, 32, 48, 64)
RESAMPLES = 10_000
ROUNDS = 3
CHECKPOINTS = 50

OURS = {
    "auto": "passcurve auto",
    "percentile": "passcurve percentile",
    "bca": "passcurve BCa",
    "bootstrap": "passcurve bootstrap",
}
THEIRS = {
    "scipy percentile": "percentile",
    "scipy BCa": "bca",
    "NumPy, indices": "percentile",
    "NumPy, multinomial over distinct tallies": "percentile",
}


def run() -> str:
    text = (
        f"{PROBLEMS:,} problems x {len(KS)} ks ({', '.join(map(str, KS))}), 95%, {ROUNDS} rounds; nothing is scaled. "
        f"passcurve ({THREADS} threads) starts from (n, c) and returns its table: percentile, BCa and auto from the "
        f"law of the bootstrap, without resamples; bootstrap from {RESAMPLES:,} resamples. SciPy and NumPy start from "
        f"the values of pass@k, with {RESAMPLES:,} resamples for all ks together. x: against passcurve's interval of "
        "the same method.\n\n"
        f"Agreement: how far the {2 * len(KS)} end points of the others are from passcurve's, in standard deviations "
        "of their own Monte Carlo error (asymptotic, for a normal mean). That error alone gives about 1 on average, "
        "and less than 3 at most.\n"
    )
    return "\n".join(["## Inference\n", text, *map(_section, SAMPLES), _checkpoints()])


def _section(samples: int) -> str:
    rng = np.random.default_rng(4)
    c = rng.binomial(samples, rng.beta(0.4, 0.6, PROBLEMS))
    n = np.full(PROBLEMS, samples)
    counts = pl.DataFrame({"problem": np.arange(PROBLEMS), "n": n, "c": c})
    rounds = _rounds(Tally.from_counts(counts), c, pk.pass_at_k(n, c, np.array(KS)[:, None]))
    rows = [[name, rounds.time(name), "", "", ""] for name in OURS.values()]
    for name, method in THEIRS.items():
        ours = OURS[method]
        distances = _distances(rounds.results[ours], rounds.results[name], method)
        agreement = [f"{sqrt(np.mean(distances**2)):.2f}", f"{distances.max():.2f}"]
        rows.append([name, rounds.time(name), rounds.ratio(name, ours), *agreement])
    head = ["", "time", "x", "agreement, rms sd", "largest"]
    against = rounds.ratio("scipy BCa", OURS["auto"])
    return (
        f"n = {samples}, {len(np.unique(c))} distinct tallies (scipy BCa is {against} times the time of auto):\n\n"
        f"{report.table(head, rows)}"
    )


def _checkpoints() -> str:
    """A whole training run in one call."""
    rng = np.random.default_rng(8)
    shape = (CHECKPOINTS, PROBLEMS)
    c = rng.binomial(256, rng.beta(0.4, 0.6, PROBLEMS), shape)
    keys = {"step": np.repeat(np.arange(CHECKPOINTS), PROBLEMS), "problem": np.tile(np.arange(PROBLEMS), CHECKPOINTS)}
    tally = Tally.from_counts(pl.DataFrame({**keys, "n": 256, "c": c.ravel()}), by="step")
    contestants = {
        f"auto, {THREADS} threads": lambda: tally.pass_at_k(KS, threads=THREADS),
        "auto, 1 thread": lambda: tally.pass_at_k(KS, threads=1),
        f"bootstrap, {RESAMPLES:,} resamples, {THREADS} threads": lambda: tally.pass_at_k(
            KS, method="bootstrap", n_resamples=RESAMPLES, threads=THREADS
        ),
    }
    rounds = interleave(contestants, ROUNDS)
    rows = [[name, rounds.time(name), rounds.ratio(name, next(iter(contestants)))] for name in contestants]
    title = f"{CHECKPOINTS} checkpoints x {PROBLEMS:,} problems x {len(KS)} ks, n = 256, in one call:\n\n"
    return title + report.table(["", "time", "x"], rows)


def _rounds(tally: Tally, c: Ints, values: Floats) -> Rounds:
    def ours(method: Any) -> pl.DataFrame:
        return tally.pass_at_k(KS, method=method, n_resamples=RESAMPLES, threads=THREADS)

    return interleave(
        {
            OURS["auto"]: lambda: ours("auto"),
            OURS["percentile"]: lambda: ours("percentile"),
            OURS["bca"]: lambda: ours("bca"),
            OURS["bootstrap"]: lambda: ours("bootstrap"),
            "scipy percentile": lambda: with_scipy(values, "percentile", RESAMPLES),
            "scipy BCa": lambda: with_scipy(values, "BCa", RESAMPLES),
            "NumPy, indices": lambda: with_indices(values, RESAMPLES),
            "NumPy, multinomial over distinct tallies": lambda: with_multinomial(values, c, RESAMPLES),
        },
        ROUNDS,
    )


def _distances(ours: pl.DataFrame, theirs: Floats, method: str) -> Floats:
    ends = ours.select("lower", "upper").to_numpy().T
    distances: Floats = np.abs(ends - theirs) / (_monte_carlo_sd(method) * ours["se"].to_numpy())
    return distances


def _monte_carlo_sd(method: str) -> float:
    """The sd of an end point in standard errors of the mean, from the finite number of resamples.

    With t the tail, z its normal quantile, B resamples and phi the normal density, a percentile has the
    variance t(1-t) / (B phi(z)^2). BCa reads it at z + 2 z0; z0 adds 1 / (B phi(0)^2), and its covariance
    with the percentile takes off 2t / (B phi(0) phi(z)).
    """
    normal = NormalDist()
    tail = TAILS[0]
    density, peak = normal.pdf(normal.inv_cdf(tail)), 1 / sqrt(2 * pi)
    variance = tail * (1 - tail) / density**2
    if method == "bca":
        variance += 1 / peak**2 - 2 * tail / (peak * density)
    return sqrt(variance / RESAMPLES)
