"""`passcurve doctor`: what is installed, what the machine has, and whether known answers come out."""

from __future__ import annotations

import json
from typing import Any

import typer
from rich.text import Text

from passcurve._memory import limit_of, usable_memory
from passcurve.cli import options as opt
from passcurve.cli import output as out
from passcurve.cli.machine import built, processor, threads, versions
from passcurve.cli.machine import platform as system

BAD = 1
UNITS = ("B", "KiB", "MiB", "GiB", "TiB")


def doctor(as_json: opt.Json = False) -> None:
    """Print versions, the machine and the limits that are taken, and try a few known answers.

    The status is 1 where one of them is wrong.
    """
    found = examine()
    if as_json:
        out.text(json.dumps({"schema": out.schema("doctor"), **found}, indent=1) + "\n")
    else:
        _print(found)
    if not found["ok"]:
        raise typer.Exit(BAD)


def examine() -> dict[str, Any]:
    """Everything that is printed."""
    from passcurve.cli.checks import CHECKS, problem_of

    problems = [{"name": name, "problem": problem_of(check)} for name, check in CHECKS.items()]
    return {
        "versions": versions(),
        "build": built(),
        "platform": system(),
        "cpu": processor(),
        "threads": threads(),
        "memory": {"usable": usable_memory(), "limit": limit_of(None, None)},
        "checks": [{"name": row["name"], "ok": row["problem"] is None, "problem": row["problem"]} for row in problems],
        "ok": all(row["problem"] is None for row in problems),
    }


def _print(found: dict[str, Any]) -> None:
    cpu, memory = found["cpu"], found["memory"]
    features = cpu["features"]
    rows = {
        **{name: version or "not installed" for name, version in found["versions"].items()},
        "build": found["build"] + ("" if found["build"] != "debug" else ": many times slower than it should be"),
        "platform": found["platform"],
        "processor": cpu["model"] or "unknown",
        "features": "unknown" if features is None else " ".join(features) or "none of those that matter",
        "threads": str(found["threads"]),
        "memory": f"{_size(memory['usable'])} usable; counts may take {_size(memory['limit'])}",
    }
    wide = max(map(len, rows)) + 2
    for name, value in rows.items():
        out.show(Text(f"{name:<{wide}}{value}"))
    out.text("\n")
    for check in found["checks"]:
        style, word = ("green", "ok") if check["ok"] else ("bold red", "WRONG")
        problem = "" if check["ok"] else f": {check['problem']}"
        out.show(Text.assemble((f"{word:<7}", style), f"{check['name']}{problem}"))


def _size(size: int | None) -> str:
    if size is None:
        return "unknown"
    value, unit = float(size), 0
    while value >= 1024 and unit < len(UNITS) - 1:
        value, unit = value / 1024, unit + 1
    return f"{value:.3g} {UNITS[unit]}" if value < 100 else f"{value:.0f} {UNITS[unit]}"
