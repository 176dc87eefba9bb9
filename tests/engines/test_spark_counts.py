"""Counts back in Spark, and estimates of them with the digits of `pk.pass_at_k`."""

from __future__ import annotations

import datetime

import numpy as np
import polars as pl
import pytest
from sparks import as_spark, spark  # noqa: F401

import passcurve as pk
import passcurve.spark as pks


def back(df):
    return pl.DataFrame(df.toArrow())


def test_the_frame_goes_to_spark_and_back(spark):  # noqa: F811
    frame = pl.DataFrame(
        {
            "model": ["é", "rl"],
            "step": pl.Series([200, 3], dtype=pl.UInt8),
            "day": [datetime.date(2026, 1, 2), None],
            "is_hard": [True, False],
            "problem": pl.Series([2**40, 7], dtype=pl.UInt64),
            "n": [8, 4],
            "c": [3, 0],
        }
    )
    t = pk.Tally.from_counts(frame.fill_null(datetime.date(1960, 1, 1)), by=["model", "step", "day", "is_hard"])
    df = pks.to_frame(t, spark)
    kinds = ["string", "smallint", "date", "boolean", "bigint", "bigint", "bigint"]
    assert [kind for _, kind in df.dtypes] == kinds
    assert back(df).rows() == t.frame.rows()
    empty = pk.Tally.from_counts(frame.clear().select("problem", "n", "c"))
    assert back(pks.to_frame(empty, spark)).schema == {"problem": pl.Int64, "n": pl.Int64, "c": pl.Int64}
    large = pk.Tally.from_counts(pl.DataFrame({"problem": pl.Series([2**63], dtype=pl.UInt64), "n": [1], "c": [1]}))
    with pytest.raises(pk.DataError, match="column `problem`: ids above 2\\^63 are beyond the integers of Spark"):
        pks.to_frame(large, spark)


@pytest.mark.parametrize("name", ["pass_at_k", "pass_hat_k", "alpha_k"])
def test_digits(spark, name):  # noqa: F811
    rng = np.random.default_rng(1)
    n = rng.integers(3, 2000, 10_000)
    c = (rng.random(10_000) * (n + 1)).astype(np.int64)
    frame = pl.DataFrame({"i": range(10_000), "n": n, "c": c}).with_columns(
        n=pl.when(pl.col("i") % 97 == 0).then(None).otherwise("n"),
        c=pl.when(pl.col("i") % 89 == 0).then(None).otherwise("c").cast(pl.Decimal(20, 0)),
    )
    df = as_spark(spark, frame)
    estimate = getattr(pks, name)
    found = back(df.select("i", estimate("n", df["c"], 3).alias("estimate"))).sort("i")["estimate"]
    exact = getattr(pk, name)(frame["n"], frame["c"].cast(pl.Int64), 3).rename("estimate")
    assert found.equals(exact, check_names=True, null_equal=True)
    assert found.null_count() > 200


def test_means_by_group(spark):  # noqa: F811
    from pyspark.sql import functions as F  # noqa: N812

    t = pk.Tally.from_counts(
        pl.DataFrame({"model": ["a", "a", "b"], "problem": [1, 2, 1], "n": [4, 8, 4], "c": [2, 4, 0]}), by="model"
    )
    counts = pks.to_frame(t, spark)
    means = back(counts.groupBy("model").agg(F.avg(pks.pass_at_k("n", "c", 2)).alias("mean"))).sort("model")
    theirs = t.pass_at_k(2).select("model", "estimate")
    assert means["mean"].to_list() == pytest.approx(theirs["estimate"].to_list(), rel=1e-15)
    names = counts.select(pks.pass_at_k("n", "c", 2), pks.pass_hat_k(4, "c", 4), pks.alpha_k("n", 0, 1)).columns
    assert names == ["pass@2", "pass^4", "alpha_k"]


@pytest.mark.parametrize(
    ("counts", "k", "message"),
    [
        ({"n": [8, 5], "c": [3, 6]}, 2, "pass_at_k: n=5, c=6, k=2: c > n"),
        ({"n": [8, 3], "c": [3, 1]}, 4, "pass_at_k: n=3, c=1, k=4: k > n"),
        ({"n": [8.0, 2.5], "c": [3, 1]}, 2, "2.5"),
        ({"n": [8.0, float("nan")], "c": [3, 1]}, 2, "nan"),
        ({"n": ["8", "9"], "c": [3, 1]}, 2, "n"),
    ],
    ids=["c > n", "k > n", "fraction", "NaN", "strings"],
)
def test_bad_counts(spark, counts, k, message):  # noqa: F811
    from pyspark.errors import PySparkException

    df = as_spark(spark, pl.DataFrame(counts))
    with pytest.raises(PySparkException, match=message):
        df.select(pks.pass_at_k("n", "c", k)).toArrow()


def test_bad_calls(spark):  # noqa: F811
    with pytest.raises(ValueError, match="k= is a positive integer, not 0"):
        pks.pass_at_k("n", "c", 0)
    with pytest.raises(TypeError, match=r"n= is a column of counts \(its name or a Column\) or an integer, not 2.5"):
        pks.pass_at_k(2.5, "c", 1)
