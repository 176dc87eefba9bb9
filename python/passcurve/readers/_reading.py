"""The records of a file as canonical rows."""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import polars as pl

from passcurve import _core
from passcurve._warnings import warn
from passcurve.errors import DataError
from passcurve.readers._checking import (
    SHOWN,
    Copies,
    Ways,
    forbid_other_statements,
    has_values,
    note_empty_problems,
)
from passcurve.readers._format import INDEX, KEY, ORDER, Format
from passcurve.readers._judging import judged, loads

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from passcurve.readers._ahead import Ahead

GROUPS = ("dataset", "model", "step")
COLUMNS = (*GROUPS, "problem", "sample", "correct", "reward", "answer")
HOLDS = {"problem": "ids", "sample": "ids", "model": "texts", "step": "ids", "dataset": "texts", "verdict": "json"}
HOLDS |= {"reward": "numbers", "answer": "texts"}
LISTING = re.compile(r'((?:"[^"]*"|[^"\[])*)\[\]')
"""What leads to the list of a problem's samples."""


@dataclass
class Reading:
    """One reading of files of a format: its options, and what it left out."""

    format: Format
    threshold: float | None = None
    passing: tuple[str, ...] = ()
    skip_partial: bool = False
    options: Mapping[str, Any] = field(default_factory=dict)
    left_out: Counter[str] = field(default_factory=Counter)
    """Records that are no samples, by reason."""
    notes: dict[str, None] = field(default_factory=dict)
    """What was chosen or recovered, in the order in which it came up."""
    partial: int = 0
    rows: int = 0
    lost: set[object] = field(default_factory=set)
    """Problems of samples that were left out in the file at hand."""
    told: bool = False
    """Whether a verdict came in the file at hand, be it a null."""
    ahead: Ahead | None = None
    memory: dict[Any, Any] = field(default_factory=dict)
    """What a format remembers from file to file."""
    here: dict[str, Any] = field(default_factory=dict)
    """What it remembers within the file at hand, whose records come in several parts."""

    def way_out(self, option: str, choices: Iterable[str]) -> str:
        """How to say which of several is meant."""
        return f'say format_options={{"{option}": ...}} with one of: {", ".join(choices) or "none"}'

    def note(self, text: str) -> None:
        """Says once what was chosen or recovered."""
        self.notes.setdefault(text)

    def doubt(self, text: str) -> None:
        """Notes what may be wrong, and warns of it."""
        if text not in self.notes:
            self.note(text)
            warn(text)

    def without_samples(self, path: str, problems: list[str]) -> None:
        """Counts problems that have none, and names some."""
        self.left_out["a problem without samples"] += len(problems)
        self.note(f"{path}: there are no samples of {_some(problems)}")

    def rows_of(self, path: str) -> Iterator[pl.DataFrame]:
        """The rows of a file, in canonical columns."""
        read = self.format.read or _by_ways
        stated = self.stated(path)
        ways = [way[1:] for name in (*GROUPS, "problem") if (way := str(getattr(self.format, name))).startswith("/")]
        unsaid = forbid_other_statements(path, ways)
        seen, rows, judges = _Order(), 0, False
        problems: set[object] = set()
        self.told = False
        self.lost.clear()
        self.here.clear()
        for frame in read(path, self):
            if str(self.format.problem).startswith("/") and "problem" not in stated:
                raise DataError(f"{path}: {self.format.problem!r} leads to no problem; mend that way")
            named = _constants(frame, {"problem": stated["problem"]}) if "problem" in stated else frame
            made = _constants(self._mended(named, path), stated)
            if self.format.sample == ORDER:
                made = seen.number(made)
            rows, judges = rows + made.height, "correct" in made.columns
            if self.format.read is not None:
                problems.update(made["problem"].unique())
            yield made.select([name for name in (*COLUMNS, "n", "c") if name in made.columns])
        if unsaid is not None:
            raise DataError(unsaid)
        self.rows += rows
        # Of formats that are read by ways it is known what was there.
        if rows and self.format.read is not None and problems == {None}:
            raise DataError(f"{path}: {self.format.problem!r} leads to a problem in none of {rows:,} records")
        if rows and judges and not self.told:
            raise DataError(f"{path}: {self.format.verdict!r} leads to a verdict in none of {rows:,} records")
        if lost := sorted(map(str, self.lost - problems)):
            self.note(f"{path}: no sample is left of the problems {_some(lost)}, which are in no mean")

    def _mended(self, frame: pl.DataFrame, path: str) -> pl.DataFrame:
        if self.format.mend is not None:
            try:
                frame = self.format.mend(frame, self)
            except DataError as error:
                raise DataError(f"{path}: {error}") from None
            if not isinstance(frame, pl.DataFrame):
                raise TypeError(f"mend= returns a frame, not {type(frame).__name__}")
            frame = _written(frame)
        if self.format.splits and "verdict" in frame.columns:
            frame = self._split(frame, path)
        if "verdict" not in frame.columns:
            return frame
        self.told = self.told or has_values(frame["verdict"])
        return judged(frame, path, self)

    def _split(self, frame: pl.DataFrame, path: str) -> pl.DataFrame:
        """Each element of the verdicts as a row, with the elements of the other lists that belong to it."""
        lists = [name for name, kind in frame.schema.items() if isinstance(kind, pl.List)]
        if "listed" in frame.columns:
            frame = self._with_lists(frame, lists, path)
        lengths = frame.select(pl.col(lists).list.len())
        for name in lists:
            differs = lengths[name] != lengths["verdict"]
            if differs.any():
                at = differs.arg_true()[0]
                raise DataError(
                    f"{path}: a record has {lengths['verdict'][at]} verdicts and {lengths[name][at]} values of {name} "
                    f"(problem {frame['problem'][at]!r}); they must be as many"
                )
        if len(empty := frame.filter(lengths["verdict"] == 0)["problem"]):
            self.without_samples(path, list(map(str, empty)))
        if "sample" not in lists:
            frame = frame.with_columns(sample=pl.int_ranges(pl.col("verdict").list.len()))
            lists.append("sample")
        return frame.filter(pl.col("verdict").list.len() > 0).explode(lists)

    def _with_lists(self, frame: pl.DataFrame, lists: list[str], path: str) -> pl.DataFrame:
        """A record without the list of samples is no problem without samples; one of no problem is nobody's."""
        lacking = pl.col("listed").is_null()
        if (bad := frame.filter(lacking, pl.col("problem").is_not_null())).height:
            raise DataError(
                f"{path}: problem {bad['problem'][0]!r} has no list where {self.format.verdict!r} leads; where a "
                "problem has no samples, its list is empty"
            )
        one = [pl.when(lacking).then(pl.lit([None], frame.schema[name])).otherwise(name).alias(name) for name in lists]
        return frame.with_columns(one)

    def stated(self, path: str) -> dict[str, str | int]:
        """What the path of a file and the top of its document say of all its records."""
        found: dict[str, str | int] = {}
        matches = (re.search(pattern, path.replace("\\", "/")) for pattern in self.format.paths)
        if (match := next(filter(None, matches), None)) is not None:
            for name, text in match.groupdict().items():
                if text is not None:
                    found[name] = _number(text) if name in {"step", "sample"} else text
        for name in (*GROUPS, "problem"):
            way = getattr(self.format, name)
            if isinstance(way, str) and way.startswith("/") and (value := top(path, way[1:])) is not None:
                if not isinstance(value, str | int):
                    raise DataError(
                        f"{path}: {way!r} leads to {json.dumps(value)[:60]}, which is no {name}; go further"
                    )
                found[name] = value
        return found


