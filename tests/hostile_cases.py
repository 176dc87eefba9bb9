"""Hostile and odd logs with the outcome that each must have, and whether an outcome is that one."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

SECONDS = 10.0
SLACK_MIB = 64.0
HERE = Path(__file__).parent


def generate(tool: Path, folder: Path) -> list[dict[str, Any]]:
    """Writes the files with ``tool``; their cases."""
    subprocess.run([sys.executable, str(tool), str(folder)], check=True, stdout=subprocess.DEVNULL)
    return json.loads((folder / "manifest.json").read_text())["files"]


def run(folder: Path, cases: list[dict[str, Any]], workers: int = 2) -> list[dict[str, Any]]:
    """The outcomes of the cases, in their order."""
    asked = [
        json.dumps({name: case[name] for name in ("file", "idcol", "vcol", "vkind")} | _sample(case)) for case in cases
    ]
    command = [sys.executable, str(HERE / "hostile_child.py"), str(folder), str(SECONDS)]
    # One thread a child: what is tested is each file, and the workers share the machine.
    environment = {**os.environ, "RAYON_NUM_THREADS": "2"}
    parts = [asked[start::workers] for start in range(workers)]
    running = []
    for part in parts:
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment)
        running.append((process, "\n".join(part)))
    import threading

    outputs: dict[int, str] = {}

    def collect(at: int) -> None:
        process, text = running[at]
        outputs[at] = process.communicate(text)[0]

    threads = [threading.Thread(target=collect, args=(at,)) for at in range(len(running))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = {line["file"]: line for text in outputs.values() for line in map(json.loads, text.splitlines())}
    return [found.get(case["file"], {"file": case["file"], "what": "lost"}) for case in cases]


def _sample(case: dict[str, Any]) -> dict[str, str]:
    return {"sample": "sample_id"} if case["format"] == "dir" else {}


def verdict(case: dict[str, Any], outcome: dict[str, Any]) -> str:
    """One letter: ``=`` exact, ``r`` refused, ``~`` rows conserved, ``a`` accepted though malformed, and what is wrong."""
    what = outcome["what"]
    if what in {"panic", "crash", "hang", "lost"}:
        return {"panic": "P", "crash": "X", "hang": "T", "lost": "X"}[what]
    if case["rss_mb"] is not None and outcome["mib"] > case["rss_mb"]:
        return "M"
    if what == "refused":
        return "r"
    if case["tally"] is not None and _counts(outcome) == _expected(case):
        return "=" if case["outcome"] != "error" else "a"
    total = sum(n for _, n, _ in outcome["tally"]) + outcome["null_ids"]
    if total == case["rows"]:
        return "~" if case["outcome"] == "conserve_or_error" else "W"
    return "N"


ALLOWED = {"tally": "=", "error": "r", "tally_or_error": "=r", "conserve_or_error": "=r~"}


def _counts(outcome: dict[str, Any]) -> tuple[Any, ...]:
    return sorted(outcome["tally"]), outcome["nulls"], outcome["null_ids"]


def _expected(case: dict[str, Any]) -> tuple[Any, ...]:
    known = [row for row in case["tally"] if row[0] != "<null>"]
    null_ids = sum(row[1] for row in case["tally"] if row[0] == "<null>")
    return sorted([id, n, c] for id, n, _, c in known), sum(row[2] for row in known), null_ids
