"""Parquet as DuckDB writes it: bit-packed stretches up to the end of a block, whatever is left to come."""

import duckdb
import polars as pl
import pytest
from polars.testing import assert_frame_equal

import passcurve as pk

LENGTHS = [1, 7, 8, 9, 24, 100, 255, 256, 257, 263, 264, 300, 1000, 5000, 70_000]
VERDICTS = {"whole": "(i * 7) % 3 = 0", "with nulls": "CASE WHEN i % 5 = 0 THEN NULL ELSE (i * 7) % 3 = 0 END"}


@pytest.mark.parametrize("version", ["v1", "v2"])
@pytest.mark.parametrize("verdict", VERDICTS)
@pytest.mark.parametrize("problems", [1, 2, 3, 17, 300])
def test_its_files_are_read_at_any_length(tmp_path, problems, verdict, version):
    for rows in LENGTHS:
        path = tmp_path / f"{rows}.parquet"
        duckdb.sql(
            f"COPY (SELECT 'p' || (i * 7919 % {problems}) AS problem, i AS sample, {VERDICTS[verdict]} AS correct "
            f"FROM range({rows}) t(i)) TO '{path}' (FORMAT parquet, PARQUET_VERSION {version})"
        )
        log = pl.read_parquet(path)
        assert log.height == rows
        assert_frame_equal(pk.tally(path, on_null="skip").frame, pk.tally(log, on_null="skip").frame)
