"""Logs in every format that is read, by the ending of their names."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    import polars as pl


def write(frame: pl.DataFrame, path: Path, row_group_size: int | None = None) -> Path:
    """Writes a frame as the name of its file says; makes its folder."""
    path.parent.mkdir(parents=True, exist_ok=True)
    match path.name.partition(".")[2]:
        case "parquet":
            frame.write_parquet(path, row_group_size=row_group_size)
        case "arrow":
            frame.write_ipc(path)
        case "arrows":
            frame.write_ipc_stream(path)
        case "jsonl.gz":
            frame.write_ndjson(path, compression="gzip")
        case "jsonl.zst":
            frame.write_ndjson(path, compression="zstd")
        case "jsonl":
            frame.write_ndjson(path)
        case other:
            raise ValueError(f"nothing is written as {other}")
    return path
