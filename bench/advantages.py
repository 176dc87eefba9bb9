"""pk.advantages on a training batch against NumPy as public code writes it."""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any, TypeAlias

import numpy as np

import passcurve as pk
from bench import THREADS, report, trainers
from bench.timing import Rounds, interleave
from bench.trainers import Array, each_group

GROUPS = 1_024
SAMPLES = 64
K = 8
ROUNDS = 5
CHECKED = 8

Exact: TypeAlias = Callable[[list[Fraction]], list[Fraction]]


def run() -> str:
    parts = [
        "## Advantages\n",
        f"{GROUPS:,} groups of {SAMPLES} samples, k = {K}, {ROUNDS} rounds. NumPy's side is a loop over groups, as "
        "trainers have it. Rewards are normal, and 0 or 1 for Pass@k Training. Errors are against exact rationals over "
        f"{CHECKED} groups, relative to the group's largest advantage.\n",
    ]
    return "\n".join([*parts, *(_section(dtype) for dtype in (np.float64, np.float32))])


def _section(dtype: type[np.floating[Any]]) -> str:
    rng = np.random.default_rng(1)
    graded = rng.normal(size=(GROUPS, SAMPLES)).astype(dtype)
    binary = (rng.random((GROUPS, SAMPLES)) < rng.beta(0.5, 1.0, (GROUPS, 1))).astype(dtype)
    rows = []
    for name, (ours, theirs, exact) in FAMILIES.items():
        rewards = binary if "training" in name else graded
        rows.append(_row(name, ours, theirs, exact, rewards))
    uid = np.repeat([f"problem-{i}" for i in range(GROUPS)], SAMPLES).astype(object)
    order = rng.permutation(uid.size)
    flat, uid = graded.ravel()[order], uid[order]
    rows.append(_row("grpo, shuffled string ids", *_ragged(uid), None, flat))
    head = ["", "ours", "NumPy", "x ours", "error of ours", "error of NumPy"]
    return f"{np.dtype(dtype).name}, {THREADS} threads:\n\n{report.table(head, rows)}"


def _row(
    name: str,
    ours: Callable[[Array], Array],
    theirs: Callable[[Array], Array],
    exact: Exact | None,
    rewards: Array,
) -> list[str]:
    rounds: Rounds = interleave({"ours": lambda: ours(rewards), "theirs": lambda: theirs(rewards)}, ROUNDS)
    errors = ["", ""]
    if exact:
        errors = [f"{_error(rounds.results[who], exact, rewards):.1e}" for who in ("ours", "theirs")]
    return [name, rounds.time("ours"), rounds.time("theirs"), rounds.ratio("theirs", "ours"), *errors]


def _error(values: Array, exact: Exact, rewards: Array) -> float:
    worst = 0.0
    for group, row in zip(rewards[:CHECKED].tolist(), values[:CHECKED].tolist(), strict=True):
        truth = exact([Fraction(reward) for reward in group])
        largest = max(map(abs, truth))
        errors = (abs(Fraction(value) - true) for value, true in zip(row, truth, strict=True))
        worst = max(worst, float(max(errors) / largest) if largest else 0.0)
    return worst


def _ragged(ids: Array) -> tuple[Callable[[Array], Array], Callable[[Array], Array]]:
    return lambda rewards: pk.advantages.grpo(rewards, groups=ids), lambda rewards: trainers.grpo_by_id(rewards, ids)


def _max_at_k(x: list[Fraction], k: int) -> Fraction:
    terms = (math.comb(i, k - 1) * value for i, value in enumerate(sorted(x)))
    return sum(terms, Fraction(0)) / math.comb(len(x), k)


def _exact_pkpo(x: list[Fraction]) -> list[Fraction]:
    n, share = len(x), Fraction(K, len(x))
    others = [x[:i] + x[i + 1 :] for i in range(n)]
    plain = [_max_at_k(x, K) - (1 - share) * _max_at_k(rest, K) for rest in others]
    return [s - share * _max_at_k(rest, K - 1) for s, rest in zip(plain, others, strict=True)]


def _root(value: Fraction) -> Fraction:
    scale = 10**60
    return Fraction(math.isqrt(value.numerator * scale**2 // value.denominator), scale)


def _exact_training(x: list[Fraction]) -> list[Fraction]:
    n, c = len(x), int(sum(x))
    mean = 1 - Fraction(math.comb(n - c, K), math.comb(n, K))
    if mean in (0, 1):
        return [Fraction(0)] * n
    passing = (1 - mean) / _root(mean * (1 - mean))
    return [passing if reward == 1 else -passing * c / (n - c) for reward in x]


def _exact_grpo(x: list[Fraction]) -> list[Fraction]:
    centred = _exact_dr_grpo(x)
    std = _root(sum((d * d for d in centred), Fraction(0)) / (len(x) - 1))
    return [d / (std + Fraction(1e-6)) for d in centred]


def _exact_dr_grpo(x: list[Fraction]) -> list[Fraction]:
    mean = sum(x, Fraction(0)) / len(x)
    return [value - mean for value in x]


def _exact_rloo(x: list[Fraction]) -> list[Fraction]:
    return [d * len(x) / (len(x) - 1) for d in _exact_dr_grpo(x)]


FAMILIES: dict[str, tuple[Callable[[Array], Array], Callable[[Array], Array], Exact]] = {
    "pkpo": (lambda r: pk.advantages.pkpo(r, K), each_group(lambda r: trainers.pkpo(r, K)), _exact_pkpo),
    "pass_at_k_training": (
        lambda r: pk.advantages.pass_at_k_training(r, K),
        each_group(lambda r: trainers.pass_at_k_training(r, K)),
        _exact_training,
    ),
    "grpo": (pk.advantages.grpo, each_group(trainers.grpo), _exact_grpo),
    "rloo": (pk.advantages.rloo, each_group(trainers.rloo), _exact_rloo),
    "dr_grpo": (pk.advantages.dr_grpo, each_group(trainers.dr_grpo), _exact_dr_grpo),
}
