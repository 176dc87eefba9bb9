import csv
import io
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import get_args

import polars as pl
import pytest
from typer.testing import CliRunner

import passcurve as pk
from passcurve.cli import errors, options, pass_
from passcurve.cli import format as layout
from passcurve.cli.app import app

BY = ["model", "step"]
MAIN = [sys.executable, "-c", "from passcurve.cli import main; main()"]


def verdicts(models=("base", "rl"), steps=(0, 100), problems=12, samples=16) -> pl.DataFrame:
    rows = [
        (
            model,
            step,
            f"p{problem:02d}",
            sample,
            (sample * 7 + problem * 3 + step) % 16 < problem + step // 50,
        )
        for model in models
        for step in steps
        for problem in range(problems)
        for sample in range(samples)
    ]
    return pl.DataFrame(rows, schema=["model", "step", "problem", "sample", "correct"], orient="row")


@pytest.fixture
def log(tmp_path):
    path = tmp_path / "log.parquet"
    verdicts().write_parquet(path)
    return path


@pytest.fixture
def holed(tmp_path):
    """A log whose third row has no verdict."""
    path = tmp_path / "holed.parquet"
    frame = verdicts()
    null = pl.when(pl.int_range(pl.len()) == 2).then(None).otherwise("correct").alias("correct")
    frame.with_columns(null).write_parquet(path)
    return path


def run(*args, status=0, **env):
    result = CliRunner().invoke(
        app, [str(arg) for arg in args], env={"COLUMNS": "80", "FORCE_COLOR": None, **env}, prog_name="passcurve"
    )
    assert result.exit_code == status, result.output
    return result


def process(*args, **options):
    return subprocess.run([*MAIN, *map(str, args)], capture_output=True, text=True, check=False, **options)


# --- pass


def test_pass_prints_every_estimate_and_interval_of_the_python_face(log):
    result = run("pass", log, "--by", "model,step", "-k", "1,8")
    frame = pk.tally(log, by=BY).pass_at_k([1, 8])
    lines = result.stdout.splitlines()
    assert lines[0].split() == ["model", "step", "k", "pass@k", "95%", "interval", "problems", "n"]
    assert len(lines) == 2 + frame.height
    for line, row in zip(lines[2:], frame.iter_rows(named=True), strict=True):
        interval = layout.interval(row["lower"], row["upper"])
        words = [row["model"], row["step"], row["k"], layout.estimate(row["estimate"]), interval, 12, 16]
        assert line.split() == " ".join(map(str, words)).split()
    assert "mean over problems; 95% interval over problems" in result.stderr
    assert "1 file, 768 rows; 0 nulls, 0 duplicates, 0 left out" in " ".join(result.stderr.split())


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


def test_options_reach_the_estimate(log):
    options = ["--method", "percentile", "--confidence-level", "0.9", "--n-resamples", "200", "--seed", "7"]
    rows = json.loads(run("pass", log, "--by", "model,step", "-k", "2", *options, "--threads", "1", "--json").stdout)
    expected = pk.tally(log, by=BY).pass_at_k(
        2, method="percentile", confidence_level=0.9, n_resamples=200, rng=7, threads=1
    )
    assert rows["rows"] == expected.to_dicts()
    assert "90% interval" in run("pass", log, "-k", "2", *options).stdout
    over = run("pass", log, "--by", "model,step", "-k", "2", "--over", "samples")
    assert "interval over samples (normal)" in over.stderr
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
    assert skipped.splitlines()[-1].split()[-2:] == ["1", "16"]


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
def test_a_file_is_written_and_nothing_printed(log, tmp_path, suffix):
    target = tmp_path / f"curve.{suffix}"
    assert run("pass", log, "--by", "model,step", "-k", "1,2", "-o", target).output == ""
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


# --- tally


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
    assert "is not a saved tally" in run("pass", halves[0], log, status=1).stderr


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


# --- tables

LONG = {
    "model": ["Qwen2.5-Math-7B-Instruct-GRPO-clip-higher", "Llama-3.1-70B"],
    "temperature": ["0.6-with-top-p-0.95"],
    "dataset": ["AIME-2024-and-2025-combined"],
    "prompt": ["zero-shot-boxed-answer"],
    "judge": ["math-verify-0.8"],
}


def wide_log(path: Path, columns: int) -> list[str]:
    frame = verdicts(models=["m"], steps=[0]).drop("model", "step")
    for name in list(LONG)[:columns]:
        frame = frame.join(pl.DataFrame({name: LONG[name]}), how="cross")
    frame.write_parquet(path)
    return list(LONG)[:columns]


