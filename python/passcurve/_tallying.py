"""From a source to a tally."""

from __future__ import annotations

from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

import polars as pl

from passcurve import _core
from passcurve._choices import OnDuplicate, OnNull, OnNullId, Partial
from passcurve._columns import as_columns, forbid_missing
from passcurve._copies import warn_of_copies
from passcurve._details import details_of
from passcurve._objects import fetched_of
from passcurve._parts import signed
from passcurve._policies import check_policies
from passcurve._progress import Progress
from passcurve._roles import request_of, roles_of
from passcurve._saved import is_saved
from passcurve._sources import Files, Source, classify
from passcurve._unused import ungrouped, unsampled, warn_of_no_rows, warn_of_pooling
from passcurve._vocabulary import check_vocabulary, warn_of_others
from passcurve.errors import DataError, InternalError, MemoryLimitError
from passcurve.provenance import VERSION, Provenance, SourceFile
from passcurve.readers._counting import Native, forbid_roles, forbid_samples, groups_of, native, told
from passcurve.readers._detecting import recognized
from passcurve.tally import Tally

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from passcurve.readers._format import Format


NO_POLICIES = {"threads", "memory_limit", "range_bytes"}


def tally(
    source: object,
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
    format: str | Format | None = None,
    format_options: Mapping[str, str] | None = None,
    storage_options: Mapping[str, Any] | None = None,
    threads: int | None = None,
    memory_limit: int | str | None = None,
    progress: bool | Callable[[int], object] | None = None,
) -> Tally:
    """Counts a log of verdicts: per problem, n samples of which c passed.

    Memory grows with the distinct keys (and, with ``sample``, with the distinct samples), never with the rows.
    The result has the same bits for any number of threads and any split of the log into files and batches.

    Args:
        source: one row a sample. A path, glob or folder of Parquet files, of Arrow IPC files (Feather V2, and streams)
            and of JSON Lines (.jsonl and .ndjson, also with .gz or .zst; one object a line, members of objects in it by
            their path in dots), or a list of them, whose folders called ``key=value`` are columns too; a Polars
            DataFrame or LazyFrame (streamed, never collected whole); an object with ``__arrow_c_stream__`` or
            ``__arrow_c_array__`` (pyarrow, pandas, DuckDB); an iterable of record batches; or a 2-D NumPy array
            (problems x samples, NaN is null; its columns are called problem, sample and correct). A path may be the
            address of an object store or web server (``s3://bucket/run``, docs/cloud.md), and a file object that is
            open for bytes goes where a path does.
        problem: the column or columns that name the problem: strings, integers, booleans, dates, or dictionaries
            of these. None: the one column with a usual name (problem, problem_id, task_id, question_id, doc_id,
            instance_id, id, item, uid).
        verdict: the column that says whether the sample passed. Booleans and 0/1 numbers are taken as they are,
            other numbers need ``threshold``, strings need ``passing``. None: the one column with a usual name
            (correct, is_correct, passed, resolved, acc, verdict, score).
        by: the column or columns of groups that are told apart, such as the model and the step. None: one group, with
            a warning where a column has the usual name of a group (model, model_name, model_id, checkpoint, step).
            ``[]``: one group on purpose.
        sample: the column of the sample's index; (by, problem, sample) must then be unique. None: duplicates are not
            looked for.
        answer: the column of the final answer, kept as counts for `Tally.maj_at_k`: what an id can be, or finite
            numbers; null where the sample gave none, which abstains.
        reward: the column of a reward or score, kept as counts of each value for `Tally.max_at_k`: finite numbers, not
            null. It may be the verdict column too, with ``threshold``.
        threshold: a number passes when it is at least this.
        passing: the string or strings that pass; other strings fail, and the provenance lists them.
        failing: with ``passing``, the strings that fail; any other string is then an error.
        on_null: what a null verdict is: "error", "fail" (the sample failed) or "skip" (it is left out; a problem
            left with none is not in the frame). Nulls are dealt with before duplicates.
        on_null_id: what a row with a null id is: "error", or "skip" to leave it out. It is never a group.
        on_duplicate: what a second row of a sample is: "error", "agree" (copies with the same verdict, answer and
            reward count once, others are an error) or "first" (the first row counts).
        partial: what the last line of a file of JSON Lines is when the file ends within it: "error", or "skip" to leave
            it out and count it in the provenance.
        format: None for rows in columns of any name, as above. The name of a pipeline's own format (docs/formats.md),
            "auto" to tell it by the first file, or a `Format`: then the log says problem, sample and verdict itself,
            and ``by`` is all of dataset, model and step that it says, unless it is given.
        format_options: what a format leaves open, such as ``{"scorer": "match"}``; a message names these where needed.
        storage_options: what is said of the store where ``source`` is an address, over what the environment says
            (docs/cloud.md): its settings, such as ``{"region": "eu-west-1"}``, and ``client_options``,
            ``retry_config`` and ``credential_provider`` of obstore.
        threads: None for ``RAYON_NUM_THREADS`` or else all cores.
        memory_limit: the most that the counts may take while rows are read, in bytes or like ``"4GiB"``. None: half of
            the memory that this process may use, where the system tells how much that is.
        progress: None shows a bar on a terminal when the work takes longer than 1.5 seconds, with the share of the
            bytes where files are read; False never; True at once; a function is called with the number of rows read
            so far, now and then and at the end of files.

    Returns:
        The counts, with their provenance.

    Raises:
        DataError: the log is bad. The message names file, row group or record batch, row or line, and column as far
            as they exist, and the way out.
        ValueError: the call is wrong, such as a column that is not there.
        TypeError: the source is of no known kind.
        FileNotFoundError: no such file, or no file matches.
        MemoryLimitError: the counts outgrew ``memory_limit``.

    Warns:
        UserWarning: a column is called like a group and ``by`` was not given; the log has no rows; two files have the
            same content and ``sample`` was not given; not one sample passed and strings failed for not being in
            ``passing``, or one of those differs from a passing one in case or spaces alone.

    >>> pk.tally(log, problem="problem", verdict="correct", by="model").frame
    shape: (4, 4)
    ┌───────┬─────────┬─────┬─────┐
    │ model ┆ problem ┆ n   ┆ c   │
    │ ---   ┆ ---     ┆ --- ┆ --- │
    │ str   ┆ str     ┆ i64 ┆ i64 │
    ╞═══════╪═════════╪═════╪═════╡
    │ base  ┆ p1      ┆ 3   ┆ 1   │
    │ base  ┆ p2      ┆ 3   ┆ 0   │
    │ rl    ┆ p1      ┆ 3   ┆ 3   │
    │ rl    ┆ p2      ┆ 3   ┆ 0   │
    └───────┴─────────┴─────┴─────┘
    """
    policies = {"on_null": on_null, "on_null_id": on_null_id, "on_duplicate": on_duplicate, "partial": partial}
    # A format says by itself which sample a row is.
    check_policies(policies, tells_samples=sample is not None or format is not None)
    check_vocabulary(threshold, passing, failing)
    read: Source | Native
    if format is None:
        read = classify(source, storage_options)
    else:
        forbid_roles(problem, verdict, failing)
        passing = () if passing is None else as_columns(passing, "passing")
        read = native(
            source,
            format,
            threshold,
            passing,
            policies=policies,
            options=format_options,
            threads=threads,
            storage_options=storage_options,
        )
        by = groups_of(read, None if by is None else as_columns(by, "by"))
        if read.holds_counts:
            forbid_samples(read, sample=sample, answer=answer, reward=reward)
            return _tally_of_counts(read, by)
        problem, verdict, sample = "problem", "correct", read.samples if sample is None else sample
        threshold, passing, partial = None, None, "error"
    place = read.paths[0] if isinstance(read, Files) else "the log"
    unsaid = problem is None or verdict is None
    with recognized(read.paths) if isinstance(read, Files) and unsaid else nullcontext():
        columns = read.columns()
        in_paths = read.in_paths_alone() if isinstance(read, Files) else []
        roles = roles_of(
            columns,
            problem=problem,
            verdict=verdict,
            by=by,
            sample=sample,
            answer=answer,
            reward=reward,
            in_paths=in_paths,
        )
    wanted = roles.wanted
    if not (isinstance(read, Files) and read.are_open):
        forbid_missing(wanted, columns, place)
    telling = read.telling_apart() if isinstance(read, Files) else columns
    pooled = ungrouped(telling, wanted)
    if by is None:
        warn_of_pooling(pooled)
    request = request_of(
        roles,
        {**policies, "partial": partial},
        threshold=threshold,
        passing=passing,
        failing=failing,
        threads=threads,
        memory_limit=memory_limit,
    )
    try:
        (table, cells, counters), files = _count(read, request, wanted, Progress(progress))
    except MemoryLimitError as error:
        if memory_limit is not None:
            raise
        raise MemoryLimitError(
            f"{error} (the default, by the memory that this process may use; say memory_limit= for another)"
        ) from None
    provenance = provenance_of(
        request,
        counters,
        files,
        ignored=tuple(read.ignored) if isinstance(read, Files) else _ignored(read),
        ungrouped=pooled,
        unsampled=() if isinstance(read, Native) else unsampled(read, telling, wanted, sample),
    )
    provenance = told(provenance, read) if isinstance(read, Native) else provenance
    warn_of_no_rows(provenance.rows)
    if isinstance(read, Files) and sample is None:
        warn_of_copies(files, read.paths, read.keys.of_files())
    counted = pl.DataFrame(table)
    warn_of_others(request["passing"] or [], int(counted["c"].sum()), provenance.other_verdicts)
    details = None if cells is None else details_of(pl.DataFrame(cells), answer, reward)
    return Tally._of(counted, tuple(roles.by), tuple(roles.problem), signed(provenance, counted), details)


