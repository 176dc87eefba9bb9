"""Logs of pipelines are read in the memory of one record, however large what is stepped over."""

from __future__ import annotations

import json
import subprocess
import sys
import textwrap
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

RECORDS, LONG = 120, "x" * 1_000_000
MOST = 32 << 20
"""Bytes that a log of 120 MB may take."""

linux = pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="only Linux says how much a process took")
PROGRAM = """
    import sys
    from pathlib import Path
    import passcurve as pk

    def peak():
        return int(Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0]) << 10

    pk.tally(sys.argv[1], format=sys.argv[3])
    before = peak()
    tally = pk.tally(sys.argv[2], format=sys.argv[3])
    print(tally.frame["n"].sum(), peak() - before)
"""


def lm_eval(folder: Path, records: int, long: str) -> Path:
    path = folder / "m/samples_t_2026-01-21T03-44-18.458309.jsonl"
    path.parent.mkdir(parents=True)
    with path.open("w") as file:
        for doc in range(records):
            row = {"doc_id": doc, "doc": {"text": long}, "resps": [["a"]], "filtered_resps": ["a"], "filter": "none"}
            file.write(json.dumps(row | {"metrics": ["acc"], "acc": 1.0}) + "\n")
    return path


def inspect_json(folder: Path, records: int, long: str) -> Path:
    path = folder / "log.json"
    path.parent.mkdir(parents=True)
    header = json.dumps({"version": 2, "status": "success", "eval": {"task": "t", "model": "m"}})
    with path.open("w") as file:
        file.write(header[:-1] + ', "samples": [')
        for at in range(records):
            sample = {"id": at, "epoch": 1, "messages": [{"content": long}], "scores": {"s": {"value": "C"}}}
            file.write("," * (at > 0) + json.dumps(sample))
        file.write("]}")
    return path


def inspect(folder: Path, records: int, long: str) -> Path:
    path = folder / "log.eval"
    path.parent.mkdir(parents=True)
    header = {"version": 2, "status": "success", "eval": {"task": "t", "model": "m"}}
    summaries = [{"id": at, "epoch": 1, "scores": {"s": {"value": "C"}}} for at in range(records)]
    with zipfile.ZipFile(path, "w") as archive:
        for at in range(records):
            archive.writestr(f"samples/{at}_epoch_1.json", long)
        archive.writestr("summaries.json", json.dumps(summaries))
        archive.writestr("header.json", json.dumps(header))
    return path


def tau2(folder: Path, records: int, long: str) -> Path:
    path = folder / "results.json"
    path.parent.mkdir(parents=True)
    with path.open("w") as file:
        file.write('{"info": {"agent_info": {"llm": "m"}}, "simulations": [')
        for at in range(records):
            run = {"task_id": f"{at}", "trial": 0, "messages": [long], "reward_info": {"reward": 1.0}}
            file.write("," * (at > 0) + json.dumps(run))
        file.write("]}")
    return path


MAKERS: dict[str, tuple[str, Callable[[Path, int, str], Path]]] = {
    "lm_eval": ("lm-eval", lm_eval), "inspect": ("inspect", inspect), "inspect_json": ("inspect", inspect_json),
    "tau2": ("tau2", tau2),
}  # fmt: skip


@linux
@pytest.mark.parametrize("name", MAKERS)
def test_a_log_that_is_mostly_text(tmp_path: Path, name: str) -> None:
    format, maker = MAKERS[name]
    small, large = maker(tmp_path / "small", 2, "x"), maker(tmp_path / "large", RECORDS, LONG)
    assert large.stat().st_size > 3 * MOST
    command = [sys.executable, "-c", textwrap.dedent(PROGRAM), str(small), str(large), format]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
    samples, took = map(int, done.stdout.split())
    large.unlink()
    assert samples == RECORDS
    assert took < MOST, took
