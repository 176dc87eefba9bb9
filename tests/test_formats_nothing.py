"""Ways that lead nowhere, and problems without samples: an error, or said, and never an empty tally."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Literal

import pytest

import passcurve as pk
from native_logs import MAKERS, document, evalplus, lines, livecodebench, nemo_skills, opencompass, verl

ROWS = [
    {"id": "p1", "s": 0, "m": "a", "t": 1, "d": "x", "ok": True, "score": 0.5, "said": "4"},
    {"id": "p2", "s": None, "m": None, "t": None, "d": None, "ok": None, "score": None, "said": None},
]
WAYS = {"problem": "id", "sample": "s", "model": "m", "step": "t", "dataset": "d", "reward": "score", "answer": "said"}
NAMED = {
    "problem": "a problem",
    "sample": "a sample's index",
    "model": "a model",
    "step": "a step",
    "dataset": "a dataset",
}
SKIP: dict[str, Literal["skip"]] = {"on_null": "skip", "on_null_id": "skip"}


@pytest.mark.parametrize("role", NAMED)
@pytest.mark.parametrize("wrong", ["misspelt", "id.deeper", "s.x"])
def test_a_way_to_no_name(tmp_path: Path, role: str, wrong: str) -> None:
    """No policy on missing ids is meant for a way that is misspelt."""
    path = lines(tmp_path / "log.jsonl", ROWS)
    mine = pk.Format(name="mine", verdict="ok", **(WAYS | {role: wrong}))  # type: ignore[arg-type]
    out = "" if role == "problem" else ", or leave it out of the format"
    with pytest.raises(pk.DataError) as error:
        pk.tally(path, format=mine, **SKIP)
    said = f"{wrong!r} leads to {NAMED[role]} in none of 2 records; mend that way{out}"
    assert str(error.value) == f"{path}: {said}"
    with pytest.raises(pk.DataError, match=r"no problem|leads to|is null"):
        pk.tally(path, format=mine, on_null="skip")


@pytest.mark.parametrize("role", NAMED)
def test_nulls_that_are_there_are_another_matter(tmp_path: Path, role: str) -> None:
    path = lines(tmp_path / "log.jsonl", ROWS[1:])
    mine = pk.Format(name="mine", problem="id", verdict="ok", **({} if role == "problem" else {role: WAYS[role]}))  # type: ignore[arg-type]
    if role == "problem":
        lines(path, [{"id": None, "ok": True}])
    t = pk.tally(path, format=mine, **SKIP)
    assert (t.provenance.rows, len(t)) == (1, 0)


@pytest.mark.parametrize("role", [*WAYS, "verdict"])
def test_several_values_of_a_record(role: str) -> None:
    """Several samples of a record come of its verdict's way, and nothing else has several."""
    for way in ("s[]", "x.y{}.z"):
        if (role, way) == ("verdict", "s[]"):
            continue
        with pytest.raises(
            ValueError, match=rf"{role}='.*' leads to several values of a record; .* \[0\] to one element"
        ):
            pk.Format(name="mine", **({"problem": "id", "verdict": "ok"} | {role: way}))  # type: ignore[arg-type]
    pk.Format(name="mine", **({"problem": "id", "verdict": "ok[]"} | {role: 's[0]."a[]"[]'}))  # type: ignore[arg-type]


def test_a_hash_of_nothing(tmp_path: Path) -> None:
    path = lines(tmp_path / "log.jsonl", ROWS)
    mine = pk.Format(name="mine", problem=("prompt", "id"), verdict="ok")
    with pytest.raises(pk.DataError, match="'prompt' leads to a problem in none of 2 records; mend that way"):
        pk.tally(path, format=mine, **SKIP)
    mine = pk.Format(name="mine", problem=("id", "gts"), verdict="ok")
    assert len(pk.tally(path, format=mine, **SKIP)) == 1


