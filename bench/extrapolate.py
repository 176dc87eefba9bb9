"""Extrapolation beyond n: its time against fits by SciPy, and how far it is from the truth."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator

import numpy as np
import polars as pl
from scipy import optimize, special  # type: ignore[import-untyped]

from bench import THREADS, report
from bench.rivals import Floats, Ints
from bench.timing import interleave
from passcurve.tally import Tally

PROBLEMS = 5_000
SAMPLES = 256
KS = (512, 1024, 4096, 65_536)
RESAMPLES = 1_000
SCIPY_RESAMPLES = 20
ROUNDS = 3

BENCHMARKS = 200
BENCHMARK = 164
STUDY_SAMPLES = 64
STUDY_RESAMPLES = 400
TIMES = (2, 4, 10)

POPULATIONS: dict[str, Callable[[np.random.Generator, tuple[int, ...]], Floats]] = {
    "Beta(.3, .7)": lambda rng, shape: rng.beta(0.3, 0.7, shape),
    "30% zeros, Beta(1, 3)": lambda rng, shape: rng.beta(1, 3, shape) * (rng.random(shape) >= 0.3),
    "half .5, half .004": lambda rng, shape: np.where(rng.random(shape) < 0.5, 0.5, 0.004),
    "log-uniform from 1e-5 to 1": lambda rng, shape: 10 ** rng.uniform(-5, 0, shape),
}


def run() -> str:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # beyond 2n, and so they should be
        return "\n".join(["## Extrapolation\n", _time(), _study()])


def _time() -> str:
    rng = np.random.default_rng(5)
    c = rng.binomial(SAMPLES, rng.beta(0.3, 0.7, PROBLEMS))
    tally = Tally.from_counts(pl.DataFrame({"problem": np.arange(PROBLEMS), "n": SAMPLES, "c": c}))
    ours, one, theirs = f"passcurve, {THREADS} threads", "passcurve, 1 thread", "SciPy, refits only"
    rounds = interleave(
        {
            ours: lambda: tally.extrapolate(KS, threads=THREADS, n_resamples=RESAMPLES),
            one: lambda: tally.extrapolate(KS, threads=1, n_resamples=RESAMPLES),
            theirs: lambda: _with_scipy(c),
        },
        ROUNDS,
    ).scaled(theirs, RESAMPLES / SCIPY_RESAMPLES)
    estimates = rounds.results[ours].filter(pl.col("k") > 2 * SAMPLES)["estimate"].to_numpy()
    apart = np.abs(estimates - rounds.results[theirs]).max()
    text = (
        f"{PROBLEMS:,} problems, n = {SAMPLES}, k = {', '.join(f'{k:,}' for k in KS)}: Chao2 at the first and both "
        f"laws at the others, {RESAMPLES:,} resamples, and the bounds. SciPy (L-BFGS-B over the distinct c with "
        f"analytic gradients, started from the fit of the whole) fits both laws to {SCIPY_RESAMPLES} resamples, its "
        f"time is multiplied by {RESAMPLES // SCIPY_RESAMPLES}, and it computes no bounds. Its estimates differ from "
        f"passcurve's by at most {apart:.1e}.\n\n"
    )
    return text + report.table(
        ["", "time", "x"], [[name, rounds.time(name), rounds.ratio(name, ours)] for name in (ours, one, theirs)]
    )


def _with_scipy(c: Ints) -> Floats:
    """The estimates of both laws at each k beyond 2n; the fits to resamples are for the time only."""
    values, counts = np.unique(c, return_counts=True)
    laws = [_fit(values, counts, np.zeros(3)[: 2 + inflated]) for inflated in (False, True)]
    for resample in np.random.default_rng(0).multinomial(PROBLEMS, counts / PROBLEMS, SCIPY_RESAMPLES):
        for law in laws:
            _fit(values, resample, law)
    return np.array([_estimate(values, counts, law, k) for k in KS if k > 2 * SAMPLES for law in laws])


def _fit(c: Ints, counts: Ints, start: Floats) -> Floats:
    """ln a, ln b and, of three, the logit of the share of zeros."""
    unsolved = c == 0

    def loss(x: Floats) -> tuple[float, Floats]:
        a, b = np.exp(x[:2])
        term = special.betaln(a + c, b + SAMPLES - c) - special.betaln(a, b)
        both = special.digamma(a + b) - special.digamma(a + b + SAMPLES)
        slope = np.array(
            [
                a * (special.digamma(a + c) - special.digamma(a) + both),
                b * (special.digamma(b + SAMPLES - c) - special.digamma(b) + both),
            ]
        )
        if len(x) == 2:
            return -float(counts @ term), np.asarray(-(slope @ counts), dtype=np.float64)
        share = special.expit(x[2])
        q = np.exp(term)
        chance = np.where(unsolved, share + (1 - share) * q, 1)
        likelihood = np.where(unsolved, np.log(chance), np.log1p(-share) + term)
        slope *= np.where(unsolved, (1 - share) * q / chance, 1)
        by_share = np.where(unsolved, share * (1 - share) * (1 - q) / chance, -share)
        return -float(counts @ likelihood), -np.append(slope @ counts, by_share @ counts)

    bounds = [(-9, 9)] * 2 + [(-30, 30)] * (len(start) - 2)
    found: Floats = optimize.minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds).x
    return found


def _estimate(c: Ints, counts: Ints, law: Floats, k: int) -> float:
    a, b = np.exp(law[:2])
    share = special.expit(law[2]) if len(law) > 2 else 0.0
    early, late = ((1 - share) * np.exp(special.betaln(a, b + m) - special.betaln(a, b)) for m in (SAMPLES, k))
    return float(np.where(c > 0, 1, (early - late) / (early + share)) @ counts / counts.sum())


def _study() -> str:
    rows = [line for name in POPULATIONS for line in _lines(name)]
    text = (
        f"{BENCHMARKS} benchmarks of {BENCHMARK} problems from each population, n = {STUDY_SAMPLES}, "
        f"{STUDY_RESAMPLES} resamples. Bias and root mean square error are against pass@k of the benchmark's own "
        "problems; the share of 95% intervals, and of bounds, that hold the truth is against the population's.\n\n"
    )
    head = ["population", "method", "k", "bias", "rmse", "in the interval", "in the bounds"]
    return text + report.table(head, rows)


def _lines(name: str) -> Iterator[list[str]]:
    rng = np.random.default_rng(6)
    p = POPULATIONS[name](rng, (BENCHMARKS, BENCHMARK))
    population = POPULATIONS[name](rng, (2_000_000,))
    keys = {
        "benchmark": np.repeat(np.arange(BENCHMARKS), BENCHMARK),
        "problem": np.tile(np.arange(BENCHMARK), BENCHMARKS),
    }
    counts = pl.DataFrame({**keys, "n": STUDY_SAMPLES, "c": rng.binomial(STUDY_SAMPLES, p).ravel()})
    tally = Tally.from_counts(counts, by="benchmark")
    for method in ("chao2", "beta-binomial", "zero-inflated beta-binomial"):
        times = TIMES[:1] if method == "chao2" else TIMES
        ks = [STUDY_SAMPLES * factor for factor in times]
        table = tally.extrapolate(ks, method=method, n_resamples=STUDY_RESAMPLES, threads=THREADS)
        for k, factor in zip(ks, times, strict=True):
            found = table.filter(pl.col("k") == k)
            estimate, *ends = (
                found[column].to_numpy() for column in ("estimate", "lower", "upper", "bound_lower", "bound_upper")
            )
            error = estimate - _pass_at(p, k).mean(axis=1)
            truth = _pass_at(population, k).mean()
            held = [f"{((low <= truth) & (truth <= high)).mean():.2f}" for low, high in (ends[:2], ends[2:])]
            yield [name, method, f"{factor}n", f"{error.mean():+.3f}", f"{np.sqrt((error**2).mean()):.3f}", *held]


def _pass_at(p: Floats, k: int) -> Floats:
    value: Floats = 1 - (1 - p) ** k
    return value
