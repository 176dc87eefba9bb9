"""Files that hold the same bytes: samples that may be counted twice where no column tells."""

from __future__ import annotations

import filecmp
from collections import defaultdict
from itertools import pairwise
from typing import TYPE_CHECKING

from passcurve._objects import Ranges, opened
from passcurve._stores import Stored
from passcurve._warnings import warn

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator, Sequence
    from typing import BinaryIO

    from passcurve.provenance import SourceFile

END = 1 << 16
"""Bytes at either end of a file that are compared before the rest."""


def warn_of_copies(files: Sequence[SourceFile], paths: Sequence[str], keys: Sequence[Hashable]) -> None:
    """Warns of files with rows and the same content, unless the ``keys`` of their paths tell them apart."""
    try:
        pairs = _copies(files, paths, keys)
    except OSError:
        # What went away after it was counted is no reason to lose the counts.
        return
    if not pairs:
        return
    first, second = pairs[0]
    more = f" (as have {len(pairs) - 1:,} more)" if len(pairs) > 1 else ""
    warn(
        f"{first} and {second} have the same content{more}: if one is a copy, its samples are counted twice; leave it "
        "out, or say sample= (the column of the sample's index) to have copies found"
    )


def _copies(files: Sequence[SourceFile], read: Sequence[str], keys: Sequence[Hashable]) -> list[tuple[str, str]]:
    alike: dict[object, list[str]] = defaultdict(list)
    for file, path, key in zip(files, read, keys, strict=True):
        if file.rows:
            alike[file.bytes, key].append(path)
    ends: dict[object, list[str]] = defaultdict(list)
    for key, paths in alike.items():
        for path in paths if len(paths) > 1 else ():
            ends[key, _ends(path)].append(path)
    # Files that begin, end and weigh the same are few, or copies.
    pairs = [pair for paths in ends.values() for pair in pairwise(paths)]
    return [pair for pair in pairs if _are_equal(*pair)]


def _are_equal(first: str, second: str) -> bool:
    if isinstance(first, Stored) or isinstance(second, Stored):
        # To read them whole would cost more than to count them.
        return True
    if isinstance(first, Ranges) or isinstance(second, Ranges):
        with opened(first) as one, opened(second) as other:
            return all(here == there for here, there in zip(_pieces(one), _pieces(other), strict=True))
    return filecmp.cmp(first, second, shallow=False)


def _pieces(file: BinaryIO) -> Iterator[bytes]:
    return iter(lambda: file.read(1 << 20), b"")


def _ends(path: str) -> object:
    if isinstance(path, Stored) and path.e_tag is not None:
        # Most stores make it of the content.
        return path.e_tag
    with opened(path) as content:
        head = content.read(END)
        content.seek(max(0, content.seek(0, 2) - END))
        return head + content.read(END)
