"""Valid logs of every format to be damaged, and what other readers make of them afterwards."""

from __future__ import annotations

import gzip
import io
import json
import random
import zipfile
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

import jsonlines
import mutant_records

ROWS = 300
WORDS = {"by": "model", "problem": "problem", "verdict": "correct", "on_null": "fail", "on_null_id": "skip"}

Counts = list[tuple[Any, ...]]


@dataclass(frozen=True)
class Log:
    """A valid file; with what it holds where that is compressed as a whole."""

    suffix: str
    content: bytes
    words: dict[str, Any]
    # What another reader counts, rows without an id included; None where it refuses the file.
    other: Callable[[Path], tuple[Counts, int] | None]
    packed: Callable[[bytes], bytes] | None = None


def columns(draw: random.Random) -> tuple[pa.Array, pa.Array]:
    """Problems and verdicts."""
    ids = [f"p{draw.randrange(12)}" for _ in range(ROWS)]
    numbers = [draw.randrange(1000) for _ in range(ROWS)]
    verdicts = [None if draw.random() < 0.1 else draw.random() < 0.4 for _ in range(ROWS)]
    problem = draw.choice([pa.array(ids), pa.array(sorted(ids)), pa.array(numbers), pa.array(ids, pa.large_string())])
    correct = draw.choice(
        [pa.array(verdicts), pa.array([bool(v) for v in verdicts]), pa.array(verdicts).cast(pa.int8())]
    )
    return problem, correct


def logged(problem: pa.Array, correct: pa.Array) -> pa.Table:
    models = pa.array([f"m{i * 3 // ROWS}" for i in range(ROWS)])
    return pa.table({"model": models, "problem": problem, "correct": correct})


def parquet(draw: random.Random) -> Log:
    """A Parquet file of 300 rows."""
    problem, correct = columns(draw)
    table = logged(problem, correct)
    out = io.BytesIO()
    if draw.random() < 0.2:
        pl.DataFrame(table).write_parquet(out, compression=draw.choice(["zstd", "uncompressed", "snappy"]))
        return Log(".parquet", out.getvalue(), WORDS, conserved)
    coded = draw.random() < 0.6
    text = pa.types.is_string(problem.type) or pa.types.is_large_string(problem.type)
    encodings = ["PLAIN", "DELTA_BYTE_ARRAY", "DELTA_LENGTH_BYTE_ARRAY"] if text else ["PLAIN", "DELTA_BINARY_PACKED"]
    pq.write_table(
        table,
        out,
        compression=draw.choice(["none", "none", "snappy", "gzip", "brotli", "lz4", "zstd"]),
        data_page_version=draw.choice(["1.0", "2.0"]),
        data_page_size=draw.choice([1, 200, 1 << 20]),
        write_batch_size=draw.choice([7, 1024]),
        row_group_size=draw.choice([40, 1000]),
        use_dictionary=coded,
        column_encoding=None if coded else {"problem": draw.choice(encodings)},
        write_page_checksum=draw.random() < 0.2,
        store_schema=draw.random() < 0.5,
    )
    return Log(".parquet", out.getvalue(), WORDS, conserved)


def conserved(_path: Path) -> None:
    """Other readers of Parquet lose rows themselves; what can be asked is that none is lost."""


def ipc(draw: random.Random) -> Log:
    """An Arrow file or stream of 300 rows in three batches, with dictionaries that stay, grow or are replaced."""
    problem, correct = columns(draw)
    kind = draw.choice([pa.string(), pa.string_view(), problem.type, pa.dictionary(pa.int16(), problem.type)])
    problem = problem.cast(pa.string()).cast(kind) if kind in {pa.string(), pa.string_view()} else problem
    table = logged(problem, correct)
    out = io.BytesIO()
    new = draw.choice([pa.ipc.new_file, pa.ipc.new_stream])
    if draw.random() < 0.2:
        frame, compression = pl.DataFrame(table), draw.choice(["uncompressed", "lz4", "zstd"])
        if draw.random() < 0.5 and frame["problem"].dtype == pl.String:
            frame = frame.with_columns(pl.col("problem").cast(pl.Categorical))
        write = frame.write_ipc if new is pa.ipc.new_file else frame.write_ipc_stream
        write(out, compression=compression)
        return Log(".arrow", out.getvalue(), WORDS, by_pyarrow)
    batches = table.to_batches(max_chunksize=100)
    if pa.types.is_dictionary(kind):
        # A file has one dictionary, which may grow.
        grows = new is pa.ipc.new_file or draw.random() < 0.5
        heads = [problem.slice(0, at + 100).dictionary_encode().slice(at) for at in (0, 100, 200)]
        own = [problem.slice(at, 100).dictionary_encode() for at in (0, 100, 200)]
        coded = heads if grows else own
        batches = [batch.set_column(1, "problem", ids) for batch, ids in zip(batches, coded, strict=True)]
    options = pa.ipc.IpcWriteOptions(
        compression=draw.choice([None, None, "lz4", "zstd"]),
        metadata_version=draw.choice([pa.ipc.MetadataVersion.V4, pa.ipc.MetadataVersion.V5]),
        emit_dictionary_deltas=True,
    )
    with new(out, batches[0].schema, options=options) as writer:
        for batch in batches:
            writer.write_batch(batch)
    return Log(".arrow", out.getvalue(), WORDS, by_pyarrow)


