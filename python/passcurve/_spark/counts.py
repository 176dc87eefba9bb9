"""The one query that counts: all that a tally needs of a log, added up by key.

Rows that are left out for a null id are the groups with a null in their key; those with a null or bad verdict are
counted in the groups of their keys. So the checks cost no reading of their own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from passcurve._spark.verdicts import LOST, NULL, PASS

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

    from passcurve._spark.rows import Rows

ADDED = ["rows", "nulls", "bad", "lacking"]
"""Counts of rows; those of samples are n, passed, copies, clashes and ties."""

# ruff: noqa: N812, PLC0415


def counted(rows: Rows) -> DataFrame:
    """One row a key, answer and reward, with n, passed and what became of the other rows."""
    from pyspark.sql import functions as F

    if not rows.has_samples:
        key = [*map(F.col, rows.keys), *_of_samples(rows)]
        passed = {"passed": _count(F.col("fate") == PASS)}
        added = rows.frame.groupBy(*key).agg(*_named({**_of_rows(rows), **passed}))
        refused = F.col("bad") + (F.col("nulls") if rows.request["on_null"] == "skip" else F.lit(0))
        return added.withColumn("n", F.col("rows") - refused)
    by_sample = samples(rows)
    is_held = F.col("live") > 0
    own = {
        "n": _count(is_held),
        "passed": _count(is_held & (F.col("content.pass") == 1)),
        "copies": F.sum(F.greatest(F.col("live") - 1, F.lit(0))),
        "clashes": _count(F.col("clash")),
        "ties": _count(F.col("tie")),
    }
    key = [F.col(plain) for plain in rows.keys]
    key += [F.when(is_held, F.col(f"content.{plain}")).alias(plain) for plain in rows.details]
    return by_sample.groupBy(*key).agg(*_named({**{name: F.sum(name) for name in ADDED}, **own}))


def samples(rows: Rows) -> DataFrame:
    """One row a sample: the number of its copies (``live``), what they say, and whether that is against the policy."""
    return _first(rows) if rows.request["on_duplicate"] == "first" else _only(rows)


def _only(rows: Rows) -> DataFrame:
    """Samples whose copies are to be alike: all that they say is between its least and its most."""
    from pyspark.sql import functions as F

    live, said = rows.is_live(), _said(rows)
    held = {"live": _count(live)}
    for name, value in said.items():
        # Numbers one by one, for a struct of them cannot be added up in place, and Spark would sort for it.
        held[f"least_{name}"], held[f"most_{name}"] = F.min(F.when(live, value)), F.max(F.when(live, value))
        held[f"known_{name}"] = _count(live & value.isNotNull())
    many, clash = F.col("live") > 1, F.lit(rows.request["on_duplicate"] == "error")
    for name in said:
        known = F.col(f"known_{name}")
        clash |= (F.col(f"least_{name}") != F.col(f"most_{name}")) | ((known > 0) & (known < F.col("live")))
    content = F.struct(*[F.col(f"least_{name}").alias(name) for name in said]).alias("content")
    clash = many & F.coalesce(clash, F.lit(False))
    return _by_sample(rows, held).select(*_kept(rows), content, clash.alias("clash"), F.lit(False).alias("tie"))


def _first(rows: Rows) -> DataFrame:
    """Samples of which the first copy counts; where several are first, they are to be alike."""
    from pyspark.sql import functions as F

    # Spark sorts nulls first, and what has no place comes last.
    order = [column for plain in rows.order for column in (F.isnull(plain).alias(f"no_{plain}"), F.col(plain))]
    content = F.struct(*[value.alias(name) for name, value in _said(rows).items()]).alias("content")
    placed = F.when(rows.is_live(), F.struct(*order, content))
    by_sample = _by_sample(rows, {"live": _count(rows.is_live()), "placed": F.collect_list(placed)})

    def place(copy: Column) -> Column:
        return F.struct(*[copy.getField(plain) for plain in rows.order])

    first = F.array_min("placed")
    alike = F.filter("placed", lambda copy: place(copy).eqNullSafe(place(first)))
    said = F.array_distinct(F.transform(alike, lambda copy: copy.getField("content")))
    told = {"content": first.getField("content"), "clash": F.lit(False), "tie": F.size(said) > 1}
    return by_sample.select(*_kept(rows), *_named(told))


def _said(rows: Rows) -> dict[str, Column]:
    """What a copy of a sample says."""
    from pyspark.sql import functions as F

    return {"pass": (F.col("fate") == PASS).cast("int"), **{plain: F.col(plain) for plain in rows.details}}


def _by_sample(rows: Rows, held: dict[str, Column]) -> DataFrame:
    return rows.frame.groupBy(*_unless_lost([*rows.keys, "sample"])).agg(*_named({**_of_rows(rows), **held}))


def _kept(rows: Rows) -> list[str]:
    return [*rows.keys, "sample", *ADDED, "live"]


def _of_rows(rows: Rows) -> dict[str, Column]:
    from pyspark.sql import functions as F

    return {
        "rows": F.count(F.lit(1)),
        "nulls": _count(F.col("fate") == NULL),
        # Counts of what cannot be are constants, which cost nothing.
        "bad": _count(rows.is_bad()) if rows.can_be_bad else _none(),
        "lacking": _count(rows.lacks_detail()) if rows.details else _none(),
    }


def _unless_lost(plain: list[str]) -> list[Column]:
    from pyspark.sql import functions as F

    return [F.when(F.col("fate") != LOST, F.col(name)).alias(name) for name in plain]


def _of_samples(rows: Rows) -> list[Column]:
    from pyspark.sql import functions as F

    return [F.when(rows.is_live(), F.col(name)).alias(name) for name in rows.details]


def _none() -> Column:
    from pyspark.sql import functions as F

    return F.lit(0).cast("long")


def _count(holds: Column) -> Column:
    from pyspark.sql import functions as F

    return F.count(F.when(holds, F.lit(1)))


def _named(columns: dict[str, Column]) -> list[Column]:
    return [column.alias(name) for name, column in columns.items()]
