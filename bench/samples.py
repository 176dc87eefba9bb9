"""Metrics over samples: maj@k against Monte Carlo as validation loops have it, max@k against a loop of NumPy."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from fractions import Fraction
from functools import partial
from math import comb
from typing import Any

import numpy as np
import numpy.typing as npt

import passcurve as pk
from bench import THREADS, report
from bench.timing import interleave

PROBLEMS = 5_000
SAMPLES = 64
ANSWERS = 12
DRAWS = 1_000
ROUNDS = 5
SIMULATED = 250
CHECKED = 20

Array = npt.NDArray[Any]


def run() -> str:
    return "\n".join(
        [
            "## Metrics over samples\n",
            f"{PROBLEMS:,} problems of {SAMPLES} samples, with 2 to {ANSWERS} answers, of which one is correct; "
            f"{THREADS} threads, {ROUNDS} rounds. Monte Carlo takes {DRAWS:,} sets of k draws a problem, in NumPy "
            f"without a loop over draws; its time is that of {SIMULATED} problems, scaled up, and its error the "
            "largest over them. Errors of ours and of the loop are against exact rationals, the largest over "
            f"{CHECKED} problems.\n",
            _majorities(),
            _maxima(),
        ]
    )


def _logs() -> Array:
    rng = np.random.default_rng(1)
    kinds = rng.integers(2, ANSWERS + 1, (PROBLEMS, 1))
    weights = rng.random((PROBLEMS, ANSWERS)) ** 2 * (np.arange(ANSWERS) < kinds)
    bounds = (weights / weights.sum(1, keepdims=True)).cumsum(1)[:, None, :-1]
    answers: Array = (rng.random((PROBLEMS, SAMPLES, 1)) > bounds).sum(-1)
    return answers


def _majorities() -> str:
    answers = _logs()
    correct = answers == 0
    rows = []
    for k, plain in ((16, False), (64, False), (16, True), (64, True)):
        ours_of = partial(pk.maj_at_k, answers, correct, k, with_replacement=plain)
        contestants: dict[str, Callable[[], object]] = {"ours": ours_of}
        cells = ["", "", ""]
        if plain or k < SAMPLES:
            contestants["theirs"] = partial(_simulate, answers[:SIMULATED], k, plain)
        rounds = interleave(contestants, ROUNDS)
        ours = rounds.results["ours"]
        if "theirs" in contestants:
            rounds = rounds.scaled("theirs", PROBLEMS / SIMULATED)
            error = np.abs(rounds.results["theirs"] - ours[:SIMULATED]).max()
            cells = [rounds.time("theirs"), rounds.ratio("theirs", "ours"), f"{error:.1e}"]
        errors = [
            float(abs(Fraction(value) - _exact(row, k, plain)))
            for row, value in zip(answers[:CHECKED], ours.tolist(), strict=False)
        ]
        name = f"maj@{k}{', with replacement' if plain else ''}"
        rows.append([name, rounds.time("ours"), *cells[:2], f"{max(errors):.1e}", cells[2]])
    return report.table(["", "ours", "Monte Carlo", "x ours", "error of ours", "error of Monte Carlo"], rows)


def _simulate(answers: Array, k: int, plain: bool) -> Array:
    rng = np.random.default_rng(2)
    values = np.empty(len(answers))
    first = np.arange(DRAWS)[:, None] * ANSWERS
    for at, row in enumerate(answers):
        if plain:
            drawn = rng.integers(0, SAMPLES, (DRAWS, k))
        else:
            drawn = rng.random((DRAWS, SAMPLES)).argpartition(k, axis=1)[:, :k]
        counts = np.bincount((row[drawn] + first).ravel(), minlength=DRAWS * ANSWERS).reshape(DRAWS, ANSWERS)
        tops = counts == counts.max(1, keepdims=True)
        values[at] = (tops[:, 0] / tops.sum(1)).mean()
    return values


def _exact(row: Array, k: int, plain: bool) -> Fraction:
    """maj@k of answer 0, by the number of ways to each winning count and each number of ties."""
    counts = np.bincount(row, minlength=1).tolist()

    def ways(count: int, i: int, left: int) -> int:
        return count**i * comb(left, i) if plain else comb(count, i)

    total = Fraction(0)
    for j in range(1, k + 1):
        states = Counter({(j, 1): ways(counts[0], j, k)})
        for count in counts[1:]:
            after: Counter[tuple[int, int]] = Counter()
            for (used, tops), weight in states.items():
                for i in range(min(j, k - used) + 1):
                    after[used + i, tops + (i == j)] += weight * ways(count, i, k - used)
            states = Counter({state: weight for state, weight in after.items() if weight})
        total += sum((Fraction(weight, tops) for (used, tops), weight in states.items() if used == k), Fraction(0))
    return total / (SAMPLES**k if plain else comb(SAMPLES, k))


def _maxima() -> str:
    rewards = np.random.default_rng(3).random((PROBLEMS, SAMPLES))
    rows = []
    for k in (4, 16):
        weights = np.array([comb(i, k - 1) / comb(SAMPLES, k) for i in range(SAMPLES)])
        ours, theirs = partial(pk.max_at_k, rewards, k), partial(_loop, rewards, weights)
        rounds = interleave({"ours": ours, "theirs": theirs}, ROUNDS)
        errors = []
        for who in ("ours", "theirs"):
            truths = [_exact_max(row, k) for row in rewards[:CHECKED].tolist()]
            values = rounds.results[who].tolist()
            relative = [float(abs(Fraction(v) - t) / t) for v, t in zip(values, truths, strict=False)]
            errors.append(f"{max(relative):.1e}")
        rows.append([f"max@{k}", rounds.time("ours"), rounds.time("theirs"), rounds.ratio("theirs", "ours"), *errors])
    return report.table(["", "ours", "NumPy", "x ours", "error of ours", "error of NumPy"], rows)


def _loop(rewards: Array, weights: Array) -> Array:
    return np.array([np.sort(row) @ weights for row in rewards])


def _exact_max(row: list[float], k: int) -> Fraction:
    ordered = sorted(map(Fraction, row))
    return sum((comb(i, k - 1) * reward for i, reward in enumerate(ordered)), Fraction(0)) / comb(SAMPLES, k)
