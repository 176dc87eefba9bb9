"""Arrow IPC files and streams against a slow, obvious twin, and what is said of bad ones."""

from __future__ import annotations

import functools
import json
import os
import re
import struct
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.feather
import pyarrow.parquet
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import hostile_cases
import hostile_child
import ipc_logs
import passcurve as pk
from passcurve import _core

# A random log may hold no pass.
pytestmark = pytest.mark.filterwarnings("ignore:not one sample passed")


@pytest.mark.filterwarnings("ignore:the log has no rows")
@settings(max_examples=int(os.environ.get("IPC_EXAMPLES", "300")), deadline=None)
@given(ipc_logs.logs())
def test_counts(case: dict[str, Any]) -> None:
    call = {
        "problem": "doc.id" if case["nested"] else "doc",
        "verdict": "correct",
        "on_null": case["on_null"],
        "on_null_id": case["on_null_id"],
        "progress": False,
        **ipc_logs.VERDICTS[case["verdicts"]][2],
    }
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "log.arrow"
        ipc_logs.write(case, path)
        outcomes = [outcome(path, call, threads) for threads in (1, 2, 3, 8)]
    assert all(found == outcomes[0] for found in outcomes)
    wanted = ipc_logs.twin(case)
    if wanted is None:
        assert isinstance(outcomes[0], str)
        assert "null" in outcomes[0]
        return
    assert isinstance(outcomes[0], pk.Tally), outcomes[0]
    frame = outcomes[0].frame
    if case["ids"] == "date":
        frame = frame.with_columns(pl.col(frame.columns[0]).cast(pl.Int32))
    assert {p: (n, c) for p, n, c in frame.iter_rows()} == wanted
    assert outcomes[0].provenance.files[0].format == "ipc"


def outcome(path: Path, call: dict[str, Any], threads: int) -> pk.Tally | str:
    try:
        return pk.tally(path, threads=threads, **call)
    except (pk.DataError, ValueError) as error:
        return re.sub(r"/tmp\S*/", "", str(error))


TABLE = pa.table(
    {
        "problem": pa.array([f"p{i % 7}" for i in range(300)]).dictionary_encode(),
        "sample": range(300),
        "correct": [i % 3 == 0 for i in range(300)],
        "meta": [{"id": i % 2, "tags": ["a"]} for i in range(300)],
    }
)
ROWS = [
    (f"p{p}", sum(i % 7 == p for i in range(300)), sum(i % 7 == p and i % 3 == 0 for i in range(300))) for p in range(7)
]


def written(path: Path, kind: str, table: pa.Table = TABLE, **options: Any) -> bytes:
    """A log of batches of 100 rows."""
    new = pa.ipc.new_file if kind == "file" else pa.ipc.new_stream
    with new(str(path), table.schema, options=pa.ipc.IpcWriteOptions(**options)) as writer:
        writer.write_table(table, max_chunksize=100)
    return path.read_bytes()


def fails(error: type[Exception], *parts: str, source: Path, **call: Any) -> None:
    messages = set()
    for threads in (1, 2, 3, 8):
        with pytest.raises(error) as caught:
            pk.tally(source, threads=threads, **call)
        messages.add(str(caught.value))
    assert len(messages) == 1
    message = messages.pop()
    assert all(part in message for part in (source.stem, *parts)), message
    assert "decoder failed" not in message


@pytest.mark.parametrize("suffix", [".arrow", ".arrows", ".ipc", ".feather", ".ARROW"])
@pytest.mark.parametrize("kind", ["file", "stream"])
def test_formats(tmp_path: Path, kind: str, suffix: str) -> None:
    path = tmp_path / f"log{suffix}"
    written(path, kind)
    for source in (path, tmp_path, tmp_path / f"*{suffix}"):
        t = pk.tally(source, problem="problem", sample="sample")
        assert t.frame.rows() == ROWS
        file = t.provenance.files[0]
        assert (file.path, file.format, file.bytes, file.rows) == (str(path), "ipc", path.stat().st_size, 300)
    assert _core.file_columns(str(path)) == ["problem", "sample", "correct", "meta.id", "meta.tags"]
    assert pk.tally(path, problem="meta.id").frame.rows() == [(0, 150, 50), (1, 150, 50)]


