"""The headline table, and the curves of pass@k."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from passcurve._plots.curve import TITLES, against_k
from passcurve._plots.groups import ROWS, thinned
from passcurve.cli import format as fmt
from passcurve.report import tables
from passcurve.report.markup import Markup, element, join
from passcurve.report.view import Section

if TYPE_CHECKING:
    from passcurve.report.tables import Column
    from passcurve.report.view import View

MOST_ROWS = 400
"""No table but that of the problems has more rows."""
MOST_CURVES = 12
MOST_HUES = 7
"""More words than this repeat a colour."""
MOST_KS = 16


def headline(view: View) -> Section:
    """Per group: pass@1 and pass@k with intervals, the problems and their n."""
    ks = [k for k in view.asked.shown if k in view.ks] or view.ks[:1]
    level, over = fmt.level(view.asked.confidence_level), view.asked.over
    kept = thinned(view.labels, MOST_ROWS)
    first = _of(view, kept).filter(k=view.asked.ks[0])
    columns = [*keys(view, first)]
    for k in ks:
        rows = _of(view, kept).filter(k=k)
        columns.append(tables.estimates(f"pass@{k}", _rows(view, first, rows)))
    columns += [
        tables.integers("problems", first["n_problems"]),
        tables.Column("n", [fmt.span(*bounds).replace("-", "\N{EN DASH}") for bounds in _bounds(view, kept)]),
    ]
    missing = view.asked.on_k_gt_n == "skip" and "n_skipped" in view.passes.columns
    skipped = " Problems with fewer samples than k are left out of that k." if missing else ""
    about = (
        f"Mean over problems of unbiased pass@k, with its {level} interval over {over}. n is how many samples a "
        f"problem has, the least and the greatest.{skipped}"
    )
    caption = f"pass@k of each group, with {level} intervals" if view.by else f"pass@k, with {level} intervals"
    return Section(
        "headline", "pass@k", join(element("p", about), tables.table(caption, columns), _left_out(view, kept))
    )


def curves(view: View) -> Section | None:
    """pass@k over k, a line a group; none where there is one k."""
    if len(view.ks) < 2:
        return None
    asked = view.asked
    several = _is_ordered(view) or len(view.by) > 1
    kept = thinned(view.labels, MOST_CURVES if several else MOST_HUES)
    drawn = _of(view, kept).filter(pl.col("k").is_in(thinned(view.ks, ROWS // MOST_CURVES)))
    # Not Tally.plot, which draws other resamples than the table has where there are any.
    chart = against_k(drawn, view.by, TITLES["pass_at_k"])
    lines = f"{len(kept)} of the {len(view.labels)} groups, evenly spaced: " if len(kept) < len(view.labels) else ""
    who = f"{lines}{'; '.join(kept)}. " if lines else ""
    bands = f"Bands are {fmt.level(asked.confidence_level)} intervals over {asked.over}, each for its own k."
    shown = thinned(view.ks, MOST_KS)
    table = _of(view, kept).filter(pl.col("k").is_in(shown))
    columns = [
        *keys(view, table),
        tables.integers("k", table["k"]),
        tables.estimates("pass@k", table.select("estimate", "lower", "upper", "method").iter_rows()),
        tables.Column("interval by", table["method"].to_list(), number=False),
        tables.integers("problems", table["n_problems"]),
    ]
    numbers = tables.table("The curves of pass@k in numbers", columns)
    figure = view.figures.figure(chart, "pass@k over k", f"{who}{bands}", numbers)
    return Section("curves", "Curves", figure)


def keys(view: View, table: pl.DataFrame) -> list[Column]:
    """The columns that name the group of a row."""
    return [tables.names(name, table[name], number=table.schema[name].is_numeric()) for name in view.by]


def _is_ordered(view: View) -> bool:
    return any(view.frame.schema[name].is_numeric() or view.frame.schema[name].is_temporal() for name in view.by)


def _of(view: View, labels: list[str]) -> pl.DataFrame:
    """The rows of some groups."""
    if len(labels) == len(view.labels):
        return view.passes
    wanted = set(labels)
    return view.passes.filter(pl.Series([view.label_of(row) in wanted for row in view.passes.iter_rows(named=True)]))


def _rows(
    view: View, first: pl.DataFrame, rows: pl.DataFrame
) -> list[tuple[float | None, float | None, float | None, str]]:
    """In the order of ``first``; a group may lack this k."""
    found = {view.label_of(row): row for row in rows.iter_rows(named=True)}
    names = ("estimate", "lower", "upper", "method")
    result = []
    for row in first.iter_rows(named=True):
        one = found.get(view.label_of(row))
        result.append((None, None, None, "none: k > n") if one is None else tuple(one[name] for name in names))
    return result


def _bounds(view: View, labels: list[str]) -> list[tuple[int, int]]:
    table = view.frame.group_by(view.by, maintain_order=True) if view.by else None
    least = pl.col("n").min().alias("least"), pl.col("n").max().alias("most")
    bounds = (table.agg(*least) if table is not None else view.frame.select(*least)).select("least", "most").rows()
    wanted = set(labels)
    return [pair for pair, label in zip(bounds, view.labels, strict=True) if label in wanted]


def _left_out(view: View, kept: list[str]) -> Markup | None:
    if len(kept) == len(view.labels):
        return None
    text = f"{len(kept):,} of the {len(view.labels):,} groups are shown, evenly spaced; Tally.pass_at_k has all."
    return element("p", text, class_="note")
