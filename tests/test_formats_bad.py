"""Each format cut, empty, taken for another one, mixed with another one, and written twice: what is said, and where."""

from __future__ import annotations

import re
import warnings
from pathlib import Path

import pytest

import passcurve as pk
from native_logs import MAKERS, Made, lines
from passcurve.readers.formats import FORMATS

EVERY = pytest.mark.parametrize("name", MAKERS)
IN_PARQUET = {"lighteval", "trl"}
IN_ARCHIVES = {"inspect", "inspect_unfinished"}


def made(name: str, folder: Path) -> tuple[str, Made, Path]:
    """A format, its log, and the first file of that."""
    format, maker = MAKERS[name]
    folder.mkdir(exist_ok=True)
    log = maker(folder)
    return format, log, log.log if log.log.is_file() else sorted(p for p in log.log.rglob("*") if p.is_file())[0]


def counted(t: pk.Tally) -> tuple[int, int]:
    return int(t.frame["n"].sum()), int(t.frame["c"].sum())


def refused(path: Path | list[Path], said: str, format: str, named: Path | None = None) -> None:
    with pytest.raises(pk.DataError) as error:
        pk.tally(path, format=format)
    text = str(error.value)
    assert str(named or path) in text
    assert re.search(said, text), text


@EVERY
def test_truncated(tmp_path: Path, name: str) -> None:
    format, _, path = made(name, tmp_path)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) - 9])
    if name in IN_PARQUET:
        refused(path, rf"truncated or damaged \(it ends at byte {len(whole) - 9}\).*write it again", format)
    elif name in IN_ARCHIVES:
        refused(path, "no whole zip archive.*copy the log again", format)
    else:
        refused(path, r', line \d+ \(byte \d+\): the record is cut.*say partial="skip"', format)
        with warnings.catch_warnings():
            # The first record may be all that there was.
            warnings.simplefilter("ignore", UserWarning)
            assert pk.tally(path, format=format, partial="skip").provenance.partial_lines == 1


@EVERY
def test_empty(tmp_path: Path, name: str) -> None:
    format, _, path = made(name, tmp_path)
    path.write_bytes(b"")
    for word in (format, "auto"):
        refused(path, r"the file is empty \(0 bytes\)", word)


@EVERY
@pytest.mark.parametrize(
    "wrong", ["human-eval", "livecodebench", "lm-eval", "trl", "lighteval", "inspect", "swe-bench"]
)
def test_another_format(tmp_path: Path, name: str, wrong: str) -> None:
    format, _, path = made(name, tmp_path)
    if wrong != format:
        refused(path, rf"\(read as {wrong}; this looks like {format}\)$", wrong)


@EVERY
@pytest.mark.parametrize("other", ["evalscope", "evalplus", "trl", "inspect"])
def test_files_of_two_formats(tmp_path: Path, name: str, other: str) -> None:
    format, log, path = made(name, tmp_path / "one")
    foreign, _, beside = made(other, tmp_path / "two")
    if foreign == format:
        return
    mistaken = rf"\(read as {format}; this looks like {foreign}\)$"
    refused([path, beside], mistaken, format, named=beside)
    if {format, foreign} == {"evalplus", "bigcodebench"}:
        # Their files are called alike.
        refused(tmp_path, mistaken, format, named=beside)
    elif FORMATS[format].files:
        t = pk.tally(tmp_path, format=format)
        assert counted(t) == tuple(sum(row[at] for row in log.counts) for at in (-2, -1))  # type: ignore[misc]
        assert str(beside) in t.provenance.ignored
        with pytest.raises(pk.DataError, match=r"this looks like .*, beside files of .*; say format="):
            pk.tally(tmp_path, format="auto")


MIXED = {
    "human_eval": 'row 4 of those read of it.* no problem, to which .task_id. should lead; say on_null_id="skip"',
    "lm_eval": "record 4 has no filter, as others have; is it of another format",
    "verl": "row 3 of those read of it.* no problem",
    "nemo_skills": "problem 2 has no verdict, to which 'symbolic_correct' should lead; mend that way",
    "evalscope": "row 3 of those read of it.* no problem",
    "verifiers": "record 5 has no traces, as the first one has; is it of another format",
    "every_eval_ever": "row 3 of those read of it.* no problem",
    "swe_bench": "neither a report of an instance nor of a run",
    "swe_bench_run": "2 documents in the file, and a report of a run is one; keep one",
    **dict.fromkeys(IN_PARQUET, r"truncated or damaged .*write it again"),
}
ANOTHER = '{"another": [{"format": 1}]}\n'


