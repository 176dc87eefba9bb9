"""Pipelines' own logs of a gibibyte: seconds and memory against what their users read them with.

`python -m bench.native ENGINE LOG` reads in a process of its own and prints MiB before, MiB at the peak, and seconds.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np

from bench import THREADS, report
from bench.engines import memory
from bench.timing import duration

# A process that shows the memory of one engine should not hold the others, hence the imports inside.
# ruff: noqa: PLC0415

ROOT = Path(__file__).parent.parent
SIZE = 1 << 30
RESPONSES, SAMPLES, STEPS = 8, 10_000, 40


def run(folder: Path) -> str:
    parts = [
        "## Logs of pipelines\n",
        "A log of lm-evaluation-harness (samples_*.jsonl, 8 responses of 1 KB a document), one of Inspect (.eval, "
        "10,000 samples whose transcripts are in the archive too) and verl's dumps of 40 validations (<step>.jsonl, 8 "
        "outputs of 1 KB a prompt), in the page cache. Each reader makes (problem, n, c), of verl by step; the fastest "
        "of three readings in a process of its own, and that process's peak memory after the first. A log in its own "
        "format is read a file and the next at a time.\n",
    ]
    for title, log, engines in (
        ("lm-eval", lm_eval(folder), ("passcurve", "polars scan_ndjson", "json.loads")),
        ("Inspect", inspect(folder), ("passcurve", "json.loads", "samples_df")),
        ("verl", verl(folder), ("passcurve", "polars scan_ndjson", "json.loads")),
    ):
        rows = []
        for engine in engines:
            measured = measure(engine, log)
            if measured is not None:
                before, peak, seconds = measured
                rows.append([engine, duration(seconds), f"{peak:,}", f"{before:,}"])
        size = sum(path.stat().st_size for path in (log.iterdir() if log.is_dir() else [log]))
        parts += [f"{title}, {size / 2**20:,.0f} MiB:\n"]
        parts += [report.table(["", "time", "peak MiB", "MiB before"], rows)]
    return "\n".join(parts)


def measure(engine: str, log: Path) -> tuple[int, int, float] | None:
    """None where the reader is not installed."""
    command = [sys.executable, "-m", "bench.native", engine, str(log)]
    done = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True)
    if "ModuleNotFoundError" in done.stderr:
        return None
    before, peak, seconds = done.stdout.split()
    return int(before), int(peak), float(seconds)


def lm_eval(folder: Path) -> Path:
    """Documents with a few kilobytes of their own, a prompt and the responses."""
    path = folder / "passcurve-bench-lm-eval" / "samples_gsm8k_2026-01-21T03-44-18.458309.jsonl"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        rng, part = np.random.default_rng(7), path.with_suffix(".part")
        texts, doc = [_text(rng, 1000) for _ in range(100)], 0
        with part.open("w", encoding="utf-8") as file:
            while file.tell() < SIZE:
                picked = [texts[at] for at in rng.integers(0, len(texts), RESPONSES + 2)]
                row = {
                    "doc_id": doc,
                    "doc": {"question": picked[0], "answer": picked[1]},
                    "target": "5",
                    "arguments": {"gen_args_0": {"arg_0": picked[0], "arg_1": {"until": ["\n"]}}},
                    "resps": [picked[2:]],
                    "filtered_resps": [picked[2:]],
                    "filter": "none",
                    "metrics": ["pass@1"],
                    "doc_hash": "0" * 64,
                    "prompt_hash": "0" * 64,
                    "target_hash": "0" * 64,
                    "pass@1": int(rng.integers(0, RESPONSES + 1)) / RESPONSES,
                }
                file.write(json.dumps(row) + "\n")
                doc += 1
        part.replace(path)
    return path


def inspect(folder: Path) -> Path:
    """An archive most of which are transcripts."""
    path = folder / "passcurve-bench-inspect.eval"
    if not path.exists():
        rng, part = np.random.default_rng(8), path.with_suffix(".part")
        about = {"task": "gaia", "model": "m", "created": "2026-01-01T00:00:00+00:00", "dataset": {}, "config": {}}
        header = {"version": 2, "status": "success", "eval": about}
        transcript = json.dumps({"messages": [_text(rng, 1000) for _ in range(SIZE // SAMPLES // 1100)]})
        summaries = []
        with zipfile.ZipFile(part, "w", zipfile.ZIP_STORED) as archive:
            archive.writestr("_journal/start.json", json.dumps(header))
            for at in range(SAMPLES):
                name, epoch = f"problem-{at // 10}", at % 10 + 1
                archive.writestr(f"samples/{name}_epoch_{epoch}.json", transcript)
                value = "C" if rng.random() < (at // 10) / 1000 else "I"
                score = {"match": {"value": value, "answer": "5", "history": []}}
                summaries.append({"id": name, "epoch": epoch, "input": _text(rng, 500), "target": "5", "scores": score})
            archive.writestr("summaries.json", json.dumps(summaries), zipfile.ZIP_DEFLATED)
            archive.writestr("header.json", json.dumps(header))
        part.replace(path)
    return path


def verl(folder: Path) -> Path:
    """Dumps of validations, whose prompts are the same in each."""
    path = folder / "passcurve-bench-verl"
    if not path.exists():
        rng, part = np.random.default_rng(9), folder / "passcurve-bench-verl.part"
        part.mkdir(parents=True, exist_ok=True)
        texts = [_text(rng, 1000) for _ in range(100)]
        for step in range(0, 20 * STEPS, 20):
            with (part / f"{step}.jsonl").open("w", encoding="utf-8") as file:
                at = 0
                while file.tell() < SIZE // STEPS:
                    prompt = f"Problem {at // RESPONSES}: {texts[at // RESPONSES % len(texts)][:400]}"
                    passed = bool(rng.random() < 0.4)
                    row = {"input": prompt, "output": texts[rng.integers(0, len(texts))], "gts": "5", "step": step}
                    file.write(json.dumps(row | {"score": float(passed), "acc": passed}) + "\n")
                    at += 1
        part.replace(path)
    return path


def _text(rng: np.random.Generator, length: int) -> str:
    words = ["therefore", "the", "sum", 'is "x"', "\\frac{1}{2}", "é", "\n", "we"]
    return " ".join(words[at] for at in rng.integers(0, len(words), length // 4))[:length]


def passcurve(log: Path) -> int:
    import passcurve as pk

    return len(pk.tally(log, format="auto", threads=THREADS))


def polars(log: Path) -> int:
    import polars as pl

    if log.is_dir():
        rows = pl.scan_ndjson(log / "*.jsonl").group_by("step", "input", "gts").agg(n=pl.len(), c=pl.col("acc").sum())
        return rows.collect(engine="streaming").height
    rows = pl.scan_ndjson(log).select("doc_id", "pass@1", n=pl.col("resps").list.first().list.len())
    return rows.with_columns(c=(pl.col("n") * pl.col("pass@1")).round()).collect(engine="streaming").height


def json_loads(log: Path) -> int:
    counts: dict[object, list[int]] = {}
    if log.is_dir():
        for path in log.iterdir():
            with path.open(encoding="utf-8") as file:
                for line in file:
                    row = json.loads(line)
                    count = counts.setdefault((row["step"], row["input"], row["gts"]), [0, 0])
                    count[0] += 1
                    count[1] += row["acc"]
        return len(counts)
    if log.suffix == ".eval":
        with zipfile.ZipFile(log) as archive:
            for sample in json.loads(archive.read("summaries.json")):
                count = counts.setdefault(sample["id"], [0, 0])
                count[0] += 1
                count[1] += sample["scores"]["match"]["value"] == "C"
        return len(counts)
    with log.open(encoding="utf-8") as file:
        for line in file:
            row = json.loads(line)
            n = len(row["resps"][0])
            counts[row["doc_id"]] = [n, round(n * row["pass@1"])]
    return len(counts)


def samples_df(log: Path) -> int:
    from inspect_ai.analysis import samples_df as read

    return len(read(str(log), quiet=True).groupby("id")["score_match"].count())


READERS: dict[str, Callable[[Path], int]] = {
    "passcurve": passcurve,
    "polars scan_ndjson": polars,
    "json.loads": json_loads,
    "samples_df": samples_df,
}


def main(engine: str, log: str) -> None:
    read, path = READERS[engine], Path(log)
    before = memory("VmRSS")
    problems = read(path)
    peak, times = memory("VmHWM"), []
    for _ in range(3):
        start = time.perf_counter()
        if read(path) != problems:
            raise RuntimeError("two readings differ")
        times.append(time.perf_counter() - start)
    print(before, peak, min(times))


if __name__ == "__main__":
    main(*sys.argv[1:])
