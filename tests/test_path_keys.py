"""Columns that stand in the folders of files, as Hive, Spark, Polars and DuckDB write them."""

from __future__ import annotations

import datetime as dt
import json
import re
import tempfile
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import quote

import duckdb
import polars as pl
import pyarrow as pa
import pyarrow.dataset
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import passcurve as pk
from clitools import run
from formats import write

NULL = "__HIVE_DEFAULT_PARTITION__"
LOG = pl.DataFrame(
    {
        "model": ["base", "base", "base", "rl", "rl", "a b/c=d%é"],
        "step": [0, 0, 100, 0, 100, 100],
        "problem": ["p", "q", "p", "p", "p", "q"],
        "correct": [True, False, True, True, True, False],
    }
)
FORMATS = ["parquet", "arrow", "arrows", "jsonl", "jsonl.gz"]


def part(value: Any) -> str:
    return NULL if value is None else quote(str(value), safe="")


def partition(frame: pl.DataFrame, root: Path, keys: list[str], suffix: str = "parquet", keep: bool = False) -> Path:
    for values, rows in frame.partition_by(keys, as_dict=True, maintain_order=True, include_key=True).items():
        folder = root.joinpath(*(f"{key}={part(value)}" for key, value in zip(keys, values, strict=True)))
        write(rows if keep else rows.drop(keys), folder / f"part-0.{suffix}", row_group_size=3)
    return root


@pytest.mark.parametrize("suffix", FORMATS)
@pytest.mark.parametrize("keep", [False, True])
def test_keys_are_columns(tmp_path: Path, suffix: str, keep: bool) -> None:
    run = partition(LOG, tmp_path / "run", ["model", "step"], suffix, keep)
    assert pk.tally(run, by=["model", "step"]) == pk.tally(LOG, by=["model", "step"])
    assert pk.tally(run, by=["step", "model"]) == pk.tally(LOG, by=["step", "model"])
    assert pk.tally(run, by="model", problem=["problem", "step"]) == pk.tally(
        LOG, by="model", problem=["problem", "step"]
    )
    assert pk.tally(run, by=[], problem="model") == pk.tally(LOG, by=[], problem="model")
    assert pk.tally(run, by="step").frame.schema["step"] == pl.Int64
    assert pk.tally(run, by=[]) == pk.tally(LOG, by=[])


def test_what_writers_write(tmp_path: Path) -> None:
    frame = pl.concat([LOG, LOG.with_columns(model=pl.lit(None, pl.String))])
    frame.lazy().sink_parquet(pl.PartitionBy(tmp_path / "polars", key=["model", "step"]), mkdir=True)
    duckdb.sql(f"copy frame to '{tmp_path}/duckdb' (format parquet, partition_by (model, step))")
    schema = pa.schema([("model", pa.string()), ("step", pa.int64())])
    flavour = pyarrow.dataset.partitioning(schema, flavor="hive")
    pyarrow.dataset.write_dataset(frame.to_arrow(), tmp_path / "pyarrow", format="parquet", partitioning=flavour)
    expected = pk.tally(LOG, by=["model", "step"])
    for writer in ("polars", "duckdb", "pyarrow"):
        tally = pk.tally(tmp_path / writer, by=["model", "step"], on_null_id="skip")
        assert tally == expected
        assert tally.provenance.null_ids == LOG.height
        with pytest.raises(pk.DataError, match=f"model={NULL}.*column `model`: the id is null"):
            pk.tally(tmp_path / writer, by=["model", "step"])


