"""pk.tally against Polars and DuckDB on the same logs: time, memory, and that they agree."""

from __future__ import annotations

import subprocess
import sys
from functools import partial
from pathlib import Path

import polars as pl

import passcurve as pk
from bench import THREADS, report
from bench.engines import ENGINES
from bench.logs import MODELS, PROBLEMS, Order, log
from bench.timing import Rounds, interleave

ROOT = Path(__file__).parent.parent
ORDERS: tuple[Order, ...] = ("clustered", "shuffled")
ROUNDS = 7
IN_MEMORY_ROWS = 10_000_000


def run(folder: Path, rows: int) -> str:
    text = (
        f"{rows:,} verdicts: {MODELS} models x {PROBLEMS:,} problems, string ids, zstd Parquet by pyarrow. "
        f"{ROUNDS} rounds, files in the page cache. Each engine returns (model, problem, n, c) as a frame; "
        "passcurve's is sorted, the others' are not. Sorted, all are equal.\n"
    )
    parts = ["## Tally\n", text]
    for order in ORDERS:
        path = log(folder, order, rows)
        parts += [f"Parquet, {order} rows ({path.stat().st_size / 2**20:,.0f} MiB):\n", _parquet(path)]
    for order in ORDERS:
        frame = pl.read_parquet(log(folder, order, rows), n_rows=IN_MEMORY_ROWS)
        parts += [f"Polars DataFrame in memory, {order}, {frame.height:,} rows:\n", _in_memory(frame)]
    return "\n".join(parts)


def _parquet(path: Path) -> str:
    counts = {name: engine() for name, engine in ENGINES.items()}
    rounds = interleave({name: partial(count, path) for name, count in counts.items()}, ROUNDS)
    _check(rounds)
    rows = []
    for name in counts:
        imports, peak = _memory(name, path)
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


def _memory(engine: str, path: Path) -> list[int]:
    command = [sys.executable, "-m", "bench.engines", engine, str(path)]
    done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    return [int(word) for word in done.stdout.split()]


def _check(rounds: Rounds) -> None:
    """All engines must have counted the same."""
    ours = rounds.results["passcurve"]
    for name, result in rounds.results.items():
        theirs = result.with_columns(pl.col("n", "c").cast(pl.Int64)).sort("model", "problem")
        if not ours.equals(theirs):
            raise RuntimeError(f"{name} and passcurve count differently")
