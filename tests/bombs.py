"""Small Parquet files that hold as many rows as they say: one problem and one verdict, in runs."""

from __future__ import annotations

from itertools import pairwise

LONGEST_PAGE = 2**31 - 1


class Wide(int):
    """An integer of 64 bits."""


def varint(value: int) -> bytes:
    """Seven bits a byte, the lowest first."""
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes([*out, value])


def struct(*fields: tuple[int, object]) -> tuple[bytes, int]:
    """A struct of Thrift's compact protocol, and its kind."""
    out = b""
    for (before, _), (at, value) in pairwise([(0, None), *fields]):
        content, kind = encoded(value)
        out += bytes([(at - before) << 4 | kind]) + content
    return out + b"\0", 12


def encoded(value: object) -> tuple[bytes, int]:
    """A value and its kind."""
    if isinstance(value, tuple):
        return value
    if isinstance(value, int):
        return varint(value << 1), 6 if isinstance(value, Wide) else 5
    if isinstance(value, bytes):
        return varint(len(value)) + value, 8
    assert isinstance(value, list)
    parts = [encoded(item) for item in value]
    kind = parts[0][1]
    head = bytes([len(parts) << 4 | kind]) if len(parts) < 15 else bytes([15 << 4 | kind]) + varint(len(parts))
    return head + b"".join(content for content, _ in parts), 9


def page(kind: int, body: bytes, details: tuple[int, object]) -> bytes:
    """A page that is not compressed."""
    return struct((1, kind), (2, len(body)), (3, len(body)), details)[0] + body


def bomb(rows: int) -> bytes:
    """A log of so many passed samples of problem p0, in one row group."""
    pages = [LONGEST_PAGE] * (rows // LONGEST_PAGE) + [rows % LONGEST_PAGE] * (rows % LONGEST_PAGE > 0)
    ids, verdicts = page(2, b"\x02\0\0\0p0", (7, struct((1, 1), (2, 0)))), b""
    dictionary = len(ids)
    for length in pages:
        run = varint(length << 1)
        ids += page(0, b"\x01" + run + b"\0", (5, struct((1, length), (2, 8), (3, 3), (4, 3))))
        run += b"\x01"
        verdicts += page(0, len(run).to_bytes(4, "little") + run, (5, struct((1, length), (2, 3), (3, 3), (4, 3))))
    chunks = []
    for name, kind, content, start, first in (
        (b"problem", 6, ids, 4, dictionary),
        (b"correct", 0, verdicts, 4 + len(ids), 0),
    ):
        size, offset = Wide(len(content)), Wide(start + first)
        fields = [(1, kind), (2, [0]), (3, [name]), (4, 0), (5, Wide(rows)), (6, size), (7, size), (9, offset)]
        chunks.append(struct((2, Wide(start)), (3, struct(*fields, *[(11, Wide(start))] * (first > 0)))))
    schema = [
        struct((4, b"root"), (5, 2)),
        struct((1, 6), (3, 0), (4, b"problem"), (6, 0)),
        struct((1, 0), (3, 0), (4, b"correct")),
    ]
    group = struct((1, chunks), (2, Wide(len(ids) + len(verdicts))), (3, Wide(rows)))
    footer = struct((1, 1), (2, schema), (3, Wide(rows)), (4, [group]))[0]
    return b"PAR1" + ids + verdicts + footer + len(footer).to_bytes(4, "little") + b"PAR1"
