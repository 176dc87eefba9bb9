"""`passcurve compare` prints what `Tally.compare` returns."""

import io
import json

import polars as pl
import pytest

import passcurve as pk
from clitools import BY, as_json, run, verdicts, write_run
from passcurve.cli import format as layout

ON = ["--by", "model,step", "--on", "step"]


@pytest.fixture
def log(tmp_path):
    return write_run(tmp_path)


def test_every_difference_is_printed(log):
    result = run("compare", log, *ON, "-a", 100, "-b", 0, "-k", "1,4")
    comparison = pk.tally(log, by=BY).compare(100, 0, on="step", k=[1, 4])
    lines = result.stdout.splitlines()
    assert lines[0].split() == ["k", "a", "b", "a", "-", "b,", "95%", "interval", "95%", "band", "p"]
    assert [line for line in lines if line.startswith("model=")] == [
        "model=base, step_a=100, step_b=0",
        "model=rl, step_a=100, step_b=0",
    ]
    rows = [line.split() for line in lines if line[:1] in {"1", "4"}]
    for words, row in zip(rows, comparison.frame.iter_rows(named=True), strict=True):
        values = [layout.estimate(row[name], 3) for name in ("a", "b", "difference")]
        ends = [layout.interval(row[f"{of}lower"], row[f"{of}upper"], 3) for of in ("", "band_")]
        expected = [str(row["k"]), *values, *ends, layout.p_value(row["p_value"])]
        assert words == " ".join(expected).split()
    said = " ".join(result.stdout.split())
    for sentence in comparison.sentences:
        assert f"- {sentence}." in said
    for row in comparison.crossover.iter_rows(named=True):
        assert f"{row['model']} 100 0 {row['status']}" in said
    assert "each pair holds by itself; for all 2 together" in " ".join(result.stderr.split())
    assert max(map(len, lines)) <= 80


def test_one_pair_one_against_all_or_all_pairs(tmp_path):
    path = tmp_path / "log.parquet"
    verdicts(models=("a", "b", "c"), steps=(0,)).write_parquet(path)

    def pairs(*options):
        rows = json.loads(run("compare", path, "--by", "model", "-k", "1", *options, "--json").stdout)["rows"]
        return [(row["model_a"], row["model_b"]) for row in rows]

    assert pairs("-a", "c", "-b", "a") == [("c", "a")]
    assert pairs("-a", "c", "-b", "a", "-b", "b") == [("c", "a"), ("c", "b")]
    assert pairs("-a", "b") == [("b", "a"), ("b", "c")]
    assert pairs() == [("a", "b"), ("a", "c"), ("b", "c")]


def test_the_data_is_that_of_python(log):
    words = ["--method", "bca", "--confidence-level", "0.9", "--n-resamples", "500", "--seed", "3", "--threads", "2"]
    expected = pk.tally(log, by=BY).compare(
        100, 0, on="step", k=[1, 8], method="bca", confidence_level=0.9, n_resamples=500, rng=3
    )
    asked = ["compare", log, *ON, "-a", "100", "-b", "0", "-k", "1,8", *words]
    document = json.loads(run(*asked, "--json").stdout)
    assert document["schema"] == "passcurve.compare/1"
    for name, frame in (("rows", expected.frame), ("crossover", expected.crossover), ("verdicts", expected.verdicts)):
        assert document[name] == as_json(frame)
    assert document["sentences"] == expected.sentences
    assert run(*asked, "--csv").stdout == expected.frame.write_csv()
    assert "90% interval" in run(*asked).stdout


def test_files_hold_the_differences(log, tmp_path):
    frame = pk.tally(log, by="step").compare(k=4).frame
    for suffix, read in (("parquet", pl.read_parquet), ("csv", pl.read_csv)):
        target = tmp_path / "made" / f"differences.{suffix}"
        target.parent.mkdir(exist_ok=True)
        assert run("compare", log, "--by", "step", "-k", "4", "-o", target).stdout == ""
        assert read(target)["difference"].equals(frame["difference"])


def test_saved_tallies_are_compared(log, tmp_path):
    saved = tmp_path / "made.parquet"
    run("tally", log, "--by", "model,step", "-o", saved)
    asked = ["--on", "step", "-k", "2", "--over", "samples", "--csv"]
    assert run("compare", saved, *asked).stdout == run("compare", log, "--by", "model,step", *asked).stdout


def test_problems_of_one_model_are_counted(tmp_path):
    path = tmp_path / "log.parquet"
    verdicts(steps=(0,)).filter((pl.col("model") == "base") | (pl.col("problem") > "p01")).write_parquet(path)
    failed = run("compare", path, "--by", "model", status=2).stderr
    assert "Say --unmatched drop to leave them out" in failed
    dropped = run("compare", path, "--by", "model", "-k", "1", "--unmatched", "drop")
    assert "problems in a only 2, in b only 0" in dropped.stderr
    rows = pl.read_csv(
        io.StringIO(run("compare", path, "--by", "model", "-k", "1", "--unmatched", "drop", "--csv").stdout)
    )
    assert rows["n_only_a"].to_list() == [2]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ([], "nothing tells the models apart: tally with --by"),
        (["--by", "model,step"], "say --on, the column whose values are compared: model, step"),
        (["--by", "step", "-a", "x"], "no step is 'x'; there are: 0, 100"),
        (["--by", "model", "-b", "rl"], "-b goes with -a"),
        (["--by", "model", "-a", "rl", "-b", "rl"], "'rl' is compared with itself"),
        (["--by", "model", "-k", "1", "4"], "4 is no file; several k are one word"),
        (["--by", "model", "-k", "99"], "--on-k-gt-n"),
        (["--by", "model", "--method", "wilson"], "--method"),
        (["--by", "model", "--over", "samples", "--method", "t"], "--over samples has one interval (--method auto)"),
    ],
)
def test_what_is_wrong_in_the_call_is_status_2(log, options, words):
    result = run("compare", log, *options, status=2)
    assert words in " ".join(result.stderr.replace("│", " ").split())
    assert result.stdout == ""


def test_no_k_is_left(log):
    result = run("compare", log, "--by", "model", "-k", "99", "--on-k-gt-n", "drop")
    assert result.stdout == ""
    assert "no k is left" in result.stderr
