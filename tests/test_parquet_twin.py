"""Random logs in every way that writers store them, against counts of plain Python."""

from __future__ import annotations

import io
import os
from collections import Counter
from typing import TYPE_CHECKING, Any

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import passcurve as pk

if TYPE_CHECKING:
    from pathlib import Path

Rows = list[tuple[Any, Any, Any]]

TEXTS = st.text(alphabet="aé\u2028b\U0001f600", max_size=3)
IDS = {
    pa.string(): TEXTS,
    pa.large_string(): TEXTS,
    pa.int8(): st.integers(-3, 3),
    pa.int32(): st.integers(-(2**31), 2**31 - 1),
    pa.int64(): st.integers(-(2**63), 2**63 - 1),
    pa.uint16(): st.integers(0, 2**16 - 1),
    pa.uint64(): st.integers(0, 2**64 - 1),
    pa.bool_(): st.booleans(),
}
VERDICTS = (pa.bool_(), pa.int8(), pa.uint64(), pa.float32(), pa.float64(), pa.float16(), pa.decimal128(5, 1))
ENCODINGS = {
    "text": ("PLAIN", "DELTA_LENGTH_BYTE_ARRAY", "DELTA_BYTE_ARRAY"),
    "number": ("PLAIN", "DELTA_BINARY_PACKED", "BYTE_STREAM_SPLIT"),
    "bool": ("PLAIN", "RLE"),
    "float": ("PLAIN", "BYTE_STREAM_SPLIT"),
}


@st.composite
def logs(draw: st.DrawFn) -> pa.Table:
    """Tables of a model, a problem and a verdict, clustered or not, with and without nulls."""
    columns = {}
    rows = draw(st.sampled_from([0, 1, 7, 8, 9, 33, 300, 1500]))
    order = draw(st.randoms(use_true_random=False))
    for name in ("model", "problem"):
        kind = draw(st.sampled_from(list(IDS)))
        values = draw(st.lists(IDS[kind], min_size=1, max_size=draw(st.sampled_from([1, 3, 40]))))
        nulls = draw(st.sampled_from([0, 0, 0.1, 1.0]))
        picked = [order.choice(values) for _ in range(rows)]
        if draw(st.booleans()):
            picked.sort()
        columns[name] = pa.array([None if order.random() < nulls else value for value in picked], kind)
    nulls = draw(st.sampled_from([0, 0, 0.2, 1.0]))
    share = draw(st.sampled_from([0.0, 0.3, 1.0]))
    verdicts = [None if order.random() < nulls else order.random() < share for _ in range(rows)]
    kind = draw(st.sampled_from(VERDICTS))
    columns["correct"] = (
        pa.array(verdicts).cast(pa.int8()).cast(kind) if kind != pa.bool_() else pa.array(verdicts, kind)
    )
    names = draw(st.permutations(list(columns)))
    return pa.table({name: columns[name] for name in names})


def encoding(draw: st.DrawFn, kind: pa.DataType) -> str:
    """An encoding that the type allows."""
    family = "text" if pa.types.is_string(kind) or pa.types.is_large_string(kind) else "number"
    family = "bool" if pa.types.is_boolean(kind) else "float" if pa.types.is_floating(kind) else family
    return "PLAIN" if pa.types.is_decimal(kind) else draw(st.sampled_from(ENCODINGS[family]))


@st.composite
def files(draw: st.DrawFn) -> tuple[pa.Table, bytes]:
    """A log and a file of it, by one of two writers."""
    table, out = draw(logs()), io.BytesIO()
    group = draw(st.sampled_from([5, 64, 400, 10_000]))
    if draw(st.integers(0, 3)) == 0:
        codec = draw(st.sampled_from(["uncompressed", "snappy", "gzip", "brotli", "lz4", "zstd"]))
        page = draw(st.sampled_from([None, 64, 4096]))
        pl.DataFrame(table).write_parquet(out, compression=codec, row_group_size=group, data_page_size=page)
        return table, out.getvalue()
    coded = [name for name in table.column_names if draw(st.booleans())]
    plain = {name: encoding(draw, table.schema.field(name).type) for name in table.column_names if name not in coded}
    pq.write_table(
        table,
        out,
        compression=draw(st.sampled_from(["none", "snappy", "gzip", "brotli", "lz4", "zstd"])),
        data_page_version=draw(st.sampled_from(["1.0", "2.0"])),
        data_page_size=draw(st.sampled_from([1, 100, 1 << 20])),
        write_batch_size=draw(st.sampled_from([1, 7, 1024])),
        dictionary_pagesize_limit=draw(st.sampled_from([8, 200, 1 << 20])),
        row_group_size=group,
        use_dictionary=coded,
        column_encoding=plain,
        store_decimal_as_integer=draw(st.booleans()),
        write_page_checksum=draw(st.booleans()),
        write_page_index=draw(st.booleans()),
        store_schema=draw(st.booleans()),
    )
    return table, out.getvalue()


def counted(table: pa.Table, on_null: str) -> list[tuple[Any, ...]]:
    """n and c of each key, without rows that lack an id."""
    n: Counter[Any] = Counter()
    c: Counter[Any] = Counter()
    for model, problem, verdict in zip(
        *(table[name].to_pylist() for name in ("model", "problem", "correct")), strict=True
    ):
        if model is None or problem is None or (verdict is None and on_null == "skip"):
            continue
        n[model, problem] += 1
        c[model, problem] += bool(verdict)
    return [(*key, n[key], c[key]) for key in n]


@pytest.mark.filterwarnings("ignore:the log has no rows")
@settings(max_examples=int(os.environ.get("PASSCURVE_EXAMPLES", "150")), deadline=None)
@given(files(), st.sampled_from(["fail", "skip"]), st.sampled_from([1, 2, 3]))
def test_files_count_as_plain_python_does(
    tmp_path_factory: Any, made: tuple[pa.Table, bytes], on_null: str, threads: int
) -> None:
    table, content = made
    path: Path = tmp_path_factory.getbasetemp() / "twin.parquet"
    path.write_bytes(content)
    words = {"by": "model", "problem": "problem", "verdict": "correct", "on_null": on_null, "on_null_id": "skip"}
    found = pk.tally(path, threads=threads, **words)
    expected = counted(table, on_null)
    assert sorted(found.frame.rows(), key=repr) == sorted(expected, key=repr)
    missing = [row for row in zip(table["model"].to_pylist(), table["problem"].to_pylist(), strict=True) if None in row]
    assert found.provenance.null_ids == len(missing)
    assert found.provenance.rows == table.num_rows
    assert found == pk.tally(table, **words)
