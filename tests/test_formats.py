"""Each format as its pipeline writes it, whole, cut, empty and taken for another one."""

from __future__ import annotations

import gzip
import random
import warnings
from pathlib import Path

import polars as pl
import pytest

import passcurve as pk
from native_logs import HASHED, MAKERS, Made
from passcurve.readers.formats import FORMATS

EVERY = pytest.mark.parametrize("name", MAKERS)


def made(name: str, folder: Path) -> tuple[str, Made]:
    format, maker = MAKERS[name]
    return format, maker(folder)


def shown(t: pk.Tally, format: str) -> list[tuple[object, ...]]:
    frame = t.frame.drop("problem") if format in HASHED else t.frame
    return sorted(frame.rows(), key=str)


def test_every_format_is_tried() -> None:
    assert {format for format, _ in MAKERS.values()} == set(FORMATS)


@EVERY
@pytest.mark.parametrize("by_name", [True, False])
def test_its_counts(tmp_path: Path, name: str, by_name: bool) -> None:
    format, log = made(name, tmp_path)
    t = pk.tally(log.log, format=format if by_name else "auto", format_options=log.options)
    assert t.by == log.by
    assert shown(t, format) == sorted(log.counts, key=str)
    assert t.provenance.left_out == log.left_out
    assert t.provenance.policies["format"] == format
    assert sum(file.rows for file in t.provenance.files) == len(pk.scan(log.log, format=format).collect())


@EVERY
def test_its_rows_make_its_counts(tmp_path: Path, name: str) -> None:
    format, log = made(name, tmp_path)
    rows = pk.scan(log.log, format=format).collect(engine="streaming")
    key = [*log.by, "problem"]
    if "n" in rows.columns:
        counts = rows.select(*key, "n", "c")
    else:
        counts = rows.group_by(key).agg(n=pl.len().cast(pl.Int64), c=pl.col("correct").sum().cast(pl.Int64))
        if "sample" in rows.columns:
            assert not rows.select(*key, "sample").is_duplicated().any()
    assert counts.sort(key).equals(pk.tally(log.log, format=format).frame)
    assert pk.scan(log.log, format=format).head(1).collect().equals(rows.head(1))
    assert pk.scan(log.log, format=format).select("problem").collect().equals(rows.select("problem"))


@EVERY
def test_pooled(tmp_path: Path, name: str) -> None:
    format, log = made(name, tmp_path)
    if name == "verl":
        # The same problem and no sample's index: steps may be pooled.
        t = pk.tally(log.log, format=format, by=[])
        assert (len(t), t.frame["n"].sum()) == (2, 6)
    with pytest.raises(ValueError, match="by='nothing'"):
        pk.tally(log.log, format=format, by="nothing")


def one_file(log: Path) -> Path:
    return log if log.is_file() else sorted(path for path in log.rglob("*") if path.is_file())[0]


