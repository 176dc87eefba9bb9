"""docs/cli.md shows what is printed, and names every key of the JSON."""

import doctest
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from clitools import MAIN
from passcurve.cli import schema

PAGE = (Path(__file__).parent.parent / "docs" / "cli.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"^    \$ (.*)\n((?:    .*\n|\n(?=    (?!\$)))+)", PAGE, re.MULTILINE)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The log that the page makes, and a program called passcurve."""
    folder = tmp_path_factory.mktemp("page")
    block = PAGE.split("```python\n")[1].replace("Path(scratch.name, ", f"Path({str(folder)!r}, ")
    exec("".join(example.source for example in doctest.DocTestParser().get_examples(block)), {})
    program = folder / "bin" / "passcurve"
    program.parent.mkdir()
    program.write_text(f"#!/bin/sh\nexec {MAIN[0]} -c '{MAIN[2]}' \"$@\"\n")
    program.chmod(0o755)
    return folder


def test_there_are_examples():
    assert len(EXAMPLES) >= 5


@pytest.mark.parametrize(("command", "shown"), EXAMPLES)
def test_an_example_prints_what_is_shown(folder, command, shown):
    if "| jq" in command and shutil.which("jq") is None:
        pytest.skip("needs jq")
    env = {name: value for name, value in os.environ.items() if name not in {"COLUMNS", "FORCE_COLOR"}}
    env["PATH"] = f"{folder / 'bin'}:{env['PATH']}"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=True, cwd=folder, env=env)
    assert [line.removeprefix("    ") for line in shown.splitlines()] == done.stdout.splitlines()


def kind(part):
    """The type of a key, in words."""
    if "$ref" in part:
        return f"[{part['$ref'].rpartition('/')[2]}](#{part['$ref'].rpartition('/')[2]})"
    if "anyOf" in part:
        return " or ".join(map(kind, part["anyOf"][::-1]))
    if "const" in part or "enum" in part:
        return " or ".join(f'"{word}"' for word in part.get("enum", [part.get("const")]))
    if part["type"] == "array":
        return f"list of {kind(part['items'])}" if "prefixItems" not in part["items"] else "list of pairs"
    return part["type"] if isinstance(part["type"], str) else " or ".join(part["type"])


def table(part):
    """The keys of a document or a row, as the page has them."""
    lines = ["| key | type | |", "|---|---|---|"]
    for name, value in part["properties"].items():
        star = "" if name in part.get("required", part["properties"]) else "*"
        lines.append(f"| `{name}`{star} | {kind(value)} | {value['description']} |")
    return "\n".join(lines)


def tables():
    """The tables of all documents, and of what they are made of, by heading."""
    definitions = schema.load()["$defs"]
    found = {}
    for name, part in definitions.items():
        if "properties" in part:
            heading = part["properties"]["schema"]["const"] if name.endswith(schema.SUFFIX) else name
            found[heading] = table(part)
    return found


@pytest.mark.parametrize("heading", tables())
def test_every_key_is_described(heading):
    section = PAGE.partition(f"\n### {heading}\n")[2].partition("\n### ")[0].strip()
    assert section == tables()[heading]