def test_a_file_is_known_by_its_content(tmp_path: Path) -> None:
    for name in ("log", "log.parquet", "log.txt"):
        written(tmp_path / name, "file")
        assert pk.tally(tmp_path / name, problem="problem").frame.rows() == ROWS
    pl.DataFrame(TABLE.select(["problem", "correct"])).write_parquet(tmp_path / "log.arrow")
    assert pk.tally(tmp_path / "log.arrow", problem="problem").provenance.files[0].format == "parquet"


@pytest.mark.parametrize("compression", ["uncompressed", "lz4", "zstd"])
def test_written_by_polars(tmp_path: Path, compression: Any) -> None:
    frame = pl.DataFrame(TABLE).with_columns(pl.col("problem").cast(pl.Categorical))
    for kind in (pl.Categorical, pl.String, pl.Enum([f"p{i}" for i in range(9)])):
        frame = frame.with_columns(pl.col("problem").cast(pl.String).cast(kind))
        frame.write_ipc(tmp_path / "a.arrow", compression=compression)
        frame.write_ipc_stream(tmp_path / "b.arrows", compression=compression)
        both = pk.tally(tmp_path, problem="problem")
        assert both.frame.rows() == [(p, 2 * n, 2 * c) for p, n, c in ROWS]
        assert both.provenance.rows == 600


def test_a_folder_of_two_formats(tmp_path: Path) -> None:
    written(tmp_path / "a.arrow", "file")
    pl.DataFrame(TABLE.select(["problem", "sample", "correct"])).write_parquet(tmp_path / "b.parquet")
    t = pk.tally(tmp_path, problem="problem")
    assert [file.format for file in t.provenance.files] == ["ipc", "parquet"]
    assert t.frame["n"].sum() == 600
    with pytest.raises(pk.DataError, match=r"b\.parquet, row 0: .* was read before, at .*a\.arrow, row 0;"):
        pk.tally(tmp_path, problem="problem", sample="sample")


def test_places(tmp_path: Path) -> None:
    path = tmp_path / "log.arrow"
    for kind in ("file", "stream"):
        table = TABLE.set_column(2, "correct", pa.array([None if i == 234 else i % 3 == 0 for i in range(300)]))
        written(path, kind, table)
        fails(
            pk.DataError,
            "log.arrow, record batch 2, row 234, column `correct`: the verdict is null",
            source=path,
            problem="problem",
        )
        copied = TABLE.set_column(1, "sample", pa.array([7 if i == 203 else i for i in range(300)]))
        written(path, kind, copied.set_column(0, "problem", pa.array(["p"] * 300)))
        fails(pk.DataError, "row 203", "was read before", "row 7", source=path, problem="problem", sample="sample")


def test_columns_that_cannot_be_read(tmp_path: Path) -> None:
    path = tmp_path / "log.arrow"
    for kind in ("file", "stream"):
        written(path, kind)
        fails(pk.DataError, "`meta`", "a Struct", "meta.id", source=path, problem="meta", verdict="correct")
        fails(pk.DataError, "`meta.tags`", "is a List", source=path, problem="meta.tags", verdict="correct")
        fails(ValueError, "no column", "nothing", "meta.id", source=path, problem="nothing")
        written(path, kind, TABLE.append_column("problem", TABLE["sample"]))
        fails(pk.DataError, "two columns of this name", source=path, problem="problem")
        written(path, kind, TABLE.append_column("none", pa.nulls(300)))
        fails(
            pk.DataError,
            "`none`",
            "every id is missing: the column has the null type",
            source=path,
            problem="none",
            on_null_id="skip",
        )
        t = pk.tally(path, problem="problem", verdict="none", on_null="fail")
        assert t.frame["c"].sum() == 0
        assert t.provenance.nulls == 300


def test_a_null_column_of_parquet(tmp_path: Path) -> None:
    pa.parquet.write_table(TABLE.append_column("none", pa.nulls(300)), tmp_path / "log.parquet")
    fails(pk.DataError, "every id is missing", source=tmp_path / "log.parquet", problem="none", on_null_id="skip")


