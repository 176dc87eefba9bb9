"""The slow, obvious twins of the advantages: exact rational numbers, from the definitions."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from itertools import combinations
from math import comb

import exact


def mean(values: Sequence[Fraction]) -> Fraction:
    return sum(values, Fraction(0)) / len(values)


def max_at_k(rewards: Sequence[Fraction], k: int) -> Fraction:
    """The mean maximum of all k-subsets; 0 of no draws."""
    if k == 0:
        return Fraction(0)
    weights = (Fraction(comb(i, k - 1), comb(len(rewards), k)) for i in range(len(rewards)))
    return sum((w * x for w, x in zip(weights, sorted(rewards), strict=True)), Fraction(0))


def pkpo(rewards: Sequence[float], k: int, baseline: str) -> list[Fraction]:
    """By eq. 19, 29 and 33: max@k is linear in the subsets, so those with i are all less those without."""
    x = [Fraction(reward) for reward in rewards]
    n, everything = len(x), max_at_k([Fraction(reward) for reward in rewards], k)
    result = []
    for i in range(n):
        others = x[:i] + x[i + 1 :]
        without = max_at_k(others, k) * comb(n - 1, k) / comb(n, k) if k < n else Fraction(0)
        value = everything - without
        if baseline == "sloo" and k < n:
            value -= Fraction(k, n - 1) * max_at_k(others, k)
        elif baseline == "sloo_minus_one" and k == 1:
            value = (x[i] - mean(others)) / n if others else x[i]
        elif baseline == "sloo_minus_one":
            value -= Fraction(k, n) * max_at_k(others, k - 1)
        result.append(value)
    return result


def pkpo_over_subsets(rewards: Sequence[float], k: int) -> list[Fraction]:
    """sloo_minus_one as what i adds to the maximum of each k-subset with it; k > 1."""
    x = [Fraction(reward) for reward in rewards]
    result = [Fraction(0)] * len(x)
    for subset in combinations(range(len(x)), k):
        for i in subset:
            result[i] += max(x[j] for j in subset) - max(x[j] for j in subset if j != i)
    return [value / comb(len(x), k) for value in result]


def root(value: Fraction) -> Fraction:
    """The square root, to 80 digits."""
    if value == 0:
        return value
    scale = 10**80 * (math.isqrt(value.denominator // value.numerator) + 1)
    return Fraction(math.isqrt(value.numerator * scale**2 // value.denominator), scale)


def grpo(rewards: Sequence[float], ddof: int, epsilon: float, keep_lone: bool) -> list[Fraction]:
    x = [Fraction(reward) for reward in rewards]
    if len(set(x)) == 1:
        return [x[0] / (1 + Fraction(epsilon))] if keep_lone and len(x) == 1 else [Fraction(0)] * len(x)
    centre = mean(x)
    variance = sum(((value - centre) ** 2 for value in x), Fraction(0)) / (len(x) - ddof)
    return [(value - centre) / (root(variance) + Fraction(epsilon)) for value in x]


def rloo(rewards: Sequence[float]) -> list[Fraction]:
    x = [Fraction(reward) for reward in rewards]
    return [x[i] - mean(x[:i] + x[i + 1 :]) for i in range(len(x))] if len(x) > 1 else x


def dr_grpo(rewards: Sequence[float]) -> list[Fraction]:
    x = [Fraction(reward) for reward in rewards]
    return [value - mean(x) for value in x]


def pass_at_k_training(n: int, c: int, k: int, epsilon: float) -> tuple[Fraction, Fraction]:
    """Of samples that pass and that fail, from the mean over groups of k that hold the sample."""
    mean_reward = exact.pass_at_k(n, c, k)
    sigma = root(mean_reward * (1 - mean_reward))
    if sigma == 0:
        return Fraction(0), Fraction(0)
    failing = exact.pass_at_k(n - 1, c, k - 1) if n - c > 0 else Fraction(0)
    sigma += Fraction(epsilon)
    return (1 - mean_reward) / sigma, (failing - mean_reward) / sigma
