"""The page about object stores shows what it shows."""

import doctest
from pathlib import Path

import numpy as np
import polars as pl

DOCS = Path(__file__).parents[2] / "docs"


def test_the_page_is_what_a_session_prints(bucket, tmp_path):
    rng = np.random.default_rng(0)
    for at, model in enumerate(("base", "rl")):
        for part in range(2):
            rows = 30_000
            frame = pl.DataFrame(
                {
                    "problem": pl.Series(np.arange(rows) % 3).replace_strict({0: "p0", 1: "p1", 2: "p2"}),
                    "sample": np.arange(rows) // 3 + part * rows // 3,
                    "response": pl.Series(rng.integers(0, 1 << 62, rows)).cast(pl.String),
                    "correct": rng.random(rows) < (0.3 + 0.4 * at),
                }
            )
            frame.write_parquet(tmp_path / "part.parquet", row_group_size=10_000)
            bucket.upload_file(str(tmp_path / "part.parquet"), f"run/model={model}/part-{part}.parquet")
    failed, tried = doctest.testfile(
        str(DOCS / "cloud.md"), module_relative=False, optionflags=doctest.NORMALIZE_WHITESPACE
    )
    assert tried > 10
    assert not failed
