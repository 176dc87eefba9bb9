"""The workings of `Tally.plan`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from passcurve import _core
from passcurve._checks import one_of, positive_or_none
from passcurve._choices import Unmatched
from passcurve._ks import as_ks, joined
from passcurve._pilots import Pilot, forbid_short_pilots, spread
from passcurve._requests import check_level, cluster_ids, forbid_names

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import SupportsIndex

    from passcurve._pilots import Ints

MOST_SAMPLES = 1_000_000
FEW = 20
"""A pilot of fewer knows its own variance to a third of itself at best, were its values normal: sqrt(2 / 19)."""
NUMBERS = ("between", "within", "reliability", "se", "half_width", "detectable")
COLUMNS = ("metric", "k", "n", *NUMBERS, "problems", "samples", "cheapest", "note")


@dataclass(frozen=True, kw_only=True)
class Words:
    """The keyword arguments of `Tally.plan`, checked."""

    half_width: float | None
    difference: float | None
    power: float
    n: SupportsIndex | Iterable[SupportsIndex] | None
    problems: int | None
    confidence_level: float
    cluster: str | Sequence[str] | None
    paired: bool
    unmatched: Unmatched
    correlation: float | None
    threads: int | None

    def __post_init__(self) -> None:
        one_of("unmatched", self.unmatched, Unmatched)
        positive_or_none("problems", self.problems)
        positive_or_none("threads", self.threads)
        check_level(self.confidence_level)
        if not 1 - self.confidence_level < self.power < 1:
            raise ValueError(
                f"power= is between one less confidence_level= and 1, not {self.power!r}: less is had without a "
                "difference"
            )
        if self.half_width is not None and not 0 < self.half_width < 0.5:
            raise ValueError(f"half_width= is between 0 and 0.5, not {self.half_width!r}")
        if self.difference is not None and not 0 < self.difference < 1:
            raise ValueError(f"difference= is between 0 and 1, not {self.difference!r}")
        if self.half_width is not None and self.difference is not None:
            raise ValueError("half_width= and difference= are two plans; ask for one at a time")
        if self.correlation is not None and not -1 <= self.correlation <= 1:
            raise ValueError(f"correlation= is from -1 to 1, not {self.correlation!r}")
        if self.paired and self.correlation is not None:
            raise ValueError("correlation= is for a pilot of one model; a= and b= have theirs")
        if self.difference is not None and not self.paired and self.correlation is None:
            raise ValueError(
                "difference= depends on how alike the two models are. With both in the pilot say a= and b=, two values "
                "of the by column; with one say correlation=, that of their probabilities over problems (0 is the "
                "most cautious for models that find the same problems hard)"
            )


def plan(pilot: Pilot, k: SupportsIndex | Iterable[SupportsIndex], words: Words) -> pl.DataFrame:
    """The table behind `Tally.plan`."""
    forbid_names(pilot.key.by, COLUMNS)
    ks = as_ks(k)
    if max(ks) > MOST_SAMPLES:
        raise ValueError(f"k = {max(ks)} is more than the {MOST_SAMPLES:,} samples a problem that a plan goes to")
    forbid_short_pilots(pilot, max(ks))
    sizes = None if words.n is None else sorted(as_ks(words.n))
    if sizes is not None and not max(ks) <= sizes[0] <= sizes[-1] <= MOST_SAMPLES:
        raise ValueError(
            f"n= is from k to {MOST_SAMPLES:,} samples a problem, not {joined(sizes)} with k = {joined(ks)}"
        )
    ids = cluster_ids(pilot.frames[0], pilot.key, words.cluster)
    rows = pl.concat([_rows(pilot, ids, draws, sizes or _doubling(draws, pilot), words) for draws in ks])
    rows = rows.sort("group", maintain_order=True)
    table = rows.select(name for name in COLUMNS if name in rows.columns)
    return pilot.groups.select(pilot.key.by)[rows["group"].to_numpy()].hstack(table) if pilot.key.by else table


def _doubling(k: int, pilot: Pilot) -> list[int]:
    most = max((int(frame["n"].max() or k) for frame in pilot.frames), default=k)  # type: ignore[arg-type]
    sizes = [k]
    while sizes[-1] < most and 2 * sizes[-1] <= MOST_SAMPLES:
        sizes.append(2 * sizes[-1])
    return sizes


def _rows(pilot: Pilot, ids: Ints | None, k: int, sizes: list[int], words: Words) -> pl.DataFrame:
    heights = pilot.groups["n"].to_numpy().astype(np.int64)
    groups, each = np.arange(heights.size), len(sizes)
    per_group = spread(pilot, heights, ids, k, words.threads).with_columns(
        group=groups, problems=heights if words.problems is None else np.full(heights.size, words.problems)
    )
    within = np.zeros(heights.size * each)
    for frame in pilot.frames:
        within += _core.within_variances(
            lengths=heights, n=frame["n"].to_numpy(), c=frame["c"].to_numpy(), k=k, samples=sizes, threads=words.threads
        )
    rows = per_group[np.repeat(groups, each)].with_columns(
        metric=pl.lit("pass@k of a - b" if words.paired else "pass@k"),
        k=pl.lit(k, dtype=pl.Int64),
        n=np.tile(np.asarray(sizes, dtype=np.int64), heights.size),
        within=within,
    )
    variance = pl.col("between") + pl.col("within")
    alike = np.nan if words.correlation is None else words.correlation
    other = variance if words.paired else 2 * (pl.col("between") * (1 - alike) + pl.col("within"))
    rows = rows.with_columns(_or_nan(variance).alias("variance"), _or_nan(other).alias("of_difference"))
    # Polars divides by a constant column as it multiplies by its inverse, which may be another last digit.
    parts = {name: rows[name].to_numpy() for name in ("between", "variance", "problems")}
    rows = rows.with_columns(
        reliability=parts["between"] / parts["variance"],
        se=np.sqrt(parts["variance"] / parts["problems"]),
        # No interval is wider than the range.
        half_width=_reach(rows, "variance", None, words).clip(upper_bound=1 if words.paired else 0.5),
        detectable=_reach(rows, "of_difference", words.power, words),
    )
    # Nor is there a larger difference.
    rows = rows.with_columns(detectable=pl.when(pl.col("detectable") <= 1).then("detectable"), note=_note(words))
    return _costed(rows, words).with_columns(pl.col(NUMBERS).fill_nan(None))


def _note(words: Words) -> pl.Expr:
    """Why something is null, or not to be trusted."""
    known = pl.col("variance").is_not_nan()
    units, unit = pl.col("units"), "problems" if words.cluster is None else "clusters"
    few = pl.concat_str(pl.lit("a pilot of "), units, pl.lit(f" {unit}: its variance is little known"))
    alone = not words.paired and words.correlation is None
    too_large = pl.col("detectable").is_between(1, np.inf, closed="right")
    parts = (
        pl.when(pl.col("between") + pl.col("within") <= 0).then(pl.lit("no variance")).otherwise("note"),
        pl.when(known & (units < FEW)).then(few),
        pl.when(known & alone).then(pl.lit("detectable: say a= and b=, or correlation=")),
        pl.when(too_large).then(pl.lit("detectable: none, it would be above 1")),
    )
    joined = pl.concat_str(*parts, separator="; ", ignore_nulls=True)
    return pl.when(joined != "").then(joined)


def _or_nan(variance: pl.Expr) -> pl.Expr:
    """The variance, but NaN for 0: no spread in a pilot is no proof of none."""
    return pl.when(variance > 0).then(variance).otherwise(np.nan)


def _reach(rows: pl.DataFrame, variance: str, power: float | None, words: Words) -> pl.Series:
    return pl.Series(
        _core.reach(
            variance=rows[variance].to_numpy(),
            share=rows["share"].to_numpy(),
            problems=rows["problems"].to_numpy(),
            confidence_level=words.confidence_level,
            power=power,
        )
    )


def _costed(rows: pl.DataFrame, words: Words) -> pl.DataFrame:
    """With the number of problems that reach the target, what they cost, and which n costs least."""
    target = words.half_width if words.difference is None else words.difference
    if target is None:
        return rows.drop("problems")
    needed = _core.problems_needed(
        variance=rows["variance" if words.difference is None else "of_difference"].to_numpy(),
        share=rows["share"].to_numpy(),
        target=target,
        confidence_level=words.confidence_level,
        power=None if words.difference is None else words.power,
    )
    if (needed * rows["n"].to_numpy().astype(float) > 2**53).any():
        raise ValueError(f"a target of {target!r} needs more than 2^53 samples; ask for less precision")
    problems = pl.col("problems")
    rows = rows.with_columns(problems=needed).with_columns(pl.when(problems > 0).then(problems).alias("problems"))
    cost = problems * pl.col("n")
    # Of several the one with the fewest samples a problem.
    least = pl.col("n").filter(cost == cost.min()).min()
    return rows.with_columns(samples=cost, cheapest=((cost == cost.min()) & (pl.col("n") == least)).over("group"))
