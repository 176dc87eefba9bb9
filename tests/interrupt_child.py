"""Sends itself SIGINT at random moments of a tally; prints a line of JSON.

python interrupt_child.py WORK FOLDER MOMENTS
"""

from __future__ import annotations

import contextlib
import gzip
import json
import os
import random
import signal
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
import pyarrow as pa

import passcurve as pk

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROWS = int(os.environ.get("INTERRUPT_ROWS", "1500000"))
CALL: dict[str, Any] = {"problem": "problem", "verdict": "correct", "progress": False}
SMALL = pl.DataFrame({"problem": ["a", "a", "b"], "correct": [True, False, True]})


def few() -> pl.DataFrame:
    """Many samples of few problems."""
    row = pl.int_range(ROWS)
    return pl.select(problem=row % 1000, sample=row // 1000, correct=row % 3 == 0)


def many() -> pl.DataFrame:
    """A problem a row."""
    row = pl.int_range(ROWS)
    return pl.select(problem="p" + (row * 7919 % ROWS).cast(pl.String), correct=row % 3 == 0)


def shards(folder: Path) -> Path:
    """Thousands of files."""
    rows, within = few(), folder / "shards"
    within.mkdir()
    for at in range(ROWS // 500):
        rows.slice(at, 3).write_ipc(within / f"{at}.arrow")
    return within


def batches(rows: pl.DataFrame) -> Iterator[pa.RecordBatch]:
    """Made by Python, one after the other."""
    for start in range(0, len(rows), 1000):
        yield from rows.slice(start, 1000).to_arrow().to_batches()


def work(name: str, folder: Path) -> Callable[[], pk.Tally]:  # noqa: PLR0911 (a list of what is tried)
    """A tally that takes a while."""
    path = folder / "log"
    match name:
        case "parquet" | "sample" | "lazy" | "one row group":
            few().write_parquet(path, row_group_size=ROWS if name == "one row group" else 20_000)
            if name == "lazy":
                return lambda: pk.tally(pl.scan_parquet(path), **CALL)
            return lambda: pk.tally(path, sample="sample" if name == "sample" else None, **CALL)
        case "many keys":
            many().write_parquet(path, row_group_size=20_000)
            return lambda: pk.tally(path, **CALL)
        case "arrow":
            few().write_ipc(path, compression="zstd")
            return lambda: pk.tally(path, **CALL)
        case "lines" | "gzip":
            lines = few().write_ndjson().encode()
            named = path.with_suffix(".jsonl" if name == "lines" else ".jsonl.gz")
            named.write_bytes(lines if name == "lines" else gzip.compress(lines, 1))
            return lambda: pk.tally(named, **CALL)
        case "files":
            within = shards(folder)
            return lambda: pk.tally(within, **CALL)
        case "frame" | "frame of many keys":
            rows = few() if name == "frame" else many()
            return lambda: pk.tally(rows, **CALL)
        case "batches":
            rows = few()
            return lambda: pk.tally(batches(rows), **CALL)
        case "stream":
            rows = few()
            schema = rows.head(1).to_arrow().schema
            return lambda: pk.tally(pa.RecordBatchReader.from_batches(schema, batches(rows)), **CALL)
        case "array":
            verdicts = np.arange(10 * ROWS).reshape(-1, 100) % 3 == 0
            return lambda: pk.tally(verdicts, progress=False)
    raise ValueError(name)


def clocks() -> tuple[float, float]:
    """The time, and the processor's time that this process took."""
    return time.perf_counter(), time.process_time()


def shoot(begun: threading.Event, after: float, sent: list[tuple[float, float]]) -> None:
    """Sends SIGINT to this process."""
    begun.wait()
    time.sleep(after)
    sent.append(clocks())
    os.kill(os.getpid(), signal.SIGINT)


def interrupted(tally: Callable[[], pk.Tally], after: float) -> tuple[float, float, bool] | None:
    """Seconds from a signal to KeyboardInterrupt by both clocks, and whether it came in the middle; None if lost."""
    sent: list[tuple[float, float]] = []
    within, begun = True, threading.Event()
    shooter = threading.Thread(target=shoot, args=(begun, after, sent))
    shooter.start()
    try:
        begun.set()
        tally()
        within = False
        shooter.join()
        # In short sleeps: one does not end when another thread takes the signal, or when it comes just before.
        for _ in range(2_000):
            time.sleep(0.001)
        return None
    except KeyboardInterrupt:
        caught = clocks()
        # Polars' engine raises it, and then Python does too.
        with contextlib.suppress(KeyboardInterrupt):
            time.sleep(0.001)
    shooter.join()
    (seconds, taken), (since, before) = caught, sent[0]
    return seconds - since, taken - before, within


def held() -> list[int]:
    """How many threads and open files this process has; none where the system does not say."""
    folders = [Path("/proc/self", what) for what in ("task", "fd")]
    return [sum(1 for _ in folder.iterdir()) for folder in folders if folder.exists()]


def more(before: list[int]) -> bool:
    """Whether there are more threads or open files than there were."""
    return any(now > then for now, then in zip(held(), before, strict=True))


def main() -> None:
    """Tries each moment, then whether all is as before."""
    name, folder, moments = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
    # Whoever started this may ignore it, as shells do for what they start in the background.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    tally = work(name, folder)
    wanted = tally()
    # The threads of Polars' engine begin with their first work.
    pk.tally(SMALL)
    started = time.perf_counter()
    tally()
    whole = time.perf_counter() - started
    before, draw = held(), random.Random(name)
    tried = [interrupted(tally, draw.random() * whole * 0.9) for _ in range(moments)]
    shots = [shot for shot in tried if shot is not None]
    small = pk.tally(SMALL).frame.rows()
    deadline = time.monotonic() + 60
    while more(before) and time.monotonic() < deadline:
        time.sleep(0.05)
    same = small == [("a", 2, 1), ("b", 1, 1)] and tally() == wanted
    found: dict[str, Any] = {"seconds": [shot[0] for shot in shots], "taken": [shot[1] for shot in shots]}
    found["within"] = sum(shot[2] for shot in shots)
    print(json.dumps({**found, "whole": whole, "same": same, "before": before, "after": held()}))


if __name__ == "__main__":
    main()