def by_pyarrow(path: Path) -> tuple[Counts, int] | None:
    """The counts of a file or stream, all of whose values are valid."""
    try:
        is_file = path.read_bytes().startswith(b"ARROW1")
        with path.open("rb") as file, (pa.ipc.open_file if is_file else pa.ipc.open_stream)(file) as reader:
            table = reader.read_all().select(["model", "problem", "correct"])
        table.validate(full=True)
        plain = [column.to_pylist() for column in table.columns]
    except (pa.ArrowException, OSError, ValueError, KeyError):
        return None
    n, c, null_ids = Counter[Any](), Counter[Any](), 0
    for *key, verdict in zip(*plain, strict=True):
        if None in key:
            null_ids += 1
        else:
            n[tuple(key)] += 1
            c[tuple(key)] += int(verdict or 0)
    return sorted((*key, n[key], c[key]) for key in n), null_ids


def jsonl(draw: random.Random) -> Log:
    """A file of 300 lines, plain or compressed."""
    ids = draw.choice([lambda: f"p{draw.randrange(12)}", lambda: draw.choice(["é", '"', "\\n", "😀"]), lambda: 7])
    passes = draw.choice([[True, False], [0, 1], [0.0, 1, 1.0], [True, None]])
    escaped, separators = draw.random() < 0.5, draw.choice([(",", ":"), (", ", ": ")])
    lines = []
    for at in range(ROWS):
        row = {"model": f"m{at * 3 // ROWS}", "doc": {"id": ids(), "more": [at, None, "x" * (at % 9)]}}
        row |= {"ok": draw.choice(passes), "text": "a word\té\u2028" * (at % 3), "score": at / 7}
        lines.append(json.dumps(row, ensure_ascii=escaped, separators=separators))
    content = "\n".join(lines).encode() + draw.choice([b"", b"\n"])
    words = {key: word for key, word in jsonlines.WORDS.items() if key != "progress"}
    half = len(content) // 2
    suffix, packed = draw.choice(
        [
            (".jsonl", None),
            (".jsonl.gz", lambda text: gzip.compress(text, mtime=0)),
            (".jsonl.gz", lambda text: gzip.compress(text[:half], mtime=0) + gzip.compress(text[half:], mtime=0)),
            (".ndjson.zst", lambda text: pa.compress(text, "zstd", asbytes=True)),
        ]
    )
    return Log(suffix, content, words, by_json, packed)


def by_json(path: Path) -> tuple[Counts, int] | None:
    """The counts of lines, of which Python's json refuses none."""
    try:
        content = path.read_bytes()
        if path.suffix == ".gz":
            content = gzip.decompress(content)
        elif path.suffix == ".zst":
            with pa.input_stream(path, compression="zstd") as stream:
                content = stream.read()
        counts, nulls, null_ids = jsonlines.twin(content.removeprefix(b"\xef\xbb\xbf"))
    except (ValueError, TypeError, AttributeError, OSError, EOFError) as error:
        return [("refused", str(error))], 0
    return counts, nulls + null_ids


def records(draw: random.Random) -> Log:
    """A log in a pipeline's own format: a document, plain or compressed, or an archive."""
    if draw.random() < 0.3:
        kind = draw.choice([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
        words = {**mutant_records.POLICIES, "format": "inspect"}
        content = mutant_records.inspected(draw)
        return Log(".eval", content, words, mutant_records.by_zipfile, lambda text: mutant_records.archive(text, kind))
    way = draw.choice(list(mutant_records.SHAPES))
    packed: Callable[[bytes], bytes] | None = draw.choice(
        [None, lambda text: gzip.compress(text, mtime=0), lambda text: pa.compress(text, "zstd", asbytes=True)]
    )
    words = {**mutant_records.POLICIES, "format": mutant_records.SHAPES[way]}
    return Log(
        ".json", mutant_records.document(draw, way), words, lambda path: mutant_records.by_json(path, way), packed
    )


FORMATS = {"parquet": parquet, "ipc": ipc, "jsonl": jsonl, "records": records}
