"""The options of the command line, in the words of the Python face."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Any, TypeAlias, get_args

import typer

from passcurve._choices import (
    LABELS,
    SAMPLED_LABELS,
    Method,
    Mixed,
    OnDuplicate,
    OnKGtN,
    OnKGtNOrBeyond,
    OnNull,
    OnNullId,
    Over,
    PairedMethod,
    Partial,
    Unmatched,
)

COUNTING, ESTIMATING, MODELS, OUTPUT = "Counting", "Estimating", "Models", "Output"
METRICS = LABELS | SAMPLED_LABELS


def _names(values: list[str] | None) -> list[str] | None:
    if values is None:
        return None
    parts = [part.strip() for value in values for part in value.split(",")]
    if "" in parts:
        raise typer.BadParameter(f"an empty name in {', '.join(values)!r}")
    return parts


def _metrics(values: list[str]) -> list[str]:
    """The methods of a tally that estimate, by their names or as tables call them."""
    names = {label: name for name, label in METRICS.items()}
    found = [names.get(value, value) for value in values]
    for value in found:
        if value not in METRICS:
            raise typer.BadParameter(f"{value!r} is not one of {', '.join(METRICS)}")
    return found


def numbers(values: list[str] | None, flag: str = "-k") -> list[int] | None:
    """Values of k or n: an option given several times, or once with commas."""
    try:
        return None if values is None else [int(part) for value in values for part in value.split(",")]
    except ValueError:
        raise typer.BadParameter(
            f"{','.join(values or [])!r} is not a list of integers such as 1,8,64", param_hint=flag
        ) from None


def shares(values: list[str] | None, metrics: list[str]) -> list[float]:
    """Values of tau, one half if none is given."""
    if values is None:
        return [0.5]
    if "g_pass_at_k" not in metrics:
        raise typer.BadParameter("it goes with --metric g_pass_at_k", param_hint="--tau")
    try:
        return [float(part) for value in values for part in value.split(",")]
    except ValueError:
        raise typer.BadParameter(
            f"{','.join(values)!r} is not a list of numbers such as 0.5,0.75,1", param_hint="--tau"
        ) from None


def forbid_numbers(logs: list[str], ks: list[str] | None) -> None:
    """Fails where a k seems to have gone among the logs, as in -k 1 4."""
    strays = [log for log in logs if re.fullmatch(r"\d+(,\d+)*,?", log) and not Path(log).exists()]
    if ks and strays:
        words = [*ks, *strays]
        guess = ",".join(word.strip(",") for word in words)
        raise typer.BadParameter(
            f"{strays[0]} is no file; several k are one word: -k {guess}, not -k {' '.join(words)}", param_hint="-k"
        )


def option(panel: str, text: str, *flags: str, metavar: str | None = None) -> Any:
    """An option; one of columns takes them repeated or with commas."""
    callback = {"COLUMNS": _names, "METRIC": _metrics}.get(metavar or "")
    words = (lambda: list(METRICS)) if metavar == "METRIC" else None
    return typer.Option(
        *flags, help=text, metavar=metavar, rich_help_panel=panel, callback=callback, autocompletion=words
    )


def _choice(panel: str, text: str, words: Any, *flags: str) -> Any:
    # The words stand in the text: as a metavar they would take half the width of the help.
    return option(panel, f"{text}: {', '.join(get_args(words))}.", *flags, metavar="WORD")


Logs: TypeAlias = Annotated[
    list[str],
    typer.Argument(
        help="Parquet, Arrow or JSON Lines files, globs or folders; saved tallies; or - for standard input.",
        metavar="LOGS",
        show_default=False,
    ),
]
Columns: TypeAlias = list[str] | None

Metrics: TypeAlias = Annotated[
    list[str],
    option(ESTIMATING, f"What to estimate; repeat it for several: {', '.join(METRICS)}.", "--metric", metavar="METRIC"),
]
Ks: TypeAlias = Annotated[
    list[str] | None,
    option(
        ESTIMATING,
        "Draws, as 1,8,64. Default: powers of two up to the smallest n, and that n.",
        "-k",
        metavar="INTEGERS",
    ),
]
Taus: TypeAlias = Annotated[
    list[str] | None,
    option(
        ESTIMATING, "Shares of k that must pass, for g_pass_at_k, as 0.5,1. Default: 0.5.", "--tau", metavar="NUMBERS"
    ),
]
TooLargeK: TypeAlias = Annotated[
    OnKGtNOrBeyond,
    _choice(ESTIMATING, "Where k > n, drop k, skip problems or extrapolate", OnKGtNOrBeyond, "--on-k-gt-n"),
]
OneK: TypeAlias = Annotated[int, option(ESTIMATING, "The draws of pass@k.", "-k", metavar="INTEGER")]
PlannedKs: TypeAlias = Annotated[list[str], option(ESTIMATING, "Draws, as 1,8.", "-k", metavar="INTEGERS")]
PairedTooLargeK: TypeAlias = Annotated[
    OnKGtN, _choice(ESTIMATING, "Where k > n, drop k or skip problems", OnKGtN, "--on-k-gt-n")
]
MixedVerdicts: TypeAlias = Annotated[
    Mixed, _choice(ESTIMATING, "Samples of one answer with both verdicts, for maj@k", Mixed, "--mixed")
]
IntervalMethod: TypeAlias = Annotated[Method, _choice(ESTIMATING, "How the interval is made", Method, "--method")]
PairedIntervalMethod: TypeAlias = Annotated[
    PairedMethod, _choice(ESTIMATING, "How the interval is made", PairedMethod, "--method")
]
Confidence: TypeAlias = Annotated[
    float,
    option(ESTIMATING, "How sure the interval is, between 0 and 1.", "--confidence-level", metavar="NUMBER"),
]
Target: TypeAlias = Annotated[
    Over, _choice(ESTIMATING, "Uncertain about other problems, or other samples of these", Over, "--over")
]
Cluster: TypeAlias = Annotated[
    Columns,
    option(ESTIMATING, "Key columns that name families of problems.", "--cluster", metavar="COLUMNS"),
]
Resamples: TypeAlias = Annotated[
    int | None, option(ESTIMATING, "Resamples of the bootstrap or of an extrapolation.", "--n-resamples", metavar="N")
]
PairedResamples: TypeAlias = Annotated[
    int, option(ESTIMATING, "Resamples behind the band and the crossing.", "--n-resamples", metavar="N")
]
Seed: TypeAlias = Annotated[int, option(ESTIMATING, "Seed of the bootstrap.", "--seed", metavar="N")]

ModelA: TypeAlias = Annotated[
    str | None, option(MODELS, "One model: a value of the column of models.", "-a", metavar="VALUE")
]
ModelB: TypeAlias = Annotated[str | None, option(MODELS, "The other model.", "-b", metavar="VALUE")]
ModelsB: TypeAlias = Annotated[
    list[str] | None, option(MODELS, "The other; repeat it for several. Default: all others.", "-b", metavar="VALUE")
]
On: TypeAlias = Annotated[
    str | None,
    option(MODELS, "The column of models, where --by has several; the others are groups.", "--on", metavar="COLUMN"),
]
UnmatchedProblems: TypeAlias = Annotated[
    Unmatched, _choice(MODELS, "A problem of one model only", Unmatched, "--unmatched")
]

By: TypeAlias = Annotated[Columns, option(COUNTING, "Groups to tell apart, as model,step.", "--by", metavar="COLUMNS")]
Problem: TypeAlias = Annotated[
    Columns,
    option(COUNTING, "What names the problem. Default: by usual name.", "--problem", metavar="COLUMNS"),
]
Verdict: TypeAlias = Annotated[
    str | None, option(COUNTING, "Whether the sample passed. Default: by usual name.", metavar="COLUMN")
]
Sample: TypeAlias = Annotated[str | None, option(COUNTING, "The sample's index, to find duplicates.", metavar="COLUMN")]
Answer: TypeAlias = Annotated[
    str | None, option(COUNTING, "The final answer, kept for maj@k.", "--answer", metavar="COLUMN")
]
Reward: TypeAlias = Annotated[
    str | None, option(COUNTING, "A reward or score, kept for max@k.", "--reward", metavar="COLUMN")
]
Threshold: TypeAlias = Annotated[
    float | None, option(COUNTING, "A number passes when it is at least this.", metavar="NUMBER")
]
Passing: TypeAlias = Annotated[
    list[str] | None, option(COUNTING, "A string that passes; repeat it for several.", metavar="STRING")
]
Failing: TypeAlias = Annotated[
    list[str] | None, option(COUNTING, "A string that fails; any other is an error.", metavar="STRING")
]
NullPolicy: TypeAlias = Annotated[
    OnNull | None, _choice(COUNTING, "A null verdict (default error)", OnNull, "--on-null")
]
NullIdPolicy: TypeAlias = Annotated[
    OnNullId | None, _choice(COUNTING, "A row with a null id (default error)", OnNullId, "--on-null-id")
]
DuplicatePolicy: TypeAlias = Annotated[
    OnDuplicate | None,
    _choice(COUNTING, "A sample that comes twice (default error)", OnDuplicate, "--on-duplicate"),
]
PartialPolicy: TypeAlias = Annotated[
    Partial | None, _choice(COUNTING, "A JSON Lines file that ends within a line (default error)", Partial, "--partial")
]
Format: TypeAlias = Annotated[
    str | None,
    option(COUNTING, "A pipeline's own format, or auto; docs/formats.md lists them.", "--format", metavar="WORD"),
]
FormatOptions: TypeAlias = Annotated[
    list[str] | None,
    option(COUNTING, "What a format leaves open, as scorer=match.", "--format-option", metavar="NAME=VALUE"),
]
Threads: TypeAlias = Annotated[int | None, option(COUNTING, "Default: RAYON_NUM_THREADS, or all cores.", metavar="N")]
MemoryLimit: TypeAlias = Annotated[
    str | None,
    option(COUNTING, "The most that counts may take, as 4GiB. Default: half of the memory.", metavar="SIZE"),
]
ShowProgress: TypeAlias = Annotated[
    bool | None,
    option(OUTPUT, "A bar. Default: on a terminal, after 1.5 seconds.", "--progress/--no-progress", metavar=""),
]

Json: TypeAlias = Annotated[bool, option(OUTPUT, "Print JSON; passcurve schema describes it.", "--json", metavar="")]
Csv: TypeAlias = Annotated[bool, option(OUTPUT, "Print the rows as CSV.", "--csv", metavar="")]
Output: TypeAlias = Annotated[
    Path | None,
    option(OUTPUT, "Write a file and print no table: .parquet, .csv or .json.", "-o", "--output", metavar="FILE"),
]
