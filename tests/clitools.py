"""What the tests of the command line share."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import polars as pl
from typer.testing import CliRunner

from passcurve.cli.app import app

BY = ["model", "step"]
MAIN = [sys.executable, "-c", "from passcurve.cli import main; main()"]


def verdicts(
    models: tuple[str, ...] = ("base", "rl"),
    steps: tuple[int, ...] = (0, 100),
    problems: int = 12,
    samples: int = 16,
) -> pl.DataFrame:
    rows = [
        (model, step, f"p{problem:02d}", sample, (sample * 7 + problem * 3 + step) % 16 < problem + step // 50)
        for model in models
        for step in steps
        for problem in range(problems)
        for sample in range(samples)
    ]
    return pl.DataFrame(rows, schema=["model", "step", "problem", "sample", "correct"], orient="row")


def write_log(folder: Path) -> Path:
    path = folder / "log.parquet"
    verdicts().write_parquet(path)
    return path


def write_holed(folder: Path) -> Path:
    """A log whose third row has no verdict."""
    path = folder / "holed.parquet"
    null = pl.when(pl.int_range(pl.len()) == 2).then(None).otherwise("correct").alias("correct")
    verdicts().with_columns(null).write_parquet(path)
    return path


def run(*args: object, status: int = 0, **env: str) -> Any:
    environment = {"COLUMNS": "80", "FORCE_COLOR": None, **env}
    result = CliRunner().invoke(app, [str(arg) for arg in args], env=environment, prog_name="passcurve")
    assert result.exit_code == status, result.output
    return result


def process(*args: object, **options: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*MAIN, *map(str, args)], capture_output=True, text=True, check=False, **options)
