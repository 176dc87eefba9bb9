"""pass@k as people write it in Python: over all pairs (n, c) at all ks, pairs x ks."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from scipy.special import gammaln  # type: ignore[import-untyped]

Ints: TypeAlias = npt.NDArray[np.int64]
Floats: TypeAlias = npt.NDArray[np.float64]


def human_eval(n: int, c: int, k: int) -> float:
    """`estimator` of github.com/openai/human-eval, human_eval/evaluation.py."""
    if n - c < k:
        return 1.0
    return float(1.0 - np.prod(1.0 - k / np.arange(n - c + 1, n + 1)))


def human_eval_loop(n: Ints, c: Ints, ks: Ints) -> Floats:
    """One call a (n, c, k), as human-eval's `estimate_pass_at_k` makes them."""
    pairs = list(zip(n.tolist(), c.tolist(), strict=True))
    return np.array([[human_eval(n, c, k) for k in ks.tolist()] for n, c in pairs])


def log_gamma(n: Ints, c: Ints, ks: Ints) -> Floats:
    """1 - exp(ln C(n-c, k) - ln C(n, k))."""
    n, c = n[:, None], c[:, None]
    fails = n - c
    log_q = gammaln(fails + 1) - gammaln(np.maximum(fails - ks, 0) + 1) - gammaln(n + 1) + gammaln(n - ks + 1)
    return np.where(fails < ks, 1.0, 1.0 - np.exp(log_q))


def running_product(n: Ints, c: Ints, ks: Ints) -> Floats:
    """1 - prod (n-c-j) / (n-j), factor by factor for all pairs at once, noted at each of the ascending ks."""
    fails = (n - c).astype(np.float64)
    left = n.astype(np.float64)
    q = np.ones(len(n))
    out = np.empty((len(n), len(ks)))
    for j in range(int(ks[-1])):
        # Once q is 0 it stays so, whatever the sign of later factors.
        q *= (fails - j) / (left - j)
        for column in np.flatnonzero(ks == j + 1):
            out[:, column] = 1.0 - q
    return out
