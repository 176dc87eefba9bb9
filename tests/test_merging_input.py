"""Merges of shards that are bad, and calls that are wrong."""

from __future__ import annotations

import shutil
from pathlib import Path

import polars as pl
import pytest

import passcurve as pk
from test_merging import rows_of, tallied


@pytest.fixture
def shards(tmp_path: Path) -> Path:
    """Three logs, and a saved tally of each."""
    (tmp_path / "logs").mkdir()
    (tmp_path / "saved").mkdir()
    for i in range(3):
        log = tmp_path / "logs" / f"{i}.parquet"
        rows_of(i, 50 + i).write_parquet(log)
        tallied(log, ["model"], True).write_parquet(tmp_path / "saved" / f"{i}.parquet")
    return tmp_path


def test_bad_shards_are_named(shards: Path) -> None:
    saved = shards / "saved"
    bad = saved / "bad.parquet"
    for content in (b"", (saved / "0.parquet").read_bytes()[:-9], (saved / "0.parquet").read_bytes()[:200]):
        bad.write_bytes(content)
        with pytest.raises(pk.DataError, match=r"bad.parquet: "):
            pk.merge(saved)
    shutil.copy(shards / "logs" / "0.parquet", bad)
    with pytest.raises(pk.DataError, match=r"bad.parquet: this Parquet file is not a saved tally"):
        pk.merge(saved)
    log = rows_of(7, 20)
    tallied(log, ["step"], True).write_parquet(bad)
    with pytest.raises(
        ValueError, match=r"the keys differ: by=\['model'\].* in .*0.parquet and by=\['step'\].*bad.parq"
    ):
        pk.merge(saved)
    tallied(log, ["model"], False).write_parquet(bad)
    with pytest.raises(ValueError, match=r"0.parquet keeps answer='answer', .*bad.parquet answer=None"):
        pk.merge(saved)
    numbered = log.with_columns(problem=pl.col("problem").str.slice(1).cast(pl.Int64))
    tallied(numbered, ["model"], True).write_parquet(bad)
    with pytest.raises(pk.DataError, match=r"column 'problem' holds String in .*0.parquet and Int64 in .*bad.parquet"):
        pk.merge(saved)
    bad.unlink()
    (saved / "notes.txt").touch()
    (saved / "_log.parquet").touch()
    merged = pk.merge(saved)
    assert [Path(path).name for path in merged.provenance.ignored] == ["_log.parquet", "notes.txt"]


def test_bad_calls(shards: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    empty = tmp_path_factory.mktemp("empty")
    for source, error, message in (
        (empty, FileNotFoundError, "in the folder"),
        (empty / "*.parquet", FileNotFoundError, "no files match"),
        (empty / "x.parquet", FileNotFoundError, "x.parquet"),
        ([], ValueError, "there is nothing to merge"),
        (3, TypeError, "not a int"),
        ([pl.DataFrame()], TypeError, "item 0: merge takes tallies .* not a DataFrame"),
        ([shards / "saved" / "0.parquet", None], TypeError, "item 1: "),
    ):
        with pytest.raises(error, match=message):
            pk.merge(source)
    saved = shards / "saved"
    with pytest.raises(ValueError, match="on_repeat='twice' is not one of error, count"):
        pk.merge(saved, on_repeat="twice")
    with pytest.raises(ValueError, match="on_repeat='twice' is not one of error, count"):
        pk.merge(saved).merge(pk.merge(saved), on_repeat="twice")
    for bounds, error in (
        ("ab", TypeError), ((1, 2, 3), TypeError), ((True, 3), TypeError), ((0.5, 3), TypeError),
        (("a", 3), TypeError), (("b", "a"), ValueError), ((3, 3), ValueError), ((1, 3), ValueError),
    ):  # fmt: skip
        for source in (saved, pk.merge(saved)):
            with pytest.raises(error, match="problem_range= "):
                pk.merge(source, problem_range=bounds)
