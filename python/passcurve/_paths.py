"""Paths, globs and folders as lists of files."""

from __future__ import annotations

import glob
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from passcurve import _atomic
from passcurve._objects import Ranges
from passcurve._stores import SCHEMES, family_of, scheme_of
from passcurve._urls import MAGIC, Addresses, Listing, is_address, local_path

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from passcurve._stores import Stored

JSON_LINES = tuple(name + packed for name in (".jsonl", ".ndjson") for packed in ("", ".gz", ".zst"))
FORMATS = {
    "Parquet": (".parquet", ".pq"),
    "Arrow IPC": (".arrow", ".arrows", ".ipc", ".feather"),
    "JSON Lines": JSON_LINES,
}
SUFFIXES = tuple(suffix for suffixes in FORMATS.values() for suffix in suffixes)
OTHER_READERS = {
    ".json": "pl.read_json",
    ".csv": "pl.scan_csv",
}


OF_PIPELINES = (".json", ".eval")
"""What pipelines write and no table is called like."""


def expand(
    paths: Sequence[str | os.PathLike[str]],
    suffixes: tuple[str, ...] = SUFFIXES,
    storage_options: Mapping[str, Any] | None = None,
) -> tuple[list[str], list[str]]:
    """The files that ``paths`` name, in order, and the files in their folders that are ignored.

    A folder means every file below it that has one of the ``suffixes``, in the order of their paths. Hidden files,
    files and folders that begin with an underscore (but for ``_key=value``), and files of other kinds are ignored
    there; a file that is named is always read. Links to folders elsewhere are followed. What is in a store is a
    `_objects.Ranges`.
    """
    named = [os.fspath(path) for path in paths]
    remote = [path for path in named if isinstance(path, str) and _is_remote(path)]
    found = iter(Addresses(storage_options).find(remote) if remote else ())
    files: list[str] = []
    ignored: list[str] = []
    for path in named:
        if not isinstance(path, str):
            raise TypeError(f"paths are str or os.PathLike, not bytes: {path!r}")
        if isinstance(path, Ranges):
            files.append(path)
            continue
        if _is_remote(path):
            _objects(path, next(found), suffixes, files, ignored)
            continue
        here = local_path(path) if is_address(path) else path
        if Path(here).is_dir():
            _folder(here, suffixes, files, ignored)
        elif glob.has_magic(here) and not Path(here).exists():
            _glob(here, suffixes, files, ignored)
        else:
            files.append(here)
    _forbid_repeats(files)
    for file in files if suffixes is SUFFIXES else ():
        _forbid_other_formats(file)
    return files, ignored


def one_file(path: str | os.PathLike[str], storage_options: Mapping[str, Any] | None = None) -> str:
    """The file or object that a path names, with no regard to patterns.

    Raises:
        FileNotFoundError: there is no such object.
    """
    named = os.fspath(path)
    if not _is_remote(named):
        return local_path(named) if is_address(named) else named
    return Addresses(storage_options).one(named)


def write(path: str | os.PathLike[str], content: bytes, storage_options: Mapping[str, Any] | None = None) -> None:
    """Writes a file or an object whole or not at all."""
    named = os.fspath(path)
    if _is_remote(named):
        Addresses(storage_options).put(named, content)
    else:
        _atomic.write(local_path(named) if is_address(named) else path, content)


def is_json_lines(path: str) -> bool:
    """Whether the name of a file says that it holds JSON Lines."""
    name = path.name if isinstance(path, Ranges) else path
    return name.lower().endswith(JSON_LINES)


def forbid_overwriting(target: str | os.PathLike[str], sources: Iterable[str | os.PathLike[str]]) -> None:
    """Fails when ``target`` is one of the ``sources``, by its own name or through a link."""
    place = _place(target)
    for source in sources if place is not None else ():
        if place == _place(source):
            raise ValueError(
                f"writing to {os.fspath(target)} would overwrite a source of these counts ({os.fspath(source)}); give "
                "the result another name"
            )


def _place(path: str | os.PathLike[str]) -> object:
    """Whatever is the same for all names of a file or object; None where there is no such file."""
    named = os.fspath(path)
    if isinstance(named, Ranges):
        return named.identity
    if _is_remote(named):
        return family_of(named), named.partition("://")[2]
    try:
        # Links do not hide it.
        found = Path(local_path(named) if is_address(named) else named).stat()
    except (OSError, ValueError):
        return None
    return found.st_dev, found.st_ino


