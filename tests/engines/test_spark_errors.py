"""Every error of a log in Spark names the ids of a row, the column, and the way out."""

from __future__ import annotations

import datetime
import re
from decimal import Decimal

import polars as pl
import pytest
from sparks import as_spark, spark  # noqa: F401

import passcurve as pk
import passcurve.spark
from passcurve.spark import tally

OUT_OF_NULL = (
    'the verdict is null; say on_null="fail" to count such samples as failed, or on_null="skip" to leave them out'
)
OUT_OF_NULL_ID = 'the id is null; say on_null_id="skip" to leave such rows out and count them'
OUT_OF_COPIES = (
    'say on_duplicate="agree" if copies are expected, or on_duplicate="first" and order= (the columns that say which '
    "row is first) to keep the first"
)
NOT_AN_ID = "cannot be an id; ids are strings, integers, booleans or dates: cast it, or pick a field of it"
NOT_BINARY = "is neither 0 nor 1; say threshold= (a sample passes when its value is >= threshold)"
DAY = datetime.date(2026, 1, 2)

DATA = {
    "null verdict": (
        {"problem": ["b", "a", "c"], "correct": [None, None, True]},
        {},
        f'problem "a", column `correct`: {OUT_OF_NULL} (2 such rows)',
    ),
    "one null verdict": (
        {"day": [DAY], "problem": [None], "correct": [None]},
        {"problem": "day"},
        f"day 2026-01-02, column `correct`: {OUT_OF_NULL}",
    ),
    "null id": (
        {"m": ["x", None], "problem": [1, 2], "correct": [True, True]},
        {"by": "m"},
        f"m null, problem 2, column `m`: {OUT_OF_NULL_ID}",
    ),
    "null sample": (
        {"problem": [True, False], "sample": [None, 3], "correct": [1, 1]},
        {"sample": "sample"},
        f"problem true, sample null, column `sample`: {OUT_OF_NULL_ID}",
    ),
    "not binary": (
        {"problem": ["a", "a", "a"], "correct": [0.5, 1.0, 0.25]},
        {},
        f'problem "a", column `correct`: the verdict 0.25 {NOT_BINARY} (2 such rows)',
    ),
    "not a binary integer": (
        {"problem": [1], "correct": [2]},
        {},
        f"problem 1, column `correct`: the verdict 2 {NOT_BINARY}",
    ),
    "not a binary decimal": (
        {"problem": [1], "correct": [Decimal("0.9")]},
        {},
        f"problem 1, column `correct`: the verdict 0.9 {NOT_BINARY}",
    ),
    "NaN": (
        {"problem": ["a"], "correct": [float("nan")]},
        {"threshold": 0.5},
        'problem "a", column `correct`: the verdict is NaN, which no threshold can decide; replace it by null or by a '
        "number",
    ),
    "unknown word": (
        {"problem": ["a"], "correct": ["?"]},
        {"passing": "C", "failing": "I"},
        'problem "a", column `correct`: the verdict "?" is neither in passing= nor in failing=',
    ),
    "null reward": (
        {"problem": ["a"], "correct": [True], "r": [None]},
        {"reward": "r"},
        'problem "a", column `r`: the reward is null; leave such rows out, or fill it (for example with 0)',
    ),
    "infinite reward": (
        {"problem": ["a"], "correct": [True], "r": [float("inf")]},
        {"reward": "r"},
        'problem "a", column `r`: the reward is NaN or infinite; leave such rows out, or fill it (for example with 0)',
    ),
    "large reward": (
        {"problem": ["a", "b"], "correct": [True, True], "r": [-(2**53), 2**53 - 1]},
        {"reward": "r"},
        'problem "a", column `r`: the reward is an integer that is not below 2^53, where floats of integers are exact; '
        "scale it",
    ),
    "NaN answer": (
        {"problem": ["a"], "correct": [True], "a": [float("nan")]},
        {"answer": "a"},
        'problem "a", column `a`: the answer is NaN or infinite; mend the log, or make it null (a null answer is none)',
    ),
    "copy": (
        {"problem": ["b", "b", "a", "a", "a"], "sample": [0, 0, 1, 1, 1], "correct": [1, 1, 1, 1, 0]},
        {"sample": "sample"},
        f'the log: this sample (problem "a", sample 1) comes 3 times; {OUT_OF_COPIES} (2 such samples)',
    ),
    "copies that differ": (
        {"problem": ["a", "a"], "sample": ['0"', '0"'], "correct": [1, 0]},
        {"sample": "sample", "on_duplicate": "agree"},
        'the log: this sample (problem "a", sample "0\\"") has copies that differ in verdict, answer or reward; say '
        'on_duplicate="first" and order= (the columns that say which row is first) to keep the first, or mend the log',
    ),
    "copies with other answers": (
        {"problem": ["a", "a"], "sample": [0, 0], "correct": [1, 1], "a": ["x", None]},
        {"sample": "sample", "on_duplicate": "agree", "answer": "a"},
        'the log: this sample (problem "a", sample 0) has copies that differ in verdict, answer or reward;',
    ),
    "copies that are first alike": (
        {"problem": ["a", "a"], "sample": [0, 0], "correct": [1, 0]},
        {"sample": "sample", "on_duplicate": "first", "order": "problem"},
        'the log: this sample (problem "a", sample 0) has copies that differ in verdict, answer or reward and are '
        "first alike by order=; name more columns in order=, or mend the log",
    ),
    "a timestamp": (
        {"problem": [datetime.datetime(2026, 1, 1)], "correct": [True]},
        {},
        f"column `problem`: a column of type timestamp {NOT_AN_ID}",
    ),
    "a fraction": ({"problem": [0.5], "correct": [True]}, {}, f"column `problem`: a column of type double {NOT_AN_ID}"),
    "decimals": (
        {"problem": [Decimal("0.5")], "correct": [True]},
        {},
        f"column `problem`: a column of type decimal(38,1) {NOT_AN_ID}",
    ),
    "large decimals": (
        {"problem": [Decimal(2**63)], "correct": [True]},
        {},
        "column `problem`: ids are integers above 2^63; cast them to strings",
    ),
    "bytes": ({"problem": [b"a"], "correct": [True]}, {}, f"column `problem`: a column of type binary {NOT_AN_ID}"),
    "a list": (
        {"problem": ["a"], "correct": [[True]]},
        {},
        "column `correct`: a column of type array<boolean> cannot be a verdict; verdicts are booleans, numbers or "
        "strings",
    ),
    "a reward of strings": (
        {"problem": ["a"], "correct": [True], "r": ["1"]},
        {"reward": "r"},
        "column `r`: a column of type string cannot be a reward; rewards are numbers or booleans",
    ),
    "a struct": (
        {"doc": [{"id": 1}], "correct": [True]},
        {"problem": "doc"},
        'column `doc`: the column is a Struct; name a member of it, such as "doc.id"',
    ),
    "a list in order=": (
        {"problem": ["a"], "sample": [0], "correct": [True], "l": [[1]]},
        {"sample": "sample", "on_duplicate": "first", "order": "l"},
        "column `l`: a column of type array<bigint> cannot be in order=; order= takes columns of numbers, strings, "
        "dates and times",
    ),
}