def test_a_sample_may_be_a_folder(tmp_path: Path) -> None:
    once = LOG.filter(pl.col("model") == "rl", pl.col("step") == 0).drop("model", "step")
    for seed in range(3):
        write(once, tmp_path / "run" / f"seed={seed}" / "log.parquet")
    assert pk.tally(tmp_path / "run", sample="seed").frame.rows() == [("p", 3, 3)]
    write(once, tmp_path / "run" / "seed=2" / "copy.parquet")
    with pytest.raises(pk.DataError, match=r"was read before, at .*copy.parquet, row 0"):
        pk.tally(tmp_path / "run", sample="seed")
    assert pk.tally(tmp_path / "run", sample="seed", on_duplicate="agree").frame.rows() == [("p", 3, 3)]
    for role in ("verdict", "answer", "reward"):
        with pytest.raises(ValueError, match=f"'seed' stands in the paths and in no file, so it cannot be {role}="):
            pk.tally(tmp_path / "run", **{role: "seed"})


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (["1", "-2", "0"], pl.Int64),
        (["9223372036854775807", "-9223372036854775808"], pl.Int64),
        (["9223372036854775808", "1"], pl.String),
        (["1", "01"], pl.String),
        (["1", "+1"], pl.String),
        (["1", "-0"], pl.String),
        (["1", "1.0"], pl.String),
        (["1", "\u0661"], pl.String),
        (["1", ""], pl.String),
        (["1", NULL], pl.Int64),
        (["x", NULL], pl.String),
        ([NULL], pl.String),
    ],
)
def test_types(tmp_path: Path, values: list[str], kind: Any) -> None:
    for value in values:
        write(pl.DataFrame({"problem": ["p"], "correct": [True]}), tmp_path / f"step={quote(value)}" / "log.parquet")
    frame = pk.tally(tmp_path, by="step", on_null_id="skip").frame
    assert frame.schema["step"] == kind
    expected = sorted(int(value) if kind == pl.Int64 else value for value in values if value != NULL)
    assert frame["step"].to_list() == expected


