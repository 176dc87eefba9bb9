"""What is looked at in a file beside its values: ways that lead nowhere, empty lists, copies, other documents."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import polars as pl

from passcurve import _core
from passcurve._objects import opened, size_of
from passcurve.errors import DataError
from passcurve.readers._format import KEY

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from passcurve.readers._format import Format
    from passcurve.readers._reading import Reading

NAMING = {"problem": "a problem", "sample": "a sample's index"}
NAMING |= {"model": "a model", "step": "a step", "dataset": "a dataset"}
"""What a record is named by. Where a way to it is given, a log that has none there is not what it was taken for."""
TELLING = {"reward": "a reward", "answer": "an answer"}
"""What a record may well lack."""
SHOWN = 5
WHOLE = 8 << 20
"""Bytes of a file whose documents are looked at whole: larger ones are only walked through."""


class Ways:
    """Whether the ways of a format led to anything in a file."""

    def __init__(self, ways: Mapping[str, str]) -> None:
        self._unseen = dict(ways)
        self._records = 0

    def see(self, frame: pl.DataFrame) -> None:
        """Looks at the columns of the next records."""
        self._records += frame.height
        self._unseen = {name: way for name, way in self._unseen.items() if not has_values(frame[name])}

    def tell(self, path: str, reading: Reading) -> None:
        """Fails where what names a record is nowhere, and notes what else is nowhere."""
        for name, way in self._unseen.items() if self._records else ():
            if _is_there(path, reading.format.rows, way):
                continue
            role = name.partition(" ")[0]
            if role in TELLING:
                reading.note(f"{path}: {way!r} leads to {TELLING[role]} in none of {self._records:,} records")
                continue
            # It may be misspelt, and no policy on missing values is meant for that.
            less = "" if role in {"problem", "verdict"} else ", or leave it out of the format"
            raise DataError(
                f"{path}: {way!r} leads to {NAMING.get(role, 'a verdict')} in none of {self._records:,} records; mend "
                f"that way{less}"
            )


def has_values(column: pl.Series) -> bool:
    """Whether a value came; of JSON a null is one."""
    values = column.explode() if isinstance(column.dtype, pl.List) else column
    return values.null_count() < len(values)


def _is_there(path: str, rows: str, way: str) -> bool:
    """Whether there is a value, be it a null."""
    source = _core.Records(path, rows, [("value", way, "json")], None, True)
    while (batch := source.next()) is not None:
        if has_values(pl.DataFrame(batch)["value"]):
            return True
    return False


class Copies:
    """Whether a file of lines holds the same records several times, where nothing in them tells copies from samples."""

    def __init__(self) -> None:
        self._seen: list[pl.Series] = []

    def see(self, frame: pl.DataFrame) -> None:
        """Looks at what was read of the next records, which is little of what they hold."""
        self._seen.append(frame.select(pl.struct(pl.all()).hash()).to_series())

    def tell(self, path: str, reading: Reading) -> None:
        """Doubts a file that is one part, written several times."""
        if not self._seen or not _times(pl.concat(self._seen)):
            return
        # Of all that they hold, now that there is reason to read it.
        whole = pl.concat(_all(path, "", [("whole", "", "hashes")]))["whole"]
        if times := _times(whole):
            reading.doubt(
                f"{path}: its {len(whole):,} records are the same {len(whole) // times:,} records {times} times: a run "
                "that was copied or appended to is counted as often; keep one copy, unless sampling left nothing to "
                "chance"
            )


def _times(values: pl.Series) -> int:
    """How many times the first part comes, where that is all; otherwise 0."""
    for times in (2, 3):
        size, rest = divmod(len(values), times)
        alike = not rest and size > 1 and values.slice(size).equals(values.slice(0, len(values) - size))
        if alike and values.slice(0, size).n_unique() > 1:
            return times
    return 0


@contextmanager
def parquet(path: str) -> Iterator[None]:
    """What is wrong with a file of Parquet, with its name."""
    try:
        yield
    except pl.exceptions.PolarsError as error:
        size = size_of(path)
        if not size:
            raise DataError(f"{path}: the file is empty (0 bytes)") from None
        with opened(path) as file:
            begins = file.read(4) == b"PAR1"
        if not begins:
            raise DataError(f"{path}: this is no Parquet file, as logs of this format are") from None
        raise DataError(
            f"{path}: the file is truncated or damaged (it ends at byte {size}): {str(error).splitlines()[0]}; write "
            "it again"
        ) from None


def forbid_other_statements(path: str, ways: Sequence[str]) -> str | None:
    """Fails where documents of one file say different things of all their records: the first would speak for all.

    Returns:
        What is wrong where some of them say nothing, and so may be of another format.
    """
    if not ways:
        return None
    try:
        if size_of(path) > WHOLE:
            # No document is held whole.
            said = {way: _different(path, way) for way in ways}
        else:
            said = pl.concat(_all(path, "", [(way, way, "json") for way in ways])).to_dict()
    except DataError:
        # What is wrong is said where the records are read.
        return None
    unsaid = None
    for way, values in said.items():
        told = values.drop_nulls().unique(maintain_order=True)
        if len(told) > 1:
            raise DataError(
                f"{path}: the file holds documents whose {way} is {told[0]} and {told[1]}; keep each in a file of its "
                "own"
            )
        if len(told) and values.null_count():
            unsaid = (
                f"{path}: the file holds documents whose {way} is {told[0]} in some and missing in others; keep each "
                "in a file of its own"
            )
    return unsaid


def _different(path: str, way: str) -> pl.Series:
    """The values to which a way from the top leads, each once, however many documents there are."""
    source = _core.Records(path, way, [("value", "", "json")], None, True)
    values = pl.Series(dtype=pl.String)
    try:
        while (batch := source.next()) is not None:
            values = pl.concat([values, pl.DataFrame(batch)["value"].unique(maintain_order=True)])
            values = values.unique(maintain_order=True)
    except DataError:
        # A document that says nothing, or one that is bad, which is said where its records are read.
        values = pl.concat([values, pl.Series([None], dtype=pl.String)])
    return values


def note_empty_problems(path: str, shape: Format, records: int, reading: Reading) -> None:
    """Counts the problems whose list of samples is empty; no record comes of them."""
    empty: list[str] = []
    if shape.problem == KEY and shape.rows.endswith("[]"):
        try:
            parts = _all(path, shape.rows.removesuffix("[]"), [("problem", "", "key"), ("n", "[#]", "numbers")])
        except DataError:
            reading.note(f"{path}: problems are too long to look for those without samples")
            return
        empty = [str(problem) for part in parts for problem in part.filter(pl.col("n") == 0)["problem"]]
    elif isinstance(shape.problem, str) and shape.problem.startswith("/") and shape.rows.endswith("[]") and not records:
        empty = [str(reading.stated(path).get("problem", "of no name"))]
    if empty:
        reading.without_samples(path, empty)


def _all(path: str, rows: str, fields: list[tuple[str, str, str]]) -> list[pl.DataFrame]:
    source = _core.Records(path, rows, fields, None, True)
    found = [pl.DataFrame(schema=[name for name, _, _ in fields])]
    while (batch := source.next()) is not None:
        found.append(pl.DataFrame(batch))
    return found[1:] or found
