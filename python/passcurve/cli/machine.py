"""What is installed here, and what the machine has."""

from __future__ import annotations

import os
import platform as of_python
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from passcurve import _core

PACKAGES = ("passcurve", "polars", "numpy", "typer", "rich", "altair", "vl-convert-python", "pyarrow")
FEATURES = ("sse4_2", "popcnt", "bmi2", "avx2", "fma", "avx512f", "asimd", "crc32", "sve")
"""Those that byte search, decompression and checksums ask the processor for."""
CPU, GROUP, GROUPS = Path("/proc/cpuinfo"), Path("/proc/self/cgroup"), Path("/sys/fs/cgroup")
MOST = 256


def versions() -> dict[str, str | None]:
    """Of Python and the packages; None where one is not installed."""
    return {"Python": f"{of_python.python_version()} ({of_python.python_implementation()})"} | {
        name: _version(name) for name in PACKAGES
    }


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def built() -> str:
    """The profile of the core."""
    return _core.build_info()["profile"]


def platform() -> str:
    """The system and the machine."""
    return of_python.platform()


def processor() -> dict[str, Any]:
    """Its name and which of `FEATURES` it has, as far as Linux tells."""
    try:
        lines = CPU.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return {"model": None, "features": None}
    known = {name.strip(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    # The word differs on ARM.
    flags = known.get("flags", known.get("Features"))
    has = None if flags is None else [name for name in FEATURES if name in flags.split()]
    return {"model": known.get("model name"), "features": has}


def threads() -> int:
    """How many the core takes where none are asked for: as many as this process may run at once."""
    asked = os.environ.get("RAYON_NUM_THREADS", "")
    if asked.isdecimal() and int(asked) > 0:
        return min(int(asked), MOST)
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min([cores, MOST, *_quotas()]))


def _quotas() -> list[int]:
    """Whole cores that the control groups of this process leave it."""
    try:
        lines = GROUP.read_text(encoding="utf-8").splitlines()
    except OSError:
        return []
    own = next((Path(line.removeprefix("0::")) for line in lines if line.startswith("0::")), None)
    found = []
    for some in (own, *own.parents) if own else ():
        try:
            quota, period = (GROUPS / some.relative_to("/") / "cpu.max").read_text(encoding="utf-8").split()
        except (OSError, ValueError):
            continue
        if quota.isdecimal():
            found.append(int(quota) // int(period))
    return found
