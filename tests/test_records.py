"""Documents in archives and compressed, damaged and whole; what a reader never takes for a verdict."""

from __future__ import annotations

import gzip
import json
import struct
import zipfile
import zlib
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import passcurve as pk
from passcurve import _core

SAMPLES = [{"id": f"é{at}", "epoch": 1, "text": 'a "quoted" \\ text' * 50} for at in range(500)]
FIELDS = [("id", "id", "ids"), ("epoch", "epoch", "ids")]


def read(path: Path, rows: str, fields: list[tuple[str, str, str]], member: str | None = None) -> pl.DataFrame:
    source = _core.Records(str(path), rows, fields, member)
    frames = []
    while (batch := source.next()) is not None:
        frames.append(pl.DataFrame(batch))
    return pl.concat(frames)


def zstd_archive(path: Path, parts: list[bytes]) -> None:
    """A zip archive whose one member is compressed by method 93, in several frames as Inspect writes it."""
    plain = b"".join(parts)
    packed = b"".join(map(zstd, parts))
    name, crc = b"summaries.json", zlib.crc32(plain)
    header = struct.pack("<HHHHHIIIHH", 20, 0, 93, 0, 33, crc, len(packed), len(plain), len(name), 0)
    local = b"PK\3\4" + header + name + packed
    central = b"PK\1\2" + struct.pack("<H", 20) + header + struct.pack("<HHHII", 0, 0, 0, 0, 0) + name
    end = b"PK\5\6" + struct.pack("<HHHHIIH", 0, 0, 1, 1, len(central), len(local), 0)
    path.write_bytes(local + central + end)


def zstd(data: bytes) -> bytes:
    import pyarrow as pa

    return pa.Codec("zstd").compress(data, asbytes=True)


