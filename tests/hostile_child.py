"""Tallies files one by one, each in a forked child with limits; prints a line of JSON for each.

python hostile_child.py FOLDER SECONDS < lines of JSON: {"file", "idcol", "vcol", "vkind", "sample"}, or {"file"}: then
every column is tried as the problem's and as the verdict's.
"""

from __future__ import annotations

import itertools
import json
import os
import resource
import select
import signal
import sys
import time
import warnings
from pathlib import Path
from typing import Any

import passcurve as pk
from passcurve import _core

ADDRESS_SPACE = 6 << 30
LONGEST = 32 << 20
COLUMNS = 12
"""How many columns of an unknown file are tried."""


def tallied(folder: Path, case: dict[str, Any]) -> dict[str, Any]:
    """What becomes of a case, in this process."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    try:
        found = pk.tally(
            folder / case["file"],
            problem=case["idcol"],
            verdict=case["vcol"],
            sample=case.get("sample"),
            passing="pass" if case["vkind"] == "str" else None,
            failing="fail" if case["vkind"] == "str" else None,
            on_null="fail",
            on_null_id=case.get("on_null_id", "skip"),
            progress=False,
        )
    except pk.InternalError as error:
        outcome: dict[str, Any] = {"what": "panic", "error": str(error)}
    except (pk.DataError, ValueError, OSError, MemoryError) as error:
        outcome = {"what": "refused", "error": str(error), "kind": type(error).__name__}
    else:
        rows = [[_word(name), n, c] for name, n, c in found.frame.iter_rows()]
        counters = {"nulls": found.provenance.nulls, "null_ids": found.provenance.null_ids}
        outcome = {"what": "tally", "tally": rows, **counters}
    outcome["mib"] = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    return outcome


def tried(folder: Path, case: dict[str, Any]) -> dict[str, Any]:
    """What becomes of a file whose columns are not known, in this process: how many pairs of them gave a tally."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    errors, tallies = [], 0
    try:
        columns = _core.file_columns(str(folder / case["file"]))[:COLUMNS]
    except (pk.DataError, OSError) as error:
        columns, errors = [], [str(error)]
    rules: list[dict[str, Any]] = [{"threshold": 0}, {"passing": "x"}, {}]
    for problem, verdict, rule in itertools.product(columns, columns, rules):
        policies: dict[str, Any] = {"on_null": "fail", "on_null_id": "skip", "progress": False}
        try:
            with warnings.catch_warnings(action="ignore"):
                pk.tally(folder / case["file"], problem=problem, verdict=verdict, **rule, **policies)
            tallies += 1
        except (pk.DataError, ValueError, MemoryError) as error:
            errors.append(str(error))
    mib = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    return {"what": "tried", "columns": len(columns), "tallies": tallies, "errors": sorted(set(errors)), "mib": mib}


def _word(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    word = str(value)
    # One id is of 64 MiB, and the expected tally names it so.
    return word if len(word) <= LONGEST else f"{word[:8]}...{len(word) >> 20}MiB"


def in_a_child(folder: Path, case: dict[str, Any], seconds: float) -> dict[str, Any]:
    """What becomes of a case, whatever it does to its process."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, 2)
        resource.setrlimit(resource.RLIMIT_AS, (ADDRESS_SPACE, ADDRESS_SPACE))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        with os.fdopen(writer, "w") as pipe:
            json.dump((tallied if "idcol" in case else tried)(folder, case), pipe)
        os._exit(0)
    os.close(writer)
    started, parts = time.monotonic(), []
    with os.fdopen(reader, "rb", buffering=0) as pipe:
        while True:
            left = started + seconds - time.monotonic()
            if left <= 0 or not select.select([pipe], [], [], left)[0]:
                os.kill(child, signal.SIGKILL)
                os.waitpid(child, 0)
                return {"what": "hang"}
            part = pipe.read(1 << 20)
            if not part:
                break
            parts.append(part)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        return {"what": "crash", "error": f"signal {os.WTERMSIG(status)}"}
    return {**json.loads(b"".join(parts)), "seconds": time.monotonic() - started}


def main() -> None:
    """Reads cases, writes outcomes."""
    folder, seconds = Path(sys.argv[1]), float(sys.argv[2])
    for line in sys.stdin:
        case = json.loads(line)
        print(json.dumps({"file": case["file"], **in_a_child(folder, case, seconds)}), flush=True)


if __name__ == "__main__":
    main()
