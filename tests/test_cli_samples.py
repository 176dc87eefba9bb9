"""The command line on answers and rewards."""

import io
import json

import polars as pl
import pytest

import passcurve as pk
from clitools import run
from passcurve.cli import format as layout

KEPT = {"by": "model", "answer": "answer", "reward": "score", "verdict": "correct"}
OPTIONS = ["--by", "model", "--answer", "answer", "--reward", "score", "--verdict", "correct"]


@pytest.fixture
def log(tmp_path):
    rows = [
        (model, problem, f"{(sample * 5 + problem) % (3 + problem)}", (sample * 7 + problem * at) % 11 / 10)
        for at, model in enumerate(("base", "rl"), 1)
        for problem in range(6)
        for sample in range(8)
    ]
    frame = pl.DataFrame(rows, schema=["model", "problem", "answer", "score"], orient="row")
    path = tmp_path / "log.parquet"
    frame.with_columns(correct=pl.col("answer") == "0").write_parquet(path)
    return path


def figures(result, metric):
    """The estimates that were printed, as text."""
    cells = [line.split() for line in result.stdout.splitlines()]
    return [row[row.index(metric) + 2] for row in cells if metric in row and row[0] != "metric"]


def test_tally_prints_what_is_kept(log):
    result = run("tally", log, *OPTIONS, COLUMNS="100")
    tally = pk.tally(log, **KEPT)
    for metric, table in (("maj@k", tally.maj_at_k()), ("max@k", tally.max_at_k())):
        assert figures(result, metric) == list(map(layout.estimate, table["estimate"]))
    assert (
        result.stdout.splitlines()[:2]
        == run("tally", log, "--by", "model", "--verdict", "correct").stdout.splitlines()[:2]
    )
    said = " ".join(result.stderr.split())
    assert "maj@k, max@k: mean over problems; 95% interval over problems" in said
    assert "columns: problem=problem verdict=correct answer=answer reward=score" in said
    alone = run("tally", log, *OPTIONS[:2], "--answer", "answer", "--verdict", "correct").stdout
    assert "maj@k" in alone
    assert "max@k" not in alone


def test_a_saved_tally_keeps_them_for_pass(log, tmp_path):
    saved = tmp_path / "counts.parquet"
    run("tally", log, *OPTIONS, "-o", saved)
    tally = pk.tally(log, **KEPT)
    assert pk.Tally.read_parquet(saved) == tally
    asked = ["--metric", "maj_at_k", "--metric", "max@k", "-k", "1,4", "--csv"]
    expected = pl.concat([tally.maj_at_k([1, 4]), tally.max_at_k([1, 4])])
    for source in ([saved], [log, *OPTIONS]):
        assert pl.read_csv(io.StringIO(run("pass", *source, *asked).stdout)).equals(expected)
    rows = json.loads(run("tally", log, *OPTIONS, "--json").stdout)["rows"]
    assert rows == tally.frame.to_dicts()
    again = run("tally", saved, "--answer", "answer", status=2).stderr
    assert "whose samples are counted already: leave out --answer" in again
    plain = tmp_path / "plain.parquet"
    run("tally", log, *OPTIONS[:2], "--verdict", "correct", "-o", plain)
    missing = run("pass", plain, "--metric", "maj_at_k", status=2).stderr
    assert missing.startswith("passcurve: this tally keeps no answers; say --answer (the column)")


def test_answers_with_both_verdicts(tmp_path):
    path = tmp_path / "log.parquet"
    frame = pl.DataFrame({"problem": 1, "answer": ["a", "a", "a", "b"], "correct": [True, True, False, False]})
    frame.write_parquet(path)
    result = run("tally", path, "--answer", "answer", COLUMNS="400")
    assert "maj@k" not in result.stdout
    assert "no maj@k: problem=1: the answer 'a' passed 2 times of 3; make" in result.stderr
    assert "or say --mixed majority (an answer" in result.stderr
    words = ["--answer", "answer", "--mixed", "majority"]
    assert "0.7500" in run("tally", path, *words).stdout
    assert "0.7500" in run("pass", path, *words, "--metric", "maj_at_k", "-k", "1").stdout
    run("pass", path, *words[:2], "--metric", "maj_at_k", "-k", "1", status=1)


def test_rewards_without_a_range(tmp_path):
    path = tmp_path / "log.parquet"
    pl.DataFrame({"problem": [1, 1], "correct": [True, False], "score": [7.0, 7.0]}).write_parquet(path)
    result = run("tally", path, "--verdict", "correct", "--reward", "score", COLUMNS="400")
    assert "no max@k: all rewards are 7, which tells no range of theirs" in result.stderr
    assert result.stdout.splitlines()[0].split() == ["problem", "n", "c", "c/n"]
