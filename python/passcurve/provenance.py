"""Where counts come from: files, rows, and what became of the rows that are in no count."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass, field, fields
from importlib.metadata import version
from typing import Any

VERSION = version("passcurve")

SHOWN_VERDICTS = 10


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


@dataclass(frozen=True, kw_only=True)
class Provenance:
    """Where a tally's counts come from. Merging two tallies adds these up."""

    files: tuple[SourceFile, ...] = ()
    """The files that were read, in order; empty for frames and arrays in memory."""
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
        others: dict[str, int] = {}
        for text, count in self.other_verdicts + other.other_verdicts:
            others[text] = others.get(text, 0) + count
        frequent = sorted(others.items(), key=lambda item: (-item[1], item[0]))[:SHOWN_VERDICTS]
        policies = {**self.policies, **other.policies}
        for name in self.policies.keys() & other.policies.keys():
            both = (*self.policies[name].split(" | "), *other.policies[name].split(" | "))
            policies[name] = " | ".join(sorted(set(both)))
        return Provenance(
            files=self.files + other.files,
            rows=self.rows + other.rows,
            nulls=self.nulls + other.nulls,
            null_ids=self.null_ids + other.null_ids,
            duplicates=self.duplicates + other.duplicates,
            partial_lines=self.partial_lines + other.partial_lines,
            refused=self.refused + other.refused,
            other_verdicts=tuple(frequent),
            ignored=self.ignored + other.ignored,
            ungrouped=tuple(dict.fromkeys(self.ungrouped + other.ungrouped)),
            unsampled=tuple(dict.fromkeys(self.unsampled + other.unsampled)),
            left_out=dict(sorted((Counter(self.left_out) + Counter(other.left_out)).items())),
            notes=tuple(dict.fromkeys(self.notes + other.notes)),
            policies=policies,
            version=self.version or other.version,
        )
