"""J_k, alpha_k, the signal and the gap as functions of p: Figure 1 of Yu, and eq. 5, 7 and 19."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from passcurve._ks import as_ks
from passcurve.theory._checks import as_probabilities

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import SupportsIndex

    from passcurve.theory._checks import Floats

SMALLEST = 1e-6


def curves(k: SupportsIndex | Iterable[SupportsIndex], *, p: Any = None) -> pl.DataFrame:
    """What a problem that is solved with probability p brings: Yu's Figure 1, for one k or several.

    Args:
        k: a number of draws or several.
        p: the probability that one sample is correct (J_1), a number or several, in [0, 1]. None: a grid of some 400
            that holds 0 and 1, is even in between and geometric down to 1e-6 from both, and holds for each k the peak
            of the signal and that of the gap.

    Returns:
        One row a k and p, in the order given: p, k, ``pass_at_k`` (J_k = 1 - (1-p)^k, eq. 5), ``alpha_k``
        (k (1-p)^(k-1), in [0, k], eq. 7), ``signal`` (p alpha_k, largest at p = 1/k) and ``gap`` (J_k - J_1 =
        d - d^k with d = 1-p, eq. 19, largest at d = k^(-1/(k-1))). All within a few units in the last place.

    Raises:
        ValueError: k < 1, or a p outside [0, 1].

    >>> pk.theory.curves([1, 8], p=[0, 0.125, 1])
    shape: (6, 6)
    ┌───────┬─────┬───────────┬──────────┬──────────┬──────────┐
    │ p     ┆ k   ┆ pass_at_k ┆ alpha_k  ┆ signal   ┆ gap      │
    │ ---   ┆ --- ┆ ---       ┆ ---      ┆ ---      ┆ ---      │
    │ f64   ┆ i64 ┆ f64       ┆ f64      ┆ f64      ┆ f64      │
    ╞═══════╪═════╪═══════════╪══════════╪══════════╪══════════╡
    │ 0.0   ┆ 1   ┆ 0.0       ┆ 1.0      ┆ 0.0      ┆ 0.0      │
    │ 0.125 ┆ 1   ┆ 0.125     ┆ 1.0      ┆ 0.125    ┆ 0.0      │
    │ 1.0   ┆ 1   ┆ 1.0       ┆ 1.0      ┆ 1.0      ┆ 0.0      │
    │ 0.0   ┆ 8   ┆ 0.0       ┆ 8.0      ┆ 0.0      ┆ 0.0      │
    │ 0.125 ┆ 8   ┆ 0.656391  ┆ 3.141567 ┆ 0.392696 ┆ 0.531391 │
    │ 1.0   ┆ 8   ┆ 1.0       ┆ 0.0      ┆ 0.0      ┆ 0.0      │
    └───────┴─────┴───────────┴──────────┴──────────┴──────────┘
    """
    ks = as_ks(k)
    given = _grid(ks) if p is None else np.atleast_1d(as_probabilities("p", p))
    if given.ndim > 1:
        raise ValueError(f"p is a number or a list of them, not an array of shape {given.shape}")
    draws, rates = np.repeat(np.array(ks, dtype=np.int64), given.size), np.tile(given, len(ks))
    # In two halves, for k times a power may be large enough for a float where the power is not.
    half = (draws - 1) // 2
    alpha = draws * power(rates, half) * power(rates, draws - 1 - half)
    return pl.DataFrame(
        {
            "p": rates,
            "k": draws,
            "pass_at_k": at_least_one(rates, draws),
            "alpha_k": alpha,
            "signal": rates * alpha,
            "gap": (1 - rates) * at_least_one(rates, draws - 1),
        }
    )


def at_least_one(p: Floats, k: Any) -> Floats:
    """1 - (1-p)^k."""
    with np.errstate(divide="ignore", invalid="ignore"):
        several = -np.expm1(k * np.log1p(-p))
    return np.where(k == 1, p, np.where(k == 0, 0.0, several))


def power(p: Floats, k: Any) -> Floats:
    """(1-p)^k: what the rounding of 1-p loses is put back, which k would make k times as large."""
    q = 1 - p
    lost = (1 - q) - p
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.where(q > 0, lost / q, 0.0)
    result: Floats = q ** np.asarray(k, dtype=np.float64) * np.exp(k * np.log1p(share))
    return result


def _grid(ks: list[int]) -> Floats:
    ends = np.geomspace(SMALLEST, 0.1, 101)
    several = np.array([k for k in ks if k > 1], dtype=np.float64)
    peaks = [1 / several, -np.expm1(-np.log(several) / (several - 1))]
    return np.unique(np.concatenate([np.linspace(0, 1, 201), ends, 1 - ends, *peaks]))
