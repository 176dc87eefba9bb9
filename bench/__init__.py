"""passcurve against what its users would otherwise run; see `python -m bench --help`."""

import os

THREADS = 2

# Polars reads it once, when it is imported.
os.environ.setdefault("POLARS_MAX_THREADS", str(THREADS))
