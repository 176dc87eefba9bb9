"""A log in Spark gives the tally that it gives elsewhere, to the last bit."""

from __future__ import annotations

import datetime
import os
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from sparks import IS_CONNECT, agrees, ansi, as_spark, same, spark  # noqa: F401

import passcurve as pk
import passcurve.spark

HERE = Path(__file__).parent
ROWS, SHARDS = int(os.environ.get("PASSCURVE_SPARK_ROWS", "2000000")), 8


@pytest.fixture(scope="module")
def shards(tmp_path_factory):
    """Two million verdicts in eight files: uneven n, some copies, and nulls of all kinds."""
    folder = tmp_path_factory.mktemp("shards")
    rng = np.random.default_rng(0)
    for shard in range(SHARDS):
        problem = np.minimum(rng.integers(0, 3000, ROWS // SHARDS), rng.integers(0, 3000, ROWS // SHARDS))
        score = rng.random(len(problem))
        frame = pl.DataFrame(
            {
                "model": rng.choice(np.array(["base", "rl", "sft é"]), len(problem)),
                "step": rng.integers(0, 3, len(problem)).astype(np.int16),
                "problem": problem.astype(np.int32),
                "sample": shard * len(problem) + np.arange(len(problem)),
                "correct": score < problem / 3000,
                "score": score.round(2),
                "answer": rng.integers(0, 5, len(problem)),
            }
        )
        missing = rng.random((3, len(problem))) < 0.001
        frame = frame.with_columns(
            pl.when(pl.Series(missing[0])).then(None).otherwise("correct").alias("correct"),
            pl.when(pl.Series(missing[1])).then(None).otherwise("problem").alias("problem"),
            pl.when(pl.Series(missing[2])).then(None).otherwise("answer").alias("answer"),
            task=pl.format("task-{}", "problem"),
            day=pl.date(2026, 1, 1) + pl.duration(days=pl.col("problem") % 30),
            is_hard=pl.col("problem") % 2 == 0,
            grade=pl.when("correct").then(pl.lit("C")).otherwise(pl.format("{}", pl.col("problem") % 20)),
        )
        pl.concat([frame, frame.head(100)]).write_parquet(folder / f"part-{shard}.parquet")
    return folder


SKIP = {"on_null": "skip", "on_null_id": "skip"}


@pytest.mark.parametrize(
    "words",
    [
        {"by": "model", "problem": "task", "verdict": "correct", **SKIP},
        {"by": ["model", "step"], "problem": "problem", "verdict": "correct", "on_null": "fail", "on_null_id": "skip"},
        {"by": [], "problem": ["day", "is_hard"], "verdict": "score", "threshold": 0.7, **SKIP},
        {"by": "step", "problem": "task", "verdict": "grade", "passing": ["C", "5"], **SKIP},
        {"by": "model", "problem": "task", "verdict": "correct", "sample": "sample", "on_duplicate": "agree", **SKIP},
        {
            "by": "model",
            "problem": "problem",
            "verdict": "score",
            "threshold": 0.5,
            "reward": "score",
            "answer": "answer",
            "sample": "sample",
            "on_duplicate": "agree",
            **SKIP,
        },
    ],
    ids=["task", "fail", "date and boolean", "passing", "sample", "details"],
)
def test_shards(spark, shards, words):  # noqa: F811
    # Samples are shuffled and sorted, which takes its time: a quarter of the files.
    files = [f"{shards}/part-{shard}.parquet" for shard in range(SHARDS // 4 if "sample" in words else SHARDS)]
    theirs = pk.tally(files, **words)
    ours = same(passcurve.spark.tally(spark.read.parquet(*files), **words), theirs)
    assert ours.provenance.rows == len(files) * (ROWS // SHARDS + 100)
    assert ours.frame["n"].n_unique() > 10
    if "sample" in words:
        assert 190 <= ours.provenance.duplicates <= 200
    if "answer" in words:
        wide = {"k": 4, "on_k_gt_n": "skip"}
        assert ours.maj_at_k(**wide, mixed="majority").equals(theirs.maj_at_k(**wide, mixed="majority"))
        assert ours.max_at_k(**wide).equals(theirs.max_at_k(**wide))


DAYS = [datetime.date(1960, 2, 29), datetime.date(2026, 1, 2), None]
IDS = {
    "strings": pl.Series(["é", "Z", "a"]),
    "empty string": pl.Series(["", "P", "p"]),
    "int8": pl.Series([3, -1, 2], dtype=pl.Int8),
    "int64": pl.Series([2**62, -1, 2]),
    "boolean": pl.Series([True, False, True]),
    "date": pl.Series(DAYS[:2] + DAYS[:1]),
    "whole decimal": pl.Series([Decimal(3), Decimal(-7), Decimal(10**12)], dtype=pl.Decimal(38, 0)),
}


@pytest.mark.parametrize("ids", IDS.values(), ids=IDS)
def test_types_of_ids(spark, ids):  # noqa: F811
    frame = pl.DataFrame({"problem": ids, "correct": [1, 0, 1], "a": ids})
    agrees(spark, frame, answer="a", sample=None)


VERDICTS = {
    "float threshold in single precision": (pl.Series([0.7, 0.6, 0.8], dtype=pl.Float32), {"threshold": 0.7}),
    "beyond single precision": (pl.Series([3e38, 1.0, float("inf")], dtype=pl.Float32), {"threshold": 1e39}),
    "minus zero": (pl.Series([-0.0, 1.0, 0.0]), {}),
    "infinite": (pl.Series([float("-inf"), float("inf"), 0.0]), {"threshold": 0}),
    "large integers": (pl.Series([2**53 + 1, 2**53, 2**53 - 1]), {"threshold": 2.0**53}),
    "decimals": (pl.Series([Decimal("0.30"), Decimal("0.29"), Decimal("0.31")]), {"threshold": 0.3}),
    "decimals of 0 and 1": (pl.Series([Decimal("1.00"), Decimal("0.00"), Decimal("1.00")]), {}),
    "long decimals": (
        pl.Series(
            [Decimal("0.1234567890123456789"), Decimal("0.1234567890123456780"), Decimal(1)], dtype=pl.Decimal(38, 30)
        ),
        {"threshold": 0.12345678901234568},
    ),
    "a decimal that is 1 as a float": (
        pl.Series([Decimal(1) + Decimal(10) ** -20, Decimal(1), Decimal(0)], dtype=pl.Decimal(38, 20)),
        {},
    ),
    "a threshold above all decimals": (pl.Series([Decimal("9.9"), Decimal("-9.9"), Decimal(0)]), {"threshold": 1e9}),
    "a threshold below all decimals": (pl.Series([Decimal("9.9"), Decimal("-9.9"), Decimal(0)]), {"threshold": -1e9}),
    "strings": (pl.Series(["C", "c", "I"]), {"passing": "C", "failing": ["I", "c"]}),
    "nulls": (pl.Series([None, True, None]), {"on_null": "fail"}),
    "nulls alone": (pl.Series([None, None, None], dtype=pl.String), {"on_null": "skip"}),
    "a column of the null type": (pl.Series([None, None, None]), {"on_null": "fail"}),
}


@pytest.mark.parametrize(("verdicts", "words"), VERDICTS.values(), ids=VERDICTS)
@pytest.mark.usefixtures("ansi")
def test_types_of_verdicts(spark, verdicts, words):  # noqa: F811
    agrees(spark, pl.DataFrame({"problem": ["a", "a", "b"], "correct": verdicts}), **words)


REWARDS = {
    "floats": pl.Series([-0.0, 0.0, 0.1]),
    "singles": pl.Series([0.1, 0.2, 0.1], dtype=pl.Float32),
    "booleans": pl.Series([True, False, True]),
    "integers": pl.Series([2**53 - 1, -5, 7]),
    "decimals": pl.Series([Decimal("0.1"), Decimal("0.3"), Decimal("0.1")]),
    "decimals that are one float": pl.Series(
        [Decimal("0.12345678901234567891"), Decimal("0.12345678901234567892"), Decimal(1)], dtype=pl.Decimal(38, 20)
    ),
}


@pytest.mark.parametrize("rewards", REWARDS.values(), ids=REWARDS)
def test_types_of_rewards(spark, rewards):  # noqa: F811
    frame = pl.DataFrame({"problem": ["a", "a", "a"], "correct": [0, 0, 1], "r": rewards, "a": rewards})
    numbers = not isinstance(rewards.dtype, pl.Decimal)
    agrees(spark, frame, reward="r", answer="a" if numbers else None)


def test_what_is_skipped_leaves_its_problem(spark):  # noqa: F811
    frame = pl.DataFrame({"problem": ["a", "b"], "correct": [True, None]})
    t = agrees(spark, frame, on_null="skip")
    assert len(t) == t.provenance.empty_problems == 1
    assert t.merge(agrees(spark, frame.reverse(), on_null="fail")).frame.rows() == [("a", 2, 2), ("b", 1, 0)]


def test_a_row_without_an_id_is_left_out_whole(spark):  # noqa: F811
    frame = pl.DataFrame(
        {"problem": ["a", None, "c"], "sample": [0, 1, None], "correct": ["y", "bad", "bad"], "r": [1.0, None, None]}
    )
    words = {"passing": "y", "failing": "n", "on_null_id": "skip", "sample": "sample"}
    t = agrees(spark, frame, reward="r", **words)
    assert (t.provenance.null_ids, t.provenance.refused, t.frame.rows()) == (2, 2, [("a", 1, 1)])


def test_ids_of_the_null_type(spark):  # noqa: F811
    frame = pl.DataFrame({"problem": [None, None], "correct": [True, False]})
    assert agrees(spark, frame, on_null_id="skip").frame.schema["problem"] == pl.Null


def test_a_log_without_rows(spark):  # noqa: F811
    frame = pl.DataFrame(schema={"problem": pl.Int32, "correct": pl.Boolean, "a": pl.String})
    with pytest.warns(UserWarning, match="the log has no rows"):
        agrees(spark, frame, answer="a")


def test_the_most_frequent_other_verdicts(spark):  # noqa: F811
    words = ["é", "b", "a", *"cdefghijkl", "b", "x", "x", "x"]
    frame = pl.DataFrame({"problem": 1, "correct": [*words, "yes"]})
    t = agrees(spark, frame, passing="yes")
    assert t.provenance.other_verdicts[:4] == (("x", 3), ("b", 2), ("a", 1), ("c", 1))
    with pytest.warns(UserWarning, match="not one sample passed"):
        agrees(spark, frame, passing="Yes")


def test_the_first_copy_is_the_lowest_by_order(spark):  # noqa: F811
    frame = pl.DataFrame(
        {
            "problem": "p",
            "sample": [0, 0, 0, 1, 1, 2, 2],
            "correct": [True, False, False, None, True, False, True],
            "a": ["x", "y", "z", "x", "y", "x", "y"],
            "when": [3, 1, 2, 1, 2, None, 5],
        }
    )
    words = {"sample": "sample", "on_duplicate": "first", "on_null": "skip", "answer": "a"}
    ours = passcurve.spark.tally(as_spark(spark, frame), order="when", **words)
    same(ours, pk.tally(frame.sort("when", nulls_last=True, maintain_order=True), **words))
    assert ours.details.rows() == [("p", "y", 3, 2)]
    assert ours.provenance.duplicates == 3
    assert ours.provenance.policies["order"] == "when"


def test_names_are_exact(spark):  # noqa: F811
    frame = pl.DataFrame(
        {
            "Problem": [9, 9],
            "doc.id": ["a", "b"],
            "a `b` c": ["m", "m"],
            "correct?": [True, False],
            "doc": [{"id": 1, "n": {"x y": 5}}, {"id": 2, "n": {"x y": 6}}],
        }
    )
    df = as_spark(spark, frame)
    t = passcurve.spark.tally(df, by="a `b` c", problem="doc.id", verdict="correct?")
    assert t.frame.rows() == [("m", "a", 1, 1), ("m", "b", 1, 0)]
    t = passcurve.spark.tally(df, by="Problem", problem="doc.n.x y", verdict="correct?")
    assert t.frame.rows() == [(9, 5, 1, 1), (9, 6, 1, 0)]
    with pytest.raises(
        ValueError, match=r"no column 'problem' in the log; did you mean 'Problem'\? there are: Problem, doc.id"
    ):
        passcurve.spark.tally(df, problem="problem", verdict="correct?")


def test_names_that_differ_in_case(spark):  # noqa: F811
    one, two = (as_spark(spark, pl.DataFrame({name: [1, 0], "x": [1, 2]})) for name in ("correct", "Correct"))
    df = one.join(two, "x")
    assert passcurve.spark.tally(df, problem="x", verdict="Correct").frame.rows() == [(1, 1, 1), (2, 1, 0)]
    twice = df.toDF("x", "correct", "correct")
    with pytest.raises(pk.DataError, match="column `correct`: there are two columns of this name"):
        passcurve.spark.tally(twice, problem="x", verdict="correct")


def test_strings_are_equal_by_their_bytes(spark):  # noqa: F811
    df = as_spark(spark, pl.DataFrame({"problem": ["a", "A", "b"], "correct": ["y", "Y", "y"]}))
    loose = df.selectExpr("problem COLLATE UTF8_LCASE AS problem", "correct COLLATE UTF8_LCASE AS correct")
    t = passcurve.spark.tally(loose, passing="y", failing="Y")
    assert t.frame.rows() == [("A", 1, 0), ("a", 1, 1), ("b", 1, 1)]


def test_a_pooled_group_is_warned_of(spark):  # noqa: F811
    frame = pl.DataFrame({"model": ["a", "b"], "sample": [0, 1], "problem": [1, 1], "correct": [1, 0]})
    with pytest.warns(UserWarning, match="column 'model' not in by=") as caught:
        t = agrees(spark, frame)
    assert {warning.filename for warning in caught if "model" in str(warning.message)} == {str(HERE / "sparks.py")}
    assert (t.provenance.ungrouped, t.provenance.unsampled) == (("model",), ("sample",))


@pytest.mark.skipif(IS_CONNECT, reason="the same query of the same server")
def test_no_python_worker_is_started():
    """A session whose workers have no Python counts all the same."""
    done = subprocess.run(
        [sys.executable, HERE / "spark_child.py"], capture_output=True, text=True, check=False, env=os.environ
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert done.stdout.split() == ["counted", "refused", "no", "worker"]
