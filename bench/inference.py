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
SAMPLES = (64, 1024)
KS = (1, 2, 4, 8, 16, 32, 48, 64)
RESAMPLES = 10_000
ROUNDS = 3

OURS = {"percentile": "passcurve percentile", "bca": "passcurve BCa"}
THEIRS = {
    "scipy percentile": "percentile",
    "scipy BCa": "bca",
    "NumPy, indices": "percentile",
    "NumPy, multinomial over distinct tallies": "percentile",
}


def run() -> str:
    text = (
        f"{PROBLEMS:,} problems x {len(KS)} ks ({', '.join(map(str, KS))}), {RESAMPLES:,} resamples, 95%, "
        f"{ROUNDS} rounds; nothing is scaled. passcurve ({THREADS} threads) starts from (n, c) and returns "
        "its table; SciPy and NumPy start from the values of pass@k and use the same resamples for all ks. "
        "x ours: against passcurve's interval of the same method.\n\n"
        f"Agreement: how far the {2 * len(KS)} end points are from passcurve's, in standard deviations of "
        "the difference of two independent bootstraps (asymptotic, for a normal mean). Monte Carlo error "
        "alone gives about 1 on average, and less than 3 at most.\n"
    )
    return "\n".join(["## Inference\n", text, *map(_section, SAMPLES)])


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
    head = ["", "time", "x ours", "agreement, rms sd", "largest"]
    return f"n = {samples}, {len(np.unique(c))} distinct tallies:\n\n{report.table(head, rows)}"


def _rounds(tally: Tally, c: Ints, values: Floats) -> Rounds:
    def ours(method: Any) -> pl.DataFrame:
        return tally.pass_at_k(KS, method=method, n_resamples=RESAMPLES, threads=THREADS)

    return interleave(
        {
            OURS["percentile"]: lambda: ours("percentile"),
            OURS["bca"]: lambda: ours("bca"),
            "scipy percentile": lambda: with_scipy(values, "percentile", RESAMPLES),
            "scipy BCa": lambda: with_scipy(values, "BCa", RESAMPLES),
            "NumPy, indices": lambda: with_indices(values, RESAMPLES),
            "NumPy, multinomial over distinct tallies": lambda: with_multinomial(values, c, RESAMPLES),
        },
        ROUNDS,
    )


def _distances(ours: pl.DataFrame, theirs: Floats, method: str) -> Floats:
    ends = ours.select("lower", "upper").to_numpy().T
    distances: Floats = np.abs(ends - theirs) / (sqrt(2) * _monte_carlo_sd(method) * ours["se"].to_numpy())
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
