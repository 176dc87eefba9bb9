"""The bootstrap over problems with NumPy and SciPy: 95% intervals of the means of values, ks x problems."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import stats  # type: ignore[import-untyped]

from bench.rivals import Floats, Ints

TAILS = (0.025, 0.975)
# Resamples at a time; 100 x 5,000 problems x 8 ks are 32 MB, and larger ones were not faster.
BATCH = 100


def with_scipy(values: Floats, method: str, n_resamples: int) -> Floats:
    """`scipy.stats.bootstrap`, all ks from the same resamples; 2 x ks."""
    result = stats.bootstrap(
        (values,),
        np.mean,
        n_resamples=n_resamples,
        batch=BATCH,
        vectorized=True,
        axis=-1,
        method=method,
        rng=np.random.default_rng(5),
    )
    return np.stack(result.confidence_interval)


def with_indices(values: Floats, n_resamples: int) -> Floats:
    """Percentiles; problems drawn by index."""
    rng = np.random.default_rng(6)
    problems = values.shape[1]
    by_problem = np.ascontiguousarray(values.T)
    means = np.empty((n_resamples, len(values)))
    for start in range(0, n_resamples, BATCH):
        size = min(BATCH, n_resamples - start)
        means[start : start + size] = by_problem[rng.integers(0, problems, (size, problems))].mean(axis=1)
    return np.quantile(means, TAILS, axis=0)


def with_multinomial(values: Floats, c: Ints, n_resamples: int) -> Floats:
    """Percentiles; how often each distinct tally is drawn is all that matters (every n is the same)."""
    rng = np.random.default_rng(7)
    _, first, copies = np.unique(c, return_index=True, return_counts=True)
    draws = rng.multinomial(len(c), copies / len(c), n_resamples)
    means: npt.NDArray[np.float64] = draws @ values[:, first].T / len(c)
    return np.quantile(means, TAILS, axis=0)
