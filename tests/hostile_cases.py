"""Hostile and odd logs with the outcome that each must have, and whether an outcome is that one."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

SECONDS = 10.0
CHILD = Path(__file__).parent / "hostile_child.py"
ALLOWED = {"tally": "=", "error": "r", "tally_or_error": "=r", "conserve_or_error": "=r~"}
"""The verdicts that each outcome asked for allows."""

NEED_SAMPLES = {"shards/exact_copy", "shards/retry_overlap", "shards/retry_conflict"}
"""Only the sample's index tells that these hold rows twice."""

Case = dict[str, Any]


def generate(tool: Path, folder: Path) -> list[Case]:
    """Writes the files with ``tool``; their cases."""
    subprocess.run([sys.executable, str(tool), str(folder)], check=True, stdout=subprocess.DEVNULL)
    return json.loads((folder / "manifest.json").read_text())["files"]


def run(folder: Path, cases: list[Case], workers: int = 2) -> list[dict[str, Any]]:
    """The outcomes of the cases, in their order."""
    with ThreadPoolExecutor(workers) as pool:
        parts = pool.map(lambda start: _run_part(folder, cases[start::workers]), range(workers))
        found = {outcome["file"]: outcome for part in parts for outcome in part}
    return [found.get(case["file"], {"what": "lost"}) for case in cases]


def _run_part(folder: Path, cases: list[Case]) -> list[dict[str, Any]]:
    asked = []
    for case in cases:
        sample = {"sample": "sample_id"} if case["file"] in NEED_SAMPLES else {}
        # Elsewhere null ids are left out and counted, to be compared; a line without an id is an error by default.
        sample |= {"on_null_id": "error"} if case["file"] == "jsonl_bad/id_missing.jsonl" else {}
        asked.append(json.dumps({name: case[name] for name in ("file", "idcol", "vcol", "vkind")} | sample))
    command = [sys.executable, str(CHILD), str(folder), str(SECONDS)]
    environment = {**os.environ, "RAYON_NUM_THREADS": "2"}
    done = subprocess.run(
        command, input="\n".join(asked), stdout=subprocess.PIPE, text=True, env=environment, check=True
    )
    return [json.loads(line) for line in done.stdout.splitlines()]


def verdict(case: Case, outcome: dict[str, Any]) -> str:
    """One letter: ``=`` exact, ``r`` refused, ``~`` rows conserved, ``a`` accepted though it is malformed.

    What is never right: ``W`` wrong counts, ``N`` a wrong number of rows, ``M`` too much memory, ``P`` a panic, ``X`` a
    dead process, ``T`` too slow.
    """
    what = outcome["what"]
    if what in {"panic", "crash", "hang", "lost"}:
        return {"panic": "P", "crash": "X", "hang": "T", "lost": "X"}[what]
    if case["rss_mb"] is not None and outcome["mib"] > case["rss_mb"]:
        return "M"
    if what == "refused":
        return "r"
    if case["tally"] is not None and _counted(outcome) == _expected(case):
        return "=" if case["outcome"] != "error" else "a"
    rows = sum(n for _, n, _ in outcome["tally"]) + outcome["null_ids"]
    if rows == case["rows"]:
        return "~" if case["outcome"] == "conserve_or_error" else "W"
    return "N"


def _counted(outcome: dict[str, Any]) -> tuple[Any, ...]:
    return sorted(outcome["tally"]), outcome["nulls"], outcome["null_ids"]


def _expected(case: Case) -> tuple[Any, ...]:
    known = [row for row in case["tally"] if row[0] != "<null>"]
    null_ids = sum(row[1] for row in case["tally"] if row[0] == "<null>")
    return sorted([name, n, c] for name, n, _, c in known), sum(row[2] for row in known), null_ids
