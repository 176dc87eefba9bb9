"""Samples that come twice: found by a bit a sample, and named by the rows of another reading as by a set of rows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import passcurve as pk

WORDS: Any = {"by": "model", "problem": "problem", "sample": "sample", "verdict": "correct", "threads": 3}


def twin(frame: pl.DataFrame, *, skip: bool) -> tuple[int, int] | None:
    """The first row whose sample came before, and the row it came in."""
    seen: dict[tuple[Any, ...], int] = {}
    for row, (*key, correct) in enumerate(frame.select("model", "problem", "sample", "correct").iter_rows()):
        if correct is None and skip:
            continue
        first = seen.setdefault(tuple(key), row)
        if first != row:
            return row, first
    return None


@st.composite
def logs(draw: st.DrawFn) -> pl.DataFrame:
    """Rows of few keys, so that some samples come twice."""
    sparse = st.one_of(st.integers(0, 70), st.integers(-(2**62), 2**62))
    samples = draw(st.sampled_from([st.integers(0, 200), sparse, st.text("ab", max_size=9)]))
    problems = draw(st.sampled_from([st.integers(0, 5), st.sampled_from(["p", "a problem of more than twelve bytes"])]))
    rows = draw(
        st.lists(st.tuples(st.sampled_from("xy"), problems, samples, st.sampled_from([True, False, None])), max_size=60)
    )
    schema = ["model", "problem", "sample", "correct"]
    frame = pl.DataFrame(rows, schema, orient="row", infer_schema_length=None)
    return frame.with_columns(pl.col("correct").cast(pl.Boolean))


@settings(deadline=None, max_examples=120)
@given(logs(), st.sampled_from(["fail", "skip"]), st.integers(1, 9))
def test_the_first_copy_is_named(
    tmp_path_factory: pytest.TempPathFactory, frame: pl.DataFrame, on_null: str, size: int
) -> None:
    words: Any = {**WORDS, "on_null": on_null}
    found = twin(frame, skip=on_null == "skip")
    folder = tmp_path_factory.mktemp("logs")
    for number, part in enumerate(frame.iter_slices(max(1, frame.height // 2))):
        part.write_parquet(folder / f"{number}.parquet", row_group_size=size)
    frame.write_ndjson(folder / "log.jsonl")
    sources: dict[str, Any] = {"frame": frame, "stream": frame.to_arrow()}
    if frame.height:
        sources |= {"parquet": str(folder / "*.parquet"), "lines": folder / "log.jsonl"}
    for name, source in sources.items():
        if found is None:
            if frame.height:
                tally = pk.tally(source, **words)
                kept = frame if on_null == "fail" else frame.drop_nulls("correct")
                assert tally.frame["n"].sum() == kept.height, name
                assert tally.frame["c"].sum() == frame["correct"].sum(), name
            continue
        with pytest.raises(pk.DataError, match="sample") as raised:
            pk.tally(source, **words)
        row, first = found
        half = max(1, frame.height // 2)
        places = {
            "parquet": (f"{folder / str(row // half)}.parquet", f"{folder / str(first // half)}.parquet"),
            "lines": (f"line {row + 1}", f"line {first + 1}"),
        }
        for words_of, place in zip(("", "first"), places.get(name, (f"row {row}", f"row {first}")), strict=True):
            assert place in str(raised.value), (name, words_of)


def test_many_samples_of_few_keys_and_of_many(tmp_path: Path) -> None:
    """A copy at the very end of 300,000 rows is found where the bits are close and where they are far between."""
    count = 300_000
    rows = pl.int_range(count, eager=True)
    for problems, sample in ((3, rows), (100_000, rows), (3, rows * 1_000_003), (3, rows.cast(pl.String))):
        frame = pl.DataFrame({"model": "m", "problem": rows % problems, "sample": sample, "correct": rows % 7 == 0})
        path = tmp_path / "log.parquet"
        frame.write_parquet(path, row_group_size=40_000)
        assert pk.tally(path, **WORDS).frame["n"].sum() == count
        last = pl.concat([frame, frame[17]])
        last.write_parquet(path, row_group_size=40_000)
        for source in (path, last):
            with pytest.raises(pk.DataError, match=rf"{count}.*17\b"):
                pk.tally(source, **WORDS)


@pytest.mark.parametrize("threads", [1, 3])
def test_keys_that_are_far_between(tmp_path: Path, threads: int) -> None:
    """Few keys of large numbers would be a table of holes; their samples are checked without one, from any row on."""
    near = [(step, problem, sample) for step in range(3) for problem in range(4) for sample in range(5)]
    far = [(step + more, problem + more, sample) for step, problem, sample in near for more in (0, 4000)]
    words: Any = {**WORDS, "by": ["model", "step"], "threads": threads}
    for rows in (near, far, sorted(far), sorted(far, reverse=True)):
        frame = pl.DataFrame(rows, ["step", "problem", "sample"], orient="row")
        frame = frame.with_columns(model=pl.lit("m"), correct=pl.col("sample") < 2)
        path = tmp_path / "log.parquet"
        frame.write_parquet(path, row_group_size=7)
        for source in (path, frame):
            counted = pk.tally(source, **words).frame
            assert counted.select("step", "problem").rows() == sorted({row[:2] for row in rows})
            assert counted["n"].to_list() == [5] * counted.height
            assert counted["c"].to_list() == [2] * counted.height
        last = pl.concat([frame, frame[frame.height - 3]])
        last.write_parquet(path, row_group_size=7)
        for source in (path, last):
            with pytest.raises(pk.DataError, match=rf"row {frame.height}.*row {frame.height - 3}\b"):
                pk.tally(source, **words)


def test_a_copy_is_named_in_the_memory_that_finds_it(tmp_path: Path) -> None:
    """What one reading counted is let go before the next one counts the same."""
    count = 100_000
    frame = pl.select(model=pl.lit("m"), problem=pl.format("problem {}", pl.int_range(count)), sample=0, correct=True)
    frame.write_parquet(tmp_path / "log.parquet")
    pl.concat([frame, frame[7]]).write_parquet(tmp_path / "copied.parquet")
    words: Any = {**WORDS, "threads": 1}

    def enough(size: int) -> bool:
        try:
            pk.tally(tmp_path / "log.parquet", **words, memory_limit=size << 20)
        except pk.MemoryLimitError:
            return False
        return True

    least = next(size for size in range(1, 100) if enough(size))
    with pytest.raises(pk.DataError, match=rf"row {count}.*row 7\b"):
        pk.tally(tmp_path / "copied.parquet", **words, memory_limit=(least << 20) * 3 // 2)
