"""Whether k draws find a mode of small mass: Theorem 3.2.1 of Yu, and what follows for planning."""

from __future__ import annotations

import math
from decimal import Decimal, localcontext
from fractions import Fraction
from typing import Any

import numpy as np

from passcurve.theory._checks import as_counts, as_probabilities, as_probability, plain
from passcurve.theory._curves import at_least_one

FEW = 1100
"""A tie of two floats is at fewer draws than this: each is a fraction over 2^1074 or less."""


def discovery(eps: Any, k: Any) -> Any:
    """The probability that k draws find a mode of mass ``eps``: 1 - (1 - eps)^k. Yu, Theorem 3.2.1 and eq. 8.

    Args:
        eps: the mode's mass, in [0, 1]: a number or an array.
        k: draws, positive integers: a number or an array.

    Returns:
        A probability within a few units in the last place however small ``eps`` is: a float, or an array of the shape
        that both broadcast to.

    Raises:
        ValueError: an ``eps`` outside [0, 1] or a k below 1.

    >>> pk.theory.discovery(0.001, 8)
    0.007972055930055972
    >>> pk.theory.discovery(1e-20, [1, 64])
    array([1.0e-20, 6.4e-19])
    """
    return plain(at_least_one(as_probabilities("eps", eps), as_counts("k", k)))


def discovery_bounds(eps: Any, k: Any) -> tuple[Any, Any]:
    """Bounds on `discovery`: k eps - C(k, 2) eps^2, or 0 where that is negative, and k eps, or 1 where that is more.

    They hold for any ``eps`` and k (Bonferroni's inequalities), where Yu's eq. 8 has "approximately k eps".

    Returns:
        The lower and the upper bound, each a float or an array.

    >>> pk.theory.discovery_bounds(0.001, 8)
    (0.007972, 0.008)
    >>> pk.theory.discovery_bounds(0.1, 64)
    (0.0, 1.0)
    """
    mass, draws = as_probabilities("eps", eps), as_counts("k", k)
    upper = draws * mass
    lower = upper * (1 - (draws - 1) * mass / 2)
    return plain(np.maximum(0.0, lower)), plain(np.minimum(1.0, upper))


def draws_for_discovery(eps: float, probability: float = 0.95) -> int:
    """The fewest draws that find a mode of mass ``eps`` with at least this probability.

    The smallest k with (1 - eps)^k <= 1 - probability, about 3 / eps for 95%. It is exact, taking both numbers for
    the fractions that the floats are.

    Raises:
        ValueError: ``eps`` is not in (0, 1] (no number of draws finds a mode of mass 0), or ``probability`` not
            strictly between 0 and 1 (no number of draws is sure to find one of mass below 1).

    >>> pk.theory.draws_for_discovery(0.001)
    2995
    >>> pk.theory.draws_for_discovery(0.5, probability=0.75)
    2
    """
    mass = float(as_probabilities("eps", eps)) if np.ndim(eps) == 0 else None
    if mass is None:
        raise TypeError("eps is one number here; call this once for each")
    if mass == 0:
        raise ValueError("eps = 0: no number of draws finds a mode of mass 0")
    wanted = as_probability("probability", probability)
    if mass == 1:
        return 1
    with localcontext() as context:
        # 1 - eps whole, and as many digits of k beyond the point.
        context.prec = 60 + 3 * max(0, -math.floor(math.log10(mass))) - math.floor(math.log10(wanted))
        draws = (1 - Decimal(wanted)).ln() / (1 - Decimal(mass)).ln()
        nearest = int(draws.to_integral_value())
        tie = abs(draws - nearest) < Decimal("1e-30")
    if tie and 1 <= nearest <= FEW:
        return nearest if (1 - Fraction(mass)) ** nearest <= 1 - Fraction(wanted) else nearest + 1
    return max(1, math.ceil(draws))


def unseen_mass(n: Any, *, confidence_level: float = 0.95) -> Any:
    """What a mode that none of n samples showed may still weigh: the one-sided upper bound 1 - (1 - level)^(1/n).

    About 3/n at 95%. The same bounds the rate of success of a problem with no pass in n samples.

    Args:
        n: samples, positive integers: a number or an array.
        confidence_level: between 0 and 1.

    Returns:
        A mass: a float or an array.

    Raises:
        ValueError: n < 1, or a level that is none.

    >>> pk.theory.unseen_mass([1, 64, 1024])
    array([0.95      , 0.0457297 , 0.00292124])
    """
    level = as_probability("confidence_level", confidence_level)
    return plain(-np.expm1(np.log1p(-level) / as_counts("n", n)))
