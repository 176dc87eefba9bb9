"""The same rows give the same bits, whatever the threads, the order, the split and the format."""

from __future__ import annotations

import gzip
import hashlib
import itertools
import os
import random
import warnings
from typing import TYPE_CHECKING, Any

import polars as pl
import pyarrow as pa
import pytest

import passcurve as pk
from passcurve import _roles

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

ROUNDS = int(os.environ.get("DETERMINISM_ROUNDS", "2"))
THREADS = (1, 2, 3, 4, 8)
ROWS = 20_000
POLICIES: dict[str, Any] = {
    "problem": "problem",
    "verdict": "correct",
    "by": "model",
    "on_null": "skip",
    "on_null_id": "skip",
    "progress": False,
}
DETAILS = [{}, {"sample": "sample"}, {"answer": "answer"}, {"reward": "reward"}]
DETAILS.append({"sample": "sample", "answer": "answer", "reward": "reward", "on_duplicate": "agree"})


def log(seed: int) -> pl.DataFrame:
    """Rows with strings and numbers, some ids and verdicts null, in no order."""
    draw = random.Random(seed)
    rows = []
    for row in range(ROWS):
        answer = draw.choice([None, "12", "½", "x" * draw.randrange(20)])
        rows.append(
            {
                "model": draw.choice(["base", "rl", "ü"]),
                "problem": None if draw.random() < 0.01 else draw.randrange(400),
                "sample": row,
                "answer": answer,
                "reward": draw.choice([0.1, 0.25, 1.0, -3.5]),
                "correct": None if draw.random() < 0.02 else draw.random() < 0.3,
            }
        )
    return pl.DataFrame(rows)


def bits(tally: pk.Tally) -> str:
    """A hash of all that is counted."""
    state = hashlib.sha256()
    frames = [tally.frame, tally.details]
    for frame in frames:
        if frame is not None:
            state.update(repr(frame.schema).encode())
            state.update(
                frame.write_ipc(None, compression="uncompressed", compat_level=pl.CompatLevel.oldest()).getvalue()
            )
    source = tally.provenance
    state.update(repr((source.rows, source.nulls, source.null_ids, source.duplicates, source.partial_lines)).encode())
    state.update(repr((source.refused, source.other_verdicts, source.empty_problems)).encode())
    return state.hexdigest()


def parts(frame: pl.DataFrame, draw: random.Random) -> list[pl.DataFrame]:
    """The rows in their order, cut at random places."""
    cuts = sorted(draw.randrange(1, ROWS) for _ in range(draw.choice([0, 1, 4, 12])))
    return [frame[start:stop] for start, stop in itertools.pairwise([0, *cuts, ROWS])]


def files(folder: Path, frame: pl.DataFrame, kind: str, draw: random.Random) -> list[Path]:
    """The log in files of one kind, their order shuffled."""
    folder.mkdir()
    found = []
    for at, part in enumerate(parts(frame, draw)):
        size = draw.choice([100, 999, 50_000])
        path = folder / f"{at:02}.{kind}"
        if kind == "parquet":
            part.write_parquet(path, row_group_size=size, compression=draw.choice(["zstd", "snappy", "uncompressed"]))
        elif kind == "arrow":
            table = part.to_arrow()
            with pa.ipc.new_file(str(path), table.schema) as writer:
                writer.write_table(table, max_chunksize=size)
        elif kind == "jsonl":
            part.write_ndjson(path)
        else:
            path.write_bytes(gzip.compress(part.write_ndjson().encode(), 1))
        found.append(path)
    draw.shuffle(found)
    return found


def batches(frame: pl.DataFrame, draw: random.Random) -> Iterator[pa.RecordBatch]:
    size = draw.choice([7, 1000, 65_536])
    yield from frame.to_arrow().to_batches(max_chunksize=size)


SOURCES: dict[str, Callable[[Path, pl.DataFrame, random.Random], Any]] = {
    "frame": lambda _, frame, __: frame,
    "frame in parts": lambda _, frame, draw: pl.concat(parts(frame, draw), rechunk=False),
    "lazy": lambda _, frame, __: frame.lazy(),
    "batches": lambda _, frame, draw: batches(frame, draw),
    "stream": lambda _, frame, draw: pa.RecordBatchReader.from_batches(frame.to_arrow().schema, batches(frame, draw)),
    **{
        kind: lambda folder, frame, draw, kind=kind: files(folder, frame, kind, draw)
        for kind in ("parquet", "arrow", "jsonl", "jsonl.gz")
    },
}


