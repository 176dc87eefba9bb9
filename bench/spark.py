"""`passcurve.spark.tally` against the same query of Spark SQL alone, and against `pk.tally` on the same files.

`python -m bench.spark ENGINE LOG` counts in a process of its own and prints MiB of that process and all below it (the
JVM among them) before the count and at their peak, the seconds of the first count, and of the fastest of three more.
"""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl

from bench import THREADS, python_with, report
from bench.logs import KEYS, log
from bench.timing import duration

# A process that shows the memory of one engine should not hold the others, hence the imports inside.
# ruff: noqa: PLC0415

ROOT = Path(__file__).parent.parent
ROWS, SHARDS = 20_000_000, 8
KEY = ["model", "problem"]

Count = Callable[[], pl.DataFrame]


def run(folder: Path) -> str:
    parts = ["## Spark\n"]
    if python_with("pyspark") is None:
        return "\n".join([*parts, "Not measured: PySpark is not installed (the group `engines` has it).\n"])
    path = shards(folder)
    size = sum(file.stat().st_size for file in path.iterdir()) / 2**20
    parts.append(
        f"{ROWS:,} verdicts of {KEYS:,} keys, shuffled, in {SHARDS} Parquet files ({size:,.0f} MiB) in the page cache. "
        f"Spark runs in this machine's {THREADS} threads (local[{THREADS}]), with 8 shuffle partitions. Spark SQL is "
        "groupBy, count and sum alone, and toPandas; passcurve.spark.tally also looks for nulls and for values that "
        "are no verdicts, and sorts. Each in a process of its own, with the memory of all its processes: the first "
        "count, and the fastest of three more.\n"
    )
    rows, counts = [], {}
    for engine in ENGINES:
        before, peak, first, best, counts[engine] = measure(engine, path)
        rows.append([engine, duration(best), duration(first), f"{peak:,.0f}", f"{before:,.0f}"])
    if len(set(counts.values())) > 1:
        raise RuntimeError(f"the engines count differently: {counts}")
    return "\n".join([*parts, report.table(["", "time", "first time", "peak MiB", "MiB before the count"], rows)])


def shards(folder: Path) -> Path:
    """The shuffled log in files."""
    path = folder / f"passcurve-bench-spark-{ROWS}"
    if not path.exists():
        part = path.with_suffix(".part")
        part.mkdir(parents=True, exist_ok=True)
        frame = pl.scan_parquet(log(folder, "shuffled", ROWS))
        for shard in range(SHARDS):
            rows = frame.slice(shard * (ROWS // SHARDS), ROWS // SHARDS).collect()
            rows.write_parquet(part / f"part-{shard}.parquet")
        part.rename(path)
    return path


def _session() -> Any:
    from pyspark.sql import SparkSession

    builder = SparkSession.builder.master(f"local[{THREADS}]").config("spark.ui.enabled", "false")
    for name, value in {"driver.host": "127.0.0.1", "driver.bindAddress": "127.0.0.1", "driver.memory": "4g"}.items():
        builder = builder.config(f"spark.{name}", value)
    return builder.config("spark.sql.shuffle.partitions", "8").getOrCreate()


def passcurve_spark(path: Path) -> Count:
    import passcurve.spark as pks

    spark = _session()

    def count() -> pl.DataFrame:
        return pks.tally(spark.read.parquet(str(path)), by="model", problem="problem", verdict="passed").frame

    return count


def spark_sql(path: Path) -> Count:
    import warnings

    from pyspark.sql import functions as F  # noqa: N812

    spark = _session()
    # Of pandas 3.
    warnings.simplefilter("ignore", FutureWarning)
    counts = [F.count("*").alias("n"), F.sum(F.col("passed").cast("int")).alias("c")]

    def count() -> pl.DataFrame:
        grouped = spark.read.parquet(str(path)).groupBy(*KEY).agg(*counts)
        return pl.DataFrame(grouped.toPandas())

    return count


def passcurve_files(path: Path) -> Count:
    import passcurve as pk

    return lambda: pk.tally(path, by="model", problem="problem", verdict="passed", threads=THREADS).frame


ENGINES = {
    "passcurve.spark.tally": passcurve_spark,
    "Spark SQL, toPandas": spark_sql,
    "pk.tally on the files": passcurve_files,
}


def measure(engine: str, path: Path) -> tuple[float, float, float, float, str]:
    """MiB before and at the peak, seconds of the first count and of the fastest of three more, and what was counted."""
    command = [python_with("pyspark") or sys.executable, "-m", "bench.spark", engine, str(path)]
    done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    before, peak, first, best, counted = done.stdout.splitlines()[-1].split()
    return float(before), float(peak), float(first), float(best), counted


def main(engine: str, path: str) -> None:
    count = ENGINES[engine](Path(path))
    before = _memory()
    peak, done = [before], threading.Event()

    def watch() -> None:
        while not done.wait(0.05):
            peak[0] = max(peak[0], _memory())

    watcher = threading.Thread(target=watch)
    watcher.start()
    seconds = []
    for _ in range(4):
        start = time.perf_counter()
        counts = count()
        seconds.append(time.perf_counter() - start)
    done.set()
    watcher.join()
    counted = counts.select(pl.len(), pl.col("n", "c").cast(pl.Int64).sum()).row(0)
    print(before, peak[0], seconds[0], min(seconds[1:]), "/".join(map(str, counted)))


def _memory() -> float:
    """MiB of this process and all below it, shared pages once."""
    import os

    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            stat = _read(entry / "stat")
            if stat:
                children.setdefault(int(stat.rpartition(")")[2].split()[1]), []).append(int(entry.name))
    ours, todo = [], [os.getpid()]
    while todo:
        ours.append(todo.pop())
        todo += children.get(ours[-1], [])
    lines = [line for pid in ours for line in _read(Path(f"/proc/{pid}/smaps_rollup")).splitlines()]
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


if __name__ == "__main__":
    main(*sys.argv[1:])
