"""Folders of shards that were not all written well: copies, retries, leftovers, and shards unlike the others."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import passcurve as pk
from formats import write

ROWS = 100
LOG = pl.select(i=pl.int_range(ROWS)).select(
    problem=pl.format("p{}", pl.col("i") // 10),
    sample=pl.col("i") % 10,
    correct=pl.col("i") * 7 % 10 < 4,
)
SAMPLED = {"sample": "sample"}
FORMATS = ["parquet", "arrow", "arrows", "jsonl", "jsonl.zst"]


@pytest.fixture(params=FORMATS)
def suffix(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def shards(tmp_path: Path, suffix: str) -> Path:
    """Two halves of the log."""
    for index in range(2):
        write(LOG[50 * index : 50 * (index + 1)], tmp_path / f"part-{index}.{suffix}")
    return tmp_path


def test_an_exact_copy(shards: Path, suffix: str) -> None:
    first, copy = shards / f"part-0.{suffix}", shards / f"part-7.{suffix}"
    shutil.copy(first, copy)
    with pytest.raises(pk.DataError, match=r'\(problem "p0", sample 0\) was read before, at .*part-0') as caught:
        pk.tally(shards, **SAMPLED)
    assert str(caught.value).startswith(str(copy))
    for policy in ("agree", "first"):
        tally = pk.tally(shards, **SAMPLED, on_duplicate=policy)
        assert tally == pk.tally(LOG, **SAMPLED)
        assert (tally.provenance.rows, tally.provenance.duplicates) == (150, 50)
    with pytest.warns(UserWarning, match=rf"{first} and {copy} have the same content: if one is a copy") as warned:
        assert pk.tally(shards).frame["n"].sum() == 150
    assert warned[0].filename == __file__


def test_which_files_are_taken_for_copies(tmp_path: Path) -> None:
    """Those with rows, the same bytes, and nothing in their paths that tells their rows apart."""
    for folder in ("model=a", "model=b"):
        (tmp_path / folder).mkdir()
        write(LOG, tmp_path / folder / "log.parquet")
        write(LOG.clear(), tmp_path / folder / "none.parquet")
    assert pk.tally(tmp_path, by="model").frame["n"].sum() == 2 * ROWS
    assert pk.tally(tmp_path, by=[]).frame["n"].sum() == 2 * ROWS
    for copy in ("y", "z"):
        write(LOG, tmp_path / "model=a" / f"{copy}.parquet")
    with pytest.warns(UserWarning, match=r"y.parquet have the same content \(as have 1 more\)"):
        pk.tally(tmp_path, by="model")


def test_files_of_one_size_are_compared_whole(tmp_path: Path) -> None:
    lines = "".join(f'{{"problem": {i:06}, "correct": true}}\n'.replace(" 0", " 1") for i in range(9_000))
    (tmp_path / "a.jsonl").write_text(lines)
    middle = len(lines) // 2
    other = lines[:middle] + lines[middle:].replace("true}", "null}", 1)
    assert len(other) == len(lines) > 2 * (1 << 16)
    (tmp_path / "b.jsonl").write_text(other)
    pk.tally(tmp_path, on_null="fail")
    (tmp_path / "c.jsonl").write_text(other)
    with pytest.warns(UserWarning, match=r"b.jsonl and .*c.jsonl have the same content"):
        pk.tally(tmp_path, on_null="fail")


@pytest.mark.parametrize("link", [os.link, os.symlink, None])
def test_one_file_by_two_names(tmp_path: Path, link: Any) -> None:
    log = write(LOG, tmp_path / "log.parquet")
    other = tmp_path / "other.parquet"
    if link is None:
        other = Path(f"{tmp_path}/./log.parquet")
    else:
        link(log, other)
        with pytest.raises(ValueError, match=rf"the same file is given twice: {log} and {other}"):
            pk.tally(tmp_path)
    with pytest.raises(ValueError, match="the same file is given twice"):
        pk.tally([log, other])
    with pytest.raises(ValueError, match="the same file is given twice"):
        pk.tally([str(tmp_path), log])


def test_a_retry_that_overlaps(shards: Path, suffix: str) -> None:
    """The writer was killed after part 1 began, and its successor wrote some rows again."""
    again = write(LOG[80:], shards / f"part-1-retry.{suffix}")
    with pytest.raises(pk.DataError, match=r'problem "p8", sample 0\) was read before') as caught:
        pk.tally(shards, **SAMPLED)
    # Files are read in the order of their names.
    assert str(caught.value).startswith(str(shards / f"part-1.{suffix}"))
    for policy in ("agree", "first"):
        tally = pk.tally(shards, **SAMPLED, on_duplicate=policy)
        assert tally == pk.tally(LOG, **SAMPLED)
        assert tally.provenance.duplicates == 20
    assert pk.tally(shards).frame["n"].sum() == 120
    again.unlink()
    assert pk.tally(shards, **SAMPLED) == pk.tally(LOG, **SAMPLED)


def test_copies_that_disagree(shards: Path, suffix: str) -> None:
    """The first pair is named with both places; the first rows are kept on request."""
    frame = LOG[:50].with_columns(correct=pl.col("correct") ^ (pl.int_range(50) >= 37))
    wrong = write(frame, shards / f"part-9.{suffix}")
    named = rf'{wrong}, .*problem "p3", sample 7\) has another verdict, answer or reward than its copy at .*part-0'
    for threads in (1, 3):
        with pytest.raises(pk.DataError, match=named):
            pk.tally(shards, **SAMPLED, on_duplicate="agree", threads=threads)
    assert pk.tally(shards, **SAMPLED, on_duplicate="first") == pk.tally(LOG, **SAMPLED)


VERDICTS = [pl.Boolean, pl.Int8, pl.UInt64, pl.Float32]
IDS = [pl.Int8, pl.Int64, pl.UInt16]


@pytest.mark.parametrize("suffix", ["parquet", "arrow", "jsonl"], indirect=True)
def test_types_of_one_meaning_mix(tmp_path: Path, suffix: str) -> None:
    """Verdicts are booleans and numbers, ids are integers of all widths."""
    numbered = LOG.with_columns(problem=pl.col("problem").str.slice(1).cast(pl.Int64))
    for index, (verdict, kind) in enumerate(zip(VERDICTS, [*IDS, pl.Int32], strict=True)):
        part = numbered[25 * index : 25 * (index + 1)]
        cast = part.with_columns(pl.col("correct").cast(verdict), pl.col("problem").cast(kind))
        write(cast, tmp_path / f"{index}.{suffix}")
    assert pk.tally(tmp_path, **SAMPLED).frame.rows() == pk.tally(numbered, **SAMPLED).frame.rows()


def test_strings_and_integers_do_not_mix(shards: Path, suffix: str) -> None:
    numbered = LOG[:9].with_columns(problem=pl.col("problem").str.slice(1).cast(pl.Int64))
    write(numbered, shards / f"part-2.{suffix}")
    with pytest.raises(pk.DataError, match=r"part-2\S*, .*column `problem`: ids are int64 here and strings in"):
        pk.tally(shards)
    write(LOG[:9].with_columns(correct=pl.lit("yes")), shards / f"part-2.{suffix}")
    with pytest.raises(ValueError, match=r"part-2\S*, .*column `correct`: verdicts are strings here"):
        pk.tally(shards)


def test_a_column_that_one_shard_lacks(shards: Path, suffix: str) -> None:
    write(LOG[:9].drop("correct"), shards / f"part-2.{suffix}")
    with pytest.raises(pk.DataError, match=r"part-2\S*, column `correct`: the column is missing here; this file has:"):
        pk.tally(shards, verdict="correct")


@pytest.mark.parametrize("kept", [0, 0.03, 0.605])
def test_an_empty_or_truncated_shard(shards: Path, suffix: str, kept: float) -> None:
    good = (shards / f"part-1.{suffix}").read_bytes()
    bad = shards / f"part-2.{suffix}"
    bad.write_bytes(good[: int(kept * len(good))])
    if suffix == "jsonl" and kept == 0:
        # Text has no mark of its end, so this is a whole log without rows.
        assert [file.rows for file in pk.tally(shards).provenance.files] == [50, 50, 0]
        return
    with pytest.raises(pk.DataError, match=str(bad)) as caught:
        pk.tally(shards)
    assert ("empty (0 bytes)" in str(caught.value)) == (kept == 0)


def test_a_torn_line_among_shards(tmp_path: Path) -> None:
    good = write(LOG, tmp_path / "a.jsonl")
    (tmp_path / "b.jsonl").write_bytes(good.read_bytes()[:-9])
    with pytest.raises(pk.DataError, match=r"b.jsonl, line 100 .*say partial="):
        pk.tally(tmp_path)
    tally = pk.tally(tmp_path, partial="skip")
    assert (tally.provenance.rows, tally.provenance.partial_lines) == (199, 1)


def test_leftovers_are_ignored_and_listed(shards: Path, suffix: str) -> None:
    whole = pk.tally(shards)
    log = (shards / f"part-0.{suffix}").read_bytes()
    leftovers = [
        "_SUCCESS",
        "_committed_123",
        f"._part-0.{suffix}",
        f".part-0.{suffix}.crc",
        f".hidden.{suffix}",
        f"_old.{suffix}",
        f"part-0.{suffix}.tmp",
        f"part-0.{suffix}.inprogress",
        f"part-0.{suffix}~",
        "part-0.csv",
        "part-0.json",
        "README",
        "sub/notes.txt",
        f"sub/_part.{suffix}",
    ]
    (shards / "sub").mkdir()
    for name in leftovers:
        (shards / name).write_bytes(log)
    for name in ("_temporary", ".snapshot", "_delta_log", "sub/.git"):
        (shards / name / "deeper").mkdir(parents=True)
        (shards / name / "deeper" / f"part-0.{suffix}").write_bytes(log)
        leftovers.append(f"{name}/")
    tally = pk.tally(shards)
    assert tally == whole
    assert len(tally.provenance.files) == 2
    listed = [os.path.relpath(path, shards) + ("/" if path.endswith("/") else "") for path in tally.provenance.ignored]
    assert sorted(listed) == sorted(leftovers)
    globbed = pk.tally(shards / "*")
    assert globbed == whole
    # A bare * does not match what begins with a dot, nor what is further below.
    seen = {name for name in leftovers if "/" not in name and not name.startswith(".")}
    assert {Path(path).name for path in globbed.provenance.ignored} == seen
    for named in (shards / f"_old.{suffix}", f"{shards}/_o*.{suffix}"):
        assert pk.tally(named).provenance.rows == 50


def test_no_log_at_all(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").touch()
    (tmp_path / "_temporary").mkdir()
    write(LOG, tmp_path / "_temporary" / "log.parquet")
    with pytest.raises(FileNotFoundError, match=r"no log files \(\.parquet, .*\) in the folder"):
        pk.tally(tmp_path)
    with pytest.raises(FileNotFoundError, match=r"no files match .*\.parquet"):
        pk.tally(tmp_path / "*.parquet")
    with pytest.raises(FileNotFoundError, match=r"no log files .* match .*\*, but 1 others do"):
        pk.tally(tmp_path / "*")
    with pytest.raises(FileNotFoundError, match="No such file"):
        pk.tally(tmp_path / "log.parquet")
    with pytest.raises(ValueError, match="the source is an empty list"):
        pk.tally([])


@pytest.mark.parametrize("suffix", ["parquet", "arrow", "arrows"], indirect=True)
def test_shards_without_rows(tmp_path: Path, suffix: str) -> None:
    for index in range(3):
        write(LOG.clear(), tmp_path / f"part-{index}.{suffix}")
    with pytest.warns(UserWarning, match="the log has no rows") as warned:
        tally = pk.tally(tmp_path)
    assert len(warned) == 1
    assert tally.frame.schema == pk.tally(LOG).frame.schema
    assert (len(tally), tally.provenance.rows, len(tally.provenance.files)) == (0, 0, 3)
    write(LOG, tmp_path / f"part-1.{suffix}")
    assert pk.tally(tmp_path) == pk.tally(LOG)


def test_formats_mix(tmp_path: Path) -> None:
    for index, kind in enumerate(FORMATS):
        write(LOG[20 * index : 20 * (index + 1)], tmp_path / f"part-{index}.{kind}")
    tally = pk.tally(tmp_path, **SAMPLED)
    assert tally == pk.tally(LOG, **SAMPLED)
    assert [file.format for file in tally.provenance.files] == ["parquet", "ipc", "ipc", "jsonl", "jsonl"]


def test_links_to_folders(shards: Path, suffix: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    run = elsewhere / "run"
    run.mkdir()
    (shards / f"part-1.{suffix}").rename(run / f"part-1.{suffix}")
    within = shards / "step-1"
    within.mkdir()
    (shards / f"part-0.{suffix}").rename(within / f"part-0.{suffix}")
    (shards / "linked").symlink_to(run)
    (shards / "latest").symlink_to(within)
    (shards / "again").symlink_to(run)
    (run / "above").symlink_to(elsewhere)
    (run / "back").symlink_to(shards)
    tally = pk.tally(shards, **SAMPLED)
    assert tally == pk.tally(LOG, **SAMPLED)
    assert [Path(path).name for path in tally.provenance.ignored] == ["latest", "linked", "above", "back"]
    assert [file.path for file in tally.provenance.files] == [
        str(shards / "again" / f"part-1.{suffix}"),
        str(within / f"part-0.{suffix}"),
    ]
