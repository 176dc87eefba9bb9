"""Rows of a `ray.data.Dataset`."""

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
import ray
import raylogs
from raylogs import cluster  # noqa: F401

import passcurve as pk
import passcurve.ray

pytestmark = raylogs.MARKS


def _dataset(*frames):
    return ray.data.from_arrow([frame.to_arrow() for frame in frames])


@pytest.mark.parametrize(
    "words", [{}, {"sample": "sample"}, {"answer": "answer"}], ids=["counts", "samples", "answers"]
)
def test_a_dataset_of_parquet(tmp_path, words):
    raylogs.write(tmp_path, 4000)
    log = pl.read_parquet(tmp_path / "*.parquet")
    words = {"by": "model", "on_null": "fail", **words}
    whole = pk.tally(log, **words)
    ours = passcurve.ray.tally(ray.data.read_parquet(str(tmp_path)), shards=2, **words)
    raylogs.same(ours, whole)
    assert ours.provenance.rows == 32_000
    assert ours.provenance.nulls > 0


def test_only_the_named_columns_are_read(tmp_path):
    read = []

    def watched(batch):
        read.append(batch.schema.names)
        return pa.table({"names": [",".join(batch.schema.names)]})

    raylogs.write(tmp_path, 500)
    dataset = ray.data.read_parquet(str(tmp_path))
    seen = []
    map_batches = type(dataset).map_batches

    def recorded(self, work, **words):
        seen.append(self.columns())
        return map_batches(self, work, **words)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(dataset), "map_batches", recorded)
        passcurve.ray.tally(dataset, by="model", on_null="fail")
    assert seen == [["model", "problem", "correct"]]


def test_structs_are_taken_apart_before():
    frame = pl.DataFrame({"doc": [{"id": 1, "text": "x"}, {"id": 2, "text": "y"}], "correct": [True, False]})
    with pytest.raises(ValueError, match=r"no column 'doc\.id' in the Dataset; did you mean 'doc'"):
        passcurve.ray.tally(_dataset(frame), problem="doc.id")
    with pytest.raises(pk.DataError, match=r"column `doc`: .*cannot be an id"):
        passcurve.ray.tally(_dataset(frame), problem="doc")


def test_widths_of_integers_and_parts_without_answers():
    parts = [
        pl.DataFrame(
            {"problem": [1, 2], "correct": [True, False], "answer": ["x", None]}, schema_overrides={"problem": pl.Int8}
        ),
        pl.DataFrame(
            {"problem": [1, 300], "correct": [True, False], "answer": [None, "y"]},
            schema_overrides={"problem": pl.Int16},
        ),
    ]
    whole = pk.tally([part.to_arrow() for part in parts], answer="answer")
    ours = passcurve.ray.tally(_dataset(*parts), answer="answer")
    raylogs.same(ours, whole)


def test_the_ten_most_frequent_verdicts():
    texts = [[f"{shard}{number}" for number in range(12) for _ in range(3)] + ["z"] * 2 for shard in "ab"]
    frames = [pl.DataFrame({"problem": ["p"] * len(some), "verdict": some}) for some in texts]
    with pytest.warns(UserWarning, match="not one sample passed"):
        whole = pk.tally(pl.concat(frames), passing="ok")
    with pytest.warns(UserWarning, match="not one sample passed"):
        ours = passcurve.ray.tally(_dataset(*frames), passing="ok")
    raylogs.same(ours, whole)


@pytest.mark.parametrize("words", [{}, {"sample": "sample"}], ids=["counts", "samples"])
def test_no_rows(words):
    frame = pl.DataFrame(schema={"problem": pl.String, "sample": pl.Int64, "correct": pl.Boolean})
    with pytest.warns(UserWarning, match="the log has no rows"):
        whole = pk.tally(frame, **words)
    with pytest.warns(UserWarning, match="the log has no rows"):
        raylogs.same(passcurve.ray.tally(_dataset(frame), shards=2, **words), whole)


def test_a_dataset_without_anything():
    with pytest.raises(ValueError, match="say problem=: no column has a usual name"):
        passcurve.ray.tally(ray.data.from_items([]))


def test_missing_columns():
    dataset = _dataset(pl.DataFrame({"problem": ["a"], "try": [0], "correct": [True]}))
    with pytest.raises(ValueError, match="no column 'modle' in the Dataset; there are: problem, try, correct"):
        passcurve.ray.tally(dataset, by="modle")
    with pytest.raises(ValueError, match="no column 'at' in the Dataset"):
        passcurve.ray.tally(dataset, sample="try", on_duplicate="first", order="at")


def test_strings_here_and_integers_there():
    frames = [pl.DataFrame({"problem": ids, "correct": [True]}) for ids in ([1], ["1"])]
    with pytest.raises(pk.DataError, match=r"different types: .* problem has incompatible types: int64 vs .*string"):
        passcurve.ray.tally(_dataset(*frames))


def test_a_mixture_in_one_column():
    dataset = ray.data.from_pandas(pd.DataFrame({"problem": [1, "1"], "correct": [True, False]}))
    with pytest.raises(pk.DataError, match="column `problem` of the Dataset holds values of several types"):
        passcurve.ray.tally(dataset)


def test_tensors():
    dataset = ray.data.from_numpy(np.zeros((3, 2, 2))).map_batches(
        lambda batch: {"id": np.arange(len(batch["data"])), "correct": batch["data"]}
    )
    with pytest.raises(pk.DataError, match="column `correct` of the Dataset holds tensors"):
        passcurve.ray.tally(dataset)


@pytest.mark.parametrize("words", [{}, {"sample": "sample"}], ids=["counts", "samples"])
def test_a_bad_row_is_named_by_its_ids(words):
    frame = pl.DataFrame({"problem": ["a", "b", "c"], "sample": [0, 1, 2], "correct": [1, 7, 0]})
    named = "problem='b'" + (", sample=1" if words else "")
    with pytest.raises(pk.DataError, match=f"the row of the Dataset with {named}, column `correct`: .*7"):
        passcurve.ray.tally(_dataset(frame.head(1), frame.tail(2)), **words)


def test_what_goes_wrong_before_is_told_by_ray():
    def broken(_):
        raise RuntimeError("no grader")

    dataset = ray.data.range(3).map_batches(broken)
    with pytest.raises(ray.exceptions.RayTaskError, match="no grader"):
        passcurve.ray.tally(dataset, problem="id", verdict="correct")
