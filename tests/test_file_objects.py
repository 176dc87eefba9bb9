"""File objects: which format they have, whether they are one file, and several threads that read one."""

from __future__ import annotations

import gzip
import io
import os
import tempfile
import threading
import zipfile

import polars as pl
import pytest

import passcurve as pk

LINES = b'{"problem": "p", "correct": true}\n{"problem": "p", "correct": false}\n'
ROWS = [("p", 2, 1)]


def arrow_stream() -> bytes:
    content = io.BytesIO()
    pl.DataFrame({"problem": ["p", "p"], "correct": [True, False]}).write_ipc_stream(content)
    return content.getvalue()


@pytest.mark.parametrize(
    "content",
    [LINES, b"\xef\xbb\xbf" + LINES, b" \r\n\n" + LINES, gzip.compress(LINES), arrow_stream()],
    ids=["lines", "byte order mark", "space", "gzip", "Arrow stream"],
)
def test_a_file_without_a_name_is_told_by_its_first_bytes(content):
    assert pk.tally(io.BytesIO(content)).frame.rows() == ROWS


def test_a_name_without_a_known_end_says_nothing(tmp_path):
    with tempfile.NamedTemporaryFile(dir=tmp_path) as file:
        file.write(b'{"problem": "p", "correct": true}\n{"problem": "p", "correct": false, "sample": 1}\n')
        file.flush()
        made = pk.tally(file)
        # Lines may hold more columns than the first one, here too.
        assert pk.tally(file, sample="sample", on_null_id="skip").frame.rows() == [("p", 1, 0)]
        assert made.frame.rows() == ROWS
        assert made.provenance.files[0].path == file.name
    (tmp_path / "data.txt").write_bytes(LINES)
    with (tmp_path / "data.txt").open("rb") as file:
        assert pk.tally(file).frame.rows() == ROWS


def test_a_file_that_unpacks_has_the_name_of_the_packed_one(tmp_path):
    path = tmp_path / "log.jsonl.gz"
    path.write_bytes(gzip.compress(LINES))
    with gzip.open(path) as unpacked, path.open("rb") as packed:
        assert pk.tally(unpacked).frame.rows() == ROWS
        assert pk.tally(packed).frame.rows() == ROWS
    path.write_bytes(b"")
    with path.open("rb") as cut, pytest.raises(pk.DataError, match="the file is empty"):
        pk.tally(cut)


def test_two_files_without_names_or_of_one_name_are_two(tmp_path):
    other = LINES.replace(b'"p"', b'"q"')
    found = pk.tally([io.BytesIO(LINES), io.BytesIO(other)])
    assert found.frame.rows() == [("p", 2, 1), ("q", 2, 1)]
    assert [file.path for file in found.provenance.files] == ["<BytesIO 0>.jsonl", "<BytesIO 1>.jsonl"]
    opened = []
    for name, content in (("a.zip", LINES), ("b.zip", other)):
        with zipfile.ZipFile(tmp_path / name, "w") as archive:
            archive.writestr("log.jsonl", content)
        opened.append(zipfile.ZipFile(tmp_path / name))
    assert pk.tally([archive.open("log.jsonl") for archive in opened]).frame.rows() == [("p", 2, 1), ("q", 2, 1)]
    for archive in opened:
        archive.close()


def test_one_file_is_not_counted_twice(tmp_path):
    path = tmp_path / "log.jsonl"
    path.write_bytes(LINES)
    buffer = io.BytesIO(LINES)
    with pytest.raises(ValueError, match="the same file is given twice"):
        pk.tally([buffer, buffer])
    with path.open("rb") as first, path.open("rb") as second:
        for source in ([first, path], [path, first], [first, second]):
            with pytest.raises(ValueError, match="the same file is given twice"):
                pk.tally(source)


def test_files_that_only_begin_and_end_alike_are_no_copies(recwarn):
    ends = (b'{"problem": "p", "correct": true, "text": "' + b"x" * 70_000 + b'"}\n') * 2
    middles = (b'{"problem": "q", "correct": true}\n', b'{"problem": "r", "correct": true}\n')
    pk.tally([io.BytesIO(ends + middle + ends) for middle in middles])
    assert not [warning for warning in recwarn if "same content" in str(warning.message)]
    with pytest.warns(UserWarning, match="same content"):
        pk.tally([io.BytesIO(ends), io.BytesIO(ends)])


def test_a_file_that_is_open_for_writing_says_so(tmp_path):
    for mode in ("wb", "ab"):
        with (tmp_path / "log.jsonl").open(mode) as file, pytest.raises(ValueError, match="opened for writing"):
            pk.tally(file)


def test_what_is_no_list_of_files_says_what_is(tmp_path):
    with pytest.raises(TypeError, match="BytesIO; pass files as a list"):
        pk.tally(io.BytesIO(LINES) for _ in range(2))

    class OpenFile:
        """As that of fsspec."""

    with pytest.raises(TypeError, match=r"pass what its open\(\) returns"):
        pk.tally(OpenFile())


def test_one_file_is_read_by_several_tallies_at_once(tmp_path):
    path = tmp_path / "log.jsonl"
    path.write_bytes(b"".join(b'{"problem": %d, "correct": true}\n' % (at % 7) for at in range(300_000)))
    whole, found = pk.tally(path), []
    with path.open("rb") as file:

        def count() -> None:
            for _ in range(5):
                try:
                    found.append(pk.tally(file) == whole)
                except pk.DataError as error:
                    found.append(error)

        threads = [threading.Thread(target=count) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert found == [True] * 20


def test_a_source_is_not_overwritten_by_its_address(tmp_path):
    path = tmp_path / "log.parquet"
    pl.DataFrame({"problem": ["p"], "correct": [True]}).write_parquet(path)
    found, content = pk.tally(path), path.read_bytes()
    for target in (f"file://{path}", f"file://localhost{path}"):
        with pytest.raises(ValueError, match="would overwrite a source"):
            found.write_parquet(target)
    assert path.read_bytes() == content
    # Where the log is gone, its name is free.
    path.unlink()
    found.write_parquet(path)
    assert pk.Tally.read_parquet(path) == found


def test_a_file_on_disk_that_is_written_over_while_it_is_read_is_an_error(tmp_path):
    path = tmp_path / "log.jsonl"
    path.write_bytes(b'{"problem": "p", "correct": true }\n' * 20_000)

    class Overwritten(io.FileIO):
        reads = 0

        def read(self, size=-1):
            self.reads += 1
            if self.reads == 3:
                with path.open("r+b") as file:
                    file.write(b'{"problem": "p", "correct": false}\n' * 20_000)
                os.utime(path, ns=(1, 1))
            return super().read(size)

    with Overwritten(path) as file, pytest.raises(pk.DataError, match="changed while it was read"):
        pk.tally(file)
