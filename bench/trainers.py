"""Advantages of a group as trainers and papers write them in NumPy."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

Array: TypeAlias = npt.NDArray[Any]


def each_group(function: Callable[[Array], Array]) -> Callable[[Array], Array]:
    return lambda rewards: np.stack([function(group) for group in rewards])


def _weights(n: int, k: int) -> Array:
    """k / n of the last sample and a product for each one before: O(n k) work, as PKPO's listing does it."""
    weights = np.zeros(n)
    for i in range(k, n + 1):
        weights[i - 1] = np.prod([(i - j) / (n - j) for j in range(1, k)]) * k / n
    return weights


def _offsets(n: int, k: int) -> Array:
    """C(j-2, k-2) / C(n, k) for each rank j, a product each."""
    offsets = np.zeros(n)
    for j in range(k, n + 1):
        offsets[j - 1] = np.prod([(j - 1 - m) / (n - 1 - m) for m in range(1, k - 1)]) * k * (k - 1) / (n * (n - 1))
    return offsets


def pkpo_plain(rewards: Array, k: int) -> Array:
    """s_i of eq. 19."""
    order, n = np.argsort(rewards), len(rewards)
    ranked = rewards[order]
    above = np.cumsum((_offsets(n, k) * ranked)[::-1])[::-1]
    result = np.empty_like(rewards)
    result[order] = _weights(n, k) * ranked + np.append(above[1:], 0)
    return result


def pkpo(rewards: Array, k: int) -> Array:
    """s_i - (k/n) max@(k-1) of the others, eq. 33: two running sums over the sorted rewards give all of them."""
    order, n = np.argsort(rewards), len(rewards)
    ranked, weights = rewards[order], _weights(n - 1, k - 1)
    below = np.append(0, np.cumsum(weights * ranked[:-1]))
    above = np.append(np.cumsum((weights * ranked[1:])[::-1])[::-1], 0)
    others = np.empty(n)
    others[order] = below + above
    return (pkpo_plain(rewards, k) - k / n * others).astype(rewards.dtype)


def pass_at_k_training(rewards: Array, k: int) -> Array:
    """By binomial coefficients, as in the paper."""
    n, c = len(rewards), int(rewards.sum())
    mean = 1 - math.comb(n - c, k) / math.comb(n, k)
    sigma = math.sqrt(mean * (1 - mean))
    if sigma == 0:
        return np.zeros_like(rewards)
    failing = 1 - mean - math.comb(n - c - 1, k - 1) / math.comb(n - 1, k - 1)
    return np.where(rewards == 1, (1 - mean) / sigma, failing / sigma).astype(rewards.dtype)


def grpo(rewards: Array) -> Array:
    result: Array = (rewards - rewards.mean()) / (rewards.std(ddof=1) + rewards.dtype.type(1e-6))
    return result


def rloo(rewards: Array) -> Array:
    n = len(rewards)
    result: Array = rewards * n / (n - 1) - rewards.mean() * n / (n - 1)
    return result


def dr_grpo(rewards: Array) -> Array:
    result: Array = rewards - rewards.mean()
    return result


def grpo_by_id(rewards: Array, ids: Array) -> Array:
    """A dict of lists and a loop over samples, as verl's."""
    groups: dict[str, list[Any]] = {}
    for key, reward in zip(ids, rewards, strict=True):
        groups.setdefault(key, []).append(reward)
    mean = {key: np.mean(group) for key, group in groups.items()}
    std = {key: np.std(group, ddof=1) for key, group in groups.items()}
    return np.array([(reward - mean[key]) / (std[key] + 1e-6) for key, reward in zip(ids, rewards, strict=True)])