CALLS = {
    "no column": (
        {"problem": "probem"},
        "no column 'probem' in the log; did you mean 'problem'? there are: problem, sample",
    ),
    "no column in order=": (
        {"sample": "sample", "on_duplicate": "first", "order": "time"},
        "no column 'time' in the log; there are: problem, sample, correct",
    ),
    "two roles": (
        {"problem": "correct", "verdict": "correct"},
        "column 'correct' cannot be both problem= and verdict=",
    ),
    "a word": ({"on_null": "drop"}, "on_null='drop' is not one of error, fail, skip"),
    "without a sample": (
        {"on_duplicate": "agree"},
        "on_duplicate='agree' needs sample=, the column of the sample's index",
    ),
    "without an order": (
        {"sample": "sample", "on_duplicate": "first"},
        'on_duplicate="first" needs order=, for rows have no order in Spark: the column or columns that say which row '
        'is first, such as a time; or say on_duplicate="agree", which takes copies that agree',
    ),
    "order= alone": (
        {"sample": "sample", "order": "sample"},
        'order= says which copy of a sample is first, for on_duplicate="first"; leave it out',
    ),
    "two rules": (
        {"threshold": 1, "passing": "x"},
        "threshold= is for numbers and passing= for strings; give one of them",
    ),
    "passing= of booleans": (
        {"passing": "x"},
        "column `correct`: passing= and failing= are for strings, and the column holds Boolean",
    ),
    "threshold= of booleans": (
        {"threshold": 1},
        "column `correct`: threshold= is for numbers, and the column holds booleans",
    ),
}


@pytest.mark.parametrize(("data", "words", "message"), DATA.values(), ids=DATA)
def test_bad_data(spark, data, words, message):  # noqa: F811
    df = as_spark(spark, pl.DataFrame(data))
    with pytest.raises(pk.DataError, match=re.escape(message)) as caught:
        tally(df, **words)
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize(("words", "message"), CALLS.values(), ids=CALLS)
def test_bad_calls(spark, words, message):  # noqa: F811
    df = as_spark(spark, pl.DataFrame({"problem": [1], "sample": [0], "correct": [True]}))
    with pytest.raises(ValueError, match=re.escape(message)) as caught:
        tally(df, **words)
    assert not isinstance(caught.value, pk.DataError)


def test_strings_need_passing(spark):  # noqa: F811
    df = as_spark(spark, pl.DataFrame({"problem": [1, 2], "correct": ["yes", None]}))
    with pytest.raises(
        ValueError, match=r"column `correct`: the column holds strings \(such as \"yes\"\); say passing="
    ):
        tally(df, on_null="skip")


def test_what_is_no_frame_of_spark(spark):  # noqa: F811
    with pytest.raises(TypeError, match=r"takes a pyspark.sql.DataFrame, not polars.*DataFrame; pk.tally takes paths"):
        tally(pl.DataFrame())
    stream = spark.readStream.format("rate").load()
    with pytest.raises(ValueError, match="a streaming DataFrame has no end: tally each batch in foreachBatch"):
        tally(stream)
