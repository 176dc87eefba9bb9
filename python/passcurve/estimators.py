"""Estimates per problem from (n, c): numbers, NumPy arrays, Polars Series, and columns in Polars queries.

Every function takes n samples of which c passed, and k draws. It returns what it is given: numbers give a float,
arrays broadcast and give a float64 array, and where there is a Series the result is a Series. A list of ks is an array
too, so it is paired with n and c; for each k of each problem give these as columns, ``n[:, None]``. Beside a Series it
is an error. Where there is a column's
name or a ``pl.Expr`` the result is a ``pl.Expr``, called like the function; it is elementwise, so it runs on both
engines and within ``over``. Counts are integers, or floats with integral values, up to 2^53. Nulls stay null. A
(n, c, k) outside the domain is a ValueError that names the first one (in a query Polars raises its ComputeError with
the same words, the row counted within the batch), or NaN (null in a Series and a query) with ``invalid="null"``.

All come from one double-double kernel: pass@k, pass^k and alpha_k are within 0.5 ulp, and the bits are the same on
every machine and for any number of threads. Large arrays are shared between all cores without holding the interpreter.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, TypeAlias, cast, overload

import numpy as np
import numpy.typing as npt

from passcurve._arrays import Invalid, evaluate
from passcurve._checks import check_tau, warn_of_odd

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import polars as pl

Scalar: TypeAlias = "float | np.integer[Any] | np.floating[Any]"
Array: TypeAlias = "npt.NDArray[Any] | Sequence[Any]"


class Estimator(Protocol):
    """A function of n, c and k that returns the kind it is given."""

    @overload
    def __call__(self, n: Scalar, c: Scalar, k: Scalar, *, invalid: Invalid = ...) -> float: ...
    @overload
    def __call__(self, n: str | pl.Expr, c: Any, k: Any, *, invalid: Invalid = ...) -> pl.Expr: ...
    @overload
    def __call__(self, n: Any, c: str | pl.Expr, k: Any, *, invalid: Invalid = ...) -> pl.Expr: ...
    @overload
    def __call__(self, n: Any, c: Any, k: str | pl.Expr, *, invalid: Invalid = ...) -> pl.Expr: ...
    @overload
    def __call__(self, n: pl.Series, c: Any, k: Any, *, invalid: Invalid = ...) -> pl.Series: ...
    @overload
    def __call__(self, n: Any, c: pl.Series, k: Any, *, invalid: Invalid = ...) -> pl.Series: ...
    @overload
    def __call__(self, n: Array, c: Any, k: Any, *, invalid: Invalid = ...) -> npt.NDArray[np.float64]: ...
    @overload
    def __call__(self, n: Any, c: Any, k: Any, *, invalid: Invalid = ...) -> Any: ...


def _typed(function: Callable[..., Any]) -> Estimator:
    return cast("Estimator", function)


@_typed
def pass_at_k(n: Any, c: Any, k: Any, *, invalid: Invalid = "error") -> Any:
    """The probability that at least one of k samples passes, unbiased: 1 - C(n-c, k) / C(n, k).

    A probability in [0, 1]; 1 <= k <= n. Chen et al. 2021, unbiased for Yu's eq. 5. Within 0.5 ulp. A list of ks is
    paired with arrays of n and c; where these are columns, it is an axis.

    >>> pk.pass_at_k(8, 3, 4)
    0.9285714285714286
    >>> pk.pass_at_k([8, 16], [3, 0], 4)
    array([0.92857143, 0.        ])
    >>> pk.pass_at_k(np.array([[8], [16]]), np.array([[3], [1]]), [1, 2, 4])
    array([[0.375     , 0.64285714, 0.92857143],
           [0.0625    , 0.125     , 0.25      ]])
    >>> pl.DataFrame({"n": [8, 16], "c": [3, 0]}).select(pk.pass_at_k("n", "c", k=4))
    shape: (2, 1)
    ┌───────────┐
    │ pass_at_k │
    │ ---       │
    │ f64       │
    ╞═══════════╡
    │ 0.928571  │
    │ 0.0       │
    └───────────┘
    >>> pk.pass_at_k(5, 0, 10)
    Traceback (most recent call last):
    ...
    ValueError: pass_at_k: n=5, c=0, k=10: k > n: no unbiased estimate exists there; draw more samples or lower k
    """
    return evaluate("pass_at_k", n, c, k, invalid)


@_typed
def pass_hat_k(n: Any, c: Any, k: Any, *, invalid: Invalid = "error") -> Any:
    """The probability that all of k samples pass (pass^k), unbiased: C(c, k) / C(n, k).

    A probability in [0, 1]; 1 <= k <= n. tau-bench, Yao et al. 2024. Within 0.5 ulp.

    >>> pk.pass_hat_k(8, 3, 2)
    0.10714285714285714
    """
    return evaluate("pass_hat_k", n, c, k, invalid)


@_typed
def alpha_k(n: Any, c: Any, k: Any, *, invalid: Invalid = "error") -> Any:
    """The factor k(1-p)^(k-1) by which a pass@k objective multiplies the pass@1 gradient, unbiased.

    k C(n-c, k-1) / C(n, k-1), in [0, k]; 1 <= k <= n + 1. Yu, eq. 7. Within 0.5 ulp. Multiplying it by a gradient
    from the same samples is biased; the leave-one-out form takes (n-1, c-1) for each sample that passed.

    >>> pk.alpha_k(8, 3, 4)
    0.7142857142857143
    >>> pk.alpha_k(8, [0, 8], 4)
    array([4., 0.])
    """
    return evaluate("alpha_k", n, c, k, invalid)


@_typed
def pass_gap(n: Any, c: Any, k: Any, *, invalid: Invalid = "error") -> Any:
    """pass@k - pass@1, unbiased: what k draws find that one does not.

    In [0, 1); 1 <= k <= n. Near 0 where nothing is solved and where all is: Yu, eq. 19.

    >>> pk.pass_gap(8, 3, 4)
    0.5535714285714286
    """
    return evaluate("pass_gap", n, c, k, invalid)


@_typed
def marginal_gain(n: Any, c: Any, k: Any, *, invalid: Invalid = "error") -> Any:
    """pass@k - pass@(k-1), unbiased for p(1-p)^(k-1): what the k-th draw adds.

    A probability in [0, 1]; 1 <= k <= n.

    >>> pk.marginal_gain(8, 3, 4)
    0.10714285714285714
    """
    return evaluate("marginal_gain", n, c, k, invalid)


@_typed
def signal_mass(n: Any, c: Any, k: Any, *, invalid: Invalid = "error") -> Any:
    """alpha_k times the rate of success, k p (1-p)^(k-1), unbiased: the learning signal of one sample.

    In [0, 1]; 1 <= k <= n. Largest at p = 1/k, and near 0 as p nears 0: Yu's Situation I in one number.

    >>> pk.signal_mass(8, 3, 4)
    0.42857142857142855
    """
    return evaluate("signal_mass", n, c, k, invalid)


@_typed
def pass_at_k_variance(n: Any, c: Any, k: Any, *, invalid: Invalid = "error") -> Any:
    """The variance of `pass_at_k` over the sampling of one problem, unbiased: q_k^2 - q_2k.

    q_k = C(n-c, k) / C(n, k). Never negative; 1 <= k <= n/2, as no unbiased estimate exists beyond.

    >>> pk.pass_at_k_variance(8, 3, 4)
    0.00510204081632653
    """
    return evaluate("pass_at_k_variance", n, c, k, invalid)


@_typed
def pass_at_k_plugin(n: Any, c: Any, k: Any, *, invalid: Invalid = "error") -> Any:
    """1 - (1 - c/n)^k: pass@k of draws with replacement from these samples. Biased low; any k >= 1.

    A probability in [0, 1]. What verl's best@N approximates by Monte Carlo for 0/1 scores.

    >>> pk.pass_at_k_plugin(8, 3, 4)
    0.847412109375
    """
    return evaluate("pass_at_k_plugin", n, c, k, invalid)


@_typed
def alpha_k_plugin(n: Any, c: Any, k: Any, *, invalid: Invalid = "error") -> Any:
    """K (1 - c/n)^(k-1): Yu's eq. 7 at p = c/n. Biased high; any k >= 1.

    In [0, k].

    >>> pk.alpha_k_plugin(8, 3, 4)
    0.9765625
    """
    return evaluate("alpha_k_plugin", n, c, k, invalid)


def g_pass_at_k(n: Any, c: Any, k: Any, tau: float, *, invalid: Invalid = "error") -> Any:
    """The probability that at least the share tau of k samples passes (G-Pass@k), unbiased.

    P(H >= m) for hypergeometric H and m = max(ceil(tau k), 1), where a product next to an integer is that integer (0.28
    of 25 is 7). A probability in [0, 1]; 1 <= k <= n <= 2^32; 0 <= tau <= 1, one number. tau = 0 gives `pass_at_k`,
    tau = 1 gives `pass_hat_k`. Its authors advise n >= 3k. Liu et al. 2024 (arXiv 2412.13147). Within 0.5 ulp.

    >>> pk.g_pass_at_k(16, 10, 8, 0.5)
    0.9405594405594405
    >>> pk.g_pass_at_k(16, 10, 8, [0.5, 1.0])
    Traceback (most recent call last):
    ...
    TypeError: tau is one number in [0, 1], not [0.5, 1.0]
    """
    return evaluate("g_pass_at_k", n, c, k, invalid, tau=check_tau(tau))


def mg_pass_at_k(n: Any, c: Any, k: Any, *, invalid: Invalid = "error") -> Any:
    """The mean of G-Pass@k over the shares above one half (mG-Pass@k), unbiased: (2/k) E[(H - ceil(k/2))+].

    In [0, 1]; 1 <= k <= n <= 2^32. A perfect model scores 1 for even k but (k-1)/k for odd k, and 0 at k = 1, so an
    odd number k is a UserWarning. Liu et al. 2024 (arXiv 2412.13147). Within 0.5 ulp.

    >>> pk.mg_pass_at_k(16, 10, 8)
    0.26573426573426573
    """
    warn_of_odd(k)
    return evaluate("mg_pass_at_k", n, c, k, invalid)
