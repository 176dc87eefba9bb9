"""The command line: pass, tally, help."""

import csv
import io
import json
from typing import get_args

import polars as pl
import pytest

import passcurve as pk
from clitools import BY, run, verdicts, write_log
from passcurve.cli import format as layout
from passcurve.cli import options


@pytest.fixture
def log(tmp_path):
    return write_log(tmp_path)


def test_pass_prints_every_estimate_and_interval_of_the_python_face(log):
    result = run("pass", log, "--by", "model,step", "-k", "1,8")
    frame = pk.tally(log, by=BY).pass_at_k([1, 8])
    lines = result.stdout.splitlines()
    assert lines[0].split() == ["model", "step", "k", "pass@k", "95%", "interval", "problems", "n"]
    assert frame["method"].unique().to_list() == ["beta"]
    assert len(lines) == 2 + frame.height
    for line, row in zip(lines[2:], frame.iter_rows(named=True), strict=True):
        interval = layout.interval(row["lower"], row["upper"])
        words = [row["model"], row["step"], row["k"], layout.estimate(row["estimate"]), interval, 12, 16]
        assert line.split() == " ".join(map(str, words)).split()
    assert "mean over problems; 95% interval over problems (beta)" in result.stderr
    said = " ".join(result.stderr.split())
    assert "1 file, 768 rows; 0 nulls, duplicates not looked for (no --sample), 0 left out" in said
    looked = run("pass", log, "--by", "model,step", "--sample", "sample", COLUMNS="200").stderr
    assert "1 file, 768 rows; 0 nulls, 0 duplicates, 0 left out" in looked


def test_the_method_is_a_column_where_rows_differ(tmp_path):
    path = tmp_path / "halves.parquet"
    half = pl.DataFrame({"model": "half", "problem": [f"p{i:02d}" for i in range(40)], "correct": [True, False] * 20})
    base = verdicts(models=("base",), steps=(0,)).select("model", "problem", "correct")
    pl.concat([base, half]).write_parquet(path)
    lines = run("pass", path, "--by", "model", "-k", "1").stdout.splitlines()
    assert lines[0].split()[-1] == "method"
    assert [line.split()[-1] for line in lines[2:]] == ["beta", "bca"]


@pytest.mark.parametrize("options", [["-k", "1,8"], ["-k", "1", "-k", "8"], ["-k", "1, 8"]])
def test_ks_come_repeated_or_with_commas(log, options):
    rows = json.loads(run("pass", log, "--by", "model", "--by", "step", *options, "--json").stdout)["rows"]
    assert [row["k"] for row in rows] == [1, 8] * 4


def test_several_metrics_make_one_table(log):
    result = run(
        "pass",
        log,
        "--metric",
        "pass_at_k",
        "--metric",
        "pass_hat_k",
        "--metric",
        "alpha_k",
        "-k",
        "4",
        "--csv",
    )
    tally = pk.tally(log, problem=["model", "step", "problem"])
    by_hand = run("pass", log, "--problem", "model,step,problem", "--metric", "alpha_k", "-k", "4", "--csv")
    assert pl.read_csv(io.StringIO(by_hand.stdout))["estimate"].item() == tally.alpha_k(4)["estimate"].item()
    assert pl.read_csv(io.StringIO(result.stdout))["metric"].to_list() == ["pass@k", "pass^k", "alpha_k"]
    shown = run("pass", log, "--metric", "pass_at_k", "--metric", "pass_hat_k", "-k", "4").stdout
    assert "estimate" in shown
    assert "pass^k" in shown


def test_g_pass_at_k_says_its_shares(log):
    asked = ["--by", "model", "--metric", "g_pass_at_k", "-k", "4"]
    by_model = pk.tally(log, by="model")
    for words, tau in (([], 0.5), (["--tau", "0.5,1"], [0.5, 1.0]), (["--tau", "0.5", "--tau", "1"], [0.5, 1.0])):
        rows = pl.read_csv(io.StringIO(run("pass", log, *asked, *words, "--csv").stdout))
        assert rows.drop("reason").equals(by_model.g_pass_at_k(4, tau).drop("reason"))
    shown = [line.split() for line in run("pass", log, *asked, "--tau", "0.5,1").stdout.splitlines()]
    assert shown[0][:4] == ["model", "k", "tau", "G-Pass@k"]
    assert [line[2] for line in shown[2:]] == ["0.5", "1"] * 2
    both = run("pass", log, *asked, "--metric", "pass^k", "--csv").stdout
    rows = pl.read_csv(io.StringIO(both))
    assert rows.columns[:5] == ["model", "metric", "k", "tau", "m"]
    assert rows.select("metric", "tau", "m").unique(maintain_order=True).rows() == [
        ("G-Pass@k", 0.5, 2),
        ("pass^k", None, None),
    ]


