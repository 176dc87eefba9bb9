"""Ctrl-C and readers that go away: a status, and no traceback."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from clitools import MAIN, process, run, write_log


def start(*args, **options):
    return subprocess.Popen(
        [*MAIN, *map(str, args)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options
    )


def interrupted(child):
    child.send_signal(signal.SIGINT)
    out, err = child.communicate(timeout=30)
    return child.returncode, out, err


def wait_for_reading(child):
    """Until the process has opened a file of its own to keep what comes on standard input."""
    for _ in range(600):
        with contextlib.suppress(FileNotFoundError):  # A descriptor may be closed while we look.
            if any("passcurve-stdin" in str(file.readlink()) for file in Path(f"/proc/{child.pid}/fd").iterdir()):
                return
        time.sleep(0.05)
    raise AssertionError("it never began to read")


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks into /proc")
@pytest.mark.parametrize("command", ["tally", "compare"])
def test_ctrl_c_while_a_log_is_read(command, tmp_path):
    child = start(command, "-", stdin=subprocess.PIPE, env={**os.environ, "TMPDIR": str(tmp_path)})
    child.stdin.write('{"problem":"p","correct":true}\n' * 100)
    child.stdin.flush()
    wait_for_reading(child)
    assert interrupted(child) == (130, "", "")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("place", ["passcurve.cli.app", "passcurve.tally", "polars"])
def test_ctrl_c_while_it_starts(place):
    code = f"""
import builtins, sys
load = builtins.__import__
def interrupt(name, *args, **kwargs):
    if name == {place!r}:
        raise KeyboardInterrupt
    return load(name, *args, **kwargs)
from passcurve.cli import main
builtins.__import__ = interrupt
main()
"""
    done = subprocess.run(
        [sys.executable, "-c", code, "tally", "no.parquet"], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "")


@pytest.mark.parametrize(
    "args", [["schema"], ["demo", "--problems", "50", "--samples", "64"], ["tally", "LOG", "--all"], ["pass", "-h"]]
)
def test_a_reader_that_goes_away(args, tmp_path):
    log = write_log(tmp_path)
    read, write = os.pipe()
    os.close(read)
    with os.fdopen(write, "wb") as closed:
        words = [str(log) if word == "LOG" else word for word in args]
        done = subprocess.run([*MAIN, *words], stdout=closed, stderr=subprocess.PIPE, text=True, check=False)
    # Help is typer's, which says 1.
    assert (done.returncode, done.stderr) == (1 if args[-1] == "-h" else 141, "")


def test_statuses_of_every_command(tmp_path):
    log, missing = write_log(tmp_path), tmp_path / "missing.parquet"
    for command, words in (("compare", ["--by", "model"]), ("diagnose", ["-k", "2"]), ("plan", ["-k", "2"])):
        for args, status in (([missing, *words], 1), ([log, *words, "--by", "no"], 2), ([log, "-k", "x"], 2)):
            result = run(command, *args, status=status)
            assert result.stdout == ""
            assert "Traceback" not in result.stderr
        assert process(command, missing, *words).returncode == 1
    for wrong in (["schema", "no"], ["doctor", "no"], ["no"]):
        run(*wrong, status=2)
