"""A Ray of this machine for the tests, and logs of eight shards."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

ray = pytest.importorskip("ray")

SHARDS = 8
MARKS = [
    pytest.mark.usefixtures("cluster"),
    # Ray's of itself.
    pytest.mark.filterwarnings("ignore::DeprecationWarning:ray"),
    pytest.mark.filterwarnings("ignore::FutureWarning:ray"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]


@pytest.fixture(scope="session")
def cluster() -> None:
    """One for all tests."""
    if not ray.is_initialized():
        memory = {"object_store_memory": 300_000_000}
        quiet = {"include_dashboard": False, "log_to_driver": False, "logging_level": logging.ERROR}
        ray.init(num_cpus=4, **memory, **quiet)
    context = ray.data.DataContext.get_current()
    context.enable_progress_bars = False
    logging.getLogger("ray.data").setLevel(logging.ERROR)


def rows(shard: int, count: int, seed: int = 0) -> pl.DataFrame:
    """Verdicts of three models at uneven n, a few of them null, each with its sample's index and an answer."""
    rng = np.random.default_rng([seed, shard])
    problem = np.minimum(rng.geometric(0.004, count), 2000)
    frame = pl.DataFrame(
        {
            "model": pl.Series(rng.integers(0, 3, count)).replace_strict({0: "base", 1: "rl", 2: "rl-long"}),
            "problem": [f"math-{number:04}" for number in problem.tolist()],
            "sample": np.arange(count, dtype=np.int64) + shard * count,
            "correct": rng.random(count) < problem / 2000,
            "answer": pl.Series(rng.integers(0, 4, count)).cast(pl.String),
        }
    )
    gone, silent = pl.Series(rng.random(count) < 0.001), pl.col("answer") == "3"
    return frame.with_columns(correct=pl.when(~gone).then("correct"), answer=pl.when(~silent).then("answer"))


def write(folder: Path, each: int, kind: str = "parquet", hive: bool = False) -> Path:
    """Eight shards of so many verdicts each, some shorter."""
    for shard in range(SHARDS):
        frame = rows(shard, each - 1000 * shard if each > 10_000 else each)
        target = folder / f"step={shard // 2 * 100}" if hive else folder
        target.mkdir(parents=True, exist_ok=True)
        path = target / f"part-{shard}.{kind}"
        frame.write_parquet(path) if kind == "parquet" else frame.write_ndjson(path)
    return folder


def same(ours: Any, whole: Any) -> None:
    """Fails unless all of it is the same, to the bit."""
    assert ours.frame.schema == whole.frame.schema
    assert ours.frame.equals(whole.frame)
    assert ours == whole
    assert ours.provenance == whole.provenance
