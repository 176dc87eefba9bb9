"""Every kind of source gives the same tally of the same log."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.dataset as pa_dataset
import pyarrow.parquet as pq
import pytest
from polars.testing import assert_frame_equal

import passcurve as pk
from passcurve import _categories, _sources

ROWS = 5_000
KEY = {"by": ["model", "step"], "problem": "problem", "verdict": "correct"}


@pytest.fixture(scope="module")
def log() -> pl.DataFrame:
    rng = np.random.default_rng(7)
    return pl.DataFrame(
        {
            "model": rng.choice(["base", "rl"], ROWS),
            "step": rng.choice([0, 100, 200], ROWS).astype(np.int32),
            "problem": [f"p{i}" for i in rng.integers(0, 40, ROWS)],
            "correct": rng.random(ROWS) < 0.3,
            "text": ["an answer"] * ROWS,
        }
    )


@pytest.fixture(scope="module")
def expected(log: pl.DataFrame) -> pl.DataFrame:
    counts = log.group_by("model", "step", "problem").agg(
        n=pl.len().cast(pl.Int64), c=pl.col("correct").sum().cast(pl.Int64)
    )
    return counts.sort("model", "step", "problem")


@pytest.fixture
def folder(log: pl.DataFrame, tmp_path: Path) -> Path:
    for shard, start in enumerate(range(0, ROWS, 1_300)):
        part = log.slice(start, 1_300)
        part.write_parquet(tmp_path / f"part-{shard}.parquet", row_group_size=500)
    return tmp_path


@pytest.mark.parametrize(
    "convert",
    [
        lambda log: log,
        lambda log: log.lazy(),
        lambda log: log.rechunk().to_arrow(),
        lambda log: log.to_arrow().to_batches(max_chunksize=700),
        lambda log: iter(log.to_arrow().to_batches(max_chunksize=700)),
        lambda log: pa.RecordBatchReader.from_batches(log.to_arrow().schema, log.to_arrow().to_batches()),
        lambda log: log.to_arrow().to_batches()[0],
        lambda log: log.to_pandas(),
        lambda log: log.to_pandas().astype({"model": "category"}),
        lambda log: pa_dataset.dataset(log.to_arrow()).to_batches(batch_size=999),
        lambda log: duckdb.sql("select * from log"),
        lambda log: list(log.iter_slices(701)),
    ],
    ids=[
        "frame",
        "lazy",
        "table",
        "list of batches",
        "iterator of batches",
        "reader",
        "batch",
        "pandas",
        "pandas category",
        "dataset",
        "duckdb",
        "list of frames",
    ],
)
def test_frames_and_streams(log: pl.DataFrame, expected: pl.DataFrame, convert: Any) -> None:
    assert_frame_equal(pk.tally(convert(log), **KEY).frame, expected, check_dtypes=True)


@pytest.mark.parametrize(
    "source",
    [
        lambda folder: folder,
        str,
        lambda folder: folder / "*.parquet",
        lambda folder: sorted(folder.glob("*.parquet")),
        lambda folder: [folder / "part-0.parquet", str(folder / "part-[123].parquet")],
        lambda folder: pl.scan_parquet(folder / "*.parquet"),
        lambda folder: sorted(folder.glob("*.parquet"), reverse=True),
    ],
    ids=["folder", "string", "glob", "list", "list with glob", "scan", "reversed"],
)
def test_files(folder: Path, expected: pl.DataFrame, source: Any) -> None:
    tally = pk.tally(source(folder), **KEY)
    assert_frame_equal(tally.frame, expected)
    assert tally.provenance.rows == ROWS


def test_files_are_in_the_provenance(folder: Path) -> None:
    (folder / "_SUCCESS").touch()
    (folder / "._part-0.parquet").write_bytes(b"not a log")
    (folder / "notes.txt").write_text("not a log")
    (folder / "_temporary").mkdir()
    (folder / "_temporary" / "part-9.parquet").write_bytes(b"not a log")
    (folder / "more").mkdir()
    (folder / "part-3.parquet").rename(folder / "more" / "part-3.parquet")
    provenance = pk.tally(folder, **KEY).provenance
    assert [Path(file.path).name for file in provenance.files] == [f"part-{i}.parquet" for i in (3, 0, 1, 2)]
    assert [file.rows for file in provenance.files] == [1_100, 1_300, 1_300, 1_300]
    assert all(file.bytes == Path(file.path).stat().st_size for file in provenance.files)
    ignored = {Path(path).relative_to(folder).as_posix() for path in provenance.ignored}
    assert ignored == {"_SUCCESS", "._part-0.parquet", "notes.txt", "_temporary"}
    assert provenance.version == pk.__version__


@pytest.mark.parametrize("threads", [1, 2, 3, 8])
def test_threads_change_no_byte(folder: Path, threads: int) -> None:
    one = pk.tally(folder, **KEY, threads=1)
    many = pk.tally(folder, **KEY, threads=threads)
    assert many == one
    assert many.provenance == one.provenance


def test_a_2d_array_is_problems_by_samples() -> None:
    verdicts = np.array([[1, 0, np.nan, 1], [0, 0, 0, 0], [np.nan] * 4])
    tally = pk.tally(verdicts, on_null="skip")
    assert tally.frame.rows() == [(0, 3, 2), (1, 4, 0)]
    assert tally.frame.columns == ["problem", "n", "c"]
    assert tally.provenance.nulls == 5
    assert tally.provenance.empty_problems == 1
    assert pk.tally(verdicts == 1).frame["n"].to_list() == [4, 4, 4]
    large = np.random.default_rng(0).random((3_000, 1_001)) < 0.5
    assert pk.tally(large).frame["c"].to_list() == large.sum(axis=1).tolist()
    rewards = np.array([[0.2, 0.9], [0.5, 0.4]])
    assert pk.tally(rewards, threshold=0.5).frame["c"].to_list() == [1, 1]


IDS = ["b", "a", "b", "c", "a", "b"]
NUMBERS = [2, 1, 2, 3, 1, 2]


@pytest.mark.parametrize(
    ("column", "sorted_ids"),
    [
        (pa.array(IDS, pa.string()), ["a", "b", "c"]),
        (pa.array(IDS, pa.large_string()), ["a", "b", "c"]),
        (pa.array(IDS, pa.string_view()), ["a", "b", "c"]),
        *(
            (pa.array(NUMBERS, getattr(pa, f"{kind}{bits}")()), [1, 2, 3])
            for kind in ("int", "uint")
            for bits in (8, 16, 32, 64)
        ),
        *(
            (
                pa.DictionaryArray.from_arrays(
                    pa.array([1, 0, 1, 2, 0, 1], key()), pa.array(["a", "b", "c", "unused"])
                ),
                ["a", "b", "c"],
            )
            for key in (pa.int8, pa.int16, pa.int32, pa.int64, pa.uint8, pa.uint16, pa.uint32)
        ),
        (pa.DictionaryArray.from_arrays(pa.array([1, 0, 1, 2, 0, 1]), pa.array([1, 2, 3])), [1, 2, 3]),
        (
            pa.DictionaryArray.from_arrays(pa.array([1, 0, 1, 2, 0, 1]), pa.array(["a", "b", "c"], pa.large_string())),
            ["a", "b", "c"],
        ),
        (
            pa.array([dt.date(2026, 1, day) for day in NUMBERS], pa.date32()),
            [dt.date(2026, 1, day) for day in (1, 2, 3)],
        ),
        (
            pa.array([dt.date(2026, 1, day) for day in NUMBERS], pa.date64()),
            [dt.date(2026, 1, day) for day in (1, 2, 3)],
        ),
        (pa.array([2**64 - n for n in NUMBERS], pa.uint64()), [2**64 - n for n in (3, 2, 1)]),
        (pa.array([-n for n in NUMBERS], pa.int64()), [-3, -2, -1]),
    ],
    ids=lambda value: str(value.type) if isinstance(value, pa.Array) else None,
)
def test_id_types(tmp_path: Path, column: pa.Array, sorted_ids: list[Any]) -> None:
    table = pa.table({"id": column, "correct": [True, True, False, False, False, True]})
    frame = pk.tally(table, problem="id").frame
    assert frame["id"].to_list() == sorted_ids
    order = dict(zip(column.to_pylist(), zip([2] * 6, [1] * 6, strict=True), strict=True))
    assert len(order) == 3
    twin = pl.DataFrame(table.cast(pa.schema([("id", _plain(column.type)), ("correct", pa.bool_())])))
    counts = twin.group_by("id").agg(n=pl.len().cast(pl.Int64), c=pl.col("correct").sum().cast(pl.Int64)).sort("id")
    assert_frame_equal(frame, counts)
    if not (pa.types.is_dictionary(column.type) and column.type.value_type == pa.int64()):
        pq.write_table(table, tmp_path / "log.parquet")
        assert pk.tally(tmp_path / "log.parquet", problem="id").frame.rows() == frame.rows()


def _plain(kind: pa.DataType) -> pa.DataType:
    if pa.types.is_dictionary(kind):
        return pa.int64() if kind.value_type == pa.int64() else pa.string()
    return pa.date32() if pa.types.is_date(kind) else kind


def test_bool_ids() -> None:
    frame = pl.DataFrame({"problem": [True, False, True], "correct": [1, 0, 0]})
    assert pk.tally(frame).frame.rows() == [(False, 1, 0), (True, 2, 1)]


VERDICTS = [1, 0, 1, 1, 0, 0]


@pytest.mark.parametrize(
    "column",
    [
        pa.array([bool(v) for v in VERDICTS]),
        *(pa.array(VERDICTS, getattr(pa, f"{kind}{bits}")()) for kind in ("int", "uint") for bits in (8, 16, 32, 64)),
        pa.array(np.array(VERDICTS, dtype=np.float16)),
        pa.array(VERDICTS, pa.float32()),
        pa.array(VERDICTS, pa.float64()),
        pa.array(VERDICTS, pa.int8()).dictionary_encode(),
    ],
    ids=lambda column: str(column.type),
)
def test_verdict_types(tmp_path: Path, column: pa.Array) -> None:
    table = pa.table({"problem": IDS, "correct": column})
    expected = [("a", 2, 0), ("b", 3, 2), ("c", 1, 1)]
    assert pk.tally(table).frame.rows() == expected
    if not pa.types.is_dictionary(column.type):
        pq.write_table(table, tmp_path / "log.parquet")
        assert pk.tally(tmp_path / "log.parquet").frame.rows() == expected


@pytest.mark.parametrize("kind", [pl.String, pl.Categorical, pl.Enum(["ok", "no", "timeout", "error"])])
def test_string_verdicts(kind: Any) -> None:
    words = pl.Series(["ok", "no", "ok", "timeout", "error", "timeout"], dtype=kind)
    frame = pl.DataFrame({"problem": IDS, "correct": words})
    tally = pk.tally(frame, passing="ok")
    assert tally.frame.rows() == [("a", 2, 0), ("b", 3, 2), ("c", 1, 0)]
    assert tally.provenance.other_verdicts == (("timeout", 2), ("error", 1), ("no", 1))
    both = pk.tally(frame, passing=["ok", "timeout"], failing=["no", "error"])
    assert both.frame["c"].to_list() == [0, 3, 1]
    assert both.provenance.other_verdicts == ()


def test_verdicts_in_a_dictionary_larger_than_the_log() -> None:
    values = [*map(str, range(1000)), "no", "ok", "timeout"]
    places = pa.array([1001, None, 1001, 1002, 7, 1002], pa.int32())
    table = pa.table({"problem": IDS, "correct": pa.DictionaryArray.from_arrays(places, values)})
    tally = pk.tally(table, passing="ok", on_null="skip")
    assert tally.frame.rows() == [("a", 1, 0), ("b", 3, 2), ("c", 1, 0)]
    assert tally.provenance.other_verdicts == (("timeout", 2), ("7", 1))


def test_a_categorical_may_have_any_name() -> None:
    frame = pl.DataFrame({"self": pl.Series(IDS, dtype=pl.Categorical), "correct": [True] * 6})
    assert pk.tally(frame, problem="self").frame.rows() == [("a", 2, 2), ("b", 3, 3), ("c", 1, 1)]


def test_threshold() -> None:
    frame = pl.DataFrame({"problem": IDS, "score": [0.5, 0.49, 1.0, float("inf"), -1.0, 0.0]})
    assert pk.tally(frame, threshold=0.5).frame["c"].to_list() == [0, 2, 1]
    assert pk.tally(frame.with_columns(score=pl.Series([3, 2, 1, 5, 0, 9])), threshold=3).frame["c"].to_list() == [
        0,
        2,
        1,
    ]


@pytest.mark.parametrize("kind", [pl.Float32, pl.Float64])
def test_a_threshold_is_compared_in_the_precision_of_the_column(kind: Any) -> None:
    for tenth in range(1, 10):
        rewards = pl.Series([0.1 * i for i in range(10)] + [tenth / 10], dtype=kind)
        frame = pl.DataFrame({"problem": "a", "score": rewards})
        expected = (rewards >= np.array(tenth / 10, dtype=rewards.to_numpy().dtype)).sum()
        assert pk.tally(frame, threshold=tenth / 10).frame["c"].item() == expected
    half = pa.table({"problem": ["a"], "score": pa.array(np.array([0.7], dtype=np.float16))})
    assert pk.tally(half, threshold=0.7).frame["c"].item() == 1


def test_wide_rows_and_many_small_batches_take_no_memory() -> None:
    """Columns that are not read are let go of, and small batches are counted before they pile up."""
    batch = pa.table({"problem": [1], "correct": [True], "text": ["x" * 1_000]}).to_batches()[0]
    assert pk.tally(batch for _ in range(20_000)).frame.rows() == [(1, 20_000, 20_000)]


def test_an_empty_row_group_has_types(tmp_path: Path) -> None:
    empty = pa.table({"problem": pa.array([], pa.string()), "correct": pa.array([], pa.bool_())})
    pq.write_table(empty, tmp_path / "log.parquet")
    assert pq.ParquetFile(tmp_path / "log.parquet").num_row_groups == 1
    with pytest.warns(UserWarning, match="the log has no rows"):
        assert pk.tally(tmp_path / "log.parquet").frame.schema["problem"] == pl.String


def test_many_key_columns() -> None:
    frame = pl.DataFrame(dict.fromkeys("defgh", IDS) | {"correct": [True] * 6})
    tally = pk.tally(frame, by=["d", "e", "f"], problem=["g", "h"])
    assert tally.frame.rows() == [(*[letter] * 5, n, n) for letter, n in (("a", 2), ("b", 3), ("c", 1))]
    assert (tally.by, tally.problem) == (("d", "e", "f"), ("g", "h"))


def test_a_lazy_frame_comes_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    heights: list[int] = []

    def spy(part: pl.DataFrame) -> Any:
        heights.append(part.height)
        return _categories.split(part)

    monkeypatch.setattr(_sources, "split", spy)
    rows = 3_000_000
    long = pl.LazyFrame({"i": pl.int_range(rows, eager=True)}).select(problem=pl.col("i") % 7, correct=True)
    assert pk.tally(long).frame["n"].sum() == rows
    assert sum(heights) == rows
    assert max(heights) < rows / 2


def test_progress_is_told(folder: Path) -> None:
    seen: list[int] = []
    pk.tally(
        pl.read_parquet(folder / "*.parquet").sample(3_000_000, with_replacement=True), **KEY, progress=seen.append
    )
    assert seen == sorted(seen)
    with pytest.raises(ZeroDivisionError):
        pk.tally(pl.select(problem=pl.int_range(20_000_000) % 7, correct=pl.lit(True)), progress=lambda rows: 1 / 0)
