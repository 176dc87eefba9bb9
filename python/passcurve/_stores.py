"""Object stores by address, through obstore; what it says goes wrong, in our words."""

from __future__ import annotations

import errno
import os
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import unquote, urlsplit, urlunsplit

from passcurve._objects import Ranges

if TYPE_CHECKING:
    from collections.abc import Mapping

    from obstore.store import ObjectStore
    from typing_extensions import Buffer

BUCKETS = {"s3": "s3", "s3a": "s3", "gs": "gs"}
"""Schemes of addresses whose host is the bucket."""
AZURE = ("az", "azure", "adl", "abfs", "abfss")
WEB = ("http", "https")
SCHEMES = (*BUCKETS, *AZURE, *WEB, "file")

CREDENTIALS = {
    "s3": "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (AWS_SESSION_TOKEN too for temporary ones), or "
    "AWS_SKIP_SIGNATURE=true for a public bucket; AWS_REGION where it is not us-east-1",
    "gs": "GOOGLE_SERVICE_ACCOUNT or GOOGLE_APPLICATION_CREDENTIALS (paths of a key), or GOOGLE_SKIP_SIGNATURE=true "
    "for a public bucket",
    "az": "AZURE_STORAGE_ACCOUNT_NAME and AZURE_STORAGE_ACCOUNT_KEY (or AZURE_STORAGE_SAS_TOKEN)",
}
CLIENT = ("client_options", "retry_config", "credential_provider")
"""Options that are no setting of the store itself."""
ENDPOINTS = ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_ENDPOINT", "AZURE_STORAGE_ENDPOINT", "AZURE_ENDPOINT")
REFUSED = [
    "169.254.169.254",
    "metadata.google.internal",
    "redential",
    "AccessDenied",
    "InvalidAccessKeyId",
    "SignatureDoesNotMatch",
    "Account must be specified",
    "401 ",
    "403 ",
]
"""Of what stores say where they know too little of who asks."""


def scheme_of(address: str) -> str:
    """The scheme of an address, in small letters."""
    return address.partition("://")[0].lower()


def family_of(address: str) -> str:
    """Whose variables say the credentials: s3, gs, az or web."""
    scheme, host = scheme_of(address), urlsplit(address).netloc.lower()
    if scheme in BUCKETS:
        return BUCKETS[scheme]
    if scheme in AZURE or host.endswith((".core.windows.net", ".fabric.microsoft.com")):
        return "az"
    return "s3" if host.endswith(("amazonaws.com", "r2.cloudflarestorage.com")) else "web"


def split(address: str, magic: bool) -> tuple[str, str]:
    """The address of a store, and the key in it; a key has ``magic`` where characters of it are a pattern."""
    scheme = scheme_of(address)
    head, _, rest = address.partition("://")[2].partition("/")
    if scheme in BUCKETS:
        return f"{scheme}://{head}", rest
    if family_of(address) == "web":
        parts = urlsplit(address)
        folder, _, name = parts.path.rpartition("/")
        return urlunsplit((parts.scheme, parts.netloc, folder, parts.query, "")), unquote(name)
    folders = rest.split("/")
    # An account and a container are no part of a key.
    fixed = next((at for at, part in enumerate(folders) if any(c in part for c in "*?[") and magic), len(folders) - 1)
    return "/".join([f"{scheme}://{head}", *folders[:fixed]]), "/".join(folders[fixed:])


def store_of(root: str, options: Mapping[str, Any] | None) -> ObjectStore:
    """The store at an address.

    Raises:
        ImportError: the extra is not installed.
        ValueError: an option that it does not know.
    """
    try:
        from obstore.exceptions import BaseError, UnknownConfigurationKeyError
        from obstore.store import from_url
    except ImportError:
        raise ImportError(
            f"{root}: reading from object stores needs obstore: pip install 'passcurve[cloud]'", name="obstore"
        ) from None
    config = {name: value for name, value in (options or {}).items() if name not in CLIENT}
    others = {name: value for name, value in (options or {}).items() if name in CLIENT}
    endpoints = [*(str(value) for name, value in config.items() if "endpoint" in name.lower())]
    endpoints = endpoints or [os.environ[name] for name in ENDPOINTS if name in os.environ]
    if any(plain.startswith("http://") for plain in (root, *endpoints)):
        others["client_options"] = {"allow_http": True, **others.get("client_options", {})}
    try:
        return from_url(root, config=cast("Any", config or None), **others)
    except UnknownConfigurationKeyError as error:
        raise ValueError(f"storage_options=: {_first_line(error)}") from None
    except BaseError as error:
        raise translated(error, root) from None


class Stored(Ranges):
    """An object of a store, as it was when it was found."""

    __slots__ = ("e_tag", "key", "store")

    store: ObjectStore
    key: str
    e_tag: str | None

    def __new__(cls, address: str, size: int, name: str | None = None, **members: object) -> Stored:
        """An object by its address."""
        made = cast("Stored", super().__new__(cls, address, size, name))
        made.store, made.key = cast("ObjectStore", members["store"]), cast("str", members["key"])
        made.e_tag = cast("str | None", members["e_tag"])
        return made

    def __reduce__(self) -> tuple[Any, ...]:
        """So that workers elsewhere read it."""
        members = {"store": self.store, "key": self.key, "e_tag": self.e_tag}
        return _unpickled, (self.path, self.size, self.name, members)

    def check(self) -> bool:
        """Whether the object is as long as it was, where no tag told it at each request."""
        return self._is_tagged or self._read(0, min(1, self.size)) is not None

    @property
    def identity(self) -> tuple[str, ...]:
        """What is the same for all addresses of the object: s3a:// is another word for s3://."""
        return family_of(self.path), self.path.partition("://")[2]

    @property
    def _is_tagged(self) -> bool:
        # A weak one says nothing of the bytes.
        return self.e_tag is not None and not self.e_tag.startswith("W/")

    def _read(self, start: int, end: int) -> Buffer | None:
        import obstore
        from obstore.exceptions import BaseError, PreconditionError

        options: dict[str, Any] = {"range": (start, end)}
        if self._is_tagged:
            options["if_match"] = self.e_tag
        try:
            found = obstore.get(self.store, self.key, options=cast("Any", options))
            meta = found.meta
            same = meta["size"] == self.size and meta.get("e_tag") in {self.e_tag, None}
            return found.bytes() if same else None
        except (PreconditionError, FileNotFoundError):
            return None
        except (BaseError, OSError) as error:
            raise translated(error, self.path) from None


def _unpickled(address: str, size: int, name: str, members: dict[str, Any]) -> Stored:
    return Stored(address, size, name, **members)


def translated(error: Exception, address: str) -> OSError:
    """What a store says, as the error that Python has for it."""
    said, words = str(error), _first_line(error)
    if "NoSuchBucket" in said:
        return FileNotFoundError(errno.ENOENT, f"there is no bucket {urlsplit(address).netloc!r}", address)
    if isinstance(error, FileNotFoundError):
        return FileNotFoundError(errno.ENOENT, "there is no such object", address)
    family = family_of(address)
    if family in CREDENTIALS and any(sign in said for sign in REFUSED):
        return PermissionError(
            errno.EACCES, f"access was refused ({words}); set {CREDENTIALS[family]}, or say storage_options=", address
        )
    if "timed out" in said:
        return TimeoutError(errno.ETIMEDOUT, f"the store does not answer ({words})", address)
    return OSError(errno.EIO, words, address)


def _first_line(error: Exception) -> str:
    return " ".join(str(error).partition("\n\nDebug source")[0].split())[:400]