def _tally_of_counts(read: Native, by: list[str]) -> Tally:
    """The tally of a log that holds n and c of each problem."""
    table = read.counts(by)
    policies = {"by": ", ".join(by), "problem": "problem", "format": read.log.format.name}
    provenance = Provenance(
        files=read.files(),
        rows=int(table["n"].sum()),
        ignored=tuple(read.log.ignored),
        policies={name: value for name, value in policies.items() if value},
        version=VERSION,
    )
    warn_of_no_rows(provenance.rows)
    return Tally._of(table, tuple(by), ("problem",), signed(told(provenance, read), table))


def _count(
    read: Source | Native, request: _core._Request, wanted: list[str], bar: Progress
) -> tuple[_core._Counted, tuple[SourceFile, ...]]:
    try:
        if isinstance(read, Files):
            try:
                whole, found = _core.tally_files(read.paths, request, read.path_keys(wanted), bar)
            except (DataError, ValueError):
                _forbid_saved(read.paths)
                raise
            files = zip(found, map(fetched_of, read.paths), strict=True)
            return whole, tuple(SourceFile(path=p, format=f, bytes=b, rows=r, fetched=t) for (p, f, b, r), t in files)
        if isinstance(read, Native):
            return _counted_once(_count_batches(read.batches(wanted), _core.BatchTally(request), bar)), read.files()
        counted: _core._Counted | None = None
        if read.again:
            counted = _count_batches(read.batches(wanted), _core.BatchTally(request, again=True), bar)
        if counted is None:
            bar = Progress(False) if read.again else bar
            counted = _count_batches(read.batches(wanted), _core.BatchTally(request), bar)
        return _counted_once(counted), ()
    finally:
        bar.close()


