"""How the figures were made: formulas, intervals, versions and the call."""

from __future__ import annotations

import platform
from importlib.metadata import version
from typing import TYPE_CHECKING

import polars as pl

from passcurve.cli import format as fmt
from passcurve.provenance import VERSION
from passcurve.report import tables
from passcurve.report.markup import Markup, element, join
from passcurve.report.view import Section

if TYPE_CHECKING:
    from passcurve.report.view import View

METHODS = {
    "bca": "bias-corrected and accelerated bootstrap over problems, whose law is computed and not drawn (Efron 1987)",
    "beta": "of the beta law that has the moments of the mean, with 0.7 of a problem more at the end of the range",
    "percentile": "percentiles of the bootstrap over problems, whose law is computed",
    "basic": "the basic bootstrap over problems, whose law is computed",
    "lattice": "percentiles of the bootstrap with their atoms, as infinitely many resamples give them",
    "t": "Student's, on the values of the problems",
    "wilson": "Wilson's, for an effective number of problems",
    "gamma": "Fay and Feuer's gamma interval, half a step",
    "bayes": "the posterior under a beta-binomial law fitted to the problems",
    "bootstrap": "percentiles of resamples of the problems",
    "studentized": "the bootstrap of Student's ratio",
    "mover": "two gamma intervals joined by MOVER (Zou and Donner 2008)",
}
OVER = {
    "problems": "The benchmark is taken for a sample from a population of problems; the sampling noise is included.",
    "samples": "The problems are fixed, and only the samples would be others.",
}


def methods(view: View) -> Section:
    """What stands behind the page."""
    body = join(
        element("h3", "Estimates"),
        _formulas(),
        element("h3", "Intervals"),
        _intervals(view),
        element("h3", "Comparison and trends"),
        _paired(),
        element("h3", "This report"),
        _made(view),
    )
    return Section("methods", "Methods", body)


def _formulas() -> Markup:
    """Each as MathML, with what it is and where it is from."""
    passing = _binomials("n \N{MINUS SIGN} c", "k", "n", "k")
    weight = _binomials("n \N{MINUS SIGN} c", "k \N{MINUS SIGN} 1", "n", "k \N{MINUS SIGN} 1")
    signal = _binomials("n \N{MINUS SIGN} c", "k \N{MINUS SIGN} 1", "n \N{MINUS SIGN} 1", "k \N{MINUS SIGN} 1")
    power = _row("k", _raised(_row("(", "1", "\N{MINUS SIGN}", "p", ")"), _row("k", "\N{MINUS SIGN}", "1")))
    rate = element("mfrac", element("mi", "c"), element("mi", "n"))
    known = {
        "pass@k": (
            _formula("1", "\N{MINUS SIGN}", passing),
            "The probability that at least one of k samples passes, unbiased from n samples of which c passed (Chen et "
            "al. 2021), averaged over problems.",
        ),
        "alpha_k": (
            _formula(power, "\N{ALMOST EQUAL TO}", "k", weight),
            "The factor by which a pass@k objective multiplies the pass@1 gradient of a problem (Yu, eq. 7), unbiased.",
        ),
        "signal": (
            _formula("p", power, "\N{ALMOST EQUAL TO}", "k", rate, signal),
            "alpha_k times the rate of success p, unbiased.",
        ),
        "gap": (
            element("span", "pass@k \N{MINUS SIGN} pass@1", class_="formula"),
            "What several draws find beyond the first (Yu, eq. 19).",
        ),
    }
    rows = (
        join(element("dt", name), element("dd", formula, element("div", text)))
        for name, (formula, text) in known.items()
    )
    return element("dl", rows, class_="formulas")


def _formula(*parts: str) -> Markup:
    return element("span", element("math", _row(*parts), displaystyle="true"), class_="formula")


def _row(*parts: str) -> Markup:
    return element("mrow", (part if isinstance(part, Markup) else _atom(part) for part in parts))


def _atom(text: str) -> Markup:
    if len(text) > 1 and " " not in text:
        return element("mtext", text)
    if " " in text:
        return _row(*text.split())
    return element("mi" if text.isalpha() else "mn" if text.isdigit() else "mo", text)


def _raised(base: Markup, power: Markup) -> Markup:
    return element("msup", base, power)


def _binomials(upper: str, below: str, total: str, drawn: str) -> Markup:
    return element("mfrac", _upright(_binomial(upper, below)), _upright(_binomial(total, drawn)))


def _binomial(upper: str, lower: str) -> Markup:
    inner = element("mfrac", _atom(upper), _atom(lower), linethickness="0")
    return element("mrow", element("mo", "("), inner, element("mo", ")"))


def _upright(part: Markup) -> Markup:
    """As large as what is around it, and not as small as in a fraction."""
    return element("mstyle", part, displaystyle="false", scriptlevel="0")


def _intervals(view: View) -> Markup:
    asked = view.asked
    rows = (
        view.passes.filter(pl.col("lower").is_not_null())
        .group_by("method", "reason")
        .agg(pl.len().alias("rows"))
        .sort("rows", "method", descending=[True, False])
    )
    columns = [
        tables.names("method", rows["method"]),
        tables.Column("what it is", [METHODS.get(name, name) for name in rows["method"]], number=False),
        tables.Column(
            "why", [_why(asked.method, *row) for row in rows.select("method", "reason").iter_rows()], number=False
        ),
        tables.integers("estimates", rows["rows"]),
    ]
    clusters = f" Families of problems are told apart by {asked.cluster}." if asked.cluster else ""
    about = f"{fmt.level(asked.confidence_level)} intervals over {asked.over}. {OVER[asked.over]}{clusters}"
    found = tables.table("Intervals of pass@k", columns) if rows.height else None
    return join(element("p", about), found)


def _why(asked: str, method: str, reason: str | None) -> str:
    if reason is not None:
        return reason
    if asked != "auto":
        return "asked for"
    if method == "beta":
        return "the choice of auto where the spread rests on few problems"
    return "the choice of auto"


def _paired() -> Markup:
    return element(
        "p",
        "Groups are compared on the problems they share, by the differences of each problem; the band holds for all k "
        "together (Montiel Olea and Plagborg-M\N{LATIN SMALL LETTER O WITH STROKE}ller 2019), and p-values of several "
        "comparisons are adjusted after Holm. Curves cross where the difference changes sign, joined by straight lines "
        "in ln k. A trend is the mean of the straight lines of the problems that are there at every step.",
    )


def _made(view: View) -> Markup:
    versions = {
        "passcurve": VERSION,
        "counted by passcurve": view.tally.provenance.version or VERSION,
        "Python": platform.python_version(),
        "Polars": version("polars"),
        "Altair": version("altair"),
        "vl-convert": version("vl-convert-python"),
    }
    if versions["counted by passcurve"] == VERSION:
        del versions["counted by passcurve"]
    made = ", ".join(f"{name} {number}" for name, number in versions.items())
    words = f", {view.asked.call}" if view.asked.call else ""
    return join(
        element("p", "Made with ", made, "."),
        element(
            "p",
            "The call: ",
            element("code", f"t.report(path{words})"),
            f". k is {fmt.listed([str(k) for k in view.asked.ks], 16)}; the diagnosis has k = {view.asked.k}.",
        ),
    )
