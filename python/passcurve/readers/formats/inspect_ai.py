"""Inspect's logs: .eval archives, of which the summaries are read, and .json files."""

from __future__ import annotations

import json
import math
import re
from typing import TYPE_CHECKING

import polars as pl

from passcurve import _core
from passcurve.errors import DataError
from passcurve.readers._checking import forbid_other_statements
from passcurve.readers._format import Format
from passcurve.readers._judging import loads
from passcurve.readers._reading import Reading, records, top

if TYPE_CHECKING:
    from collections.abc import Iterator

LETTERS = {"C": 1.0, "I": 0.0, "P": 0.5, "N": 0.0}
WORDS = {"yes": 1.0, "true": 1.0, "no": 0.0, "false": 0.0}
FIELDS = {
    # They may be integers and strings in one log.
    "problem": ("id", "texts"),
    "sample": ("epoch", "ids"),
    "scorers": ("scores", "json"),
    "error": ("error", "json"),
}


def _read(path: str, reading: Reading) -> Iterator[pl.DataFrame]:
    parts, header = _parts(path, reading)
    about = {} if header is None else header
    for member, rows in parts:
        for frame in records(path, rows, FIELDS, reading, member):
            scorer = _scorer(frame["scorers"], path, about.get("dataset"), reading)
            yield _scored(frame, scorer, path, reading).with_columns(
                pl.lit(value, dtype=pl.String).alias(name) for name, value in about.items()
            )


def _parts(path: str, reading: Reading) -> tuple[list[tuple[str | None, str]], dict[str, str | None] | None]:
    """The members that hold summaries of samples, with the way to them; and the model and task."""
    if not path.lower().endswith(".eval"):
        forbid_other_statements(path, ("eval.model", "eval.task"))
        _note_status(path, None, reading)
        return [(None, "samples[]")], _about(path, None)
    try:
        members, twice = _core.zip_members(path)
    except DataError as error:
        raise DataError(
            f"{error}; copy the log again, or have inspect_ai write it anew (inspect log convert)"
        ) from None
    if twice:
        reading.doubt(f"{path}: the archive has several members of one name, of which the last is read")
    first = "header.json" if "header.json" in members else "_journal/start.json"
    if first not in members:
        raise DataError(f"{path}: neither header.json nor _journal/start.json is in the archive: no log of Inspect")
    _note_status(path, first if first == "header.json" else None, reading)
    about = _about(path, first)
    if "summaries.json" in members:
        return [("summaries.json", "[]")], about
    journal = [member for member in members if re.fullmatch(r"_journal/summaries/\d+\.json", member)]
    if not journal and first == "header.json":
        raise DataError(f"{path}: summaries.json, which a finished run has, is not in the archive")
    journal.sort(key=lambda member: int(member.rsplit("/", 1)[-1].removesuffix(".json")))
    return [(member, "[]") for member in journal], about


def _about(path: str, member: str | None) -> dict[str, str | None]:
    """The model and the task."""
    about = {"model": top(path, "eval.model", member), "dataset": top(path, "eval.task", member)}
    for name, value in about.items():
        if not isinstance(value, str | None):
            raise DataError(f"{path}: the {name} is {json.dumps(value)[:60]}, and no string")
    return about


def _note_status(path: str, member: str | None, reading: Reading) -> None:
    """A run that did not end well may lack samples."""
    whole = path.lower().endswith(".eval") and member is None
    status = "unfinished" if whole else top(path, "status", member)
    if status not in (None, "success"):
        reading.note(f"{path}: the run is {status}, and may lack samples")
    if not whole and top(path, "invalidated", member) is True:
        reading.doubt(f"{path}: the log says that it is invalidated")


def _scorer(scores: pl.Series, path: str, task: str | None, reading: Reading) -> str | None:
    """The scorer that is asked for, or the only one of the task in all files."""
    names: dict[str, None] = reading.memory.setdefault(("scorers", task), {})
    for text in scores.unique(maintain_order=True):
        if text is not None and isinstance(found := loads(text), dict):
            names.update(dict.fromkeys(found))
    wanted = reading.options.get("scorer")
    if wanted is not None and names and wanted not in names:
        raise DataError(f"{path}: there is no scorer {wanted!r}; there are: {', '.join(names)}")
    if wanted is None and len(names) > 1:
        raise DataError(f"{path}: there are several scorers; {reading.way_out('scorer', names)}")
    scorer = wanted or next(iter(names), None)
    if scorer is not None:
        reading.note(f"the scorer of {task} is {scorer}")
    return scorer


def _scored(frame: pl.DataFrame, scorer: str | None, path: str, reading: Reading) -> pl.DataFrame:
    """The verdict of one scorer; samples without a score, or with NaN for one, were not scored."""
    known = {text: _value(text, scorer, path, reading) for text in frame["scorers"].unique() if text is not None}
    values = pl.Series([known.get(text) for text in frame["scorers"]], dtype=pl.Float64)
    failed = frame["error"].is_not_null() & (frame["error"] != "null")
    unscored = values.is_null()
    for reason, which in (("not scored, with an error", unscored & failed), ("not scored", unscored & ~failed)):
        if count := int(which.sum()):
            reading.left_out[reason] += count
    reading.lost.update(frame.filter(unscored)["problem"])
    scored = frame.with_columns(reward=values).filter(~unscored)
    return scored.with_columns(verdict=pl.col("reward").cast(pl.String))


def _value(text: str, scorer: str | None, path: str, reading: Reading) -> float | None:
    found = loads(text)
    score = found.get(scorer) if isinstance(found, dict) and scorer is not None else None
    if isinstance(score, dict) and "value" not in score:
        raise DataError(f"{path}: the score of {scorer!r} has no value: {json.dumps(score)[:60]}")
    value = score.get("value") if isinstance(score, dict) else None
    if isinstance(value, dict) and (member := reading.options.get("value")) in value:
        value = value[member]
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return None
    if isinstance(value, bool | int | float) and math.isfinite(value):
        return float(value)
    if isinstance(value, str):
        number = LETTERS.get(value, WORDS.get(value.lower()))
        if number is not None:
            return number
        if re.fullmatch(r"[-+]?\d+(\.\d+)?", value):
            return float(value)
    shown = json.dumps(value)[:60]
    more = f"; {reading.way_out('value', value)}" if isinstance(value, dict) and value else ""
    raise DataError(f"{path}: the score {shown} of {scorer!r} is no verdict{more}")


INSPECT = Format(
    name="inspect",
    problem="id",
    sample="epoch",
    verdict="scores",
    reward="scores",
    read=_read,
    suffixes=(".eval", ".json"),
    skip=r"(^|/)(logs|eval-set|listing)\.json$",
    options=("scorer", "value"),
    columns=("model", "dataset"),
    keys=[frozenset({"eval", "samples", "status"}), frozenset({"eval", "samples", "version"})],
)
