"""`passcurve demo`: a synthetic log, and the main job on it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from passcurve.cli import options as opt


def demo(
    *,
    problems: Annotated[int, typer.Option(help="How many problems.", min=2, metavar="N")] = 500,
    samples: Annotated[int, typer.Option(help="How many samples most problems have.", min=16, metavar="N")] = 1024,
    seed: Annotated[int, typer.Option(help="Of the log's random numbers.", min=0, metavar="N")] = 0,
    keep: Annotated[
        Path | None,
        typer.Option(help="Write the log to this folder, new or empty, and leave it.", metavar="FOLDER"),
    ] = None,
    plots: Annotated[
        Path | None,
        typer.Option(help="Draw the run to this folder, as SVG and PNG; needs the extra report.", metavar="FOLDER"),
    ] = None,
    as_json: opt.Json = False,
) -> None:
    """Make a synthetic RLVR log, tally it, and say what its curves show.

    The log is a base model and four RL checkpoints, with uneven n and a few nulls; nothing is downloaded.
    """
    from passcurve.cli.demo_run import run

    run(problems=problems, samples=samples, seed=seed, keep=keep, plots=plots, as_json=as_json)
