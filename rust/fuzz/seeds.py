"""Writes valid files for the fuzz targets to start from: python seeds.py FOLDER makes FOLDER/parquet and so on."""

from __future__ import annotations

import io
import itertools
import json
import random
import struct
import sys
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

ROWS = 24


def table(draw: random.Random, ids: Any, verdicts: Any) -> pa.Table:
    """A small log; its ids and verdicts are of the given types, some of them null."""
    maybe = draw.random() < 0.5
    problems = [None if maybe and draw.random() < 0.2 else draw.randrange(4) for _ in range(ROWS)]
    passed = [None if maybe and draw.random() < 0.2 else draw.random() < 0.5 for _ in range(ROWS)]
    if not pa.types.is_integer(ids):
        problems = [None if at is None else f"p{at}" * (1 + 9 * at) for at in problems]
    correct = pa.array(passed)
    columns = {
        "model": pa.array([f"m{at // 9}" for at in range(ROWS)]),
        "problem": pa.array(problems, ids),
        "correct": correct if verdicts == pa.bool_() else correct.cast(pa.int8()).cast(verdicts),
    }
    return pa.table(columns)


def parquet(draw: random.Random) -> list[bytes]:
    """Every encoding, both versions of pages, all codecs."""
    made = []
    encodings = ["PLAIN", "DELTA_BYTE_ARRAY", "DELTA_LENGTH_BYTE_ARRAY", "DELTA_BINARY_PACKED", "dictionary"]
    for version, encoding, codec in itertools.product(
        ["1.0", "2.0"], encodings, ["none", "none", "snappy", "gzip", "brotli", "lz4", "zstd"]
    ):
        ids = draw.choice([pa.int32(), pa.int64(), pa.uint16()])
        split = draw.random() < 0.3
        out = io.BytesIO()
        verdicts = pa.float64() if split else draw.choice([pa.bool_(), pa.int8(), pa.float32()])
        coding = {"problem": encoding} | ({"correct": "BYTE_STREAM_SPLIT"} if split else {})
        pq.write_table(
            table(draw, ids if encoding == "DELTA_BINARY_PACKED" else pa.string(), verdicts),
            out,
            compression=codec,
            data_page_version=version,
            data_page_size=draw.choice([1, 1 << 20]),
            write_batch_size=draw.choice([7, 1024]),
            row_group_size=draw.choice([10, 1000]),
            use_dictionary=encoding == "dictionary",
            column_encoding=None if encoding == "dictionary" else coding,
            write_statistics=draw.random() < 0.3,
            store_schema=draw.random() < 0.3,
        )
        made.append(out.getvalue())
    for codec in ("uncompressed", "zstd", "snappy", "lz4"):
        out = io.BytesIO()
        pl.DataFrame(table(draw, pa.string(), pa.bool_())).write_parquet(out, compression=codec, statistics=False)
        made.append(out.getvalue())
    return made


def parts(files: list[bytes]) -> list[bytes]:
    """The footers of Parquet files, and what begins with the header of their first page."""
    footers = [file[-8 - struct.unpack("<I", file[-8:-4])[0] : -8] for file in files]
    return footers + [file[4:84] for file in files]


def varint(value: int) -> bytes:
    """A variable-length integer."""
    return bytes([value]) if value < 128 else bytes([value & 127 | 128]) + varint(value >> 7)


def deltas(values: list[int]) -> bytes:
    """Delta-encoded integers, eight bits a difference, one block of 128 in four parts at most."""
    differences = [after - before for before, after in itertools.pairwise(values)]
    least = min(differences, default=0)
    packed = bytes(difference - least for difference in differences)
    parts = [packed[at : at + 32].ljust(32, b"\0") for at in range(0, len(packed), 32)]
    zigzags = [varint(value << 1 ^ value >> 63) for value in (values[0], least)]
    widths = bytes([8] * len(parts)).ljust(4, b"\0")
    return varint(128) + varint(4) + varint(len(values)) + zigzags[0] + zigzags[1] + widths + b"".join(parts)


def coded(draw: random.Random) -> list[bytes]:
    """Delta-encoded integers, lengths and prefixes, behind the bytes that say what they are."""
    made = []
    for count in (1, 2, 33, 34, 100, 129):
        head = bytes([count, 0, draw.randrange(256)])
        lengths = [draw.randrange(4) for _ in range(count)]
        kept = [0] + [draw.randrange(before + 1) for before in lengths[:-1]]
        text = draw.randbytes(sum(lengths)).hex().encode()[: sum(lengths)]
        numbers = deltas([draw.randrange(-60, 60) for _ in range(count)])
        fixed = deltas([0] * count) + deltas([5] * count) + bytes(5 * count)
        made += [b"\0" + head + numbers, b"\1" + head + numbers, b"\2" + head + deltas(lengths) + text]
        made += [b"\3" + head + deltas(kept) + deltas(lengths) + text, b"\4" + head + fixed]
    return made


