"""Reading ahead changes nothing but the time."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest

import passcurve as pk
from native_logs import MAKERS, lines


@pytest.mark.parametrize("name", MAKERS)
def test_one_thread_reads_the_same(tmp_path: Path, name: str) -> None:
    format, maker = MAKERS[name]
    made = maker(tmp_path)
    options: dict[str, Any] = {"format": format, "format_options": made.options or None}
    alone, ahead = (pk.tally(made.log, threads=threads, **options) for threads in (1, 2))
    assert alone.frame.equals(ahead.frame)
    assert alone.provenance == ahead.provenance


def log(folder: Path, files: int, rows: int, ids: str = "p") -> Path:
    for at in range(files):
        samples = [{"id": f"{ids}{row % 7}", "ok": (row * at) % 3 == 0, "more": "x" * 50} for row in range(rows)]
        lines(folder / f"step-{at}.jsonl", samples)
    return folder


MINE = pk.Format(name="mine", problem="id", verdict="ok", path=r"step-(?P<step>\d+)\.jsonl$")


@pytest.mark.parametrize(("files", "rows"), [(1, 1), (3, 100), (2, 70_000)])
def test_files_of_several_batches(tmp_path: Path, files: int, rows: int) -> None:
    folder = log(tmp_path, files, rows)
    alone, ahead = (pk.tally(folder, format=MINE, threads=threads) for threads in (1, None))
    assert alone.frame.equals(ahead.frame)
    assert int(ahead.frame["n"].sum()) == files * rows
    steps = pk.scan(folder, format=MINE).collect()["step"]
    assert steps.to_list() == [at for at in range(files) for _ in range(rows)]


def test_what_is_wrong_in_the_next_file_comes_after_this_one(tmp_path: Path) -> None:
    folder = log(tmp_path, 3, 50)
    (folder / "step-1.jsonl").write_text('{"id": "p1", "ok": true}\n{"id": }\n')
    (folder / "step-2.jsonl").write_text('{"id": "p1"')
    for threads in (1, 2):
        with pytest.raises(pk.DataError, match=r"step-1\.jsonl, line 2"):
            pk.tally(folder, format=MINE, threads=threads)
    (folder / "step-1.jsonl").write_text('{"id": "p1", "ok": true}\n')
    with pytest.raises(pk.DataError, match=r"step-2\.jsonl, line 1.*partial"):
        pk.tally(folder, format=MINE)
    assert pk.tally(folder, format=MINE, partial="skip").provenance.partial_lines == 1


def test_no_thread_is_left(tmp_path: Path) -> None:
    folder = log(tmp_path, 4, 20_000)
    assert pk.scan(folder, format=MINE).head(3).collect().height == 3
    pk.tally(folder, format=MINE)
    for thread in threading.enumerate():
        if thread.name.startswith("passcurve"):
            thread.join(10)
            assert not thread.is_alive()
