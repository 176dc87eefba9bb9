"""What the tests of the command line share."""

from __future__ import annotations

import math
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
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


def write_run(folder: Path) -> Path:
    """A log of two models at two steps whose samples are independent."""
    rng = np.random.default_rng(5)
    rates = {0: rng.beta(0.7, 1.0, 24), 100: rng.beta(1.0, 0.7, 24)}
    rows = [
        (model, step, f"p{problem:02d}", sample, bool(rng.random() < rate))
        for model in ("base", "rl")
        for step, of in rates.items()
        for problem, rate in enumerate(of)
        for sample in range(16)
    ]
    path = folder / "run.parquet"
    pl.DataFrame(rows, schema=["model", "step", "problem", "sample", "correct"], orient="row").write_parquet(path)
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


def as_json(frame: pl.DataFrame) -> list[dict[str, Any]]:
    """The rows of a frame, with null for what JSON has no number for."""
    return [
        {name: None if isinstance(value, float) and not math.isfinite(value) else value for name, value in row.items()}
        for row in frame.to_dicts()
    ]