@pytest.mark.parametrize("role", ["reward", "answer"])
def test_what_a_record_may_lack_is_noted(tmp_path: Path, role: str) -> None:
    path = lines(tmp_path / "log.jsonl", ROWS)
    mine = pk.Format(name="mine", problem="id", verdict="ok", **{role: "misspelt"})  # type: ignore[arg-type]
    t = pk.tally(path, format=mine, on_null="fail")
    assert t.provenance.notes == (
        f"{path}: 'misspelt' leads to {'a reward' if role == 'reward' else 'an answer'} in none of 2 records",
    )
    mine = pk.Format(name="mine", problem="id", verdict="ok", **{role: WAYS[role]})  # type: ignore[arg-type]
    assert pk.tally(path, format=mine, on_null="fail").provenance.notes == ()


def test_a_format_of_another_log(tmp_path: Path) -> None:
    """Policies do not make an empty tally of it."""
    path = evalplus(tmp_path).log
    for format in ("human-eval", "verl", "evalscope", "every-eval-ever", "nemo-skills", "livecodebench", "verifiers"):
        with pytest.raises(pk.DataError, match=rf"\(read as {format}; this looks like evalplus\)"):
            pk.tally(path, format=format, **SKIP)
    with pytest.raises(pk.DataError, match="leads to a problem in none of 3 records"):
        pk.tally(lines(tmp_path / "20.jsonl", [{"a": 1, "acc": True}] * 3), format="verl", **SKIP)


def test_a_list_that_is_missing_and_one_that_is_empty(tmp_path: Path) -> None:
    mine = pk.Format(name="mine", problem="id", verdict="runs[].ok")
    rows: list[dict[str, Any]] = [{"id": "p1", "runs": [{"ok": True}]}, {"id": "p2", "runs": []}]
    path = lines(tmp_path / "log.jsonl", rows)
    t = pk.tally(path, format=mine)
    assert (t.frame.rows(), t.provenance.left_out) == ([("p1", 1, 1)], {"a problem without samples": 1})
    assert t.provenance.notes == (f"{path}: there are no samples of p2",)
    for lacking in ({"id": "p3"}, {"id": "p3", "runs": None}):
        lines(path, [*rows, lacking])
        with pytest.raises(
            pk.DataError, match=r"problem 'p3' has no list where 'runs\[\]\.ok' leads; where .* is empty"
        ):
            pk.tally(path, format=mine, **SKIP)
    # A record of no problem is for the policy on these.
    lines(path, [{"meta": 1}, *rows])
    with pytest.raises(pk.DataError, match=r"row 0 of those read of it\) has no problem"):
        pk.tally(path, format=mine)
    assert pk.tally(path, format=mine, on_null="skip", on_null_id="skip").frame.rows() == [("p1", 1, 1)]


def test_ways_from_the_top(tmp_path: Path) -> None:
    path = document(tmp_path / "step-20.json", {"id": "p1", "about": {"model": "m"}, "runs": [{"ok": True}]})
    words: dict[str, Any] = {"name": "mine", "rows": "runs[]", "problem": "/id", "verdict": "ok"}
    t = pk.tally(path, format=pk.Format(**words, model="/about.model", path=r"step-(?P<step>\d+)"))
    assert (t.frame.rows(), t.provenance.notes) == ([("m", 20, "p1", 1, 1)], ())
    with pytest.raises(pk.DataError, match=r"step-20\.json: '/idd' leads to no problem; mend that way"):
        pk.tally(path, format=pk.Format(**(words | {"problem": "/idd"})), **SKIP)
    with pytest.raises(pk.DataError, match=r"'/about' leads to \{\"model\": \"m\"\}, which is no model; go further"):
        pk.tally(path, format=pk.Format(**words, model="/about"))
    with pytest.raises(pk.DataError, match=r"step-20\.json: the verdict 3 \(first of problem 'p1'\)"):
        pk.tally(document(tmp_path / "step-20.json", {"id": "p1", "runs": [{"ok": 3}]}), format=pk.Format(**words))
    with pytest.raises(
        pk.DataError, match=r"step-20\.json: a record has 2 verdicts and 1 values of answer \(problem 'p1'\)"
    ):
        pk.tally(
            document(tmp_path / "step-20.json", {"id": "p1", "runs": [{"ok": [True, False], "said": ["a"]}]}),
            format=pk.Format(**(words | {"verdict": "ok[]", "answer": "said[]"})),
        )
    path = document(tmp_path / "step-20.json", {"id": "p1", "about": {"model": "m"}, "runs": [{"ok": True}]})
    # What tells groups apart may be missing, and it is said.
    t = pk.tally(path, format=pk.Format(**words, model="/about.modle", path=r"step=(?P<step>\d+)"))
    assert t.provenance.notes == (
        "no file says a model, to which '/about.modle' should lead",
        "no file says a step, to which a group of path= should match",
    )


