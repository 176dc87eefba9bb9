"""Tallies of logs by a Ray cluster: `passcurve.ray.tally`.

It needs Ray Data, ``pip install 'passcurve[ray]'``, and passcurve on every machine of the cluster.
"""

from __future__ import annotations

import os
import warnings
from numbers import Real
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from passcurve._checks import one_of, positive_or_none
from passcurve._memory import limit_of
from passcurve._progress import Progress
from passcurve._sharding.asked import Words, check_words, of_files
from passcurve._sharding.driving import tally_files
from passcurve._sources import Files, forbid_options

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from passcurve._choices import OnDuplicate, OnNull, OnNullId, Partial
    from passcurve.tally import Tally

__all__ = ["tally"]

AcrossShards: TypeAlias = Literal["shuffle", "partitioned", "unchecked"]


def tally(
    source: str | os.PathLike[str] | Sequence[str | os.PathLike[str]] | Any,
    *,
    problem: str | Sequence[str] | None = None,
    verdict: str | None = None,
    by: str | Sequence[str] | None = None,
    sample: str | None = None,
    answer: str | None = None,
    reward: str | None = None,
    threshold: float | None = None,
    passing: str | Sequence[str] | None = None,
    failing: str | Sequence[str] | None = None,
    on_null: OnNull = "error",
    on_null_id: OnNullId = "error",
    on_duplicate: OnDuplicate = "error",
    partial: Partial = "error",
    across_shards: AcrossShards = "shuffle",
    order: str | Sequence[str] | None = None,
    shards: int | None = None,
    num_cpus: float = 1,
    memory_limit: int | str | None = None,
    ray_remote_args: Mapping[str, Any] | None = None,
    storage_options: Mapping[str, Any] | None = None,
    progress: bool | Callable[[int], object] | None = None,
) -> Tally:
    """As `passcurve.tally`, by the tasks of a Ray cluster: the same counts, and of files the same provenance.

    Files are counted in shards, runs of files of about equal bytes in their order, each where its task runs; a file is
    never cut. The counts are merged by tasks too, in a fixed order, and only their sum comes back. A task whose worker
    was lost is run again by Ray, and changes no digit. Ray is initialised where it is not yet, as Ray itself does.

    Args:
        source: the paths of files as `passcurve.tally` takes them, which every machine reads by the same path, or
            addresses (``s3://bucket/run``); or a ``ray.data.Dataset`` with one row a sample, of which only the columns
            that are named are read.
        problem: this and the words down to ``partial`` are those of `passcurve.tally`.
        verdict: the column of the verdict.
        by: the column or columns of groups.
        sample: the column of the sample's index.
        answer: the column of the final answer.
        reward: the column of a reward.
        threshold: a number passes when it is at least this.
        passing: the string or strings that pass.
        failing: with ``passing``, the strings that fail.
        on_null: what a null verdict is.
        on_null_id: what a row with a null id is.
        on_duplicate: what a second row of a sample is. Rows of a Dataset have no order, so that "first" needs
            ``order``.
        partial: what the cut last line of a file of JSON Lines is.
        across_shards: with ``sample``, how copies in different shards are found. "shuffle" brings the samples of a
            problem together, and is exact. "partitioned" is the claim that all rows of a (by, problem) are in one
            shard: nothing is moved, and a key in two shards is an error. "unchecked" tells samples apart within each
            shard alone, which the provenance says. A Dataset is always shuffled.
        order: of a Dataset with ``on_duplicate="first"``, the column or columns that say which copy is first: the one
            with the least value.
        shards: the most shards, or parts of a shuffled Dataset; None for four times the tasks that run at once.
        num_cpus: the CPUs of a task, which are its threads.
        memory_limit: the most that the counts of one task may take. None: an equal share of what `passcurve.tally`
            allows itself for each task that may run at once on a machine.
        ray_remote_args: more options of the tasks, such as ``resources`` or ``max_retries``.
        storage_options: what is said of the store where files are given by their addresses, as of `passcurve.tally`;
            the workers are told it.
        progress: as of `passcurve.tally`; the rows of the shards that are done, in their order.

    Raises:
        DataError: the log is bad, as of `passcurve.tally`. Of several shards that fail, the first one's error.
        ValueError: the call is wrong.
        TypeError: the source is neither paths nor a Dataset.
        FileNotFoundError: no such file, or no file matches.
        MemoryLimitError: the counts of a shard outgrew ``memory_limit``; the message names the shard.
        ImportError: Ray is not there.

    >>> import passcurve.ray
    >>> for model, rows in log.group_by("model"):
    ...     rows.write_parquet(tmp / f"{model[0]}.parquet")
    >>> t = passcurve.ray.tally(tmp, by="model")
    >>> t == pk.tally(tmp, by="model")
    True
    >>> t.provenance == pk.tally(tmp, by="model").provenance
    True
    """
    words: Words = {
        "problem": problem,
        "verdict": verdict,
        "by": by,
        "sample": sample,
        "answer": answer,
        "reward": reward,
        "threshold": threshold,
        "passing": passing,
        "failing": failing,
        "on_null": on_null,
        "on_null_id": on_null_id,
        "on_duplicate": on_duplicate,
        "partial": partial,
    }
    check_words(words)
    one_of("across_shards", across_shards, AcrossShards)
    if across_shards != "shuffle" and sample is None:
        raise ValueError(f"across_shards={across_shards!r} needs sample=, the column of the sample's index")
    most = positive_or_none("shards", shards)
    limit_of(memory_limit, None)
    if isinstance(num_cpus, bool) or not isinstance(num_cpus, Real) or not 0 < num_cpus < float("inf"):
        raise ValueError(f"num_cpus= is a positive number, not {num_cpus!r}")
    bar = Progress(progress)
    try:
        with _running(num_cpus, ray_remote_args) as run:
            if _is_dataset(source):
                from passcurve._ray.dataset import order_of, tally_dataset  # noqa: PLC0415 (Ray is optional)

                if across_shards != "shuffle":
                    raise ValueError(f"across_shards={across_shards!r} is for files; a Dataset is always shuffled")
                named = order_of(words, order)
                return tally_dataset(run, source, words, order=named, shards=most, memory_limit=memory_limit, bar=bar)
            if order is not None:
                raise ValueError("order= is for a Dataset; files have the order in which they are given")
            paths = _paths(source)
            if storage_options is not None:
                forbid_options(paths)
            files = Files(paths, storage_options)
            asked = of_files(files, words)
            return tally_files(
                run, files, asked, across_shards=across_shards, shards=most, memory_limit=memory_limit, bar=bar
            )
    finally:
        bar.close()


