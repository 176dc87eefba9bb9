"""Valid logs in pipelines' own formats to be damaged, and what Python's json makes of them afterwards."""

from __future__ import annotations

import gzip
import io
import json
import math
import random
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa

import passcurve as pk

ROWS = 300
POLICIES = {"on_null": "fail", "on_null_id": "skip"}
SHAPES = {
    "eval{}[]": pk.Format(name="mine", rows="eval{}[]", problem="@key", verdict="ok"),
    "[]": pk.Format(name="mine", rows="[]", problem="doc.id", verdict="ok"),
    "": pk.Format(name="mine", problem="doc.id", verdict="ok"),
    "[].runs[]": pk.Format(name="mine", rows="[]", problem="doc.id", verdict="runs[].ok"),
}

Twin = tuple[list[tuple[Any, ...]], int]


class Members(list[tuple[str, Any]]):
    """The members of an object, of which a key may come again."""

    def get(self, name: str) -> Any:
        found = [value for key, value in self if key == name]
        assert len(found) < 2, "a key twice"
        return found[0] if found else None


def member(value: Any, *names: str) -> Any:
    for name in names:
        value = value.get(name) if isinstance(value, Members) else None
    return value


def document(draw: random.Random, way: str) -> bytes:
    ids = draw.choice([lambda: f"p{draw.randrange(9)}", lambda: draw.randrange(9), lambda: "é\n"])
    passes = draw.choice([[True, False], [0, 1], [0.0, 1, 1.0], [True, None]])
    more = {"text": 'a "word"\té\u2028', "tree": [{"ok": 7}, [[]], None, -1e-7]}

    def record() -> dict[str, Any]:
        return {"doc": {"id": ids(), "more": more}, "ok": draw.choice(passes)} | more

    records = [record() for _ in range(ROWS)]
    whole: Any = records
    if way == "eval{}[]":
        whole = {"date": 1, "eval": {f"p{at}": records[at::9] for at in range(9)}, "more": more}
    elif way == "[].runs[]":
        whole = [record() | {"doc": {"id": f"p{at}"}, "runs": records[at::9]} for at in range(9)]
    words: dict[str, Any] = {"ensure_ascii": draw.random() < 0.5, "indent": draw.choice([None, 1])}
    documents = records if way == "" else [whole]
    return "\n".join(json.dumps(each, **words) for each in documents).encode()


def plain(path: Path) -> bytes:
    content = path.read_bytes()
    if content[:4] == b"\x28\xb5\x2f\xfd":
        with pa.input_stream(path, compression="zstd") as stream:
            return bytes(stream.read())
    return gzip.decompress(content) if content[:2] == b"\x1f\x8b" else content


def documents(text: str) -> Iterator[Any]:
    decoder = json.JSONDecoder(object_pairs_hook=Members)
    text = text.removeprefix("\ufeff").strip(" \t\r\n")
    while text:
        value, end = decoder.raw_decode(text)
        yield value
        text = text[end:].lstrip(" \t\r\n")


def samples(value: Any, way: str) -> Iterator[tuple[Any, Any]]:
    """The problem and the verdict of each sample of a document."""
    if way == "eval{}[]":
        for key, records in member(value, "eval") or []:
            yield from ((key, member(record, "ok")) for record in records)
        return
    for record in value if way else [value]:
        problem = member(record, "doc", "id")
        runs = member(record, "runs") if way.endswith("runs[]") else [record]
        yield from ((problem, member(run, "ok")) for run in runs or [])


def counted(pairs: Iterator[tuple[Any, Any]]) -> Twin:
    n, c, null_ids = Counter[Any](), Counter[Any](), 0
    for problem, verdict in pairs:
        assert verdict is None or (isinstance(verdict, int | float) and verdict in (0, 1)), verdict
        assert problem is None or isinstance(problem, str | int), problem
        null_ids += problem is None
        if problem is not None:
            n[problem] += 1
            c[problem] += int(verdict or 0)
    return sorted((problem, n[problem], c[problem]) for problem in n), null_ids


def by_json(path: Path, way: str) -> Twin:
    try:
        return counted(pair for value in documents(plain(path).decode()) for pair in samples(value, way))
    except Exception as error:
        return [("refused", repr(error))], 0


def archive(summaries: bytes, kind: int) -> bytes:
    about = {"status": "success", "eval": {"task": "t", "model": "m"}}
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", kind) as file:
        for name, content in (("header.json", json.dumps(about)), ("summaries.json", summaries)):
            file.writestr(zipfile.ZipInfo(name), content, kind)
    return out.getvalue()


def inspected(draw: random.Random) -> bytes:
    values = draw.choice([["C", "I"], [1, 0, "yes"], ["C", 0.0, True]])
    rows = [
        {"id": f"p{at % 9}", "epoch": at // 9, "target": "é", "scores": {"s": {"value": draw.choice(values)}}}
        for at in range(ROWS)
    ]
    return json.dumps(rows, indent=draw.choice([None, 1])).encode()


def by_zipfile(path: Path) -> Twin | None:
    """The counts of an archive's summaries, of which those without a number were not scored."""
    known = {"C": 1, "I": 0, "yes": 1, "no": 0, "true": 1, "false": 0, "1": 1, "0": 0, "1.0": 1, "0.0": 0}
    try:
        with zipfile.ZipFile(path) as file:
            (whole,) = documents(file.read("summaries.json").decode())
            about = json.loads(file.read("header.json"))["eval"]
        n, c, null_ids = Counter[Any](), Counter[Any](), 0
        for row in whole:
            value = member(row, "scores", "s", "value")
            value = known[value if value in known else value.lower()] if isinstance(value, str) else value
            if value is not None and not (isinstance(value, float) and math.isnan(value)):
                assert value in (0, 1), value
                if (problem := member(row, "id")) is None or member(row, "epoch") is None:
                    null_ids += 1
                    continue
                n[str(problem)] += 1
                c[str(problem)] += int(value)
        return sorted(
            (about.get("task"), about.get("model"), problem, n[problem], c[problem]) for problem in n
        ), null_ids
    except (zipfile.BadZipFile, NotImplementedError, zlib.error):
        # Where only what says the same in another place is wrong.
        return None
    except Exception as error:
        return [("refused", repr(error))], 0
