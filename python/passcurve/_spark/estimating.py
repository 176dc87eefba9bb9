"""Estimates in Spark, by the core on the workers, batch by batch."""

from __future__ import annotations

import re
import warnings
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import numpy as np

from passcurve._checks import draws
from passcurve._spark.pyspark import functions

if TYPE_CHECKING:
    from pyspark.sql import Column


def estimate(name: str, n: Column | str | int, c: Column | str | int, k: int) -> Column:
    """The estimator ``name`` over columns of counts, as a pandas UDF."""
    spark = functions()
    import pandas as pd  # type: ignore[import-untyped]  # noqa: PLC0415

    count = draws("k", k)
    samples, passed = (_as_column(spark, word, column) for word, column in (("n", n), ("c", c)))

    def evaluated(n: Any, c: Any, known: Any) -> Any:
        return pd.Series(evaluate(name, n, c, known, count))

    evaluated.__annotations__ = {**dict.fromkeys(("n", "c", "known"), pd.Series), "return": pd.Series}
    evaluated.__name__ = name
    # A null count and a NaN are alike in pandas, and one of them is an error.
    known = samples.isNotNull() & passed.isNotNull()
    with warnings.catch_warnings():
        # PySpark warns of pandas 3 for every UDF; here pandas only carries numbers.
        warnings.filterwarnings("ignore", "PySpark does not yet fully support pandas", FutureWarning)
        column: Column = spark.pandas_udf(evaluated, "double")(samples, passed, known)
    return column.alias(f"{name.replace('_at_k', f'@{count}').replace('_hat_k', f'^{count}')}")


def evaluate(name: str, n: Any, c: Any, known: Any, k: int) -> Any:
    """The estimates of a batch, NaN where a count is null; on a worker, which needs passcurve too."""
    import passcurve as pk  # noqa: PLC0415

    rows = known.to_numpy(dtype=bool)
    estimates = np.full(len(rows), np.nan)
    counts = [_numbers(values[rows]) for values in (n, c)]
    try:
        estimates[rows] = getattr(pk, name)(*counts, k)
    except ValueError as error:
        # The place in a batch says nothing; the numbers of the row do.
        raise ValueError(re.sub(r"at index \d+: ", "", str(error))) from None
    return estimates


def _numbers(values: Any) -> Any:
    numbers = values.to_numpy()
    is_decimal = numbers.dtype == object and all(isinstance(value, Decimal) for value in numbers)
    return numbers.astype(float) if is_decimal else numbers


def _as_column(spark: Any, word: str, value: Column | str | int) -> Column:
    if isinstance(value, str):
        return spark.col(value)
    from pyspark.sql import Column  # noqa: PLC0415

    if isinstance(value, Column):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return spark.lit(value)
    raise TypeError(f"{word}= is a column of counts (its name or a Column) or an integer, not {value!r}")
