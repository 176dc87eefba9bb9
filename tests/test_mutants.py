"""Damaged files: an error that names the file, or every row conserved."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parent / "mutants.py"
MUTANTS = 4000


@pytest.mark.parametrize("seed", [1, 2])
def test_mutants(seed: int) -> None:
    done = subprocess.run(
        [sys.executable, str(SCRIPT), str(seed), str(MUTANTS)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    # A library that panics is caught, but says so here.
    assert done.stderr == ""
    fates = json.loads(done.stdout)
    assert fates.keys() == {"refused", "conserved"}
    assert sum(fates.values()) == MUTANTS
