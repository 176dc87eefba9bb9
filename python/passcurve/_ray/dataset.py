"""Rows of a `ray.data.Dataset`, counted block by block."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial, reduce
from typing import Any

import pyarrow as pa  # type: ignore[import-untyped]
import ray

from passcurve._columns import as_columns, forbid_missing
from passcurve._progress import Progress
from passcurve._ray.blocks import count_block, count_partition, gather, merge, with_place
from passcurve._ray.running import Running
from passcurve._sharding.asked import Job, Words, of_columns, tally_of
from passcurve._sharding.driving import FAN_IN, OURS, SHARDS_A_TASK, tree
from passcurve._sharding.tallies import Account, Part
from passcurve.errors import DataError
from passcurve.tally import Tally

WHOLE: Any = {"batch_size": None, "batch_format": "pyarrow", "zero_copy_batch": True}


def tally_dataset(
    run: Running,
    dataset: Any,
    words: Words,
    *,
    order: list[str],
    shards: int | None,
    memory_limit: int | str | None,
    bar: Progress,
) -> Tally:
    """The tally of a Dataset."""
    slots, at_once = run.slots()
    empty = _empty(dataset)
    columns = empty.schema.names
    asked = of_columns(columns, words, "the Dataset")
    forbid_missing(order, columns, "the Dataset")
    job = asked.job(memory_limit, run.threads, at_once)
    # Before any work, what is wrong with the types themselves.
    first = gather("added", job, count_block(empty, job))
    selected = dataset.select_columns(list(dict.fromkeys([*job.wanted, *order])))
    if asked.roles.sample is None:
        counted = selected.map_batches(count_block, **WHOLE, **run.options, fn_kwargs={"job": job})
        how = "added"
    else:
        counted = _apart(run, selected, job, order, shards or SHARDS_A_TASK * slots)
        how = "joined"
    try:
        account, part = _gathered(run, counted, how, job, bar)
    except ray.exceptions.RayTaskError:
        # Ray Data cannot shuffle what has no rows.
        if job.request["sample"] is None or selected.limit(1).count():
            raise
        account, part = None, None
    if account is None or part is None:
        account, part = first
    return tally_of(asked, part, account)


def _apart(run: Running, selected: Any, job: Job, order: list[str], places: int) -> Any:
    """The counts of partitions that hold all rows of their keys."""
    column = "passcurve_place"
    while column in [*job.wanted, *order]:
        column += "_"
    fixed = {"key": job.key, "column": column, "places": places}
    placed = selected.map_batches(with_place, **WHOLE, **run.options, fn_kwargs=fixed)
    partitions = placed.groupby(column, num_partitions=places)
    known = {"job": job, "order": order}
    return partitions.map_groups(count_partition, batch_format="pyarrow", **run.options, fn_kwargs=known)


def _gathered(run: Running, counted: Any, how: str, job: Job, bar: Progress) -> tuple[Any, Any]:
    with _unmixed():
        blocks = counted.to_arrow_refs()
    if not blocks:
        return None, None
    merging = partial(run.start, gather, how, job, returns=2)
    runs = [merging(*blocks[at : at + FAN_IN]) for at in range(0, len(blocks), FAN_IN)]
    root = tree(run, merge, [part for _, part in runs], how, job)
    accounts: list[Account] = []
    errors: list[BaseException] = []
    for ref, _ in runs:
        try:
            accounts += filter(None, [run.got(ref, "the Dataset")])
        except OURS as error:
            errors.append(error)
    if errors:
        # Blocks have no order.
        raise min(errors, key=str)
    if not accounts:
        return None, None
    account = reduce(Account.merge, accounts)
    bar(account.counters["rows"])
    part: Part | None = run.got(root, "the merging of all blocks")
    return account, part


def _empty(dataset: Any) -> pa.Table:
    """No rows of the Dataset's columns."""
    with _unmixed():
        schema = dataset.schema()
    if schema is None:
        return pa.table({})
    known = schema.base_schema
    if isinstance(known, pa.Schema):
        return known.empty_table()
    return pa.table({name: pa.nulls(0) for name in schema.names})


@contextmanager
def _unmixed() -> Iterator[None]:
    """Where Ray Data finds that blocks hold a column in different types, it is the data that is bad."""
    try:
        yield
    except (pa.ArrowException, ray.exceptions.RayTaskError) as error:
        cause = error.cause if isinstance(error, ray.exceptions.RayTaskError) else error
        if "incompatible types" not in str(cause) or not isinstance(cause, pa.ArrowException):
            raise
        raise DataError(
            f"blocks of the Dataset hold a column in different types: {cause}; cast it to one type"
        ) from None


def order_of(words: Words, order: Any) -> list[str]:
    """The columns that say which copy is first.

    Raises:
        ValueError: they are needed and not given, or given and not needed.
    """
    names = as_columns(order, "order")
    if words["on_duplicate"] == "first" and not names:
        raise ValueError(
            'rows of a Dataset have no order: with on_duplicate="first" say order=, the column or columns by which a '
            "copy is before another"
        )
    if names and words["on_duplicate"] != "first":
        raise ValueError('order= says which copy is first, for on_duplicate="first"')
    return names
