"""passcurve.ray.tally against the same counts by Ray Data alone, each with a Ray of its own.

`python -m bench.ray ENGINE FOLDER` starts Ray, says "ready", counts three times and prints the seconds of each.
"""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import polars as pl
import pyarrow.parquet as pq  # type: ignore[import-untyped]

from bench import THREADS, python_with, report
from bench.logs import KEYS, log
from bench.timing import duration

# A process that shows the memory of one engine should not hold the others, hence the imports inside.
# ruff: noqa: PLC0415

ROOT = Path(__file__).parent.parent
ROWS, SHARDS = 20_000_000, 8
KEY = ["model", "problem"]
OFTEN = 0.05
"""Seconds between two looks at the memory."""


def run(folder: Path) -> str:
    title = "## Ray\n"
    if python_with("ray") is None:
        return f"{title}\nSkipped: Ray is not installed.\n"
    text = (
        f"{ROWS:,} verdicts, {KEYS:,} keys in random order, string ids, in {SHARDS} Parquet files in the page cache; "
        f"Ray on this machine with {THREADS} CPUs. Ray Data alone is `read_parquet(columns=...).groupby(...).aggregate("
        "Count(), Sum(...))`. Both make the same (model, problem, n, c) as a frame. The first of three counts, in "
        "which Ray starts its workers, and the fastest; and the memory of the process with all of Ray's (each page "
        "counted once), before the counts and at its peak.\n"
    )
    shards, rows = _shards(folder), []
    for engine in ENGINES:
        before, peak, seconds = _measure(engine, shards)
        rows.append([engine, duration(seconds[0]), duration(min(seconds)), f"{peak:,}", f"{before:,}"])
    table = report.table(["", "first", "fastest", "peak MiB", "MiB before"], rows)
    return "\n".join([title, text, table])


def passcurve(folder: Path) -> pl.DataFrame:
    import passcurve.ray

    return passcurve.ray.tally(folder, by="model", problem="problem", verdict="passed", shards=SHARDS).frame


def ray_data(folder: Path) -> pl.DataFrame:
    import ray
    from ray.data.aggregate import Count, Sum

    dataset = ray.data.read_parquet(str(folder), columns=[*KEY, "passed"])
    counted = dataset.groupby(KEY).aggregate(Count(alias_name="n"), Sum("passed", alias_name="c"))
    return pl.concat([pl.DataFrame(ray.get(block)) for block in counted.to_arrow_refs()])


ENGINES: dict[str, Callable[[Path], pl.DataFrame]] = {"passcurve.ray": passcurve, "Ray Data": ray_data}


def main(engine: str, folder: str) -> None:
    import logging

    import ray

    ray.init(num_cpus=THREADS, include_dashboard=False, log_to_driver=False, logging_level=logging.ERROR)
    import ray.data

    ray.data.DataContext.get_current().enable_progress_bars = False
    print("ready", flush=True)
    seconds = []
    for _ in range(3):
        start = time.perf_counter()
        counted = ENGINES[engine](Path(folder))
        seconds.append(time.perf_counter() - start)
    whole = counted.select(*KEY, pl.col("n", "c").cast(pl.Int64)).sort(KEY)
    print(whole.hash_rows(seed=0).sum(), whole.height, *seconds, flush=True)


def _measure(engine: str, shards: Path) -> tuple[int, int, list[float]]:
    """MiB before the counts and at the peak, and the seconds of each count."""
    command = [python_with("ray") or sys.executable, "-m", "bench.ray", engine, str(shards)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as child:
        assert child.stdout is not None
        if child.stdout.readline().strip() != "ready":
            raise RuntimeError(f"{engine} did not start")
        before = peak = _memory(child.pid)
        lines: list[str] = []
        reader = threading.Thread(target=lambda: lines.extend(child.stdout or ()))
        reader.start()
        while reader.is_alive():
            peak = max(peak, _memory(child.pid))
            time.sleep(OFTEN)
    found, height, *seconds = lines[-1].split()
    _check(found, int(height))
    return before, peak, [float(second) for second in seconds]


_FOUND: dict[str, str] = {}


def _check(found: str, height: int) -> None:
    """All engines must have counted the same."""
    if height != KEYS or _FOUND.setdefault("all", found) != found:
        raise RuntimeError("Ray Data and passcurve count differently")


def _memory(root: int) -> int:
    """MiB of a process and all that it started."""
    return sum(map(_share, _tree(root))) // 1024


def _tree(root: int) -> Iterator[int]:
    yield root
    for task in Path(f"/proc/{root}/task").glob("*"):
        # A process may end while it is looked at.
        with suppress(OSError):
            for child in (task / "children").read_text(encoding="ascii").split():
                yield from _tree(int(child))


def _share(process: int) -> int:
    """KiB of a process, of the pages that it shares its part."""
    with suppress(OSError):
        for line in Path(f"/proc/{process}/smaps_rollup").read_text(encoding="ascii").splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1])
    return 0


def _shards(folder: Path) -> Path:
    """The log of the tally in files of equal length."""
    target = folder / f"passcurve-bench-shards-{ROWS}"
    if not target.exists():
        whole, part = pq.ParquetFile(log(folder, "shuffled", ROWS)), target.with_suffix(".part")
        part.mkdir(exist_ok=True)
        each = ROWS // SHARDS
        batches = whole.iter_batches(batch_size=each // 5)
        for shard in range(SHARDS):
            with pq.ParquetWriter(part / f"part-{shard}.parquet", whole.schema_arrow, compression="zstd") as writer:
                for _ in range(5):
                    writer.write_batch(next(batches))
        part.rename(target)
    return target


if __name__ == "__main__":
    main(*sys.argv[1:])
