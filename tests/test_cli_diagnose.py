"""`passcurve diagnose` prints what `Tally.diagnose` returns."""

import json

import polars as pl
import pytest

import passcurve as pk
from clitools import BY, run, verdicts, write_log
from passcurve.cli import format as layout


@pytest.fixture
def log(tmp_path):
    return write_log(tmp_path)


def test_the_tables_hold_the_frame(log):
    result = run("diagnose", log, "--by", "step", "-k", "4")
    frame = pk.tally(log, by="step").diagnose(4).frame
    tables = [[line.split() for line in part.splitlines()] for part in result.stdout.split("\n\n")]
    titles = [" ".join(table[0]) for table in tables[:2]]
    assert titles[0] == "step pass@1 pass@4 gap, 95% interval unsolved saturated mixed signal"
    assert titles[1] == "step alpha_4 quartiles shared by all wrong all correct"
    for shares, weights, row in zip(tables[0][2:], tables[1][2:], frame.iter_rows(named=True), strict=True):
        short = {name: layout.estimate(value, 3) for name, value in row.items() if isinstance(value, float)}
        gap = layout.interval(row["gap_lower"], row["gap_upper"], 3)
        names = ("unsolved", "saturated", "informative", "signal_mass")
        expected = [row["step"], short["pass_at_1"], short["pass_at_k"], short["gap"], gap, *map(short.get, names)]
        assert shares == " ".join(map(str, expected)).split()
        assert (weights[0], weights[1]) == (str(row["step"]), short["alpha_mean"])
        assert weights[-2:] == [short["zero_signal"], short["all_correct"]]
    assert max(map(len, result.stdout.splitlines())) <= 80


def test_sentences_and_trends_along_a_run(log):
    result = run("diagnose", log, "--by", "model,step", "-k", "4", "--along", "step", "--group-size", "8")
    diagnosis = pk.tally(log, by=BY).diagnose(4, along="step", group_size=8)
    said = " ".join(result.stdout.split())
    for sentence in diagnosis.sentences:
        assert f"- {sentence}" in said
    for row in diagnosis.trends.iter_rows(named=True):
        change = "none: n differs between steps" if row["change"] is None else layout.estimate(row["change"], 3)
        assert f"{row['model']} {row['measure']} {change} " in said
    assert "from the first step to the last" in " ".join(result.stderr.split())
    assert "training groups of 8" in " ".join(result.stderr.split())
    assert max(map(len, result.stdout.splitlines())) <= 80


def test_sentences_speak_in_options(log):
    assert "(k, as --group-size was not given)" in " ".join(run("diagnose", log, "-k", "4").stdout.split())


def test_the_data_is_that_of_python(log):
    words = ["--confidence-level", "0.9", "--cluster", "problem", "--threads", "1"]
    asked = ["diagnose", log, "--by", "step", "-k", "4", *words]
    expected = pk.tally(log, by="step").diagnose(4, confidence_level=0.9, cluster="problem", along="step")
    document = json.loads(run(*asked, "--along", "step", "--json").stdout)
    for name, frame in (("rows", expected.frame), ("intervals", expected.intervals), ("trends", expected.trends)):
        assert document[name] == frame.to_dicts()
    assert document["sentences"] == expected.sentences
    assert json.loads(run(*asked, "--json").stdout)["trends"] is None
    assert run(*asked, "--csv").stdout == expected.frame.write_csv()


def test_problems_with_fewer_samples_are_left_out(tmp_path):
    path = tmp_path / "log.parquet"
    verdicts(models=("m",), steps=(0,)).filter((pl.col("problem") != "p00") | (pl.col("sample") < 2)).write_parquet(
        path
    )
    assert "--on-k-gt-n skip" in run("diagnose", path, "-k", "4", status=2).stderr
    assert "over 11 problems in each row, n 16" in run("diagnose", path, "-k", "4", "--on-k-gt-n", "skip").stderr


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ([], "Missing option '-k'"),
        (["-k", "1,4"], "valid integer"),
        (["-k", "0"], "k"),
        (["-k", "99"], "n=32"),
        (["-k", "4", "--group-size", "99"], "--group-size = 99"),
        (["-k", "4", "--along", "nonsense"], "--along 'nonsense' is no column of --by"),
        (["-k", "4", "--along", "model"], "--along 'model' holds String"),
    ],
)
def test_what_is_wrong_in_the_call_is_status_2(log, options, words):
    result = run("diagnose", log, "--by", "model", *options, status=2)
    assert words in " ".join(result.stderr.replace("│", " ").split())
    assert result.stdout == ""
