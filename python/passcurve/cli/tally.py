"""`passcurve tally`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import polars as pl

from passcurve.cli import notes, tables
from passcurve.cli import options as opt
from passcurve.cli import output as out
from passcurve.cli.errors import in_options
from passcurve.cli.logs import load

if TYPE_CHECKING:
    from collections.abc import Callable

    from passcurve._answers import Mixed
    from passcurve.tally import Tally

FIRST_ROWS = 20
CONFIDENCE = 0.95


def count(
    logs: opt.Logs,
    *,
    by: opt.By = None,
    problem: opt.Problem = None,
    verdict: opt.Verdict = None,
    sample: opt.Sample = None,
    answer: opt.Answer = None,
    reward: opt.Reward = None,
    mixed: opt.MixedVerdicts = "error",
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

    With -o FILE.parquet the tally is saved, with the answers and rewards that are kept: pass reads it in place of
    the log, and the saved tallies of several logs add up. Where answers are kept, maj@k is printed too, and where
    rewards are, max@k.
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
        answer=answer,
        reward=reward,
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
        out.notes(notes.about_source(tally.provenance))
        return
    frame = tally.frame
    shown = frame if every else frame.head(FIRST_ROWS)
    out.show(tables.counts(shown, tally.by, tally.problem, out.width()))
    rest = frame.height - shown.height
    more = [f"... and {rest:,} more rows; --all prints them"] if rest else []
    tabled, said = _of_samples(tally, mixed, threads)
    if tabled:
        out.text("\n")
        table = pl.concat(tabled)
        out.show(tables.estimates(table, tally.by, CONFIDENCE, out.width()))
        said.insert(0, notes.about_estimates(table, CONFIDENCE))
    out.notes([*more, *said, *notes.about_source(tally.provenance)])


def _of_samples(tally: Tally, mixed: Mixed, threads: int | None) -> tuple[list[pl.DataFrame], list[str]]:
    """maj@k and max@k, as far as the tally keeps what they need; and why one of them is not there."""
    tabled: list[pl.DataFrame] = []
    said: list[str] = []
    asked: list[tuple[str, str | None, Callable[[], pl.DataFrame]]] = [
        ("maj@k", tally.answer, lambda: tally.maj_at_k(mixed=mixed, threads=threads)),
        ("max@k", tally.reward, lambda: tally.max_at_k(threads=threads)),
    ]
    for label, column, table in asked:
        if column is None or not len(tally):
            continue
        try:
            tabled.append(table())
        except ValueError as error:
            # The counts stand, and were asked for first.
            said.append(f"no {label}: {in_options(str(error))}")
    return tabled, said
