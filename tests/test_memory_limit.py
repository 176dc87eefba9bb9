"""How much memory a tally may take unless it is told."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

import passcurve as pk
from clitools import run
from passcurve import _memory
from passcurve._memory import limit_of, usable_memory

GIB = 1 << 30
LOG = pl.select(problem=pl.int_range(300_000), correct=pl.lit(True))


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """One of 64 GiB with no limit but those that a test writes."""
    monkeypatch.setattr(_memory.os, "sysconf", {"SC_PHYS_PAGES": 16 * GIB // 1024, "SC_PAGE_SIZE": 4096}.__getitem__)
    monkeypatch.setattr(_memory._core, "room_for_counts", lambda threads: None)
    monkeypatch.setattr(_memory, "CGROUP", tmp_path / "cgroup")
    monkeypatch.setattr(_memory, "CGROUPS", tmp_path / "groups")
    return tmp_path


def group(machine: Path, name: str, limit: object) -> None:
    path = machine / "groups" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"{limit}\n")


def test_without_groups(machine: Path) -> None:
    assert usable_memory() == 64 * GIB
    assert limit_of(None, None) == 32 * GIB


@pytest.mark.parametrize(
    ("lines", "limits", "usable"),
    [
        ("0::/user.slice/job", {"user.slice/job/memory.max": 8 * GIB, "user.slice/memory.max": "max"}, 8),
        ("0::/user.slice/job", {"user.slice/job/memory.max": "max", "user.slice/memory.max": 4 * GIB}, 4),
        ("0::/", {"memory.max": 2 * GIB}, 2),
        # The path is the host's, and only the container's own group is in sight.
        ("0::/docker/0123", {"memory.max": 3 * GIB}, 3),
        ("5:cpu:/a\n4:memory:/a/b\n0::/", {"memory/a/memory.limit_in_bytes": 5 * GIB}, 5),
        ("3:cpu,memory:/docker/0123", {"memory/memory.limit_in_bytes": 6 * GIB}, 6),
        ("4:memory:/a", {"memory/a/memory.limit_in_bytes": 9223372036854771712}, 64),
        ("4:cpu:/a\n0::/a", {"cpu/a/memory.limit_in_bytes": 1, "b/memory.max": 1, "memory/a/memory.max": 1}, 64),
    ],
)
def test_control_groups(machine: Path, lines: str, limits: dict[str, object], usable: int) -> None:
    (machine / "cgroup").write_text(f"{lines}\n")
    for name, limit in limits.items():
        group(machine, name, limit)
    assert usable_memory() == usable * GIB


def test_a_machine_that_does_not_tell(machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(_: str) -> int:
        raise ValueError("unrecognized configuration name")

    for sysconf in (unknown, lambda _: -1):
        monkeypatch.setattr(_memory.os, "sysconf", sysconf)
        assert usable_memory() is None
        assert limit_of(None, None) is None
    assert pk.tally(LOG).frame.height == LOG.height


def test_what_is_said_comes_first(machine: Path) -> None:
    assert limit_of("1.5 GiB", 2) == 3 * GIB // 2
    assert limit_of(200 * GIB, None) == 200 * GIB


CHILD = f"""
import resource
resource.setrlimit(resource.RLIMIT_AS, ({3 * GIB}, {3 * GIB}))
from passcurve._memory import limit_of
print(limit_of(None, 2))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="it has no such limit")
def test_the_address_space(tmp_path: Path) -> None:
    child = subprocess.run([sys.executable, "-c", CHILD], capture_output=True, text=True, check=True)
    assert GIB // 4 < int(child.stdout) < 3 * GIB // 4


def test_the_default_ends_in_an_error_that_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    LOG.write_parquet(tmp_path / "log.parquet")
    monkeypatch.setattr(_memory, "usable_memory", lambda: 2 << 20)
    for source in (LOG, tmp_path / "log.parquet"):
        with pytest.raises(pk.MemoryLimitError, match=r"memory_limit of 1048576 bytes reached \(") as caught:
            pk.tally(source)
        assert str(caught.value).endswith(
            "; raise it, or split the log (the default, by the memory that this process may use; say memory_limit= for "
            "another)"
        )
        with pytest.raises(pk.MemoryLimitError, match=r"or split the log$"):
            pk.tally(source, memory_limit="1MiB")
        assert len(pk.tally(source, memory_limit="4GiB")) == LOG.height
    printed = run("tally", tmp_path / "log.parquet", status=1)
    assert "say --memory-limit for another" in printed.stderr
