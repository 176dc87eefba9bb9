"""Runs the shell sessions of a page: what follows `$ ` is a command, the rest is what it printed."""

from __future__ import annotations

import doctest
import os
import re
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from unittest.mock import patch

END = "\x1eend of output\x1e"


def transcript(blocks: list[str], folder: Path) -> list[str]:
    """The blocks with the output that their commands have in ``folder``, both streams in their order."""
    commands = [re.findall(r"^\$ (.*(?:\n> .*)*)$", block, re.MULTILINE) for block in blocks]
    script = ""
    for command in (command for block in commands for command in block):
        # The status is kept for `echo $?`.
        script += f"{re.sub(r'(?m)^> ', '', command)}\ns=$?; printf '{END}'; (exit $s)\n"
    environment = os.environ | {"PATH": f"{_commands(folder)}{os.pathsep}{os.environ['PATH']}", "COLUMNS": "80"}
    environment.pop("FORCE_COLOR", None)
    both = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    ran = subprocess.run(["bash"], input=script, cwd=folder, env=environment, text=True, check=False, **both)
    printed = iter(ran.stdout.split(END))
    return [
        "```console\n" + "".join(f"$ {command}\n{next(printed)}" for command in block) + "```" for block in commands
    ]


def run_examples(page: str, folder: Path) -> None:
    """Runs the Python examples of a page, which write what its sessions read, with ``folder`` for the temporary one."""
    kept = SimpleNamespace(name=str(folder), cleanup=lambda: None)
    names: dict[str, object] = {}
    with patch("tempfile.TemporaryDirectory", lambda: kept):
        for example in doctest.DocTestParser().get_examples(page):
            exec(compile(example.source, "page", "exec"), names)


def _commands(folder: Path) -> Path:
    # The command need not be on the path where tests run: a fresh clone has it in its .venv only.
    here = folder / ".bin"
    here.mkdir()
    for name, start in {"passcurve": " -c 'from passcurve.cli import main; main()'", "python": ""}.items():
        (here / name).write_text(f'#!/bin/sh\nexec "{sys.executable}"{start} "$@"\n', encoding="utf-8")
        (here / name).chmod(0o755)
    return here
