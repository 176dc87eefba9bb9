"""Logs in JSON Lines, and their counts in parts of any size."""

import json
from collections import Counter

import pytest

import passcurve as pk
from passcurve import _roles

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
        patch.setattr(_roles, "RANGE_BYTES", range_bytes)
        return pk.tally(path, threads=threads, **{**WORDS, **words})


def refuse(token):
    raise ValueError(token)


def twin(content):
    """The rows of the tally, with null verdicts and rows without an id, by Python's json."""
    n, c, nulls, null_ids = Counter(), Counter(), 0, 0
    for line in content.decode().split("\n"):
        if not line.strip(" \t\r"):
            continue
        row = json.loads(line, parse_constant=refuse)
        inner = row.get("doc")
        inner_id = inner.get("id") if isinstance(inner, dict) else None
        key = row.get("model"), row.get("doc.id", inner_id)
        if None in key:
            null_ids += 1
        elif row.get("ok") is None:
            nulls += 1
        else:
            n[key] += 1
            c[key] += int(row["ok"])
    return sorted((*key, n[key], c[key]) for key in n), nulls, null_ids


ROWS = [{"model": "m", "doc": {"id": f"p{at % 7}"}, "ok": at % 3 == 0, "text": "é\n" * (at % 40)} for at in range(400)]
LINES = [json.dumps(row, ensure_ascii=at % 2 == 0) for at, row in enumerate(ROWS)]


def write(path, *lines, end="\n"):
    path.write_text("\n".join(lines) + end, encoding="utf-8", newline="")
    return path
