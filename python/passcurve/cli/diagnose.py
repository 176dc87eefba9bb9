"""`passcurve diagnose`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from passcurve._told import SHOWN
from passcurve.cli import notes, run_tables
from passcurve.cli import options as opt
from passcurve.cli import output as out
from passcurve.cli.asked import AskedForData, reads_logs
from passcurve.cli.spelling import in_options

if TYPE_CHECKING:
    from collections.abc import Sequence

    from passcurve.diagnose import Diagnosis

GroupSize = Annotated[
    int | None, opt.option(opt.ESTIMATING, "Samples of a training group. Default: k.", "--group-size", metavar="N")
]
Along = Annotated[
    str | None,
    opt.option(opt.ESTIMATING, "The column of steps, one of --by: numbers or dates.", "--along", metavar="COLUMN"),
]


@reads_logs
def diagnose(
    asked: AskedForData,
    *,
    k: opt.OneK,
    group_size: GroupSize = None,
    along: Along = None,
    on_k_gt_n: opt.PairedTooLargeK = "error",
    confidence_level: opt.Confidence = 0.95,
    cluster: opt.Cluster = None,
) -> None:
    """Say what pass@k would teach on these problems, and whether it collapses to pass@1 along a run."""
    tally = asked.tally()
    with asked.stages() as begins:
        begins("diagnosing")
        diagnosis = tally.diagnose(
            k,
            group_size=group_size,
            along=along,
            confidence_level=confidence_level,
            cluster=cluster,
            on_k_gt_n=on_k_gt_n,
            threads=asked.counting.threads,
        )
    if asked.data:
        tables = {"intervals": diagnosis.intervals, "trends": diagnosis.trends}
        asked.data.emit("diagnose", diagnosis.frame, tally.provenance, **tables, sentences=diagnosis.sentences)
    else:
        _print(diagnosis, tally.by, along, confidence_level)
    out.notes(notes.about_source(tally.provenance))


def _print(diagnosis: Diagnosis, by: Sequence[str], along: str | None, confidence_level: float) -> None:
    frame, width = diagnosis.frame, out.width()
    out.show(run_tables.shares(frame, by, confidence_level, width))
    out.text("\n")
    out.show(run_tables.weights(frame, by, width))
    if diagnosis.trends is not None:
        out.text("\n")
        runs = [name for name in by if name != along]
        out.show(run_tables.trends(diagnosis.trends, runs, confidence_level, width))
    out.text("\n")
    out.bullets(map(in_options, diagnosis.sentences[:SHOWN]))
    hidden = len(diagnosis.sentences) - SHOWN
    more = [f"... and {hidden:,} more sentences; --json prints them"] if hidden > 0 else []
    out.notes([*more, *notes.about_diagnosis(frame, by, along)])