@pytest.mark.parametrize("columns", range(6))
@pytest.mark.parametrize("width", [40, 80, 200])
def test_figures_are_never_cut(tmp_path, columns, width):
    path = tmp_path / "wide.parquet"
    by = wide_log(path, columns)
    options = ["--by", ",".join(by)] if by else []
    metrics = ["--metric", "pass_at_k", "--metric", "alpha_k", "--confidence-level", "0.999"]
    shown = run("pass", path, *options, *metrics, "-k", "1,8,16", COLUMNS=str(width)).stdout
    tally = pk.tally(path, by=by)
    frame = pl.concat([getattr(tally, name)([1, 8, 16], confidence_level=0.999) for name in ("pass_at_k", "alpha_k")])
    for row in frame.iter_rows(named=True):
        interval = layout.interval(row["lower"], row["upper"]) or row["method"]
        figures = [str(row["k"]), layout.estimate(row["estimate"]), *interval.split(), "12", "16"]
        assert any(" ".join(figures) in " ".join(line.split()) for line in shown.splitlines())
    if width >= 80:
        assert max(map(len, shown.splitlines())) <= width
    for name in by:
        for value in LONG[name]:
            assert value in shown.replace("\n", "") or columns < 3
    assert "…" not in shown


def test_many_groups_become_headings(tmp_path):
    path = tmp_path / "wide.parquet"
    by = wide_log(path, 5)
    lines = run("pass", path, "--by", ",".join(by), "-k", "1").stdout.splitlines()
    assert lines[0].startswith("model=Llama-3.1-70B, temperature=")
    lines = run("tally", path, "--by", ",".join(by)).stdout.splitlines()
    assert lines[0].startswith("model=Llama-3.1-70B, temperature=")
    assert any(line.split() == ["problem", "n", "c", "c/n"] for line in lines)


def test_ids_cannot_steer_the_terminal(tmp_path):
    path = tmp_path / "hostile.parquet"
    ids = ["[red]a[/red]", "b\x1b[2J", "c\nd"]
    pl.DataFrame({"problem": ids, "correct": [True, False, True]}).write_parquet(path)
    shown = run("tally", path).stdout
    assert [line.split()[0] for line in shown.splitlines()[2:]] == ["[red]a[/red]", "b\\x1b[2J", "c\\nd"]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0.0000"),
        (1.0, "1.0000"),
        (1 - 2**-53, "0.999999999"),
        (1e-300, "1.00e-300"),
        (0.99994, "0.9999"),
        (0.99996, "0.99996"),
        (9.99999, "10.0000"),
        (12345.678, "12346"),
        (-0.5, "-0.5000"),
        (None, "-"),
    ],
)
def test_estimates_as_text(value, text):
    assert layout.estimate(value) == text


# --- errors


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--nonsense"], "No such option"),
        (["--by", "nonsense"], "nonsense"),
        (["--by", "model,,step"], "an empty name"),
        (["--verdict", "nonsense"], "nonsense"),
        (["--verdict", "model", "--threshold", "0.5"], "--threshold is for numbers"),
        (["--verdict", "model"], "say --passing"),
        (["--problem", "correct"], "--verdict"),
        (["-k", "0"], "k must be between 1"),
        (["-k", "1,x"], "not a list of integers"),
        (["-k", "65"], "--on-k-gt-n"),
        (["--on-null", "nonsense"], "nonsense"),
        (["--method", "nonsense"], "nonsense"),
        (["--metric", "nonsense"], "nonsense"),
        (["--confidence-level", "95"], "--confidence-level is between 0 and 1"),
        (["--n-resamples", "0"], "--n-resamples"),
        (["--seed", "-1"], "--seed"),
        (["--threads", "0"], "--threads"),
        (["--memory-limit", "much"], "--memory-limit"),
        (["--cluster", "nonsense"], "--cluster"),
        (["--failing", "no"], "--passing"),
        (["--json", "--csv"], "only one of them"),
        (["-o", "curve.xlsx"], "must end in"),
        (["-o", "curve"], "must end in"),
    ],
)
def test_what_is_wrong_in_the_call_is_status_2(log, options, words):
    result = run("pass", log, *options, status=2)
    assert words in " ".join(result.stderr.replace("│", " ").split())
    assert result.stdout == ""
    assert "Traceback" not in result.stderr


def test_no_logs_is_status_2():
    assert "LOGS" in run("pass", status=2).stderr
    run(status=2)


def test_a_null_is_status_1_and_the_message_says_the_option(holed):
    result = run("pass", holed, status=1)
    assert result.stdout == ""
    assert result.stderr.startswith("passcurve: ")
    assert str(holed) in result.stderr
    assert "say --on-null fail" in result.stderr
    assert len(result.stderr.splitlines()) == 1
    run("pass", holed, "--on-null", "fail")


def test_missing_files_are_status_1(tmp_path):
    missing = tmp_path / "missing.parquet"
    assert run("pass", missing, status=1).stderr == f"passcurve: {missing}: No such file or directory\n"
    assert "no files match" in run("pass", tmp_path / "*.parquet", status=1).stderr
    assert "no Parquet files" in run("pass", tmp_path, status=1).stderr