@pytest.mark.parametrize("details", DETAILS, ids=lambda details: "+".join(details) or "counts")
def test_one_hash(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, details: dict[str, str]) -> None:
    frame = log(7)
    wanted = bits(pk.tally(frame, threads=1, **POLICIES, **details))
    draw = random.Random(len(details))
    tried = 0
    for turn in range(ROUNDS):
        for name, make in SOURCES.items():
            monkeypatch.setattr(_roles, "RANGE_BYTES", draw.choice([None, 1000, 12_345]))
            # The order of rows decides nothing either, but for which of two rows is the first.
            shuffled = frame.sample(fraction=1, shuffle=True, seed=turn)
            folder = tmp_path / f"{turn} {name}"
            for threads in THREADS if name != "lazy" else (2,):
                if threads == THREADS[0] or name in {"batches", "stream"}:
                    source = make(folder, shuffled, draw)
                found = bits(pk.tally(source, threads=threads, **POLICIES, **details))
                assert found == wanted, (name, threads)
                tried += 1
    assert tried == ROUNDS * (len(THREADS) * (len(SOURCES) - 1) + 1)


def test_the_bits_of_what_is_another_log(tmp_path: Path) -> None:
    """The hash sees a single verdict, sample or null."""
    frame = log(7)
    call = POLICIES | DETAILS[-1]
    found = {bits(pk.tally(frame, **call))}
    for column, value in {
        "correct": None,
        "reward": 0.5,
        "answer": "another",
        "model": "base ",
        "problem": 999,
    }.items():
        changed = frame.with_columns(
            pl.when(pl.col("sample") == 77).then(pl.lit(value)).otherwise(column).alias(column)
        )
        found.add(bits(pk.tally(changed, **call)))
    found.add(bits(pk.tally(frame.head(-1), **call)))
    assert len(found) == 7


@pytest.mark.parametrize("threads", THREADS)
def test_which_row_is_the_first(tmp_path: Path, threads: int) -> None:
    """With on_duplicate="first" the order of the rows decides, and that of the files is the caller's."""
    paths = []
    for name, verdict in (("a", True), ("b", False), ("c", True)):
        paths.append(tmp_path / f"{name}.parquet")
        rows = pl.DataFrame({"problem": range(5000), "sample": 0, "correct": verdict})
        rows.write_parquet(paths[-1], row_group_size=100)
    call: dict[str, Any] = {"sample": "sample", "on_duplicate": "first", "threads": threads, "progress": False}
    for order in itertools.permutations(range(3)):
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "not one sample passed")
            found = pk.tally([paths[at] for at in order], **call)
        assert found.provenance.duplicates == 10_000
        assert found.frame["c"].sum() == (0 if order[0] == 1 else 5000)
    # A folder is read in the order of its names.
    assert pk.tally(tmp_path, **call).frame["c"].sum() == 5000


@pytest.mark.parametrize("seed", range(ROUNDS))
def test_one_message(tmp_path: Path, seed: int) -> None:
    """Of many bad rows in many files the same one is named, whatever the threads."""
    draw = random.Random(seed)
    frame = log(seed).with_columns(pl.col("correct").fill_null(value=False), problem=pl.col("problem").fill_null(0))
    bad = draw.sample(range(ROWS), 9)
    frame = frame.with_columns(correct=pl.when(pl.col("sample").is_in(bad)).then(None).otherwise("correct"))
    for kind in ("parquet", "arrow", "jsonl"):
        paths = sorted(files(tmp_path / kind, frame, kind, draw))
        messages = set()
        for threads in THREADS * ROUNDS:
            with pytest.raises(pk.DataError) as caught:
                pk.tally(paths, problem="problem", verdict="correct", by="model", threads=threads, progress=False)
            messages.add(str(caught.value))
        assert len(messages) == 1, messages