@EVERY
def test_cut_anywhere_it_is_refused(tmp_path: Path, name: str) -> None:
    format, log = made(name, tmp_path)
    path = one_file(log.log)
    whole = path.read_bytes()
    for keep in (len(whole) // 3, len(whole) // 2, len(whole) - 2):
        # Between two lines it is whole.
        path.write_bytes(whole[: keep + whole[:keep].endswith(b"\n")])
        with pytest.raises((pk.DataError, pl.exceptions.ComputeError)) as refused:
            pk.tally(path, format=format)
        assert path.name in str(refused.value) or path.suffix == ".parquet", refused.value


@EVERY
def test_an_empty_file(tmp_path: Path, name: str) -> None:
    format, log = made(name, tmp_path)
    path = one_file(log.log)
    path.write_bytes(b"")
    with pytest.raises((pk.DataError, pl.exceptions.ComputeError, pl.exceptions.NoDataError)):
        pk.tally(path, format=format)


@EVERY
def test_taken_for_another_format(tmp_path: Path, name: str) -> None:
    format, log = made(name, tmp_path)
    path = one_file(log.log)
    if path.suffix in {".eval", ".parquet"}:
        return
    wrong = "every-eval-ever" if format != "every-eval-ever" else "human-eval"
    with pytest.raises(pk.DataError) as refused:
        pk.tally(path, format=wrong)
    assert path.name in str(refused.value)
    assert f"this looks like {format}" in str(refused.value)


@pytest.mark.parametrize("name", ["human_eval", "evalplus", "tau2", "evalscope"])
def test_compressed(tmp_path: Path, name: str) -> None:
    format, log = made(name, tmp_path)
    packed = log.log.with_name(log.log.name + ".gz")
    packed.write_bytes(gzip.compress(log.log.read_bytes()))
    log.log.unlink()
    t = pk.tally(packed, format=format, by=[])
    assert (t.frame["n"].sum(), t.frame["c"].sum()) == tuple(sum(row[at] for row in log.counts) for at in (-2, -1))  # type: ignore[misc]


@pytest.mark.parametrize("name", ["human_eval", "evalscope", "every_eval_ever"])
def test_a_partial_last_record(tmp_path: Path, name: str) -> None:
    format, log = made(name, tmp_path)
    whole = log.log.read_bytes()
    log.log.write_bytes(whole + whole[:40])
    with pytest.raises(pk.DataError, match=r'partial="skip"'):
        pk.tally(log.log, format=format)
    t = pk.tally(log.log, format=format, partial="skip")
    assert shown(t, format) == sorted(log.counts, key=str)
    assert t.provenance.partial_lines == 1


@pytest.mark.parametrize("name", ["evalscope", "tau_bench", "tau2", "inspect_json"])
def test_a_run_that_is_there_twice(tmp_path: Path, name: str) -> None:
    format, log = made(name, tmp_path)
    log.log.write_bytes(log.log.read_bytes() * 2)
    with pytest.raises(pk.DataError, match="was read before"):
        pk.tally(log.log, format=format)
    t = pk.tally(log.log, format=format, on_duplicate="agree")
    assert shown(t, format) == sorted(log.counts, key=str)
    assert t.provenance.duplicates == sum(int(str(row[-2])) for row in log.counts)


def test_a_run_of_metrics_that_is_there_twice(tmp_path: Path) -> None:
    format, log = made("lm_eval", tmp_path)
    log.log.write_bytes(log.log.read_bytes() * 2)
    with pytest.raises(pk.DataError, match="comes twice"):
        pk.tally(log.log, format=format)


def test_no_such_format(tmp_path: Path) -> None:
    _, log = made("human_eval", tmp_path)
    with pytest.raises(ValueError, match="one of human-eval, "):
        pk.tally(log.log, format="humaneval")
    with pytest.raises(TypeError, match="format= is for files"):
        pk.tally(pl.DataFrame({"a": [1]}), format="auto")
    with pytest.raises(ValueError, match="problem= is said by the format"):
        pk.tally(log.log, format="auto", problem="task_id")
    nothing = tmp_path / "x.json"
    nothing.write_text('{"a": 1}')
    with pytest.raises(pk.DataError, match=r"no log of a known format .* its keys are: a; say format=,"):
        pk.tally(nothing, format="auto")


@EVERY
def test_damaged_bytes_are_refused_or_read(tmp_path: Path, name: str) -> None:
    """Whatever the bytes, there is a tally or an error that names the file; never a panic."""
    format, log = made(name, tmp_path)
    path = one_file(log.log)
    whole, draw = path.read_bytes(), random.Random(name)
    refused = 0
    for _ in range(60):
        at, length = draw.randrange(len(whole)), draw.randrange(1, 20)
        wound = draw.choice([b"", draw.randbytes(1), whole[at : at + length] * 2, b"NaN", b'"', b"]", b"{", b"1e999"])
        path.write_bytes(whole[:at] + wound + whole[at + draw.choice([0, 1, length]) :])
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                pk.tally(path, format=format, on_null="fail", on_null_id="skip")
        except (pk.DataError, OSError, pl.exceptions.PolarsError) as error:
            refused += path.name in str(error) or path.suffix == ".parquet"
    assert refused > 20


def test_files_of_two_formats(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    _, one = made("human_eval", tmp_path / "a")
    _, other = made("evalscope", tmp_path / "b")
    with pytest.raises(pk.DataError, match=r"math_500\.jsonl: .* this looks like evalscope"):
        pk.tally([one.log, other.log], format="auto")
