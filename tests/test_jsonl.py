"""JSON Lines: places of errors, cut and compressed files, kinds of columns, and folders of several formats."""

import gzip
import json

import polars as pl
import pytest

import passcurve as pk
from clitools import run
from jsonlines import LINES, counted, write
from passcurve import _core


def test_every_cut(tmp_path):
    path = write(tmp_path / "log.jsonl", *LINES[:12])
    whole = counted(path, sample=None)
    for range_bytes in range(1, path.stat().st_size + 2):
        assert counted(path, range_bytes=range_bytes) == whole
        assert counted(path, range_bytes=range_bytes).provenance.rows == 12


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ('{"model":"m","doc":{"id":"p"},"ok":true', "the line ends within its object"),
        ('{"model":"m","doc":{"id":"p"},"ok":true}}', "more than one object on the line"),
        ('{"model":"m","doc":{"id":"p"},"ok":1}', "the value is an integer here and a boolean at .*line 1 "),
        ('{"model":"m","doc":{"id":7},"ok":true}', "the value is an integer here and a string at .*line 1 "),
        ('{"model":"m","doc":{"id":"p"},"ok":"true"}', "the value is a string here and a boolean at .*line 1 "),
        ('{"model":"m","doc":{"id":"p"},"ok":NaN}', "a value must come here"),
        ('{"model":"m","doc":{"id":"p","id":"q"},"ok":true}', "column `id`: the key comes twice"),
        ('{"model":"m","doc":{"id":"\\ud800"},"ok":true}', "half a surrogate pair"),
        ('{"model":"m","doc":{"id":"a\tb"},"ok":true}', "a control character within a string"),
        ('{"model":"m","doc":{"id":"p"},"ok":{"is":true}}', "column `ok`: the value is an object; name a member"),
        ('{"model":"m","doc":{"id":["p"]},"ok":true}', "column `doc.id`: the value is an array"),
        ('{"model":"m","doc":{},"ok":true}', "column `doc.id`: the key is missing, so the id is null; say on_null_id"),
        ('{"model":"m","doc":{"id":"p"}}', "column `ok`: the key is missing, so the verdict is null; say on_null="),
        ('{"model":null,"doc":{"id":"p"},"ok":true}', "column `model`: the id is null"),
        ("[1]", "a line must be an object"),
        ("\ufeff{}", "a line must be an object"),
        ('{"x":' + "[" * 1001 + "]" * 1001 + "}", "more than 1000 deep"),
    ],
)
def test_errors_name_the_place(line, words, tmp_path):
    # The same line twice: the first one is reported.
    path = write(tmp_path / "log.jsonl", *LINES[:300], line, *LINES[300:], line)
    byte = len("\n".join(LINES[:300]).encode()) + 1
    for threads in (1, 2, 3, 8):
        for range_bytes in (None, 64, 1000):
            with pytest.raises(pk.DataError, match=words) as caught:
                counted(path, threads=threads, range_bytes=range_bytes, on_null="error", on_null_id="error")
            assert f"{path}, line 301 (byte {byte})" in str(caught.value)
    packed = tmp_path / "log.jsonl.gz"
    packed.write_bytes(gzip.compress(path.read_bytes()))
    with pytest.raises(pk.DataError, match=words) as caught:
        counted(packed, on_null="error", on_null_id="error")
    assert f"{packed}, line 301 (byte {byte})" in str(caught.value)


def test_not_utf8(tmp_path):
    path = tmp_path / "log.jsonl"
    path.write_bytes("\n".join(LINES).encode() + b'\n{"model":"\xff"}\n')
    with pytest.raises(pk.DataError, match=r"line 401 \(byte \d+\): not JSON: this is not UTF-8 \(at byte 10"):
        counted(path)


@pytest.mark.parametrize("cut", range(1, len('{"model":"é","doc":{"id":"p1"},"ok":false}'.encode())))
def test_partial_line(cut, tmp_path):
    path = tmp_path / "log.jsonl"
    last = '{"model":"é","doc":{"id":"p1"},"ok":false}'.encode()
    path.write_bytes(("\n".join(LINES) + "\n").encode() + last[:cut])
    with pytest.raises(pk.DataError, match=r"line 401 \(byte \d+\): the line is cut: .* partial=\"skip\""):
        counted(path)
    found = counted(path, partial="skip")
    assert (found.provenance.rows, found.provenance.partial_lines) == (400, 1)
    assert found == counted(write(tmp_path / "whole.jsonl", *LINES))
    assert found.merge(found, on_repeat="count").provenance.partial_lines == 2
    assert "1 cut line left out" in str(found)


