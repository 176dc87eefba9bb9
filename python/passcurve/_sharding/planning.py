"""A log of many files in shards of about equal bytes, each of which is counted by itself."""

from __future__ import annotations

import stat
from itertools import accumulate, groupby
from pathlib import Path
from typing import TYPE_CHECKING

from passcurve._objects import Ranges
from passcurve._sources import Files

if TYPE_CHECKING:
    from collections.abc import Sequence

    from passcurve import _core


class Shard(Files):
    """Some files of a log, one after the other in its order, with what the paths of all its files make of theirs."""

    def __init__(self, number: int, first: int, paths: Sequence[str], keys: Sequence[_core._PathKey]) -> None:
        self.number, self.first = number, first
        self.paths, self.ignored = list(paths), []
        self._keys = list(keys)

    @classmethod
    def of(cls, number: int, files: Files, keys: Sequence[_core._PathKey], start: int, stop: int) -> Shard:
        """The files from ``start`` to ``stop``; ``keys`` are those of all files."""
        own = [(name, integers, inside, values[start:stop]) for name, integers, inside, values in keys]
        return cls(number, start, files.paths[start:stop], own)

    def path_keys(self, wanted: Sequence[str]) -> list[_core._PathKey]:  # noqa: ARG002 (the driver has asked for them)
        """As they are in the whole log: whether 7 is a number there depends on the paths of other shards too."""
        return self._keys

    def after(self, other: Shard) -> Shard:
        """This one with the files of another before its own."""
        pairs = zip(other._keys, self._keys, strict=True)
        keys = [(*ours[:3], theirs[3] + ours[3]) for theirs, ours in pairs]
        return Shard(self.number, other.first, [*other.paths, *self.paths], keys)

    def head(self) -> Shard:
        """Its first file alone."""
        return Shard(self.number, self.first, self.paths[:1], [(*key[:3], key[3][:1]) for key in self._keys])

    def told(self) -> str:
        """Its name in messages."""
        ends = self.paths[0] if len(self.paths) == 1 else f"{self.paths[0]} to {self.paths[-1]}"
        return f"shard {self.number} ({ends})"


def sizes(files: Files) -> list[int]:
    """The bytes of each file; 0 where nothing tells, which those who read it will say."""
    return [_size(path) for path in files.paths]


def plan(files: Files, bytes_of: Sequence[int], wanted: Sequence[str], most: int) -> list[Shard]:
    """At most so many shards: files in their order, cut where the bytes come to equal shares.

    A file is in one shard, however large it is.
    """
    keys = files.path_keys(wanted)
    # An empty file is work too.
    weights = [size + 1 for size in bytes_of]
    middles = [end - weight / 2 for end, weight in zip(accumulate(weights), weights, strict=True)]
    share = sum(weights) / most
    runs = [list(run) for _, run in groupby(range(len(weights)), lambda at: int(middles[at] / share))]
    return [Shard.of(number, files, keys, run[0], run[-1] + 1) for number, run in enumerate(runs)]


def _size(path: str) -> int:
    if isinstance(path, Ranges):
        return path.size
    try:
        found = Path(path).stat()
    except OSError:
        return 0
    return found.st_size if stat.S_ISREG(found.st_mode) else 0
