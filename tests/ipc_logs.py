"""Random logs as Arrow IPC files and streams, written in every way that writers write them."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import pyarrow as pa
from hypothesis import strategies as st

from counted import counted

INDICES = [pa.int8(), pa.int16(), pa.int32(), pa.int64(), pa.uint8(), pa.uint16(), pa.uint32(), pa.uint64()]
IDS: dict[str, tuple[pa.DataType, Any]] = {
    "string": (pa.string(), lambda i: f"p{i}"),
    "large_string": (pa.large_string(), lambda i: "é" * i),
    "string_view": (pa.string_view(), lambda i: f"p{i}" if i % 2 else f"a longer id, past the inline length: {i}"),
    "int8": (pa.int8(), lambda i: i - 3),
    "uint64": (pa.uint64(), lambda i: 2**64 - 1 - i),
    "bool": (pa.bool_(), lambda i: i % 2 == 0),
    "date": (pa.date32(), lambda i: i * 1000),
}
VERDICTS: dict[str, tuple[pa.DataType, tuple[Any, Any], dict[str, Any]]] = {
    "bool": (pa.bool_(), (False, True), {}),
    "int": (pa.int16(), (0, 1), {}),
    "half": (pa.float16(), (0.0, 1.0), {}),
    "reward": (pa.float64(), (0.25, 0.75), {"threshold": 0.5}),
    "string": (pa.string_view(), ("no", "yes"), {"passing": "yes"}),
}


@st.composite
def logs(draw: st.DrawFn) -> dict[str, Any]:
    """A log as rows, and how it is written."""
    maybe = st.none() if draw(st.booleans()) else st.nothing()
    row = st.tuples(maybe | st.integers(0, 7), maybe | st.booleans())
    return {
        "rows": draw(st.lists(row, max_size=120)),
        "ids": draw(st.sampled_from(list(IDS))),
        "verdicts": draw(st.sampled_from(list(VERDICTS))),
        "index": draw(st.none() | st.sampled_from(INDICES)),
        "verdict_index": draw(st.none() | st.sampled_from(INDICES)),
        "nested": draw(st.booleans()),
        "cuts": sorted(draw(st.lists(st.integers(0, 120), max_size=4))),
        "format": draw(st.sampled_from(["file", "stream"])),
        "compression": draw(st.sampled_from([None, "lz4", "zstd"])),
        "version": draw(st.sampled_from([pa.ipc.MetadataVersion.V4, pa.ipc.MetadataVersion.V5])),
        "legacy": draw(st.booleans()),
        "dictionaries": draw(st.sampled_from(["one", "growing", "each its own"])),
        "neighbours": draw(st.booleans()),
        "on_null": draw(st.sampled_from(["error", "fail", "skip"])),
        "on_null_id": draw(st.sampled_from(["error", "skip"])),
    }


def encoded(values: list[Any], kind: pa.DataType, index: pa.DataType | None, known: list[Any] | None) -> pa.Array:
    """An array, by way of a dictionary of the ``known`` values or of its own where there is an index type."""
    if index is None:
        return pa.array(values, kind)
    known = list(dict.fromkeys(value for value in values if value is not None)) if known is None else known
    keys = pa.array([None if value is None else known.index(value) for value in values], index)
    return pa.DictionaryArray.from_arrays(keys, pa.array(known, kind))


def neighbours(rows: int) -> dict[str, pa.Array]:
    """Columns that are not read, of all kinds of layout."""
    types = pa.array([i % 2 for i in range(rows)], pa.int8())
    views = [None if i % 5 == 0 else "long enough to be out of line " * (i % 3) for i in range(rows)]
    children = [pa.array(range(rows), pa.int32()), pa.array(["x"] * rows, pa.string_view())]
    runs = pa.array([rows] if rows else [], pa.int32())
    return {
        "sparse": pa.UnionArray.from_sparse(types, children),
        "dense": pa.UnionArray.from_dense(types, pa.array(range(rows), pa.int32()), children),
        "views": pa.array(views, pa.string_view()),
        "lists": pa.array(
            [[{"a": "x" * i}] * (i % 3) for i in range(rows)], pa.list_(pa.struct({"a": pa.string_view()}))
        ),
        "list_views": pa.array([[i] for i in range(rows)], pa.list_view(pa.int8())),
        "pairs": pa.array([[i, i] for i in range(rows)], pa.list_(pa.int8(), 2)),
        "map": pa.array([[("k", i)] for i in range(rows)], pa.map_(pa.string(), pa.int64())),
        "runs": pa.RunEndEncodedArray.from_arrays(runs, pa.array(["r"] if rows else [], pa.string())),
        "nothing": pa.nulls(rows),
        "words": pa.array(["w"] * rows).dictionary_encode(),
        "deep": pa.array([{"words": "d"}] * rows, pa.struct({"words": pa.dictionary(pa.int8(), pa.string())})),
        "when": pa.array([0] * rows, pa.timestamp("us", "UTC")),
        "bytes": pa.array([b"1234"] * rows, pa.binary(4)),
    }


def batches(case: dict[str, Any]) -> list[pa.RecordBatch]:
    """The log in its batches; some may be empty, and their arrays are slices."""
    (id_type, as_id), (verdict_type, words, _) = IDS[case["ids"]], VERDICTS[case["verdicts"]]
    ids = [None if problem is None else as_id(problem) for problem, _ in case["rows"]]
    verdicts = [None if verdict is None else words[verdict] for _, verdict in case["rows"]]
    all_ids = list(dict.fromkeys(value for value in ids if value is not None))
    # A file has one dictionary, which may grow.
    style = "growing" if case["format"] == "file" and case["dictionaries"] == "each its own" else case["dictionaries"]
    made, edges = [], [0, *case["cuts"], len(ids)]
    for start, end in itertools.pairwise(edges):
        known: list[Any] | None = all_ids
        if style == "growing":
            # pyarrow takes what follows an empty dictionary for another one.
            known = list(dict.fromkeys([*all_ids[:1], *(value for value in ids[:end] if value is not None)]))
        elif style == "each its own":
            known = None
        # A null more on either side, sliced off again.
        problems = encoded([None, *ids[start:end], None], id_type, case["index"], known)
        passed = encoded([None, *verdicts[start:end], None], verdict_type, case["verdict_index"], list(words))
        rows = len(passed)
        if case["nested"]:
            # A missing struct is a missing id, whatever is inside it.
            whole = [value is not None or i % 2 == 0 for i, value in enumerate([None, *ids[start:end], None])]
            mask = pa.array([not there for there in whole])
            problems = pa.StructArray.from_arrays([pa.array([0] * rows), problems], ["x", "id"], mask=mask)
        columns = {"doc": problems} | (neighbours(rows) if case["neighbours"] else {}) | {"correct": passed}
        made.append(pa.RecordBatch.from_pydict(columns).slice(1, rows - 2))
    return made


def write(case: dict[str, Any], path: Path) -> None:
    """Writes the log."""
    made = batches(case)
    options = pa.ipc.IpcWriteOptions(
        compression=case["compression"],
        metadata_version=case["version"],
        use_legacy_format=case["legacy"],
        emit_dictionary_deltas=case["dictionaries"] != "one",
    )
    new = pa.ipc.new_file if case["format"] == "file" else pa.ipc.new_stream
    with new(str(path), made[0].schema, options=options) as writer:
        for batch in made:
            writer.write_batch(batch)


def twin(case: dict[str, Any]) -> dict[Any, tuple[int, int]] | None:
    """The counts, or None where a policy makes the log an error."""
    _, as_id = IDS[case["ids"]]
    edges = [0, *case["cuts"], len(case["rows"])]
    rows = [row for start, end in itertools.pairwise(edges) for row in case["rows"][start:end]]
    keyed = ((None if problem is None else as_id(problem), verdict) for problem, verdict in rows)
    return counted(keyed, case["on_null"], case["on_null_id"])
