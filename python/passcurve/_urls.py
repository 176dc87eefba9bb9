"""Addresses of object stores as lists of objects: the same names, patterns and folders as of local files."""

from __future__ import annotations

import errno
import fnmatch
import re
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from passcurve._objects import AT_ONCE
from passcurve._stores import SCHEMES, Stored, family_of, scheme_of, split, store_of, translated

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from obstore.store import ObjectStore

MAGIC = re.compile(r"[*?\[]")


def is_address(path: str) -> bool:
    """Whether a path names a place by a scheme."""
    return re.match(r"[A-Za-z][A-Za-z0-9+.-]*://", path) is not None


def local_path(address: str) -> str:
    """The path of a ``file://`` address.

    Raises:
        ValueError: a scheme that is not known, or a file of another machine.
    """
    scheme, parts = scheme_of(address), urlsplit(address)
    if scheme not in SCHEMES:
        known = ", ".join(f"{name}://" for name in SCHEMES)
        raise ValueError(
            f"{address}: {scheme}:// is not read, but {known} are; pass a file object that fsspec or pyarrow opens, "
            "or a LazyFrame"
        )
    if parts.netloc not in {"", "localhost"}:
        raise ValueError(f"{address}: a file of another machine ({parts.netloc}); file:// is followed by three slashes")
    # It brings all of HTTP with it.
    from urllib.request import url2pathname

    return url2pathname(address.partition("://")[2].removeprefix(parts.netloc))


class Addresses:
    """Stores that are asked for objects."""

    def __init__(self, options: Mapping[str, Any] | None) -> None:
        self._options = options
        self._stores: dict[str, ObjectStore] = {}

    def find(self, addresses: Sequence[str]) -> list[list[Stored] | Listing]:
        """For each address the object that it names, or what is in the folder or fits the pattern.

        Raises:
            FileNotFoundError: no such object, or no such bucket.
            PermissionError: the store wants credentials.
        """
        # Stores are made one after the other; what they are asked goes out at once.
        asked = [(address, *self._split(address)) for address in addresses]
        for _, root, _ in asked:
            if root not in self._stores:
                self._stores[root] = store_of(root, self._options)
        with ThreadPoolExecutor(AT_ONCE) as pool:
            return list(pool.map(lambda one: self._one(*one), asked))

    def one(self, address: str) -> Stored:
        """The object at an address."""
        root, key = self._split(address)
        self._stores[root] = store_of(root, self._options)
        return self._object(address, root, key)

    def put(self, address: str, content: bytes) -> None:
        """Puts an object, whole or not at all.

        Raises:
            OSError: the store does not take it.
        """
        root, key = self._split(address)
        store = store_of(root, self._options)
        import obstore
        from obstore.exceptions import BaseError

        try:
            obstore.put(store, key, content)
        except (BaseError, OSError) as error:
            raise translated(error, address) from None

    @staticmethod
    def _split(address: str) -> tuple[str, str]:
        if family_of(address) == "web":
            return split(address, magic=False)
        folders = address.partition("://")[2].rstrip("/").split("/")[1:]
        # obstore would take a//b for a/b, which is another object.
        if any(folder in {"", ".", ".."} for folder in folders):
            raise ValueError(f"{address}: a key with an empty folder (//), or one called . or .., is not read")
        return split(address, magic=True)

    def _one(self, address: str, root: str, key: str) -> list[Stored] | Listing:
        if family_of(address) == "web":
            if not key or "*" in key:
                raise ValueError(f"{address}: a web server lists no files; give the address of each file")
            return [self._object(address, root, key)]
        # A key may hold the characters of a pattern, and then it is no pattern, as with paths.
        if MAGIC.search(key):
            return self._matching(address, root, key)
        if not key.endswith("/") and key:
            try:
                return [self._object(address, root, key)]
            except FileNotFoundError:
                pass
        listing = Listing(root, key.rstrip("/"), list(self._listed(address, root, key.rstrip("/"))))
        if not listing.objects:
            raise FileNotFoundError(errno.ENOENT, "there is no such object, and nothing below it", address)
        return listing

    def _object(self, address: str, root: str, key: str) -> Stored:
        import obstore
        from obstore.exceptions import BaseError

        store = self._stores[root]
        try:
            if family_of(address) == "web":
                # Some servers, and addresses that are signed, answer nothing else.
                meta = obstore.get(store, key, options={"range": (0, 1)}).meta
            else:
                meta = obstore.head(store, key)
        except (BaseError, OSError) as error:
            raise translated(error, address) from None
        name = unquote(urlsplit(address).path) if family_of(address) == "web" else address
        return Stored(address, meta["size"], name, store=store, key=key, e_tag=meta.get("e_tag"))

    def _listed(self, address: str, root: str, prefix: str) -> Iterator[Stored]:
        import obstore
        from obstore.exceptions import BaseError

        store = self._stores[root]
        try:
            found = [meta for batch in obstore.list(store, prefix or None) for meta in batch]
        except (BaseError, OSError) as error:
            raise translated(error, address) from None
        folders = {meta["path"][:at] for meta in found for at in _slashes(meta["path"])}
        for meta in found:
            tag, key = meta.get("e_tag"), meta["path"]
            # The console of S3 and Hadoop write an empty object for a folder.
            if meta["size"] or (key not in folders and key != prefix):
                yield Stored(f"{root}/{key}", meta["size"], store=store, key=key, e_tag=tag)

    def _matching(self, address: str, root: str, key: str) -> list[Stored] | Listing:
        parts = key.split("/")
        fixed = next(at for at, part in enumerate(parts) if MAGIC.search(part))
        found = list(self._listed(address, root, "/".join(parts[:fixed])))
        named = [one for one in found if one.key == key]
        if named:
            return named
        folder = key.rstrip("/")
        below = [one for one in found if one.key.startswith(f"{folder}/")]
        if below:
            return Listing(root, folder, below)
        pattern = _pattern(parts)
        return sorted(one for one in found if pattern.fullmatch(one.key))


class Listing:
    """What lies below a folder."""

    def __init__(self, root: str, prefix: str, objects: Iterable[Stored]) -> None:
        self.folder = f"{root}/{prefix}".rstrip("/")
        self.objects = sorted(objects)

    def parts(self, found: Stored) -> list[str]:
        """The folders below this one, and the name."""
        return found.removeprefix(self.folder).lstrip("/").split("/")


def _slashes(key: str) -> Iterator[int]:
    return (match.start() for match in re.finditer("/", key))


def _pattern(parts: Sequence[str]) -> re.Pattern[str]:
    """A pattern of keys as that of `glob.glob` is of paths: no wildcard stands for a slash or a leading dot."""
    out = ""
    for at, part in enumerate(parts):
        last = at == len(parts) - 1
        if part == "**":
            out += r"(?:[^/.][^/]*/)*" + ("(?![.])[^/]+" if last else "")
            continue
        hidden = "" if part.startswith(".") or not MAGIC.search(part) else r"(?![.])"
        inside = "[^/]*".join(_simple(piece) for piece in re.split(r"\*+", part))
        out += hidden + inside + ("" if last else "/")
    return re.compile(out)


def _simple(part: str) -> str:
    """What stands between stars."""
    pieces = re.split(r"(\[!?\]?[^\]]*\]|\?)", part)
    return "".join(
        "[^/]" if piece == "?" else _inner(fnmatch.translate(piece)) if piece.endswith("]") else re.escape(piece)
        for piece in pieces
    )


def _inner(translated: str) -> str:
    return translated.removeprefix("(?s:").removesuffix(r")\Z").removesuffix(r")\z")
