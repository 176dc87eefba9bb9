"""passcurve merge: saved tallies on the command line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import passcurve as pk
from clitools import run
from test_merging import WORDS, rows_of


def said(result: Any) -> str:
    return " ".join(result.stderr.split())


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    folder = tmp_path / "saved"
    folder.mkdir()
    for i in range(3):
        pk.tally(rows_of(i, 20), **WORDS, by="model", on_null="fail").write_parquet(folder / f"{i}.parquet")
    return folder


def test_merge(saved: Path, tmp_path: Path) -> None:
    out = tmp_path / "all.parquet"
    result = run("merge", saved, "-o", out)
    assert not result.stdout
    assert "60 rows" in said(result)
    assert pk.Tally.read_parquet(out) == pk.merge(saved)
    assert run("tally", saved, "--csv").stdout == run("tally", out, "--csv").stdout


def test_merge_refuses_what_comes_twice(saved: Path, tmp_path: Path) -> None:
    out, whole = tmp_path / "all.parquet", tmp_path / "whole.parquet"
    run("merge", saved, "-o", whole)
    for words in (["merge", whole, saved, "-o", out], ["tally", whole, saved / "0.parquet", "-o", out]):
        told = said(run(*words, status=1))
        assert "whole.parquet and in" in told
        assert "count both by passcurve merge --on-repeat count" in told
        assert not out.exists()
    run("merge", whole, saved, "-o", out, "--on-repeat", "count")
    assert pk.Tally.read_parquet(out).provenance.rows == 120
    assert "end in .parquet" in said(run("merge", saved, "-o", tmp_path / "x.csv", status=2))
    assert "no files match" in said(run("merge", saved / "*.pq", "-o", out, status=1))