@pytest.mark.parametrize("kind", ["plain", "gzip", "two members of gzip", "zstd", "stored", "deflate", "zip of zstd"])
def test_compressed(tmp_path: Path, kind: str) -> None:
    path, whole = tmp_path / "log", json.dumps(SAMPLES, ensure_ascii=False).encode()
    half, member = len(whole) // 2, None
    match kind:
        case "plain":
            path.write_bytes(whole)
        case "gzip":
            path.write_bytes(gzip.compress(whole))
        case "two members of gzip":
            path.write_bytes(gzip.compress(whole[:half]) + gzip.compress(whole[half:]))
        case "zstd":
            path.write_bytes(zstd(whole[:half]) + zstd(whole[half:]))
        case "zip of zstd":
            zstd_archive(path, [whole[:half], whole[half:]])
            member = "summaries.json"
        case _:
            with zipfile.ZipFile(
                path, "w", zipfile.ZIP_STORED if kind == "stored" else zipfile.ZIP_DEFLATED
            ) as archive:
                archive.writestr("other.json", "{}")
                archive.writestr("summaries.json", whole)
            member = "summaries.json"
    frame = read(path, "[]", FIELDS, member)
    assert frame["id"].to_list() == [sample["id"] for sample in SAMPLES]
    # No byte of it may be missing or another one without a word.
    content = path.read_bytes()
    found = 0
    for at in range(0, len(content), max(1, len(content) // 60)):
        path.write_bytes(content[:at] + bytes([content[at] ^ 0x40]) + content[at + 1 :])
        try:
            same = read(path, "[]", FIELDS, member).equals(frame)
        except (pk.DataError, OSError) as error:
            found += "log" in str(error)
        else:
            # What is flipped in a text that is not read, or in a field of the archive that nobody needs.
            assert same or kind in {"plain", "zstd"}
    assert found > 10 or kind in {"plain", "stored"}
    for keep in (len(content) // 2, len(content) - 1):
        path.write_bytes(content[:keep])
        with pytest.raises(pk.DataError, match="log"):
            read(path, "[]", FIELDS, member)


def test_an_encrypted_member(tmp_path: Path) -> None:
    path = tmp_path / "log.eval"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("header.json", "{}")
    content = bytearray(path.read_bytes())
    content[6] |= 1
    content[content.index(b"PK\1\2") + 8] |= 1
    path.write_bytes(content)
    with pytest.raises(pk.DataError, match="encrypted"):
        read(path, "", [("x", "x", "json")], "header.json")


@pytest.mark.parametrize(
    ("verdict", "said"),
    [
        (0.5, "neither 0 nor 1; say threshold="),
        (-1, "neither 0 nor 1"),
        (float("nan"), "NaN, which is no verdict"),
        ("yes", "a string; say passing="),
        ([True], "no verdict; name a member"),
        ({"value": 1}, "no verdict; name a member"),
        (None, "has no verdict, to which 'ok' should lead"),
    ],
)
def test_no_verdict_is_guessed(tmp_path: Path, verdict: Any, said: str) -> None:
    path = tmp_path / "log.jsonl"
    rows = [{"id": "p1", "ok": True}, {"id": "p2", "ok": verdict}]
    path.write_text("\n".join(map(json.dumps, rows)))
    mine = pk.Format(name="mine", problem="id", verdict="ok")
    with pytest.raises(pk.DataError) as refused:
        pk.tally(path, format=mine)
    assert said in str(refused.value)
    assert "log.jsonl" in str(refused.value)
    assert "'p2'" in str(refused.value)


def test_policies(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    rows = [{"id": "p1", "ok": 0.7}, {"id": "p1", "ok": 0.2}, {"id": "p1", "ok": None}, {"ok": 1}]
    path.write_text("\n".join(map(json.dumps, rows)))
    mine = pk.Format(name="mine", problem="id", verdict="ok", threshold=0.5)
    with pytest.raises(pk.DataError, match=r"row 3 of those read of it\) has no problem"):
        pk.tally(path, format=mine, on_null="skip")
    t = pk.tally(path, format=mine, on_null="skip", on_null_id="skip")
    assert t.frame.rows() == [("p1", 2, 1)]
    assert pk.tally(path, format=mine, threshold=0.1, on_null="fail", on_null_id="skip").frame.rows() == [("p1", 3, 2)]


def test_strings_that_pass(tmp_path: Path) -> None:
    path = tmp_path / "log.json"
    path.write_text(json.dumps([{"id": 1, "ok": word} for word in ("yes", "no", "maybe")]))
    closed = pk.Format(name="mine", rows="[]", problem="id", verdict="ok", passing=("yes",), failing=("no",))
    with pytest.raises(pk.DataError, match="the verdicts of mine are 'yes', 'no'"):
        pk.tally(path, format=closed)
    some = pk.Format(name="mine", rows="[]", problem="id", verdict="ok")
    assert pk.tally(path, format=some, passing="yes").frame.rows() == [(1, 3, 1)]


def test_ids_of_two_kinds(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    path.write_text('{"id": 7, "ok": true}\n{"id": "7", "ok": true}\n')
    mine = pk.Format(name="mine", problem="id", verdict="ok")
    with pytest.raises(pk.DataError, match=r'line 2 \(byte 22\), column `problem`: "7" is not what must come here'):
        pk.tally(path, format=mine)


def test_lists_of_different_lengths(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    path.write_text('{"id": 7, "ok": [true, false], "said": ["a"]}\n')
    mine = pk.Format(name="mine", problem="id", verdict="ok[]", answer="said[]")
    with pytest.raises(pk.DataError, match=r"2 verdicts and 1 values of answer \(problem 7\)"):
        pk.tally(path, format=mine)


@pytest.mark.parametrize("way", ["a.", "a[x]", "a b[", "[", "a..b"])
def test_ways_that_lead_nowhere(tmp_path: Path, way: str) -> None:
    path = tmp_path / "log.jsonl"
    path.write_text("{}")
    with pytest.raises(ValueError, match=r"a key|after|a dot"):
        pk.tally(path, format=pk.Format(name="mine", problem=way, verdict="ok"))


def test_hashes_are_the_same_everywhere() -> None:
    assert _core.hashes(["", "passcurve", None]) == [
        "99aa06d3014798d86001c324468d497f", _core.hashes(["passcurve"])[0], None
    ]  # fmt: skip


@pytest.mark.parametrize("verdict", ["okk", "runs[].okk"])
def test_a_way_that_leads_to_no_verdict(tmp_path: Path, verdict: str) -> None:
    """No policy makes failures of what was not found at all; nulls that are there are another matter."""
    path = tmp_path / "log.jsonl"
    path.write_text(
        '{"id": "p1", "ok": true, "runs": [{"ok": true}]}\n{"id": "p2", "ok": null, "runs": [{"ok": null}]}\n'
    )
    misspelt = pk.Format(name="mine", problem="id", verdict=verdict)
    with pytest.raises(pk.DataError, match="mend that way, or say on_null"):
        pk.tally(path, format=misspelt)
    with pytest.raises(pk.DataError, match=r"leads to a verdict in none of 2 records"):
        pk.tally(path, format=misspelt, on_null="fail")
    path.write_text('{"id": "p2", "okk": null, "runs": [{"okk": null}]}\n')
    assert pk.tally(path, format=misspelt, on_null="fail").frame.rows() == [("p2", 1, 0)]