def test_a_stream_has_an_end(tmp_path: Path) -> None:
    path = tmp_path / "log.arrows"
    content = written(path, "stream")
    path.write_bytes(content[:-8])
    fails(pk.DataError, "the stream is not closed", f"ends at byte {len(content) - 8}", source=path, problem="problem")
    path.write_bytes(content + content)
    fails(pk.DataError, f"{len(content)} bytes follow the end", "two streams in one", source=path, problem="problem")
    for cut in range(1, len(content), 97):
        path.write_bytes(content[:cut])
        fails(pk.DataError, source=path, problem="problem")


def test_a_file_is_accounted_for(tmp_path: Path) -> None:
    path = tmp_path / "log.arrow"
    content = written(path, "file")
    half = written(path, "file", TABLE.slice(0, 100))
    for glued in (content + content, half + content, content + half):
        path.write_bytes(glued)
        fails(pk.DataError, source=path, problem="problem")
    for cut in range(9, len(content), 97):
        path.write_bytes(content[:cut])
        fails(pk.DataError, "truncated: there is no Arrow footer", f"byte {cut}", source=path, problem="problem")
    path.write_bytes(b"ARRO")
    fails(pk.DataError, "truncated", source=path, problem="problem")
    path.write_bytes(b"")
    fails(pk.DataError, "empty (0 bytes)", source=path, problem="problem")


def test_a_footer_that_leaves_a_batch_out(tmp_path: Path) -> None:
    path = tmp_path / "log.arrow"
    content = bytearray(written(path, "file"))
    # The footer's vector of three blocks of 24 bytes stands behind its length.
    blocks = [at for at in range(len(content)) if content[at : at + 4] == struct.pack("<i", 3)]
    at = next(at for at in reversed(blocks) if at > len(content) - 1500 and is_block(content, at + 4))
    content[at : at + 4] = struct.pack("<i", 2)
    path.write_bytes(content)
    fails(pk.DataError, "are in no block of its footer", source=path, problem="problem")


def is_block(content: bytearray, at: int) -> bool:
    offset, head, _, body = struct.unpack_from("<qiiq", content, at)
    return 8 <= offset < len(content) and 0 < head < 4096 and 0 < body < len(content)


@pytest.mark.filterwarnings("ignore:Feather V1")
def test_other_formats_by_name(tmp_path: Path) -> None:
    path = tmp_path / "log.feather"
    pa.feather.write_feather(TABLE.select(["sample", "correct"]), str(path), version=1)
    fails(pk.DataError, "Feather file of version 1", "version 2", source=path, problem="sample")
    path.write_text('{"problem": "p", "correct": true}\n' * 20)
    fails(pk.DataError, "this is no Arrow IPC stream", source=path, problem="problem")


def test_a_dictionary_that_is_left_out(tmp_path: Path) -> None:
    path = tmp_path / "log.arrows"
    nulls = TABLE.slice(0, 10).set_column(0, "problem", pa.nulls(10, pa.dictionary(pa.int32(), pa.string())))
    written(path, "stream", nulls)
    assert pk.tally(path, problem="problem", on_null_id="skip").provenance.null_ids == 10
    content = written(path, "stream")
    messages, at = [], 0
    reader = pa.ipc.MessageReader.open_stream(pa.py_buffer(content))
    while at < len(content) - 8:
        message = reader.read_next_message()
        size = 8 + struct.unpack_from("<i", content, at + 4)[0] + (message.body.size if message.body else 0)
        messages.append((message.type, content[at : at + size]))
        at += size
    path.write_bytes(b"".join(part for kind, part in messages if kind != "dictionary") + content[-8:])
    fails(
        pk.DataError,
        "record batch 0, column `problem`: dictionary 0 is used before it comes",
        source=path,
        problem="problem",
    )


def test_a_bomb(tmp_path: Path) -> None:
    path = tmp_path / "log.arrows"
    ids = pa.array(["x" * 1000] * 1000)
    content = written(path, "stream", pa.table({"problem": ids[:100], "correct": [True] * 100}), compression="zstd")
    # The size stands before the frame.
    frames = [at for at in range(8, len(content)) if content[at : at + 4] == b"\x28\xb5\x2f\xfd"]
    true, at = max((struct.unpack_from("<q", content, at - 8)[0], at - 8) for at in frames)
    assert true >= 100 * 1000
    for claim in (1 << 40, (1 << 30) + 1, 1 << 30, true + 1, true - 1, -2):
        path.write_bytes(content[:at] + struct.pack("<q", claim) + content[at + 8 :])
        fails(
            pk.DataError, "record batch 0, column `problem`: a compressed buffer (Zstd)", source=path, problem="problem"
        )


