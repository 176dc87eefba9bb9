"""Damages valid log files and tallies what comes of it, in this process: run it in one of its own.

python mutants.py SEED COUNT: prints a line of JSON with what became of COUNT mutants.
"""

from __future__ import annotations

import io
import json
import random
import resource
import sys
import tempfile
from collections import Counter
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

import passcurve as pk

ADDRESS_SPACE = 6 << 30
ROWS = 300
WORDS = {"by": "model", "problem": "problem", "verdict": "correct", "on_null": "fail", "on_null_id": "skip"}


def valid_file(draw: random.Random) -> bytes:
    """A Parquet file of 300 rows."""
    ids = [f"p{draw.randrange(12)}" for _ in range(ROWS)]
    numbers = [draw.randrange(1000) for _ in range(ROWS)]
    verdicts = [None if draw.random() < 0.1 else draw.random() < 0.4 for _ in range(ROWS)]
    problem = draw.choice([pa.array(ids), pa.array(sorted(ids)), pa.array(numbers), pa.array(ids, pa.large_string())])
    correct = draw.choice(
        [pa.array(verdicts), pa.array([bool(v) for v in verdicts]), pa.array(verdicts).cast(pa.int8())]
    )
    table = pa.table(
        {"model": pa.array([f"m{i * 3 // ROWS}" for i in range(ROWS)]), "problem": problem, "correct": correct}
    )
    out = io.BytesIO()
    if draw.random() < 0.2:
        pl.DataFrame(table).write_parquet(out, compression=draw.choice(["zstd", "uncompressed", "snappy"]))
        return out.getvalue()
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
    return out.getvalue()


def mutant(draw: random.Random, content: bytes) -> bytes:
    """The file with one to four small wounds, most of them near its metadata."""
    damaged = bytearray(content)
    for _ in range(draw.choice([1, 1, 1, 2, 4])):
        near_end = draw.random() < 0.4
        at = len(damaged) - 1 - draw.randrange(min(600, len(damaged))) if near_end else draw.randrange(len(damaged))
        match draw.randrange(6):
            case 0:
                damaged[at] ^= 1 << draw.randrange(8)
            case 1:
                damaged[at] = draw.choice([0, 1, 0x7F, 0x80, 0xFE, 0xFF])
            case 2:
                damaged[at : at + 1] = bytes([damaged[at]]) * draw.choice([0, 2, 5])
            case 3:
                length = draw.randrange(1, 9)
                damaged[at : at + length] = bytes(draw.choices(range(256), k=length))
            case 4:
                damaged[at : at + 4] = draw.choice([2**31 - 1, 2**32 - 1, 2**30, 10**6]).to_bytes(4, "little")
            case _:
                other = draw.randrange(len(damaged))
                length = draw.randrange(1, 40)
                damaged[at : at + length] = damaged[other : other + length]
    return bytes(damaged)


def fate(path: Path) -> str:
    """What a tally makes of a file: refused, conserved, or a word for what must not be."""
    try:
        found = pk.tally(path, threads=1, progress=False, **WORDS)
    except pk.InternalError as error:
        return f"panic: {error}"
    except pk.DataError as error:
        return "refused" if str(path) in str(error) else f"no file in: {error}"
    except ValueError as error:
        # A name in the schema was hit.
        return "refused" if "no column" in str(error) else f"ValueError: {error}"
    rows = int(found.frame["n"].sum()) + found.provenance.null_ids
    return "conserved" if rows == ROWS else f"{rows} rows"


def main() -> None:
    """Makes and tallies mutants."""
    seed, count = int(sys.argv[1]), int(sys.argv[2])
    resource.setrlimit(resource.RLIMIT_AS, (ADDRESS_SPACE, ADDRESS_SPACE))
    draw, fates = random.Random(seed), Counter[str]()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "mutant.parquet"
        for at in range(count):
            if at % 50 == 0:
                content = valid_file(draw)
                path.write_bytes(content)
                assert fate(path) == "conserved"
            path.write_bytes(mutant(draw, content))
            outcome = fate(path)
            if outcome not in {"refused", "conserved"}:
                keep = Path(tempfile.gettempdir()) / f"mutant-{seed}-{at}.parquet"
                keep.write_bytes(path.read_bytes())
                outcome = f"{outcome} ({keep})"
            fates[outcome] += 1
    print(json.dumps(fates))


if __name__ == "__main__":
    main()
