"""What a terminal shows: colours, widths and the bar; and what a pipe gets instead."""

import fcntl
import os
import pty
import re
import struct
import subprocess
import termios

import pytest

from clitools import MAIN, run, write_run
from passcurve import _progress

COLOUR = re.compile(r"\x1b\[[\d;]*m")
COMMANDS = {
    "pass": ["-k", "1,8"],
    "tally": [],
    "compare": ["--on", "step", "-k", "1,8"],
    "diagnose": ["-k", "4", "--along", "step"],
    "plan": ["-k", "2", "--half-width", "0.1"],
}
BY = ["--by", "model,step"]
PLAIN = {
    name: value for name, value in os.environ.items() if name not in {"COLUMNS", "NO_COLOR", "FORCE_COLOR", "TERM"}
}


@pytest.fixture
def log(tmp_path):
    return write_run(tmp_path)


def on_terminal(*args, columns=80, **env):
    """What is printed to a terminal of so many columns, on both streams."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))
    environment = {**PLAIN, "TERM": "xterm-256color", **env}
    with subprocess.Popen(
        [*MAIN, *map(str, args)], stdin=theirs, stdout=theirs, stderr=theirs, env=environment
    ) as process:
        os.close(theirs)
        parts = []
        while True:
            try:
                part = os.read(ours, 65536)
            except OSError:  # Linux says so that nobody writes any more.
                break
            if not part:
                break
            parts.append(part)
    os.close(ours)
    assert process.returncode == 0
    return b"".join(parts).decode().replace("\r\n", "\n")


def in_pipe(*args, **env):
    done = subprocess.run([*MAIN, *map(str, args)], capture_output=True, text=True, check=True, env=PLAIN | env)
    return done.stdout + done.stderr


def test_colours_are_for_terminals(log):
    asked = ["pass", log, *BY]
    shown = on_terminal(*asked)
    assert COLOUR.search(shown)
    plain = on_terminal(*asked, NO_COLOR="1")
    assert COLOUR.sub("", shown) == plain
    assert not COLOUR.search(plain)
    assert not COLOUR.search(on_terminal(*asked, TERM="dumb"))
    piped = in_pipe(*asked, TERM="xterm")
    assert "\x1b" not in piped
    forced = in_pipe(*asked, FORCE_COLOR="1")
    assert COLOUR.search(forced)
    assert COLOUR.sub("", forced) == piped
    assert "\x1b" not in in_pipe(*asked, FORCE_COLOR="1", NO_COLOR="1")


@pytest.mark.parametrize("args", [["pass", "--help"], ["--help"]])
def test_help_has_no_colours_in_a_pipe(args):
    assert "\x1b" not in in_pipe(*args, TERM="xterm")
    assert not re.search(r"\x1b\[(?:\d+;)*(?:3|9)\d", on_terminal(*args, NO_COLOR="1"))


@pytest.mark.parametrize("command", COMMANDS)
def test_80_columns_cut_no_figure(log, command):
    asked = [command, log, *BY, *COMMANDS[command]]
    wide, narrow = (run(*asked, COLUMNS=columns).stdout for columns in ("160", "80"))
    number = re.compile(r"\[?-?\d+\.\d+\]?")
    shown, whole = (number.findall(text) for text in (narrow, wide))
    assert sorted(shown) == sorted(whole)
    assert whole
    assert max(map(len, narrow.splitlines())) <= 80


def test_widths_follow_the_terminal(log):
    asked = ["diagnose", log, *BY, "-k", "4"]
    titles = [on_terminal(*asked, columns=columns, NO_COLOR="1").split("\n")[0].split()[0] for columns in (160, 80)]
    # Where there is no room beside the figures, the groups are headings.
    assert titles == ["model", "pass@1"]


@pytest.mark.parametrize("command", COMMANDS)
def test_a_bar_is_for_terminals(log, command, monkeypatch):
    asked = [command, log, *BY, *COMMANDS[command]]
    assert "tallied 1,536 rows" in on_terminal(*asked, "--progress")
    monkeypatch.setattr(_progress, "PATIENCE", 0.0)
    assert "tallied" not in run(*asked).output


def test_no_bar_is_asked_for_or_can_be_shown(log):
    assert "tallied" not in on_terminal("tally", log, *BY, "--no-progress")
    assert "\x1b" not in on_terminal("tally", log, *BY, "--progress", TERM="dumb")


LONG = {
    "demo": ["demo", "--problems", "20", "--samples", "32"],
    "diagnose": ["diagnose", "LOG", *BY, "-k", "4"],
    "report": ["report", "LOG", *BY, "-o", "REPORT"],
    "compare": ["compare", "LOG", "--by", "model"],
    "pass": ["pass", "LOG", *BY],
    "plan": ["plan", "LOG", *BY, "-k", "4"],
}
PARTS = {
    "demo": ["writing the log", "estimating", "comparing", "diagnosing"],
    "diagnose": ["diagnosing"],
    "report": ["estimating", "drawing curves", "comparing", "diagnosing", "listing problems"],
    "compare": ["comparing"],
    "pass": ["estimating pass@k"],
    "plan": ["planning"],
}
IMPATIENT = """
import time
from passcurve import _progress
from passcurve.cli import main
_progress.PATIENCE = 0.0
named = _progress.Stages.__call__
def slowly(stages, text):
    named(stages, text)
    time.sleep(0.25)
_progress.Stages.__call__ = slowly
main()
"""


@pytest.mark.parametrize("command", LONG)
def test_long_work_says_its_parts_on_a_terminal_alone(log, tmp_path, command, monkeypatch):
    """With all work taken for long. What is printed is the same with and without a bar."""
    monkeypatch.setitem(globals(), "MAIN", [MAIN[0], "-c", IMPATIENT])
    places = {"LOG": log, "REPORT": tmp_path / "report.html"}
    asked = [places.get(word, word) for word in LONG[command]]
    shown, piped = on_terminal(*asked, NO_COLOR="1"), in_pipe(*asked)
    for part in PARTS[command]:
        assert part in shown
        assert f"{part} ━" not in piped
    assert "\x1b" not in piped
    results = [line for line in piped.splitlines() if re.search(r"\d\.\d{3}", line) and " in " not in line]
    assert all(line in shown for line in results)
    if "--problems" not in asked:
        assert "estimating" not in on_terminal(*asked, "--no-progress", NO_COLOR="1")
