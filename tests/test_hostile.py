"""Files that lie, are cut, or are odd: exact counts or an error with its place, and never a dead process."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

import hostile_cases

if TYPE_CHECKING:
    from pathlib import Path

FORMATS = {"parquet", "dir", "jsonl"}

BY_DESIGN = {
    # Only the Arrow schema that a writer may add says that these integers are durations, and it is not believed.
    "bad_verdict_type/duration.parquet": "a",
}

PLACES = (
    "encrypted",
    "line ",
    "byte ",
    "gzip",
    "row group",
    "column",
    "row ",
    "footer",
    "truncated",
    "empty",
    "Parquet",
    "bytes",
    "schema",
    "rows",
)


@pytest.fixture(scope="module")
def outcomes(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    folder = tmp_path_factory.mktemp("hostile")
    cases = hostile_cases.generate(shared / "tools" / "hostile.py", folder)
    cases = [case for case in cases if case["format"] in FORMATS]
    return list(zip(cases, hostile_cases.run(folder, cases), strict=True))


def test_every_file_is_counted_exactly_or_refused(outcomes: list[tuple[dict[str, Any], dict[str, Any]]]) -> None:
    verdicts = [(case, hostile_cases.verdict(case, outcome), outcome) for case, outcome in outcomes]
    wrong = [
        (case["file"], case["outcome"], verdict, outcome.get("error"))
        for case, verdict, outcome in verdicts
        if verdict not in hostile_cases.ALLOWED[case["outcome"]] + BY_DESIGN.get(case["file"], "")
    ]
    assert not wrong
    exact = Counter(verdict for case, verdict, _ in verdicts if case["outcome"] == "tally")
    assert exact["="] >= 175
    assert len(verdicts) > 900


def test_every_refusal_names_the_file_and_the_place(outcomes: list[tuple[dict[str, Any], dict[str, Any]]]) -> None:
    for case, outcome in outcomes:
        if outcome["what"] != "refused":
            continue
        name = case["file"] if case["format"] != "dir" else "shards/"
        assert name in outcome["error"], case["file"]
        assert any(place in outcome["error"].replace(name, "") for place in PLACES), outcome["error"]
