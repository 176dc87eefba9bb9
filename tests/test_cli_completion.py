"""Completion in bash, zsh and fish: the scripts, and the words."""

import os
import shutil
import subprocess
from typing import get_args

import pytest

from clitools import MAIN, run
from passcurve._choices import Method, PairedMethod
from passcurve.cli import options, schema
from passcurve.cli.app import app

COMMANDS = {command.name for command in app.registered_commands}


def script(shell, **env):
    """What --show-completion prints for a shell; which one runs is not looked for."""
    env = {**os.environ, "_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION": "1", **env}
    done = subprocess.run([*MAIN, "--show-completion", shell], capture_output=True, text=True, check=False, env=env)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def completed(line):
    """The words that bash is offered for the last word of a line."""
    words = line.split(" ")
    env = {**os.environ, "_PASSCURVE_COMPLETE": "complete_bash", "COMP_WORDS": line, "COMP_CWORD": str(len(words) - 1)}
    done = subprocess.run(MAIN, capture_output=True, text=True, check=False, env=env)
    assert done.stderr == ""
    return done.stdout.split()


@pytest.mark.parametrize(
    ("shell", "lines"),
    [
        ("bash", ["complete -o default -F _passcurve_completion passcurve", "_PASSCURVE_COMPLETE=complete_bash $1"]),
        ("zsh", ["#compdef passcurve", "compdef _passcurve_completion passcurve"]),
        ("fish", ["complete --command passcurve", "_PASSCURVE_COMPLETE=complete_fish"]),
    ],
)
def test_the_script_of_a_shell(shell, lines, tmp_path):
    text = script(shell)
    for line in lines:
        assert line in text
    program = shutil.which(shell)
    if program:
        path = tmp_path / "script"
        path.write_text(text)
        subprocess.run([program, "-n", path], check=True)


def test_bash_completes_with_it(tmp_path):
    """The script as bash runs it, with a program of this name on the path."""
    program = tmp_path / "passcurve"
    program.write_text(f"#!/bin/sh\nexec {MAIN[0]} -c '{MAIN[2]}'\n")
    program.chmod(0o755)
    test = (
        f"{script('bash')}\nCOMP_WORDS=(passcurve pass --method b) COMP_CWORD=3\n_passcurve_completion passcurve\n"
        'echo "${COMPREPLY[*]}"'
    )
    env = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"}
    done = subprocess.run(["bash", "-c", test], capture_output=True, text=True, check=False, env=env)
    assert done.stdout.split() == [word for word in get_args(Method) if word.startswith("b")]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("passcurve ", COMMANDS),
        ("passcurve co", {"compare", "convert"}),
        ("passcurve pass --on-null", {"--on-null", "--on-null-id"}),
        ("passcurve pass --metric ", set(options.METRICS)),
        ("passcurve pass --metric pass", {"pass_at_k", "pass_hat_k"}),
        ("passcurve compare --method ", set(get_args(PairedMethod))),
        ("passcurve tally --on-duplicate ", {"error", "agree", "first"}),
        ("passcurve schema ", set(schema.commands())),
        ("passcurve pass ", set()),
    ],
)
def test_words_are_completed(line, words):
    assert set(completed(line)) == words


@pytest.mark.parametrize(("shell", "start"), [("zsh", "_arguments '*: :(("), ("fish", "auto\nt\n")])
def test_words_for_the_other_shells(shell, start):
    env = {"_PASSCURVE_COMPLETE": f"complete_{shell}", "_TYPER_COMPLETE_ARGS": "passcurve pass --method "}
    env |= {"_TYPER_COMPLETE_FISH_ACTION": "get-args"}
    done = subprocess.run(MAIN, capture_output=True, text=True, check=False, env=os.environ | env)
    assert done.stdout.startswith(start)
    assert all(word in done.stdout for word in get_args(Method))


def test_help_names_both_options():
    shown = run("--help").stdout
    assert "--install-completion" in shown
    assert "--show-completion" in shown
