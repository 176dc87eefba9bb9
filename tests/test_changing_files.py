"""Files that are cut, replaced, appended to or written over while they are read: right counts, or an error."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

MOMENTS = int(os.environ.get("CHANGE_MOMENTS", "4"))
CHILD = Path(__file__).parent / "changing_child.py"
KINDS = ("parquet", "arrow", "arrows", "jsonl", "jsonl.gz", "jsonl.zst")


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_that_changes(tmp_path: Path, kind: str) -> None:
    done = subprocess.run(
        [sys.executable, str(CHILD), kind, str(tmp_path), str(MOMENTS)],
        capture_output=True,
        text=True,
        timeout=120 + 30 * MOMENTS,
        check=False,
    )
    # A map of the file would have died here.
    assert done.returncode == 0, (done.returncode, done.stderr)
    outcomes = [json.loads(line) for line in done.stdout.splitlines()]
    wrong = [outcome for outcome in outcomes if not outcome["right"]]
    assert not wrong
    assert len(outcomes) == 5 * MOMENTS
    print(kind, dict(Counter((outcome["how"], outcome["what"]) for outcome in outcomes)))


def test_nothing_is_mapped() -> None:
    """No crate of the core maps files."""
    lock = Path(__file__).parent.parent / "Cargo.lock"
    assert 'name = "arrow-ipc"' in lock.read_text()
    assert "mmap" not in lock.read_text()
