"""Rows of files by Polars, for the few questions that counts do not answer. The core has read these files before."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from passcurve._objects import for_polars
from passcurve.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from passcurve._sources import Files
    from passcurve.provenance import SourceFile


def rows(read: Files, files: Sequence[SourceFile], wanted: Sequence[str]) -> Iterator[pl.DataFrame]:
    """The wanted columns, a frame a file, with those that the paths state.

    Raises:
        DataError: Polars cannot read what the core can.
    """
    keys = read.path_keys(wanted)
    for at, (file, path) in enumerate(zip(files, read.paths, strict=True)):
        if not file.rows:
            continue
        stated = {
            name: pl.lit(values[at]).cast(pl.Int64 if integers else pl.String)
            for name, integers, inside, values in keys
            if not inside and name in wanted
        }
        try:
            frame = _scan(path, file.format)
            schema = frame.collect_schema()
            columns = frame.select(stated.get(name, member(schema, name)).alias(name) for name in wanted)
            yield columns.with_columns(pl.col(pl.Binary).cast(pl.String)).collect()
        except pl.exceptions.PolarsError as error:
            raise DataError(f"{file.path}: Polars, which reads it a second time, cannot: {error}") from None


def member(schema: pl.Schema, name: str, outer: pl.Expr | None = None) -> pl.Expr:
    """A column, or what is inside structs by its path in dots; null where there is none."""
    if name in schema:
        return pl.col(name) if outer is None else outer.struct.field(name)
    for at in (at for at, letter in enumerate(name) if letter == "."):
        kind = schema.get(name[:at])
        if isinstance(kind, pl.Struct):
            inner = pl.Schema({field.name: field.dtype for field in kind.fields})
            return member(inner, name[at + 1 :], member(schema, name[:at], outer))
    return pl.lit(None)


def _scan(path: str, kind: str) -> pl.LazyFrame:
    if kind == "parquet":
        return pl.scan_parquet(for_polars(path), hive_partitioning=False, glob=False)
    if kind == "jsonl":
        return pl.scan_ndjson(for_polars(path), infer_schema_length=None)
    try:
        return pl.read_ipc(for_polars(path)).lazy()
    except pl.exceptions.PolarsError:
        return pl.read_ipc_stream(for_polars(path)).lazy()
