"""A session of Spark on this machine: classic, or Connect where PASSCURVE_SPARK=connect."""

from __future__ import annotations

import os
import sys
import warnings

import polars as pl
import pytest

import passcurve as pk
import passcurve.spark

IS_CONNECT = os.environ.get("PASSCURVE_SPARK") == "connect"
QUICK = {
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.sql.shuffle.partitions": "4",
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
}


def session(python=sys.executable):
    from pyspark.sql import SparkSession

    # Queries of a few rows are compiled, and hardly run.
    quick = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"
    os.environ |= {"PYSPARK_PYTHON": python, "SPARK_LOCAL_IP": "127.0.0.1", "JAVA_TOOL_OPTIONS": quick}
    builder = SparkSession.builder.remote("local[2]") if IS_CONNECT else SparkSession.builder.master("local[2]")
    for name, value in QUICK.items():
        builder = builder.config(name, value)
    with warnings.catch_warnings():
        # Of pandas 3, and in Connect of settings that only the server has.
        warnings.simplefilter("ignore")
        return builder.getOrCreate()


@pytest.fixture(scope="session")
def spark():
    return session()


@pytest.fixture(params=["ansi", "lenient"])
def ansi(spark, request):
    spark.conf.set("spark.sql.ansi.enabled", str(request.param == "ansi").lower())
    yield
    spark.conf.unset("spark.sql.ansi.enabled")


def as_arrow(frame):
    return frame.to_arrow(compat_level=pl.CompatLevel.oldest())


def as_spark(spark, frame):
    # Connect takes no table without rows.
    made = spark.createDataFrame(as_arrow(frame if frame.height else frame.clear(1)))
    return made if frame.height else made.limit(0)


def same(ours, theirs):
    """Two tallies of the same rows by the same words, files and order= aside."""
    assert ours == theirs
    facts, others = ours.provenance.to_dict(), theirs.provenance.to_dict()
    facts["policies"].pop("order", None)
    # Each of what is in memory has an id of its own.
    assert facts | {"files": (), "parts": ()} == others | {"files": (), "parts": ()}
    assert ours.frame.schema == theirs.frame.schema
    if theirs.details is not None:
        assert ours.details.schema == theirs.details.schema
    return ours


def agrees(spark, frame, order=None, **words):
    """The tally of a frame in Spark, which is that of its Arrow table (of a frame, nulls alone have no type)."""
    ours = passcurve.spark.tally(as_spark(spark, frame), order=order, **words)
    return same(ours, pk.tally(as_arrow(frame), **words))
