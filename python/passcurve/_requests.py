"""What every table of a tally asks of its arguments."""

from __future__ import annotations

from numbers import Real
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from passcurve._columns import as_columns
from passcurve._ks import joined

if TYPE_CHECKING:
    from collections.abc import Sequence

    from passcurve._keyed import Key


def forbid_names(names: Sequence[str], columns: Sequence[str]) -> None:
    """Fails when a key column has the name of a column of the result."""
    for name in names:
        if name in columns:
            raise ValueError(f"the table has a column {name!r} of its own; rename that key column before the tally")


def smallest(frame: pl.DataFrame) -> int:
    return int(frame["n"].min() or 0)  # type: ignore[arg-type]  # n is Int64


def forbid_k_above(
    frame: pl.DataFrame,
    key: Key,
    ks: list[int],
    beyond: int = 0,
    *,
    drops: bool = True,
    extrapolates: bool = False,
    word: str = "k",
) -> None:
    """Fails on a k, or what else ``word`` says, that is more than `beyond` above the n of a problem."""
    too_large = [k for k in ks if k > smallest(frame) + beyond]
    if frame.height and too_large:
        worst = frame.sort("n", maintain_order=True).row(0, named=True)
        where = ", ".join(f"{name}={worst[name]!r}" for name in key.names)
        limit = "n + 1" if beyond else "n"
        ways = ['on_k_gt_n="drop" (leave out that k)'] if drops else []
        ways.append('on_k_gt_n="skip" (leave out those problems, and count them)')
        if extrapolates:
            ways.append('on_k_gt_n="extrapolate" (a model of what more samples would give)')
        raise ValueError(
            f"{word} = {joined(too_large)} is more than a problem's {limit}: {where} has n={worst['n']}. "
            f"Lower {word}, or say {' or '.join([', '.join(ways[:-1]), ways[-1]] if ways[:-1] else ways)}"
        )


def check_level(confidence_level: float) -> None:
    """Fails unless it is a level."""
    if isinstance(confidence_level, bool) or not isinstance(confidence_level, Real):
        raise TypeError(f"confidence_level= is a number between 0 and 1, not {confidence_level!r}")
    if not 0 < confidence_level < 1:
        percent = f"; did you mean {confidence_level / 100:g}?" if 50 <= confidence_level < 100 else ""
        raise ValueError(f"confidence_level= is between 0 and 1, not {confidence_level!r}{percent}")


def cluster_ids(frame: pl.DataFrame, key: Key, cluster: str | Sequence[str] | None) -> np.ndarray[Any, Any] | None:
    names = as_columns(cluster, "cluster")
    for name in names:
        if name not in key.problem:
            known = ", ".join(key.problem)
            way_out = "" if name in key.by else f"; tally with it among them: problem={[*key.problem, name]!r}"
            raise ValueError(f"cluster= names problem columns ({known}), not {name!r}{way_out}")
    if not names:
        return None
    return frame.select(pl.struct(names).rank("dense").cast(pl.Int64)).to_series().to_numpy()


def as_seed(rng: int | np.random.Generator) -> int:
    if isinstance(rng, np.random.Generator):
        return int(rng.integers(0, 2**64, dtype=np.uint64))
    if isinstance(rng, bool) or not hasattr(rng, "__index__") or not 0 <= int(rng) < 2**64:
        raise ValueError(f"rng= is an integer from 0 to 2^64 - 1 or a numpy.random.Generator, not {rng!r}")
    return int(rng)