def test_options_reach_the_estimate(log):
    options = ["--method", "percentile", "--confidence-level", "0.9", "--n-resamples", "200", "--seed", "7"]
    rows = json.loads(run("pass", log, "--by", "model,step", "-k", "2", *options, "--threads", "1", "--json").stdout)
    expected = pk.tally(log, by=BY).pass_at_k(
        2, method="percentile", confidence_level=0.9, n_resamples=200, rng=7, threads=1
    )
    assert rows["rows"] == expected.to_dicts()
    assert "90% interval" in run("pass", log, "-k", "2", *options).stdout
    over = run("pass", log, "--by", "model,step", "-k", "2", "--over", "samples")
    assert "interval over samples (mover)" in over.stderr
    run("pass", log, "--by", "step", "--problem", "problem,model", "--cluster", "model", "-k", "2")


def test_k_above_n_names_the_options_and_they_work(tmp_path):
    path = tmp_path / "uneven.parquet"
    frame = verdicts(models=["m"], steps=[0])
    frame.filter((pl.col("problem") != "p00") | (pl.col("sample") < 4)).write_parquet(path)
    failed = run("pass", path, "-k", "2,8", status=2)
    assert "n=4" in failed.stderr
    assert "--on-k-gt-n drop" in failed.stderr
    assert "on_k_gt_n" not in failed.stderr
    dropped = json.loads(run("pass", path, "-k", "2,8", "--on-k-gt-n", "drop", "--json").stdout)["rows"]
    assert [row["k"] for row in dropped] == [2]
    skipped = run("pass", path, "-k", "2,8", "--on-k-gt-n", "skip").stdout
    assert "skipped" in skipped
    assert "--on-k-gt-n extrapolate" in failed.stderr
    assert "extrapolated: chao2" in run("pass", path, "-k", "2,8", "--on-k-gt-n", "extrapolate").stdout
    failed = run("pass", path, "-k", "16", "--metric", "alpha_k", "--on-k-gt-n", "extrapolate", status=2)
    assert failed.stderr == "passcurve: --on-k-gt-n extrapolate is not one of error, drop, skip\n"
    assert skipped.splitlines()[-1].split()[-2:] == ["1", "16"]


def test_nothing_left_is_said(log, tmp_path):
    reason = "no k is left: in every group some problem has fewer samples than each k (the smallest n is 16)"
    for metric in ("pass_at_k", "alpha_k"):
        result = run("pass", log, "--by", "model", "--metric", metric, "-k", "99", "--on-k-gt-n", "drop", COLUMNS="200")
        assert result.stdout == ""
        assert result.stderr.splitlines()[0] == reason.replace("16", "32")
        assert "interval" not in result.stderr
    data = run("pass", log, "-k", "99", "--on-k-gt-n", "drop", "--csv", COLUMNS="200")
    assert len(data.stdout.splitlines()) == 1
    assert data.stderr.splitlines()[0] == reason.replace("16", "64")
    empty = tmp_path / "empty.parquet"
    verdicts().clear().write_parquet(empty)
    nothing = run("pass", empty, "--by", "model").stderr
    assert nothing.splitlines()[:2] == [
        "passcurve: warning: the log has no rows: the tally is empty",
        "no problem is left: no row of the log is in a count",
    ]


def test_a_metric_goes_by_both_its_names(log):
    rows = run("pass", log, "--metric", "pass^k", "--metric", "pass@k", "--metric", "pass_hat_k", "-k", "2", "--csv")
    assert pl.read_csv(io.StringIO(rows.stdout))["metric"].to_list() == ["pass^k", "pass@k"]


def test_json_has_schema_rows_and_provenance(log):
    document = json.loads(run("pass", log, "--by", "model,step", "-k", "1", "--json").stdout)
    tally = pk.tally(log, by=BY)
    assert document["schema"] == "passcurve.pass/1"
    assert document["rows"] == tally.pass_at_k(1).to_dicts()
    assert pk.Provenance.from_dict(document["provenance"]).files == tally.provenance.files


