"""docs/formats.md names every format, every option and what it may be."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import passcurve as pk
from native_logs import MAKERS, document
from passcurve.readers.formats import FORMATS

PAGE = (Path(__file__).parent.parent / "docs" / "formats.md").read_text(encoding="utf-8")
NATIVE = dict(MAKERS.values())


def table(heading: str) -> list[list[str]]:
    """The rows of the first table below a heading."""
    section = PAGE.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    rows = re.search(r"\n\|.*\n\|---.*\n((?:\|.*\n)+)", section)
    assert rows is not None, heading
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in rows[1].splitlines()]


def words(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


def test_every_format_has_a_row() -> None:
    rows = table("What is known")
    assert [words(row[0])[0] for row in rows if len(row) == 6] == list(dict.fromkeys(words(row[0])[0] for row in rows))
    assert {words(row[0])[0] for row in rows} == set(FORMATS)


def test_every_option_has_a_row() -> None:
    shown = [(words(format)[0], words(option)[0]) for format, option, _, _ in table("Options")]
    assert len(set(shown)) == len(shown)
    assert set(shown) == {(name, option) for name, format in FORMATS.items() for option in format.options}


@pytest.mark.parametrize("row", table("Options"), ids=lambda row: "".join(words(" ".join(row[:2]))))
def test_the_values_of_an_option(tmp_path: Path, row: list[str]) -> None:
    format, option = words(row[0])[0], words(row[1])[0]
    choices = FORMATS[format].choices.get(option)
    if choices is None:
        assert row[2].startswith(("a ", "one of")), row[2]
    else:
        assert words(row[2]) == list(choices)
    log = NATIVE[format](tmp_path).log
    if (format, option) == ("inspect", "value"):
        # It is of scores that are objects, of which this log has none.
        return
    # A value that the log, or the format, does not have: the error lists those that there are.
    with pytest.raises(ValueError, match=r"(with one of|there are|knows): \w"):
        pk.tally(log, format=format, format_options={option: "none such"})


def test_a_member_of_a_score(tmp_path: Path) -> None:
    score = {"scores": {"rubric": {"value": {"right": 1, "brief": 0}}}}
    header = {"version": 2, "status": "success", "eval": {"task": "t", "model": "m"}}
    log = document(tmp_path / "log.json", header | {"samples": [{"id": 1, "epoch": 1} | score]})
    for options in ({}, {"value": "none such"}):
        with pytest.raises(pk.DataError, match=r'say format_options=\{"value": ...\} with one of: right, brief'):
            pk.tally(log, format="inspect", format_options=options)
    assert pk.tally(log, format="inspect", format_options={"value": "right"}).frame["c"].to_list() == [1]


@pytest.mark.parametrize("format", FORMATS)
def test_an_option_that_is_none(tmp_path: Path, format: str) -> None:
    with pytest.raises(ValueError) as error:  # noqa: PT011
        pk.tally(NATIVE[format](tmp_path).log, format=format, format_options={"optoin": "x"})
    assert (
        str(error.value)
        == f"format_options= has 'optoin'; {format} leaves open: {', '.join(FORMATS[format].options) or 'none'}"
    )


def test_formats_with_a_threshold_of_their_own() -> None:
    own = {name for name, format in FORMATS.items() if format.threshold is not None}
    said = re.search(r"(`[^.]*) have a threshold of their own", PAGE)
    assert said is not None
    assert set(words(said[1])[-2:]) == own


def test_every_choice_is_an_option() -> None:
    for format in FORMATS.values():
        assert set(format.choices) <= set(format.options)
