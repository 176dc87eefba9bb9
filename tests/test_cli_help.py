"""--help: an example each that works, in 80 columns, with the options in order."""

import re
import shlex

import pytest

import passcurve as pk
from clitools import run, write_run
from native_logs import human_eval
from passcurve.cli.app import app

COMMANDS = [command.name for command in app.registered_commands]


def panels(shown):
    return re.findall(r"^╭─ ([\w ]+) ─", shown, re.MULTILINE)


@pytest.mark.parametrize("command", COMMANDS)
def test_help_is_readable_at_80_columns(command):
    shown = run(command, "--help").stdout
    lines = shown.splitlines()
    assert max(map(len, lines)) <= 80
    assert "…" not in shown
    assert run(command, "-h").stdout == shown
    example = [line.strip() for line in lines if "Example: " in line]
    assert len(example) == 1
    assert example[0].startswith(f"Example: passcurve {command}")
    assert "<bool>" not in shown


@pytest.mark.parametrize("command", COMMANDS)
def test_the_examples_work(command, tmp_path, monkeypatch):
    """On a log of models, steps and no nulls, in the folder that the example names."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "runs").mkdir()
    write_run(tmp_path / "runs")
    human_eval(tmp_path).log.rename("results.jsonl")
    (tmp_path / "shards").mkdir()
    pk.tally(tmp_path / "runs", by=["model", "step"]).write_parquet(tmp_path / "shards" / "0.parquet")
    example = re.search(r"Example: passcurve ([^╭]*)", run(command, "--help").stdout)
    assert example is not None
    words = shlex.split(example[1])
    if "-k" in words and "1,8,64" in words:
        words += ["--on-k-gt-n", "drop"]
    if command == "demo":
        words += ["--problems", "20", "--samples", "32"]
    assert "warning" not in run(*words).stderr


def test_options_are_in_order():
    assert panels(run("pass", "-h").stdout) == ["Arguments", "Estimating", "Counting", "Output"]
    assert panels(run("tally", "-h").stdout) == ["Arguments", "Estimating", "Counting", "Output"]
    assert panels(run("compare", "-h").stdout) == ["Arguments", "Models", "Estimating", "Counting", "Output"]
    assert panels(run("plan", "-h").stdout) == ["Arguments", "Estimating", "Target", "Models", "Counting", "Output"]
    for command in COMMANDS:
        last = run(command, "-h").stdout.rpartition("╭─ ")[2]
        assert last.count("--help") == 1
        assert panels(run(command, "-h").stdout)[-1] in {"Output", "Options"}


@pytest.mark.parametrize("command", ["pass", "tally", "compare", "diagnose", "plan"])
def test_commands_on_logs_share_their_options(command):
    def panel(name, of):
        return run(of, "-h").stdout.partition(f"╭─ {name} ─")[2].partition("╰")[0]

    assert panel("Counting", command) == panel("Counting", "pass")
    assert set(re.findall(r"--[\w-]+", panel("Output", command))) >= {"--json", "--csv", "--output", "--help"}
