"""The progress bar: on a terminal, and only when the work takes a while."""

from __future__ import annotations

import gzip
import io
import re
import sys
import threading
import time
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import passcurve as pk
from passcurve import _progress, _roles, _tallying
from passcurve._progress import Progress, Stages


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def on_terminal(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """Not a fixture: pytest puts its own standard error back between a fixture and its test."""
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setenv("TERM", "xterm")
    return terminal


def test_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = on_terminal(monkeypatch)
    now = 0.0
    monkeypatch.setattr(_progress, "time", SimpleNamespace(monotonic=lambda: now))
    bar = Progress(None)
    bar(10)
    assert terminal.getvalue() == ""
    now = _progress.PATIENCE + 0.1
    bar(20)
    bar.close()
    assert "tallied 20 rows" in terminal.getvalue()


def test_at_once_and_never(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = on_terminal(monkeypatch)
    never = Progress(False)
    never(1)
    never.close()
    assert terminal.getvalue() == ""
    at_once = Progress(True)
    at_once(1)
    at_once.close()
    assert "tallied 1 rows" in terminal.getvalue()


def test_no_terminal_no_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    pipe = io.StringIO()
    monkeypatch.setattr(sys, "stderr", pipe)
    monkeypatch.setattr(_progress, "PATIENCE", 0.0)
    bar = Progress(None)
    bar(1)
    bar.close()
    assert pipe.getvalue() == ""


def test_without_rich(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = on_terminal(monkeypatch)
    monkeypatch.setitem(sys.modules, "rich.console", None)
    bar = Progress(True)
    bar(1)
    bar(2)
    bar.close()
    assert terminal.getvalue() == ""


def test_a_function_gets_the_rows() -> None:
    seen: list[int] = []
    bar = Progress(seen.append)
    bar(1)
    bar(2)
    bar.close()
    assert seen == [1, 2]


def test_a_share_of_the_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = on_terminal(monkeypatch)
    bar = Progress(True)
    for rows, read in ((0, 0), (10, 250), (30, 750), (40, 1000)):
        bar(rows, read, 1000 if rows else 0)
    bar.close()
    shown = terminal.getvalue()
    assert re.findall(r"(\d+)%", shown)[-1] == "100"
    assert "tallied 40 rows" in shown
    assert "0:00:00" in shown


ROWS = 60_000
LOG = pl.select(i=pl.int_range(ROWS)).select(
    problem=pl.format("problem-{}", pl.col("i") * 7919 % 1_000),
    correct=pl.col("i") % 3 == 0,
    text=pl.format("an answer {}", pl.col("i") * 7919),
)
LINES = LOG.write_ndjson().encode()


def write(path: Path) -> Path:
    match path.name.partition(".")[2]:
        case "parquet":
            LOG.write_parquet(path, row_group_size=9_000)
        case "arrow":
            LOG.write_ipc(path, record_batch_size=7_000)
        case "arrows":
            table = LOG.to_arrow()
            with pa.ipc.new_stream(path, table.schema) as writer:
                writer.write_table(table, max_chunksize=7_000)
        case "jsonl":
            path.write_bytes(LINES)
        case "jsonl.gz":
            path.write_bytes(gzip.compress(LINES))
        case "jsonl.zst":
            LOG.write_ndjson(path, compression="zstd")
    return path


def told(source: object, monkeypatch: pytest.MonkeyPatch, **words: Any) -> list[tuple[int, int, int]]:
    """What the bar is told of rows, bytes and all bytes."""
    calls: list[tuple[int, int, int]] = []

    class Spy(Progress):
        def __call__(self, rows: int, read: int = 0, size: int = 0) -> None:
            calls.append((rows, read, size))

    monkeypatch.setattr(_tallying, "Progress", Spy)
    pk.tally(source, **words)
    return calls


def chunks(path: Path) -> int:
    """The bytes of the columns that are read."""
    file = pq.ParquetFile(path).metadata
    groups = [file.row_group(at) for at in range(file.num_row_groups)]
    return sum(group.column(at).total_compressed_size for group in groups for at in (0, 1))


@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize("suffix", ["parquet", "arrow", "arrows", "jsonl", "jsonl.gz", "jsonl.zst"])
def test_it_ends_with_all_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, suffix: str, threads: int) -> None:
    """Of Parquet those of the columns that are read, of Arrow those of the batches, of lines those of the file."""
    monkeypatch.setattr(_roles, "RANGE_BYTES", 100_001)
    path = write(tmp_path / f"log.{suffix}")
    calls = told(path, monkeypatch, threads=threads)
    rows, read, size = calls[-1]
    assert (rows, read) == (ROWS, size)
    whole = path.stat().st_size
    if suffix == "parquet":
        assert size == chunks(path) < whole
    elif suffix.startswith("arrow"):
        assert 0.99 * whole < size < whole
    else:
        assert size == whole
    words = {"threads": threads, "sample": "text", "on_duplicate": "agree"}
    both = told([path, write(tmp_path / f"b.{suffix}")], monkeypatch, **words)
    assert both[-1][0] == 2 * ROWS
    assert both[-1][1] == both[-1][2] > size


def test_lines_that_are_no_rows_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "log.jsonl"
    path.write_bytes(b"\xef\xbb\xbf\n\n" + LINES + b"\n \n" + LINES[:20])
    monkeypatch.setattr(_roles, "RANGE_BYTES", 65_536)
    assert told(path, monkeypatch, partial="skip")[-1] == (ROWS, path.stat().st_size - 3, path.stat().st_size - 3)


def long(path: Path) -> Path:
    """A log that takes a while, of one part."""
    match path.name.partition(".")[2]:
        case "parquet":
            frame = pl.concat([LOG.select("problem", "correct")] * 150)
            pq.write_table(frame.to_arrow(), path, row_group_size=len(frame), use_dictionary=False, compression="zstd")
        case "jsonl.gz":
            path.write_bytes(gzip.compress(LINES, 1) * 40)
    return path


@pytest.mark.parametrize("suffix", ["parquet", "jsonl.gz"])
def test_it_rises(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, suffix: str) -> None:
    path = long(tmp_path / f"log.{suffix}")
    calls = told(path, monkeypatch, threads=1)
    assert all(earlier <= later for earlier, later in pairwise(calls))
    known = [(read, size) for _, read, size in calls if size]
    assert len({size for _, size in known}) == 1
    # The first looks are early in the work, not at its end.
    assert any(0 < read < 0.9 * size for read, size in known)
    assert known[-1][0] == known[-1][1]


def test_frames_have_no_size(monkeypatch: pytest.MonkeyPatch) -> None:
    long = pl.concat([LOG] * 100)
    assert {(read, size) for _, read, size in told(long, monkeypatch, threads=1)} <= {(0, 0)}


def test_a_function_gets_the_rows_of_files(tmp_path: Path) -> None:
    seen: list[int] = []
    pk.tally(write(tmp_path / "log.parquet"), progress=seen.append)
    assert seen[-1] == ROWS
    assert seen == sorted(seen)


def begun(bar: Stages, *parts: str, lasting: float = 0.3) -> None:
    with bar as begins:
        for part in parts:
            begins(part)
            time.sleep(lasting)


def forbid_threads() -> None:
    """Those of the bar end with it, though not at once. Polars' own, which called Python before, are dummies here."""
    patience = time.monotonic() + 5
    while others := [each for each in threading.enumerate() if not isinstance(each, threading._DummyThread)][1:]:
        assert time.monotonic() < patience, others
        time.sleep(0.01)


def test_parts_of_long_work_are_shown_by_themselves(monkeypatch: pytest.MonkeyPatch) -> None:
    """The bar comes while one part is still at work, which calls nothing."""
    terminal = on_terminal(monkeypatch)
    monkeypatch.setattr(_progress, "PATIENCE", 0.1)
    begun(Stages(None, 2), "estimating", "drawing")
    shown = terminal.getvalue()
    assert shown.index("estimating") < shown.index("drawing")
    assert {"0%", "50%"} <= set(re.findall(r"\d+%", shown))
    forbid_threads()


def test_short_work_shows_no_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = on_terminal(monkeypatch)
    begun(Stages(None), "estimating", lasting=0.0)
    begun(Stages(False), "estimating")
    assert terminal.getvalue() == ""
    forbid_threads()


def test_parts_are_not_shown_in_a_pipe_but_on_demand(monkeypatch: pytest.MonkeyPatch) -> None:
    pipe = io.StringIO()
    monkeypatch.setattr(sys, "stderr", pipe)
    monkeypatch.setattr(_progress, "PATIENCE", 0.0)
    begun(Stages(None, 2), "estimating", "drawing")
    assert pipe.getvalue() == ""
    monkeypatch.setattr(sys, "stderr", terminal := Terminal())
    begun(Stages(True), "estimating")
    assert "estimating" in terminal.getvalue()


def test_parts_end_with_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = on_terminal(monkeypatch)

    def fails() -> None:
        with Stages(True) as begins:
            begins("estimating")
            time.sleep(0.3)
            raise ValueError("wrong")

    with pytest.raises(ValueError, match="wrong"):
        fails()
    assert terminal.getvalue().endswith("\x1b[2K")
    forbid_threads()


def test_parts_without_rich(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = on_terminal(monkeypatch)
    monkeypatch.setitem(sys.modules, "rich.console", None)
    begun(Stages(True), "estimating", lasting=0.1)
    assert terminal.getvalue() == ""