@pytest.mark.parametrize("name", ["multipl_e", "tau2", "inspect_json"])
def test_documents_that_say_different_things(tmp_path: Path, name: str) -> None:
    """The first would speak for all."""
    format, maker = MAKERS[name]
    path = maker(tmp_path).log
    whole = path.read_text()
    told = {"multipl_e": '"HumanEval_0"', "tau2": '"gpt-4.1"', "inspect_json": '"openai/gpt-4o"'}[name]
    path.write_text(whole + whole.replace(told, '"another"'))
    with pytest.raises(pk.DataError, match=rf"the file holds documents whose .* is {told} and \"another\"; keep each"):
        pk.tally(path, format=format, on_duplicate="agree")


def emptied(path: Path, *way: Any) -> Path:
    whole = json.loads(path.read_text())
    holder = whole
    for step in way[:-1]:
        holder = holder[step]
    holder[way[-1]] = []
    return document(path, whole)


@pytest.mark.parametrize(
    ("format", "way", "problem"),
    [
        ("evalplus", ("eval", "HumanEval/1"), "HumanEval/1"),
        ("bigcodebench", ("eval", "HumanEval/1"), "HumanEval/1"),
        ("livecodebench", (1,), "abc"),
        ("opencompass", ("details", 1, "correct"), "gsm8k_1"),
        ("multipl-e", ("results",), "HumanEval_0"),
    ],
)
def test_a_problem_without_samples(tmp_path: Path, format: str, way: tuple[Any, ...], problem: str) -> None:
    """N = 0 is no pass rate; it is counted, and named."""
    if format == "livecodebench":
        path = livecodebench(tmp_path).log
        rows = json.loads(path.read_text())
        document(path, [rows[0], rows[1] | {"graded_list": [], "output_list": []}])
    elif format == "multipl-e":
        path = document(tmp_path / "HumanEval_0.results.json", {"name": problem, "language": "rs", "results": []})
    elif format == "bigcodebench":
        items = [{"solution": "s", "status": "pass", "details": {}}]
        path = document(tmp_path / "m_eval_results.json", {"eval": {"HumanEval/0": items, problem: []}})
    else:
        path = emptied((evalplus if format == "evalplus" else opencompass)(tmp_path).log, *way)
    if format == "multipl-e":
        with pytest.warns(UserWarning, match="the tally is empty"):
            t = pk.tally(path, format=format)
    else:
        t = pk.tally(path, format=format)
        assert problem not in t.frame["problem"]
        assert len(t) == 1
    assert t.provenance.left_out == {"a problem without samples": 1}
    assert f"{path}: there are no samples of {problem}" in t.provenance.notes


def test_many_problems_without_samples(tmp_path: Path) -> None:
    items = [{"solution": "s", "status": "pass", "details": {}}]
    tasks = {f"t/{at}": items if at == 3 else [] for at in range(20)}
    t = pk.tally(document(tmp_path / "m_eval_results.json", {"eval": tasks}), format="bigcodebench")
    assert t.provenance.left_out == {"a problem without samples": 19}
    assert t.provenance.notes[0].endswith("there are no samples of t/0, t/1, t/2, t/4, t/5 and 14 more")


