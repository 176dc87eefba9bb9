"""`passcurve convert`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from passcurve import _atomic
from passcurve._paths import forbid_overwriting
from passcurve.cli import notes
from passcurve.cli import options as opt
from passcurve.cli import output as out
from passcurve.cli.logs import chosen

NativeLogs = Annotated[
    list[str],
    typer.Argument(help="Files, globs or folders of a pipeline's log.", metavar="LOGS", show_default=False),
]
NativeFormat = Annotated[
    str, opt.option(opt.COUNTING, "Its format; docs/formats.md lists them.", "--format", metavar="WORD")
]
Target = Annotated[Path, opt.option(opt.OUTPUT, "The file to write: .parquet.", "-o", "--output", metavar="FILE")]


def convert(
    logs: NativeLogs,
    *,
    output: Target,
    format: NativeFormat = "auto",
    format_options: opt.FormatOptions = None,
    threshold: opt.Threshold = None,
    passing: opt.Passing = None,
    partial: opt.PartialPolicy = None,
) -> None:
    """Write the samples of a pipeline's own log as Parquet, one row each.

    The columns are dataset, model, step, problem, sample, correct, reward and answer, as far as the log says them, and
    source, the file; n and c where the log holds metrics and no verdicts. The log is streamed.
    """
    if output.suffix.lower() != ".parquet":
        raise typer.BadParameter(f"{output} must end in .parquet", param_hint="-o")
    from passcurve.readers._log import open_log
    from passcurve.readers._scan import frame_of

    log = open_log(
        logs,
        format,
        threshold=threshold,
        passing=tuple(passing or ()),
        skip_partial=partial == "skip",
        options=chosen(format_options),
    )
    forbid_overwriting(output, log.paths)
    with _atomic.replacing(output) as fresh:
        frame_of(log).sink_parquet(fresh)
    out.notes(notes.about_reading(log))
