"""Files in shards, each counted by a task of its own, whichever engine runs the tasks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import reduce
from typing import TYPE_CHECKING, Any, Protocol

from passcurve._progress import Progress
from passcurve._sharding import across
from passcurve._sharding.asked import Asked, Job, tally_of
from passcurve._sharding.counts import count
from passcurve._sharding.planning import Shard, plan, sizes
from passcurve._sharding.tallies import SHARD, Account, Part, added, forbid_mixed, joined
from passcurve.errors import DataError, Error
from passcurve.provenance import VERSION

if TYPE_CHECKING:
    import polars as pl

    from passcurve._sources import Files
    from passcurve.tally import Tally


SHARDS_A_TASK = 4
"""Of each of the tasks that run at once, so that a shard that takes longer does not keep all others waiting."""

FAN_IN = 16
"""Parts that one task merges."""

MOST_PLACES = 128
"""To which the samples of a shard are dealt: each is an object of the engine, a shard and place."""


OURS = (Error, OSError, ValueError, TypeError, MemoryError)
"""What a tally raises."""


class Engine(Protocol):
    """What runs tasks."""

    @property
    def threads(self) -> int:
        """The threads of a task."""

    def slots(self) -> tuple[int, int]:
        """How many tasks run at once, and how many of them on one machine."""

    def start(self, work: Callable[..., Any], *args: Any, returns: int = 1) -> list[Any]:
        """Starts a task by `attempt`; a reference for each thing that it returns, which other tasks may be given."""

    def got(self, ref: Any, name: str) -> Any:
        """What it refers to; an error is raised here."""


def attempt(work: Callable[..., Any], returns: int, *args: Any) -> Any:
    """On a worker: what the work returns, or the error that it raises, or that one of its arguments is.

    An engine takes what is raised there for a failure of its own, tells all of it, and hides what it was.
    """
    found = next((arg for arg in args if isinstance(arg, BaseException)), None)
    if found is None:
        try:
            return work(*args)
        except OURS as error:
            found = error
    return found if returns == 1 else (found,) * returns


def tree(run: Engine, merge: Callable[..., Any], parts: Sequence[Any], *words: Any) -> Any:
    """One reference for the parts merged, neighbours first."""
    level = list(parts)
    while len(level) > 1:
        runs = [level[at : at + FAN_IN] for at in range(0, len(level), FAN_IN)]
        level = [some[0] if len(some) == 1 else run.start(merge, *words, *some)[0] for some in runs]
    return level[0]


def tally_files(
    run: Engine,
    files: Files,
    asked: Asked,
    *,
    across_shards: str,
    shards: int | None,
    memory_limit: int | str | None,
    bar: Progress,
) -> Tally:
    """The tally of files."""
    slots, at_once = run.slots()
    weights = sizes(files)
    planned = plan(files, weights, asked.roles.wanted, shards or SHARDS_A_TASK * slots)
    sample = asked.roles.sample
    mode = across_shards if sample is not None and len(planned) > 1 else "none"
    if mode == "shuffle" and sample in {"n", "c"}:
        raise ValueError(f"sample= cannot be called {sample!r} over shards, the name of a count; rename it first")
    asked = asked.noting(across_shards=mode) if mode == "unchecked" else asked
    job = asked.job(memory_limit, run.threads, at_once)
    places = min(len(planned), MOST_PLACES) if mode == "shuffle" else 1
    head = planned[0].head()
    started: list[list[Any]] = []
    for shard in planned:
        # A task that is given an error does nothing, so that a bad shard ends those that wait far behind it.
        behind = [refs[0] for refs in started[max(0, shard.number - 3 * slots) : max(0, shard.number - 2 * slots + 1)]]
        first = head if shard.number else None
        started.append(run.start(_count, shard, job, first, mode, places, *behind, returns=1 + places))
    settled = []
    parts = [refs[1] for refs in started]
    if mode == "shuffle":
        pieces = zip(*(refs[1:] for refs in started), strict=True)
        settled = [run.start(_settle, job, *piece, returns=2) for piece in pieces]
        parts = [part for _, part in settled]
    root = tree(run, _merge, parts, "added" if mode in {"none", "unchecked"} else "joined", job)
    account = _accounts(run, [refs[0] for refs in started], planned, weights, bar)
    found = [run.got(ref, "the samples of several shards") for ref, _ in settled]
    account.counters["duplicates"] += sum(copies for copies, _ in found)
    _forbid_clash(run, [clash for _, clash in found if clash is not None], planned, job)
    part: Part = run.got(root, "the merging of all shards")
    if mode == "partitioned":
        part = _checked(part, job.key, planned)
    return tally_of(asked, part, account, files)


def _count(shard: Shard, job: Job, head: Shard | None, mode: str, places: int, *_behind: Account) -> tuple[Any, ...]:
    """On a worker: the account of a shard, and its counts, in as many pieces as there are places."""
    if mode == "shuffle":
        frame, account = across.samples(shard, job, head)
        return (account, *across.dealt(frame, job.key, places))
    part, account = count(shard, job, head)
    return account, part.marked(shard.number) if mode == "partitioned" else part


def _settle(job: Job, *pieces: pl.DataFrame) -> tuple[Any, Part]:
    """On a worker: the samples of some problems, of all shards in their order."""
    part, copies, clash = across.settled(pieces, job)
    return (copies, clash), part


def _merge(how: str, job: Job, *parts: Part) -> Part:
    """On a worker: parts as one."""
    return (added if how == "added" else joined)(parts, job.key, job.kept)


def _again(first: Shard, second: Shard, job: Job) -> None:
    """On a worker: fails by the sample that is in both, and says where in the files."""
    count(second.after(first), job, None)


def _accounts(run: Engine, refs: list[Any], planned: list[Shard], weights: list[int], bar: Progress) -> Account:
    """That of all shards; of those that fail, the first in order is told."""
    accounts: list[Account] = []
    rows, done, size = 0, 0, sum(weights)
    for ref, shard in zip(refs, planned, strict=True):
        account: Account = run.got(ref, shard.told())
        accounts.append(account)
        if account.version != VERSION:
            raise ValueError(
                f"passcurve {account.version} counted {shard.told()}, and {VERSION} is here; install one on all "
                "machines"
            )
        if account.schema != accounts[0].schema:
            forbid_mixed(accounts)
        rows += account.counters["rows"]
        done += sum(weights[shard.first : shard.first + len(shard.paths)])
        bar(rows, done, size)
    return reduce(Account.merge, accounts)


def _forbid_clash(run: Engine, clashes: list[across.Clash], planned: list[Shard], job: Job) -> None:
    if not clashes:
        return
    worst = min(clashes, key=lambda clash: (clash.second, clash.first, clash.sample))
    first, second = planned[worst.first], planned[worst.second]
    run.got(run.start(_again, first, second, job)[0], second.told())
    raise DataError(f"this sample ({worst.sample}) is in {first.told()} and in {second.told()}")


def _checked(part: Part, key: Sequence[str], planned: list[Shard]) -> Part:
    """The counts, if each key is of one shard, as the call has claimed."""
    twice = part.table.filter(part.table.select(key).is_duplicated())
    if twice.height:
        row = twice.row(0, named=True)
        first, second = (planned[number].told() for number in twice[SHARD][:2])
        shown = ", ".join(f"{name}={row[name]!r}" for name in key)
        raise DataError(
            f'across_shards="partitioned": {shown} is in {first} and in {second}; say across_shards="shuffle" to have '
            "samples told apart over all shards, or write the samples of a problem to one file"
        )
    return replace(part, table=part.table.drop(SHARD))
