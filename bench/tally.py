"""pk.tally against Polars and DuckDB on the same logs: time, memory, and that they agree."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import polars as pl

import passcurve as pk
from bench import THREADS, report
from bench.engines import ENGINES
from bench.growth import measure
from bench.logs import MODELS, PROBLEMS, TEXT, Order, lines, log
from bench.timing import Rounds, interleave

ORDERS: tuple[Order, ...] = ("clustered", "shuffled")
ROUNDS = 5
IN_MEMORY_ROWS = 20_000_000
LINES = 2_000_000


def run(folder: Path, rows: int) -> str:
    text = (
        f"{rows:,} verdicts: {MODELS} models x {PROBLEMS:,} problems, string ids, zstd Parquet by pyarrow. "
        f"{ROUNDS} rounds, files in the page cache. Each engine returns (model, problem, n, c) as a frame; "
        "passcurve's is sorted, the others' are not. Sorted, all are equal.\n"
    )
    parts = ["## Tally\n", text]
    for order in ORDERS:
        path = log(folder, order, rows)
        parts += [f"Parquet, {order} rows ({path.stat().st_size / 2**20:,.0f} MiB):\n", _files(path)]
    for order in ORDERS:
        frame = pl.read_parquet(log(folder, order, IN_MEMORY_ROWS))
        for ids, kind in (("strings", pl.String), ("categoricals", pl.Categorical)):
            kept = frame.with_columns(pl.col("model", "problem").cast(kind))
            parts += [f"Polars DataFrame in memory, {order}, {ids}, {kept.height:,} rows:\n", _in_memory(kept)]
    path = lines(folder, LINES)
    size = f"{path.stat().st_size / 2**20:,.0f} MiB"
    parts += [f"JSON Lines, clustered, {LINES:,} of them with a text of {TEXT} bytes ({size}):\n", _files(path)]
    return "\n".join(parts)


def _files(path: Path) -> str:
    counts = {name: engine(THREADS) for name, engine in ENGINES.items()}
    rounds = interleave({name: partial(count, path) for name, count in counts.items()}, ROUNDS)
    _check(rounds)
    rows = []
    for name in counts:
        imports, peak, _ = measure(name, path, THREADS)
        rows.append([name, rounds.time(name), rounds.ratio(name, "passcurve"), f"{peak:,}", f"{imports:,}"])
    return report.table(["", "time", "x ours", "peak MiB", "MiB before the count"], rows)


def _in_memory(frame: pl.DataFrame) -> str:
    key = ["model", "problem"]
    counts = {"n": pl.len(), "c": pl.col("passed").sum()}
    rounds = interleave(
        {
            "passcurve": lambda: _ours(frame),
            "polars group_by": lambda: frame.group_by(key).agg(**counts),
            "polars streaming": lambda: frame.lazy().group_by(key).agg(**counts).collect(engine="streaming"),
        },
        ROUNDS,
    )
    _check(rounds)
    rows = [[name, rounds.time(name), rounds.ratio(name, "passcurve")] for name in rounds.seconds]
    return report.table(["", "time", "x ours"], rows)


def _ours(frame: pl.DataFrame) -> pl.DataFrame:
    return pk.tally(frame, by="model", problem="problem", verdict="passed", threads=THREADS).frame


def _check(rounds: Rounds) -> None:
    """All engines must have counted the same."""
    ours = rounds.results["passcurve"]
    for name, result in rounds.results.items():
        theirs = result.with_columns(pl.col("n", "c").cast(pl.Int64), pl.col("model", "problem").cast(pl.String))
        if not ours.equals(theirs.sort("model", "problem")):
            raise RuntimeError(f"{name} and passcurve count differently")