def test_csv_is_the_frame(log):
    text = run("pass", log, "--by", "model,step", "-k", "1,2", "--csv").stdout
    assert text == pk.tally(log, by=BY).pass_at_k([1, 2]).write_csv()
    assert len(list(csv.DictReader(io.StringIO(text)))) == 8


@pytest.mark.parametrize("suffix", ["parquet", "csv", "json", "PARQUET"])
def test_a_file_is_written_and_only_its_source_is_said(log, tmp_path, suffix):
    target = tmp_path / f"curve.{suffix}"
    result = run("pass", log, "--by", "model,step", "-k", "1,2", "-o", target, COLUMNS="200")
    assert result.stdout == ""
    assert result.stderr.splitlines() == [
        "columns: problem=problem verdict=correct",
        "1 file, 768 rows; 0 nulls, duplicates not looked for (no --sample), 0 left out",
        "column 'sample' is not used; --sample sample finds duplicates",
    ]
    expected = pk.tally(log, by=BY).pass_at_k([1, 2])
    if suffix == "json":
        assert json.loads(target.read_text())["rows"] == expected.to_dicts()
    elif suffix == "csv":
        assert target.read_text() == expected.write_csv()
    else:
        assert pl.read_parquet(target).equals(expected)
        source = json.loads(pl.read_parquet_metadata(target)["passcurve.provenance"])
        assert source["rows"] == 768
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([target.name, log.name])


def test_a_file_may_be_written_and_json_printed(log, tmp_path):
    result = run("pass", log, "-k", "1", "-o", tmp_path / "curve.csv", "--json")
    assert json.loads(result.stdout)["rows"]
    assert (tmp_path / "curve.csv").exists()


def test_tally_prints_first_rows_and_counts_the_rest(log):
    result = run("tally", log, "--by", "model,step")
    assert len(result.stdout.splitlines()) == 22
    assert "... and 28 more rows" in result.stderr
    every = run("tally", log, "--by", "model,step", "--all")
    rows = [line.split()[:5] for line in every.stdout.splitlines()[2:]]
    assert rows == [list(map(str, row)) for row in pk.tally(log, by=BY).frame.rows()]
    assert "more rows" not in every.stderr


def test_tally_as_data(log, tmp_path):
    frame = pk.tally(log, by=BY).frame
    document = json.loads(run("tally", log, "--by", "model,step", "--json").stdout)
    assert (document["schema"], document["rows"]) == ("passcurve.tally/1", frame.to_dicts())
    assert run("tally", log, "--by", "model,step", "--csv").stdout == frame.write_csv()
    run("tally", log, "--by", "model,step", "-o", tmp_path / "counts.csv")
    assert (tmp_path / "counts.csv").read_text() == frame.write_csv()


def test_a_saved_tally_stands_for_its_log(log, tmp_path):
    saved = tmp_path / "counts.parquet"
    run("tally", log, "--by", "model,step", "-o", saved)
    assert pk.Tally.read_parquet(saved) == pk.tally(log, by=BY)
    from_log = run("pass", log, "--by", "model,step", "-k", "1,8")
    assert run("pass", saved, "-k", "1,8").output == from_log.output
    refused = run("pass", saved, "--by", "model", "--on-null", "skip", status=2)
    assert "leave out --by, --on-null" in " ".join(refused.stderr.split())


def test_saved_tallies_add_up(log, tmp_path):
    halves = []
    for model in ("base", "rl"):
        halves.append(tmp_path / f"{model}.parquet")
        pk.tally(verdicts(models=[model]), by=BY).write_parquet(halves[-1])
    both = json.loads(run("tally", *halves, "--json").stdout)
    assert both["rows"] == pk.tally(log, by=BY).frame.to_dicts()
    mixed = run("pass", halves[0], log, status=2).stderr
    assert mixed.startswith(f"passcurve: {halves[0]} is a saved tally and {log} is not; ")
    mixed = run("pass", log, halves[0], status=2).stderr
    assert mixed.startswith(f"passcurve: {halves[0]} is a saved tally and no log; ")


def test_logs_are_files_globs_and_folders(log, tmp_path):
    (tmp_path / "notes.txt").write_text("not a log")
    expected = pk.tally(log, by=BY).frame.to_dicts()
    for source in (log, tmp_path, tmp_path / "*.parquet"):
        assert json.loads(run("tally", source, "--by", "model,step", "--json").stdout)["rows"] == expected
    assert "1 file ignored" in run("tally", tmp_path).stderr


