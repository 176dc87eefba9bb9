"""Bad input: a clear error that names the place and the way out, and nothing half done."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import passcurve as pk


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "log.parquet"
    frame = pl.DataFrame(
        {"problem": [f"p{i % 5}" for i in range(1_000)], "correct": [i % 3 == 0 for i in range(1_000)]}
    )
    frame.write_parquet(path, row_group_size=100)
    return path


def fails(error: type[Exception], *words: str, **call: Any) -> None:
    source = call.pop("source")
    with pytest.raises(error) as caught:
        pk.tally(source, **call)
    for word in words:
        assert word in str(caught.value)


def test_missing_file(tmp_path: Path) -> None:
    fails(FileNotFoundError, "absent.parquet", source=tmp_path / "absent.parquet")
    fails(FileNotFoundError, "no files match", source=tmp_path / "*.parquet")
    fails(FileNotFoundError, "no log files", str(tmp_path), source=tmp_path)
    fails(ValueError, "empty list", source=[])


def test_unreadable_file(path: Path) -> None:
    loop = path.with_name("loop.parquet")
    loop.symlink_to(loop)
    fails(OSError, "symbolic links", "loop.parquet", source=loop)
    path.chmod(0)
    me = os.geteuid()
    if me == 0:  # root may read everything, and nobody nothing
        os.seteuid(65534)
    try:
        fails(PermissionError, str(path), source=path)
    finally:
        os.seteuid(me)


def test_empty_file(path: Path, tmp_path: Path) -> None:
    empty = tmp_path / "empty.parquet"
    empty.touch()
    fails(pk.DataError, "empty.parquet", "the file is empty (0 bytes)", source=empty)
    fails(pk.DataError, "empty.parquet", source=tmp_path)


@pytest.mark.parametrize("part", [0.02, 0.5, 0.99])
def test_truncated_file(path: Path, part: float) -> None:
    content = path.read_bytes()
    kept = max(9, int(len(content) * part))
    path.write_bytes(content[:kept])
    fails(pk.DataError, str(path), "truncated", f"byte {kept}", source=path)


def test_not_parquet(tmp_path: Path) -> None:
    text = tmp_path / "log.parquet"
    text.write_text('{"problem": 1, "correct": true}\n')
    fails(pk.DataError, "not a Parquet file", source=text)
    jsonl = text.rename(tmp_path / "log.jsonl")
    assert pk.tally(jsonl).frame.rows() == [(1, 1, 1)]
    fails(ValueError, "pl.scan_csv", source=jsonl.rename(tmp_path / "log.csv"))
    fails(ValueError, "hdfs:// is not read", source="hdfs://host/log.parquet")


def test_damaged_page(path: Path) -> None:
    """With checksums a flipped byte in any page is noticed, and the row group is named."""
    pq.write_table(pq.read_table(path), path, row_group_size=100, write_page_checksum=True, use_dictionary=False)
    content = bytearray(path.read_bytes())
    start = pq.ParquetFile(path).metadata.row_group(3).column(0).data_page_offset
    content[start + 60] ^= 0xFF
    path.write_bytes(content)
    fails(pk.DataError, str(path), "row group 3", source=path)


def test_unknown_column_lists_the_columns(path: Path) -> None:
    fails(ValueError, "'answer'", "problem, correct", source=pl.read_parquet(path), verdict="answer")
    for call in ({"problem": "task"}, {"verdict": "passed"}, {"by": "model"}, {"sample": "trial"}):
        fails(ValueError, repr(next(iter(call.values()))).strip("'"), "problem, correct", source=path, **call)
    with pytest.raises(ValueError, match="no column") as caught:
        pk.tally(path, by="model")
    assert not isinstance(caught.value, pk.DataError)


def test_aliases() -> None:
    frame = pl.DataFrame({"id": [1], "uid": [2], "score": [1], "passed": [True]})
    fails(ValueError, "say problem=", "id, uid", source=frame, verdict="score")
    fails(ValueError, "say verdict=", "score, passed", source=frame, problem="id")
    fails(ValueError, "no column has a usual name", "say verdict=", "there are: x", source=pl.DataFrame({"x": [1]}))
    fails(
        ValueError, "say problem=: 'id' has another role, and no other", source=frame.select("id", "score"), sample="id"
    )
    assert pk.tally(frame, by="uid", verdict="score").frame.columns == ["uid", "id", "n", "c"]


def test_one_column_in_two_roles(path: Path) -> None:
    fails(ValueError, "both", source=path, problem="correct", verdict="correct")
    fails(ValueError, "twice", source=path, problem=["problem", "problem"])
    fails(ValueError, "rename", source=pl.DataFrame({"n": [1], "correct": [1]}), problem="n")
    fails(ValueError, "same file is given twice", source=[path, path])
    link = path.with_name("link.parquet")
    link.symlink_to(path)
    fails(ValueError, "same file is given twice", source=[path, link])


def test_null_verdict(tmp_path: Path) -> None:
    frame = pl.DataFrame({"problem": ["a", "a", "b"], "correct": [True, None, None]})
    frame.write_parquet(tmp_path / "log.parquet")
    fails(
        pk.DataError, "log.parquet, row group 0, row 1, column `correct`", "on_null=", source=tmp_path / "log.parquet"
    )
    fails(pk.DataError, "row 1, column `correct`", source=frame)
    assert pk.tally(frame, on_null="fail").frame.rows() == [("a", 2, 1), ("b", 1, 0)]
    skipped = pk.tally(frame, on_null="skip")
    assert skipped.frame.rows() == [("a", 1, 1)]
    assert (skipped.provenance.nulls, skipped.provenance.empty_problems, skipped.provenance.refused) == (2, 1, 2)
    all_null = frame.with_columns(correct=pl.lit(None))
    assert pk.tally(all_null, on_null="fail").frame["c"].to_list() == [0, 0]


def test_half_without_a_threshold() -> None:
    frame = pl.DataFrame({"problem": ["a"] * 3, "score": [1.0, 0.0, 0.5]})
    fails(pk.DataError, "row 2, column `score`", "0.5 is neither 0 nor 1", "threshold=", source=frame)
    for value in (2.0, -1.0, float("inf"), np.nextafter(1, 2)):
        fails(pk.DataError, "row 1", source=pl.DataFrame({"problem": ["a", "a"], "score": [1.0, value]}))
    fails(pk.DataError, "NaN", source=frame.with_columns(score=float("nan")))
    fails(pk.DataError, "NaN", source=frame.with_columns(score=float("nan")), threshold=0.5)
    fails(ValueError, "threshold= is NaN", source=frame, threshold=float("nan"))


def test_strings_without_passing() -> None:
    frame = pl.DataFrame({"problem": ["a", "a"], "verdict": ["pass", "PASS "]})
    fails(ValueError, "column `verdict`", "passing=", '"pass"', source=frame)
    fails(ValueError, "threshold= is for numbers", source=frame, threshold=1)
    fails(
        ValueError, "passing= and failing= are for strings", source=pl.DataFrame({"id": [1], "acc": [1]}), passing="1"
    )
    fails(ValueError, "say passing= too", source=frame, failing="fail")
    fails(ValueError, "give one of them", source=frame, threshold=1, passing="pass")
    fails(pk.DataError, "row 1", '"PASS "', "neither", source=frame, passing="pass", failing="fail")
    with pytest.warns(UserWarning, match=r"^these verdicts count as failed: 'PASS ' \(1\); add 'PASS ' to passing="):
        tally = pk.tally(frame, passing="pass")
    assert tally.provenance.other_verdicts == (("PASS ", 1),)


def test_passing_words_that_no_sample_has(tmp_path: Path) -> None:
    frame = pl.DataFrame({"problem": ["a", "a", "b"], "correct": ["True", "False", "True"]})
    frame.write_parquet(tmp_path / "log.parquet")
    for source in (frame, tmp_path / "log.parquet"):
        with pytest.warns(UserWarning, match="not one sample passed") as caught:
            assert pk.tally(source, passing="true").frame["c"].sum() == 0
        assert str(caught[0].message) == (
            "not one sample passed: no verdict is 'true', and these count as failed: 'True' (2), 'False' (1); add "
            "'True' to passing= if it passes; failing= says which verdicts fail, without this warning"
        )
        assert caught[0].filename == __file__
    with pytest.warns(UserWarning, match=r"no verdict is 'yes', 'ok', .* 'False' \(1\); failing= says"):
        pk.tally(frame, passing=["yes", "ok"])
    # Said in full, passed by some, or without a verdict: nothing to warn of.
    assert pk.tally(frame, passing=["yes"], failing=["True", "False"]).frame["c"].sum() == 0
    assert pk.tally(frame, passing=["yes", "True"]).frame["c"].sum() == 2
    with pytest.warns(UserWarning, match="the log has no rows"):
        assert len(pk.tally(frame.clear(), passing="yes")) == 0
    nulls = frame.with_columns(correct=pl.lit(None, pl.String))
    assert pk.tally(nulls, passing="yes", on_null="fail").frame["c"].sum() == 0


def test_null_id(tmp_path: Path) -> None:
    frame = pl.DataFrame({"model": ["m", None, "m"], "problem": [1, 2, None], "correct": [1, 1, 1]})
    frame.write_parquet(tmp_path / "log.parquet")
    for source in (frame, tmp_path / "log.parquet"):
        fails(pk.DataError, "row 1, column `model`", "on_null_id=", source=source, by="model")
        fails(pk.DataError, "row 2, column `problem`", source=source, by=[])
        tally = pk.tally(source, by="model", on_null_id="skip")
        assert tally.frame.rows() == [("m", 1, 1, 1)]
        assert (tally.provenance.null_ids, tally.provenance.refused) == (2, 2)


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("kept", [{}, {"answer": "answer"}])
def test_rows_without_a_sample_make_no_problem(tmp_path: Path, threads: int, kept: dict[str, str]) -> None:
    samples, problems = [0, 1, None, None, 0, None], [1, 1, 2, 2, 3, 3]
    frame = pl.DataFrame({"problem": problems, "sample": samples, "answer": "x", "correct": [1, 0, 1, 0, 1, None]})
    frame.write_parquet(tmp_path / "log.parquet")
    for source in (frame, tmp_path / "log.parquet", [frame[:3], frame[3:]]):
        fails(pk.DataError, "column `sample`: the id is null", source=source, sample="sample")
        tally = pk.tally(source, sample="sample", on_null_id="skip", threads=threads, **kept)
        assert tally.frame.rows() == [(1, 2, 1), (3, 1, 1)]
        assert tally == pk.tally(frame.drop_nulls("sample"), **kept)
        assert tally.merge(tally, on_repeat="count")._table["n"].to_list() == [4, 2]
        source_ = tally.provenance
        assert (source_.rows, source_.nulls, source_.null_ids, source_.empty_problems) == (6, 0, 3, 0)


@pytest.fixture
def copies() -> pl.DataFrame:
    return pl.DataFrame({"problem": ["a", "a", "b", "a"], "trial": [0, 1, 0, 0], "correct": [True, False, True, True]})


def test_duplicates(copies: pl.DataFrame) -> None:
    fails(pk.DataError, "row 3", 'problem "a", trial 0', "row 0", "on_duplicate=", source=copies, sample="trial")
    agreed = pk.tally(copies, sample="trial", on_duplicate="agree")
    assert agreed.frame.rows() == [("a", 2, 1), ("b", 1, 1)]
    assert (agreed.provenance.duplicates, agreed.provenance.refused) == (1, 1)
    conflict = copies.with_columns(correct=pl.Series([True, False, True, False]))
    fails(pk.DataError, "row 3", "another verdict", source=conflict, sample="trial", on_duplicate="agree")
    first = pk.tally(conflict, sample="trial", on_duplicate="first")
    assert first.frame.rows() == [("a", 2, 1), ("b", 1, 1)]
    assert pk.tally(copies).frame.rows() == [("a", 3, 2), ("b", 1, 1)]


def test_duplicates_across_files(copies: pl.DataFrame, tmp_path: Path) -> None:
    for shard in range(3):
        copies.head(3).write_parquet(tmp_path / f"{shard}.parquet")
    for threads in (1, 2, 3):
        fails(pk.DataError, "1.parquet, row 0", "0.parquet, row 0", source=tmp_path, sample="trial", threads=threads)
    assert pk.tally(tmp_path, sample="trial", on_duplicate="agree").provenance.duplicates == 6


def test_a_policy_without_its_column(copies: pl.DataFrame) -> None:
    for policy in ("agree", "first"):
        fails(ValueError, "needs sample=", source=copies, on_duplicate=policy)


def test_a_row_without_an_id_is_left_out_whole() -> None:
    frame = pl.DataFrame({"problem": ["a", None], "correct": [True, None]})
    assert pk.tally(frame, on_null_id="skip").frame.rows() == [("a", 1, 1)]
    rewards = pl.DataFrame({"problem": ["a", None], "score": [1.0, 2.0]})
    assert pk.tally(rewards, on_null_id="skip").frame.rows() == [("a", 1, 1)]
    words = pl.DataFrame({"problem": ["a", None], "correct": ["ok", "weird"]})
    for kind in (pl.String, pl.Categorical):
        tally = pk.tally(words.with_columns(pl.col("correct").cast(kind)), on_null_id="skip", passing="ok")
        assert tally.provenance.other_verdicts == ()


def test_counts_are_no_log() -> None:
    fails(ValueError, "Tally.read_parquet", source=pl.DataFrame({"problem": ["a"], "n": [8], "c": [3]}))


def test_a_null_is_no_copy() -> None:
    """A retry after a timeout: with the null skipped there is one sample left."""
    frame = pl.DataFrame({"problem": ["a", "a"], "trial": [0, 0], "correct": [None, True]})
    assert pk.tally(frame, sample="trial", on_null="skip").frame.rows() == [("a", 1, 1)]
    fails(pk.DataError, "row 1", source=frame, sample="trial", on_null="fail")


@pytest.mark.parametrize(
    ("column", "kind"),
    [
        (pa.array([["a"], ["b"]]), "List"),
        (pa.array([{"id": 1}, {"id": 2}]), "Struct"),
        (pa.array([1.0, 2.0]), "Float64"),
        (pa.array([b"a", b"b"]), "Binary"),
        (pa.array([0, 1], pa.timestamp("us")), "Timestamp"),
        (pa.array([0, 1], pa.duration("us")), "Duration"),
    ],
    ids=["list", "struct", "float", "binary", "timestamp", "duration"],
)
def test_columns_that_cannot_be_ids(tmp_path: Path, column: pa.Array, kind: str) -> None:
    table = pa.table({"id": column, "correct": [True, False]})
    fails(pk.DataError, "column `id`", kind, "cannot be an id", source=table)
    if kind != "Duration":
        pq.write_table(table, tmp_path / "log.parquet")
        asked = {"source": tmp_path / "log.parquet", "problem": "id", "verdict": "correct"}
        if kind == "Binary":
            # Old writers do not mark strings as such.
            assert pk.tally(**asked).frame["id"].to_list() == ["a", "b"]
        else:
            fails(pk.DataError, "log.parquet, column `id`", kind, **asked)
    verdict = pa.table({"id": [1, 2], "correct": column})
    if kind != "Float64":
        fails(pk.DataError, "column `correct`", kind, "cannot be a verdict", source=verdict)


def test_one_bad_shard(path: Path) -> None:
    frame = pl.read_parquet(path)
    other = path.with_name("other.parquet")
    frame.rename({"correct": "passed"}).write_parquet(other)
    fails(pk.DataError, "other.parquet", "missing", "problem, passed", source=path.parent, verdict="correct")
    frame.with_columns(problem=pl.lit(7)).write_parquet(other)
    fails(pk.DataError, "column `problem`", "strings", "int", source=path.parent)
    frame.with_columns(correct=pl.col("correct").cast(pl.Int8)).write_parquet(other)
    assert pk.tally(path.parent).frame["n"].to_list() == [400] * 5
    pq.write_table(pa.table([[1], [True], [True]], names=["problem", "correct", "correct"]), other)
    fails(pk.DataError, "two columns of this name", source=other)


def test_mixed_shards_are_found_in_order(path: Path) -> None:
    """Whatever the threads, the second file is to blame."""
    frame = pl.read_parquet(path)
    for name in ("b", "c", "d"):
        frame.with_columns(problem=pl.lit(7)).write_parquet(path.with_name(f"z{name}.parquet"), row_group_size=10)
    for threads in (1, 2, 3, 8):
        for _ in range(5):
            fails(pk.DataError, "zb.parquet, column `problem`", "strings", source=path.parent, threads=threads)
    for name in ("b", "c", "d"):
        words = frame.with_columns(correct=pl.lit("yes"))
        words.write_parquet(path.with_name(f"z{name}.parquet"))
    for call in ({}, {"passing": "yes"}):
        with pytest.raises(ValueError, match="strings"):
            pk.tally(path.parent, **call)
    fails(pk.DataError, "zb.parquet, column `correct`", "booleans or numbers", source=path.parent)


def test_a_bad_word_in_a_dictionary_names_its_first_row() -> None:
    frame = pl.DataFrame({"problem": [1] * 4, "correct": ["ok", "bad1", "bad2", "bad1"]})
    for column in (pl.col("correct"), pl.col("correct").cast(pl.Enum(["bad2", "bad1", "ok"]))):
        fails(pk.DataError, "row 1", '"bad1"', source=frame.with_columns(column), passing="ok", failing="no")


def test_dictionaries_that_no_writer_should_make() -> None:
    nested = pa.array([0, 1], pa.int8())
    inner = pa.DictionaryArray.from_arrays(nested, pa.array(["a", "b"]))
    table = pa.table({"id": pa.DictionaryArray.from_arrays(nested, inner), "acc": [1, 0]})
    fails(pk.DataError, "column `id`", "cannot be an id", source=table)
    outside = pa.DictionaryArray.from_arrays(pa.array([0, 5], pa.int8()), pa.array(["a", "b"]), safe=False)
    fails(pk.DataError, "column `id`", "out of range", source=pa.table({"id": outside, "acc": [1, 0]}))
    fails(pk.DataError, "out of range", source=pa.table({"id": [1, 2], "acc": outside}), passing="a")


def test_an_earlier_batch_is_to_blame_first() -> None:
    bad, worse = pl.DataFrame({"id": [1], "acc": [2]}), pl.DataFrame({"id": [1]})
    for threads in (1, 2, 8):
        fails(pk.DataError, "verdict 2", source=[bad, worse], threads=threads)


def test_integers_widen() -> None:
    parts = [
        pl.DataFrame({"id": pl.Series([1, 2], dtype=kind), "acc": [1, 0]}) for kind in (pl.Int8, pl.Int32, pl.UInt16)
    ]
    frame = pk.tally(parts).frame
    assert frame.schema["id"] == pl.Int32
    assert frame.rows() == [(1, 3, 3), (2, 3, 0)]
    parts.append(pl.DataFrame({"id": pl.Series([2**63], dtype=pl.UInt64), "acc": [1]}))
    fails(pk.DataError, "column `id`", source=parts)


@pytest.mark.parametrize("lazy", [False, True])
def test_zero_rows(path: Path, lazy: bool) -> None:
    frame = pl.read_parquet(path).clear()
    with pytest.warns(UserWarning, match="^the log has no rows: the tally is empty$") as caught:
        tally = pk.tally(frame.lazy() if lazy else frame)
    assert [warning.filename for warning in caught] == [__file__]
    assert tally.frame.schema == {"problem": pl.String, "n": pl.Int64, "c": pl.Int64}
    assert len(tally) == 0
    frame.write_parquet(path)
    with pytest.warns(UserWarning, match="the log has no rows"):
        tally = pk.tally(path)
    assert tally.frame.schema == {"problem": pl.String, "n": pl.Int64, "c": pl.Int64}
    assert tally.provenance.files[0].rows == 0
    assert tally.pass_at_k(1).rows() == [
        ("pass@k", 1, None, None, None, None, "none: no problem", None, "problems", None, 0, None, None)
    ]
    assert "0 problems" in repr(tally)
    assert tally.merge(tally) == tally


def test_sources_of_no_known_kind(path: Path) -> None:
    fails(TypeError, "cannot tally a int", source=7)
    fails(TypeError, "cannot tally a dict", "pl.DataFrame(...)", source={"problem": [1]})
    fails(TypeError, "not dict", "pass a list of rows as pl.DataFrame(...)", source=[{"problem": 1, "correct": True}])
    fails(TypeError, "not int", source=[1, 2])
    fails(TypeError, "bytes", source=b"log.parquet")
    fails(ValueError, "two axes", source=np.zeros(3))
    fails(ValueError, "must yield at least one", source=iter([]))
    fails(TypeError, "column names", source=path, by=[1])


def test_words_that_are_no_policy(path: Path) -> None:
    for word in ("on_null", "on_null_id", "on_duplicate"):
        fails(ValueError, f"{word}='ignore'", "error", source=path, **{word: "ignore"})
    for threads in (0, -1, True, 1.5):
        fails(ValueError, "threads=", source=path, threads=threads)
    for limit in (0, -1, "lots", "4 GiBs", True):
        fails(ValueError, "memory_limit=", source=path, memory_limit=limit)


def test_memory_limit(tmp_path: Path) -> None:
    frame = pl.select(problem=pl.int_range(3_000_000), correct=pl.lit(True))
    frame.write_parquet(tmp_path / "log.parquet")
    for source in (frame, tmp_path / "log.parquet"):
        fails(pk.MemoryLimitError, "memory_limit of 1048576 bytes", source=source, memory_limit="1MiB")
        fails(MemoryError, source=source, memory_limit=2**20)
        assert len(pk.tally(source, memory_limit="4GiB")) == 3_000_000


def test_a_file_that_changes_while_it_is_read(path: Path) -> None:
    copy = path.with_name("copy.parquet")
    shutil.copy(path, copy)
    done = False

    def touch(rows: int) -> None:
        nonlocal done
        if not done:
            done = True
            os.utime(path, (0, 0))

    big = path.with_name("big.parquet")
    rows = {"problem": (pl.int_range(10_000_000) % 1_000).cast(pl.String), "index": pl.int_range(10_000_000)}
    pl.select(**rows, correct=pl.lit(True)).write_parquet(big)
    for log in (path, copy):
        pl.read_parquet(log).with_row_index("index", 10_000_000).write_parquet(log)
    with pytest.raises(pk.DataError, match=re.escape(str(path)) + ".*changed while it was read"):
        pk.tally([path, big], sample="index", progress=touch, threads=1)
