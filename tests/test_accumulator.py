"""Batches that are added one after the other are the tally of all of them."""

from __future__ import annotations

import threading
from itertools import pairwise
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import passcurve as pk

ROWS = st.lists(
    st.tuples(st.sampled_from(["a", "b"]), st.sampled_from("pqrs"), st.booleans(), st.sampled_from(["x", "y", None])),
    min_size=1,
    max_size=60,
)
NAMES = ["model", "problem", "correct", "answer"]


def frame(rows: list[tuple[Any, ...]]) -> pl.DataFrame:
    types = {"model": pl.String, "problem": pl.String, "correct": pl.Boolean, "answer": pl.String}
    return pl.DataFrame(rows, schema=types, orient="row").with_columns(sample=pl.int_range(pl.len()))


@settings(max_examples=150, deadline=None)
@given(rows=ROWS, cuts=st.lists(st.integers(0, 60), max_size=5), keep=st.booleans(), sampled=st.booleans())
def test_any_split_is_the_whole(rows: list[tuple[Any, ...]], cuts: list[int], keep: bool, sampled: bool) -> None:
    whole = frame(rows)
    words: dict[str, Any] = {"problem": "problem", "verdict": "correct", "by": "model"}
    words |= {"answer": "answer"} if keep else {}
    words |= {"sample": "sample"} if sampled else {}
    counts = pk.Accumulator(**words)
    edges = [0, *sorted(min(cut, len(whole)) for cut in cuts), len(whole)]
    for start, end in pairwise(edges):
        if end == 0:
            continue
        counts.add(whole[start:end])
        so_far = counts.tally()
        expected = pk.tally(whole[:end], **words)
        assert so_far == expected
        assert so_far.frame.equals(expected.frame)
        assert so_far.provenance.rows == counts.rows == end
    assert counts.tally().answer == ("answer" if keep else None)


def test_rows_of_every_kind() -> None:
    counts = pk.Accumulator(problem="problem", verdict="correct")
    columns = {"problem": ["p", "q"], "correct": [True, False]}
    for rows in (
        columns,
        [{"problem": "p", "correct": True}, {"problem": "q", "correct": False}],
        pl.DataFrame(columns),
        pl.LazyFrame(columns),
        pa.table(columns),
        pa.RecordBatch.from_pydict(columns),
        {"problem": np.array(["p", "q"]), "correct": np.array([True, False])},
        pl.DataFrame(columns).with_columns(pl.col("problem").cast(pl.Categorical)),
    ):
        counts.add(rows)
    assert counts.tally().frame.rows() == [("p", 8, 8), ("q", 8, 0)]
    with pytest.raises(TypeError, match=r"tally files by pk\.tally"):
        counts.add("log.parquet")


def test_what_is_refused_changes_nothing() -> None:
    counts = pk.Accumulator(problem="problem", verdict="correct", sample="sample")
    with pytest.raises(ValueError, match="nothing was added"):
        counts.tally()
    counts.add({"problem": ["p"], "correct": [True], "sample": [0]})
    for bad, error in (
        ({"problem": ["q", None], "correct": [True, True], "sample": [0, 1]}, "the id is null"),
        ({"problem": ["q", "q"], "correct": [True, None], "sample": [0, 1]}, "the verdict is null"),
        ({"problem": ["q", "q"], "correct": [True, True], "sample": [0, 0]}, "was read before"),
        ({"problem": [7], "correct": [True], "sample": [0]}, "ids are"),
        ({"problem": ["q"], "correct": [0.5], "sample": [0]}, "neither 0 nor 1"),
        (
            [{"problem": 7, "correct": True, "sample": 0}, {"problem": "7", "correct": True, "sample": 1}],
            "row 0, column `problem`: 7 is no string",
        ),
        ({"problem": ["q"], "correct": [True]}, "no column 'sample'"),
    ):
        with pytest.raises((pk.DataError, ValueError), match=error):
            counts.add(bad)
        assert counts.tally().frame.rows() == [("p", 1, 1)]
        assert counts.rows == 1
    counts.add({"problem": ["p"], "correct": [False], "sample": [1]})
    assert counts.tally().frame.rows() == [("p", 2, 1)]
    # A copy in another call shows when the tally is looked at.
    counts.add({"problem": ["p"], "correct": [False], "sample": [1]})
    with pytest.raises(pk.DataError, match=r"row 2.* was read before, at row 1"):
        counts.tally()


def test_retries() -> None:
    counts = pk.Accumulator(problem="problem", verdict="correct", sample="sample", on_duplicate="first")
    for correct in (True, False, False):
        counts.add({"problem": ["p"], "correct": [correct], "sample": [0]})
    t = counts.tally()
    assert (t.frame.rows(), t.provenance.duplicates) == ([("p", 1, 1)], 2)


def test_the_words_are_checked_at_once() -> None:
    with pytest.raises(ValueError, match="needs sample="):
        pk.Accumulator(on_duplicate="first")
    with pytest.raises(ValueError, match="on_null='no'"):
        pk.Accumulator(on_null="no")  # type: ignore[arg-type]


def test_past_its_memory() -> None:
    counts = pk.Accumulator(problem="problem", verdict="correct", memory_limit="1MiB")
    counts.add({"problem": ["p"], "correct": [True]})
    with pytest.raises(pk.MemoryLimitError):
        counts.add(pl.select(problem=pl.int_range(400_000).cast(pl.String), correct=pl.lit(True)))
    assert counts.tally().frame.rows() == [("p", 1, 1)]


def test_threads_share_it() -> None:
    counts = pk.Accumulator(problem="problem", verdict="correct")

    def feed() -> None:
        for at in range(50):
            counts.add({"problem": [f"p{at % 5}"], "correct": [at % 2 == 0]})

    threads = [threading.Thread(target=feed) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert counts.tally().frame["n"].to_list() == [40] * 5


def test_it_says_what_it_holds():
    counts = pk.Accumulator(problem=["set", "id"], verdict="ok", by="step")
    assert repr(counts) == "Accumulator: 0 rows of problem=set,id, verdict=ok, by=step"
    counts.add({"set": ["a"] * 2000, "id": [1] * 2000, "ok": [True] * 2000, "step": [0] * 2000})
    assert repr(counts) == "Accumulator: 2,000 rows of problem=set,id, verdict=ok, by=step"
    assert repr(pk.Accumulator()) == "Accumulator: 0 rows"


def test_no_rows_in_a_list_are_none() -> None:
    a = pk.Accumulator(problem="p", verdict="ok")
    a.add([])
    a.add([{"p": "x", "ok": True}])
    a.add([])
    assert (a.rows, a.tally().frame.rows()) == (1, [("x", 1, 1)])


def test_a_group_that_is_null_at_first() -> None:
    a = pk.Accumulator(by="m", problem="p", verdict="ok", on_null_id="skip")
    a.add([{"m": None, "p": "x", "ok": True}])
    a.add([{"m": "y", "p": "x", "ok": True}])
    assert a.tally().frame.rows() == [("y", "x", 1, 1)]
