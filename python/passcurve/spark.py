"""Logs in Spark: tallies by Spark's own aggregation, and counts and estimates back in Spark.

It takes classic and Connect DataFrames alike, and needs PySpark 4 or later: ``pip install 'passcurve[spark]'``. The
examples have a session on this machine, whose workers run this Python:

>>> import os
>>> import sys
>>> os.environ["PYSPARK_PYTHON"] = sys.executable
>>> from pyspark.sql import SparkSession
>>> local = SparkSession.builder.master("local[2]").config("spark.ui.enabled", "false")
>>> spark = local.config("spark.sql.shuffle.partitions", "4").getOrCreate()
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from passcurve._choices import OnDuplicate, OnNull, OnNullId
from passcurve._columns import as_columns
from passcurve._policies import check_policies
from passcurve._roles import request_of, roles_of
from passcurve._spark.columns import Columns
from passcurve._spark.estimating import estimate
from passcurve._spark.pyspark import as_frame
from passcurve._spark.tallying import count
from passcurve._vocabulary import check_vocabulary
from passcurve.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyspark.sql import Column, DataFrame, SparkSession

    from passcurve.tally import Tally

__all__ = ["alpha_k", "pass_at_k", "pass_hat_k", "tally", "to_frame"]


def tally(
    df: DataFrame,
    *,
    problem: str | Sequence[str] | None = None,
    verdict: str | None = None,
    by: str | Sequence[str] | None = None,
    sample: str | None = None,
    answer: str | None = None,
    reward: str | None = None,
    threshold: float | None = None,
    passing: str | Sequence[str] | None = None,
    failing: str | Sequence[str] | None = None,
    on_null: OnNull = "error",
    on_null_id: OnNullId = "error",
    on_duplicate: OnDuplicate = "error",
    order: str | Sequence[str] | None = None,
) -> Tally:
    """Counts a log of verdicts in a DataFrame of Spark: the tally that `passcurve.tally` makes of the same rows.

    One query of Spark's own expressions adds up the rows by key, and only the sums come to the driver; there is no
    Python on the workers. With ``sample`` the rows are shuffled once, by sample. With ``passing`` and without
    ``failing`` a second query counts the strings that failed. An error takes one more, which finds the row to name.

    Args:
        df: one row a sample; a classic or a Connect DataFrame.
        problem: as in `passcurve.tally`. Columns are called by their exact names; fields of structs by their path in
            dots, such as ``"doc.id"``, where no column has that name.
        verdict: as in `passcurve.tally`.
        by: as in `passcurve.tally`.
        sample: as in `passcurve.tally`; (by, problem, sample) is then unique over the whole DataFrame.
        answer: as in `passcurve.tally`.
        reward: as in `passcurve.tally`.
        threshold: as in `passcurve.tally`.
        passing: as in `passcurve.tally`.
        failing: as in `passcurve.tally`.
        on_null: as in `passcurve.tally`.
        on_null_id: as in `passcurve.tally`.
        on_duplicate: as in `passcurve.tally`; "first" needs ``order``.
        order: the columns that say which row of a sample is the first, for rows have no order in Spark: the lowest
            value is, nulls last. Copies that come first alike and differ are an error.

    Returns:
        The counts, with their provenance (without files).

    Raises:
        DataError: the log is bad. The message names the ids of the first such row and the column, and the way out.
        ValueError: the call is wrong, such as a column that is not there.
        TypeError: ``df`` is no DataFrame of Spark.
        ImportError: PySpark is not there.

    Warns:
        UserWarning: as `passcurve.tally` does.

    >>> import passcurve.spark as pks
    >>> from pyspark.sql import SparkSession
    >>> spark = SparkSession.builder.getOrCreate()
    >>> df = spark.createDataFrame(log.to_arrow())
    >>> pks.tally(df, by="model", sample="sample").frame
    shape: (4, 4)
    ┌───────┬─────────┬─────┬─────┐
    │ model ┆ problem ┆ n   ┆ c   │
    │ ---   ┆ ---     ┆ --- ┆ --- │
    │ str   ┆ str     ┆ i64 ┆ i64 │
    ╞═══════╪═════════╪═════╪═════╡
    │ base  ┆ p1      ┆ 3   ┆ 1   │
    │ base  ┆ p2      ┆ 3   ┆ 0   │
    │ rl    ┆ p1      ┆ 3   ┆ 3   │
    │ rl    ┆ p2      ┆ 3   ┆ 0   │
    └───────┴─────────┴─────┴─────┘
    """
    policies = {"on_null": on_null, "on_null_id": on_null_id, "on_duplicate": on_duplicate, "partial": "error"}
    check_policies(policies, tells_samples=sample is not None)
    orders = as_columns(order, "order")
    if on_duplicate == "first" and not orders:
        raise ValueError(
            'on_duplicate="first" needs order=, for rows have no order in Spark: the column or columns that say which '
            'row is first, such as a time; or say on_duplicate="agree", which takes copies that agree'
        )
    if orders and on_duplicate != "first":
        raise ValueError('order= says which copy of a sample is first, for on_duplicate="first"; leave it out')
    check_vocabulary(threshold, passing, failing)
    frame = as_frame(df)
    columns = Columns(frame.schema)
    roles = roles_of(
        columns.names, problem=problem, verdict=verdict, by=by, sample=sample, answer=answer, reward=reward
    )
    request = request_of(
        roles, policies, threshold=threshold, passing=passing, failing=failing, threads=None, memory_limit=None
    )
    return count(frame, columns, roles, request, orders, pools=by is None)


def to_frame(tally: Tally, session: SparkSession) -> DataFrame:
    """The counts of a tally as a DataFrame of Spark: the key's columns, ``n`` and ``c``, in the order of the tally.

    Unsigned integers, which Spark has not, become the next wider signed ones. The frame is made on the driver and goes
    to Spark with the query, which suits counts: there are far fewer than rows.

    Args:
        tally: the counts.
        session: a classic or a Connect session.

    Raises:
        DataError: an id is above 2^63, where Spark has no integers.
        ImportError: PySpark is not there.

    >>> import passcurve.spark as pks
    >>> from pyspark.sql import SparkSession
    >>> spark = SparkSession.builder.getOrCreate()
    >>> counts = pks.to_frame(pk.tally(log, by="model"), spark)
    >>> counts.printSchema()
    root
     |-- model: string (nullable = true)
     |-- problem: string (nullable = true)
     |-- n: long (nullable = true)
     |-- c: long (nullable = true)
    <BLANKLINE>
    """
    frame = tally.frame
    for name, kind in frame.schema.items():
        if kind in _SIGNED:
            try:
                frame = frame.with_columns(pl.col(name).cast(_SIGNED[kind]))
            except pl.exceptions.InvalidOperationError:
                raise DataError(
                    f"column `{name}`: ids above 2^63 are beyond the integers of Spark; cast them to strings"
                ) from None
    # Connect takes no table without rows.
    full = frame if frame.height else frame.clear(1)
    made: DataFrame = session.createDataFrame(full.to_arrow(compat_level=pl.CompatLevel.oldest()))
    return made if frame.height else made.limit(0)


_SIGNED: dict[pl.DataType, pl.DataType] = {
    pl.UInt8(): pl.Int16(),
    pl.UInt16(): pl.Int32(),
    pl.UInt32(): pl.Int64(),
    pl.UInt64(): pl.Int64(),
}


def pass_at_k(n: Column | str | int, c: Column | str | int, k: int) -> Column:
    """`passcurve.pass_at_k` over columns of counts in Spark, with the same bits.

    A pandas UDF: it runs on the workers, which need passcurve too. Null counts give null.

    Args:
        n: the column of samples, by name or as a Column: integers, or whole numbers of another type.
        c: the column of samples that passed.
        k: the number of draws; one expression each for several.

    Returns:
        A column of doubles, called like ``pass@4``.

    Raises:
        ValueError: ``k`` is no positive integer. In the query Spark raises its PythonException with the words of
            `passcurve.pass_at_k` for counts outside the domain: the n, c and k of the first such row of a batch.
        ImportError: PySpark is not there.

    >>> import passcurve.spark as pks
    >>> from pyspark.sql import SparkSession
    >>> spark = SparkSession.builder.getOrCreate()
    >>> counts = pks.to_frame(pk.tally(log, by="model"), spark)
    >>> counts.select("problem", pks.pass_at_k("n", "c", 2)).toArrow().to_pylist()[0]
    {'problem': 'p1', 'pass@2': 0.6666666666666666}
    """
    return estimate("pass_at_k", n, c, k)


def pass_hat_k(n: Column | str | int, c: Column | str | int, k: int) -> Column:
    """`passcurve.pass_hat_k` over columns of counts in Spark, in all else like `pass_at_k`.

    >>> import passcurve.spark as pks
    >>> from pyspark.sql import SparkSession
    >>> spark = SparkSession.builder.getOrCreate()
    >>> counts = pks.to_frame(pk.tally(log, by="model"), spark)
    >>> counts.select(pks.pass_hat_k("n", "c", 2)).toArrow().to_pylist()[2]
    {'pass^2': 1.0}
    """
    return estimate("pass_hat_k", n, c, k)


def alpha_k(n: Column | str | int, c: Column | str | int, k: int) -> Column:
    """`passcurve.alpha_k` over columns of counts in Spark, in all else like `pass_at_k`.

    >>> import passcurve.spark as pks
    >>> from pyspark.sql import SparkSession
    >>> spark = SparkSession.builder.getOrCreate()
    >>> counts = pks.to_frame(pk.tally(log, by="model"), spark)
    >>> counts.select(pks.alpha_k("n", "c", 2)).toArrow().to_pylist()[0]
    {'alpha_k': 1.3333333333333333}
    """
    return estimate("alpha_k", n, c, k)
