"""The columns of a Spark DataFrame, by their exact names, and what their types can be.

Spark looks names up without regard to case and reads dots in them as paths. So columns are taken by their place, and
called something plain in every query.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from passcurve.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from pyspark.sql import Column
    from pyspark.sql.types import DataType, StructType

    from passcurve._roles import Roles

INTEGERS = {"byte", "short", "integer", "long"}
FLOATS = {"float", "double"}
TEXTS = {"string", "char", "varchar"}
BINARY = "UTF8_BINARY"
"""The collation in which strings are equal when their bytes are."""


@dataclass(frozen=True)
class Leaf:
    """A column, or a field of a struct by its path in dots."""

    name: str
    place: int
    fields: tuple[str, ...]
    kind: DataType

    def values(self) -> Column:
        """Its values, in a frame whose columns have the names of `place_name`."""
        from pyspark.sql import functions as F  # noqa: N812, PLC0415

        column = F.col(place_name(self.place))
        for field in self.fields:
            column = column.getField(field)
        # Other collations take different strings for the same one.
        if getattr(self.kind, "collation", BINARY) != BINARY:
            column = F.collate(column, BINARY)
        return column


def place_name(place: int) -> str:
    """What the column at a place is called in queries."""
    return f"column_{place}"


class Columns:
    """The columns of a DataFrame and the fields of its structs."""

    def __init__(self, schema: StructType) -> None:
        self._leaves: list[Leaf] = []
        self._structs: set[str] = set()
        for place, field in enumerate(schema.fields):
            self._leaves.extend(self._walk(field.name, place, (), field.dataType))

    def _walk(self, name: str, place: int, fields: tuple[str, ...], kind: DataType) -> Iterator[Leaf]:
        if kind.typeName() != "struct":
            yield Leaf(name, place, fields, kind)
            return
        self._structs.add(name)
        for field in kind.fields:
            yield from self._walk(f"{name}.{field.name}", place, (*fields, field.name), field.dataType)

    @property
    def names(self) -> list[str]:
        """All names, in order."""
        return [leaf.name for leaf in self._leaves]

    def find(self, name: str) -> Leaf:
        """The column of exactly this name, else the field of a struct.

        Raises:
            DataError: there are two, or it is a struct.
        """
        named = [leaf for leaf in self._leaves if leaf.name == name]
        found = [leaf for leaf in named if not leaf.fields] or named
        if len(found) > 1:
            raise DataError(f"column `{name}`: there are two columns of this name")
        if not found:
            member = next(leaf.name for leaf in self._leaves if leaf.name.startswith(f"{name}."))
            raise DataError(f'column `{name}`: the column is a Struct; name a member of it, such as "{member}"')
        return found[0]


def check_types(columns: Columns, roles: Roles) -> None:
    """Fails unless every column that is read can be what it is read as.

    Raises:
        DataError: with the column and its type in Spark.
    """
    ids = [*roles.by, *roles.problem, *([] if roles.sample is None else [roles.sample])]
    for name in ids:
        _forbid(columns.find(name), _is_id, "an id", IDS)
    if roles.answer is not None:
        _forbid(columns.find(roles.answer), lambda kind: _is_id(kind) or _word(kind) in FLOATS, "an id", IDS)
    if roles.reward is not None:
        _forbid(columns.find(roles.reward), _is_number, "a reward", "rewards are numbers or booleans")
    verdict = columns.find(roles.verdict)
    judged = "verdicts are booleans, numbers or strings"
    _forbid(verdict, lambda kind: _is_number(kind) or _word(kind) in TEXTS, "a verdict", judged)


def check_order(columns: Columns, order: Sequence[str]) -> None:
    """Fails on a column of `order` that holds maps, lists or the like."""
    sorts = TEXTS | {"date", "timestamp", "timestamp_ntz", "time", "binary"}
    for name in order:
        leaf = columns.find(name)
        whole = "order= takes columns of numbers, strings, dates and times"
        _forbid(leaf, lambda kind: _is_number(kind) or _word(kind) in sorts, "in order=", whole)


IDS = (
    "ids are strings, integers, booleans or dates: cast it, or pick a field of it (for example with df.withColumn(...))"
)


def _forbid(leaf: Leaf, allowed: Callable[[DataType], bool], role: str, which: str) -> None:
    if not allowed(leaf.kind):
        kind = leaf.kind.simpleString()
        raise DataError(f"column `{leaf.name}`: a column of type {kind} cannot be {role}; {which}")


def _word(kind: DataType) -> str:
    return str(kind.typeName())


def _is_id(kind: DataType) -> bool:
    whole = _word(kind) == "decimal" and kind.scale == 0
    return whole or _word(kind) in INTEGERS | TEXTS | {"boolean", "date", "void"}


def _is_number(kind: DataType) -> bool:
    return _word(kind) in INTEGERS | FLOATS | {"boolean", "decimal", "void"}