def test_hostile_files(shared: Path, tmp_path: Path) -> None:
    cases = hostile_cases.generate(shared / "tools" / "hostile.py", tmp_path)
    cases = [case for case in cases if case["cls"].startswith("ipc_")]
    assert len(cases) >= 150
    bad = []
    for case, found in zip(cases, hostile_cases.run(tmp_path, cases), strict=True):
        # What a file is, its content says, whatever its name.
        wanted = "=N" if case["file"].endswith("file_read_as_stream.stream.arrow") else None
        if hostile_cases.verdict(case, found) not in (wanted or hostile_cases.ALLOWED[case["outcome"]]):
            bad.append((case["file"], found))
    assert not bad


def test_public_files(shared: Path, tmp_path: Path) -> None:
    """Reproducers of other readers' bugs, and files of many writers: each is read or refused, every column of it."""
    root = shared / "corpora" / "arrow-testing" / "data"
    files = [path for kind in ("arrow-ipc-file", "arrow-ipc-stream") for path in sorted((root / kind).rglob("*"))]
    files = [path for path in files if path.is_file() and path.suffix not in {".md", ".gz"}]
    assert len(files) >= 135
    for i, path in enumerate(files):
        # Streams are known by their suffix alone.
        (tmp_path / f"{i}.arrow").symlink_to(path)
    asked = "".join(json.dumps({"file": f"{i}.arrow"}) + "\n" for i in range(len(files)))
    command = [sys.executable, hostile_child.__file__, str(tmp_path), "20"]
    out = subprocess.run(command, input=asked, capture_output=True, text=True, check=True).stdout
    found = {files[int(line["file"].split(".")[0])]: line for line in map(json.loads, out.splitlines())}
    assert len(found) == len(files)
    for path, outcome in found.items():
        assert outcome["what"] == "tried", (path, outcome)
        assert outcome["mib"] < 1024, (path, outcome)
        assert not any("decoder failed" in error or "internal" in error for error in outcome["errors"]), (path, outcome)
        if path.suffix in {".arrow_file", ".stream"} and "bigendian" not in str(path):
            said = ("is neither 0 nor 1", "holds strings", "holds Boolean", "cannot be", "NaN", "integers above")
            malformed = [e for e in outcome["errors"] if "record batch" in e and not any(word in e for word in said)]
            assert not malformed, (path, malformed)
            assert outcome["columns"] > 0, (path, outcome)
        elif "bigendian" in str(path):
            assert "big-endian" in outcome["errors"][0], (path, outcome)


CHANGES = st.tuples(st.floats(0, 1, exclude_max=True), st.sampled_from([1, 4, 8]), st.integers(0, 2**64 - 1))


@functools.cache
def some_content(kind: str, compression: str | None) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        ids = pa.array([f"a long id: {i % 3}" for i in range(30)], pa.string_view())
        table = TABLE.slice(0, 30).set_column(0, "problem", ids)
        table = table.append_column("group", TABLE["problem"].slice(0, 30))
        return written(Path(folder) / "log.arrow", kind, table, compression=compression)


@settings(max_examples=int(os.environ.get("IPC_EXAMPLES", "300")), deadline=None)
@given(
    st.sampled_from(["file", "stream"]),
    st.sampled_from([None, "lz4", "zstd"]),
    st.lists(CHANGES, min_size=1, max_size=3),
)
@example("stream", "zstd", [(0.375, 8, 2**64 - 1)])
def test_any_bytes(kind: str, compression: str | None, changes: list[tuple[float, int, int]]) -> None:
    """Whatever is written over, the log is read or refused."""
    content = bytearray(some_content(kind, compression))
    for part, size, value in changes:
        at = int(part * len(content)) // size * size
        content[at : at + size] = (value & (1 << 8 * size) - 1).to_bytes(size, "little")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "log.arrow"
        path.write_bytes(content)
        call = {"problem": "problem", "by": "group", "on_null": "fail", "on_null_id": "skip", "progress": False}
        found = {threads: outcome(path, call, threads) for threads in (1, 2)}
    assert found[1] == found[2]
    assert isinstance(found[1], pk.Tally) or "decoder failed" not in found[1]
