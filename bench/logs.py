"""Synthetic logs of verdicts, written in bounded memory and kept for the next run."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]

Order: TypeAlias = Literal["clustered", "shuffled"]
Rows: TypeAlias = npt.NDArray[np.int64]

MODELS, PROBLEMS = 20, 5_000
KEYS = MODELS * PROBLEMS
ROW_GROUP = 1_000_000
TEXT = 300
"""Bytes of the text of a line."""

STEP = 7_368_787
"""Shares no divisor with any number of keys, so that multiples of it meet every key equally often."""

SCHEMA = pa.schema({"model": pa.string(), "problem": pa.string(), "passed": pa.bool_()})


def log(folder: Path, order: Order, rows: int, keys: int = KEYS) -> Path:
    """A Parquet log of rows / keys samples a (model, problem); found again where it is there already.

    Clustered, the rows are sorted by model and problem. Shuffled, every row group holds all keys equally often (or
    each at most once), in random order.
    """
    path = folder / f"passcurve-bench-{order}-{keys}-{rows}.parquet"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(".part")
        with pq.ParquetWriter(part, SCHEMA, compression="zstd") as writer:
            for places, passed in _rows(order, rows, keys):
                writer.write_table(_table(places, passed, keys), row_group_size=ROW_GROUP)
        part.replace(path)
    return path


def lines(folder: Path, rows: int) -> Path:
    """A log of JSON Lines, clustered, each with a text of `TEXT` bytes and a sample's index."""
    path = folder / f"passcurve-bench-{rows}.jsonl"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(".part")
        rng = np.random.default_rng(5)
        texts = [json.dumps(_text(rng)) for _ in range(200)]
        each = rows // KEYS
        with part.open("w", encoding="ascii") as file:
            for keys, passed in _rows("clustered", rows, KEYS):
                for row, (key, verdict) in enumerate(zip(keys.tolist(), passed.tolist(), strict=True)):
                    model, problem = _model(key // PROBLEMS), _problem(key % PROBLEMS)
                    file.write(
                        f'{{"model": "{model}", "problem": "{problem}", "sample": {row % each}, '
                        f'"completion": {texts[row % 200]}, "passed": {str(verdict).lower()}}}\n'
                    )
        part.replace(path)
    return path


def _rows(order: Order, rows: int, keys: int) -> Iterator[tuple[Rows, npt.NDArray[np.bool_]]]:
    """The keys of the rows and their verdicts, a row group at a time."""
    rng = np.random.default_rng(3)
    rates = rng.beta(0.4, 0.6, keys)
    for start in range(0, rows, ROW_GROUP):
        places = np.arange(start, min(start + ROW_GROUP, rows))
        taken = places // (rows // keys) if order == "clustered" else rng.permutation(places * STEP % keys)
        yield taken, rng.random(len(taken)) < rates[taken]


def _table(taken: Rows, passed: npt.NDArray[np.bool_], keys: int) -> pa.Table:
    problems = keys // MODELS
    columns = {
        "model": pa.array([_model(model) for model in range(MODELS)]).take(pa.array(taken // problems)),
        "problem": _problems(taken % problems),
        "passed": pa.array(passed),
    }
    return pa.table(columns, schema=SCHEMA)


def _problems(numbers: Rows) -> pa.Array:
    distinct, places = np.unique(numbers, return_inverse=True)
    return pa.array([_problem(number) for number in distinct.tolist()]).take(pa.array(places))


def _model(number: int) -> str:
    return f"model-{number:02d}"


def _problem(number: int) -> str:
    return f"problem-{number:05d}"


def _text(rng: np.random.Generator) -> str:
    """Words, with a line's end, a quoted word or a letter outside ASCII one in twenty times, as models write them."""
    plain = ["so", "the", "answer", "is", "therefore", "we", "compute", "because", "sum", "of", "all", "terms", "which"]
    words = [*(4 * plain), "\n", '"x"', "é"]
    text = " ".join(rng.choice(words, TEXT).tolist())
    # Cut by what is written, escapes and all.
    while len(json.dumps(text)) > TEXT + 2:
        text = text[: len(text) - max(1, (len(json.dumps(text)) - TEXT) // 6)]
    return text
