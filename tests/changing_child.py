"""Changes a file at random moments of its tally; prints a line of JSON for each.

python changing_child.py KIND FOLDER MOMENTS
"""

from __future__ import annotations

import gzip
import json
import os
import random
import sys
import threading
import time
import warnings
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa

import passcurve as pk

CHANGES = ("cut", "replace", "append", "overwrite", "shards")
ROWS = 400_000
CALL: dict[str, Any] = {"problem": "problem", "verdict": "correct", "threads": 2, "progress": False}
warnings.simplefilter("ignore", UserWarning)


def content(kind: str, passed: int, rows: int, path: Path) -> bytes:
    """A log all of whose samples have one fate; logs of both fates have files of the same size, but for compression."""
    row = pl.int_range(rows)
    log = pl.select(problem=row * 7919 % 100_003, correct=pl.lit(passed, dtype=pl.Int64))
    if kind == "parquet":
        log.write_parquet(path, row_group_size=20_000, compression="uncompressed", statistics=False)
    elif kind in {"arrow", "arrows"}:
        table = log.to_arrow()
        new = pa.ipc.new_file if kind == "arrow" else pa.ipc.new_stream
        with new(str(path), table.schema) as writer:
            writer.write_table(table, max_chunksize=20_000)
    elif kind == "jsonl":
        log.write_ndjson(path)
    else:
        lines = log.write_ndjson().encode()
        return gzip.compress(lines, 1) if kind == "jsonl.gz" else pa.Codec("zstd").compress(lines, asbytes=True)
    return path.read_bytes()


def change(path: Path, how: str, other: bytes, draw: random.Random) -> None:
    """What happens to the file."""
    if how == "cut":
        os.truncate(path, draw.randrange(path.stat().st_size))
    elif how in {"replace", "shards"}:
        beside = path.with_suffix(".new")
        beside.write_bytes(other)
        beside.replace(path)
    elif how == "append":
        with path.open("ab") as file:
            file.write(other)
    else:
        with path.open("r+b") as file:
            file.write(other)
            file.truncate()


def counted(paths: list[Path]) -> tuple[int, int]:
    """All samples and those that passed."""
    frame = pk.tally(paths, **CALL).frame
    return int(frame["n"].sum()), int(frame["c"].sum())


def outcome(kind: str, how: str, folder: Path, draw: random.Random, contents: list[bytes]) -> dict[str, Any]:
    """What becomes of a tally whose file changes while it runs."""
    # Of more files than are kept open, those that are opened again are changed.
    shards = [folder / f"{at:03}.{kind}" for at in range(150)] if how == "shards" else []
    for shard in shards:
        shard.write_bytes(contents[2])
    path = folder / f"zzz.{kind}"
    path.write_bytes(contents[0])
    paths = [*shards, path]
    extra = 150 * 10 if shards else 0
    started = time.perf_counter()
    counted(paths)
    whole = time.perf_counter() - started
    other = contents[1]
    after = draw.random() * whole

    def later() -> None:
        time.sleep(after)
        change(path, how, other, random.Random(after))

    changing = threading.Thread(target=later)
    changing.start()
    try:
        found = counted(paths)
    except (pk.DataError, OSError, ValueError) as error:
        changing.join()
        message = str(error)
        said = "changed while" in message
        # A file that changed before it was opened is bad as it then is.
        return {"what": "changed" if said else "refused", "error": message, "right": path.name in message}
    changing.join()
    # The old content or the new one, whole: nothing of the one and something of the other.
    right = found in {(ROWS + extra, 0), (ROWS + extra, ROWS)}
    if how == "append" and kind.startswith("jsonl"):
        right = right or found == (2 * ROWS + extra, ROWS)
    if how == "cut" and kind == "jsonl" and not right:
        # Cut between two lines before it was opened.
        right = found == counted(paths)
    return {"what": "counted", "found": found, "right": right}


def main() -> None:
    """Tries random moments."""
    kind, folder, moments = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
    draw = random.Random(kind)
    made = folder / "made"
    contents = [content(kind, passed, rows, made) for passed, rows in ((0, ROWS), (1, ROWS), (0, 10))]
    for how in CHANGES:
        for _ in range(moments):
            print(json.dumps({"how": how, **outcome(kind, how, folder, draw, contents)}), flush=True)


if __name__ == "__main__":
    main()
