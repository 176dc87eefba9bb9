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


def zero_signal(n: int, c: int, k: int) -> Fraction:
    return allfail(n, c, k)


def all_correct(n: int, c: int, k: int) -> Fraction:
    return allfail(n, n - c, k)


def informative(n: int, c: int, k: int) -> Fraction:
    return 1 - allfail(n, c, k) - allfail(n, n - c, k)


def passes(n: int, c: int, k: int) -> dict[int, Fraction]:
    """The law of the number of passes among k draws."""
    return {j: Fraction(comb(c, j) * comb(n - c, k - j), comb(n, k)) for j in range(max(0, k + c - n), min(c, k) + 1)}


def g_pass_at_k(n: int, c: int, k: int, tau: Fraction) -> Fraction:
    return sum((p for j, p in passes(n, c, k).items() if j >= max(1, math.ceil(tau * k))), Fraction(0))


def mg_pass_at_k(n: int, c: int, k: int) -> Fraction:
    shares = [Fraction(i, k) for i in range(math.ceil(Fraction(k, 2)) + 1, k + 1)]
    return Fraction(2, k) * sum(g_pass_at_k(n, c, k, share) for share in shares)


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
