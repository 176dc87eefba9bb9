"""Synthetic logs of verdicts, written in bounded memory and kept for the next run."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]

Order: TypeAlias = Literal["clustered", "shuffled"]

MODELS, PROBLEMS = 20, 5_000
KEYS = MODELS * PROBLEMS
ROW_GROUP = 10 * KEYS

MODEL_NAMES = pa.array([f"model-{i:02d}" for i in range(MODELS)])
PROBLEM_NAMES = pa.array([f"problem-{i:05d}" for i in range(PROBLEMS)])
SCHEMA = pa.schema({"model": pa.string(), "problem": pa.string(), "passed": pa.bool_()})


def log(folder: Path, order: Order, rows: int) -> Path:
    """A Parquet log of rows / KEYS samples a (model, problem); found again where it is there already.

    Clustered, the rows are sorted by model and problem. Shuffled, every row group holds all keys equally
    often, in random order.
    """
    path = folder / f"passcurve-bench-{order}-{rows}.parquet"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(".part")
        with pq.ParquetWriter(part, SCHEMA, compression="zstd") as writer:
            for table in _row_groups(order, rows):
                writer.write_table(table, row_group_size=ROW_GROUP)
        part.replace(path)
    return path


def _row_groups(order: Order, rows: int) -> Iterator[pa.Table]:
    rng = np.random.default_rng(3)
    rates = rng.beta(0.4, 0.6, KEYS)
    for start in range(0, rows, ROW_GROUP):
        places = np.arange(start, min(start + ROW_GROUP, rows))
        keys = places // (rows // KEYS) if order == "clustered" else rng.permutation(places % KEYS)
        yield _table(keys, rng.random(len(keys)) < rates[keys])


def _table(keys: npt.NDArray[np.int64], passed: npt.NDArray[np.bool_]) -> pa.Table:
    columns = {
        "model": MODEL_NAMES.take(pa.array(keys // PROBLEMS)),
        "problem": PROBLEM_NAMES.take(pa.array(keys % PROBLEMS)),
        "passed": pa.array(passed),
    }
    return pa.table(columns, schema=SCHEMA)
