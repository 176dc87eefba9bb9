"""A progress bar, on a terminal only, and only when the work takes a while."""

from __future__ import annotations

import sys
import threading
import time
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from collections.abc import Callable

PATIENCE = 1.5
"""Seconds before a bar appears."""


class Progress:
    """Calls itself are cheap; the bar is made by the first one past `PATIENCE`.

    ``wanted`` is None (a bar if standard error is a terminal and rich is there), False (none), True (a bar at once)
    or a function that gets the rows read so far. Of files the bar shows the share of their bytes. ``text`` has a place
    for the number.
    """

    def __init__(self, wanted: bool | Callable[[int], object] | None, text: str = "tallied {:,} rows") -> None:
        self._text = text
        self._call = wanted if callable(wanted) else None
        self._bar: Any = None
        self._task: Any = None
        self._after = time.monotonic() + (0 if wanted is True else PATIENCE)
        self._allowed = wanted is True or (wanted is None and sys.stderr.isatty())

    def __call__(self, rows: int, read: int = 0, size: int = 0) -> None:
        """Shows that so many rows are read, and ``read`` of ``size`` bytes where these are known."""
        if self._call is not None:
            self._call(rows)
        elif self._allowed and time.monotonic() >= self._after:
            self._show(rows, read, size)

    def _show(self, rows: int, read: int, size: int) -> None:
        if self._bar is None:
            try:
                from rich.console import Console  # noqa: PLC0415 (rich is slow to import and optional)
                from rich.progress import Progress as Bar  # noqa: PLC0415
            except ImportError:
                self._allowed = False
                return
            self._bar = Bar(console=Console(stderr=True), transient=True)
            self._task = self._bar.add_task("", total=None)
            self._bar.start()
        known = {"total": size, "completed": min(read, size)} if size else {}
        self._bar.update(self._task, description=self._text.format(rows), **known)

    def close(self) -> None:
        """Takes the bar away."""
        if self._bar is not None:
            self._bar.stop()


class Stages:
    """A bar over the parts of long work, which are named as they begin.

    A part may be one long call, so the bar appears by itself and moves by itself. Nothing else should print while it is
    there. ``wanted`` is as in `Progress`, without the function.
    """

    def __init__(self, wanted: bool | None, parts: int = 1) -> None:
        self._parts = parts
        self._done = -1
        self._text = ""
        self._bar: Any = None
        self._lock = threading.Lock()
        allowed = wanted is True or (wanted is None and sys.stderr.isatty())
        self._timer = threading.Timer(0 if wanted is True else PATIENCE, self._show) if allowed else None

    def __enter__(self) -> Self:
        if self._timer is not None:
            self._timer.daemon = True
            self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._timer is None:
            return
        self._timer.cancel()
        with self._lock:
            self._timer = None
            if self._bar is not None:
                self._bar.stop()

    def __call__(self, text: str) -> None:
        """Says what begins now, and that what came before is done."""
        with self._lock:
            self._done, self._text = self._done + 1, text
            self._update()

    def _show(self) -> None:
        try:
            from rich.console import Console  # noqa: PLC0415 (rich is slow to import and optional)
            from rich.progress import Progress as Bar  # noqa: PLC0415
        except ImportError:
            return
        with self._lock:
            # The work may have ended while rich was imported.
            if self._timer is None:
                return
            self._bar = Bar(console=Console(stderr=True), transient=True, redirect_stdout=False)
            self._task = self._bar.add_task("", total=self._parts if self._parts > 1 else None)
            self._update()
            self._bar.start()

    def _update(self) -> None:
        if self._bar is not None:
            self._bar.update(self._task, description=self._text, completed=max(self._done, 0))