def _counted_once(counted: _core._Counted | None) -> _core._Counted:
    if counted is None:
        raise InternalError("a sample came twice and did not come twice")
    return counted


def _count_batches(parts: Iterable[_core.Batches], counting: _core.BatchTally, bar: Progress) -> _core._Counted | None:
    rows = 0
    for batches in parts:
        rows = counting.insert(batches, bar)
    bar(rows)
    return counting.finish()


def _forbid_saved(paths: list[str]) -> None:
    """Names a saved tally among the logs: it is a likelier reason than the column that it lacks."""
    for path in paths:
        if is_saved(path):
            raise ValueError(
                f"{path} is a saved tally and no log; keep it out of the logs, and merge the tallies"
            ) from None


def provenance_of(
    request: _core._Request,
    counters: _core._Counters,
    files: tuple[SourceFile, ...],
    *,
    ignored: tuple[str, ...],
    ungrouped: tuple[str, ...],
    unsampled: tuple[str, ...],
) -> Provenance:
    """Where counts come from, by the call and what the core says of the rows."""
    skipped_nulls = counters["nulls"] if request["on_null"] == "skip" else 0
    policies = {name: _shown(value) for name, value in request.items() if name not in NO_POLICIES}
    return Provenance(
        files=files,
        rows=counters["rows"],
        nulls=counters["nulls"],
        null_ids=counters["null_ids"],
        duplicates=counters["duplicates"],
        partial_lines=counters["partial_lines"],
        refused=skipped_nulls + counters["null_ids"] + counters["duplicates"],
        other_verdicts=tuple(counters["others"]),
        ignored=ignored,
        ungrouped=ungrouped,
        unsampled=unsampled,
        policies={name: value for name, value in policies.items() if value},
        version=VERSION,
    )


def _ignored(read: Source | Native) -> tuple[str, ...]:
    return tuple(read.log.ignored) if isinstance(read, Native) else ()


def _shown(value: object) -> str:
    if value is None:
        return ""
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
