"""Writing a file so that its readers see the old one or the new one, whole."""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
from pathlib import Path


def write(path: str | os.PathLike[str], content: bytes) -> None:
    """Writes ``content`` to ``path``: a new file beside it, synced, then renamed over it.

    On any failure the new file is removed and what was at ``path`` is untouched.
    """
    # Through a link, as an ordinary write would go.
    target = Path(os.path.realpath(path))
    if target.is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    if not target.parent.is_dir():
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(path))
    fresh = target.with_name(f".{target.name}.{secrets.token_hex(8)}.tmp")
    try:
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
        if target.exists():
            fresh.chmod(target.stat().st_mode & 0o777)
        with open(descriptor, "wb") as file:  # noqa: PTH123 (a descriptor has no Path)
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(target)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            fresh.unlink()
        raise
    _sync_folder(target.parent)


def _sync_folder(folder: Path) -> None:
    # Without this a power cut may forget the rename. Some systems cannot open a folder; there it is left to them.
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
