"""`passcurve doctor`: what it says of the machine, and that a wrong answer is found."""

import json
import os
import platform
import sys
from importlib.metadata import version

import numpy as np
import pytest

import passcurve as pk
from clitools import process, run
from passcurve import _memory
from passcurve.cli import checks, doctor, machine


def test_all_is_well_here():
    found = json.loads(run("doctor", "--json").stdout)
    assert found["ok"]
    assert [row["name"] for row in found["checks"]] == list(checks.CHECKS)
    assert {row["problem"] for row in found["checks"]} == {None}
    assert found["versions"]["passcurve"] == pk.__version__
    assert found["versions"]["numpy"] == np.__version__
    assert found["versions"]["Python"].startswith(platform.python_version())
    assert found["memory"] == {"usable": _memory.usable_memory(), "limit": _memory.limit_of(None, None)}
    assert found["build"] in {"release", "debug"}


def test_it_is_printed_in_80_columns():
    result = run("doctor")
    lines = result.stdout.splitlines()
    assert f"polars             {version('polars')}" in lines
    assert sum(line.startswith("ok ") for line in lines) == len(checks.CHECKS)
    assert max(map(len, lines)) <= 80
    assert result.stderr == ""


def test_a_wrong_answer_is_status_1(monkeypatch):
    monkeypatch.setattr(pk, "pass_at_k", lambda n, c, k: 0.5)
    result = run("doctor", status=1)
    wrong = next(line for line in result.stdout.splitlines() if line.startswith("WRONG"))
    assert wrong == "WRONG  pass@k, pass^k and alpha_k are the exact values: AssertionError: 0.5 is"
    found = json.loads(run("doctor", "--json", status=1).stdout)
    assert not found["ok"]
    assert found["checks"][0]["problem"] == "AssertionError: 0.5 is not 0.0"


@pytest.mark.parametrize("name", [name for name in checks.CHECKS if "bits" in name or "counted" in name])
def test_a_tally_that_fails_is_found(monkeypatch, name):
    def fail(*args, **kwargs):
        raise RuntimeError("bad")

    monkeypatch.setattr(pk, "tally", fail)
    monkeypatch.setattr(pk.Tally, "from_counts", fail)
    assert checks.problem_of(checks.CHECKS[name]) == "RuntimeError: bad"


def test_elsewhere_the_processor_is_unknown(monkeypatch, tmp_path):
    monkeypatch.setattr(machine, "CPU", tmp_path / "none")
    assert machine.processor() == {"model": None, "features": None}
    shown = [line.split() for line in run("doctor").stdout.splitlines()]
    assert ["processor", "unknown"] in shown
    assert ["features", "unknown"] in shown


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("model name\t: A B\nflags\t\t: fpu avx2 avx2x popcnt\n", {"model": "A B", "features": ["popcnt", "avx2"]}),
        ("processor\t: 0\nFeatures\t: fp asimd crc32\n", {"model": None, "features": ["asimd", "crc32"]}),
        ("", {"model": None, "features": None}),
    ],
)
def test_features_of_both_kinds_of_processors(monkeypatch, tmp_path, text, expected):
    (tmp_path / "cpuinfo").write_text(text)
    monkeypatch.setattr(machine, "CPU", tmp_path / "cpuinfo")
    assert machine.processor() == expected


def test_threads_are_what_the_core_takes(monkeypatch, tmp_path):
    for asked, expected in (("3", 3), ("1000", 256)):
        monkeypatch.setenv("RAYON_NUM_THREADS", asked)
        assert machine.threads() == expected
    for unheeded in ("0", "many", ""):
        monkeypatch.setenv("RAYON_NUM_THREADS", unheeded)
        assert 1 <= machine.threads() <= (os.cpu_count() or 1)
    group = tmp_path / "groups" / "a" / "b"
    group.mkdir(parents=True)
    (tmp_path / "cgroup").write_text("0::/a/b\n")
    (group / "cpu.max").write_text("max 100000\n")
    (group.parent / "cpu.max").write_text("150000 100000\n")
    monkeypatch.setattr(machine, "GROUP", tmp_path / "cgroup")
    monkeypatch.setattr(machine, "GROUPS", tmp_path / "groups")
    assert machine.threads() == 1
    assert machine._quotas() == [1]


@pytest.mark.parametrize(
    ("size", "text"), [(None, "unknown"), (512, "512 B"), (25 << 28, "6.25 GiB"), (1 << 50, "1024 TiB")]
)
def test_sizes(size, text):
    assert doctor._size(size) == text


def test_what_is_not_installed_is_said(monkeypatch):
    monkeypatch.setattr(machine, "PACKAGES", ("passcurve", "no-such-package"))
    assert machine.versions()["no-such-package"] is None
    assert "no-such-package  not installed" in run("doctor").stdout


def test_the_process_ends_well():
    done = process("doctor")
    assert (done.returncode, done.stderr) == (0, "")
    assert f"Python             {sys.version_info.major}." in done.stdout
