"""Pairs of models on the same problems: how the two p of a problem are drawn, and the exact mean difference."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.special import roots_jacobi  # type: ignore[import-untyped]

from bench.rivals import Floats

Change = Callable[[Floats], Floats]


@dataclass(frozen=True)
class Kind:
    """Problems of one kind: model a's p has a beta law (a = 0: it is 0; b = 0: it is 1), and b's comes of it."""

    weight: float
    a: float
    b: float
    change: Change | None
    """None: b's p is a draw of its own from the same law."""

    def draw(self, rng: np.random.Generator, shape: tuple[int, int]) -> tuple[Floats, Floats]:
        first = self._p(rng, shape)
        return first, self._p(rng, shape) if self.change is None else self.change(first)

    def _p(self, rng: np.random.Generator, shape: tuple[int, int]) -> Floats:
        if self.a == 0 or self.b == 0:
            return np.full(shape, float(self.b == 0))
        return rng.beta(self.a, self.b, shape)

    def difference(self, k: int) -> float:
        """The mean of (1 - p_b)^k - (1 - p_a)^k, by Gauss and Jacobi's nodes."""
        if self.change is None or self.change is same:
            return 0.0
        if self.a == 0 or self.b == 0:
            p, weights = np.array([float(self.b == 0)]), np.ones(1)
        else:
            nodes, weights = roots_jacobi(400, self.b - 1, self.a - 1)
            p = (1 + nodes) / 2
        return float(weights @ ((1 - self.change(p)) ** k - (1 - p) ** k) / weights.sum())


@dataclass(frozen=True)
class Rivals:
    """A law of both p of a problem: a mixture of kinds."""

    name: str
    kinds: tuple[Kind, ...]

    def draw(self, rng: np.random.Generator, shape: tuple[int, int]) -> tuple[Floats, Floats]:
        which = rng.choice(len(self.kinds), shape, p=[kind.weight for kind in self.kinds])
        drawn = [kind.draw(rng, shape) for kind in self.kinds]
        first, second = (np.choose(which, [pair[model] for pair in drawn]) for model in (0, 1))
        return first, second

    def truth(self, k: int) -> float:
        """The mean of pass@k of a minus that of b."""
        return sum(kind.weight * kind.difference(k) for kind in self.kinds)


def same(p: Floats) -> Floats:
    return p


def sharper(p: Floats) -> Floats:
    """Sure of what it mostly did: worse below one half, better above."""
    return p**2 / (p**2 + (1 - p) ** 2)


def power(exponent: float) -> Change:
    return lambda p: p**exponent


def times(factor: float) -> Change:
    return lambda p: factor * p


def plus(gain: float) -> Change:
    return lambda p: np.minimum(p + gain, 1)


def to(p: float) -> Change:
    return lambda old: np.full_like(old, p)


RIVALS = (
    Rivals("unrelated, Beta(.3, .7) both", (Kind(1, 0.3, 0.7, None),)),
    Rivals("the same p, Beta(.3, .7)", (Kind(1, 0.3, 0.7, same),)),
    Rivals("sharper, from Beta(.5, .7)", (Kind(1, 0.5, 0.7, sharper),)),
    Rivals("better, p^.8 from Beta(.2, 3.8)", (Kind(1, 0.2, 3.8, power(0.8)),)),
    Rivals("7 in 10 better, 3 lost", (Kind(0.7, 0.6, 1.2, power(0.3)), Kind(0.3, 0.6, 1.2, times(0.03)))),
    Rivals("1 in 50 lost, else .02 better", (Kind(0.02, 1, 0, to(0)), Kind(0.98, 8, 8, plus(0.02 / 0.98)))),
    Rivals("1 in 20 lost, else .05 better", (Kind(0.05, 1, 0, to(0)), Kind(0.95, 8, 8, plus(0.05 / 0.95)))),
    Rivals(
        "1 in 10 from 0 to .5, else the same 0 or 1",
        (Kind(0.1, 0, 1, to(0.5)), Kind(0.6, 0, 1, same), Kind(0.3, 1, 0, same)),
    ),
    Rivals("1 in 20 from 1 to .2, else both 1", (Kind(0.05, 1, 0, to(0.2)), Kind(0.95, 1, 0, same))),
)
