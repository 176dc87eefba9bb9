"""Canonical rows of a log as a frame."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Any, Literal

import polars as pl
from polars.io.plugins import register_io_source

from passcurve.errors import DataError
from passcurve.readers._log import open_log

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Generator, Iterator, Mapping, Sequence

    from passcurve.readers._format import Format
    from passcurve.readers._log import Log


def scan(
    source: str | os.PathLike[str] | Sequence[str | os.PathLike[str]],
    *,
    format: str | Format = "auto",
    threshold: float | None = None,
    passing: str | Sequence[str] | None = None,
    partial: Literal["error", "skip"] = "error",
    format_options: Mapping[str, str] | None = None,
    storage_options: Mapping[str, Any] | None = None,
) -> pl.LazyFrame:
    r"""The samples of an evaluation pipeline's or trainer's log, one row each, in the same columns for every format.

    Only the values that become columns are read, record by record, so a file of any size is read in the memory of a few
    megabytes; the frame is streamed when it is collected.

    Args:
        source: a path, glob or folder, or a list of them. In a folder the files with a format's names are read.
        format: "auto" to tell it by the first file; a name (docs/formats.md lists them); or a `Format` of your own.
        threshold: a number passes when it is at least this. None: the format's own, or 0 and 1 alone.
        passing: the string or strings that pass, where the format does not say.
        partial: what a last record is that the file ends within: "error", or "skip" to leave it out.
        format_options: what a format leaves open, such as ``{"scorer": "match"}``; a message names these where needed.
        storage_options: what is said of the store where ``source`` is an address, as of `passcurve.tally`.

    Returns:
        Of the columns ``dataset``, ``model``, ``step``, ``problem``, ``sample``, ``correct`` (Boolean, null where there
        is no verdict), ``reward`` (Float64), ``answer`` (String) those that the format knows, and ``source``, the file.
        Where a log holds no verdicts but metrics of several samples, ``n`` and ``c`` in place of ``sample`` and
        ``correct``.

    Raises:
        DataError: the log is bad, or of no known format. The message names the file, and line or byte.
        ValueError: no format of this name.
        FileNotFoundError: no such file, or none of the format.

    >>> path = tmp / "samples.jsonl_results.jsonl"
    >>> _ = path.write_text('{"task_id": "t/0", "completion": "...", "result": "passed", "passed": true}\n')
    >>> pk.scan(path).drop("source").collect()
    shape: (1, 4)
    ┌─────────┬─────────┬────────┬─────────┐
    │ model   ┆ problem ┆ sample ┆ correct │
    │ ---     ┆ ---     ┆ ---    ┆ ---     │
    │ str     ┆ str     ┆ i64    ┆ bool    │
    ╞═════════╪═════════╪════════╪═════════╡
    │ samples ┆ t/0     ┆ 0      ┆ true    │
    └─────────┴─────────┴────────┴─────────┘
    """
    given = (passing,) if isinstance(passing, str) else tuple(passing or ())

    def opened() -> Log:
        return open_log(
            source,
            format,
            threshold=threshold,
            passing=given,
            skip_partial=partial == "skip",
            options=format_options,
            storage_options=storage_options,
        )

    return frame_of(opened(), opened)


def frame_of(log: Log, again: Callable[[], Log] | None = None) -> pl.LazyFrame:
    """The samples of a log as a frame, which is read once, or each time anew where ``again`` opens it."""
    started = _rows(log)
    first = next(started, None)
    if first is None:
        raise ValueError("the log has no samples")
    schema = first.schema
    if again is not None:
        # It is read anew each time, and holds a file and a thread until then.
        started.close()

    def read(
        with_columns: list[str] | None, predicate: pl.Expr | None, n_rows: int | None, _size: int | None
    ) -> Iterator[pl.DataFrame]:
        left = n_rows
        for frame in chain((first,), started) if again is None else _rows(again()):
            _forbid_other_ids(frame, schema)
            made = frame.cast(schema) if frame.schema != schema else frame
            made = made if left is None else made.head(left)
            left = None if left is None else left - made.height
            made = made if predicate is None else made.filter(predicate)
            yield made if with_columns is None else made.select(with_columns)
            if left == 0:
                return

    return register_io_source(read, schema=schema)


def _forbid_other_ids(frame: pl.DataFrame, schema: pl.Schema) -> None:
    """7 is not "7", and as one of them it would be the same."""
    for name, kind in frame.schema.items():
        differ = (kind == pl.String) != (schema[name] == pl.String)
        if differ and frame.height and frame[name].null_count() < frame.height:
            here, before = ("strings", "numbers") if kind == pl.String else ("numbers", "strings")
            raise DataError(
                f"{frame['source'][0]}, column `{name}`: ids are {here} here and {before} in what was read before; "
                "read such files apart, and cast them to one type"
            )


def _rows(log: Log) -> Generator[pl.DataFrame]:
    """Frames with the same columns, those of all-null types as strings or integers."""
    columns: list[str] | None = None
    for path, frame in log.frames():
        made = frame.with_columns(source=pl.lit(path))
        columns = columns or list(dict.fromkeys([*log.groups, *made.columns]))
        missing = [pl.lit(None, log.kind(name)).alias(name) for name in columns if name not in made.columns]
        made = made.with_columns(missing).select(columns)
        yield made.with_columns(pl.col(pl.Null).cast(pl.String)) if made.height else made
