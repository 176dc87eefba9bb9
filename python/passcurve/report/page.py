"""The page, put together from its sections."""

from __future__ import annotations

import base64
import hashlib
import warnings
from importlib.resources import files
from typing import TYPE_CHECKING

from passcurve._warnings import warn
from passcurve.cli import format as fmt
from passcurve.report.comparison import comparison
from passcurve.report.headline import curves, headline
from passcurve.report.markup import Markup, element
from passcurve.report.methods import methods
from passcurve.report.problems import problems
from passcurve.report.quality import quality
from passcurve.report.training import training
from passcurve.report.view import View
from passcurve.report.weights import weights

if TYPE_CHECKING:
    from collections.abc import Callable

    from passcurve.report.asked import Asked
    from passcurve.report.view import Section
    from passcurve.tally import Tally


PARTS: dict[str, Callable[[View], Section | None]] = {
    "estimating": headline,
    "drawing curves": curves,
    "comparing": comparison,
    "diagnosing": training,
    "weighing problems": weights,
    "listing problems": problems,
}


def page(tally: Tally, asked: Asked, begins: Callable[[str], None]) -> str:
    """The whole document; ``begins`` is told of its parts."""
    view = View(tally, asked)
    made = []
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for part, section in PARTS.items():
            begins(part)
            made.append(section(view))
    begins("writing")
    told = list(dict.fromkeys(str(one.message) for one in caught if one.category is UserWarning))
    sections = [section for section in (*made, quality(view, told), methods(view)) if section is not None]
    for message in told:
        warn(message)
    return _document(view, sections)


def _document(view: View, sections: list[Section]) -> str:
    title = view.asked.title
    script = _asset("script.js")
    body = element(
        "body",
        element("a", "Skip to the content", href="#content", class_="skip"),
        element(
            "div",
            element("header", element("h1", title), element("p", _summary(view), class_="lead")),
            _contents(sections),
            element("main", (section.html() for section in sections), id="content"),
            class_="page",
        ),
        element("script", Markup(script)),
    )
    return f"<!DOCTYPE html>\n{element('html', _head(view, script), body, lang='en')}\n"


def _head(view: View, script: str) -> Markup:
    # Nothing is loaded, and no script runs but this one, whatever a log holds.
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    policy = (
        f"default-src 'none'; style-src 'unsafe-inline'; img-src data:; script-src 'sha256-{digest}'; "
        "base-uri 'none'; form-action 'none'"
    )
    inks = (
        f":root{{{view.figures.inks.css('light')}}}"
        f"@media screen and (prefers-color-scheme:dark){{:root{{{view.figures.inks.css('dark')}}}}}"
    )
    return element(
        "head",
        element("meta", charset="utf-8"),
        Markup(f'<meta http-equiv="Content-Security-Policy" content="{policy}">'),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="generator", content="passcurve"),
        element("link", rel="icon", href="data:,"),
        element("title", view.asked.title),
        element("style", Markup(_asset("style.css") + inks)),
    )


def _summary(view: View) -> str:
    problems, n = view.frame.select(view.problem).n_unique(), view.frame["n"]
    samples, passed = int(n.sum()), int(view.frame["c"].sum())
    groups = f" in {len(view.labels):,} groups ({', '.join(view.by)})" if view.by else ""
    span = fmt.span(int(n.to_numpy().min()), int(n.to_numpy().max())).replace("-", " to ")
    return (
        f"{problems:,} problem{'' if problems == 1 else 's'}{groups}, {samples:,} samples ({span} a problem), of which "
        f"{passed:,} passed ({passed / samples:.1%})."
    )


def _contents(sections: list[Section]) -> Markup:
    links = (element("li", element("a", section.title, href=f"#{section.id}")) for section in sections)
    return element("nav", element("ul", links), aria_label="Contents")


def _asset(name: str) -> str:
    return files("passcurve.report").joinpath("assets", name).read_text(encoding="utf-8")
