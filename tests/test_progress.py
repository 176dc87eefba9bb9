"""The progress bar: on a terminal, and only when the work takes a while."""

from __future__ import annotations

import io
import sys
from types import SimpleNamespace

import pytest

from passcurve import _progress
from passcurve._progress import Progress


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
