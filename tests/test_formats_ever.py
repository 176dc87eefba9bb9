"""Every Eval Ever: a sample has a record for each result that it counts for, and scores that may be means."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import passcurve as pk
from native_logs import every_eval_ever, lines


def written(folder: Path, rows: list[tuple[str, str | None, float, bool | None]]) -> Path:
    """Records of samples: id, result, score, and what is correct."""
    record = json.loads(every_eval_ever(folder).log.read_text().splitlines()[0])
    made: list[dict[str, Any]] = [
        record | {"sample_id": name, "evaluation": {"score": score, "is_correct": correct}}
        | ({} if result is None else {"evaluation_result_id": result})
        for name, result, score, correct in rows
    ]  # fmt: skip
    return lines(folder / "x_samples.jsonl", made)


def test_of_several_results_one_is_said(tmp_path: Path) -> None:
    rows = [(name, result, float(ok), ok) for name, ok in (("1", True), ("2", False)) for result in ("em", "f1")]
    log = written(tmp_path, [*rows, ("3", None, 0.0, False)])
    with pytest.raises(pk.DataError, match=r'format_options=\{"result": ...\} with one of: em, f1'):
        pk.tally(log, format="every-eval-ever")
    t = pk.tally(log, format="auto", format_options={"result": "f1"})
    assert t.frame.select("problem", "n", "c").rows() == [("1", 1, 1), ("2", 1, 0)]
    assert t.provenance.left_out == {"of another result than f1": 3}
    with pytest.raises(pk.DataError, match="no record is of the result 'f2'; there are: em, f1"):
        pk.tally(log, format="every-eval-ever", format_options={"result": "f2"})


def test_a_second_result_far_down(tmp_path: Path) -> None:
    rows = [(f"{at}", result, 1.0, True) for result in ("em", "f1") for at in range(33_000)]
    log = written(tmp_path, rows)
    with pytest.raises(pk.DataError, match="with one of: em, f1"):
        pk.tally(log, format="every-eval-ever")
    assert len(pk.tally(log, format="every-eval-ever", format_options={"result": "f1"}).frame) == 33_000


def test_what_is_of_no_result_was_not_scored(tmp_path: Path) -> None:
    t = pk.tally(written(tmp_path, [("1", "em", 1.0, True), ("2", None, 0.0, False)]), format="every-eval-ever")
    assert (t.frame["problem"].to_list(), t.provenance.left_out) == (["1"], {"of no result": 1})


@pytest.mark.parametrize("correct", [True, False])
def test_means_are_no_verdicts(tmp_path: Path, correct: bool) -> None:
    log = written(tmp_path, [("1", "em", 1.0, True), ("1", "em", 0.75, correct)])
    with pytest.raises(pk.DataError, match=r"evaluation.score is 0.75 .* say threshold="):
        pk.tally(log, format="every-eval-ever")
    assert pk.tally(log, format="every-eval-ever", threshold=0.7).frame["c"].to_list() == [2]
    assert pk.tally(log, format="every-eval-ever", threshold=0.8).frame["c"].to_list() == [1]
    t = pk.tally(log, format="every-eval-ever", format_options={"verdict": "is_correct"})
    assert t.frame["c"].to_list() == [1 + correct]
    with pytest.raises(ValueError, match="knows: is_correct, score"):
        pk.tally(log, format="every-eval-ever", format_options={"verdict": "correct"})
