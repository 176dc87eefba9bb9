"""alpha_k, the factor by which pass@k multiplies a problem's gradient, with the problems of the log on its curve."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl

from passcurve._plots.groups import thinned
from passcurve._requests import smallest
from passcurve.report import tables
from passcurve.report.markup import Markup
from passcurve.report.view import Section

if TYPE_CHECKING:
    from passcurve.report.view import View

KS = (2, 8, 32)
MOST_PANELS = 3
BINS = 10


def weights(view: View) -> Section | None:
    """Yu's Figure 1; none where n allows nothing but k = 1, whose weight is 1 everywhere."""
    n = smallest(view.frame)
    ks = sorted({*(k for k in KS if k <= n), view.asked.k} - {1})
    if n < 2 or not ks:
        return None
    kept = thinned(view.labels, MOST_PANELS)
    some = view.some(kept)
    how: Any = view.asked.of_one_k
    chart = some.plot("alpha", ks, on_k_gt_n=how)
    which = f" Of {len(view.labels)} groups, {'; '.join(kept)} are drawn." if len(kept) < len(view.labels) else ""
    caption = (
        "Solid: J_k = pass@k over the rate of success p. Dashed: alpha_k / k, the weight that a pass@k objective "
        "gives a problem (Yu, Figure 1). Each spot is the problems with one c and n, at c / n and their unbiased "
        f"alpha_k / k: the larger, the more problems.{which}"
    )
    name = "The weight alpha_k over the rate of success, with the problems of this log"
    numbers = _numbers(view, some.per_problem(ks, on_k_gt_n=how), ks)
    return Section("weights", "The weight alpha_k", view.figures.figure(chart, name, caption, numbers))


def _numbers(view: View, table: pl.DataFrame, ks: list[int]) -> Markup:
    """How many problems are in each tenth of p, and their mean weight."""
    inner = ((pl.col("c") / pl.col("n")) * BINS).floor().clip(0, BINS - 1).cast(pl.Int64)
    place = pl.when(pl.col("c") == 0).then(-1).when(pl.col("c") == pl.col("n")).then(BINS).otherwise(inner)
    means = [pl.col("alpha_k").filter(pl.col("k") == k).mean().alias(f"\0alpha {k}") for k in ks]
    rows = (
        table.group_by([*view.by, place.alias("\0place")])
        .agg((pl.col("k") == ks[0]).sum().alias("\0problems"), *means)
        .sort([*view.by, "\0place"])
    )
    columns = [
        *(tables.names(name, rows[name], number=rows.schema[name].is_numeric()) for name in view.by),
        tables.names("c / n", map(_tenth, rows["\0place"])),
        tables.integers("problems", rows["\0problems"]),
        *(tables.numbers(f"mean alpha_{k}", rows[f"\0alpha {k}"]) for k in ks),
    ]
    return tables.table("Problems by their rate of success, with their mean weight", columns)


def _tenth(place: int) -> str:
    if place < 0:
        return "0"
    return "1" if place == BINS else f"{place / BINS:g} to {(place + 1) / BINS:g}"
