"""What the core counts of one shard, beside the accounts that make a whole of it."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import polars as pl

from passcurve._progress import Progress
from passcurve._sharding.rows import rows
from passcurve._sharding.tallies import ADDED, Account, Part, schema_of
from passcurve._tallying import _count
from passcurve.errors import DataError, MemoryLimitError
from passcurve.provenance import SHOWN_VERDICTS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from passcurve import _core
    from passcurve._sharding.asked import Job
    from passcurve._sharding.planning import Shard
    from passcurve.provenance import SourceFile


def count(shard: Shard, job: Job, head: Shard | None) -> tuple[Part, Account]:
    """The counts of a shard. ``head`` is the first file of the log, where that is in another shard.

    Raises:
        As `passcurve.tally`, of the files of the shard.
    """
    (table, cells, counters), files = read(shard, job, job.here(), head)
    part = Part.of(job.request, table, cells)
    others = dict(counters["others"])
    # The core names the most frequent ones; where it may have left some out, they are counted once more, all of them.
    if len(others) >= SHOWN_VERDICTS:
        others = all_others(rows(shard, files, job.wanted), job)
    return part, account_of(shard.told(), part, counters, others, files)


def read(
    shard: Shard, job: Job, request: _core._Request, head: Shard | None
) -> tuple[_core._Counted, tuple[SourceFile, ...]]:
    """What the core says of a shard."""
    try:
        return _count(shard, request, job.wanted, Progress(False))
    except DataError:
        raise
    except MemoryLimitError as error:
        raise MemoryLimitError(f"{shard.told()}: {error}") from None
    except ValueError:
        if head is not None:
            # A column that only a later file lacks is that file's fault, and not the call's. The core knows so
            # where it reads one of the others before.
            _count(shard.after(head), request, job.wanted, Progress(False))
        raise


def account_of(
    name: str,
    part: Part,
    counters: _core._Counters,
    others: dict[str, int],
    files: tuple[SourceFile, ...] = (),
) -> Account:
    """The account of a part by the core's counters."""
    known = {name: int(counters[name]) for name in ADDED}  # type: ignore[literal-required]
    return Account(name=name, schema=schema_of(part), counters=known, others=others, files=files)


def all_others(frames: Iterable[pl.DataFrame], job: Job) -> dict[str, int]:
    """How often each string comes that fails for not being in ``passing``, in rows whose ids are there."""
    found: Counter[str] = Counter()
    for frame in frames:
        texts = frame.drop_nulls(job.ids)[job.request["verdict"]].cast(pl.String).drop_nulls()
        others = texts.filter(~texts.is_in(job.request["passing"] or []))
        counts = others.value_counts(name="\0count")
        found.update(dict(zip(counts.to_series(0).to_list(), counts["\0count"].to_list(), strict=True)))
    return dict(found)
