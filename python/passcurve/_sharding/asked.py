"""A tally that an engine is asked for: the words of `passcurve.tally`, read on the driver and told to its workers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypedDict

from passcurve._columns import as_columns, forbid_missing
from passcurve._copies import warn_of_copies
from passcurve._memory import limit_of
from passcurve._parts import signed
from passcurve._policies import WORDS, check_policies
from passcurve._roles import Roles, request_of, roles_of
from passcurve._sharding.tallies import Account, Part
from passcurve._sources import Files
from passcurve._tallying import provenance_of
from passcurve._unused import ungrouped, unsampled, warn_of_no_rows, warn_of_pooling
from passcurve._vocabulary import check_vocabulary, warn_of_others
from passcurve.readers._detecting import recognized
from passcurve.tally import Tally

if TYPE_CHECKING:
    from passcurve import _core
    from passcurve._choices import OnDuplicate, OnNull, OnNullId, Partial


class Words(TypedDict):
    """The words that engines share with `passcurve.tally`."""

    problem: str | Sequence[str] | None
    verdict: str | None
    by: str | Sequence[str] | None
    sample: str | None
    answer: str | None
    reward: str | None
    threshold: float | None
    passing: str | Sequence[str] | None
    failing: str | Sequence[str] | None
    on_null: OnNull
    on_null_id: OnNullId
    on_duplicate: OnDuplicate
    partial: Partial


@dataclass(frozen=True)
class Job:
    """What a worker is told."""

    request: _core._Request
    wanted: list[str]
    memory_limit: int | str | None
    threads: int
    at_once: int
    """How many tasks may run on its machine."""

    @property
    def key(self) -> list[str]:
        """The columns of the key."""
        return [*self.request["by"], *self.request["problem"]]

    @property
    def kept(self) -> list[str]:
        """The columns of the answer and the reward, as far as they are kept."""
        return [name for name in (self.request["answer"], self.request["reward"]) if name is not None]

    @property
    def ids(self) -> list[str]:
        """The columns that must not be null."""
        return [*self.key, *([self.request["sample"]] if self.request["sample"] is not None else [])]

    def here(self) -> _core._Request:
        """The request on this machine: of the memory that there is by default, an equal share for each task."""
        limit = limit_of(self.memory_limit, self.threads)
        if limit is not None and self.memory_limit is None:
            limit = max(1, limit // self.at_once)
        return {**self.request, "threads": self.threads, "memory_limit": limit}


@dataclass(frozen=True)
class Asked:
    """What is counted, and what the log's columns tell that the counts do not."""

    roles: Roles
    request: _core._Request
    ungrouped: tuple[str, ...]
    unsampled: tuple[str, ...]
    ignored: tuple[str, ...] = ()

    def job(self, memory_limit: int | str | None, threads: int, at_once: int) -> Job:
        """What its workers are told."""
        return Job(self.request, self.roles.wanted, memory_limit, threads, at_once)

    def noting(self, **policies: str) -> Asked:
        """With more policies in the provenance."""
        return replace(self, request={**self.request, **policies})  # type: ignore[typeddict-item]


def check_words(words: Words) -> None:
    """Fails on words that are wrong whatever the log is."""
    policies: Mapping[str, object] = {name: words[name] for name in WORDS}  # type: ignore[literal-required]
    check_policies(policies, tells_samples=words["sample"] is not None)
    check_vocabulary(words["threshold"], words["passing"], words["failing"])


def of_files(read: Files, words: Words) -> Asked:
    """What is asked of files."""
    unsaid = words["problem"] is None or words["verdict"] is None
    with recognized(read.paths) if unsaid else nullcontext():
        columns = read.columns()
        roles = _roles(columns, words, read.in_paths_alone())
    if not read.are_open:
        forbid_missing(roles.wanted, columns, read.paths[0])
    return replace(_asked(read, roles, read.telling_apart(), words), ignored=tuple(read.ignored))


def of_columns(columns: Sequence[str], words: Words, place: str) -> Asked:
    """What is asked of rows that are in no files."""
    roles = _roles(columns, words, ())
    forbid_missing(roles.wanted, columns, place)
    return _asked(None, roles, columns, words)


def tally_of(asked: Asked, part: Part, account: Account, files: Files | None = None) -> Tally:
    """The tally of the whole, with the warnings that `passcurve.tally` would give."""
    provenance = provenance_of(
        asked.request,
        account.told(),
        account.files,
        ignored=asked.ignored,
        ungrouped=asked.ungrouped,
        unsampled=asked.unsampled,
    )
    warn_of_no_rows(provenance.rows)
    if files is not None and asked.roles.sample is None:
        warn_of_copies(account.files, files.paths, files.keys.of_files())
    warn_of_others(asked.request["passing"] or [], int(part.table["c"].sum()), provenance.other_verdicts)
    details = part.details(asked.request)
    signature = signed(provenance, part.table)
    return Tally._of(part.table, tuple(asked.roles.by), tuple(asked.roles.problem), signature, details)


def _roles(columns: Sequence[str], words: Words, in_paths: Sequence[str]) -> Roles:
    return roles_of(
        columns,
        problem=words["problem"],
        verdict=words["verdict"],
        by=words["by"],
        sample=words["sample"],
        answer=words["answer"],
        reward=words["reward"],
        in_paths=in_paths,
    )


def _asked(read: Files | None, roles: Roles, telling: Sequence[str], words: Words) -> Asked:
    pooled = ungrouped(telling, roles.wanted)
    if words["by"] is None:
        warn_of_pooling(pooled)
    request = request_of(
        roles,
        {name: words[name] for name in WORDS},  # type: ignore[literal-required]
        threshold=words["threshold"],
        passing=None if words["passing"] is None else as_columns(words["passing"], "passing"),
        failing=words["failing"],
        threads=None,
        memory_limit=1,
    )
    without = unsampled(read, telling, roles.wanted, roles.sample)  # type: ignore[arg-type]  # no array
    return Asked(roles, request, pooled, without)
