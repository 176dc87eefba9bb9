"""How time and memory of a tally grow with the rows, the keys and the threads; each run in a process of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from bench import THREADS, report
from bench.logs import KEYS, Order, log
from bench.timing import duration

ROOT = Path(__file__).parent.parent
ROWS = (10_000_000, 100_000_000, 1_000_000_000)
MOST_KEYS = (10_000, 1_000_000, 10_000_000)
KEYED_ROWS = 20_000_000
ORDERS: tuple[Order, ...] = ("clustered", "shuffled")


def run(folder: Path) -> str:
    text = (
        "20 models, string ids, zstd Parquet by pyarrow in row groups of a million, in the page cache. The fastest of "
        "three counts in a process of its own, and that process's peak memory after the first.\n"
    )
    parts = ["## Growth\n", text, f"By rows, with {KEYS:,} keys:\n", _by_rows(folder)]
    parts += [f"By keys, with {KEYED_ROWS:,} rows:\n", _by_keys(folder)]
    return "\n".join(parts)


def _by_rows(folder: Path) -> str:
    logs = [(order, rows) for order in ORDERS for rows in ROWS if order == "clustered" or rows < max(ROWS)]
    rows = []
    for order, count in logs:
        path = log(folder, order, count)
        one, two = measure("passcurve", path, 1), measure("passcurve", path, THREADS)
        size = f"{path.stat().st_size / 2**20:,.0f}"
        rows.append([f"{order}, {count:,}", size, duration(one[2]), duration(two[2]), f"{two[1]:,}", f"{two[0]:,}"])
    head = ["rows", "MiB of log", "1 thread", "2 threads", "peak MiB", "MiB before the count"]
    return report.table(head, rows)


def _by_keys(folder: Path) -> str:
    rows = []
    for order in ORDERS:
        for keys in MOST_KEYS:
            path = log(folder, order, KEYED_ROWS, keys)
            cells = [f"{order}, {keys:,}"]
            for engine in ("passcurve", "duckdb", "polars streaming"):
                before, peak, seconds = measure(engine, path, THREADS)
                cells += [duration(seconds), f"{peak - before:,}"]
            rows.append(cells)
    head = ["keys", "passcurve", "+MiB", "duckdb", "+MiB", "polars streaming", "+MiB"]
    return report.table(head, rows)


def measure(engine: str, path: Path, threads: int) -> tuple[int, int, float]:
    """MiB before the count and at its peak, and the seconds of the fastest of three."""
    command = [sys.executable, "-m", "bench.engines", engine, str(path), str(threads)]
    done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    before, peak, seconds = done.stdout.split()
    return int(before), int(peak), float(seconds)
