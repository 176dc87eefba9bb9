"""Damaged files: an error that names the file, or every row counted as another reader counts it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parent / "mutants.py"
MUTANTS = 3000


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("kind", ["parquet", "ipc", "jsonl", "records"])
def test_mutants(kind: str, seed: int) -> None:
    done = subprocess.run(
        [sys.executable, str(SCRIPT), kind, str(seed), str(MUTANTS)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    # A library that panics is caught, but says so here.
    assert done.stderr == ""
    fates = json.loads(done.stdout)
    assert 0 < fates["refused"] < MUTANTS == sum(fates.values())
