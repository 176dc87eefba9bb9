"""Formats of a user's own whose ways do not fit each other, and what `mend=` may give."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest

import passcurve as pk
from native_logs import lines


def own(**said: Any) -> pk.Format:
    return pk.Format(**{"name": "own", "problem": "q", "verdict": "ok"} | said)


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"verdict": "runs[].oks[]", "answer": "runs[].answer"}, "1 of .* 2; they must be as many"),
        ({"verdict": "oks[]", "sample": "seed"}, "sample= is one for a record"),
        ({"verdict": "oks[]", "path": r"s(?P<sample>\d)"}, "sample= is one for a record"),
        ({"rows": "{}{}", "problem": "@key", "model": "@key"}, "problem and model are both '@key'"),
        ({"rows": "[][]", "problem": "@index", "sample": "@index"}, "problem and sample are both '@index'"),
        ({"problem": "@order"}, "is no problem"),
        ({"path": "("}, "is no regular expression"),
        ({"path": r"(?P<seed>\d)"}, "path= has a group 'seed'; groups are model, step"),
    ],
)
def test_ways_that_do_not_fit(said: dict[str, Any], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        own(**said)


def test_one_word_is_no_list_of_letters(tmp_path: Path) -> None:
    log = lines(tmp_path / "a.jsonl", [{"q": 1, "ok": "pass"}, {"q": 1, "ok": "fail"}])
    assert pk.tally(log, format=own(passing="pass", failing="fail", suffixes=".jsonl")).frame.rows() == [(1, 2, 1)]
    with pytest.raises(pk.DataError, match="the verdicts of own are 'pass', 'f'"):
        pk.tally(log, format=own(passing="pass", failing="f"))


def test_a_key_with_brackets_is_no_list(tmp_path: Path) -> None:
    log = lines(tmp_path / "a.jsonl", [{"q": 1, "ok[]": True}])
    assert pk.tally(log, format=own(verdict='"ok[]"')).frame.rows() == [(1, 1, 1)]


@pytest.mark.parametrize(
    "made",
    [
        pl.col("ok") == "[1]",
        (pl.col("ok") == "[1]").cast(pl.Int8),
        (pl.col("ok") == "[1]").cast(pl.Float64),
        pl.when(pl.col("ok") == "[1]").then(pl.lit('"pass"')).otherwise(pl.lit('"x"')),
    ],
)
def test_verdicts_that_are_made(tmp_path: Path, made: pl.Expr) -> None:
    log = lines(tmp_path / "a.jsonl", [{"q": 1, "ok": [1]}, {"q": 1, "ok": [2]}])
    format = own(
        verdict="", also={"ok": ("ok", "json")}, passing="pass", mend=lambda f, _: f.with_columns(verdict=made)
    )
    assert pk.tally(log, format=format).frame.rows() == [(1, 2, 1)]


def test_what_mend_must_give(tmp_path: Path) -> None:
    log = lines(tmp_path / "a.jsonl", [{"q": 1, "ok": True}])
    with pytest.raises(TypeError, match="mend= returns a frame, not NoneType"):
        pk.tally(log, format=own(mend=lambda *_: None))
    with pytest.raises(pk.DataError, match=r"a\.jsonl: the verdict pass is no JSON"):
        pk.tally(log, format=own(mend=lambda f, _: f.with_columns(verdict=pl.lit("pass"))))


@pytest.mark.parametrize("key", ["é", "a\nb", 'a"b', "a\\b", "a.b[0]", "日本"])
def test_keys_of_any_letters(tmp_path: Path, key: str) -> None:
    row = {"input": "i", "output": "o", "gts": "1", "score": 1.0, "step": 1, "acc": True, key: 5}
    t = pk.tally(lines(tmp_path / "1.jsonl", [row]), format="verl", format_options={"problem": key})
    assert t.frame.rows() == [(1, 5, 1, 1)]
    doc = {"doc_id": 0, "resps": [["a"]], "filter": "none", "filtered_resps": ["a"], "metrics": [key], key: 1.0}
    log = lines(tmp_path / "m" / "samples_x_2026-01-21T03-44-18.458309.jsonl", [doc])
    assert pk.tally(log, format="lm-eval").frame.rows() == [("x", "m", 0, 1, 1)]


def test_each_model_has_results_of_its_own(tmp_path: Path) -> None:
    row = {
        "evaluation_id": "e",
        "evaluation_name": "d",
        "sample_id": "s",
        "evaluation": {"score": 1, "is_correct": True},
    }
    paths = [
        lines(tmp_path / f"{model}_samples.jsonl", [row | {"model_id": model, "evaluation_result_id": f"of {model}"}])
        for model in "ab"
    ]
    assert pk.tally(paths, format="every-eval-ever").frame.rows() == [("d", "a", "s", 1, 1), ("d", "b", "s", 1, 1)]
