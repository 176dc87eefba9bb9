"""The head of a report, and its tables."""

from __future__ import annotations

import datetime
import os
import platform
from collections.abc import Iterable, Sequence
from importlib.metadata import version
from pathlib import Path

from bench import THREADS
from passcurve import _core

LIBRARIES = ("numpy", "scipy", "polars", "duckdb", "pyarrow")


def header(command: str) -> str:
    """The head of a report of times."""
    rounds = (
        "A time is the median over rounds in which the contestants take turns, with (lowest to highest). "
        "A ratio is taken within each round, and given likewise.\n"
    )
    return "\n".join(["# Benchmarks\n", facts(command), rounds])


def facts(command: str) -> str:
    """The machine, the versions, the date and the command."""
    build = _core.build_info()
    packages = ", ".join(f"{name} {version(name)}" for name in LIBRARIES)
    lines = [
        f"- command: `{command}`",
        f"- date: {datetime.datetime.now(datetime.UTC):%Y-%m-%d %H:%M} UTC",
        f"- machine: {_cpu()}, {os.cpu_count()} cores, {_memory_gib():.0f} GiB, {platform.platform()}; "
        f"load average before the run {os.getloadavg()[0]:.1f}",
        f"- versions: passcurve {build['version']} ({build['profile']} build), "
        f"Python {platform.python_version()}, {packages}",
        f"- {THREADS} threads where a library has threads\n",
    ]
    return "\n".join(lines)


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table; the first column is text, the others are numbers."""
    lines = [head, ["---", *("---:" for _ in head[1:])], *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _cpu() -> str:
    path = Path("/proc/cpuinfo")
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return models[0] if models else platform.processor()


def _memory_gib() -> float:
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30
