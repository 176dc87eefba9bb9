"""The classes of errors, and the base that catches passcurve's own."""

from __future__ import annotations

import importlib
import select
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import numpy as np
import polars as pl
import pytest

import passcurve as pk
from passcurve import _core


def test_classes() -> None:
    assert issubclass(pk.DataError, pk.Error)
    assert issubclass(pk.DataError, ValueError)
    assert issubclass(pk.MemoryLimitError, pk.Error)
    assert issubclass(pk.MemoryLimitError, MemoryError)
    assert issubclass(pk.InternalError, pk.Error)
    assert not issubclass(pk.InternalError, ValueError)
    assert issubclass(pk.Error, Exception)
    assert issubclass(_core.InvalidCountsError, ValueError)


def test_a_panic_is_an_exception(capfd: pytest.CaptureFixture[str]) -> None:
    """A bug in the core (here: our own misuse of it) is an `InternalError`, and Python goes on."""
    counts = np.array([8])
    with pytest.raises(pk.InternalError, match="please report"):
        _core.estimate(
            metric="alpha_k",
            tau=None,
            lengths=np.array([1]),
            n=counts,
            c=counts,
            clusters=None,
            ks=[0],
            method="t",
            over="problems",
            confidence_level=0.95,
            n_resamples=100,
            seed=0,
            threads=1,
        )
    assert pk.pass_at_k(8, 3, 1) == 0.375
    assert "panicked" in capfd.readouterr().err


def test_a_result_too_large_for_the_memory() -> None:
    """One mistyped broadcast is a MemoryError, not the end of the process."""
    n, k = np.full((2**22, 1), 2**23), np.arange(1, 2**22)
    with pytest.raises(MemoryError):
        pk.pass_at_k(n, 3, k)


def test_a_debug_build_warns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_core, "build_info", lambda: {"version": "0", "profile": "debug"})
    with pytest.warns(RuntimeWarning, match="debug build"):
        importlib.reload(pk)
    monkeypatch.undo()
    importlib.reload(pk)
    assert _core.build_info()["version"] == pk.__version__


def test_a_finished_tally_takes_no_more() -> None:
    request = {
        "by": [],
        "problem": ["id"],
        "sample": None,
        "answer": None,
        "reward": None,
        "verdict": "acc",
        "threshold": None,
        "passing": None,
        "failing": None,
        "on_null": "error",
        "on_null_id": "error",
        "on_duplicate": "error",
        "threads": None,
        "memory_limit": None,
        "partial": "error",
        "range_bytes": None,
    }
    frame = pl.DataFrame({"id": [1], "acc": [1]})
    counting = _core.BatchTally(request)
    batches = _core.Batches(frame)
    counting.insert(batches, None)
    with pytest.raises(ValueError, match="read before"):
        counting.insert(batches, None)
    counting.finish()
    for call in (counting.finish, lambda: counting.insert(_core.Batches(frame), None)):
        with pytest.raises(ValueError, match="finished"):
            call()


WORK = {
    "files": "pk.tally(path)",
    "frame": "pk.tally(frame)",
    "one thread": "pk.tally(frame, threads=1)",
    "lazy frame": "pk.tally(pl.scan_parquet(path))",
    "bootstrap": "counts.pass_at_k(2, n_resamples=10_000_000)",
    "comparison": "pair.compare(n_resamples=1_000_000)",
    "array": "pk.pass_at_k(n, n // 2, 4)",
    "answers": "answers.maj_at_k(500)",
}


@pytest.mark.parametrize("work", WORK.values(), ids=list(WORK))
def test_ctrl_c(tmp_path: Path, work: str) -> None:
    """KeyboardInterrupt comes promptly from the middle of long work, and the interpreter goes on."""
    path = tmp_path / "log.parquet"
    code = f"""
        import numpy as np, polars as pl, passcurve as pk
        path = {str(path)!r}
        frame = pl.select(problem=pl.int_range(20_000_000) % 100_000, correct=pl.lit(True))
        frame.head(3_000_000).write_parquet(path, row_group_size=20_000)
        counts = pk.Tally.from_counts(pl.DataFrame({{"problem": range(5_000), "n": 5_000, "c": range(5_000)}}))
        pair = counts.with_by(model="a").merge(counts.with_by(model="b"), on_repeat="count")
        n = np.arange(1_000_000, 21_000_000)
        votes = pl.select(problem=pl.int_range(1_000_000) % 200, answer=pl.int_range(1_000_000) // 200 % 97)
        votes = votes.with_columns(correct=pl.col("answer") == 0)
        answers = pk.tally(votes, problem="problem", verdict="correct", answer="answer")
        print("ready", flush=True)
        try:
            while True:
                {work}
        except KeyboardInterrupt:
            print("stopped", flush=True)
        print(len(pk.tally(pl.DataFrame({{"id": [1], "acc": [1]}}))), flush=True)
    """
    command = [sys.executable, "-c", textwrap.dedent(code)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            assert process.stdout.readline() == "ready\n"
            time.sleep(0.7)
            # Polars itself drops a signal now and then.
            tries = 2 if "scan_parquet" in work else 1
            # Work ends within 0.2 s on an idle machine; this only tells a prompt end from one that waits for the work.
            assert any(interrupted(process, 3) for _ in range(tries))
            # Not communicate, which does not see what readline has read ahead.
            assert process.stdout.read() == "stopped\n1\n"
            assert process.wait(timeout=20) == 0
        finally:
            process.kill()


def interrupted(process: subprocess.Popen[str], seconds: float) -> bool:
    """Whether the process says something soon after a signal."""
    process.send_signal(signal.SIGINT)
    return bool(select.select([process.stdout], [], [], seconds)[0])


def test_a_fork_after_a_tally_can_tally(tmp_path: Path) -> None:
    """No threads outlive a call, so a forked child does not wait for ones it does not have."""
    code = """
        import os, numpy as np, passcurve as pk
        n = np.full(200_000, 8)
        pk.pass_at_k(n, n // 2, 4)
        child = os.fork()
        if child == 0:
            pk.pass_at_k(n, n // 2, 4)
            os._exit(7)
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, timeout=20, check=True
    )
    assert done.stdout == "7\n"
