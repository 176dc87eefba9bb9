"""What saved tallies weigh, and what merging them takes, by their keys and their number."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import polars as pl

import passcurve as pk
from bench.growth import ROOT, measure
from bench.logs import log

SHARDS = ((1_000, 1_000), (10_000, 100), (100_000, 32), (1_000_000, 8), (10_000_000, 2))
"""Keys of each shard, the same in all, and how many shards."""
APART = (100_000, 32)
"""The same where no two have a key in common."""
RANGED = (1_000_000, 8)
EIGHTH = 8
COUNTED = ((10_000, 2_000_000), (1_000_000, 4_000_000), (10_000_000, 20_000_000))
"""Keys and rows of a log whose count shows what keys take."""
SAMPLES = 16
DIGITS = 12
PLACES, STEP = 10**DIGITS, 61_803_398_875 + 2
"""Ids are multiples of the step, which shares no divisor with the places: a new one each time, evenly spread."""


def saved(folder: Path, keys: int, shards: int, *, apart: bool = False) -> tuple[float, float]:
    """Writes shards; their bytes a key, and the seconds a key of writing one."""
    seconds = []
    for shard in range(shards):
        first = shard * keys if apart else 0
        # Digits spread out and counts at random, so that files are not smaller than they would be.
        number = pl.int_range(first, first + keys, eager=True) * STEP % PLACES
        problem = pl.select(pl.format("p-{}", number.cast(pl.String).str.zfill(DIGITS)).alias("problem"))
        passed = np.random.default_rng(shard).integers(0, SAMPLES + 1, keys)
        counts = problem.with_columns(n=pl.lit(SAMPLES), c=pl.Series(passed))
        tally = pk.Tally.from_counts(counts)
        start = time.perf_counter()
        tally.write_parquet(folder / f"{shard:05}.parquet")
        seconds.append(time.perf_counter() - start)
    size = (folder / "00000.parquet").stat().st_size
    return size / keys, min(seconds) / keys


def merges() -> list[dict[str, float]]:
    """Each merge of `SHARDS`, of `APART` (last but one), and of an eighth of the problems of `RANGED` (last)."""
    found = []
    for keys, shards, apart, part in (
        *((keys, shards, False, 1) for keys, shards in SHARDS),
        (*APART, True, 1),
        (*RANGED, False, EIGHTH),
    ):
        folder = Path(tempfile.mkdtemp(prefix="passcurve-scale-"))
        try:
            size, writing = saved(folder, keys, shards, apart=apart)
            upper = [f"p-{PLACES // part:0{DIGITS}}"] if part > 1 else []
            before, peak, seconds = _run(folder, *upper)
        finally:
            shutil.rmtree(folder)
        distinct = (keys * shards if apart else keys) / part
        found.append(
            {
                "keys": keys, "shards": shards, "distinct": distinct, "part": part, "seconds": seconds,
                "memory": (peak - before) * 2.0**20, "saved": size, "writing": writing,
            }
        )  # fmt: skip
    return found


def counts(folder: Path) -> list[dict[str, float]]:
    """The peak memory of a count by its keys, beyond what was there before."""
    found = []
    for keys, rows in COUNTED:
        before, peak, seconds = measure("passcurve", log(folder, "shuffled", rows, keys), 1)
        found.append({"keys": keys, "rows": rows, "seconds": seconds, "memory": (peak - before) * 2.0**20})
    return found


def _run(folder: Path, *more: str) -> tuple[int, int, float]:
    command = [sys.executable, "-m", "bench.scale.child", str(folder), *more]
    # A core's work, as the counts by layout are.
    alone = {**os.environ, "POLARS_MAX_THREADS": "1", "RAYON_NUM_THREADS": "1"}
    done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True, env=alone)
    before, peak, seconds = done.stdout.split()
    return int(before), int(peak), float(seconds)
