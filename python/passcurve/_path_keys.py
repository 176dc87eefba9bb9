"""Columns that stand in paths, such as the model and the step of run/model=base/step=100/part-0.parquet."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote

from passcurve.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Sequence

NULL = "__HIVE_DEFAULT_PARTITION__"
"""What Hive and Spark write where the value is null."""

INTEGER = re.compile(r"0|-?[1-9][0-9]{0,18}")
"""An integer as it is written back, so that 007 and 7 stay two ids."""


class PathKeys:
    """What the folders of files say, as ``key=value``."""

    def __init__(self, files: Sequence[str], folders: Sequence[Sequence[str]]) -> None:
        self._files = files
        self._stated = [_pairs(parts) for parts in folders]

    @classmethod
    def of(cls, files: Sequence[str], root: str | None) -> PathKeys:
        """Those of the folders below ``root``, or of all folders that the paths name."""
        paths = [Path(file).relative_to(root) if root is not None else Path(file) for file in files]
        return cls(files, [path.parts[:-1] for path in paths])

    def of_files(self) -> list[frozenset[tuple[str, str]]]:
        """What the path of each file says."""
        return [frozenset(pairs) for pairs in self._stated]

    def names(self) -> list[str]:
        """The keys of any file, in the order that they come in."""
        return list(dict.fromkeys(name for pairs in self._stated for name, _ in pairs))

    def varying(self) -> list[str]:
        """Those that tell files apart."""
        known: dict[str, set[str]] = {}
        for pairs in self._stated:
            for name, value in pairs:
                known.setdefault(name, set()).add(value)
        missing = [set(known) - {name for name, _ in pairs} for pairs in self._stated]
        return [name for name in known if len(known[name]) > 1 or any(name in names for names in missing)]

    def are_everywhere(self, name: str) -> bool:
        """Whether the path of each file states this key."""
        return all(any(key == name for key, _ in pairs) for pairs in self._stated)

    def values(self, name: str) -> tuple[list[str | None], bool]:
        """What the path of each file says, None for null; and whether all of these are integers.

        Raises:
            DataError: a path has no such key, or two values of it, or bytes that are not UTF-8.
        """
        values = [_decoded(file, name, self._one(file, name, pairs)) for file, pairs in self._each()]
        given = [value for value in values if value is not None]
        return values, bool(given) and all(map(_is_integer, given))

    def _each(self) -> zip[tuple[str, list[tuple[str, str]]]]:
        return zip(self._files, self._stated, strict=True)

    def _one(self, file: str, name: str, pairs: list[tuple[str, str]]) -> str:
        found = list(dict.fromkeys(value for key, value in pairs if key == name))
        if not found:
            other = next(file for file, pairs in self._each() if any(key == name for key, _ in pairs))
            raise DataError(f"{file}: there is no {name}= in its path, as there is in {other}")
        if len(found) > 1:
            both = " and ".join(f"{name}={value}" for value in found[:2])
            raise DataError(f"{file}: its path has {both}; one of them has to go")
        return found[0]


def _pairs(parts: Sequence[str]) -> list[tuple[str, str]]:
    split = [part.partition("=") for part in parts]
    return [(unquote(name), value) for name, equals, value in split if name and equals]


def _decoded(file: str, name: str, value: str) -> str | None:
    if value == NULL:
        return None
    try:
        return unquote(value, errors="strict")
    except UnicodeDecodeError:
        raise DataError(f"{file}: {name}={value} in its path is not UTF-8 once its percent signs are decoded") from None


def _is_integer(value: str) -> bool:
    return INTEGER.fullmatch(value) is not None and -(2**63) <= int(value) < 2**63
