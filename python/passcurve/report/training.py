"""What pass@k would teach, and where there are steps, whether it collapses to pass@1."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from passcurve._plots.curve import TITLES, along_steps
from passcurve._plots.groups import ROWS, thinned
from passcurve.cli import format as fmt
from passcurve.report import tables
from passcurve.report.headline import MOST_ROWS, keys
from passcurve.report.markup import Markup, element, join, paragraphs
from passcurve.report.view import Section

if TYPE_CHECKING:
    from passcurve.diagnose import Diagnosis
    from passcurve.report.view import View

MOST_SENTENCES = 20
MOST_RUNS, MOST_KS = 4, 4
MOST_STEPS = 60
"""Rows of the numbers of the gap."""
TRENDS = {
    "pass_at_1": "pass@1",
    "pass_at_k": "pass@{k}",
    "gap": "gap",
    "informative": "mixed groups",
    "signal_mass": "signal",
    "alpha_mean": "mean alpha_{k}",
    "unsolved": "unsolved",
    "saturated": "saturated",
}


def training(view: View) -> Section:
    """The diagnosis: sentences, the gap over steps, trends, and a row a group."""
    asked = view.asked
    diagnosis = view.tally.diagnose(
        asked.k,
        group_size=asked.group_size,
        along=asked.along,
        confidence_level=asked.confidence_level,
        cluster=asked.cluster,
        on_k_gt_n=asked.of_one_k,
        threads=asked.threads,
    )
    said = diagnosis.sentences[-MOST_SENTENCES:] if asked.along else diagnosis.sentences[:MOST_SENTENCES]
    hidden = len(diagnosis.sentences) - len(said)
    body = join(
        _said(view, said),
        element("p", f"{hidden:,} more sentences are in Tally.diagnose.", class_="note") if hidden else None,
        _gap(view),
        _trends(view, diagnosis),
        _groups(view, diagnosis),
    )
    title = f"The gap and the signal along {asked.along}" if asked.along else "What pass@k would teach"
    return Section("training", title, body)


def _said(view: View, sentences: list[str]) -> Markup:
    """The sentences under the names that they begin with: of runs first, then of groups."""
    along = view.asked.along
    leads = [_lead(name, None) for name in view.groups.iter_rows(named=True)] if view.by else []
    runs = [_lead(name, along) for name in view.groups.iter_rows(named=True)] if along else []
    of: dict[str, list[str]] = {lead: [] for lead in sorted({*leads, *runs, ""}, key=len, reverse=True)}
    for sentence in sentences:
        lead = next(lead for lead in of if sentence.startswith(lead))
        of[lead].append(_capital(sentence.removeprefix(lead)))
    order = list(dict.fromkeys(["", *runs, *leads]))
    parts = (
        (element("h3", lead.removesuffix(": ")) if lead else None, paragraphs(of[lead])) for lead in order if of[lead]
    )
    return join(*(join(*part) for part in parts))


def _lead(name: dict[str, object], along: str | None) -> str:
    """What the sentences of a group begin with, or of a run where the column of steps is left out."""
    who = ", ".join(f"{column} {value}" for column, value in name.items() if column != along)
    return f"{who}: " if who else ""


def _capital(sentence: str) -> str:
    return sentence if sentence.startswith("pass@") else sentence[:1].upper() + sentence[1:]


def _gap(view: View) -> Markup | None:
    """pass@k - pass@1 over the steps."""
    along, asked = view.asked.along, view.asked
    ks = thinned([k for k in view.ks if k > 1], MOST_KS)
    if along is None or not ks or view.frame[along].n_unique() < 2:
        return None
    runs = [
        tuple(value for name, value in zip(view.by, row, strict=True) if name != along)
        for row in view.groups.iter_rows()
    ]
    distinct = list(dict.fromkeys(runs))
    kept = thinned(distinct, MOST_RUNS)
    labels = [label for label, run in zip(view.labels, runs, strict=True) if run in set(kept)]
    words = {**asked.interval, "rng": asked.rng, "threads": asked.threads}
    rows = view.some(labels).pass_gap(ks, **words)
    steps = rows[along].unique().sort().to_list()
    drawn = rows.filter(pl.col(along).is_in(thinned(steps, ROWS // (MOST_RUNS * MOST_KS))))
    chart = along_steps(drawn, view.by, along, TITLES["gap"])
    rows = rows.filter(pl.col(along).is_in(thinned(steps, max(2, MOST_STEPS // len(ks)))))
    columns = [
        *keys(view, rows),
        tables.integers("k", rows["k"]),
        tables.estimates(
            "pass@k \N{MINUS SIGN} pass@1", rows.select("estimate", "lower", "upper", "method").iter_rows()
        ),
    ]
    numbers = tables.table(f"The gap along {along} in numbers", columns)
    fewer = f" {len(kept)} of {len(distinct)} runs are drawn." if len(kept) < len(distinct) else ""
    caption = (
        f"The gap pass@k \N{MINUS SIGN} pass@1, with {fmt.level(asked.confidence_level)} intervals over {asked.over}. "
        f"One that falls while pass@k falls is a collapse; one that falls while pass@1 rises to pass@k is not.{fewer}"
    )
    return view.figures.figure(chart, f"The gap of pass@k and pass@1 along {along}", caption, numbers)


def _trends(view: View, diagnosis: Diagnosis) -> Markup | None:
    rows = diagnosis.trends
    if rows is None or not rows.height:
        return None
    along, k = view.asked.along, view.asked.k
    rows = rows.head(MOST_ROWS)
    runs = [name for name in view.by if name != along]
    columns = [
        *(tables.names(name, rows[name], number=rows.schema[name].is_numeric()) for name in runs),
        tables.names("measure", [TRENDS[name].format(k=k) for name in rows["measure"]]),
        tables.estimates("change", rows.select("change", "lower", "upper", "method").iter_rows()),
        tables.Column("p", list(map(tables.p_value, rows["p_value"]))),
        tables.integers("problems", rows["n_problems"]),
    ]
    level = fmt.level(view.asked.confidence_level)
    caption = f"Change from the first {along} to the last, of each problem's straight line, with {level} intervals"
    return tables.table(caption, columns)


def _groups(view: View, diagnosis: Diagnosis) -> Markup:
    rows, k = diagnosis.frame, view.asked.k
    kept = thinned(range(rows.height), MOST_ROWS)
    rows = rows[kept]
    size = view.asked.group_size or k
    columns = [*keys(view, rows)]
    if k > 1:
        gaps = diagnosis.intervals.filter(measure="gap")[kept].select("estimate", "lower", "upper", "method")
        columns.append(tables.estimates(f"gap of pass@{k}", gaps.iter_rows()))
    columns += [tables.numbers("unsolved", rows["unsolved"], 3), tables.numbers("saturated", rows["saturated"], 3)]
    about = "Unsolved and saturated: shares of problems with no correct sample and with nothing but correct ones."
    if size > 1:
        columns.append(tables.numbers("mixed", rows["informative"], 3))
        about += f" Mixed: the probability that a training group of {size} holds both."
    if k > 1:
        columns += [
            tables.numbers(f"mean alpha_{k}", rows["alpha_mean"], 3),
            tables.numbers("shared by", rows["alpha_ess"], 1),
            tables.numbers("signal", rows["signal_mass"], 3),
        ]
        about += (
            f" Shared by: how many problems with equal parts of the weight alpha_{k} would be as uneven (Kish)."
            " Signal: the mean of alpha_k times the rate of success."
        )
    columns.append(tables.integers("problems", rows["n_problems"]))
    caption = f"Weight and signal at k = {k}" + (", a row a group" if view.by else "")
    return join(tables.table(caption, columns), element("p", about, class_="note"))
