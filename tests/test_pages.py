"""The shell sessions of the pages print what they show."""

import re
from pathlib import Path

import pytest

import passcurve as pk
from passcurve import demo
from sessions import run_examples, transcript

DOCS = Path(__file__).parent.parent / "docs"
PAGES = [page for page in sorted(DOCS.glob("*.md")) if "```console" in page.read_text(encoding="utf-8")]

OF_EXAMPLES = {"sources"}
"""Pages whose sessions read what their Python examples write."""


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_session_prints_what_it_shows(page, tmp_path):
    text = page.read_text(encoding="utf-8")
    shown = re.findall(r"```console\n.*?```", text, re.DOTALL)
    if page.stem in OF_EXAMPLES:
        run_examples(text, tmp_path)
    assert transcript(shown, tmp_path) == shown


def test_a_session_that_lies_is_seen(tmp_path):
    block = "```console\n$ false\n$ echo $?\n0\n```"
    assert transcript([block], tmp_path) == [block.replace("0\n", "1\n")]


def test_the_picture_is_the_one_that_the_page_draws(tmp_path):
    demo.generate(tmp_path / "log", problems=200, samples=64)
    chart = pk.tally(tmp_path / "log", by="step", on_null="fail").plot("pass_at_k", [1, 2, 4, 8, 16, 32])
    chart.save(tmp_path / "curve.svg")
    shown, drawn = (
        re.findall(r'aria-label="([^"]*)"', (folder / "curve.svg").read_text()) for folder in (DOCS, tmp_path)
    )
    assert len(shown) > 30
    assert shown == drawn