def _folder(folder: str, suffixes: tuple[str, ...], files: list[str], ignored: list[str]) -> None:
    found: list[str] = []
    # Links within the folder, such as one called latest, lead to what is read anyway.
    seen = {Path(folder).resolve()}
    for root, folders, names in os.walk(folder, followlinks=True):
        for name in sorted(names):
            path = str(Path(root) / name)
            (found if _is_log(name, suffixes) else ignored).append(path)
        hidden = [name for name in folders if _is_hidden(name)]
        for name in sorted(set(folders) - set(hidden)):
            target = Path(root) / name
            if target.is_symlink():
                target = target.resolve()
                if Path(root).resolve().is_relative_to(target) or any(map(target.is_relative_to, seen)):
                    hidden.append(name)
                seen.add(target)
        ignored.extend(str(Path(root) / name) + os.sep for name in sorted(hidden))
        folders[:] = sorted(set(folders) - set(hidden))
    if not found:
        raise _no_logs(folder, suffixes, ignored)
    files.extend(sorted(found))


def _no_logs(folder: str, suffixes: tuple[str, ...], ignored: Sequence[str]) -> FileNotFoundError:
    pipelines = suffixes is SUFFIXES and any(path.lower().endswith(OF_PIPELINES) for path in ignored)
    way_out = '; say format="auto" where they are the own log of a pipeline' if pipelines else ""
    return FileNotFoundError(f"no log files ({', '.join(suffixes)}) in the folder {folder}{way_out}")


def _glob(pattern: str, suffixes: tuple[str, ...], files: list[str], ignored: list[str]) -> None:
    matches = sorted(glob.glob(pattern, recursive=True))
    _chosen(pattern, [path for path in matches if not Path(path).is_dir()], suffixes, files, ignored)


def _chosen(
    pattern: str, named: Sequence[str], suffixes: tuple[str, ...], files: list[str], ignored: list[str]
) -> None:
    if not named:
        raise FileNotFoundError(f"no files match {pattern}")
    # A pattern that spells out its suffix has chosen; a bare * has not.
    logs = [path for path in named if _is_log(Path(path).name, suffixes)]
    chosen = list(named) if Path(pattern).suffix not in {"", ".*"} else logs
    if not chosen:
        raise FileNotFoundError(f"no log files ({', '.join(suffixes)}) match {pattern}, but {len(named)} others do")
    files.extend(chosen)
    ignored.extend(path for path in named if path not in set(chosen))


def _objects(
    address: str, found: list[Stored] | Listing, suffixes: tuple[str, ...], files: list[str], ignored: list[str]
) -> None:
    if isinstance(found, Listing):
        logs: list[str] = []
        for one in found.objects:
            *folders, name = found.parts(one)
            read = _is_log(name, suffixes) and not any(map(_is_hidden, folders))
            (logs if read else ignored).append(one)
        if not logs:
            raise _no_logs(address, suffixes, ignored)
        files.extend(logs)
    # The question mark of an address of a web server is no pattern.
    elif MAGIC.search(address) and family_of(address) != "web":
        _chosen(address, found, suffixes, files, ignored)
    else:
        files.extend(found)


def _is_remote(path: str) -> bool:
    known = set(SCHEMES) - {"file"}
    return not isinstance(path, Ranges) and is_address(path) and scheme_of(path) in known


def _is_log(name: str, suffixes: tuple[str, ...]) -> bool:
    return not name.startswith(("_", ".")) and name.lower().endswith(suffixes)


def _is_hidden(folder: str) -> bool:
    # _date=2026-01-01 is a key with its value, as in Spark.
    return folder.startswith(".") or (folder.startswith("_") and "=" not in folder)


def _forbid_repeats(files: list[str]) -> None:
    seen: dict[object, str] = {}
    for file in files:
        known = _place(file)
        if known is None:
            continue
        if known in seen:
            raise ValueError(f"the same file is given twice: {seen[known]} and {file}")
        seen[known] = file


def _forbid_other_formats(file: str) -> None:
    reader = OTHER_READERS.get(Path(file).suffix.lower())
    if reader is not None and (isinstance(file, Ranges) or Path(file).exists()):
        pipelines = ', or say format="auto" where it is the own log of a pipeline'
        raise ValueError(
            f"{file}: not read directly; in Python pass {reader}({file!r}), or convert it to Parquet"
            f"{pipelines if file.lower().endswith(OF_PIPELINES) else ''}"
        )
