"""What a training group of G samples can teach, from the (n, c) of its problem.

Arguments, results and errors are as in `passcurve.estimators`: numbers, arrays, Series, or columns in Polars queries.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, cast, overload

import numpy as np
import numpy.typing as npt

from passcurve._arrays import Invalid, evaluate
from passcurve.estimators import Array, Scalar

if TYPE_CHECKING:
    from collections.abc import Callable

    import polars as pl


class GroupEstimator(Protocol):
    """A function of n, c and a group's size that returns the kind it is given."""

    @overload
    def __call__(self, n: Scalar, c: Scalar, group_size: Scalar, *, invalid: Invalid = ...) -> float: ...
    @overload
    def __call__(self, n: str | pl.Expr, c: Any, group_size: Any, *, invalid: Invalid = ...) -> pl.Expr: ...
    @overload
    def __call__(self, n: Any, c: str | pl.Expr, group_size: Any, *, invalid: Invalid = ...) -> pl.Expr: ...
    @overload
    def __call__(self, n: pl.Series, c: Any, group_size: Any, *, invalid: Invalid = ...) -> pl.Series: ...
    @overload
    def __call__(self, n: Any, c: pl.Series, group_size: Any, *, invalid: Invalid = ...) -> pl.Series: ...
    @overload
    def __call__(self, n: Array, c: Any, group_size: Any, *, invalid: Invalid = ...) -> npt.NDArray[np.float64]: ...
    @overload
    def __call__(self, n: Any, c: Any, group_size: Any, *, invalid: Invalid = ...) -> Any: ...


def _of_group(function: Callable[..., Any]) -> GroupEstimator:
    return cast("GroupEstimator", function)


@_of_group
def zero_signal(n: Any, c: Any, group_size: Any, *, invalid: Invalid = "error") -> Any:
    """The probability that all samples of a training group fail, unbiased for (1-p)^G: C(n-c, G) / C(n, G).

    A probability in [0, 1]; 1 <= group_size <= n. Rewards of such a group are all 0, so that an advantage which
    compares a sample with its group is 0 too: Yu's Situation I. Within 0.5 ulp.

    >>> pk.zero_signal(16, 4, 8)
    0.038461538461538464
    """
    return evaluate("zero_signal", n, c, group_size, invalid)


@_of_group
def all_correct(n: Any, c: Any, group_size: Any, *, invalid: Invalid = "error") -> Any:
    """The probability that all samples of a training group pass, unbiased for p^G: C(c, G) / C(n, G).

    A probability in [0, 1]; 1 <= group_size <= n. Rewards of such a group are all 1: Yu's Situation II. Within 0.5 ulp.

    >>> pk.all_correct(16, 8, 4)
    0.038461538461538464
    """
    return evaluate("all_correct", n, c, group_size, invalid)


@_of_group
def informative(n: Any, c: Any, group_size: Any, *, invalid: Invalid = "error") -> Any:
    """The probability that a training group has a pass and a failure, unbiased for 1 - (1-p)^G - p^G.

    A probability in [0, 1]; 1 <= group_size <= n. What `zero_signal` and `all_correct` leave: the groups from which
    GRPO and RLOO learn. Within 0.5 ulp, also where it is tiny.

    >>> pk.informative(16, 4, 8)
    0.9615384615384616
    """
    return evaluate("informative", n, c, group_size, invalid)
