"""Ctrl-C at any moment of a tally: prompt, never lost, and the process is in order afterwards."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import polars as pl
import pytest

import passcurve as pk

CHILD = Path(__file__).parent / "interrupt_child.py"
MOMENTS = int(os.environ.get("INTERRUPT_MOMENTS", "3"))
WORK = (
    "parquet",
    "one row group",
    "many keys",
    "sample",
    "arrow",
    "lines",
    "gzip",
    "files",
    "frame",
    "frame of many keys",
    "batches",
    "stream",
    "lazy",
    "array",
)
POLARS = {"frame", "frame of many keys", "batches", "stream", "lazy", "array"}
"""Where frames are handed over. Polars drops a signal that comes in some of its short operations."""
BOUND = 1.0
"""Seconds of the processor, which a busy machine does not prolong; docs/reliability.md has what an idle one takes."""

posix = pytest.mark.skipif(sys.platform == "win32", reason="SIGINT is another thing there")


@posix
@pytest.mark.parametrize("work", WORK)
def test_any_moment(tmp_path: Path, work: str) -> None:
    done = subprocess.run(
        [sys.executable, str(CHILD), work, str(tmp_path), str(MOMENTS)],
        capture_output=True,
        text=True,
        timeout=300 + 60 * MOMENTS,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    # One KeyboardInterrupt for each signal, or the child waited for it in vain.
    seconds = sorted(found["seconds"])
    lost = MOMENTS - len(seconds)
    print(f"{work}: {found['within']} of {MOMENTS} within {found['whole']:.2f} s, {lost} lost; "
          f"median {seconds[len(seconds) // 2]:.3f} s, longest {seconds[-1]:.3f} s")  # fmt: skip
    assert lost == 0 or (work in POLARS and lost <= MOMENTS // 3)
    assert found["within"] > 0 or MOMENTS < 20
    assert max(found["taken"]) < BOUND, found
    assert found["same"]
    (threads, files), (threads_now, files_now) = found["before"] or (0, 0), found["after"] or (0, 0)
    assert files_now <= files
    # The threads of Polars' own engine are its affair.
    assert threads_now <= threads or work == "lazy"


@posix
def test_a_callback_that_raises(tmp_path: Path) -> None:
    """What progress= raises comes out as it is, also from another thread."""
    path = tmp_path / "log.parquet"
    pl.select(problem=pl.int_range(3_000_000), correct=pl.lit(True)).write_parquet(path, row_group_size=20_000)

    class StopError(Exception):
        pass

    def stop(_: int) -> None:
        raise StopError

    with pytest.raises(StopError):
        pk.tally(path, problem="problem", verdict="correct", progress=stop)


THREADS = """
    import os, signal, sys, threading, time
    import polars as pl, passcurve as pk
    signal.signal(signal.SIGINT, signal.default_int_handler)
    frame = pl.select(problem=pl.int_range(2_000_000), correct=pl.lit(True))
    frame.write_parquet({path!r}, row_group_size=20_000)
    found = []
    def work():
        found.append(pk.tally({path!r}, problem="problem", verdict="correct", progress=False))
    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads: thread.start()
    time.sleep(0.1)
    try:
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(60)
    except KeyboardInterrupt:
        print("interrupted")
    for thread in threads: thread.join()
    print([len(tally) for tally in found])
"""


@posix
def test_other_threads_go_on(tmp_path: Path) -> None:
    """A signal is the main thread's; tallies of others end as if it had not been."""
    code = textwrap.dedent(THREADS).format(path=str(tmp_path / "log.parquet"))
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode, done.stdout) == (0, "interrupted\n[2000000, 2000000]\n"), done.stderr


@posix
def test_asyncio(tmp_path: Path) -> None:
    """Beside a running loop, as in a notebook: the loop goes on while another thread counts."""
    path = tmp_path / "log.parquet"
    pl.select(problem=pl.int_range(500_000), correct=pl.lit(True)).write_parquet(path, row_group_size=20_000)

    async def count() -> tuple[int, int]:
        beats = 0

        async def beat() -> None:
            nonlocal beats
            while True:
                await asyncio.sleep(0.01)
                beats += 1

        beating = asyncio.create_task(beat())
        tally = await asyncio.to_thread(pk.tally, path, problem="problem", verdict="correct", progress=False)
        beating.cancel()
        return len(tally), beats

    problems, beats = asyncio.run(count())
    assert problems == 500_000
    assert beats > 2


@posix
def test_a_handler_of_ones_own() -> None:
    """A signal whose handler does not raise stops nothing."""
    calls: list[int] = []
    before = signal.signal(signal.SIGUSR1, lambda *_: calls.append(1))
    try:
        frame = pl.select(problem=pl.int_range(1_000_000), correct=pl.lit(True))
        os.kill(os.getpid(), signal.SIGUSR1)
        assert len(pk.tally(frame, problem="problem", verdict="correct", progress=False)) == 1_000_000
    finally:
        signal.signal(signal.SIGUSR1, before)
    assert calls
