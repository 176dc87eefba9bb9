"""`passcurve merge`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from passcurve._choices import OnRepeat
from passcurve.cli import notes
from passcurve.cli import options as opt
from passcurve.cli import output as out

Shards = Annotated[
    list[str],
    typer.Argument(help="Saved tallies: files, globs or folders.", metavar="TALLIES", show_default=False),
]
Target = Annotated[Path, opt.option(opt.OUTPUT, "The file to write: .parquet.", "-o", "--output", metavar="FILE")]
Repeats = Annotated[
    OnRepeat,
    opt.option(opt.COUNTING, "A log that is in two tallies: error, count.", "--on-repeat", metavar="WORD"),
]


def merge(tallies: Shards, *, output: Target, on_repeat: Repeats = "error") -> None:
    """Add saved tallies up to one.

    Counts of equal keys add up, in any order of the tallies. Memory follows the result and not the number of tallies.
    """
    if output.suffix.lower() != ".parquet":
        raise typer.BadParameter(f"{output} must end in .parquet", param_hint="-o")
    from passcurve._merging import merge as merged

    tally = merged(tallies, on_repeat=on_repeat)
    tally.write_parquet(out.address(output))
    out.notes(notes.about_source(tally.provenance))
