"""Logs in JSON Lines, and their counts in parts of any size."""

import json

import pytest

import passcurve as pk
from passcurve import _tallying

WORDS = {
    "problem": "doc.id",
    "verdict": "ok",
    "by": "model",
    "on_null": "skip",
    "on_null_id": "skip",
    "progress": False,
}


def counted(path, *, threads=2, range_bytes=None, **words):
    """The counts and the provenance, with parts of so many bytes."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_tallying, "RANGE_BYTES", range_bytes)
        return pk.tally(path, threads=threads, **{**WORDS, **words})


ROWS = [{"model": "m", "doc": {"id": f"p{at % 7}"}, "ok": at % 3 == 0, "text": "é\n" * (at % 40)} for at in range(400)]
LINES = [json.dumps(row, ensure_ascii=at % 2 == 0) for at, row in enumerate(ROWS)]


def write(path, *lines, end="\n"):
    path.write_text("\n".join(lines) + end, encoding="utf-8", newline="")
    return path