@pytest.mark.parametrize("content", [b"", b"PAR1", b"not a log at all", b"PAR1" + b"\xff" * 8 + b"PAR1"])
def test_broken_files_are_status_1(tmp_path, content):
    path = tmp_path / "broken.parquet"
    path.write_bytes(content)
    for command in ("pass", "tally"):
        result = run(command, path, status=1)
        assert result.stderr.startswith(f"passcurve: {path}")


def test_a_broken_saved_tally_is_status_1(log, tmp_path):
    saved = tmp_path / "counts.parquet"
    pk.tally(log).write_parquet(saved)
    content = saved.read_bytes()
    saved.write_bytes(content[4:])
    assert run("pass", saved, status=1).stderr.startswith(f"passcurve: {saved}")


def test_an_output_that_cannot_be_written_is_status_1(log, tmp_path):
    for target in (tmp_path / "no" / "curve.csv", tmp_path / "folder.csv"):
        (tmp_path / "folder.csv").mkdir(exist_ok=True)
        assert str(tmp_path) in run("pass", log, "-o", target, status=1).stderr


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (pk.DataError("bad"), 1),
        (pk.MemoryLimitError("bad"), 1),
        (pk.InternalError("bad"), 1),
        (MemoryError("bad"), 1),
        (OSError("bad"), 1),
        (ValueError("bad"), 2),
        (TypeError("bad"), 2),
    ],
)
def test_errors_are_messages(log, monkeypatch, error, status):
    def fail(*args, **kwargs):
        raise error

    monkeypatch.setattr(pass_, "load", fail)
    assert run("pass", log, status=status).stderr == "passcurve: bad\n"


def test_a_memory_limit_is_status_1(log):
    assert "passcurve: " in run("tally", log, "--memory-limit", "1B", status=1).stderr


def test_an_interrupt_is_status_130(log, monkeypatch):
    def interrupt(*args, **kwargs):
        raise KeyboardInterrupt

    monkeypatch.setattr(pass_, "load", interrupt)
    assert run("pass", log, status=130).output == ""


def test_a_bug_is_not_hidden(log, monkeypatch):
    def fail(*args, **kwargs):
        raise KeyError("bug")

    monkeypatch.setattr(pass_, "load", fail)
    assert isinstance(run("pass", log, status=1).exception, KeyError)


@pytest.mark.parametrize(
    ("message", "options"),
    [
        ('say on_null="fail" or on_null="skip"', "say --on-null fail or --on-null skip"),
        ("say problem=: no column", "say --problem: no column"),
        ("row 3: c > n (problem='x', n=3, c=4)", "row 3: c > n (problem='x', n=3, c=4)"),
        ("say threshold= (a sample passes)", "say --threshold (a sample passes)"),
        ("rng= is an integer", "--seed is an integer"),
        ("columns sub_by= and by=", "columns sub_by= and --by"),
    ],
)
def test_messages_speak_in_options(message, options):
    assert errors.in_options(message) == options


# --- the process


def test_statuses_of_the_process(log, holed, tmp_path):
    done = process("pass", log, "-k", "1")
    assert (done.returncode, "Traceback" in done.stderr) == (0, False)
    assert "\x1b" not in done.stdout + done.stderr
    for args, status in (
        (["pass", holed], 1),
        (["pass", log, "--by", "x"], 2),
        (["pass", tmp_path / "no"], 1),
    ):
        failed = process(*args)
        assert (failed.returncode, failed.stdout) == (status, "")
        assert len(failed.stderr.splitlines()) == 1


def test_a_reader_that_goes_away_is_no_error(log):
    read, write = os.pipe()
    os.close(read)
    with os.fdopen(write, "wb") as closed:
        done = subprocess.run([*MAIN, "tally", str(log)], stdout=closed, stderr=subprocess.PIPE, text=True, check=False)
    assert (done.returncode, done.stderr) == (141, "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_is_status_1(log):
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [*MAIN, "tally", str(log), "--csv"], stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    assert done.returncode == 1
    assert done.stderr.startswith("passcurve: ")
    assert len(done.stderr.splitlines()) == 1


def test_without_the_extra_there_is_one_line():
    code = "import sys; sys.modules['typer'] = None; from passcurve.cli import main; main()"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "the command line needs the extra: pip install 'passcurve[cli]'\n"


def test_the_package_itself_needs_neither_typer_nor_rich():
    code = "import sys, passcurve, passcurve.cli; print({'typer', 'rich'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"


# --- help


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
        options.OnKGtN,
        options.Over,
    )
    for kind in kinds:
        assert ", ".join(get_args(kind)) in shown


def test_version():
    assert run("--version").stdout == f"passcurve {pk.__version__}\n"