def test_which_folders_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Below one folder that is given those in it; else all that a path names."""
    run = partition(LOG, tmp_path / "exp=7", ["model", "step"])
    base, rl = run / "model=base", run / "model=rl"
    with pytest.raises(ValueError, match=r"no column 'model' in .*; there are: problem, correct, step"):
        pk.tally(base, by="model")
    with pytest.raises(ValueError, match="no column 'exp'"):
        pk.tally(run, by="exp")
    both = pk.tally(LOG.filter(pl.col("model").is_in(["base", "rl"])), by=["model", "step"])
    assert pk.tally([base, rl], by=["model", "step"]) == both
    for glob in (run / "model=[br]*" / "**" / "*.parquet", run / "model=[br]*" / "*" / "part-0.parquet"):
        assert pk.tally(glob, by=["model", "step"]) == both
    tally = pk.tally(base / "step=100" / "part-0.parquet", by=["exp", "step"])
    assert tally.frame.rows() == [(7, 100, "p", 1, 1)]
    monkeypatch.chdir(run)
    assert pk.tally("model=rl/step=0/part-0.parquet", by="model").frame.rows() == [("rl", "p", 1, 1)]
    assert pk.tally(".", by="step") == pk.tally(LOG, by="step")


def test_a_warning_of_what_is_pooled(tmp_path: Path) -> None:
    run = partition(LOG, tmp_path / "run", ["model", "step"])
    with pytest.warns(UserWarning, match="columns 'model', 'step' not in by="):
        tally = pk.tally(run)
    assert tally.provenance.ungrouped == ("model", "step")
    with pytest.warns(UserWarning, match="column 'step' not in by="):
        pk.tally(run / "model=base")
    # One value tells nothing apart.
    assert pk.tally(run / "model=base" / "step=100" / "part-0.parquet").provenance.ungrouped == ()
    write(LOG.drop("model", "step"), tmp_path / "run" / "part-0.parquet")
    with pytest.warns(UserWarning, match="columns 'model', 'step' not in by="):
        pk.tally(run)


@pytest.mark.parametrize("suffix", FORMATS)
def test_a_path_and_its_rows_must_agree(tmp_path: Path, suffix: str) -> None:
    run = partition(LOG, tmp_path / "run", ["model"], suffix, keep=True)
    moved = write(LOG.tail(1).with_columns(model=pl.lit("sft")), run / "model=base" / f"z.{suffix}")
    with pytest.raises(pk.DataError, match='column `model`: the row says "sft", and the path of its file says base'):
        pk.tally(run, by="model")
    assert pk.tally(run, by="step").frame["n"].sum() == LOG.height + 1
    with pytest.raises(pk.DataError, match=re.escape(str(moved))):
        pk.tally(run, by="step", sample="model", on_duplicate="first")
    moved.unlink()
    null = write(LOG.tail(1), run / f"model={NULL}" / f"z.{suffix}")
    with pytest.raises(pk.DataError, match=r'the row says "a b/c=d%é", and the path of its file says null'):
        pk.tally(run, by="model")
    null.unlink()
    write(LOG.tail(1).with_columns(model=pl.lit(None, pl.String)), run / "model=base" / f"z.{suffix}")
    assert pk.tally(run, by="model", on_null_id="skip") == pk.tally(LOG, by="model")


def test_agreement_is_by_value(tmp_path: Path) -> None:
    days = [dt.date(2026, 2, 28), dt.date(1969, 12, 31)]
    frame = pl.DataFrame({"day": days, "kept": [True, False], "step": [7, 8], "problem": "p", "correct": True})
    for index, (day, kept, step) in enumerate([(days[0], "True", "007"), (days[1], "false", "8")]):
        write(frame[index], tmp_path / f"day={day}" / f"kept={kept}" / f"step={step}" / "log.parquet")
    by = ["day", "kept", "step"]
    assert pk.tally(tmp_path, by=by) == pk.tally(frame, by=by)
    for key, value in [("day", "2026-02-27"), ("day", "x"), ("kept", "true"), ("kept", "1"), ("step", "9")]:
        wrong = write(frame[1], tmp_path / "wrong" / f"{key}={value}" / "log.parquet")
        with pytest.raises(pk.DataError, match=f"the path of its file says {value}"):
            pk.tally(wrong, by=key)


def test_files_that_are_not_alike(tmp_path: Path) -> None:
    run = partition(LOG, tmp_path / "run", ["model"])
    lacking = write(LOG.drop("model"), run / "part-9.parquet")
    with pytest.raises(pk.DataError, match=rf"{lacking}: there is no model= in its path, as there is in .*model=a%20b"):
        pk.tally(run, by="model")
    assert pk.tally(run, by=[], problem="problem").frame["n"].sum() == 2 * LOG.height
    lacking.unlink()
    both = write(LOG, run / "model=rl" / "z.parquet")
    with pytest.raises(pk.DataError, match=rf"{re.escape(str(both))}, column `model`: the column is here and in the"):
        pk.tally(run, by="model")
    both.rename(run / "model=a%20b%2Fc%3Dd%25%C3%A9" / "a.parquet")
    with pytest.raises(pk.DataError, match=r"/part-0.parquet, column `model`: the column is missing here"):
        pk.tally(run, by="model")


def test_two_values_in_one_path(tmp_path: Path) -> None:
    frame = LOG.drop("model", "step")
    log = write(frame, tmp_path / "model=a" / "step=1" / "model=b" / "log.jsonl")
    with pytest.raises(pk.DataError, match=r"log.jsonl: its path has model=a and model=b; one of them has to go"):
        pk.tally(log, by="model")
    assert pk.tally(log, by="step").frame["n"].sum() == frame.height
    same = write(frame, tmp_path / "model=a" / "model=a" / "log.jsonl")
    assert pk.tally(same, by="model").frame["model"].unique().to_list() == ["a"]
    bad = write(frame, tmp_path / "model=%ff" / "log.jsonl")
    with pytest.raises(pk.DataError, match=r"model=%ff in its path is not UTF-8"):
        pk.tally(bad, by="model")


def test_keys_are_among_the_columns_there_are(tmp_path: Path) -> None:
    for suffix in ("parquet", "jsonl"):
        log = write(LOG.drop("model"), tmp_path / "model=a" / f"log.{suffix}")
        names = "step, problem, correct, model"
        with pytest.raises(ValueError, match=rf"no column .modle. in .*; did you mean .model.\? there are: {names}"):
            pk.tally(log, by="modle")
        with pytest.raises(ValueError, match=rf"no column .x. in .*; there are: {names}"):
            pk.tally(log, by="x")
    task = write(LOG.select("correct"), tmp_path / "task_id=7" / "acc=1" / "log.parquet")
    assert pk.tally(task).frame.rows() == [(7, 6, 4)]


def test_hidden_folders_with_a_key_are_read(tmp_path: Path) -> None:
    write(LOG, tmp_path / "_day=1" / "log.parquet")
    write(LOG, tmp_path / "_temporary" / "log.parquet")
    tally = pk.tally(tmp_path, by="_day")
    assert tally.frame["n"].sum() == LOG.height
    assert tally.provenance.ignored == (f"{tmp_path / '_temporary'}/",)


def test_the_command_line(tmp_path: Path) -> None:
    partition(LOG.filter(pl.col("model") != "rl"), tmp_path / "run", ["model"])
    printed = run("tally", str(tmp_path / "run"), "--by", "model", "--json")
    assert {row["model"] for row in json.loads(printed.stdout)["rows"]} == {"base", "a b/c=d%é"}


MODELS = ["base", "rl é/=%", "007", "7", "-7", "", " ", "a=b", ".", None]


ROW = st.tuples(
    st.sampled_from(MODELS),
    st.integers(-1, 2) | st.none(),
    st.integers(0, 3) | st.none(),
    st.booleans() | st.none(),
    st.integers(0, 60),
)
ROWS = st.lists(ROW, min_size=1, max_size=60, unique_by=lambda row: row[-1])
SCHEMA = {"model": pl.String, "step": pl.Int64, "problem": pl.Int64, "correct": pl.Boolean, "sample": pl.Int64}


@settings(deadline=None, max_examples=60)
@given(
    frame=ROWS.map(lambda rows: pl.DataFrame(rows, schema=SCHEMA, orient="row")),
    keys=st.sampled_from([["model"], ["step"], ["model", "step"], ["problem"]]),
    suffix=st.sampled_from(FORMATS),
    keep=st.booleans(),
    sample=st.sampled_from([None, "sample"]),
    on_null_id=st.sampled_from(["error", "skip"]),
    threads=st.sampled_from([1, 3]),
)
def test_folders_are_as_columns(frame: pl.DataFrame, keys: list[str], suffix: str, keep: bool, **words: Any) -> None:
    words |= {"by": ["model", "step"], "problem": "problem", "on_null": "fail"}
    models = frame["model"].drop_nulls()
    if "model" in keys and len(models) and models.str.contains("^(0|-?[1-9][0-9]*)$").all():
        frame = frame.with_columns(pl.col("model").cast(pl.Int64))
    nulls = frame["model", "step", "problem"].null_count().sum_horizontal().item()
    with tempfile.TemporaryDirectory() as folder:
        run = partition(frame, Path(folder), keys, suffix, keep)
        if nulls and words["on_null_id"] == "error":
            with pytest.raises(pk.DataError, match=r"the id is null|every id is missing"):
                pk.tally(run, **words)
            return
        ours, theirs = pk.tally(run, **words), pk.tally(frame, **words)
        # A column without a value has no type in files of lines.
        assert ours.frame.rows() == theirs.frame.rows()
        assert (ours.provenance.rows, ours.provenance.null_ids) == (frame.height, theirs.provenance.null_ids)


def test_a_run_of_one_value_is_counted_as_a_column_is(tmp_path: Path) -> None:
    """Row groups of more rows than are counted at a time, whose other ids come as runs and as lists."""
    rows = 200_000
    long = pl.select(i=pl.int_range(rows)).select(
        model=pl.when(pl.col("i") < rows // 3).then(pl.lit("base")).otherwise(pl.lit("rl")),
        problem=pl.format(
            "p{}", pl.when(pl.col("i") % 5 < 2).then(pl.col("i") // 1000).otherwise(pl.col("i") * 7 % 97)
        ),
        correct=pl.col("i") * 31 % 7 < 3,
    )
    assert all(a <= b for a, b in pairwise(long["model"].to_list()))
    for keep in (False, True):
        run = partition(long, tmp_path / str(keep), ["model"], keep=keep)
        for file in run.rglob("*.parquet"):
            pl.read_parquet(file, hive_partitioning=False).write_parquet(file, row_group_size=rows)
        assert pk.tally(run, by="model") == pk.tally(long, by="model")
