"""Samples that may come in several shards: each shard's, told apart by itself, then those of all shards.

The core counts each (by, problem, sample) of a shard as if it were a problem; these counts are then dealt out by
(by, problem), so that what has to be compared comes together.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import polars as pl

from passcurve import _core
from passcurve._categories import split
from passcurve._sharding.counts import account_of, all_others, read
from passcurve._sharding.rows import rows
from passcurve._sharding.tallies import SHARD, Account, Part, stacked
from passcurve.provenance import SHOWN_VERDICTS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from passcurve._sharding.asked import Job
    from passcurve._sharding.planning import Shard

PLACE, FIRST, SECOND = "\0place", "\0first", "\0second"
"""Names that no column of a user has."""
COPY = "\1sample"
"""One that crosses the Arrow interface, where names end at a zero."""


@dataclass(frozen=True)
class Clash:
    """A sample in two shards against the policy."""

    second: int
    first: int
    sample: str


def samples(shard: Shard, job: Job, head: Shard | None) -> tuple[pl.DataFrame, Account]:
    """The samples of a shard, a row each, with n of 0 where all its verdicts were skipped and else of 1.

    Raises:
        As `passcurve.tally`, of the files of the shard.
    """
    request = job.here()
    problem = job.ids[len(request["by"]) :]
    apart: _core._Request = {**request, "problem": problem, "sample": None, "on_duplicate": "error"}
    (table, cells, counters), files = read(shard, job, apart, head)
    part = Part.of(request, table, cells)
    copies = int((part.table["n"] - 1).clip(lower_bound=0).sum())
    others = dict(counters["others"])
    if len(others) >= SHOWN_VERDICTS:
        others = all_others(rows(shard, files, job.wanted), job)
    frame = part.table if part.cells is None else _with_details(part)
    if copies:
        policy, unlike = request["on_duplicate"], _unlike(frame, job.ids)
        if policy == "error" or (policy == "agree" and unlike.height):
            # It fails, and says where in the files.
            read(shard, job, request, head)
        if unlike.height:
            frame = _with_first(frame, unlike, job, rows(shard, files, job.wanted))
    counters["duplicates"] = copies
    kept = pl.col("n").clip(upper_bound=1), pl.col("c").clip(upper_bound=1)
    return frame.with_columns(*kept), account_of(shard.told(), part, counters, others, files)


def dealt(frame: pl.DataFrame, key: Sequence[str], places: int) -> list[pl.DataFrame]:
    """The rows in so many frames, those of a key in the same one whatever shard they are of."""
    if places == 1:
        return [frame]
    marked = frame.with_columns(place(frame, key, places).alias(PLACE))
    parts = marked.partition_by(PLACE, as_dict=True, include_key=False)
    return [parts.get((at,), frame.clear()) for at in range(places)]


def place(frame: pl.DataFrame, key: Sequence[str], places: int) -> pl.Series:
    """Where the rows of each key go: by what the ids say, of any width, on every machine and in every version."""
    texts = frame.select(_text(frame.schema[name], name) for name in key)
    texts = texts.select(pl.concat_str(pl.all().fill_null("\0"), separator="\1").alias(PLACE))
    known = texts.unique()
    numbers = [zlib.crc32(text.encode()) % places for text in known[PLACE]]
    known = known.with_columns(pl.Series("place", numbers, dtype=pl.Int64))
    return texts.join(known, on=PLACE, how="left", maintain_order="left")["place"]


def settled(pieces: Sequence[pl.DataFrame], job: Job) -> tuple[Part, int, Clash | None]:
    """The counts of samples of several shards, how many copies were left out, and the first that must not be."""
    key, kept, names = job.key, job.kept, job.ids
    marked = [frame.with_columns(pl.lit(shard, dtype=pl.Int64).alias(SHARD)) for shard, frame in enumerate(pieces)]
    both = stacked(marked)
    held = both.filter(pl.col("n") > 0).sort(SHARD, maintain_order=True)
    once = held.unique(names, keep="first", maintain_order=True)
    clash = None
    if once.height < held.height and job.request["on_duplicate"] != "first":
        copies = held.filter(pl.struct(names).is_duplicated())
        clash = _clash(copies if job.request["on_duplicate"] == "error" else _disagreeing(copies, names, kept), names)
    empty = both.select(*key, n=pl.lit(0, dtype=pl.Int64), c=pl.lit(0, dtype=pl.Int64)).unique()
    table = pl.concat([once.select(*key, "n", "c"), empty]).group_by(key).agg(pl.col("n", "c").sum()).sort(key)
    cells = None
    if kept:
        cells = once.group_by([*key, *kept]).agg(pl.col("n", "c").sum()).sort([*key, *kept])
    return Part(table, cells), held.height - once.height, clash


def _clash(copies: pl.DataFrame, names: Sequence[str]) -> Clash | None:
    if not copies.height:
        return None
    pairs = copies.group_by(names).agg(pl.col(SHARD).min().alias(FIRST), pl.col(SHARD).bottom_k(2).max().alias(SECOND))
    one = pairs.sort(SECOND, FIRST, *names).row(0, named=True)
    return Clash(one[SECOND], one[FIRST], ", ".join(f"{name} {_shown(one[name])}" for name in names))


def _disagreeing(copies: pl.DataFrame, names: Sequence[str], kept: Sequence[str]) -> pl.DataFrame:
    return copies.filter(pl.struct("c", *kept).n_unique().over(names) > 1)


def _with_details(part: Part) -> pl.DataFrame:
    """A row for each sample, answer and reward, and one for each sample without any."""
    assert part.cells is not None
    return pl.concat([part.cells, part.table.filter(pl.col("n") == 0)], how="diagonal_relaxed")


def _unlike(frame: pl.DataFrame, key: Sequence[str]) -> pl.DataFrame:
    """The samples of which there are copies that differ."""
    mixed = (pl.col("c") > 0) & (pl.col("c") < pl.col("n"))
    return frame.filter(mixed | pl.struct(key).is_duplicated()).select(key).unique()


def _with_first(
    frame: pl.DataFrame,
    unlike: pl.DataFrame,
    job: Job,
    frames: Iterable[pl.DataFrame],
) -> pl.DataFrame:
    """With the first copy of those samples alone, which another reading tells."""
    key, request = job.ids, job.here()
    again: _core._Request = {**request, "problem": [*request["problem"], COPY]}
    counting = _core.BatchTally(again)
    texts = unlike.select(_text(unlike.schema[name], name).alias(f"\2{name}") for name in key)
    # What a file of lines holds nothing of has no type there.
    verdict = pl.Boolean() if request["passing"] is None else pl.String()
    kinds = {name: kind for name, kind in {**frame.schema, request["verdict"]: verdict}.items() if kind != pl.Null}
    for rows_of_file in frames:
        typed = rows_of_file.with_columns(_text(rows_of_file.schema[name], name).alias(f"\2{name}") for name in key)
        some = typed.join(texts, on=texts.columns, how="semi", maintain_order="left").select(job.wanted)
        if some.height:
            untyped = [name for name, kind in some.schema.items() if kind == pl.Null]
            some = some.with_columns(pl.lit(None, dtype=kinds.get(name, pl.Boolean())).alias(name) for name in untyped)
            sample = pl.col(str(request["sample"])).alias(COPY)
            counting.insert(_core.Batches.of_columns(*split(some.with_columns(sample))), None)
    counted = counting.finish()
    assert counted is not None
    first = Part.of(request, *counted[:2])
    of_samples = first.table if first.cells is None else _with_details(first)
    of_samples = of_samples.rename({COPY: str(request["sample"])}).select(frame.columns)
    others = frame.join(unlike, on=key, how="anti")
    return pl.concat([others, of_samples], how="vertical_relaxed")


def _text(kind: Any, name: str) -> pl.Expr:
    # 7 and 7.00 are the same id.
    number = pl.col(name).cast(pl.Int128, strict=False) if kind.is_decimal() else pl.col(name)
    return number.cast(pl.String, strict=False)


def _shown(value: object) -> str:
    return f'"{value}"' if isinstance(value, str) else str(value).lower() if isinstance(value, bool) else str(value)
