"""A progress bar, on a terminal only, and only when the work takes a while."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Any

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
