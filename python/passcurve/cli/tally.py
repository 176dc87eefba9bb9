"""`passcurve tally`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from passcurve.cli import notes, tables
from passcurve.cli import options as opt
from passcurve.cli import output as out
from passcurve.cli.asked import AskedForData, reads_logs
from passcurve.cli.spelling import in_options

if TYPE_CHECKING:
    from collections.abc import Callable

    import polars as pl

    from passcurve._choices import Mixed
    from passcurve.tally import Tally

FIRST_ROWS = 20
CONFIDENCE = 0.95


@reads_logs
def count(
    asked: AskedForData,
    *,
    mixed: opt.MixedVerdicts = "error",
    every: Annotated[bool, opt.option(opt.OUTPUT, f"Print every row, not the first {FIRST_ROWS}.", "--all")] = False,
) -> None:
    """Count samples and passes per problem.

    With -o FILE.parquet the tally is saved, with the answers and rewards that are kept: pass reads it in place of
    the log, and the saved tallies of several logs add up. Where answers are kept, maj@k is printed too, and where
    rewards are, max@k.
    """
    tally = asked.tally()
    if asked.data:
        asked.data.emit("tally", tally, tally.provenance)
        out.notes(notes.about_source(tally.provenance))
        return
    frame = tally.frame
    shown = frame if every else frame.head(FIRST_ROWS)
    out.show(tables.counts(shown, tally.by, tally.problem, out.width()))
    rest = frame.height - shown.height
    more = [f"... and {rest:,} more rows; --all prints them"] if rest else []
    tabled, said = _of_samples(tally, mixed, asked.counting.threads)
    if tabled:
        import polars as pl

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
