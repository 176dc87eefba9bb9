"""Which format a log has, by its first bytes."""

from __future__ import annotations

import re
from contextlib import contextmanager
from typing import TYPE_CHECKING

from passcurve import _core
from passcurve.errors import DataError
from passcurve.readers.formats import FORMATS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from passcurve.readers._format import Format

HEAD = 1 << 22
"""Bytes that are looked at."""
DEEPEST = 4
# A string that goes on behind these bytes ends with them: else each quote in it would be tried as a beginning.
TOKENS = re.compile(r'"([^"\\]*(?:\\.[^"\\]*)*)(?:"(\s*:)?|\\?\Z)|[{}\[\]]', re.DOTALL)


def detect(path: str) -> Format:
    """The format of a file.

    Raises:
        DataError: it is none that is known.
    """
    if path.lower().endswith(".eval"):
        return FORMATS["inspect"]
    keys = _keys(path)
    for known in FORMATS.values():
        fits = path.lower().endswith(tuple(known.suffixes)) and any(wanted <= keys for wanted in known.keys)
        if fits:
            return known
    shown = ", ".join(sorted(keys)[:12]) or "none"
    raise DataError(
        f"{path}: this is no log of a known format ({', '.join(FORMATS)}); its keys are: {shown}; say format=, or "
        "describe it by pk.Format(...), or leave out format= where each row is a sample and columns say the rest"
    )


def likely(path: str) -> str | None:
    """The name of the format that a file seems to have."""
    try:
        return detect(path).name
    except (DataError, OSError):
        return None


@contextmanager
def recognized(paths: Sequence[str]) -> Iterator[None]:
    """What is wrong with files whose format was not said may be that they are a pipeline's own log."""
    try:
        yield
    except (DataError, ValueError) as error:
        name = likely(paths[0])
        if name is None:
            raise
        raise type(error)(f'{error}. This looks like a log of {name}: say format="{name}"') from None


def _keys(path: str) -> frozenset[str]:
    if path.lower().endswith(".parquet"):
        return frozenset(name.split(".")[0] for name in _core.file_columns(path))
    # Of lines the keys of the objects themselves: what is inside them is anybody's.
    lines = any(part in path.lower() for part in (".jsonl", ".ndjson"))
    return frozenset(_tokens(_core.head(path, HEAD).decode(errors="replace"), 1 if lines else DEEPEST))


def _tokens(text: str, deepest: int) -> Iterator[str]:
    """The keys of objects that are not deep."""
    depth = 0
    for match in TOKENS.finditer(text):
        token = match[0][0]
        if token in "{[":
            depth += 1
        elif token in "}]":
            depth -= 1
        elif match[2] and depth <= deepest:
            yield match[1]