def test_base_tests_and_all(tmp_path: Path) -> None:
    path = evalplus(tmp_path).log
    assert [row[-1] for row in pk.tally(path, format="evalplus").frame.rows()] == [1, 1]
    base = pk.tally(path, format="evalplus", format_options={"tests": "base"})
    assert ([row[-1] for row in base.frame.rows()], base.provenance.notes) == (
        [2, 1],
        ("the verdict is base_status alone",),
    )
    whole = json.loads(path.read_text())
    for name, samples in whole["eval"].items():
        whole["eval"][name] = [sample | {"plus_status": None} for sample in samples]
    alone = pk.tally(document(path, whole), format="evalplus")
    assert alone.frame.rows() == base.frame.rows()
    assert alone.provenance.notes == ("the verdict is base_status alone, for plus_status is null (base tests only)",)
    # Of some samples both and of others one: what passes is not the same thing.
    whole["eval"]["HumanEval/1"][0]["plus_status"] = "pass"
    document(path, whole)
    with pytest.raises(
        pk.DataError, match=r"some samples have a plus_status and others have none.*with one of: base, plus"
    ):
        pk.tally(path, format="evalplus")
    assert pk.tally(path, format="evalplus", format_options={"tests": "base"}).frame.rows() == base.frame.rows()
    with pytest.raises(pk.DataError, match="'HumanEval/0' has no verdict"):
        pk.tally(path, format="evalplus", format_options={"tests": "plus"})


def test_lines_that_are_other_problems(tmp_path: Path) -> None:
    nemo_skills(tmp_path)
    path = tmp_path / "eval/math/output-rs1.jsonl"
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    lines(path, [rows[0], rows[1] | {"problem": "another"}])
    with pytest.raises(pk.DataError, match=r"output-rs1\.jsonl: line 2 is another problem than in .*output-rs0\.jsonl"):
        pk.tally(tmp_path, format="nemo-skills")
    lines(path, rows[:1])
    with pytest.warns(
        UserWarning, match=r"output-rs1\.jsonl has 1 lines and .*output-rs0\.jsonl 2: lines are problems"
    ):
        pk.tally(tmp_path, format="nemo-skills")


def test_a_uid_that_comes_twice(tmp_path: Path) -> None:
    rows = [json.loads(line) for line in (verl(tmp_path).log / "20.jsonl").read_text().splitlines()]
    named = [row | {"uid": f"u_{at}_0"} for at, row in enumerate(rows)]
    path = lines(tmp_path / "7.jsonl", [*named, named[0] | {"output": "another"}])
    with pytest.raises(
        pk.DataError, match=r"7\.jsonl: uid 'u_0_0' comes twice: a file that was appended to .* keep one"
    ):
        pk.tally(path, format="verl")


@pytest.mark.parametrize("name", ["inspect_json", "tau2", "verifiers"])
def test_a_problem_of_which_all_samples_are_left_out(tmp_path: Path, name: str) -> None:
    """It is in no mean, which is then of the others."""
    format, maker = MAKERS[name]
    path = maker(tmp_path).log
    if name == "verifiers":
        rows = [json.loads(line) for line in path.read_text().splitlines()]
        rows[2]["traces"][0]["rewards"] = {}
        lines(path, rows)
    if name == "tau2":
        whole = json.loads(path.read_text())
        whole["simulations"][2]["reward_info"] = None
        document(path, whole)
    t = pk.tally(path, format=format)
    lost = {"inspect_json": "c", "tau2": "1", "verifiers": "b"}[name]
    assert lost not in t.frame["problem"]
    assert f"{path}: no sample is left of the problems {lost}, which are in no mean" in t.provenance.notes
