"""The slow, obvious twins: exact rational numbers, no shortcut."""

from __future__ import annotations

import math
from fractions import Fraction
from math import comb


def allfail(n: int, c: int, k: int) -> Fraction:
    """C(n-c, k) / C(n, k)."""
    return Fraction(comb(n - c, k), comb(n, k))


def pass_at_k(n: int, c: int, k: int) -> Fraction:
    return 1 - allfail(n, c, k)


def pass_hat_k(n: int, c: int, k: int) -> Fraction:
    return allfail(n, n - c, k)


def alpha_k(n: int, c: int, k: int) -> Fraction:
    return k * allfail(n, c, k - 1)


def pass_gap(n: int, c: int, k: int) -> Fraction:
    return pass_at_k(n, c, k) - Fraction(c, n)


def marginal_gain(n: int, c: int, k: int) -> Fraction:
    return allfail(n, c, k - 1) - allfail(n, c, k)


def signal_mass(n: int, c: int, k: int) -> Fraction:
    return k * marginal_gain(n, c, k)


def pass_at_k_variance(n: int, c: int, k: int) -> Fraction:
    return allfail(n, c, k) ** 2 - allfail(n, c, 2 * k)


def pass_hat_k_variance(n: int, c: int, k: int) -> Fraction:
    return pass_at_k_variance(n, n - c, k)


def alpha_k_variance(n: int, c: int, k: int) -> Fraction:
    return k**2 * (allfail(n, c, k - 1) ** 2 - allfail(n, c, 2 * k - 2))


def pass_at_k_plugin(n: int, c: int, k: int) -> Fraction:
    return 1 - (1 - Fraction(c, n)) ** k


def alpha_k_plugin(n: int, c: int, k: int) -> Fraction:
    return k * (1 - Fraction(c, n)) ** (k - 1)


def largest_k(name: str, n: int) -> int:
    """Up to where the estimator called `name` is defined; far enough for the plug-ins, which have no end."""
    return {"alpha_k": n + 1, "pass_at_k_variance": n // 2}.get(name, 3 * n if name.endswith("plugin") else n)


def ulps(value: float, exact: Fraction) -> float:
    """How far `value` is from `exact`, in units of the last place of `exact`."""
    return float(abs(Fraction(value) - exact) / Fraction(math.ulp(float(exact))))
