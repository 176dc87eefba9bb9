"""Where the counts come from, and what to know before they are trusted."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from passcurve._plots.groups import thinned
from passcurve.cli import format as fmt
from passcurve.report import tables
from passcurve.report.headline import MOST_ROWS, keys
from passcurve.report.markup import Markup, element, join, paragraphs
from passcurve.report.view import Section

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from passcurve.provenance import Provenance
    from passcurve.report.view import View

MOST_FILES = 200
FEW = 20
"""Below these an interval over problems is of little use."""
ROLES = ("problem", "verdict", "by", "sample", "answer", "reward")


def quality(view: View, warned: Sequence[str]) -> Section:
    """Findings, then the rows, files, policies and n behind them."""
    found = [*_of_counts(view), *_of_source(view.tally.provenance), *warned]
    nothing = element("p", "Nothing to warn of was found.")
    body = join(
        paragraphs(found) if found else nothing,
        _rows(view),
        _samples(view),
        _files(view.tally.provenance),
        _policies(view.tally.provenance),
    )
    return Section("quality", "Data quality", body)


def _of_counts(view: View) -> Iterator[str]:
    """What the counts themselves say."""
    n = view.frame["n"]
    least, most = _ends(n)
    if least < most:
        fewer = int((n < most).sum())
        yield (
            f"n is uneven: {least:,} to {most:,} samples a problem; {fewer:,} of {n.len():,} rows have fewer. "
            f"pass@k is unbiased for each n, and exists up to k = {least:,} for all problems."
        )
    if least == 1:
        yield "Some problems have one sample: nothing is known of pass@k beyond k = 1 there."
    sizes = view.frame.group_by(view.by, maintain_order=True).len("\0rows")["\0rows"] if view.by else None
    few = n.len() if sizes is None else _ends(sizes)[0]
    if few < FEW:
        where = "the smallest group" if view.by else "all"
        yield f"{_number(few, 'problem')} in {where}: intervals over problems are wide and rest on assumptions."
    problems = view.frame.select(view.problem).n_unique()
    if sizes is not None and few < problems:
        missing = int((sizes < problems).sum())
        lack = f"{_number(missing, 'group')} of {sizes.len():,} lack some of the {problems:,}"
        yield f"Groups have different problems: {lack}."
    without = view.passes.filter(pl.col("lower").is_null())
    for method, count in without["method"].value_counts(sort=True).sort("method").iter_rows():
        yield f"No interval for {_number(count, 'estimate')} of pass@k: {method.removeprefix('none: ')}."
    skipped = _ends(view.passes["n_skipped"])[1] if "n_skipped" in view.passes.columns else 0
    if skipped:
        yield f"Up to {_number(skipped, 'problem')} with n < k left out of an estimate."


def _of_source(source: Provenance) -> Iterator[str]:
    """What became of the rows of the log."""
    if _is_of_counts(source):
        yield "The counts were given as they are; what became of the rows of their log is not known here."
    for name in source.ungrouped:
        yield f"Column {name!r} looks like a group and is not in by=: its values are pooled."
    for name in source.unsampled:
        yield f"Column {name!r} looks like a sample's index and is not in sample=: duplicates were not looked for."
    if source.nulls:
        fate = {"fail": "counted as failed", "skip": "left out"}.get(source.policies.get("on_null", ""), "in the log")
        yield f"{_number(source.nulls, 'null verdict')}, {fate} ({_share(source.nulls, source.rows)} of the rows)."
    if source.null_ids:
        yield f"{_number(source.null_ids, 'row')} with a null id left out."
    if source.duplicates:
        yield f"{_number(source.duplicates, 'duplicate')} left out."
    for reason, count in source.left_out.items():
        yield f"{_number(count, 'record')} of the log that are no samples left out: {reason}."
    yield from (f"{note[:1].upper()}{note[1:]}." for note in source.notes)
    if source.partial_lines:
        yield f"{_number(source.partial_lines, 'cut line')} at the end of a file left out."
    if source.empty_problems:
        yield f"{_number(source.empty_problems, 'problem')} without samples, in no table."
    if source.other_verdicts:
        others = ", ".join(f"{text!r} ({count:,})" for text, count in source.other_verdicts)
        yield f"Verdicts that are not in passing= and count as failed: {others}."
    if source.ignored:
        ignored = fmt.listed(list(source.ignored))
        yield f"{_number(len(source.ignored), 'file')} in the folders ignored by their names: {ignored}."


def _rows(view: View) -> Markup:
    source = view.tally.provenance
    looked = "sample" in source.policies
    rows = {
        "rows read": f"{source.rows:,}",
        "null verdicts": f"{source.nulls:,}",
        "rows with a null id": f"{source.null_ids:,}",
        "duplicates": f"{source.duplicates:,}" if looked else "not looked for",
        "rows in no count": f"{source.refused:,}",
        "cut lines": f"{source.partial_lines:,}",
        "samples counted": f"{int(view.frame['n'].sum()):,}",
        "samples that passed": f"{int(view.frame['c'].sum()):,}",
    }
    if _is_of_counts(source):
        rows = {name: rows[name] for name in ("samples counted", "samples that passed")}
    columns = [tables.names("what", rows), tables.Column("number", list(rows.values()))]
    return tables.table("Rows of the log and what became of them", columns)


def _samples(view: View) -> Markup:
    measures = [
        pl.len().alias("\0problems"),
        pl.col("n").min().alias("\0least"),
        pl.col("n").median().alias("\0median"),
        pl.col("n").max().alias("\0most"),
        pl.col("n").sum().alias("\0n"),
        pl.col("c").sum().alias("\0c"),
    ]
    rows = view.frame.group_by(view.by, maintain_order=True).agg(measures) if view.by else view.frame.select(measures)
    rows = rows[thinned(range(rows.height), MOST_ROWS)]
    columns = [
        *keys(view, rows),
        tables.integers("problems", rows["\0problems"]),
        tables.integers("least n", rows["\0least"]),
        tables.Column("median n", [f"{value:,g}" for value in rows["\0median"]]),
        tables.integers("most n", rows["\0most"]),
        tables.integers("samples", rows["\0n"]),
        tables.integers("passed", rows["\0c"]),
    ]
    return tables.table("Samples a problem" + (", by group" if view.by else ""), columns)


def _files(source: Provenance) -> Markup | None:
    if not source.files:
        return None
    files = source.files[:MOST_FILES]
    columns = [
        tables.names("file", (file.path for file in files)),
        tables.Column("format", [file.format for file in files], number=False),
        tables.integers("bytes", [file.bytes for file in files]),
        tables.integers("rows", [file.rows for file in files]),
    ]
    rest = len(source.files) - len(files)
    more = element("p", f"and {rest:,} more files.", class_="note") if rest else None
    return join(tables.table(f"{_number(len(source.files), 'file')} read", columns), more)


def _policies(source: Provenance) -> Markup | None:
    if not source.policies or _is_of_counts(source):
        return None
    names = [
        *(name for name in ROLES if name in source.policies),
        *(name for name in source.policies if name not in ROLES),
    ]
    columns = [
        tables.names("word", names),
        tables.Column("value", [source.policies[name] for name in names], number=False),
    ]
    return tables.table("Columns and policies of the count", columns)


def _is_of_counts(source: Provenance) -> bool:
    return source.policies.get("source") == "counts"


def _ends(counts: pl.Series) -> tuple[int, int]:
    values = counts.to_numpy()
    return int(values.min()), int(values.max())


def _number(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.2%}" if whole else "none"