def _number(text: str) -> int | str:
    """A number of a path as what it says, as far as an id may be one."""
    return value if text.isdecimal() and (value := int(text)) < 1 << 63 else text


def _some(names: list[str]) -> str:
    more = f" and {len(names) - SHOWN:,} more" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + more


def top(path: str, way: str, member: str | None = None) -> Any:
    """The value that a way from the top of a document leads to; None where there is none."""
    text = _core.first_record(path, way, member)
    try:
        value = None if text is None else loads(text)
        if isinstance(value, str):
            value.encode()
    except UnicodeEncodeError:
        raise DataError(f"{path}: {way!r} leads to {text}, which has half a surrogate pair") from None
    except DataError as error:
        raise DataError(f"{path}: {way!r}: {error}") from None
    return value


def records(
    path: str, rows: str, fields: Mapping[str, tuple[str, str]], reading: Reading, member: str | None = None
) -> Iterator[pl.DataFrame]:
    """The records of a document as frames, a column for each field: its way, and what it holds."""
    wanted = [(name, "" if way in {KEY, INDEX} else way, _holds(way, holds)) for name, (way, holds) in fields.items()]
    request = (rows, wanted, member, reading.skip_partial)
    source = _core.Records(path, *request) if reading.ahead is None else reading.ahead.open(path, request)
    while (batch := source.next()) is not None:
        yield pl.DataFrame(batch)
    reading.partial += source.partial