def _running(num_cpus: float, remote_args: Mapping[str, Any] | None) -> Any:
    try:
        import ray.data  # noqa: PLC0415 (optional, and slow to import)
    except ModuleNotFoundError as error:
        if error.name not in {"ray", "ray.data", "pyarrow"}:
            raise
        raise ImportError("tallies by Ray need Ray Data: pip install 'passcurve[ray]'", name=error.name) from None
    from passcurve._ray.running import running  # noqa: PLC0415

    # What Ray Data deprecates of itself when its context is made is no affair of the caller.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        ray.data.DataContext.get_current()
    return running(num_cpus, remote_args)


def _is_dataset(source: object) -> bool:
    import ray.data  # noqa: PLC0415

    return isinstance(source, ray.data.Dataset)


def _paths(source: Any) -> list[str | os.PathLike[str]]:
    if isinstance(source, str | os.PathLike):
        return [source]
    if isinstance(source, list | tuple) and all(isinstance(path, str | os.PathLike) for path in source):
        if not source:
            raise ValueError("the source is an empty list")
        return list(source)
    raise TypeError(
        f"cannot tally a {type(source).__name__} by Ray; a source is a path, a glob, a folder or a list of them, or a "
        "ray.data.Dataset; what is in memory here is for passcurve.tally"
    )
