"""`passcurve plan`."""

from __future__ import annotations

from typing import Annotated

from passcurve.cli import model_tables, notes
from passcurve.cli import options as opt
from passcurve.cli import output as out
from passcurve.cli.asked import AskedForData, reads_logs
from passcurve.cli.compare import value_of

TARGET = "Target"

HalfWidth = Annotated[
    float | None,
    opt.option(TARGET, "Of the interval that is wanted, between 0 and 0.5.", "--half-width", metavar="NUMBER"),
]
Difference = Annotated[
    float | None,
    opt.option(
        TARGET,
        "To be found between two models: -a and -b, or one and --correlation.",
        "--difference",
        metavar="NUMBER",
    ),
]
Power = Annotated[float, opt.option(TARGET, "How likely the difference is to be found.", "--power", metavar="NUMBER")]
Correlation = Annotated[
    float | None,
    opt.option(
        opt.MODELS,
        "Between the two models' probabilities, where the pilot has one model.",
        "--correlation",
        metavar="NUMBER",
    ),
]
Sizes = Annotated[
    list[str] | None,
    opt.option(TARGET, "Samples a problem, as 8,16. Default: k, 2k, ... to the pilot's n.", "-n", metavar="INTEGERS"),
]
Problems = Annotated[
    int | None, opt.option(TARGET, "Problems, for half width. Default: the pilot's.", "--problems", metavar="N")
]


@reads_logs
def plan(
    asked: AskedForData,
    *,
    k: opt.PlannedKs,
    confidence_level: opt.Confidence = 0.95,
    cluster: opt.Cluster = None,
    half_width: HalfWidth = None,
    difference: Difference = None,
    power: Power = 0.8,
    n: Sizes = None,
    problems: Problems = None,
    a: opt.ModelA = None,
    b: opt.ModelB = None,
    on: opt.On = None,
    unmatched: opt.UnmatchedProblems = "error",
    correlation: Correlation = None,
) -> None:
    """Plan how many problems and samples the next run needs, with these logs as the pilot.

    The pilot needs 2k samples a problem. With -a and -b the plan is for their difference.
    """
    opt.forbid_numbers(asked.logs, k)
    ks, sizes = opt.numbers(k), opt.numbers(n, "-n")
    tally = asked.tally()
    with asked.stages() as begins:
        begins("planning")
        frame = tally.plan(
            ks or [],
            half_width=half_width,
            difference=difference,
            power=power,
            n=sizes,
            problems=problems,
            confidence_level=confidence_level,
            cluster=cluster,
            a=value_of(tally, on, a),
            b=value_of(tally, on, b),
            on=on,
            unmatched=unmatched,
            correlation=correlation,
            threads=asked.counting.threads,
        )
    if asked.data:
        asked.data.emit("plan", frame, tally.provenance)
    elif frame.is_empty():
        out.notes([notes.about_nothing(tally)])
    else:
        by = frame.columns[: frame.columns.index("metric")]
        out.show(model_tables.plans(frame, by, out.width()))
        out.notes(notes.about_plan(frame, confidence_level, problems))
    out.notes(notes.about_source(tally.provenance))