def levels(draw: random.Random) -> list[bytes]:
    """Runs and stretches of numbers of all widths, behind the bytes that say how they are read."""
    made = []
    for width in range(36):
        runs, count = b"", 0
        for _ in range(draw.randrange(1, 5)):
            eights, length = draw.randrange(1, 4), draw.randrange(1, 90)
            packed = draw.random() < 0.5
            runs += varint(2 * eights + 1) + draw.randbytes(eights * width) if packed else varint(2 * length)
            runs += b"" if packed else (draw.getrandbits(width) if width else 0).to_bytes(-(-width // 8), "little")
            count += 8 * eights if packed else length
        made.append(bytes([width, count % 256, count // 256, draw.randrange(256)]) + runs)
    return made


def ipc(draw: random.Random) -> list[bytes]:
    """Files and streams, plain and compressed, with dictionaries that stay, grow and are replaced."""
    made = []
    kinds = [pa.string(), pa.large_string(), pa.string_view(), pa.int64(), pa.dictionary(pa.int8(), pa.string())]
    for new, codec, kind in itertools.product([pa.ipc.new_file, pa.ipc.new_stream], [None, "lz4", "zstd"], kinds):
        log = table(draw, kind, draw.choice([pa.bool_(), pa.int8()]))
        cuts = [log.slice(at, 8) for at in (0, 8, 16)]
        if pa.types.is_dictionary(kind):
            words = log["problem"].cast(pa.string())
            coded = [words.slice(0, at + 8).dictionary_encode().slice(at) for at in (0, 8, 16)]
            cuts = [cut.set_column(1, "problem", ids) for cut, ids in zip(cuts, coded, strict=True)]
        out = io.BytesIO()
        version = draw.choice([pa.ipc.MetadataVersion.V4, pa.ipc.MetadataVersion.V5])
        options = pa.ipc.IpcWriteOptions(compression=codec, metadata_version=version, emit_dictionary_deltas=True)
        with new(out, cuts[0].schema, options=options) as writer:
            for cut in cuts:
                for batch in cut.combine_chunks().to_batches():
                    writer.write_batch(batch)
        made.append(out.getvalue())
    return made


def lines(draw: random.Random) -> list[bytes]:
    """Logs of a few lines, whose first byte says how long their parts are."""
    made = []
    for ids in ([1, -2, 3], ["x", "é\n", '"\\'], [True, False]):
        for verdicts in ([True, False, None], [0, 1.0, 1e0]):
            rows = [
                {"a": draw.choice(ids), "b": {"c": draw.choice(ids), "d": [{}, 1.5]}, "correct": draw.choice(verdicts)}
                for _ in range(3)
            ]
            rows[-1]["b.c"] = draw.choice(ids)
            made += [
                b"\x20" + "\n".join(json.dumps(row, ensure_ascii=escaped) for row in rows).encode()
                for escaped in (True, False)
            ]
    return made


def records(draw: random.Random) -> list[bytes]:
    """Documents behind the ways to their records and a field, what that holds, and the length of blocks."""
    made = []
    leaves = [None, True, 0, -7, 1.5e300, 2**63, "é", "x\n", '"\\', "\U0001f600", [], {}]
    for at in range(240):
        inner = [
            {"a": draw.choice(leaves), "b": [draw.choice(leaves)], "c": {"a": draw.choice(leaves)}} for _ in range(3)
        ]
        whole = {"a": draw.choice([inner, inner[0], {"b": inner}, {"k": {"b": inner[1]}}]), "b": 1, "a.b": inner[2]}
        document = draw.choice([whole, inner, [0, inner], {"k": inner}, {"k": whole}])
        text = json.dumps(document, ensure_ascii=draw.random() < 0.5, indent=draw.choice([None, 1]))
        made.append(
            bytes([at, draw.randrange(256), draw.randrange(256), draw.randrange(256)]) + 2 * (text + "\n").encode()
        )
    return made


def main() -> None:
    """Writes all of them."""
    draw, folder = random.Random(0), Path(sys.argv[1])
    files = parquet(draw)
    kinds = {"parquet": files, "thrift": parts(files), "ipc": ipc(draw), "lines": lines(draw), "records": records(draw)}
    for kind, contents in (kinds | {"levels": levels(draw), "coded": coded(draw)}).items():
        (folder / kind).mkdir(parents=True, exist_ok=True)
        for at, content in enumerate(contents):
            (folder / kind / f"seed-{at}").write_bytes(content)


if __name__ == "__main__":
    main()
