"""Warnings that point at the line of the user, from however deep."""

from __future__ import annotations

import sys
import warnings
from pathlib import Path

HERE = str(Path(__file__).parent)


def warn(message: str) -> None:
    """A UserWarning of the first line that is not in this package."""
    # Python 3.12 has skip_file_prefixes for it.
    level, frame = 2, sys._getframe(1)
    while frame.f_code.co_filename.startswith(HERE) and frame.f_back is not None:
        level, frame = level + 1, frame.f_back
    warnings.warn(message, UserWarning, stacklevel=level)
