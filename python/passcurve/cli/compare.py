"""`passcurve compare`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from passcurve._told import SHOWN
from passcurve.cli import model_tables, notes
from passcurve.cli import options as opt
from passcurve.cli import output as out
from passcurve.cli.asked import AskedForData, reads_logs

if TYPE_CHECKING:
    from passcurve.compare import Comparison
    from passcurve.tally import Tally


@reads_logs
def compare(
    asked: AskedForData,
    *,
    a: opt.ModelA = None,
    b: opt.ModelsB = None,
    on: opt.On = None,
    unmatched: opt.UnmatchedProblems = "error",
    k: opt.Ks = None,
    on_k_gt_n: opt.PairedTooLargeK = "error",
    method: opt.PairedIntervalMethod = "auto",
    confidence_level: opt.Confidence = 0.95,
    over: opt.Target = "problems",
    cluster: opt.Cluster = None,
    n_resamples: opt.PairedResamples = 4_000,
    seed: opt.Seed = 0,
) -> None:
    """Compare the pass@k of models, problem by problem: differences, bands over k, and where curves cross.

    -a and -b are one pair, -a alone is that model against every other, and neither is all pairs.
    """
    opt.forbid_numbers(asked.logs, k)
    ks = opt.numbers(k)
    tally = asked.tally()
    with asked.stages() as begins:
        begins("comparing")
        comparison = tally.compare(
            value_of(tally, on, a),
            None if b is None else [value_of(tally, on, value) for value in b],
            on=on,
            k=ks,
            method=method,
            confidence_level=confidence_level,
            over=over,
            cluster=cluster,
            unmatched=unmatched,
            on_k_gt_n=on_k_gt_n,
            n_resamples=n_resamples,
            rng=seed,
            threads=asked.counting.threads,
        )
    if asked.data:
        tables = {"crossover": comparison.crossover, "verdicts": comparison.verdicts}
        asked.data.emit("compare", comparison.frame, tally.provenance, **tables, sentences=comparison.sentences)
    elif comparison.frame.is_empty():
        out.notes([notes.about_nothing(tally)])
    else:
        _print(comparison, confidence_level)
    out.notes(notes.about_source(tally.provenance))


def value_of(tally: Tally, on: str | None, text: str | None) -> Any:
    """The value of the column of models that is written so; the text itself where there is none."""
    column = tally.by[0] if on is None and len(tally.by) == 1 else on
    if text is None or column not in tally.by:
        return text
    return next((value for value in tally.frame[column].unique() if str(value) == text), text)


def _print(comparison: Comparison, confidence_level: float) -> None:
    frame, width = comparison.frame, out.width()
    names = frame.columns[: frame.columns.index("metric")]
    out.show(model_tables.differences(frame, names, confidence_level, width))
    out.text("\n")
    out.show(model_tables.crossings(comparison.crossover, names, confidence_level, width))
    out.text("\n")
    out.bullets(f"{sentence}." for sentence in comparison.sentences[:SHOWN])
    hidden = len(comparison.sentences) - SHOWN
    more = [f"... and {hidden:,} more sentences; --json prints them"] if hidden > 0 else []
    out.notes([*more, *notes.about_comparison(frame, confidence_level, len(comparison.sentences))])