def test_counting_options_reach_the_tally(tmp_path):
    path = tmp_path / "odd.parquet"
    frame = pl.DataFrame(
        {
            "q": ["a", "a", "a", None, "b", "b"],
            "i": [0, 1, 1, 0, 0, 1],
            "judged": ["yes", "maybe", "maybe", "yes", None, "yes"],
            "points": [0.5, 0.1, 0.1, 0.9, None, 0.7],
        }
    )
    frame.write_parquet(path)
    policies = ["--on-null", "skip", "--on-null-id", "skip", "--on-duplicate", "agree"]
    keys = ["--problem", "q", "--sample", "i"]
    words = ["--verdict", "judged", "--passing", "yes", "--failing", "maybe"]
    document = json.loads(run("tally", path, *keys, *words, *policies, "--memory-limit", "1GiB", "--json").stdout)
    assert document["rows"] == [{"q": "a", "n": 2, "c": 1}, {"q": "b", "n": 1, "c": 1}]
    assert document["provenance"]["refused"] == 3
    numbers = run("tally", path, *keys, "--verdict", "points", "--threshold", "0.5", *policies, "--threads", "2")
    assert numbers.stdout.splitlines()[2].split()[:3] == ["a", "2", "1"]
    assert "6 rows; 1 null left out, 1 null id, 1 duplicate, 3 left out" in " ".join(numbers.stderr.split())
    others = run("tally", path, *keys, "--verdict", "judged", "--passing", "yes", *policies)
    assert "verdicts that count as failed: 'maybe' (2)" in " ".join(others.stderr.split())


def test_group_columns_that_are_not_used_are_named(log, tmp_path):
    def notes(*args):
        return [line for line in run("tally", *args, COLUMNS="200").stderr.splitlines() if "is not used" in line]

    index = "column 'sample' is not used; --sample sample finds duplicates"
    assert notes(log, "--by", "model,step") == [index]
    assert notes(log, "--by", "model,step", "--sample", "sample") == []
    pl.read_parquet(log).rename({"sample": "s"}).write_parquet(log)
    step = "column 'step' is not used; --by {}step keeps its groups apart"
    assert notes(log) == [step.format("").replace("step", "model"), step.format("")]
    assert notes(log, "--by", "model") == [step.format("model,")]
    assert notes(log, "--problem", "step,problem", "--by", "model") == []
    saving = run("tally", log, "--by", "model", "-o", tmp_path / "counts.parquet", COLUMNS="200")
    assert saving.stdout == ""
    assert step.format("model,") in saving.stderr.splitlines()
    assert "warning" not in run("tally", log).stderr
    for command, printing in (("pass", "--csv"), ("pass", "--json"), ("tally", "--csv"), ("tally", "--json")):
        data = run(command, log, "--by", "model", printing, COLUMNS="200")
        assert step.format("model,") in data.stderr.splitlines()
        assert "is not used" not in data.stdout
    assert notes(tmp_path / "counts.parquet") == [step.format("model,")]
    with pl.Config(tbl_rows=0):
        assert "column 'step' not in by=" in repr(pk.tally(log, by="model"))
        assert "not in by=" not in repr(pk.tally(log, by="model").with_by(step=0))


def test_a_passing_word_that_no_sample_has_is_said(tmp_path):
    path = tmp_path / "words.parquet"
    pl.DataFrame({"problem": ["a", "a"], "correct": ["True", "False"]}).write_parquet(path)
    for printing in ([], ["--csv"]):
        first = run("tally", path, "--passing", "true", *printing).stderr.splitlines()[0]
        assert first.startswith("passcurve: warning: not one sample passed: no verdict is 'true'")
        assert "'False' (1), 'True' (1); add 'True' to --passing if it passes; --failing says" in first
    assert "warning" not in run("tally", path, "--passing", "True").stderr


@pytest.mark.parametrize("command", ["pass", "tally", "demo"])
def test_help_shows_an_example(command):
    assert f"Example: passcurve {command}" in run(command, "--help").stdout
    assert run(command, "-h").stdout == run(command, "--help").stdout


def test_help_names_every_word():
    shown = " ".join(run("pass", "--help", COLUMNS="200").stdout.split())
    kinds = (
        options.OnNull,
        options.OnDuplicate,
        options.Method,
        options.OnKGtNOrBeyond,
        options.Over,
    )
    for kind in kinds:
        assert ", ".join(get_args(kind)) in shown


def test_version():
    assert run("--version").stdout == f"passcurve {pk.__version__}\n"
