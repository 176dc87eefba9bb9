"""The same count of a Parquet log by three engines.

`python -m bench.engines ENGINE LOG` counts once and prints the memory of its process, in MiB: before the
count, and at its peak.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from pathlib import Path

import polars as pl

from bench import THREADS

# A process that shows the memory of one engine should not hold the others, hence the imports inside.
# ruff: noqa: PLC0415

Count = Callable[[Path], pl.DataFrame]


def passcurve() -> Count:
    import passcurve as pk

    return lambda log: pk.tally(log, by="model", problem="problem", verdict="passed", threads=THREADS).frame


def polars() -> Count:
    def count(log: Path) -> pl.DataFrame:
        groups = pl.scan_parquet(log).group_by("model", "problem")
        return groups.agg(n=pl.len(), c=pl.col("passed").sum()).collect(engine="streaming")

    return count


def duckdb() -> Count:
    import duckdb

    connection = duckdb.connect(config={"threads": THREADS})
    counts = "COUNT(*) AS n, SUM(passed::INTEGER)::BIGINT AS c"
    query = f"SELECT model, problem, {counts} FROM read_parquet(?) GROUP BY ALL"
    return lambda log: pl.DataFrame(connection.sql(query, params=[str(log)]))


ENGINES: dict[str, Callable[[], Count]] = {
    "passcurve": passcurve,
    "polars streaming": polars,
    "duckdb": duckdb,
}


def main(engine: str, log: str) -> None:
    count = ENGINES[engine]()
    before = _memory("VmRSS")
    count(Path(log))
    print(before, _memory("VmHWM"))


def _memory(field: str) -> int:
    # Not getrusage's ru_maxrss: it survives exec, so that a child starts from its parent's peak.
    status = Path("/proc/self/status").read_text(encoding="ascii")
    match = re.search(rf"{field}:\s+(\d+) kB", status)
    if match is None:
        raise RuntimeError(f"/proc/self/status has no {field}")
    return int(match[1]) // 1024


if __name__ == "__main__":
    main(*sys.argv[1:])
