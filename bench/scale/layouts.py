"""Bytes and seconds a verdict, by how the log is laid out."""

from __future__ import annotations

import gzip
import shutil
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]

from bench.growth import measure
from bench.logs import lines, log

ROWS = 20_000_000
FEWER = 4_000_000
LINES = 500_000


def layouts(folder: Path) -> dict[str, tuple[int, Path]]:
    """The rows and the file of each layout; found again where they are there."""
    return {
        "Parquet, sorted": (ROWS, log(folder, "clustered", ROWS)),
        "Parquet, shuffled": (ROWS, log(folder, "shuffled", ROWS)),
        "Parquet, shuffled, ids of 64 characters": (FEWER, _made(folder / "passcurve-scale-long.parquet", _long)),
        "the same without dictionaries": (FEWER, _made(folder / "passcurve-scale-plain.parquet", _plain)),
        "Arrow IPC, shuffled": (FEWER, _made(folder / "passcurve-scale.arrow", _arrow)),
        "JSON Lines, text of 300 bytes": (LINES, lines(folder, LINES)),
        "the same, gzip": (LINES, _made(folder / "passcurve-scale.jsonl.gz", _gzip)),
    }


def measured(folder: Path) -> dict[str, dict[str, float]]:
    """Bytes and seconds of one core a verdict."""
    found = {}
    for name, (rows, path) in layouts(folder).items():
        _, _, seconds = measure("passcurve", path, 1)
        found[name] = {"rows": rows, "bytes": path.stat().st_size / rows, "seconds": seconds / rows}
    return found


def _made(path: Path, write: Callable[[Path, Path], None]) -> Path:
    if not path.exists():
        part = path.with_suffix(".part")
        write(path.parent, part)
        part.replace(path)
    return path


def _shuffled(folder: Path) -> pa.Table:
    return pq.read_table(log(folder, "shuffled", FEWER))


def _named(folder: Path) -> pa.Table:
    table = _shuffled(folder)
    named = pc.binary_join_element_wise("https://example.org/datasets/of-problems/revision-3/", table["problem"], "")
    return table.set_column(1, "problem", pc.utf8_rpad(named, 64, "-"))


def _long(folder: Path, path: Path) -> None:
    pq.write_table(_named(folder), path, compression="zstd", row_group_size=1_000_000)


def _plain(folder: Path, path: Path) -> None:
    pq.write_table(_named(folder), path, compression="zstd", row_group_size=1_000_000, use_dictionary=False)


def _arrow(folder: Path, path: Path) -> None:
    with pa.ipc.new_file(path, _shuffled(folder).schema) as writer:
        writer.write_table(_shuffled(folder), max_chunksize=100_000)


def _gzip(folder: Path, path: Path) -> None:
    with lines(folder, LINES).open("rb") as source, gzip.open(path, "wb", compresslevel=6) as target:
        shutil.copyfileobj(source, target)
