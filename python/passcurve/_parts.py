"""The parts that a tally is made of, by which one that is merged twice is seen."""

from __future__ import annotations

import json
import uuid
from collections import defaultdict
from dataclasses import replace
from hashlib import blake2b
from typing import TYPE_CHECKING, TypeAlias

import polars as pl

from passcurve.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from passcurve.provenance import Provenance, SourceFile

Bounds: TypeAlias = tuple[int | str | None, int | str | None]
"""Problems from the first on, and below the second; None is no bound."""
WHOLE: Bounds = (None, None)

DIGEST = 8
"""Bytes of each half of an id."""
KEYS, ROWS, WEIGHTS = 64, 100_000, 1021
"""What an id rests on, beside the sums of all counts: so many keys, and sums of the first counts in which each weighs
by its place, up to a prime. It tells logs apart, and is no work beside counting them."""
SHOWN_FILES = 3
WAY_OUT = 'leave one out, or say on_repeat="count" to count both'


def fresh() -> str:
    """The id of counts that cannot be told again, as those of a frame."""
    return uuid.uuid4().hex


def signed(provenance: Provenance, table: pl.DataFrame, name: str | None = None) -> Provenance:
    """The provenance of one part, with its id: ``name``, else of files a digest, else a fresh one.

    The digest is a half of what was read and how, and a half of what was counted. Nothing has no id.
    """
    if not (provenance.rows or table.height):
        return provenance
    part = name or (_digest(provenance, table) if provenance.files else fresh())
    files = tuple(replace(file, part=part) for file in provenance.files)
    return replace(provenance, parts=(part,), files=files)


def _digest(provenance: Provenance, table: pl.DataFrame) -> str:
    read = [[file.path, file.bytes, file.rows] for file in provenance.files]
    asked = json.dumps([read, sorted(provenance.policies.items())])
    first = table.head(KEYS)
    keys = [column.bin.encode("hex") if column.dtype == pl.Binary else column.cast(pl.String) for column in first]
    weights = pl.int_range(min(ROWS, table.height), eager=True) % WEIGHTS
    sums = [int(table[name].sum()) for name in ("n", "c")]
    sums += [int((table[name].head(ROWS) * weights).sum()) for name in ("n", "c")]
    found = json.dumps([table.height, sums, [key.to_list() for key in keys]])
    return "-".join(blake2b(text.encode(), digest_size=DIGEST).hexdigest() for text in (asked, found))


def united(parts: Iterable[str]) -> tuple[str, ...]:
    """Ids without repeats, sorted; ranges of one part that touch are one range."""
    spans: defaultdict[str, list[Bounds]] = defaultdict(list)
    for part in parts:
        name, bounds = _split(part)
        spans[name].append(bounds)
    return tuple(sorted(_named(name, bounds) for name in spans for bounds in _joined(spans[name])))


def within(provenance: Provenance, bounds: Bounds) -> Provenance:
    """The provenance of the problems in a range.

    What is not of a problem (files, rows, what was left out) goes with the range that is open below, so that the
    provenances of ranges add up.
    """
    parts = []
    for name, has in map(_split, provenance.parts):
        lower = max((bound for bound in (has[0], bounds[0]) if bound is not None), default=None)
        upper = min((bound for bound in (has[1], bounds[1]) if bound is not None), default=None)
        if _starts_below(lower, upper):
            parts.append(_named(name, (lower, upper)))
    if bounds[0] is None:
        return replace(provenance, parts=tuple(parts))
    kept = {name: getattr(provenance, name) for name in ("ungrouped", "unsampled", "policies", "version")}
    return type(provenance)(parts=tuple(parts), **kept)


class Seen:
    """The parts and files of the tallies that were merged so far, and where they were."""

    def __init__(self) -> None:
        self._parts: defaultdict[str, list[tuple[Bounds, str]]] = defaultdict(list)
        self._files: defaultdict[tuple[str, int, int], dict[str, str]] = defaultdict(dict)

    def add(self, provenance: Provenance, place: str) -> None:
        """Takes note of another tally.

        Raises:
            DataError: a part of it was merged before, or a file of it as (a piece of) another part.
        """
        parts = [_split(part) for part in provenance.parts]
        for name, bounds in parts:
            for others, before in self._parts.get(name, ()):
                if _overlap(bounds, others):
                    what = f"part {name}{_shown(provenance.files, name)}"
                    raise DataError(
                        f"{what} is in {before} and in {place}, and its samples would count twice; {WAY_OUT}"
                    )
        files = list(_told(provenance.files))
        for key, asked in files:
            for other, before in self._files.get(key, {}).items():
                if other != asked:
                    what = f"the file {key[0]} ({key[1]:,} bytes, {key[2]:,} rows)"
                    raise DataError(
                        f"{what} was counted for {before} and for {place}, in another way or with other files, and its "
                        f"samples would count twice; {WAY_OUT}"
                    )
        for name, bounds in parts:
            self._parts[name].append((bounds, place))
        for key, asked in files:
            self._files[key].setdefault(asked, place)


def _told(files: Iterable[SourceFile]) -> Iterator[tuple[tuple[str, int, int], str]]:
    """Files whose rows were counted, and the half of their part's id that says with which others and how.

    Where that half is the same and the part another, the counts differ, and so do the files: each machine has its own
    of that name.
    """
    for file in files:
        if file.part and file.rows:
            yield (file.path, file.bytes, file.rows), file.part.partition("-")[0]


def _shown(files: Iterable[SourceFile], part: str) -> str:
    paths = [file.path for file in files if file.part == part]
    more = f" and {len(paths) - SHOWN_FILES} more" if len(paths) > SHOWN_FILES else ""
    return f" (of {', '.join(paths[:SHOWN_FILES])}{more})" if paths else ""


def _named(name: str, bounds: Bounds) -> str:
    return name if bounds == WHOLE else name + json.dumps(bounds)


def _split(part: str) -> tuple[str, Bounds]:
    name, bracket, rest = part.partition("[")
    lower, upper = json.loads(bracket + rest) if bracket else WHOLE
    return name, (lower, upper)


def _overlap(one: Bounds, other: Bounds) -> bool:
    return _starts_below(one[0], other[1]) and _starts_below(other[0], one[1])


def _starts_below(lower: int | str | None, upper: int | str | None) -> bool:
    return lower is None or upper is None or lower < upper  # type: ignore[operator]


def _joined(spans: list[Bounds]) -> list[Bounds]:
    joined: list[Bounds] = []
    for lower, upper in sorted(spans, key=lambda span: () if span[0] is None else (span[0],)):
        last = joined[-1] if joined else None
        if last and (lower is None or last[1] is None or lower <= last[1]):  # type: ignore[operator]
            end = None if last[1] is None or upper is None else max(last[1], upper)
            joined[-1] = last[0], end
        else:
            joined.append((lower, upper))
    return joined
