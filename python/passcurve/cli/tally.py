"""`passcurve tally`."""

from __future__ import annotations

from typing import Annotated

from passcurve.cli import notes, tables
from passcurve.cli import options as opt
from passcurve.cli import output as out
from passcurve.cli.logs import load

FIRST_ROWS = 20


def count(
    logs: opt.Logs,
    *,
    by: opt.By = None,
    problem: opt.Problem = None,
    verdict: opt.Verdict = None,
    sample: opt.Sample = None,
    threshold: opt.Threshold = None,
    passing: opt.Passing = None,
    failing: opt.Failing = None,
    on_null: opt.NullPolicy = None,
    on_null_id: opt.NullIdPolicy = None,
    on_duplicate: opt.DuplicatePolicy = None,
    partial: opt.PartialPolicy = None,
    threads: opt.Threads = None,
    memory_limit: opt.MemoryLimit = None,
    progress: opt.ShowProgress = None,
    every: Annotated[bool, opt.option(opt.OUTPUT, f"Print every row, not the first {FIRST_ROWS}.", "--all")] = False,
    as_json: opt.Json = False,
    as_csv: opt.Csv = False,
    output: opt.Output = None,
) -> None:
    """Count samples and passes per problem.

    With -o FILE.parquet the tally is saved: pass reads it in place of the log, and the saved tallies of
    several logs add up.
    """
    data = out.Data(as_json, as_csv, output)
    tally = load(
        logs,
        output,
        progress,
        by=by,
        problem=problem,
        verdict=verdict,
        sample=sample,
        threshold=threshold,
        passing=passing,
        failing=failing,
        on_null=on_null,
        on_null_id=on_null_id,
        on_duplicate=on_duplicate,
        partial=partial,
        threads=threads,
        memory_limit=memory_limit,
    )
    if data:
        data.emit("tally", tally, tally.provenance)
        return
    frame = tally.frame
    shown = frame if every else frame.head(FIRST_ROWS)
    out.show(tables.counts(shown, tally.by, tally.problem, out.width()))
    rest = frame.height - shown.height
    more = [f"... and {rest:,} more rows; --all prints them"] if rest else []
    out.notes([*more, *notes.about_source(tally.provenance)])
