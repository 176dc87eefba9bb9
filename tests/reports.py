"""What the tests of reports share."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path

import numpy as np
import polars as pl

import pages
import passcurve as pk
from passcurve.cli import format as fmt


def grouped(keys, problems=30, n=16):
    """Problems of each group, with the groups' columns given as name: values."""
    rng = np.random.default_rng(3)
    size = len(next(iter(keys.values())))
    columns = {name: [value for value in values for _ in range(problems)] for name, values in keys.items()}
    c = rng.binomial(n, rng.beta(0.4, 0.9, size * problems))
    frame = pl.DataFrame({**columns, "problem": [f"q{i:03}" for i in range(problems)] * size, "n": n, "c": c})
    return pk.Tally.from_counts(frame, by=list(keys))


def page(of, **words):
    """The page of a report, parsed."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "report.html")
        of.report(path, **words)
        return pages.read(path)


def figures(cell):
    """The numbers of a cell."""
    return [float(text) for text in re.findall(r"-?\d+\.?\d*(?:e-?\d+)?", cell.replace("\N{MINUS SIGN}", "-"))]


def shown(*values):
    """Numbers as a cell with an estimate and its interval has them."""
    estimate, *interval = values
    return [float(fmt.estimate(estimate)), *(float(fmt.estimate(value, 3)) for value in interval)]


def section(page, name):
    return page.one("section", id=name)


def nothing_amiss(whole):
    """What holds of every page."""
    ids = [node.attributes["id"] for node in whole.all() if "id" in node.attributes]
    assert len(set(ids)) == len(ids)
    assert len(list(whole.all("h1"))) == len(list(whole.all("main"))) == 1
    for link in whole.all("a"):
        assert link.attributes["href"].removeprefix("#") in ids
    for one in whole.all("table"):
        assert next(one.all("caption")).text
        heads = next(one.all("thead"))
        assert all(cell.attributes["scope"] == "col" for cell in heads.all("th"))
        assert all(cell.attributes["scope"] == "row" for cell in next(one.all("tbody")).all("th"))
        lengths = {len(row) for row in pages.rows(one)}
        assert len(lengths) == 1
        assert len(pages.rows(one)) > 1
    for figure in whole.all("figure"):
        assert next(figure.all("figcaption")).text
        assert len(list(figure.all("svg"))) == 2
        assert all(drawing.attributes["aria-label"] for drawing in figure.all("div", role="img"))
        assert len(list(figure.all("table"))) == 1
    for control in whole.one("form").all():
        if control.tag in ("input", "select"):
            assert next(whole.all("label", **{"for": control.attributes["id"]})).text
    for part in whole.all("section"):
        assert whole.one(id=part.attributes["aria-labelledby"]).text
        assert next(part.all("table"), None) or next(part.all("p"), None)