@EVERY
@pytest.mark.filterwarnings("ignore:.*lines are problems")
def test_two_formats_in_a_file(tmp_path: Path, name: str) -> None:
    format, _, path = made(name, tmp_path)
    once = counted(pk.tally(path, format=format))
    path.write_bytes(path.read_bytes() + ANOTHER.encode())
    if name in IN_ARCHIVES:
        # What stands behind an archive is no part of it.
        assert counted(pk.tally(path, format=format)) == once
        return
    documents = (
        r"byte \d+: there is no (member \"\w+\"|array) where the records should be; is this another format\? Keep each "
        r"format in files of its own"
    )
    refused(path, MIXED.get(name, documents), format)


WARNED = {"human_eval", "verl", "nemo_skills", "verifiers", "every_eval_ever"}
"""Formats whose records have no sample's index: copies may be samples."""
ONE = IN_ARCHIVES | IN_PARQUET
"""An archive and a Parquet file are found from their ends, and are there once."""


@EVERY
@pytest.mark.filterwarnings("ignore:.*lines are problems")
def test_appended_to(tmp_path: Path, name: str) -> None:
    format, _, path = made(name, tmp_path)
    once = counted(pk.tally(path, format=format))
    path.write_bytes(path.read_bytes() * 2)
    if name in ONE:
        assert counted(pk.tally(path, format=format)) == once
    elif name in WARNED:
        with pytest.warns(UserWarning, match=r"records are the same \d records 2 times.*keep one copy") as warned:
            t = pk.tally(path, format=format)
        assert str(path) in str(warned[0].message)
        assert (counted(t), t.provenance.notes[0]) == ((2 * once[0], 2 * once[1]), str(warned[0].message))
    elif name == "lm_eval":
        refused(path, "problem 0 comes twice; a file that was appended to holds two runs: keep one", format)
    elif name == "swe_bench_run":
        refused(path, "there are 2 documents in the file, and a report of a run is one; keep one", format)
    else:
        refused(
            path,
            r'row \d: this sample .* was read before, at .*, row 0; say on_duplicate="agree"',
            format,
        )
        t = pk.tally(path, format=format, on_duplicate="agree")
        assert (counted(t), t.provenance.duplicates) == (once, once[0])


@pytest.mark.parametrize(
    ("same", "times", "warns"), [(True, 2, True), (True, 3, True), (False, 2, False), (True, 1, False)]
)
def test_samples_that_are_alike_are_no_copies(tmp_path: Path, same: bool, times: int, warns: bool) -> None:
    """Only records that are the same in all that they hold may be copies."""
    rows = [
        {"task_id": task, "completion": f"{task}{0 if same else at}", "result": "passed", "passed": True}
        for at in range(times)
        for task in ("t/0", "t/1")
    ]
    path = lines(tmp_path / "m.jsonl_results.jsonl", rows)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        assert pk.tally(path, format="human-eval").frame["n"].to_list() == [times] * 2
    said = f"its {2 * times} records are the same 2 records {times} times"
    assert [said in str(one.message) for one in caught] == [True] * warns


@EVERY
def test_a_run_twice(tmp_path: Path, name: str) -> None:
    format, _, path = made(name, tmp_path)
    again = tmp_path / "again" / path.relative_to(tmp_path)
    again.parent.mkdir(parents=True)
    again.write_bytes(path.read_bytes())
    if format in {"verl", "trl"}:
        said = rf"{re.escape(str(path))} and .* are both of step \d+.*tally each run by itself"
    elif format in {"lm-eval", "lighteval"}:
        said = rf"{re.escape(str(path))} and .* comes twice; .*keep one"
    else:
        said = rf"this sample .* was read before, at {re.escape(str(path))}, row \d; say on_duplicate="
    refused([path, again], said, format, named=again)
