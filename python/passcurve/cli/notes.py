"""The lines below a table: what the figures are, and which rows they come from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from passcurve._choices import STEPS
from passcurve.cli import format as fmt
from passcurve.cli.spelling import in_options

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    import polars as pl

    from passcurve.provenance import Provenance
    from passcurve.readers._log import Log
    from passcurve.tally import Tally

NULLS = {"fail": " counted as failed", "skip": " left out"}


def about_estimates(frame: pl.DataFrame, confidence_level: float) -> str:
    """Which estimates a table holds, and what their intervals are about."""
    metrics = ", ".join(frame["metric"].unique(maintain_order=True))
    methods = ", ".join(frame["method"].unique(maintain_order=True))
    over = ", ".join(frame["over"].unique(maintain_order=True))
    return f"{metrics}: mean over problems; {fmt.level(confidence_level)} interval over {over} ({methods})"


def about_dropped(frame: pl.DataFrame, ks: Iterable[int]) -> Iterator[str]:
    """Which ks have no row, or none in some groups, for being more than some problem's n."""
    rows = dict(frame.group_by("k").len().iter_rows())
    most = max(rows.values(), default=0)
    if gone := [k for k in ks if k not in rows]:
        yield f"k = {', '.join(map(str, gone))} left out: more than some problem's n"
    if some := [k for k in ks if 0 < rows.get(k, 0) < most]:
        yield f"k = {', '.join(map(str, some))} left out in some groups: more than some problem's n there"


def about_comparison(frame: pl.DataFrame, confidence_level: float, pairs: int) -> Iterator[str]:
    """What the columns of a comparison are, and what several pairs ask for."""
    methods = ", ".join(frame["method"].unique(maintain_order=True))
    over = ", ".join(frame["over"].unique(maintain_order=True))
    level = fmt.level(confidence_level)
    yield f"a, b: mean pass@k over shared problems; {level} interval over {over} ({methods}); band: for all k together"
    if "n_only_a" in frame.columns:
        alone = [int(frame[name].sum()) for name in ("n_only_a", "n_only_b")]
        if any(alone):
            yield "left out, summed over rows: problems in a only {:,}, in b only {:,}".format(*alone)
    if pairs > 1:
        yield f"each pair holds by itself; for all {pairs:,} together look at p_holm or p_bh in the data"


def about_diagnosis(frame: pl.DataFrame, by: Sequence[str], along: str | None) -> Iterator[str]:
    """What the columns of a diagnosis are."""
    import polars as pl

    k, group_size = frame.select("k", "group_size").row(0)
    low, high, least, most = frame.select(
        pl.col("n_problems").min(),
        pl.col("n_problems").max().alias("high"),
        pl.col("n_min").min(),
        pl.col("n_max").max(),
    ).row(0)
    yield f"over {fmt.span(low, high)} problems in each row, n {fmt.span(least, most)}"
    yield f"gap: pass@{k} - pass@1; mixed, all wrong, all correct: shares of training groups of {group_size}"
    yield f"signal: mean of alpha_{k} p; shared by: how many problems the weights alpha_{k} are as uneven as"
    if along is not None:
        yield f"change: mean over problems of straight lines from the first {along} to the last"
    for name in [name for name in by if along is None and name in STEPS]:
        yield f"--along {name} says what changes from the first {name} to the last"


def about_plan(frame: pl.DataFrame, confidence_level: float, problems: int | None) -> Iterator[str]:
    """What the columns of a plan are, and why some of its numbers are not there."""
    of = "as many problems as the pilot has" if problems is None else _count(problems, "problem")
    yield f"half width: of a {fmt.level(confidence_level)} interval with {of}; n: samples a problem"
    for note in frame["note"].drop_nulls().unique(maintain_order=True):
        yield f"note: {in_options(note)}"


def about_nothing(tally: Tally) -> str:
    """Why a table is empty."""
    if not len(tally):
        return "no problem is left: no row of the log is in a count"
    from passcurve._requests import smallest

    n = smallest(tally.frame)
    return f"no k is left: in every group some problem has fewer samples than each k (the smallest n is {n})"


def about_source(provenance: Provenance) -> Iterator[str]:
    """Files, rows, and what became of the rows that are in no count."""
    policies = provenance.policies
    roles = [
        f"{role}={policies[role]}" for role in ("problem", "verdict", "sample", "answer", "reward") if role in policies
    ]
    # A format says itself what its columns are; then these are ours.
    if roles and "format" not in policies:
        yield "columns: " + " ".join(roles)
    files = f"{_count(len(provenance.files), 'file')}, " if provenance.files else ""
    fate = NULLS.get(policies.get("on_null", ""), "") if provenance.nulls else ""
    ids = f", {_count(provenance.null_ids, 'null id')}" if provenance.null_ids else ""
    yield (
        f"{files}{_count(provenance.rows, 'row')}; {_count(provenance.nulls, 'null')}{fate}{ids}, "
        f"{_duplicates(provenance)}, {provenance.refused:,} left out"
    )
    for reason, count in provenance.left_out.items():
        yield f"{_count(count, 'record')} of the log left out: {reason}"
    yield from _folded(provenance.notes, [file.path for file in provenance.files])
    if provenance.partial_lines:
        yield f"{_count(provenance.partial_lines, 'cut line')} at the end of a file left out"
    by = policies.get("by", "").replace(", ", ",")
    for name in provenance.ungrouped:
        yield f"column {name!r} is not used; --by {by + ',' if by else ''}{name} keeps its groups apart"
    for name in provenance.unsampled:
        yield f"column {name!r} is not used; --sample {name} finds duplicates"
    if provenance.empty_problems:
        yield f"{_count(provenance.empty_problems, 'problem')} without samples, not in the table"
    if provenance.other_verdicts:
        others = [f"{text!r} ({count:,})" for text, count in provenance.other_verdicts]
        yield "verdicts that count as failed: " + fmt.listed(others, len(others))
    if provenance.ignored:
        yield f"{_count(len(provenance.ignored), 'file')} ignored: {fmt.listed(list(provenance.ignored))}"


def about_reading(log: Log) -> Iterator[str]:
    """What a reader of a pipeline's log read, left out and chose."""
    reading = log.reading
    yield f"{_count(len(log.paths), 'file')} of {log.format.name}, {_count(reading.rows, 'row')}"
    for reason, count in sorted(reading.left_out.items()):
        yield f"{_count(count, 'record')} of the log left out: {reason}"
    yield from _folded(reading.notes, log.paths)
    if reading.partial:
        yield f"{_count(reading.partial, 'cut record')} at the end of a file left out"
    if log.ignored:
        yield f"{_count(len(log.ignored), 'file')} ignored: {fmt.listed(list(log.ignored))}"


def _duplicates(provenance: Provenance) -> str:
    if "sample" in provenance.policies:
        return _count(provenance.duplicates, "duplicate")
    if "format" in provenance.policies:
        return "duplicates not looked for (this log has no index of samples)"
    return "duplicates not looked for (no --sample)"


def _folded(notes: Iterable[str], paths: Sequence[str]) -> Iterator[str]:
    """Notes, those that are the same for several files once."""
    files: dict[str, list[str]] = {}
    for note in notes:
        path = next((path for path in paths if note.startswith(f"{path}: ")), None)
        files.setdefault(note if path is None else note.removeprefix(f"{path}: "), []).extend([path] if path else [])
    for text, found in files.items():
        yield f"{_count(len(found), 'file')}: {text}" if len(found) > 1 else f"{found[0]}: {text}" if found else text


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
