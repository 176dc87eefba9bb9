"""passcurve against what its users would otherwise run; see `python -m bench --help`."""

import os
import sys
from importlib.util import find_spec
from pathlib import Path

THREADS = 2
ENGINES = Path(__file__).parent.parent / ".venv/engines/bin/python"
"""That of `make engines`."""

# Polars reads it once, when it is imported.
os.environ.setdefault("POLARS_MAX_THREADS", str(THREADS))


def python_with(module: str) -> str | None:
    """A Python that has a module: this one, or that of the engines."""
    if find_spec(module) is not None:
        return sys.executable
    return str(ENGINES) if ENGINES.exists() else None
