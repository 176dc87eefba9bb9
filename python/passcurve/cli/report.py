"""`passcurve report`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from passcurve._choices import OnKGtNOfReport
from passcurve.cli import notes
from passcurve.cli import options as opt
from passcurve.cli import output as out
from passcurve.cli.asked import Asked, counts_logs

SUFFIXES = (".html", ".htm")


@counts_logs
def write(
    asked: Asked,
    *,
    output: Annotated[
        Path, opt.option(opt.OUTPUT, "The page; one that is there is replaced.", "-o", "--output", metavar="FILE")
    ] = Path("report.html"),
    title: Annotated[str | None, opt.option(opt.OUTPUT, "Of the page.", "--title", metavar="TEXT")] = None,
    k: opt.Ks = None,
    diagnose_k: Annotated[
        int | None,
        opt.option(opt.ESTIMATING, "Draws of the diagnosis. Default: the largest k up to 8.", metavar="INTEGER"),
    ] = None,
    group_size: Annotated[
        int | None, opt.option(opt.ESTIMATING, "Samples of a training group. Default: as the diagnosis.", metavar="N")
    ] = None,
    along: Annotated[
        str | None,
        opt.option(opt.ESTIMATING, "The group of training steps. Default: step or checkpoint.", metavar="COLUMN"),
    ] = None,
    compare: Annotated[
        list[str] | None,
        opt.option(
            opt.ESTIMATING,
            "A group to compare, as base or base,0; repeat it. The first is what others are compared with.",
            metavar="GROUP",
        ),
    ] = None,
    on_k_gt_n: Annotated[
        OnKGtNOfReport, opt.option(opt.ESTIMATING, "Where k > n: error, drop or skip.", "--on-k-gt-n", metavar="WORD")
    ] = "error",
    method: opt.IntervalMethod = "auto",
    confidence_level: opt.Confidence = 0.95,
    over: opt.Target = "problems",
    cluster: opt.Cluster = None,
    seed: opt.Seed = 0,
) -> None:
    """Write one HTML page: tables, curves, comparison, diagnosis, problems, data quality and methods.

    The page is a single file that loads nothing from elsewhere. It needs the extra called report.
    """
    if output.suffix.lower() not in SUFFIXES:
        raise typer.BadParameter(f"{output} must end in {' or '.join(SUFFIXES)}", param_hint="-o")
    from passcurve.report import check

    opt.forbid_numbers(asked.logs, k)
    ks = opt.numbers(k)
    try:
        check()
    except ImportError as error:
        raise ValueError(str(error)) from None
    tally = asked.tally(output)
    tally.report(
        output,
        title=title,
        k=ks,
        diagnose_k=diagnose_k,
        group_size=group_size,
        along=along,
        compare=compare,
        method=method,
        confidence_level=confidence_level,
        over=over,
        cluster=cluster,
        on_k_gt_n=on_k_gt_n,
        rng=seed,
        threads=asked.counting.threads,
        progress=asked.watching.progress,
    )
    size = output.stat().st_size / 1e6 if output.is_file() else 0
    out.text(f"{output} ({size:.1f} MB)\n")
    out.notes(notes.about_source(tally.provenance))
