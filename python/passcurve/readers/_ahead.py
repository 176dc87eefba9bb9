"""Records that a thread reads while those before them are counted."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from passcurve import _core

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from concurrent.futures import Future

Request = tuple[str, list[tuple[str, str, str]], str | None, bool]
"""The way to the records, the fields, the member of an archive, and whether a cut record is left out."""


class Ahead:
    """Reads a batch ahead: the next of the file at hand, and the first of the file after it.

    Files of one log are mostly asked for the same; where they are not, what was read of the next one is forgotten.
    """

    def __init__(self, paths: Sequence[str], pool: ThreadPoolExecutor) -> None:
        self._after = dict(pairwise(paths))
        self._pool = pool
        self._begun: dict[str, tuple[Request, Source]] = {}

    def open(self, path: str, request: Request) -> Source:
        """The records of a file."""
        known, source = self._begun.pop(path, (None, None))
        if source is None or known != request:
            source = Source(self._pool, path, request)
        self._begun.clear()
        if (after := self._after.get(path)) is not None:
            self._begun[after] = (request, Source(self._pool, after, request))
        return source


class Source:
    """The records of a file, batch after batch, of which the next is being read."""

    def __init__(self, pool: ThreadPoolExecutor, path: str, request: Request) -> None:
        self._pool = pool
        self._records: _core.Records | None = None
        self._next: Future[Any] = pool.submit(self._start, path, request)

    def _start(self, path: str, request: Request) -> Any:
        self._records = _core.Records(path, *request)
        return self._records.next()

    def next(self) -> Any | None:
        """The next records; None at the end."""
        batch = self._next.result()
        if batch is not None and self._records is not None:
            self._next = self._pool.submit(self._records.next)
        return batch

    @property
    def partial(self) -> int:
        """Records at which the file was cut and that were left out."""
        return 0 if self._records is None else self._records.partial


@contextmanager
def reading_ahead(paths: Sequence[str]) -> Iterator[Ahead]:
    """Reads the records of files ahead, in their order."""
    # One for the file at hand, which would else wait for the first records of the next.
    pool = ThreadPoolExecutor(2, thread_name_prefix="passcurve")
    try:
        yield Ahead(paths, pool)
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