def test_partial_is_for_the_end(tmp_path):
    for bad in ('{"model":"m","doc\n', '{"model":"m",}', "\0\0\0"):
        with pytest.raises(pk.DataError, match="line 401"):
            counted(write(tmp_path / "log.jsonl", *LINES, bad, end=""), partial="skip")
    with pytest.raises(ValueError, match="partial="):
        counted(tmp_path / "log.jsonl", partial="count")


def test_compressed(tmp_path):
    content = ("\n".join(LINES) + "\n").encode()
    plain = tmp_path / "log.jsonl"
    plain.write_bytes(content)
    expected = counted(plain)
    members = gzip.compress(content[:1000]) + gzip.compress(b"") + gzip.compress(content[1000:])
    packed = tmp_path / "log.jsonl.gz"
    packed.write_bytes(members)
    assert counted(packed) == expected
    for bad, words in [
        (members[:-3], "the gzip data is cut: the file ends at byte"),
        (members + b"and something more", "the gzip data is damaged"),
        (members[:-8] + b"\0\0\0\0" + members[-4:], "the gzip data is damaged"),
        (content, "its name says that it is gzip, and it is plain text"),
        (b"", "the file is empty"),
    ]:
        packed.write_bytes(bad)
        with pytest.raises(pk.DataError, match=words):
            counted(packed)
    plain.write_bytes(members)
    with pytest.raises(pk.DataError, match="its name says that it is plain text, and it is gzip"):
        counted(plain)