def _holds(way: str, holds: str) -> str:
    return {KEY: "key", INDEX: "index"}.get(way, holds)


def _by_ways(path: str, reading: Reading) -> Iterator[pl.DataFrame]:
    shape = reading.format
    fields: dict[str, tuple[str, str]] = {}
    for name, holds in HOLDS.items():
        way = getattr(shape, name)
        if isinstance(way, str) and way and way != ORDER and not way.startswith("/"):
            fields[name] = (way, holds)
    hashed = shape.problem if isinstance(shape.problem, tuple) else ()
    fields |= {f"problem {at}": (way, "hashes") for at, way in enumerate(hashed)}
    ways, copies = Ways(_checked(fields, shape)), Copies()
    fields |= shape.also
    if (listing := LISTING.match(shape.verdict)) is not None:
        fields["listed"] = (f"{listing[1]}[#]", "numbers")
    read = 0
    for frame in records(path, shape.rows, fields, reading):
        read += frame.height
        ways.see(frame)
        if shape.sample == ORDER:
            copies.see(frame)
        yield with_hash(frame, len(hashed)) if hashed else frame
    ways.tell(path, reading)
    copies.tell(path, reading)
    note_empty_problems(path, shape, read, reading)


def _checked(fields: Mapping[str, tuple[str, str]], shape: Format) -> dict[str, str]:
    """The ways that must lead somewhere, by their columns."""
    ways = {name: way for name, (way, _) in fields.items() if way not in {KEY, INDEX} and name != "problem 1"}
    if shape.mend is not None:
        # It may make verdicts of other columns.
        ways.pop("verdict", None)
    return ways


def with_hash(frame: pl.DataFrame, parts: int) -> pl.DataFrame:
    """The problem by the hashes of what tells it from others; null where the first of these is."""
    first, *others = (pl.col(f"problem {at}") for at in range(parts))
    return frame.with_columns(problem=pl.concat_str(first, *(other.fill_null("") for other in others), separator="-"))


def _constants(frame: pl.DataFrame, stated: Mapping[str, str | int]) -> pl.DataFrame:
    # What the records say comes before what the path says.
    return frame.with_columns(
        pl.lit(value, dtype=kind_of(value)).alias(name) for name, value in stated.items() if name not in frame.columns
    )


def kind_of(value: str | int) -> type[pl.DataType]:
    """The type of the column of a stated value."""
    if isinstance(value, str):
        return pl.String
    return pl.Boolean if isinstance(value, bool) else pl.Int64


def _written(frame: pl.DataFrame) -> pl.DataFrame:
    """Verdicts that were made, as JSON has them."""
    kind = frame.schema.get("verdict")
    if kind == pl.Boolean:
        made = pl.col("verdict").replace_strict({True: "true", False: "false"}, default=None, return_dtype=pl.String)
        return frame.with_columns(verdict=made)
    return frame.with_columns(pl.col("verdict").cast(pl.String)) if kind is not None and kind.is_numeric() else frame


class _Order:
    """How many records of each problem came before."""

    def __init__(self) -> None:
        self._before: dict[object, int] = {}

    def number(self, frame: pl.DataFrame) -> pl.DataFrame:
        before = pl.Series([self._before.get(problem, 0) for problem in frame["problem"]], dtype=pl.Int64)
        within = frame.select(pl.int_range(pl.len(), dtype=pl.Int64).over("problem")).to_series()
        for problem, count in frame.group_by("problem").len().iter_rows():
            self._before[problem] = self._before.get(problem, 0) + count
        return frame.with_columns(sample=before + within)
