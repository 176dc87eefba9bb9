"""Advantages of sampled answers: what a policy gradient multiplies each grad log pi(y_i) by.

``rewards`` has shape (..., n): the last axis is a group, the n samples of one problem. A flat list is one group of any
length; the rewards of several problems one after the other need ``groups=``. With ``groups=``, an id for each sample
(integers or strings), rewards are one-dimensional, and groups may have any size and lie in any order. Rewards are
floats, integers or booleans, finite, in an array, a nested list, a Series, or anything on the CPU with ``__dlpack__``
or ``__array__``, such as a torch tensor. The result is a NumPy array of the same shape: float32 for float32 and
float16, else float64. Arrays of these two types are read without a copy.

All is computed in double-double and rounded at the end. Equal rewards of a group have equal advantages, the bits are
the same for any number of threads, and the interpreter is free meanwhile. What has no advantage is an error that names
the sample or the group. So is a column of shape (B, 1) with B > 1 in `grpo`, `rloo` and `dr_grpo`, which compare a
sample with its group: a group of one comes by ``groups=``.

The unbiased gradient of one problem is sum_i A_i grad log pi(y_i) for `pkpo`, and the mean over the n samples for
`rloo`. A trainer that averages over samples wants ``n * pkpo(...)``; see the page on advantages.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from passcurve import _core
from passcurve._checks import draws, one_of, positive_or_none
from passcurve._rewards import Floats, as_rewards, number_groups

__all__ = ["dr_grpo", "grpo", "pass_at_k_training", "pkpo", "rloo"]


def __dir__() -> list[str]:
    return __all__


Baseline: TypeAlias = Literal["sloo_minus_one", "sloo", "none"]
Variant: TypeAlias = Literal["verl", "trl", "population"]
_Kernel: TypeAlias = Callable[[Any, "int | npt.NDArray[np.int64]", "int | None"], Any]

# ddof, epsilon, and whether a group of one keeps its reward.
_VARIANTS: dict[Variant, tuple[int, float, bool]] = {
    "verl": (1, 1e-6, True),
    "trl": (1, 1e-4, False),
    "population": (0, 0.0, False),
}


def pkpo(
    rewards: Any, k: int, *, groups: Any = None, baseline: Baseline = "sloo_minus_one", threads: int | None = None
) -> Floats:
    """Weights of pass@k policy optimization: sum_i A_i grad log pi(y_i) is unbiased for the gradient of E[max@k].

    max@k is the largest of k rewards; for rewards 0 and 1 its mean is pass@k. 1 <= k <= n of every group. Note the sum:
    a trainer that averages over the n samples of a group wants n times these. ``baseline``:

    - "sloo_minus_one": A_i is what sample i adds to the maximum of k, averaged over the k-subsets with i (0 for subsets
      without): for k > 1 never negative, 0 for the k-1 smallest, and for 0 and 1 ``alpha_k(n-1, c-1, k) / n`` where a
      sample passed and 0 where it failed. At k = 1 it is `rloo` over n.
    - "sloo": less the mean maximum of k other samples, times k / (n-1). At k = n there are none, and it is "none".
    - "none": the plain weights, which sum to k max@k.

    Walder and Karkhanis 2025 (arXiv 2505.15201), eq. 33, 29 and 19. O(n log n) a group. ValueError for k > n, and for
    a reward that is NaN or infinite.

    >>> pk.advantages.pkpo([1.0, 0.0, 0.5, 0.0], 2)
    array([0.41666667, 0.        , 0.16666667, 0.        ])
    >>> pk.advantages.pkpo([[1, 0, 0, 0], [1, 1, 1, 0]], 2, baseline="sloo")
    array([[ 0.5       , -0.27777778, -0.27777778, -0.27777778],
           [-0.16666667, -0.16666667, -0.16666667, -0.16666667]])
    >>> pk.advantages.pkpo([1.0, 0.0, 0.0, 1.0, 0.0], 2, groups=["a", "b", "a", "b", "b"])
    array([1.        , 0.        , 0.        , 0.66666667, 0.        ])
    """
    one_of("baseline", baseline, Baseline)
    size = draws("k", k)

    def kernel(values: Any, grouping: int | npt.NDArray[np.int64], threads: int | None) -> Any:
        return _core.pkpo(values, grouping, size, baseline, threads)

    return _evaluate("pkpo", kernel, rewards, groups, threads, k=size)


def pass_at_k_training(
    rewards: Any, k: int, *, groups: Any = None, epsilon: float = 0.0, threads: int | None = None
) -> Floats:
    """The analytic advantages of Pass@k Training, for rewards 0 and 1.

    With R = pass@k of the group and s = sqrt(R (1-R)) + ``epsilon``: (1-R) / s where a sample passed, and -c / (n-c) of
    that where it failed, so they sum to 0. All are 0 where no sample passed or fewer than k failed. The mean over all
    groups of k of the group's standardised maximum. Scaled like `grpo`, which it is at k = 1 with variant="population":
    for trainers that average over samples, and not unbiased for pass@k. 1 <= k <= n.

    Chen, Qin et al. 2025 (arXiv 2508.10751), analytical derivation; their code has epsilon = 1e-6. ValueError for
    other rewards and for k > n.

    >>> pk.advantages.pass_at_k_training([1, 1, 1, 0, 0, 0, 0, 0], 4)
    array([ 0.2773501 ,  0.2773501 ,  0.2773501 , -0.16641006, -0.16641006,
           -0.16641006, -0.16641006, -0.16641006])
    >>> pk.advantages.pass_at_k_training([True, True, False, False], 3)
    array([0., 0., 0., 0.])
    """
    size, added = draws("k", k), _epsilon(epsilon)

    def kernel(values: Any, grouping: int | npt.NDArray[np.int64], threads: int | None) -> Any:
        return _core.pass_at_k_training(values, grouping, size, added, threads)

    return _evaluate("pass_at_k_training", kernel, rewards, groups, threads, k=size)


def grpo(
    rewards: Any,
    *,
    groups: Any = None,
    variant: Variant = "verl",
    ddof: int | None = None,
    epsilon: float | None = None,
    threads: int | None = None,
) -> Floats:
    """(r_i - mean) / (std + epsilon) in each group; exactly 0 where all rewards are equal.

    ``variant`` says what the trainers do: "verl" is ddof = 1 and epsilon = 1e-6, and a group of one has mean 0 and std
    1; "trl" is ddof = 1 and epsilon = 1e-4; "population" is ddof = 0 and epsilon = 0. In the last two a group of one
    has advantage 0. ``ddof`` (0 or 1) and ``epsilon`` replace the variant's. For trainers that average over samples.

    Shao et al. 2024 (arXiv 2402.03300), section 4.1.2. ValueError for a reward that is NaN or infinite.

    >>> pk.advantages.grpo([1, 1, 1, 0, 0, 0, 0, 0], variant="population")
    array([ 1.29099445,  1.29099445,  1.29099445, -0.77459667, -0.77459667,
           -0.77459667, -0.77459667, -0.77459667])
    >>> pk.advantages.grpo([1.0, 0.0, 5.0], groups=["a", "a", "b"])
    array([ 0.70710578, -0.70710578,  4.999995  ])
    """
    one_of("variant", variant, Variant)
    usual_ddof, usual_epsilon, keep_lone = _VARIANTS[variant]
    degrees = usual_ddof if ddof is None else ddof
    if isinstance(degrees, bool) or degrees not in {0, 1}:
        raise ValueError(f"ddof={ddof!r} is neither 0 nor 1")
    added = usual_epsilon if epsilon is None else _epsilon(epsilon)

    def kernel(values: Any, grouping: int | npt.NDArray[np.int64], threads: int | None) -> Any:
        return _core.grpo(values, grouping, int(degrees), added, keep_lone, threads)

    return _evaluate("grpo", kernel, rewards, groups, threads, compares=True)


def rloo(rewards: Any, *, groups: Any = None, threads: int | None = None) -> Floats:
    """r_i minus the mean of the group's other rewards; the reward itself in a group of one, which has no baseline.

    The mean over samples of A_i grad log pi(y_i) is unbiased for the gradient of the mean reward.
    Ahmadian et al. 2024 (arXiv 2402.14740). ValueError for a reward that is NaN or infinite.

    >>> pk.advantages.rloo([[1.0, 0.0, 0.0], [2.0, 4.0, 9.0]])
    array([[ 1. , -0.5, -0.5],
           [-4.5, -1.5,  6. ]])
    """
    return _evaluate("rloo", _core.rloo, rewards, groups, threads, compares=True)


def dr_grpo(rewards: Any, *, groups: Any = None, threads: int | None = None) -> Floats:
    """r_i minus the mean of its group; 0 in a group of one.

    `rloo` times (n-1) / n. Liu et al. 2025 (arXiv 2503.20783). ValueError for a reward that is NaN or infinite.

    >>> pk.advantages.dr_grpo([[1.0, 0.0, 0.0, 0.0], [2.0, 4.0, 9.0, 1.0]])
    array([[ 0.75, -0.25, -0.25, -0.25],
           [-2.  ,  0.  ,  5.  , -3.  ]])
    """
    return _evaluate("dr_grpo", _core.dr_grpo, rewards, groups, threads, compares=True)


def _evaluate(
    name: str,
    kernel: _Kernel,
    rewards: object,
    groups: object,
    threads: int | None,
    *,
    k: int = 1,
    compares: bool = False,
) -> Floats:
    values = as_rewards(rewards)
    workers = positive_or_none("threads", threads)
    ids: list[Any] | None = None
    grouping: int | npt.NDArray[np.int64]
    if groups is None:
        if values.shape[-1] == 0:
            raise ValueError("rewards is empty: a group needs at least one sample")
        if compares:
            _forbid_column(name, values)
        grouping = values.shape[-1]
    elif values.ndim != 1:
        raise ValueError(f"rewards has shape {values.shape}; with groups= it is one-dimensional")
    else:
        grouping, ids = number_groups(groups, len(values))
    try:
        result: Floats = kernel(values.reshape(-1), grouping, workers)
    except _core.InvalidRewardsError as error:
        raise _named(name, error, values, ids, k) from None
    return result.reshape(values.shape)


def _forbid_column(name: str, values: Floats) -> None:
    """Fails on many groups of one sample, which have nothing to compare it with: likelier a flat batch."""
    if values.shape[-1] == 1 and values.size > 1:
        raise ValueError(
            f"{name}: rewards has shape {values.shape}, so every group has one sample, and nothing to compare it with; "
            "the last axis is the group. Pass rewards.reshape(-1, n) for n samples a problem, rewards.ravel() with "
            "groups= an id for each sample, or rewards.reshape(1, -1) if all are of one problem"
        )


def _named(name: str, error: _core.InvalidRewardsError, values: Floats, ids: list[Any] | None, k: int) -> ValueError:
    what, index, size = error.args
    if what == "small":
        where = (
            f"k={k} is more than n={size}" if ids is None else f"k={k} is more than n={size} of group {ids[index]!r}"
        )
        return ValueError(f"{name}: {where}; draw more samples, or lower k")
    at = tuple(map(int, np.unravel_index(index, values.shape)))
    reason = {
        "finite": "a reward is a finite number; mend it, or leave that sample out",
        "binary": "rewards here are 0 and 1; compare with a threshold first, or use pkpo",
        "overflow": f"its advantage is too large for {values.dtype}; scale the rewards",
    }[what]
    return ValueError(f"{name}: rewards{list(at)} = {values[at]}: {reason}")


def _epsilon(epsilon: Any) -> float:
    if isinstance(epsilon, bool) or not isinstance(epsilon, int | float | np.number):
        raise TypeError(f"epsilon= is a number, not {epsilon!r}")
    if not (math.isfinite(epsilon) and epsilon >= 0):
        raise ValueError(f"epsilon= is finite and not negative, not {epsilon!r}")
    return float(epsilon)
