"""What a pipeline's log is like, said in a few lines."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    import polars as pl

    from passcurve.readers._reading import Reading

JSON = (".jsonl", ".ndjson", ".json")
JSON_SUFFIXES = tuple(suffix + packed for suffix in JSON for packed in ("", ".gz", ".zst"))

KEY, INDEX, ORDER = "@key", "@index", "@order"
"""The key of the member that a record is in, its place in its array, and how many of its problem came before in the
file."""

WAYS = ("problem", "verdict", "sample", "model", "step", "dataset", "reward", "answer")
GROUPS_OF_PATHS = ("model", "step", "dataset", "problem", "sample")
QUOTED = re.compile(r'"[^"]*"')

Way: TypeAlias = str


@dataclass(frozen=True, kw_only=True)
class Format:
    """How a pipeline writes its logs: where the records are, and where in them the problem, sample and verdict.

    A way leads from a record to a value: keys with dots between them, ``[]`` for each element of an array, ``{}`` for
    each member of an object, ``[3]`` for one element, ``[#]`` for their number; a key with one of these characters
    stands in double quotes. A way that begins with ``/`` leads from the top of the document. ``"@key"`` is the key of
    the member that the record is or is in, ``"@index"`` its place in its array, ``"@order"`` how many records of its
    problem came before it in the file. Where the verdict's way has ``[]`` in it, each of its elements is a sample.

    Only the values that a way leads to are read; the rest is checked and stepped over, so a file of any size takes the
    memory of one record, at most 64 MiB.

    >>> nested = pk.Format(name="nested", problem="question", verdict="rollouts[].ok", answer="rollouts[].answer")
    >>> line = '{"question": "q1", "rollouts": [{"ok": true, "answer": "4"}, {"ok": false}]}'
    >>> path = tmp / "log.jsonl"
    >>> _ = path.write_text(line)
    >>> pk.scan(path, format=nested).collect().select("problem", "sample", "correct", "answer").rows()
    [('q1', 0, True, '4'), ('q1', 1, False, None)]
    >>> pk.tally(path, format=nested).frame.rows()
    [('q1', 2, 1)]
    """

    name: str
    """What it is called, in messages and in the provenance."""
    problem: Way | tuple[Way, ...]
    """The problem's id. Several ways: the problem is known by a hash of all these values, such as prompt and answer."""
    verdict: Way = ""
    """The verdict: booleans and 0/1 as they are, strings by ``passing``, other numbers by ``threshold``."""
    rows: Way = ""
    """The way from the top of the document to its records; empty where each line, or the document, is one."""
    sample: Way = ""
    """The sample's index; with ``[]`` in the verdict's way it is the place in that list."""
    model: Way = ""
    """The model."""
    step: Way = ""
    """The training step."""
    dataset: Way = ""
    """The dataset or task."""
    reward: Way = ""
    """A reward or score: a number."""
    answer: Way = ""
    """The final answer."""
    passing: Sequence[str] = ()
    """The strings that pass."""
    failing: Sequence[str] = ()
    """The strings that fail; any other is an error. Empty: all others fail."""
    threshold: float | None = None
    """Numbers pass from here on."""
    path: str | Sequence[str] = ()
    """A regular expression, searched in the path of a file, whose groups ``model``, ``step``, ``dataset`` and
    ``sample`` say these of all its records; of several the first that matches."""
    suffixes: Sequence[str] = JSON_SUFFIXES
    """How the names of its files end."""
    files: str = ""
    """A regular expression that the paths of its files in a folder match; empty for all."""
    skip: str = ""
    """A regular expression for paths in a folder that are none of its logs, such as summaries."""
    also: Mapping[str, tuple[Way, str]] = field(default_factory=dict)
    """More columns for ``mend``: a way, and what its values are ("ids", "texts", "numbers", "json" or "hashes")."""
    mend: Callable[[pl.DataFrame, Reading], pl.DataFrame] | None = None
    """What is to be done with the records as they are read, before the verdict is judged: a function of a frame that
    has a column for each way."""
    read: Callable[[str, Reading], Iterator[pl.DataFrame]] | None = None
    """Another way to read a file than by the ways: yields frames of the columns that a record has."""
    options: Sequence[str] = ()
    """What a call may choose by ``format_options``."""
    choices: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """The values that an option may have, where these are known before a log is read."""
    keys: Sequence[frozenset[str]] = ()
    """Keys of which a record has one set whole; by these a format is told."""
    columns: Sequence[str] = ()
    """Columns that ``mend`` or ``read`` make beyond the ways."""

    def __post_init__(self) -> None:
        """Fails where one record would have several values of what it has one of, or ways do not fit each other."""
        for name in ("passing", "failing", "suffixes", "options", "columns"):
            if isinstance(one := getattr(self, name), str):
                # Of one string each letter would be one.
                object.__setattr__(self, name, (one,))
        self._check_paths()
        if self.read is not None:
            return
        self._check_places()
        if self.splits or self.mend is not None or self.read is not None:
            return
        for name in WAYS:
            ways = getattr(self, name)
            for way in (ways,) if isinstance(ways, str) else ways:
                if _lists(way):
                    raise ValueError(
                        f"{name}={way!r} leads to several values of a record; that is for records of several samples, "
                        "where the verdict's way has [] in it; rows= leads to records, and [0] to one element"
                    )

    def _check_paths(self) -> None:
        for pattern in self.paths:
            try:
                groups = re.compile(pattern).groupindex
            except re.error as error:
                raise ValueError(f"path={pattern!r} is no regular expression: {error}") from None
            if unknown := groups.keys() - GROUPS_OF_PATHS:
                raise ValueError(f"path= has a group {min(unknown)!r}; groups are {', '.join(GROUPS_OF_PATHS)}")

    def _check_places(self) -> None:
        """A record is in one member and at one place, and its samples are one list."""
        ways = {name: way for name in WAYS if isinstance(way := getattr(self, name), str)}
        if self.problem == ORDER:
            raise ValueError('problem="@order" is no problem: it is how many records of a problem came before')
        for place in (KEY, INDEX):
            if len(twice := [name for name, way in ways.items() if way == place]) > 1:
                raise ValueError(
                    f"{' and '.join(twice)} are both {place!r}, which is that of the innermost object or array; one "
                    "of them must be found elsewhere"
                )
        if not self.splits:
            return
        if (self.sample and self.sample != ORDER and not _lists(self.sample)) or (
            not self.sample and any("(?P<sample>" in pattern for pattern in self.paths)
        ):
            raise ValueError(
                "sample= is one for a record, whose samples are a list; leave it out, and the place in the list is "
                'the sample, or say "@order", and that among all of the problem in the file'
            )
        lists = {name: found for name, way in ways.items() if (found := _lists(way))}
        for name, found in lists.items():
            if found != lists["verdict"]:
                raise ValueError(
                    f"{name}={ways[name]!r} has {found} of [] and {{}}, and verdict={self.verdict!r} has "
                    f"{lists['verdict']}; they must be as many, for values to belong to each other"
                )

    def has(self, column: str) -> bool:
        """Whether its records say a model, step, dataset, sample, reward or answer."""
        by_path = any(f"(?P<{column}>" in pattern for pattern in self.paths)
        return bool(getattr(self, column)) or by_path or column in self.columns

    @property
    def paths(self) -> Sequence[str]:
        """The regular expressions for paths."""
        return (self.path,) if isinstance(self.path, str) else self.path

    @property
    def splits(self) -> bool:
        """Whether a record holds several samples."""
        return "[]" in QUOTED.sub("", self.verdict)


def quoted(key: str) -> Way:
    """A key as a way, whatever is in it."""
    return '"' + key.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _lists(way: Way) -> int:
    """How often a way leads to each of several."""
    return len(re.findall(r"\[\]|\{\}", QUOTED.sub("", way)))
