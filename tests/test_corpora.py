"""Public files of many writers and fuzzers, each in a process of its own; those that have a class are all known."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

import hostile_child

if TYPE_CHECKING:
    from pathlib import Path

EACH = int(os.environ.get("CORPORA_EACH", "6"))
"""One in so many files is tried; `make soak` tries all."""

SECONDS, MIB = 30, 2048


def parquet_files(folder: Path) -> list[Path]:
    """All files below that are of Parquet, but for notes, keys and programs beside them."""
    others = {".md", ".txt", ".csv", ".json", ".bin", ".xxhash", ".py", ".yaml"}
    return sorted(path for path in folder.rglob("*") if path.is_file() and path.suffix not in others)


def unclassified(folder: Path) -> set[str]:
    """The files of the Parquet project for which nobody has said whether they must be read."""
    classes = json.loads((folder / "classification.json").read_text())
    files = [*parquet_files(folder / "data"), *parquet_files(folder / "bad_data")]
    return {str(path.relative_to(folder)) for path in files} - {case["file"] for case in classes}


def test_every_file_has_a_class(shared: Path, tmp_path: Path) -> None:
    folder = shared / "corpora" / "parquet-testing"
    assert unclassified(folder) == set()
    # A new one would be seen.
    for part in ("data", "bad_data"):
        (tmp_path / part).mkdir()
        (tmp_path / part / "new.parquet").write_bytes(b"PAR1")
    (tmp_path / "classification.json").write_bytes((folder / "classification.json").read_bytes())
    assert unclassified(tmp_path) == {"data/new.parquet", "bad_data/new.parquet"}


def tried(files: list[Path], folder: Path) -> list[dict[str, Any]]:
    """What becomes of each, with every column as the problem's and as the verdict's."""
    asked = []
    for at, path in enumerate(files):
        (folder / f"{at}.parquet").symlink_to(path)
        asked.append(json.dumps({"file": f"{at}.parquet"}))
    command = [sys.executable, hostile_child.__file__, str(folder), str(SECONDS)]
    done = subprocess.run(command, input="\n".join(asked), capture_output=True, text=True, check=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.mark.parametrize("corpus", ["parquet-testing", "arrow-testing/data/parquet"])
def test_no_file_is_too_much(shared: Path, tmp_path: Path, corpus: str) -> None:
    files = parquet_files(shared / "corpora" / corpus)
    assert len(files) >= (230 if corpus == "parquet-testing" else 80)
    files = files[::EACH]
    outcomes = tried(files, tmp_path)
    assert len(outcomes) == len(files)
    for path, outcome in zip(files, outcomes, strict=True):
        assert outcome["what"] == "tried", (path, outcome)
        assert outcome["mib"] < MIB, (path, outcome)
        assert not any("decoder failed" in error or "internal" in error for error in outcome["errors"]), (path, outcome)
    read = Counter("read" if outcome["columns"] else "refused" for outcome in outcomes)
    print(f"{corpus}: {dict(read)}, {sum(outcome['tallies'] for outcome in outcomes)} tallies")
    assert read["read"]
