"""What goes wrong on the command line, and the statuses of the process."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import passcurve as pk
from clitools import MAIN, process, run, write_holed, write_log
from passcurve.cli import asked, errors


@pytest.fixture
def log(tmp_path):
    return write_log(tmp_path)


@pytest.fixture
def holed(tmp_path):
    return write_holed(tmp_path)


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
        (["-k", "1,x"], "'1,x' is not a list of integers such as 1,8,64"),
        (["-k", "1-8"], "'1-8' is not a list of integers such as 1,8,64"),
        (["-k", "1", "4"], "4 is no file; several k are one word: -k 1,4, not -k 1 4"),
        (["-k", "1,", "4,", "8"], "4, is no file; several k are one word: -k 1,4,8, not -k 1, 4, 8"),
        (["-k", "65"], "--on-k-gt-n"),
        (["--tau", "1"], "it goes with --metric g_pass_at_k"),
        (["--metric", "g_pass_at_k", "--tau", "a half"], "'a half' is not a list of numbers such as 0.5,0.75,1"),
        (["--metric", "g_pass_at_k", "--tau", "2"], "tau is in [0, 1], not 2.0"),
        (["--on-null", "nonsense"], "nonsense"),
        (["--method", "nonsense"], "nonsense"),
        (["--metric", "nonsense"], "'nonsense' is not one of pass_at_k, pass_hat_k, alpha_k"),
        (["--confidence-level", "95"], "--confidence-level is between 0 and 1, not 95.0; did you mean 0.95?"),
        (["--n-resamples", "0"], "--n-resamples"),
        (["--seed", "-1"], "--seed"),
        (["--threads", "0"], "--threads"),
        (["--memory-limit", "much"], "--memory-limit"),
        (["--cluster", "task"], "not 'task'; tally with it among them: --problem problem,task"),
        (["--by", "model", "--cluster", "model"], "--cluster names problem columns (problem), not 'model'"),
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
    assert "Value error" not in result.stderr


def test_a_number_that_is_a_file_is_read(log, monkeypatch):
    monkeypatch.chdir(log.parent)
    log.rename("4")
    run("pass", "-k", "1", "4")
    assert run("pass", "5", status=1).stderr == "passcurve: 5: No such file or directory\n"


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
    assert "no log files" in run("pass", tmp_path, status=1).stderr


@pytest.mark.parametrize("content", [b"", b"PAR1", b"not a log at all", b"PAR1" + b"\xff" * 8 + b"PAR1"])
def test_broken_files_are_status_1(tmp_path, content):
    path = tmp_path / "broken.parquet"
    path.write_bytes(content)
    for command in ("pass", "tally"):
        result = run(command, path, status=1)
        assert result.stderr.startswith(f"passcurve: {path}")


def test_a_broken_saved_tally_is_status_1(log, tmp_path):
    saved = tmp_path / "counts.parquet"
    pk.tally(log, by=[]).write_parquet(saved)
    content = saved.read_bytes()
    saved.write_bytes(content[4:])
    assert run("pass", saved, status=1).stderr.startswith(f"passcurve: {saved}")


def test_an_output_that_cannot_be_written_is_status_1(log, tmp_path):
    for target in (tmp_path / "no" / "curve.csv", tmp_path / "folder.csv"):
        (tmp_path / "folder.csv").mkdir(exist_ok=True)
        assert str(tmp_path) in run("pass", log, "-o", target, status=1).stderr


@pytest.mark.parametrize("command", ["pass", "tally"])
@pytest.mark.parametrize("target", ["log.parquet", "./log.parquet", "soft.parquet", "hard.parquet", "soft/log.parquet"])
@pytest.mark.parametrize("source", ["log.parquet", "l*.parquet", "."])
def test_an_output_never_replaces_a_log(log, monkeypatch, command, target, source):
    monkeypatch.chdir(log.parent)
    link = Path(target)
    if link.name == "soft.parquet":
        link.symlink_to(log)
    elif link.name == "hard.parquet":
        link.hardlink_to(log)
    elif link.parent.name == "soft":
        link.parent.symlink_to(log.parent)
    if source == "." and link.name != log.name:
        source = log
    before = log.read_bytes()
    result = run(command, source, "-o", target, status=2)
    assert "would overwrite a source of these counts" in result.stderr
    assert "log.parquet" in result.stderr
    assert "another name" in result.stderr
    assert log.read_bytes() == before
    assert Path(target).read_bytes() == before


def test_an_output_in_the_folder_that_is_read_replaces_none_of_its_logs(log, tmp_path):
    (tmp_path / "deep").mkdir()
    other = tmp_path / "deep" / "other.parquet"
    other.write_bytes(log.read_bytes())
    before = other.read_bytes()
    assert str(other) in run("tally", tmp_path, "-o", other, status=2).stderr
    assert other.read_bytes() == before
    # A file beside the logs that is not read may be replaced, and a new one may be made.
    notes = tmp_path / "counts.csv"
    for _ in range(2):
        run("tally", tmp_path, "-o", notes)
    assert notes.read_text().startswith("problem,n,c\n")


def test_a_log_is_refused_as_the_output_before_it_is_read(tmp_path):
    path = tmp_path / "log.parquet"
    path.write_text("not a log")
    assert "would overwrite" in run("pass", path, "-o", path, status=2).stderr


def test_a_saved_tally_is_not_replaced_either(log, tmp_path):
    saved = tmp_path / "counts.parquet"
    run("tally", log, "-o", saved)
    before = saved.read_bytes()
    assert str(saved) in run("pass", saved, "-k", "1", "-o", saved, status=2).stderr
    # Nor the log that its counts come from.
    assert str(log) in run("tally", saved, "-o", log, status=2).stderr
    assert saved.read_bytes() == before


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

    monkeypatch.setattr(asked, "load", fail)
    assert run("pass", log, status=status).stderr == "passcurve: bad\n"


def test_a_memory_limit_is_status_1(log):
    assert "passcurve: " in run("tally", log, "--memory-limit", "1B", status=1).stderr


def test_an_interrupt_is_status_130(log, monkeypatch):
    def interrupt(*args, **kwargs):
        raise KeyboardInterrupt

    monkeypatch.setattr(asked, "load", interrupt)
    assert run("pass", log, status=130).output == ""


def test_a_bug_is_not_hidden(log, monkeypatch):
    def fail(*args, **kwargs):
        raise KeyError("bug")

    monkeypatch.setattr(asked, "load", fail)
    assert isinstance(run("pass", log, status=1).exception, KeyError)


@pytest.mark.parametrize(
    ("message", "options"),
    [
        ('say on_null="fail" or on_null="skip"', "say --on-null fail or --on-null skip"),
        ("say problem=: no column", "say --problem: no column"),
        ("row 3: c > n (problem='x', n=3, c=4)", "row 3: c > n (problem='x', n=3, c=4)"),
        ("say threshold= (a sample passes)", "say --threshold (a sample passes)"),
        ("rng= is an integer", "--seed is an integer"),
        ("say problem=['a', 'b']", "say --problem a,b"),
        ("say problem=['a b', 'c']", "say --problem 'a b,c'"),
        ("columns sub_by= and by=", "columns sub_by= and --by"),
    ],
)
def test_messages_speak_in_options(message, options):
    assert errors.in_options(message) == options


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
