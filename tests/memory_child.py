"""Tallies a file in a process that may take only so much more memory; prints what became of it.

python memory_child.py PATH MIB SAMPLE
"""

from __future__ import annotations

import os
import resource
import sys
from pathlib import Path

import polars as pl

import passcurve as pk


def main() -> None:
    """One tally."""
    path, mib, sample = sys.argv[1], int(sys.argv[2]), sys.argv[3] or None
    # Once before, so that all code is loaded and Polars has its threads.
    pk.tally(pl.DataFrame({"problem": [1, 1], "sample": [0, 1], "correct": [True, False]}), sample="sample")
    status = Path("/proc/self/status").read_text().split("VmSize:")[1]
    most = (int(status.split()[0]) << 10) + (mib << 20)
    resource.setrlimit(resource.RLIMIT_AS, (most, most))
    try:
        tally = pk.tally(path, problem="problem", verdict="correct", sample=sample, threads=2, progress=False)
        word = f"right {len(tally)} {tally.provenance.rows}"
    except MemoryError as error:
        word = f"{type(error).__name__} {error}"
    except pk.DataError as error:
        word = f"refused {error}"
    os.write(1, word.encode())
    # What the interpreter does at its end may fail too.
    os._exit(0)


if __name__ == "__main__":
    main()
