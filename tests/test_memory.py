"""What a tally takes: bounded by keys, and an exception where there is not enough."""

from __future__ import annotations

import gzip
import os
import resource
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import polars as pl
import pytest

import bombs
import passcurve as pk

CHILD = Path(__file__).parent / "memory_child.py"
LONG = "MEMORY_POINTS" in os.environ
ROOMS = (0, 8, 100, 220, 300, 1000, 3000)
if LONG:
    ROOMS = tuple(sorted({*ROOMS, *(round(1.25**at) for at in range(int(os.environ["MEMORY_POINTS"])))}))
KEYS = 1_500_000 if LONG else 400_000

linux = pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="only Linux has such limits")


@pytest.fixture(scope="module")
def logs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("logs")
    row = pl.int_range(KEYS)
    numbers = pl.select(problem=row * 7919 % KEYS, sample=row, correct=row % 3 == 0)
    texts = numbers.with_columns(problem="a problem with a name/" + pl.col("problem").cast(pl.String))
    numbers.write_parquet(folder / "numbers.parquet", row_group_size=20_000)
    texts.write_parquet(folder / "texts.parquet", row_group_size=KEYS)
    texts.write_ipc(folder / "texts.arrow", compression="zstd")
    texts.write_ndjson(folder / "texts.jsonl")
    (folder / "texts.jsonl.gz").write_bytes(gzip.compress((folder / "texts.jsonl").read_bytes(), 1))
    return folder


LOGS = [(name, "") for name in ("numbers.parquet", "texts.parquet", "texts.arrow", "texts.jsonl", "texts.jsonl.gz")]
LOGS.append(("numbers.parquet", "sample"))


def outcome(path: Path, room: int, sample: str, wanted: str) -> str:
    """What becomes of a tally in a process that may take so many MiB more."""
    command = [sys.executable, str(CHILD), str(path), str(room), sample]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, (room, done.returncode, done.stderr)
    kind = done.stdout.split()[0]
    assert kind in {"MemoryError", "MemoryLimitError"} or done.stdout.startswith(wanted), done.stdout
    return kind


@linux
@pytest.mark.parametrize(("name", "sample"), LOGS)
def test_too_little_memory(logs: Path, name: str, sample: str) -> None:
    """An exception, or the right counts; never a dead process."""
    outcomes = [outcome(logs / name, room, sample, f"right {KEYS} {KEYS}") for room in ROOMS]
    print(name, sample, dict(zip(ROOMS, outcomes, strict=True)))
    assert outcomes[0] == "MemoryError"
    assert outcomes[-1] == "right"


@linux
def test_bombs_and_little_memory(tmp_path: Path) -> None:
    line = b'{"problem": "p0", "correct": true, "pad": "' + b"z" * (100 << 20) + b'"}\n'
    (tmp_path / "line.jsonl.gz").write_bytes(gzip.compress(line, 1))
    (tmp_path / "rows.parquet").write_bytes(bombs.bomb(2**31))
    for name, wanted in (("line.jsonl.gz", "refused"), ("rows.parquet", f"right 1 {2**31}")):
        outcomes = [outcome(tmp_path / name, room, "", wanted) for room in ROOMS]
        assert outcomes[-1] == wanted.split()[0]


ROWS = (1, 20_000_000, 2**31 - 1, 2**31, 2**32 + 7)


def test_runs_of_many_rows(tmp_path: Path) -> None:
    """A file of 200 bytes may hold 20 million rows: exact, and in the memory of one key."""
    before = 0.0
    for rows in ROWS:
        path = tmp_path / "bomb.parquet"
        path.write_bytes(bombs.bomb(rows))
        assert path.stat().st_size < 500
        started = time.perf_counter()
        found = pk.tally(path, progress=False)
        seconds = time.perf_counter() - started
        assert found.frame.rows() == [("p0", rows, rows)]
        assert found.provenance.rows == rows
        # The first is of one row: the code and buffers that every tally takes.
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        before = before or peak
        print(f"{rows} rows in {path.stat().st_size} bytes: {seconds:.2f} s, {peak - before:.1f} MiB more")
        assert peak - before < 32


@pytest.mark.skipif(sys.platform == "win32", reason="SIGINT is another thing there")
def test_rows_without_end(tmp_path: Path) -> None:
    """A file of 2^40 rows takes its time, and Ctrl-C ends it."""
    path = tmp_path / "bomb.parquet"
    path.write_bytes(bombs.bomb(2**40))
    assert path.stat().st_size < 60_000
    code = f"""
        import signal
        import passcurve as pk
        signal.signal(signal.SIGINT, signal.default_int_handler)
        print("ready", flush=True)
        try:
            pk.tally({str(path)!r}, progress=False)
        except KeyboardInterrupt:
            print("stopped")
    """
    process = subprocess.Popen([sys.executable, "-c", textwrap.dedent(code)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    time.sleep(0.3)
    process.send_signal(signal.SIGINT)
    assert process.stdout.read() == "stopped\n"
    process.stdout.close()
    assert process.wait(timeout=30) == 0
