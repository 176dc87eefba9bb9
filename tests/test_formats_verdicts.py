"""Verdicts of another type or spelling than pipelines write: an error that names the place, or a rule of the docs."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import passcurve as pk
from native_logs import MAKERS
from passcurve.readers.formats import FORMATS

MISSING = object()
VALUES: dict[str, Any] = {
    "null": None, "missing": MISSING, "maybe": "maybe", "empty": "", "1": "1", "0.5": 0.5, "2": 2, "-1": -1,
    "NaN": float("nan"), "list": [True], "object": {},
}  # fmt: skip
WORDS, NUMBERS, NESTED = ("maybe", "empty", "1"), ("0.5", "2", "-1"), ("list", "object")
USUAL = {
    **dict.fromkeys(["null", "missing"], 'has no verdict, to which .* should lead; .*say on_null="fail"'),
    **dict.fromkeys(WORDS, r"it is a string; say passing= \(the strings that pass\)"),
    **dict.fromkeys(NUMBERS, "it is neither 0 nor 1; say threshold="),
    "NaN": "it is NaN, which is no verdict",
    **dict.fromkeys(NESTED, "it is no verdict; name a member of it"),
}
CLOSED = dict.fromkeys(WORDS, "are 'pass', 'fail', 'timeout'")
NO_NUMBER = dict.fromkeys((*WORDS, *NESTED), "is not what must come here: a number")
OUTSIDE = dict.fromkeys(["2", "-1"], "is not from 0 to 1, as those of .* are; say threshold=")
NO_SCORE = dict.fromkeys(["null", "missing", *WORDS, *NESTED], r"the reward 'correct' has no score.*\(problem 'a'\)")

PASSES, FAILS, LEFT_OUT, SHORTER = (1, 1), (1, 0), (0, 0), (0, 0)
"""What the sample adds to n and c, by a rule of the docs."""
TABLE: dict[str, tuple[list[Any], dict[str, Any]]] = {
    "human_eval": (["passed"], {}),
    "evalplus": (["eval", "HumanEval/0", 0, "base_status"], CLOSED),
    "bigcodebench": (["eval", "BigCodeBench/0", 0, "status"], CLOSED),
    "livecodebench": ([0, "graded_list", 0], {"missing": r"'1873_A' has 3 outputs and 2 verdicts"}),
    "lm_eval": (["pass@1"], NO_NUMBER | {
        **dict.fromkeys(["null", "missing"], "problem 0: the record lacks pass@1"),
        **dict.fromkeys(["2", "-1", "NaN"], "problem 0: pass@1 is .*, which no number of 4 responses gives"),
        "0.5": (4, 2)}),
    "inspect_json": (["samples", 0, "scores", "verify", "value"], {
        **dict.fromkeys(["null", "NaN"], LEFT_OUT), "missing": "the score of 'verify' has no value", "1": PASSES,
        **dict.fromkeys(["maybe", "empty", *NESTED], "of 'verify' is no verdict")}),
    "verl": (["acc"], {"1": PASSES}),
    "tau_bench": ([0, "reward"], NO_NUMBER | OUTSIDE | {"0.5": FAILS}),
    "tau2": (["simulations", 0, "reward_info", "reward"], NO_NUMBER | OUTSIDE | {
        "0.5": FAILS, **dict.fromkeys(["null", "missing"], LEFT_OUT)}),
    "swe_bench": (["a", "resolved"], {"missing": "neither a report of an instance nor of a run: there is no resolved"}),
    "swe_bench_run": (["resolved_ids", 0], {
        **dict.fromkeys(["null", "empty", "NaN", *NUMBERS, *NESTED], "resolved_ids holds .*, which is no instance"),
        # Names of instances may be any, and what is in no list is not known.
        **dict.fromkeys(["maybe", "1"], PASSES), "missing": SHORTER}),
    "nemo_skills": (["symbolic_correct"], {}),
    "evalscope": (["sample_score", "score", "value", "acc"], dict.fromkeys((*WORDS, *NESTED), "of acc is no number")),
    "opencompass": (["details", 0, "correct", 0], {"missing": SHORTER}),
    "verifiers": (["traces", 0, "rewards", "correct", "score"], NO_SCORE),
    "every_eval_ever": (["evaluation", "is_correct"], {}),
    "multipl_e": (["results", 0, "status"], {
        **dict.fromkeys(["empty", "NaN", *NUMBERS, *NESTED], "the status .* is no word that is known"),
        **dict.fromkeys(["maybe", "1"], FAILS)}),
}  # fmt: skip
PARQUET = {"lighteval", "trl"}
ARCHIVES = {"inspect", "inspect_unfinished"}
"""Their samples are as in the .json files."""


def test_every_format_is_tried() -> None:
    assert set(TABLE) | PARQUET | ARCHIVES == set(MAKERS)
    assert {MAKERS[name][0] for name in (*TABLE, *PARQUET)} == set(FORMATS)
    assert set(USUAL) == set(VALUES)


def written(name: str, folder: Path, value: Any) -> tuple[str, Path]:
    """A log whose first verdict is another value."""
    format, maker = MAKERS[name]
    made = maker(folder)
    path = made.log if made.log.is_file() else sorted(p for p in made.log.rglob("*") if p.is_file())[0]
    text = path.read_text()
    documents = list(map(json.loads, text.splitlines())) if path.suffix == ".jsonl" else [json.loads(text)]
    *way, last = TABLE[name][0]
    holder = documents[0]
    for step in way:
        holder = holder[step]
    if value is MISSING:
        del holder[last]
    else:
        holder[last] = value
    path.write_text("".join(json.dumps(document) + "\n" for document in documents))
    return format, path


@pytest.mark.parametrize("value", VALUES)
@pytest.mark.parametrize("name", TABLE)
def test_a_verdict(tmp_path: Path, name: str, value: str) -> None:
    format, path = written(name, tmp_path, VALUES[value])
    expected = (USUAL | TABLE[name][1])[value]
    if isinstance(expected, str):
        with pytest.raises(pk.DataError) as error:
            pk.tally(path, format=format)
        assert str(error.value).startswith(str(path))
        assert re.search(expected, str(error.value)), error.value
        return
    t = pk.tally(path, format=format)
    assert (int(t.frame["n"].sum()), int(t.frame["c"].sum())) == with_it(name, expected)


def with_it(name: str, added: tuple[int, int]) -> tuple[int, int]:
    """The counts of the first file, without its first sample, and with what is added."""
    first = {  # n and c of the other samples in that file
        "lm_eval": (7, 2), "verl": (2, 0),
        "inspect_json": (3, 1), "tau_bench": (3, 2), "tau2": (2, 1), "swe_bench_run": (4, 0),
        "opencompass": (5, 1), "multipl_e": (2, 0),
    }[name]  # fmt: skip
    return first[0] + added[0], first[1] + added[1]


def test_what_is_left_out_is_counted(tmp_path: Path) -> None:
    for value in ("null", "NaN"):
        _, path = written("inspect_json", tmp_path / value, VALUES[value])
        left_out = pk.tally(path, format="inspect").provenance.left_out
        assert left_out == {"not scored": 2, "not scored, with an error": 1}
    _, path = written("tau2", tmp_path / "tau2", None)
    assert pk.tally(path, format="tau2").provenance.left_out == {"no reward: agent_error": 2}


def trl(folder: Path, rewards: pl.Series) -> Path:
    columns = {"step": [1, 1], "prompt": ["p", "p"], "completion": ["a", "b"], "advantage": [0.0, 0.0]}
    path = folder / "completions_00001.parquet"
    pl.DataFrame(columns).with_columns(rewards.alias("right")).write_parquet(path)
    return path


def lighteval(folder: Path, values: pl.Series) -> Path:
    path = folder / "details/m/2026/details_task|0_2026-01-01T00-00-00.parquet"
    path.parent.mkdir(parents=True)
    metric = pl.DataFrame(values.alias("avg@n:n=4")).to_struct("metric")
    doc = pl.DataFrame({"id": ["0", "1"]}).to_struct("doc")
    response = pl.DataFrame({"text": [["x"] * 4] * 2}).to_struct("model_response")
    pl.DataFrame([doc, response, metric]).write_parquet(path)
    return path


@pytest.mark.parametrize(
    ("maker", "values", "said"),
    [
        (trl, [0.5, 1.0], "the verdict 0.5 .* say threshold="),
        (trl, [2.0, 1.0], "the verdict 2.0 .* say threshold="),
        (trl, [None, 1.0], 'has no verdict.* say on_null="fail"'),
        (trl, [float("nan"), 1.0], 'has no verdict.* say on_null="fail"'),
        (trl, ["maybe", "yes"], 'which reward column is the verdict.* with one of: none'),
        (trl, [[1.0], [0.0]], 'which reward column is the verdict.* with one of: none'),
        (lighteval, [0.4, 1.0], "problem '0': avg@n:n=4 is 0.4, which no number of 4 responses gives"),
        (lighteval, [2.0, 1.0], "problem '0': avg@n:n=4 is 2, which no number of 4 responses gives"),
        (lighteval, [float("nan"), 1.0], "problem '0': avg@n:n=4 is nan, which no number of 4 responses gives"),
        (lighteval, [None, 1.0], "problem '0': the record lacks avg@n:n=4"),
        (lighteval, ["maybe", "yes"], "avg@n:n=4 is of type String, and no number"),
        (lighteval, [[1.0], [0.0]], r"avg@n:n=4 is of type List\(Float64\), and no number"),
    ],
)  # fmt: skip
def test_a_verdict_in_parquet(tmp_path: Path, maker: Any, values: list[Any], said: str) -> None:
    path = maker(tmp_path, pl.Series(values))
    with pytest.raises(pk.DataError) as error:
        pk.tally(path, format="lighteval" if maker is lighteval else "trl")
    assert str(error.value).startswith(str(path))
    assert re.search(said, str(error.value)), error.value


@pytest.mark.parametrize("code", [0.5, float("nan"), "0", [0], None])
def test_exit_codes(tmp_path: Path, code: Any) -> None:
    document = {"name": "n", "language": "rs", "results": [{"status": "OK", "exit_code": code}]}
    path = tmp_path / "n.results.json"
    path.write_text(json.dumps(document))
    with pytest.raises(pk.DataError, match=r"n\.results\.json.*(no whole number|a number|no verdict)"):
        pk.tally(path, format="multipl-e")
