"""The same count of a log by three engines.

`python -m bench.engines ENGINE LOG [THREADS]` counts in a process of its own and prints the memory of that, in MiB:
before the count and at its peak; then the seconds of the fastest of three counts.
"""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Callable
from pathlib import Path

import polars as pl

from bench import THREADS

# A process that shows the memory of one engine should not hold the others, hence the imports inside.
# ruff: noqa: PLC0415

Count = Callable[[Path], pl.DataFrame]


def passcurve(threads: int) -> Count:
    import passcurve as pk

    return lambda log: pk.tally(log, by="model", problem="problem", verdict="passed", threads=threads).frame


def polars(_threads: int) -> Count:
    def count(log: Path) -> pl.DataFrame:
        frame = pl.scan_ndjson(log) if log.suffix == ".jsonl" else pl.scan_parquet(log)
        return frame.group_by("model", "problem").agg(n=pl.len(), c=pl.col("passed").sum()).collect(engine="streaming")

    return count


def duckdb(threads: int) -> Count:
    import duckdb

    connection = duckdb.connect(config={"threads": threads})
    counts = "COUNT(*) AS n, SUM(passed::INTEGER)::BIGINT AS c"

    def count(log: Path) -> pl.DataFrame:
        read = "read_json" if log.suffix == ".jsonl" else "read_parquet"
        query = f"SELECT model, problem, {counts} FROM {read}(?) GROUP BY ALL"
        return pl.DataFrame(connection.sql(query, params=[str(log)]))

    return count


ENGINES: dict[str, Callable[[int], Count]] = {
    "passcurve": passcurve,
    "polars streaming": polars,
    "duckdb": duckdb,
}


def main(engine: str, log: str, threads: str = str(THREADS)) -> None:
    count = ENGINES[engine](int(threads))
    before = memory("VmRSS")
    count(Path(log))
    peak = memory("VmHWM")
    print(before, peak, min(_seconds(count, Path(log)) for _ in range(3)))


def _seconds(count: Count, log: Path) -> float:
    start = time.perf_counter()
    count(log)
    return time.perf_counter() - start


def memory(field: str) -> int:
    """MiB of this process, now or at its peak."""
    # Not getrusage's ru_maxrss: it survives exec, so that a child starts from its parent's peak.
    status = Path("/proc/self/status").read_text(encoding="ascii")
    match = re.search(rf"{field}:\s+(\d+) kB", status)
    if match is None:
        raise RuntimeError(f"/proc/self/status has no {field}")
    return int(match[1]) // 1024


if __name__ == "__main__":
    main(*sys.argv[1:])
