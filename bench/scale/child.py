"""A merge in a process of its own: `python -m bench.scale.child FOLDER [UPPER]` prints MiB before, peak MiB, seconds.

The seconds are those of cores, for a merge is too long to hope for the machine to be idle meanwhile. With UPPER only
the problems below it are merged.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import passcurve as pk
from bench.engines import memory


def main(folder: str, upper: str | None = None) -> None:
    bounds = None if upper is None else (None, upper)
    # What is imported on the first use is not part of the work.
    pk.merge(sorted(Path(folder).iterdir())[0], problem_range=bounds)
    before = memory("VmRSS")
    start = time.process_time()
    pk.merge(folder, problem_range=bounds)
    print(before, memory("VmHWM"), time.process_time() - start)


if __name__ == "__main__":
    main(*sys.argv[1:])
