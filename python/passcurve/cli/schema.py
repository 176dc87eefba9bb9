"""`passcurve schema`: what --json prints, as JSON Schema."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Annotated, Any

import typer

from passcurve.cli import output as out

SUFFIX = "_document"
REFERENCE = "#/$defs/"


def load() -> dict[str, Any]:
    """The schema of all commands."""
    text = (files("passcurve.cli") / "schema.json").read_text(encoding="utf-8")
    content: dict[str, Any] = json.loads(text)
    return content


def commands() -> list[str]:
    """The commands that have a --json."""
    return [name.removesuffix(SUFFIX) for name in load()["$defs"] if name.endswith(SUFFIX)]


def of(command: str) -> dict[str, Any]:
    """The schema of one command, by itself."""
    whole = load()
    document = whole["$defs"][command + SUFFIX]
    used = _used(document, whole["$defs"])
    return {"$schema": whole["$schema"], **document, "$defs": {name: whole["$defs"][name] for name in sorted(used)}}


def schema(
    command: Annotated[
        str | None,
        typer.Argument(
            help="One command; all of them without it.",
            metavar="[COMMAND]",
            show_default=False,
            autocompletion=commands,
        ),
    ] = None,
) -> None:
    """Print the JSON Schema of what a command prints with --json.

    Each document names its schema and version, as passcurve.pass/1. The version rises when a key goes or changes its
    meaning; a key may be added without.
    """
    if command is not None and command not in commands():
        raise typer.BadParameter(f"{command!r} is not one of {', '.join(commands())}", param_hint="COMMAND")
    out.text(json.dumps(load() if command is None else of(command), indent=1) + "\n")


def _used(part: object, definitions: dict[str, Any]) -> set[str]:
    """The definitions that a part of a schema refers to, and those that they refer to."""
    if isinstance(part, list):
        return set().union(*(_used(item, definitions) for item in part))
    if not isinstance(part, dict):
        return set()
    found = set().union(*(_used(value, definitions) for value in part.values()))
    if "$ref" in part:
        name = part["$ref"].removeprefix(REFERENCE)
        found |= {name} | _used(definitions[name], definitions)
    return found
