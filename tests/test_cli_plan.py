"""`passcurve plan` prints what `Tally.plan` returns."""

import json

import pytest

import passcurve as pk
from clitools import BY, run, write_log
from passcurve.cli import format as layout


@pytest.fixture
def log(tmp_path):
    return write_log(tmp_path)


def test_a_target_is_planned_for(log):
    result = run("plan", log, "--by", "model,step", "-k", "2,4", "--half-width", "0.05")
    frame = pk.tally(log, by=BY).plan([2, 4], half_width=0.05)
    lines = result.stdout.splitlines()
    assert lines[0].split() == ["model", "step", "k", "n", "reliability", "half", "width", "problems", "samples"]
    for line, row in zip(lines[2:], frame.iter_rows(named=True), strict=True):
        numbers = [layout.estimate(row["reliability"], 3), layout.estimate(row["half_width"])]
        counts = [f"{row[name]:,}" for name in ("problems", "samples")]
        expected = [row["model"], row["step"], row["k"], row["n"], *numbers, *counts]
        assert line.split() == [*map(str, expected), *["cheapest"] * row["cheapest"]]
    assert max(map(len, lines)) <= 80
    said = " ".join(result.stderr.split())
    assert "half width: of a 95% interval with as many problems as the pilot has" in said
    assert "detectable: say -a and -b, or --correlation" in said


def test_without_a_target_there_is_only_what_the_sizes_give(log):
    result = run("plan", log, "-k", "4", "-n", "4,64", "--problems", "1000", "--confidence-level", "0.9")
    assert result.stdout.splitlines()[0].split() == ["k", "n", "reliability", "half", "width"]
    frame = pk.tally(log, by=[]).plan(4, n=[4, 64], problems=1000, confidence_level=0.9)
    assert [line.split()[-1] for line in result.stdout.splitlines()[2:]] == list(
        map(layout.estimate, frame["half_width"])
    )
    assert "half width: of a 90% interval with 1,000 problems" in " ".join(result.stderr.split())


def test_a_difference_of_two_models(log):
    asked = [
        "plan",
        log,
        "--by",
        "model,step",
        "--on",
        "step",
        "-a",
        "100",
        "-b",
        "0",
        "-k",
        "2",
        "--difference",
        "0.1",
    ]
    frame = pk.tally(log, by=BY).plan(2, difference=0.1, a=100, b=0, on="step", power=0.9)
    assert run(*asked, "--power", "0.9", "--csv").stdout == frame.write_csv()
    shown = run(*asked, "--power", "0.9").stdout.splitlines()
    assert shown[0].split() == ["model", "k", "n", "reliability", "half", "width", "detectable", "problems", "samples"]
    assert len(shown) == 2 + frame.height
    alone = run("plan", log, "-k", "2", "--difference", "0.1", "--correlation", "0.5", "--json")
    expected = pk.tally(log, by=[]).plan(2, difference=0.1, correlation=0.5)
    assert json.loads(alone.stdout)["rows"] == expected.to_dicts()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ([], "Missing option '-k'"),
        (["-k", "x"], "'x' is not a list of integers"),
        (["-k", "2", "-n", "x"], "Invalid value for -n"),
        (["-k", "12"], "needs a pilot of 2k = 24 samples a problem"),
        (["-k", "2", "--half-width", "1"], "--half-width is between 0 and 0.5, not 1.0"),
        (["-k", "2", "--half-width", "0.1", "--difference", "0.1"], "--half-width and --difference are two plans"),
        (["-k", "2", "--difference", "0.1"], "--difference depends on how alike the two models are"),
        (["-k", "2", "-n", "1"], "-n is from k to 1,000,000"),
        (["-k", "2", "-a", "0"], "-a and -b go together"),
        (["-k", "2", "--on", "step"], "--on names the column of -a and -b"),
        (["-k", "2", "-a", "7", "-b", "0", "--on", "step"], "-a '7' is not in 'step'"),
        (["-k", "2", "--problems", "0"], "--problems is a positive integer"),
        (["-k", "2", "--power", "2"], "--power is between"),
    ],
)
def test_what_is_wrong_in_the_call_is_status_2(log, options, words):
    result = run("plan", log, "--by", "model,step", *options, status=2)
    assert words in " ".join(result.stderr.replace("│", " ").split())
    assert result.stdout == ""
