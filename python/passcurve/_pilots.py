"""The pilot of a plan: counts of one model, or of two on the same problems."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import polars as pl

from passcurve import _core
from passcurve._keyed import Key

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats: TypeAlias = npt.NDArray[np.float64]
    Ints: TypeAlias = npt.NDArray[np.int64]


CLIPPED = "clipped: less variance than the samples' noise alone"
COPIES = f"{CLIPPED}, by far; are results copied?"
# Values closer than this differ by rounding only.
SAME = 4 * float(np.finfo(float).eps)


@dataclass(frozen=True)
class Pilot:
    """Counts of one model, or of two on the same problems, by group."""

    key: Key
    """Of each frame."""
    frames: list[pl.DataFrame]

    @property
    def groups(self) -> pl.DataFrame:
        """The ``by`` columns, and how many problems each group has."""
        frame = self.frames[0]
        if not self.key.by:
            return pl.DataFrame({"n": [frame.height]})
        return frame.group_by(self.key.by, maintain_order=True).len("n")


def one(frame: pl.DataFrame, key: Key, on: str | None) -> Pilot:
    """The pilot of one model."""
    if on is not None:
        raise ValueError("on= names the column of a= and b=; say them too")
    return Pilot(key, [frame])


def pair(frame: pl.DataFrame, key: Key, a: Any, b: Any, on: str | None, *, drop: bool) -> Pilot:
    """The pilot of two models on the same problems; where they may be dropped, on those that both have."""
    if a is None or b is None:
        raise ValueError("a= and b= go together: two values of a by column")
    if on is None and len(key.by) != 1:
        raise ValueError(f"say on=, the by column that has a= and b= in it; there are: {', '.join(key.by) or 'none'}")
    column = key.by[0] if on is None else on
    if column not in key.by:
        raise ValueError(f"on= names a by column ({', '.join(key.by)}), not {on!r}")
    known = frame[column].unique(maintain_order=True).to_list()
    for word, value in (("a", a), ("b", b)):
        if value not in known:
            raise ValueError(f"{word}={value!r} is not in {column!r}; there are: {', '.join(map(repr, known))}")
    if a == b:
        raise ValueError(f"a= and b= are both {a!r}; a model does not differ from itself")
    rest = Key(tuple(name for name in key.by if name != column), key.problem)
    # Rows are sorted by key, so what is left of each is in the same order.
    first, second = (
        frame.filter(pl.col(column) == value).drop(column).sort(rest.names, maintain_order=True) for value in (a, b)
    )
    if drop:
        first, second = (
            here.join(there, on=rest.names, how="semi", nulls_equal=True, maintain_order="left")
            for here, there in ((first, second), (second, first))
        )
    for here, there, with_it, without in ((first, second, a, b), (second, first, b, a)):
        alone = here.join(there, on=rest.names, how="anti", nulls_equal=True, maintain_order="left")
        if alone.height:
            where = ", ".join(f"{name}={value!r}" for name, value in zip(rest.names, alone.row(0), strict=False))
            raise ValueError(
                f"{with_it!r} has {alone.height} problems that {without!r} has not, as {where}; compare the same "
                'problems, or say unmatched="drop" (leave out such problems)'
            )
    return Pilot(rest, [first, second])


def forbid_short_pilots(pilot: Pilot, k: int) -> None:
    for frame in pilot.frames:
        short = frame.filter(pl.col("n") < 2 * k)
        if short.height:
            worst = short.sort("n", maintain_order=True).row(0, named=True)
            where = ", ".join(f"{name}={worst[name]!r}" for name in pilot.key.names)
            raise ValueError(
                f"a plan for k = {k} needs a pilot of 2k = {2 * k} samples a problem, and {where} has n={worst['n']}. "
                "Sample more, plan with a smaller k, or leave out such problems (Tally.from_counts of the filtered "
                "frame)"
            )


def spread(pilot: Pilot, heights: Ints, ids: Ints | None, k: int, threads: int | None) -> pl.DataFrame:
    """Of each group, the variance between problems beyond the samples' noise, and its clusters, for a problem too."""

    def column(name: str, frame: pl.DataFrame) -> Floats:
        draws = np.full(1, k)
        return _core.evaluate(name, None, frame["n"].to_numpy(), frame["c"].to_numpy(), draws, True, threads)

    values = [column("pass_at_k", frame) for frame in pilot.frames]
    value = values[0] - values[1] if len(values) > 1 else values[0]
    noise = sum((column("pass_at_k_variance", frame) for frame in pilot.frames), np.zeros(value.size))
    ends = np.cumsum(heights)[:-1]
    families = np.split(np.arange(value.size) if ids is None else ids, ends)
    groups = zip(np.split(value, ends), np.split(noise, ends), families, strict=True)
    # Without a group a split still has one part.
    rows = [_between(*group) for group in groups][: heights.size]
    schema = {"between": pl.Float64, "share": pl.Float64, "units": pl.Int64, "note": pl.String}
    return pl.DataFrame(rows, schema=schema, orient="row")


def _between(value: Floats, noise: Floats, families: Ints) -> tuple[float, float, int, str | None]:
    if value.size < 2:
        return np.nan, np.nan, value.size, "one problem" if value.size else "no problem"
    family = np.unique(families, return_inverse=True)[1]
    count = int(family.max()) + 1
    if count < 2:
        return np.nan, np.nan, count, "one cluster"
    deviations = value - value.mean() if np.ptp(value) > SAME else np.zeros(value.size)
    sums = np.bincount(family, weights=deviations)
    # Families of one problem make this the usual variance, with divisor P - 1.
    variance = float((sums**2).sum()) * count / (count - 1) / value.size
    between = variance - float(noise.mean())
    share = count / value.size
    if between >= -SAME:
        return max(0.0, between), share, count, None
    # Where all problems are alike the variance varies by about so much of the noise.
    return 0.0, share, count, COPIES if between < -3 * (2 / (count - 1)) ** 0.5 * noise.mean() else CLIPPED
