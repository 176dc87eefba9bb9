"""How far floating-point estimators are from the exact rational values."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from statistics import median
from typing import TypeAlias

import numpy as np

import passcurve as pk
from bench import report
from bench.rivals import Floats, Ints, human_eval_loop, log_gamma, running_product
from bench.timing import digits

Exact: TypeAlias = Callable[[int, int, int], Fraction]
Curve: TypeAlias = Callable[[Ints, Ints, Ints], Floats]

TRIPLES = 3_000


@dataclass(frozen=True)
class Errors:
    """In units in the last place of the exact value rounded to a double, and relative to the exact value."""

    ulps: list[float]
    relative: list[float]


def exact_pass_at_k(n: int, c: int, k: int) -> Fraction:
    return 1 - Fraction(math.comb(n - c, k), math.comb(n, k))


def exact_pass_hat_k(n: int, c: int, k: int) -> Fraction:
    return Fraction(math.comb(c, k), math.comb(n, k))


def exact_alpha_k(n: int, c: int, k: int) -> Fraction:
    return k * Fraction(math.comb(n - c, k - 1), math.comb(n, k - 1))


CONTESTANTS: dict[str, tuple[Exact, Curve]] = {
    "pk.pass_at_k": (exact_pass_at_k, lambda n, c, k: pk.pass_at_k(n[:, None], c[:, None], k)),
    "human-eval loop": (exact_pass_at_k, human_eval_loop),
    "NumPy running product": (exact_pass_at_k, running_product),
    "scipy gammaln": (exact_pass_at_k, log_gamma),
    "pk.pass_hat_k": (exact_pass_hat_k, lambda n, c, k: pk.pass_hat_k(n[:, None], c[:, None], k)),
    "pk.alpha_k": (exact_alpha_k, lambda n, c, k: pk.alpha_k(n[:, None], c[:, None], k)),
}


def section(n: Ints, c: Ints, ks: Ints) -> str:
    """Errors on some of the pairs that were timed, and on rare successes."""
    rng = np.random.default_rng(2)
    some = rng.choice(len(n), TRIPLES // len(ks), replace=False)
    rare_n = np.exp(rng.uniform(np.log(1e3), np.log(1e6), len(some))).astype(np.int64)
    rare_c = rng.integers(1, 4, len(some))
    head = ["", "ulp, median", "ulp, largest", "relative, largest"]
    return "\n".join(
        [
            f"Errors against exact rationals, {len(some) * len(ks):,} (n, c, k) without values of 0 and 1.\n",
            "Pairs as timed:\n",
            report.table(head, [_row(name, n[some], c[some], ks) for name in CONTESTANTS]),
            "Rare successes, c of 1 to 3 in n of 1e3 to 1e6 (log-uniform):\n",
            report.table(head, [_row(name, rare_n, rare_c, ks) for name in CONTESTANTS]),
        ]
    )


def _row(name: str, n: Ints, c: Ints, ks: Ints) -> list[str]:
    errors = _errors(*CONTESTANTS[name], n, c, ks)
    return [name, digits(median(errors.ulps)), digits(max(errors.ulps)), f"{max(errors.relative):.1e}"]


def _errors(exact: Exact, curve: Curve, n: Ints, c: Ints, ks: Ints) -> Errors:
    errors = Errors([], [])
    values = curve(n, c, ks)
    for row, (pair_n, pair_c) in enumerate(zip(n.tolist(), c.tolist(), strict=True)):
        for column, k in enumerate(ks.tolist()):
            truth = exact(pair_n, pair_c, k)
            if truth in (0, 1):
                continue
            error = abs(Fraction(float(values[row, column])) - truth)
            errors.ulps.append(float(error / Fraction(math.ulp(float(truth)))))
            errors.relative.append(float(error / truth))
    return errors
