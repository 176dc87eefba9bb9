"""Populations of problems: how each problem's chance to pass, p, is drawn, and the exact mean of 1 - (1-p)^k."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import log

import numpy as np

from bench.rivals import Floats, Ints

Draw = Callable[[np.random.Generator, tuple[int, int]], Floats]
SHORTEST = 4
"""The fewest samples of a problem where n is uneven."""

FAMILY = 5
"""Problems in a family, on average."""


@dataclass(frozen=True)
class Population:
    """A law of p; problems of one family share a part of theirs."""

    name: str
    draw: Draw
    truth: Callable[[int], float]
    """The mean of 1 - (1-p)^k."""
    chose: bool = True
    """Whether the rule of "auto" was chosen on it."""
    uneven: bool = False
    """Whether n varies from problem to problem."""
    families: Callable[[int], Ints] | None = None
    """The family of each of so many problems."""


def mixture(
    name: str, parts: list[tuple[float, float, float]], *, chose: bool = True, uneven: bool = False
) -> Population:
    """Beta laws (weight, a, b); b = 0 is the point 1, and a = 0 the point 0."""

    def draw(rng: np.random.Generator, shape: tuple[int, int]) -> Floats:
        which = rng.choice(len(parts), shape, p=[weight for weight, _, _ in parts])
        laws = [_beta(rng, a, b, shape) for _, a, b in parts]
        return np.choose(which, laws)

    def truth(k: int) -> float:
        return 1 - sum(weight * _all_fail(a, b, k) for weight, a, b in parts)

    return Population(name, draw, truth, chose, uneven)


def _beta(rng: np.random.Generator, a: float, b: float, shape: tuple[int, int]) -> Floats:
    if a == 0 or b == 0:
        return np.full(shape, float(b == 0))
    return rng.beta(a, b, shape)


def _all_fail(a: float, b: float, k: int) -> float:
    i = np.arange(k)
    return float(np.prod((b + i) / (a + b + i)))


def points(name: str, values: list[float], *, chose: bool = True) -> Population:
    """Equally likely values of p."""
    ps = np.array(values)
    return Population(
        name,
        lambda rng, shape: rng.choice(ps, shape),
        lambda k: float(np.mean(1 - (1 - ps) ** k)),
        chose,
    )


def log_uniform(name: str, least: float) -> Population:
    nodes, weights = np.polynomial.legendre.leggauss(400)
    ps = np.exp((1 - nodes) / 2 * log(least))
    return Population(
        name,
        lambda rng, shape: np.exp(rng.uniform(log(least), 0, shape)),
        lambda k: float(weights @ (1 - (1 - ps) ** k)) / 2,
    )


def family(
    name: str, centre: float, of_family: float, own: float, families: Callable[[int], Ints], *, chose: bool = True
) -> Population:
    """logit p is normal: a family's effect and the problem's own, with these standard deviations."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(200)
    ps = 1 / (1 + np.exp(-(centre + np.hypot(of_family, own) * nodes)))

    def draw(rng: np.random.Generator, shape: tuple[int, int]) -> Floats:
        of = families(shape[1])
        effect = rng.normal(0, of_family, (shape[0], of.max() + 1))[:, of]
        logit: Floats = centre + effect + rng.normal(0, own, shape)
        return 1 / (1 + np.exp(-logit))

    def truth(k: int) -> float:
        return float(weights @ (1 - (1 - ps) ** k) / weights.sum())

    return Population(name, draw, truth, chose, families=families)


def equal(problems: int) -> Ints:
    return np.arange(problems) // FAMILY


def unequal(problems: int) -> Ints:
    """Families of 1, 1, 2, 6 and 15 problems in turn, the last one cut short."""
    sizes = np.tile([1, 1, 2, 6, 15], problems // 25 + 1)
    return np.repeat(np.arange(len(sizes)), sizes)[:problems]


def giant(problems: int) -> Ints:
    """One family of half the problems, and pairs."""
    half = problems // 2
    pairs: Ints = 1 + np.arange(problems - half) // 2
    return np.concatenate([np.zeros(half, dtype=np.int64), pairs])


POPULATIONS = (
    mixture("Beta(.3, .7)", [(1, 0.3, 0.7)]),
    mixture("Beta(.2, 3.8)", [(1, 0.2, 3.8)]),
    mixture("Beta(3, .5)", [(1, 3, 0.5)]),
    mixture("30% 0, else Beta(1, 3)", [(0.3, 0, 1), (0.7, 1, 3)]),
    mixture("50% 0, else uniform", [(0.5, 0, 1), (0.5, 1, 1)]),
    mixture("90% 1, else Beta(2, 2)", [(0.9, 1, 0), (0.1, 2, 2)]),
    mixture("Beta(.1, .4)", [(1, 0.1, 0.4)]),
    mixture("Beta(2, 2), uneven n", [(1, 2, 2)], uneven=True),
    mixture("Beta(.3, .7), uneven n", [(1, 0.3, 0.7)], uneven=True),
    points("half .5, half .004", [0.5, 0.004]),
    points("half 1, half .3", [1.0, 0.3]),
    points("all .5", [0.5]),
    log_uniform("log-uniform from 1e-5 to 1", 1e-5),
    mixture("97% Beta(49, 1), else 0", [(0.97, 49, 1), (0.03, 0, 1)]),
    mixture("Beta(500, 500), uneven n", [(1, 500, 500)], uneven=True),
    mixture("Beta(.5, .5)", [(1, 0.5, 0.5)]),
    points("49 in 50 .85 or .95, else 0", [*[0.85, 0.95] * 49, 0.0, 0.0]),
    points("49 in 50 .05 or .15, else 1", [*[0.05, 0.15] * 49, 1.0, 1.0]),
    mixture("Beta(2, 20)", [(1, 2, 20)], chose=False),
    mixture("60% 0, 20% 1, else uniform", [(0.6, 0, 1), (0.2, 1, 0), (0.2, 1, 1)], chose=False),
    points("thirds .9, .05, .001", [0.9, 0.05, 0.001], chose=False),
    mixture("95% Beta(1, 30), else Beta(30, 1)", [(0.95, 1, 30), (0.05, 30, 1)], chose=False),
    mixture("Beta(20, 5), uneven n", [(1, 20, 5)], chose=False, uneven=True),
    mixture("97% Beta(20, 4), else 0", [(0.97, 20, 4), (0.03, 0, 1)], chose=False),
    mixture("98% Beta(2, 8), else 1", [(0.98, 2, 8), (0.02, 1, 0)], chose=False),
)

FAMILIES = (
    family("families of 5, middle", 0.0, 1.5, 1.0, equal),
    family("families of 5, hard", -4.0, 1.5, 1.0, equal),
    family("families of 5, nearly solved", 3.0, 1.5, 1.0, equal),
    family("families of 1 to 15, middle", 0.0, 1.5, 1.0, unequal),
    family("families of 1 to 15, hard", -4.0, 1.5, 1.0, unequal),
    family("half in one family, else pairs", 0.0, 1.5, 1.0, giant),
    family("families of 1 to 15, very much alike", 1.0, 3.0, 0.5, unequal, chose=False),
    family("families of 5, a little alike", -1.5, 0.7, 2.0, equal, chose=False),
)