def test_zstandard(tmp_path):
    pyarrow = pytest.importorskip("pyarrow")
    content = ("\n".join(LINES) + "\n").encode()
    expected = counted(write(tmp_path / "log.jsonl", *LINES))
    codec = pyarrow.Codec("zstd")
    skipped_frame = b"\x50\x2a\x4d\x18\x04\0\0\0note"
    frames = codec.compress(content[:1000], asbytes=True) + skipped_frame + codec.compress(content[1000:], asbytes=True)
    packed = tmp_path / "log.ndjson.zst"
    for good in (frames, skipped_frame + frames):
        packed.write_bytes(good)
        assert counted(packed) == expected
    for bad in (frames[:-1], frames[: len(frames) // 2], frames + b"garbage", frames + b"g"):
        packed.write_bytes(bad)
        with pytest.raises(pk.DataError, match="the Zstandard data is"):
            counted(packed)


def test_byte_order_mark(tmp_path):
    path = tmp_path / "log.jsonl"
    path.write_bytes(b"\xef\xbb\xbf" + "\n".join(LINES).encode())
    assert _core.file_columns(str(path)) == ["model", "doc.id", "ok", "text"]
    for range_bytes in (1, 2, 3, 4, 100, None):
        assert counted(path, range_bytes=range_bytes).provenance.rows == 400


def test_columns(tmp_path):
    path = write(tmp_path / "log.jsonl", "", '{"a":1,"b":{"c":[{"d":1}],"e":{}},"f\\u002e":null}', '{"z":1}')
    assert _core.file_columns(str(path)) == ["a", "b.c", "b.e", "f."]
    with pytest.raises(ValueError, match=r"no column .*'?ok'?.*there are: model, doc.id, x"):
        counted(write(path, '{"model":"m","doc":{"id":1},"x":2}'))
    # A column that comes later is there.
    assert counted(
        write(path, '{"model":"m","doc":{"id":1}}', '{"ok":true,"model":"m","doc":{"id":1}}')
    ).frame.rows() == [("m", 1, 1, 1)]


@pytest.mark.filterwarnings("ignore:the log has no rows")
@pytest.mark.parametrize("content", ["", "\n", "\n\r\n \n"])
def test_no_rows(content, tmp_path):
    path = tmp_path / "log.jsonl"
    path.write_text(content, newline="")
    assert counted(path).frame.height == 0


def test_types(tmp_path):
    path = tmp_path / "log.jsonl"
    for ids, kind in [((2**53, 2**53 + 1, -(2**63)), pl.Int64), ((True, False), pl.Boolean), (("1", "01"), pl.String)]:
        write(path, *(json.dumps({"doc.id": name, "model": "m", "ok": 1}) for name in ids))
        found = counted(path).frame
        assert found["doc.id"].dtype == kind
        assert set(found["doc.id"]) == set(ids)
    for name, words in [
        ("1.0", "cannot be an id"),
        ("1e3", "cannot be an id"),
        (str(2**63), "does not fit in 64 bits"),
    ]:
        with pytest.raises(pk.DataError, match=words) as caught:
            counted(write(path, f'{{"doc.id":{name},"model":"m","ok":1}}'))
        assert "line 1 (byte 0)" in str(caught.value)


def test_rules(tmp_path):
    path = write(tmp_path / "log.jsonl", *(f'{{"id":1,"ok":{value}}}' for value in ("0.5", "1", "0", "7e-1", "null")))
    words = {"problem": "id", "by": None}
    assert counted(path, threshold=0.7, **words).frame.rows() == [(1, 4, 2)]
    with pytest.raises(pk.DataError, match=r"line 1 \(byte 0\), column `ok`: the verdict 0.5 is neither 0 nor 1"):
        counted(path, **words)
    found = counted(path, threshold=0.7, reward="ok", **words)
    assert found.details.rows() == [(1, 0.0, 1, 0), (1, 0.5, 1, 0), (1, 0.7, 1, 1), (1, 1.0, 1, 1)]
    write(path, '{"id":1,"ok":"p\\u0061ss","a":7}', '{"id":1,"ok":"no","a":null}')
    assert counted(path, passing="pass", answer="a", **words).details.rows() == [(1, None, 1, 0), (1, 7, 1, 1)]
    with pytest.raises(ValueError, match=r"line 1 \(byte 0\), column `ok`: the column holds strings .such as \"pass\""):
        counted(path, **words)
    with pytest.raises(pk.DataError, match="the number 1e999 is too large"):
        counted(write(path, '{"id":1,"ok":1e999}'), threshold=0, **words)


def test_duplicates_name_both_lines(tmp_path):
    lines = [f'{{"id":{at // 4},"s":{at % 4},"ok":true}}' for at in range(100)]
    path = write(tmp_path / "log.jsonl", *lines, lines[50], lines[40])
    words = {"problem": "id", "by": None, "sample": "s"}
    for threads in (1, 2, 3, 8):
        with pytest.raises(pk.DataError, match=r"line 101 \(byte \d+\): this sample .* at .*, line 51 \(byte \d+\)"):
            counted(path, threads=threads, range_bytes=100, **words)
    first = counted(path, range_bytes=100, on_duplicate="first", **words)
    assert first == counted(write(path, *lines), **words)


def test_folder_of_formats(tmp_path):
    frame = pl.DataFrame({"id": ["a", "b"], "ok": [True, False]})
    frame.write_parquet(tmp_path / "a.parquet")
    frame.write_ndjson(tmp_path / "b.ndjson")
    (tmp_path / "c.jsonl.gz").write_bytes(gzip.compress((tmp_path / "b.ndjson").read_bytes()))
    (tmp_path / "d.json").write_text("{}")
    found = pk.tally(tmp_path, problem="id", verdict="ok")
    assert found.frame.rows() == [("a", 3, 3), ("b", 3, 0)]
    assert [(file.format, file.rows) for file in found.provenance.files] == [("parquet", 2), ("jsonl", 2), ("jsonl", 2)]
    assert found.provenance.ignored == (str(tmp_path / "d.json"),)
    write(tmp_path / "b.ndjson", '{"id":1,"ok":true}')
    with pytest.raises(pk.DataError, match=r"b.ndjson, column `id`: ids are int64 here and strings"):
        pk.tally(tmp_path, problem="id", verdict="ok")
    write(tmp_path / "b.ndjson", '{"id":"a"}')
    with pytest.raises(pk.DataError, match=r"b.ndjson, column `ok`: the column is missing here; this file has: id"):
        pk.tally(tmp_path, problem="id", verdict="ok")


def test_command_line(tmp_path):
    write(tmp_path / "log.jsonl", *LINES, '{"model":"m","do', end="")
    words = ("tally", tmp_path, "--problem", "doc.id", "--verdict", "ok")
    assert "log.jsonl, line 401 (byte" in run(*words, status=1).stderr
    told = run(*words, "--partial", "skip").output
    assert "1 cut line at the end of a file left out" in told
    assert "400 rows" in told
