"""The rows of a log in Spark, each with what becomes of it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING

from passcurve._spark.columns import INTEGERS, Columns, place_name
from passcurve._spark.verdicts import BAD, FAIL, LOST, NULL, PASS, can_be_bad, fate

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyspark.sql import Column, DataFrame

    from passcurve import _core
    from passcurve._roles import Roles

LARGEST_REWARD = 2**53

# ruff: noqa: N812, PLC0415


@dataclass(frozen=True)
class Rows:
    """Rows under plain names: ``key_0``.. of the key, ``sample``, ``answer``, ``reward``, ``verdict``, ``order_0``.."""

    frame: DataFrame
    roles: Roles
    request: _core._Request
    names: dict[str, str]
    """The columns that are read, by their plain names."""
    reward: str | None
    """The type of the rewards."""
    can_be_bad: bool
    """Whether there may be a verdict that is none."""

    @property
    def keys(self) -> list[str]:
        """The plain names of the key."""
        return [plain for plain in self.names if plain.startswith("key_")]

    @property
    def order(self) -> list[str]:
        """The plain names of what says which row is first."""
        return [plain for plain in self.frame.columns if plain.startswith("order_")]

    @property
    def details(self) -> list[str]:
        """The plain names of the answer and the reward, as far as they are kept."""
        return [plain for plain in ("answer", "reward") if plain in self.names]

    @property
    def has_samples(self) -> bool:
        """Whether samples must be unique."""
        return "sample" in self.names

    def is_live(self) -> Column:
        """Whether the row is a sample: neither left out nor bad."""
        from pyspark.sql import functions as F

        fates = [FAIL, PASS] if self.request["on_null"] == "skip" else [FAIL, PASS, NULL]
        return F.col("fate").isin(fates)

    def is_bad(self) -> Column:
        """Whether the verdict is none."""
        from pyspark.sql import functions as F

        return F.col("fate") == BAD

    def lacks_detail(self) -> Column:
        """Whether the answer or the reward of a sample is no answer or reward."""
        from pyspark.sql import functions as F

        wrong = F.lit(False)
        if "answer" in self.names and self._is_floating("answer"):
            wrong |= F.coalesce(~_is_finite("answer"), F.lit(False))
        if "reward" in self.names:
            wrong |= F.col("reward").isNull()
            if self._is_floating("reward"):
                wrong |= ~_is_finite("reward")
            if self.reward in INTEGERS:
                wrong |= ~F.col("reward").between(1 - LARGEST_REWARD, LARGEST_REWARD - 1)
        return self.is_live() & F.coalesce(wrong, F.lit(True))

    def _is_floating(self, plain: str) -> bool:
        return self.frame.schema[plain].dataType.typeName() in {"float", "double"}


def rows_of(df: DataFrame, columns: Columns, roles: Roles, request: _core._Request, order: Sequence[str]) -> Rows:
    """The rows of a log, judged."""
    from pyspark.sql import functions as F

    kept = {"sample": roles.sample, "answer": roles.answer, "reward": roles.reward, "verdict": roles.verdict}
    names = {f"key_{i}": name for i, name in enumerate([*roles.by, *roles.problem])}
    names |= {plain: name for plain, name in kept.items() if name is not None}
    also = {f"order_{i}": name for i, name in enumerate(order)}
    renamed = df.toDF(*[place_name(place) for place in range(len(df.columns))])
    picked = renamed.select(*[columns.find(name).values().alias(plain) for plain, name in (names | also).items()])
    lost = reduce(or_, [F.col(plain).isNull() for plain in names if plain.startswith("key_") or plain == "sample"])
    judged = fate(F.col("verdict"), columns.find(roles.verdict).kind, request)
    frame = picked.withColumn("fate", F.when(lost, LOST).otherwise(judged))
    reward = None if roles.reward is None else columns.find(roles.reward).kind.typeName()
    return Rows(frame, roles, request, names, reward, can_be_bad(columns.find(roles.verdict).kind))


def _is_finite(plain: str) -> Column:
    from pyspark.sql import functions as F

    value = F.col(plain)
    return ~F.isnan(value) & (F.abs(value) < F.lit(float("inf")))
