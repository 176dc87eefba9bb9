"""PySpark, where it is there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

OLDEST = 4
"""The first PySpark that hands results over as Arrow tables."""


def functions() -> Any:
    """``pyspark.sql.functions``.

    Raises:
        ImportError: PySpark is not there, or too old.
    """
    try:
        import pyspark  # noqa: PLC0415
        from pyspark.sql import functions  # noqa: PLC0415
    except ModuleNotFoundError as error:
        if error.name != "pyspark":
            raise
        raise ImportError("logs in Spark need PySpark: pip install 'passcurve[spark]'", name="pyspark") from None
    if int(pyspark.__version__.split(".")[0]) < OLDEST:
        raise ImportError(
            f"logs in Spark need PySpark {OLDEST} or later, and this is {pyspark.__version__}: "
            "pip install 'passcurve[spark]'",
            name="pyspark",
        )
    return functions


def as_frame(df: object) -> DataFrame:
    """``df``, if it is a DataFrame of Spark that ends.

    Raises:
        TypeError: it is something else.
        ValueError: it is a stream.
    """
    functions()
    from pyspark.sql import DataFrame  # noqa: PLC0415

    if not isinstance(df, DataFrame):
        raise TypeError(
            f"passcurve.spark takes a pyspark.sql.DataFrame, not {type(df).__module__}.{type(df).__qualname__}; "
            "pk.tally takes paths, Polars and Arrow"
        )
    if df.isStreaming:
        raise ValueError(
            "a streaming DataFrame has no end: tally each batch in foreachBatch, and merge the tallies (Tally.merge)"
        )
    return df
