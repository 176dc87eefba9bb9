"""What trainers write beside the plain case: sessions, prompts without ids, several rewards."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import passcurve as pk
from native_logs import lines


def verl(prompt: str, acc: bool | None, *, gts: str | None = "5", **more: Any) -> dict[str, Any]:
    row = {"input": prompt, "output": "o", "gts": gts, "score": 1.0 if acc else -1.0, "step": 7}
    return row | ({} if acc is None else {"acc": acc}) | more


def test_of_a_session_the_last_output_counts(tmp_path: Path) -> None:
    rows = [
        verl("p", False, uid="a_0_0"),
        verl("p, then more", True, uid="a_0_1"),
        verl("p", False, uid="a_1_0"),
        verl("q", False, uid="b_0_10"),
        verl("q", True, uid="b_0_9"),
    ]
    t = pk.tally(lines(tmp_path / "7.jsonl", rows), format="verl")
    # Two sessions of p, by its first prompt, and one of q, whose tenth output is its last.
    assert sorted(t.frame.select("n", "c").rows()) == [(1, 0), (2, 1)]
    assert t.provenance.left_out == {"an earlier output of its session": 2}
    assert t.provenance.notes == ("the verdict is acc",)


def test_scores_of_minus_one(tmp_path: Path) -> None:
    log = lines(tmp_path / "7.jsonl", [verl("p", None), verl("p", None, score=1.0)])
    with pytest.raises(pk.DataError, match=r"the verdict -1\.0 .* say threshold="):
        pk.tally(log, format="verl")
    t = pk.tally(log, format="verl", threshold=1)
    assert t.frame.select("n", "c").rows() == [(2, 1)]
    assert t.provenance.notes == ("the verdict is score, for there is no acc",)


def test_a_prompt_with_two_answers(tmp_path: Path) -> None:
    log = lines(tmp_path / "7.jsonl", [verl("p", True), verl("p", True, gts="6"), verl("q", True, gts=None)])
    with pytest.warns(UserWarning, match="1 prompts have several ground truths"):
        t = pk.tally(log, format="verl")
    assert t.frame["n"].to_list() == [1, 1, 1]


def test_the_same_prompt_is_the_same_problem_at_every_step(tmp_path: Path) -> None:
    for step in (1, 2):
        lines(tmp_path / f"{step}.jsonl", [verl("pröblem", step == 2, step=step)])
    t = pk.tally(tmp_path, format="verl")
    assert t.frame["problem"].n_unique() == 1
    assert t.diagnose(1, along="step").frame.height == 2


def completions(folder: Path, step: int, **columns: Any) -> None:
    frame = pd.DataFrame({"step": step, **columns, "advantage": 0.5})
    frame.to_parquet(folder / f"completions_{step:05}.parquet")


def test_conversations_and_several_rewards(tmp_path: Path) -> None:
    prompts = [[{"role": "user", "content": text}] for text in ("p", "p", "q")]
    answers = [[{"role": "assistant", "content": text}] for text in ("1", "2", "3")]
    columns = {"prompt": prompts, "completion": answers, "format_reward": [0.5, 1.0, 0.5], "accuracy": [1.0, 0.0, 1.0]}
    completions(tmp_path, 3, **columns)
    with pytest.raises(pk.DataError, match="with one of: format_reward, accuracy"):
        pk.tally(tmp_path, format="trl")
    t = pk.tally(tmp_path, format="trl", format_options={"verdict": "accuracy"})
    assert sorted(t.frame.select("step", "n", "c").rows()) == [(3, 1, 1), (3, 2, 1)]
    half = pk.tally(tmp_path, format="trl", format_options={"verdict": "format_reward"}, threshold=0.5)
    assert half.frame["c"].sum() == 3


def test_a_reward_that_was_not_applied(tmp_path: Path) -> None:
    completions(tmp_path, 3, prompt=["p", "p"], completion=["1", "2"], accuracy=[1.0, float("nan")])
    with pytest.raises(pk.DataError, match=r'has no verdict.*say on_null="fail"'):
        pk.tally(tmp_path, format="trl")
    t = pk.tally(tmp_path, format="trl", on_null="skip")
    assert (t.frame.select("n", "c").rows(), t.provenance.nulls) == ([(1, 1)], 1)


def test_judgements(tmp_path: Path) -> None:
    said = ["Reasoning: fine.\nJudgement: Yes", "Judgement: No", "judgement: yes", "I cannot say"]
    rows = [{"problem": "p", "predicted_answer": "5", "judgement": text} for text in said]
    log = lines(tmp_path / "math/output-rs0.jsonl", rows)
    with pytest.raises(pk.DataError, match="a sample of problem 3 has no verdict"):
        pk.tally(log, format="nemo-skills")
    t = pk.tally(log, format="nemo-skills", on_null="fail")
    assert t.frame["c"].to_list() == [1, 0, 1, 0]
    assert "judgement" in t.provenance.notes[0]


def test_a_key_that_names_the_problem(tmp_path: Path) -> None:
    """Prompts that read the same, as those of images do."""
    rows = [verl("<image> How many?", at < 3, index=at % 2) for at in range(4)] + [verl("q", True, index=7)] * 2
    log = lines(tmp_path / "7.jsonl", rows)
    by_hash = pk.tally(log, format="verl")
    assert sorted(by_hash.frame.select("n", "c").rows()) == [(2, 2), (4, 3)]
    assert "have 2 samples, and 1 have a multiple of that: problems that read the same" in by_hash.provenance.notes[0]
    t = pk.tally(log, format="verl", format_options={"problem": "index"})
    assert t.frame.drop("step").rows() == [(0, 2, 2), (1, 2, 1), (7, 2, 2)]
    assert t.provenance.notes == ("the verdict is acc",)
    lines(log, [*rows, verl("r", True)])
    with pytest.raises(
        pk.DataError, match=r"record 7 has no 'index'; say format_options=\{\"problem\": ...\} with one of: "
    ):
        pk.tally(log, format="verl", format_options={"problem": "index"})


def test_a_column_that_names_the_problem(tmp_path: Path) -> None:
    completions(tmp_path, 3, prompt=["p"] * 4, completion=[*"abcd"], right=[1.0, 0.0, 1.0, 1.0], row=[1, 1, 2, 2])
    assert pk.tally(tmp_path, format="trl").frame.select("n", "c").rows() == [(4, 3)]
    t = pk.tally(tmp_path, format="trl", format_options={"problem": "row"})
    assert t.frame.rows() == [(3, 1, 2, 1), (3, 2, 2, 2)]
    with pytest.raises(
        pk.DataError, match=r"'right' is no column of ids; .* with one of: step, prompt, completion, row"
    ):
        pk.tally(tmp_path, format="trl", format_options={"problem": "right"})


def test_numpy_scalars_were_written_as_strings(tmp_path: Path) -> None:
    said = ["True", "False", "1.0", "0"]
    rows = [verl("p", None) | {"acc": text, "score": "0.25"} for text in said]
    log = lines(tmp_path / "acc/7.jsonl", rows)
    assert pk.tally(log, format="verl").frame.select("n", "c").rows() == [(4, 2)]
    assert pk.scan(log, format="verl").collect()["reward"].to_list() == [0.25] * 4
    scores = lines(tmp_path / "score/7.jsonl", [verl("p", None, score=text) for text in ("-1.0", "1.0", "2e-05")])
    assert pk.tally(scores, format="verl", threshold=1).frame.select("n", "c").rows() == [(3, 1)]
    for word in ("yes", "1.0 of 2", ""):
        with pytest.raises(pk.DataError, match="it is a string"):
            pk.tally(lines(tmp_path / "word/7.jsonl", [verl("p", None) | {"acc": word}]), format="verl")


def test_trl_says_which_prompts_may_be_several_problems(tmp_path: Path) -> None:
    prompts = ["p"] * 4 + ["q"] * 2 + ["r"] * 2
    completions(tmp_path, 3, prompt=prompts, completion=[*"abcdefgh"], right=[1.0] * 8)
    (note,) = pk.tally(tmp_path, format="trl").provenance.notes
    assert "most prompts have 2 samples, and 1 have a multiple of that: problems that read the same" in note


def test_trl_finds_what_was_logged_again_in_large_files(tmp_path: Path) -> None:
    size = 40_000
    texts = [f"{at}" for at in range(size)]
    completions(tmp_path, 1, prompt=["p"] * size, completion=texts, right=[1.0] * size)
    completions(
        tmp_path, 2, prompt=["p"] * size, completion=[*texts[size // 2 :], *texts[: size // 2]], right=[1.0] * size
    )
    t = pk.tally(tmp_path, format="trl")
    assert t.provenance.left_out == {"logged again under a later step": size // 2}


def test_a_prompt_is_the_same_however_it_is_escaped(tmp_path: Path) -> None:
    for step, text in ((1, "caf\u00e9 \\n"), (2, "caf\\u00e9 \\u000a")):
        row = f'{{"input": "{text}", "output": "x", "gts": "5", "score": 1.0, "step": {step}}}\n'
        (tmp_path / f"{step}.jsonl").write_text(row, encoding="utf-8")
    t = pk.tally(tmp_path, format="verl")
    assert t.frame["problem"].n_unique() == 1


def test_ids_of_another_type_name_the_file(tmp_path: Path) -> None:
    mine = pk.Format(name="mine", problem="q", verdict="ok")
    logs = [lines(tmp_path / f"{at}.jsonl", [{"q": q, "ok": True}]) for at, q in enumerate([7, "7"])]
    with pytest.raises(pk.DataError, match=r"1\.jsonl, column `q`|1\.jsonl, column `problem`"):
        pk.tally(logs, format=mine)
