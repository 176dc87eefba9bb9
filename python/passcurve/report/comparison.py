"""Groups compared on the problems they share, and where their curves cross."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import polars as pl

from passcurve import _compare
from passcurve._matching import Models
from passcurve._plots.groups import thinned
from passcurve.cli import format as fmt
from passcurve.report import tables
from passcurve.report.markup import Markup, element, join, paragraphs
from passcurve.report.view import Section

if TYPE_CHECKING:
    from passcurve.report.view import View

MOST_PAIRS = 6
RESAMPLES = 4_000
WHO = {"a ahead": "ahead", "b ahead": "behind", "inconclusive": "undecided"}


def comparison(view: View) -> Section | None:
    """Differences from one group; none where there is one group, or no problem in common."""
    if len(view.labels) < 2:
        return None
    reference, others = _chosen(view)
    frame, key, on = view.labelled()
    problems = {
        label: set(part.select(key.problem).iter_rows())
        for (label,), part in frame.group_by(on)
        if label in {reference, *others}
    }
    apart = [label for label in others if problems[label].isdisjoint(problems[reference])]
    wanted = [(label, reference) for label in others if label not in apart]
    choice = _choice(view, reference, others)
    alone = f"{', '.join(apart)}: no problem in common with {reference}, so not compared." if apart else None
    if not wanted:
        return Section("comparison", "Comparison", join(element("p", alone, class_="note")))
    asked = view.asked
    words = _compare.Words(
        method="auto",
        confidence_level=asked.confidence_level,
        over=asked.over,
        cluster=asked.cluster,
        unmatched="drop",
        on_k_gt_n="skip" if asked.on_k_gt_n == "skip" else "drop",
        n_resamples=RESAMPLES,
        rng=asked.rng,
        threads=asked.threads,
    )
    found = _compare.compare(Models.of(frame, key, on), wanted, view.ks, words)
    several = f"Each line holds by itself; for all {len(wanted)} together look at the p-values after Holm."
    body = join(
        element("p", choice),
        paragraphs(found.sentences),
        element("p", several, class_="note") if len(wanted) > 1 else None,
        _chart(view, found.frame, on, reference),
        _differences(view, found.frame, on, reference),
        _crossings(found, on, reference),
        element("p", alone, class_="note") if alone else None,
    )
    return Section("comparison", "Comparison", body)


def _chosen(view: View) -> tuple[str, list[str]]:
    """The group that others are compared with, and the others."""
    if view.asked.compare is None:
        return view.labels[0], thinned(view.labels[1:], MOST_PAIRS)
    groups = [tuple(map(str, row)) for row in view.groups.iter_rows()]
    for group in view.asked.compare:
        if group not in groups:
            known = "; ".join(",".join(names) for names in thinned(groups, 20))
            raise ValueError(f"compare=: no group is {','.join(group)!r}; there are: {known}")
    reference, *others = (view.labels[groups.index(group)] for group in view.asked.compare)
    return reference, others or thinned([label for label in view.labels if label != reference], MOST_PAIRS)


def _choice(view: View, reference: str, others: list[str]) -> str:
    rest = len(view.labels) - 1 - len(others)
    some = f" {len(others)} of {len(others) + rest} others are shown; compare= chooses." if rest else ""
    what = "Differences of pass@k, problem by problem: " + (
        f"{others[0]} minus {reference}." if len(others) == 1 else f"each group minus {reference}."
    )
    return what + some


def _chart(view: View, frame: pl.DataFrame, on: str, reference: str) -> Markup | None:
    if frame["k"].n_unique() < 2:
        return None
    from passcurve.report.differences import chart  # noqa: PLC0415 (it needs Altair)

    level = fmt.level(view.asked.confidence_level)
    caption = f"Bands are {level} and hold for all k together: where one leaves out 0, the groups differ."
    shown = thinned(frame["k"].unique().sort().to_list(), 16)
    rows = frame.filter(pl.col("k").is_in(shown))
    columns = [
        tables.names("group", rows[f"{on}_a"]),
        tables.integers("k", rows["k"]),
        tables.estimates("difference", rows.select("difference", "band_lower", "band_upper", "method").iter_rows()),
        tables.integers("problems", rows["n_problems"]),
    ]
    numbers = tables.table("Differences with the band that holds for all k together", columns)
    drawn = chart(frame.rename({f"{on}_a": "\0who"}), reference)
    return view.figures.figure(drawn, f"Difference of pass@k from {reference} over k", caption, numbers)


def _differences(view: View, frame: pl.DataFrame, on: str, reference: str) -> Markup:
    ks = set(frame["k"])
    rows = frame.filter(pl.col("k").is_in([k for k in view.asked.shown if k in ks] or sorted(ks)[:1]))
    level = fmt.level(view.asked.confidence_level)
    columns = [
        tables.names("group", rows[f"{on}_a"]),
        tables.integers("k", rows["k"]),
        tables.numbers("pass@k", rows["a"]),
        tables.numbers(f"of {reference}", rows["b"]),
        tables.estimates("difference", rows.select("difference", "lower", "upper", "method").iter_rows()),
        tables.Column("p", list(map(tables.p_value, rows["p_value"]))),
        *(
            [tables.Column("p, Holm", list(map(tables.p_value, rows["p_holm"])))]
            if rows[f"{on}_a"].n_unique() > 1
            else []
        ),
        tables.integers("problems", rows["n_problems"]),
        *_unpaired(rows),
    ]
    return tables.table(f"Differences of pass@k from {reference}, with {level} intervals at each k", columns)


def _unpaired(rows: pl.DataFrame) -> list[tables.Column]:
    alone = rows.select(pl.sum_horizontal("n_only_a", "n_only_b")).to_series()
    return [tables.integers("unpaired", alone)] if alone.sum() else []


def _crossings(found: Any, on: str, reference: str) -> Markup | None:
    crossover = found.crossover.filter(~pl.col("status").str.starts_with("none: one k"))
    if not crossover.height:
        return None
    verdicts: dict[str, list[str]] = {}
    for row in found.verdicts.iter_rows(named=True):
        span = f"k = {row['k_from']}" if row["k_from"] == row["k_to"] else f"k = {row['k_from']} to {row['k_to']}"
        verdicts.setdefault(row[f"{on}_a"], []).append(f"{WHO.get(row['verdict'], row['verdict'])} at {span}")
    columns = [
        tables.names("group", crossover[f"{on}_a"]),
        tables.Column(
            "by the band", ["; ".join(verdicts.get(name, [])) for name in crossover[f"{on}_a"]], number=False
        ),
        tables.Column("crossings", crossover["status"].to_list(), number=False),
        tables.Column(
            "first at k", [_crossing(*row) for row in crossover.select("k_star", "lower", "upper", "k_max").iter_rows()]
        ),
    ]
    return tables.table(f"Where the curves cross that of {reference}", columns)


def _crossing(k: float | None, lower: float | None, upper: float | None, most: int) -> Markup:
    shown = "\N{EN DASH}" if k is None else f"{k:.2f}"
    interval = "" if lower is None or upper is None else _span(lower, upper, most)
    return join(element("span", shown, class_="estimate"), " ", element("span", interval, class_="interval"))


def _span(lower: float, upper: float, most: int) -> str:
    if math.isinf(lower):
        return f"above {most}"
    return f"{lower:.2f} to above {most}" if math.isinf(upper) else f"[{lower:.2f}, {upper:.2f}]"
