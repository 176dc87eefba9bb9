"""What is done on the workers with rows of a Dataset: small tallies, one a block, which say what is wrong as a value.

An error that is raised there would be taken for a failure of the pipeline, told with its whole plan, and tried again.
"""

from __future__ import annotations

import pickle
import re
from collections.abc import Sequence
from functools import reduce
from typing import Any

import polars as pl
import pyarrow as pa  # type: ignore[import-untyped]

from passcurve import _core
from passcurve._sharding.across import place
from passcurve._sharding.asked import Job
from passcurve._sharding.counts import account_of, all_others
from passcurve._sharding.tallies import Account, Part, added, joined
from passcurve.errors import DataError
from passcurve.provenance import SHOWN_VERDICTS

PAYLOAD = "payload"
BLOCK = "a block of the Dataset"

ROW = re.compile(r"^row (\d+)(, |: )")
"""How the core says where a row is, of which a Dataset has no number."""
OTHER_ROW = re.compile(r",? at row \d+(?=;|$)")


def count_block(block: pa.Table, job: Job) -> pa.Table:
    """The counts of a block."""
    return _packed(lambda: _counted(block, job))


def with_place(block: pa.Table, key: list[str], column: str, places: int) -> pa.Table:
    """With the number of the partition of each row's key."""
    # What cannot be an id is an error where it is counted.
    safe = [name for name in key if not isinstance(block.schema.field(name).type, pa.BaseExtensionType)]
    frame = _frame(block, safe)
    flat = [name for name in safe if not frame.schema[name].is_nested()]
    numbers = place(frame, flat, places) if flat else pl.zeros(block.num_rows, dtype=pl.Int64, eager=True)
    return block.append_column(column, numbers.to_arrow())


def count_partition(rows: pa.Table, job: Job, order: list[str]) -> pa.Table:
    """The counts of all rows of some keys."""

    def counted() -> tuple[Part, Account]:
        _forbid_objects(rows, [*job.wanted, *order])
        ordered = _ordered(rows, job, order) if order else rows
        return _counted(ordered, job)

    return _packed(counted)


def gather(how: str, job: Job, *blocks: pa.Table) -> tuple[Any, Part | None]:
    """The accounts and counts of some blocks as one; of several errors, the first by its words."""
    # What Ray Data makes of a block without rows is its own affair.
    there = [block.column(PAYLOAD) for block in blocks if block.num_rows]
    found = [pickle.loads(payload.as_py()) for column in there for payload in column]
    errors = [one for one in found if isinstance(one, BaseException)]
    if errors:
        raise min(errors, key=str)
    if not found:
        return None, None
    account = reduce(Account.merge, (account for _, account in found))
    return account, merge(how, job, *(part for part, _ in found))


def merge(how: str, job: Job, *parts: Part | None) -> Part | None:
    """Parts as one."""
    there = [part for part in parts if part is not None]
    return (added if how == "added" else joined)(there, job.key, job.kept) if there else None


def _packed(counting: Any) -> pa.Table:
    found: Any
    try:
        found = counting()
    except (ValueError, MemoryError, TypeError) as error:
        found = error
    return pa.table({PAYLOAD: pa.array([pickle.dumps(found)], pa.large_binary())})


def _counted(rows: pa.Table, job: Job) -> tuple[Part, Account]:
    _forbid_objects(rows, job.wanted)
    try:
        counting = _core.BatchTally(job.here())
        counting.insert(_core.Batches(rows), None)
        counted = counting.finish()
    except DataError as error:
        raise DataError(_told(str(error), rows, job)) from None
    assert counted is not None
    table, cells, counters = counted
    part, others = Part.of(job.request, table, cells), dict(counters["others"])
    if len(others) >= SHOWN_VERDICTS:
        others = all_others([_frame(rows, job.wanted)], job)
    return part, account_of(BLOCK, part, counters, others)


def _ordered(rows: pa.Table, job: Job, order: list[str]) -> pa.Table:
    """The rows in the order that says which copy of a sample is first.

    Raises:
        DataError: it does not say so.
    """
    names, verdict = job.ids, job.request["verdict"]
    frame = _frame(rows, [*names, verdict, *order])
    looked = frame.drop_nulls([verdict]) if job.request["on_null"] == "skip" else frame
    ties = looked.drop_nulls(names).filter(pl.struct(*names, *order).is_duplicated())
    if ties.height:
        row = ties.sort(*names, *order).row(0, named=True)
        shown = ", ".join(f"{name}={row[name]!r}" for name in [*names, *order])
        raise DataError(f"order={order!r} does not say which copy of a sample is first: two rows have {shown}")
    return rows.take(frame.select(pl.arg_sort_by(*order, nulls_last=True)).to_series().to_arrow())


def _forbid_objects(rows: pa.Table, names: Sequence[str]) -> None:
    for name in names:
        kind = rows.schema.field(name).type
        if isinstance(kind, pa.BaseExtensionType):
            what = "values of several types, or objects of Python" if "Object" in str(kind) else "tensors"
            raise DataError(
                f"column `{name}` of the Dataset holds {what} ({kind}) in a block; cast it to one type of Arrow, such "
                "as by map_batches"
            )


def _frame(rows: pa.Table, names: Sequence[str]) -> pl.DataFrame:
    return pl.DataFrame(rows.select(list(dict.fromkeys(names))))


def _told(message: str, rows: pa.Table, job: Job) -> str:
    """What the core says, with the ids in place of the number of a row, which a Dataset has not."""
    found = ROW.match(message)
    if found is None:
        return f"the Dataset: {message}"
    frame = _frame(rows, job.ids)
    row = frame.row(min(int(found[1]), frame.height - 1), named=True)
    shown = ", ".join(f"{name}={value!r}" for name, value in row.items())
    return f"the row of the Dataset with {shown}{found[2]}{OTHER_ROW.sub('', message[found.end() :])}"
