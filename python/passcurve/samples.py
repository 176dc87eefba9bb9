"""Metrics over the samples of a problem, exact and without Monte Carlo: max@k, min@k, best-of-k and maj@k.

The last axis is a problem's n samples: an array of shape (..., n) gives an array of shape (...), and one axis gives a
float. Rows may differ in length: a list of arrays or lists gives a 1-D array. With several k these have one more
axis, the last. A Series of lists gives a Series, and a column's name or a ``pl.Expr`` a ``pl.Expr``, called like the
function and elementwise; null lists stay null, and k is one integer. Within ``agg`` and ``over`` a group's samples
become a list by ``pl.col(...).implode()``. There is no ``invalid``: what has no value is an error, also in a query.

Each value is the exact mean over all k-subsets of the samples, so it is unbiased for what the model would do with k
fresh samples; 1 <= k <= n. ``with_replacement=True`` gives the exact mean over k draws with replacement: biased, for
any k, and what bootstraps such as verl's best@N and maj@N approximate.

What has no value is a ValueError that names the row (in a query Polars' ComputeError): k > n, a row without samples, a
NaN or infinite reward, rows of two arguments that differ in length. Bits do not depend on the number of threads, nor on
the order of samples, and the interpreter is free meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import polars as pl

from passcurve import _core
from passcurve._answers import read_votes
from passcurve._checks import draws, one_of
from passcurve._choices import Mixed, Ties
from passcurve._expressions import expression
from passcurve._ragged import Layout, as_numbers, read, same_layout

__all__ = ["best_of_k", "maj_at_k", "max_at_k", "min_at_k"]


def __dir__() -> list[str]:
    return __all__


_Kernel: TypeAlias = "Callable[[list[int]], npt.NDArray[np.float64]]"


def max_at_k(rewards: Any, k: Any, *, with_replacement: bool = False) -> Any:
    """The mean of the largest of k rewards.

    For rewards 0 and 1 it is pass@k. Walder and Karkhanis 2025 (arXiv 2505.15201), eq. 12. Rewards are finite floats,
    integers or booleans. Within 1 ulp of the exact value where rewards have one sign, and of the reward largest in size
    where not. O(n log n). With replacement it is biased low.

    >>> pk.max_at_k([0.1, 0.5, 0.2, 1.0, 0.3, 0.0, 0.8, 0.6], 3)
    0.7696428571428572
    >>> pk.max_at_k([[0.0, 1.0, 0.5], [0.0, 0.0, 0.2]], [1, 2, 3])
    array([[0.5       , 0.83333333, 1.        ],
           [0.06666667, 0.13333333, 0.2       ]])
    >>> pk.max_at_k([[0.0, 1.0, 0.5], [0.25, 0.75]], 2)
    array([0.83333333, 0.75      ])
    >>> pk.max_at_k([[0.0, 1.0, 0.5], [0.25]], 2)
    Traceback (most recent call last):
    ...
    ValueError: max_at_k: row 1: k = 2 is more than n = 1; draw more samples or lower k
    """
    return _extreme("max_at_k", True, rewards, k, with_replacement)


def min_at_k(rewards: Any, k: Any, *, with_replacement: bool = False) -> Any:
    """The mean of the smallest of k rewards: what can be relied on k times.

    For rewards 0 and 1 it is pass^k. As `max_at_k`; with replacement it is biased high.

    >>> pk.min_at_k([0.1, 0.5, 0.2, 1.0, 0.3, 0.0, 0.8, 0.6], 3)
    0.13214285714285715
    """
    return _extreme("min_at_k", False, rewards, k, with_replacement)


def best_of_k(scores: Any, values: Any, k: Any, *, with_replacement: bool = False) -> Any:
    """The mean value of the sample that scores highest among k: best-of-k under a reward model or a log-probability.

    ``values`` are what is had, such as verdicts or rewards, and finite; ``scores`` decide, and may be infinite. Of
    samples that tie for the highest score each is taken equally often. Of one shape.

    >>> scores, correct = [0.1, 0.9, 0.9, 0.4, 0.4, 0.4, 0.2, 0.7], [0, 1, 0, 1, 0, 0, 1, 0]
    >>> pk.best_of_k(scores, correct, [1, 3, 8])
    array([0.375     , 0.38095238, 0.5       ])
    """
    if _of_frames(scores, values):
        return _query("best_of_k", {"scores": scores, "values": values}, k, with_replacement)
    by, layout = read(scores, "scores")
    of, other = read(values, "values")
    same_layout(("scores", layout), ("values", other))
    decide, had = as_numbers(by, layout, "scores"), as_numbers(of, layout, "values")

    def kernel(ks: list[int]) -> npt.NDArray[np.float64]:
        return _core.best_of_k(decide, had, layout.offsets, ks, with_replacement, None)

    def bad(row: int, at: int, _: str) -> str:
        flat = int(layout.offsets[row]) + at
        word, value = ("scores", decide[flat]) if np.isnan(decide[flat]) else ("values", had[flat])
        return f"{word}{layout.sample_of(row, at)} is {value}; leave such samples out"

    return _evaluate("best_of_k", kernel, layout, k, bad)


def maj_at_k(
    answers: Any, correct: Any, k: Any, *, ties: Ties = "fair", mixed: Mixed = "error", with_replacement: bool = False
) -> Any:
    """The chance that the most frequent answer of k is correct (self-consistency, majority vote).

    ``answers`` are strings, numbers or anything hashable; None (null) abstains, and where all k abstain the value is 0.
    ``correct`` has the verdict of each sample, of the same shape. An answer of a problem is correct or wrong as a
    whole. Where its samples have both verdicts, ``mixed="error"`` is a ValueError that names it, and with
    ``mixed="majority"`` it is correct when more than half of them passed. ``ties`` for most votes:

    - "fair": the share of correct answers among those that tie. Also the mean where the first answer seen wins.
    - "wrong": 0, unless all that tie are correct.
    - "right": 1, if any that ties is correct.

    A probability in [0, 1], within a few ulp. O(n k^2) at worst. Wang et al. 2023 (arXiv 2203.11171) for the vote. With
    replacement the bias has no fixed sign.

    >>> pk.maj_at_k(["7", "7", "7", "8", "8", None], [1, 1, 1, 0, 0, 0], [1, 3, 5])
    array([0.5 , 0.65, 0.75])
    >>> pk.maj_at_k([["a", "a", "b"], ["a", "b"]], [[True, True, False], [False, True]], 2, ties="wrong")
    array([0.33333333, 0.        ])
    >>> pk.maj_at_k(["a", "b", "a"], [True, False, False], 1)
    Traceback (most recent call last):
    ...
    ValueError: maj_at_k: answers[2]: the answer 'a' passed 1 times of 2; make answers that the verifier tells apart
    differ (strip, normalise), or say mixed="majority" (an answer is correct when more than half of its samples passed)
    >>> pk.maj_at_k(["a", "b", "a"], [True, False, False], 1, mixed="majority")
    0.0
    """
    one_of("ties", ties, Ties)
    one_of("mixed", mixed, Mixed)
    if _of_frames(answers, correct):
        return _query("maj_at_k", {"answers": answers, "correct": correct}, k, with_replacement, ties, mixed)
    codes, right, layout = read_votes(answers, correct)

    def kernel(ks: list[int]) -> npt.NDArray[np.float64]:
        return _core.maj_at_k(codes, right, layout.offsets, ks, ties, mixed, with_replacement, None)

    def bad(row: int, at: int, reason: str) -> str:
        one: Any = answers
        if layout.outer:
            for index in np.unravel_index(row, layout.outer):
                one = one[int(index)]
        answer = one[at].item() if isinstance(one[at], np.generic) else one[at]
        return f"answers{layout.sample_of(row, at)}: the answer {answer!r} {reason}"

    return _evaluate("maj_at_k", kernel, layout, k, bad)


def _extreme(name: str, largest: bool, rewards: Any, k: Any, with_replacement: bool) -> Any:
    if _of_frames(rewards):
        return _query(name, {"rewards": rewards}, k, with_replacement)
    flat, layout = read(rewards, "rewards")
    numbers = as_numbers(flat, layout, "rewards")

    def kernel(ks: list[int]) -> npt.NDArray[np.float64]:
        return _core.extreme_of_k(largest, numbers, layout.offsets, ks, with_replacement, None)

    def bad(row: int, at: int, _: str) -> str:
        value = numbers[int(layout.offsets[row]) + at]
        return f"rewards{layout.sample_of(row, at)} is {value}; leave such samples out"

    return _evaluate(name, kernel, layout, k, bad)


def _evaluate(name: str, kernel: _Kernel, layout: Layout, k: Any, bad: Callable[[int, int, str], str]) -> Any:
    several = isinstance(k, Iterable) and getattr(k, "ndim", 1) != 0
    ks = [draws("k", value) for value in k] if several else [draws("k", k)]
    try:
        result = kernel(ks)
    except _core.InvalidSamplesError as error:
        what, row, at, reason = error.args
        where = f"{layout.row(row)}: " if layout.outer else ""
        words = f"{where}{reason}" if what == "row" else bad(row, at, reason)
        raise ValueError(f"{name}: {words}") from None
    result = result.reshape((*layout.outer, len(ks)) if several else layout.outer)
    return float(result) if result.ndim == 0 else result


def _shown(value: object) -> str:
    return f'"{value}"' if isinstance(value, str) else "..."


def _is_lists(value: object) -> bool:
    return isinstance(value, pl.Series) and isinstance(value.dtype, pl.List | pl.Array | pl.Null)


def _of_frames(*values: object) -> bool:
    """Whether these are columns or expressions, or Series of lists."""
    return any(isinstance(value, str | pl.Expr) or _is_lists(value) for value in values)


def _query(name: str, columns: dict[str, Any], k: Any, with_replacement: bool, *votes: str) -> Any:
    """The expression over columns, or what it gives of Series."""
    if isinstance(k, list | tuple | range | np.ndarray | pl.Series):
        raise TypeError(
            f"k is {type(k).__name__}; over columns of lists k is one integer. For several write one expression each: "
            f'[pk.{name}({", ".join(_shown(value) for value in columns.values())}, k).alias(f"{name[:-1]}{{k}}") '
            "for k in (1, 8)]"
        )
    size = draws("k", k)
    named = {word: value for word, value in columns.items() if isinstance(value, str | pl.Expr)}
    for word, value in columns.items():
        if word not in named and not _is_lists(value):
            other = next(other for other in columns if other != word)
            raise TypeError(f"{word} is {type(value).__name__}, which does not go with {other}; pass two of a kind")
    if named and len(named) < len(columns):
        raise TypeError(f"{' and '.join(columns)} are a column and a Series; pass two columns or two Series")
    constants: dict[str, object] = {
        "k": pl.lit(size),
        "with_replacement": pl.lit(bool(with_replacement)),
        **{word: pl.lit(value) for word, value in zip(("ties", "mixed"), votes or ("", ""), strict=True)},
    }
    if named:
        return expression(name, {**columns, **constants})
    lengths = {word: len(series) for word, series in columns.items()}
    if len(set(lengths.values())) > 1:
        raise ValueError(f"{name}: {' and '.join(f'{word} has {length} rows' for word, length in lengths.items())}")
    # Old versions of Polars hand slices of arrays over wrongly.
    lists = {word: s.arr.to_list() if isinstance(s.dtype, pl.Array) else s for word, s in columns.items()}
    frame = pl.DataFrame(lists)
    try:
        result = frame.select(expression(name, {**{word: pl.col(word) for word in columns}, **constants})).to_series()
    except pl.exceptions.ComputeError as error:
        words = str(error).splitlines()[0].removeprefix("the plugin failed with message: ")
        raise ValueError(words) from None
    return result.alias(next(iter(columns.values())).name)
