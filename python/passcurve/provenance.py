"""Where counts come from: files, rows, and what became of the rows that are in no count."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass, field, fields, replace
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from passcurve._parts import united

if TYPE_CHECKING:
    from collections.abc import Sequence

VERSION = version("passcurve")

SHOWN_VERDICTS = 10

COUNTERS = ("rows", "nulls", "null_ids", "duplicates", "partial_lines", "refused")
SETS = ("ungrouped", "unsampled", "notes")


@dataclass(frozen=True, kw_only=True)
class SourceFile:
    """A file that was read."""

    path: str
    """The path, as it was given or found."""
    format: str
    """``"parquet"``, ``"ipc"``, ``"jsonl"``, or the name of a pipeline's format."""
    bytes: int
    """Its size."""
    rows: int
    """Its rows."""
    fetched: int | None = None
    """Bytes of it that were asked for, where it is in an object store or a file object."""
    part: str = field(default="", compare=False)
    """The part of the tally that it was counted for; empty where that is not known."""


@dataclass(frozen=True, kw_only=True)
class Provenance:
    """Where a tally's counts come from. Merging two tallies adds these up."""

    parts: tuple[str, ...] = field(default=(), compare=False)
    """An id of each tally that was counted by itself and is in this one. That of files is the same when the same files
    are counted again in the same way and come to the same; any other is like no other. Not compared by ``==``."""
    files: tuple[SourceFile, ...] = ()
    """The files that were read, in order, and sorted where tallies were merged; empty for what is in memory."""
    rows: int = 0
    """Rows read."""
    nulls: int = 0
    """Null verdicts, whatever the policy made of them."""
    null_ids: int = 0
    """Rows left out because an id was null (``on_null_id="skip"``)."""
    duplicates: int = 0
    """Rows left out because an earlier row had the same sample; 0 where ``sample`` was not given to look for them."""
    partial_lines: int = 0
    """Last lines left out because their file ends within them (``partial="skip"``); they are no rows."""
    refused: int = 0
    """Rows that are in no count: skipped nulls, null ids and duplicates."""
    empty_problems: int = 0
    """Problems all of whose verdicts were skipped; they are not in the frame."""
    other_verdicts: tuple[tuple[str, int], ...] = ()
    """Strings that failed because they are not in ``passing``, with their counts: the ten most frequent."""
    ignored: tuple[str, ...] = ()
    """Files in the folders that were not read, by the rule of their name."""
    ungrouped: tuple[str, ...] = ()
    """Columns that are called like groups (model, model_name, model_id, checkpoint, step) and are in no key."""
    unsampled: tuple[str, ...] = ()
    """Columns that are called like a sample's index (sample, sample_id, sample_idx, sample_index, trial, attempt),
    where ``sample`` was not given and duplicates were not looked for."""
    left_out: dict[str, int] = field(default_factory=dict)
    """Records of a pipeline's log that are no samples, by reason; they are no rows."""
    notes: tuple[str, ...] = ()
    """What the reader of a format chose, recovered or doubts."""
    policies: dict[str, str] = field(default_factory=dict)
    """The columns and policies of the call."""
    version: str = ""
    """passcurve's version."""

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain dicts, lists, strings and integers.

        >>> pk.tally(log, by="model").provenance.to_dict()["rows"]
        12
        """
        return asdict(self)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Provenance:
        """The inverse of `to_dict`, also after a trip through JSON."""
        names = {field.name for field in fields(cls)}
        # A later version may have written more.
        known = {
            **{name: value for name, value in values.items() if name in names},
            # Of a version that had no ids there are none, and no part is known for its files.
            "parts": tuple(values.get("parts", ())),
            "files": tuple(SourceFile(**file) for file in values["files"]),
            "other_verdicts": tuple((str(text), int(count)) for text, count in values["other_verdicts"]),
            "ignored": tuple(values["ignored"]),
            "ungrouped": tuple(values.get("ungrouped", ())),
            "unsampled": tuple(values.get("unsampled", ())),
            "notes": tuple(values.get("notes", ())),
        }
        return cls(**known)

    def merge(self, other: Provenance) -> Provenance:
        """The provenance of the counts of both. Policies that differ are both named."""
        return total([self, other])


def total(sources: Sequence[Provenance]) -> Provenance:
    """The provenance of the counts of all, whatever their order."""
    others: Counter[str] = Counter()
    left_out: Counter[str] = Counter()
    for source in sources:
        others.update(dict(source.other_verdicts))
        left_out.update(source.left_out)
    texts = {name: {text for source in sources for text in getattr(source, name)} for name in SETS}
    counts: dict[str, Any] = {name: sum(getattr(source, name) for source in sources) for name in COUNTERS}
    found = Provenance(
        parts=united(part for source in sources for part in source.parts),
        files=tuple(sorted((file for source in sources for file in source.files), key=_by_name)),
        other_verdicts=tuple(sorted(others.items(), key=lambda item: (-item[1], item[0]))[:SHOWN_VERDICTS]),
        ignored=tuple(sorted(path for source in sources for path in source.ignored)),
        left_out=dict(sorted(left_out.items())),
        policies=_either([source.policies for source in sources]),
        version=" | ".join(sorted({text for source in sources for text in source.version.split(" | ") if text})),
    )
    sets: dict[str, Any] = {name: tuple(sorted(texts[name])) for name in SETS}
    return replace(found, **counts, **sets)


def _by_name(file: SourceFile) -> tuple[str, str, int, int, int, str]:
    return file.path, file.format, file.bytes, file.rows, file.fetched or 0, file.part


def _either(policies: Sequence[dict[str, str]]) -> dict[str, str]:
    found: dict[str, set[str]] = {}
    for words in policies:
        for name, value in words.items():
            found.setdefault(name, set()).update(value.split(" | "))
    return {name: " | ".join(sorted(found[name])) for name in sorted(found)}
