"""The table of problems: compact data, and the first rows for a page without its script."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import polars as pl

from passcurve.report import tables
from passcurve.report.markup import Markup, clean, element, join
from passcurve.report.view import Section

if TYPE_CHECKING:
    from passcurve.report.view import View

MOST_ROWS = 400_000
"""Beyond these a page would be too large to open."""
PAGE = 25
ESCAPES = {ord("<"): "\\u003c", ord(">"): "\\u003e", ord("&"): "\\u0026"}
"""Of what could end the script element early, or begin a comment in it."""


def problems(view: View) -> Section:
    """One row a problem and group, to be sorted and filtered in the page."""
    frame = view.frame
    kept = frame.head(MOST_ROWS)
    more = frame.height - kept.height
    note = f"The first {kept.height:,} of {frame.height:,} rows, by key; Tally.per_problem has all." if more else None
    about = (
        "alpha_k is the factor by which a pass@k objective multiplies the gradient of the problem; signal is alpha_k "
        "times its rate of success, 0 where nothing is solved and where all is. Both are unbiased estimates."
    )
    body = join(
        element("p", about),
        element("p", note, class_="note") if note else None,
        _controls(view),
        element("div", _first(view, kept), id="problem-table"),
        element(
            "p",
            f"The first {min(PAGE, kept.height)} of {kept.height:,} rows.",
            class_="note",
            id="problem-status",
            role="status",
        ),
        element("div", id="problem-pages", hidden=True, class_="pages"),
        element("script", _json(_data(view, kept)), type="application/json", id="problem-data"),
    )
    return Section("problems", "Problems", body)


def _controls(view: View) -> Markup:
    """What the script brings to life; without it these are hidden."""
    ks = sorted({*view.ks, view.asked.k})
    options = [element("option", str(k), value=k, selected=k == view.asked.k) for k in ks]
    groups = [element("option", "all", value="")]
    groups += [element("option", label, value=number) for number, label in enumerate(view.labels)]
    return element(
        "form",
        _labelled(
            "Problems with", "find", element("input", type="search", id="find", autocomplete="off", spellcheck="false")
        ),
        _labelled("Group", "group", element("select", groups, id="group")) if len(view.labels) > 1 else None,
        _labelled("k", "k", element("select", options, id="k")),
        id="problem-controls",
        hidden=True,
        class_="controls",
        role="search",
        aria_label="Problems",
    )


def _labelled(text: str, name: str, control: Markup) -> Markup:
    return element("div", element("label", text, for_=name), control)


def _first(view: View, kept: pl.DataFrame) -> Markup:
    """The first rows, as the script will show them."""
    rows = kept.head(PAGE)
    k: int = view.asked.k
    table = type(view.tally).from_counts(rows, problem=view.problem, by=view.by).per_problem(k, on_k_gt_n="skip")
    found = rows.join(table, on=[*view.by, *view.problem], how="left", maintain_order="left")
    columns = [
        *(tables.names(name, rows[name], number=rows.schema[name].is_numeric()) for name in [*view.by, *view.problem]),
        tables.integers("n", rows["n"]),
        tables.integers("c", rows["c"]),
        tables.numbers("c / n", rows["c"] / rows["n"]),
        *(tables.numbers(title, found[name]) for title, name in _titles(k).items()),
    ]
    return tables.table(f"Problems, at k = {k}", columns)


def _titles(k: int) -> dict[str, str]:
    return {f"pass@{k}": "pass_at_k", f"alpha_{k}": "alpha_k", "signal": "signal"}


def _data(view: View, kept: pl.DataFrame) -> dict[str, Any]:
    """Columns of the rows. Values of a key are numbers of a list of texts, n and c are numbers; runs are told once."""
    sizes = kept.group_by(view.by, maintain_order=True).len("\0rows")["\0rows"].to_list() if view.by else [kept.height]
    groups = kept.select(view.by).unique(maintain_order=True).rows() if view.by else [()]
    return {
        "by": [{"name": clean(name), "number": view.frame.schema[name].is_numeric()} for name in view.by],
        "problem": [{"name": clean(name), "number": view.frame.schema[name].is_numeric()} for name in view.problem],
        "groups": [[_shown(value) for value in row] for row in groups],
        "rows": sizes,
        "keys": [_coded(kept[name]) for name in view.problem],
        "n": _runs(kept["n"]),
        "c": kept["c"].to_list(),
        "page": PAGE,
    }


def _coded(values: pl.Series) -> dict[str, Any]:
    """Distinct texts and, a row, the difference of its number from that of the row before."""
    texts = values.unique(maintain_order=True)
    number = pl.DataFrame({"value": values}).join(
        pl.DataFrame({"value": texts, "at": pl.arange(0, len(texts), eager=True)}),
        on="value",
        how="left",
        maintain_order="left",
    )["at"]
    return {"texts": [_shown(value) for value in texts], "steps": _runs(number.diff().fill_null(number.first()))}


def _runs(values: pl.Series) -> list[int]:
    """Value, length, value, length, ..."""
    runs = values.rle()
    return [number for row in zip(runs.struct.field("value"), runs.struct.field("len"), strict=True) for number in row]


def _shown(value: object) -> str:
    return clean(str(value))


def _json(data: dict[str, Any]) -> Markup:
    """JSON that nothing in it can turn into markup."""
    return Markup(json.dumps(data, separators=(",", ":")).translate(ESCAPES))
