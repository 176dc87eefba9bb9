"""The same digits wherever a record stands: in whatever folder, order of files, and part of a long file."""

from __future__ import annotations

import gzip
import json
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import passcurve as pk
from native_logs import MAKERS, lines

BATCH = 1 << 15
"""Records that are read at a time."""


def completions(folder: Path, step: int, texts: str, passed: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"completions_{step:05}.parquet"
    columns = {
        "step": step,
        "prompt": "p",
        "completion": list(texts),
        "acc": list(map(float, passed)),
        "advantage": 0.0,
    }
    pl.DataFrame(columns).write_parquet(path)
    return path


def details(folder: Path, _: int, texts: str, passed: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "details_aime24_2026-01-01T00-00-00.parquet"
    share = sum(map(int, passed)) / len(passed)
    row = {"doc": {"id": "0"}, "model_response": {"text": list(texts)}, "metric": {"pass@k:k=1": share}}
    pl.DataFrame([row]).write_parquet(path)
    return path


@pytest.mark.parametrize("folder", ["run[12]", "run?", "run*", "run 1", "run#1", "run%20", "rün", "{run1,run2}"])
@pytest.mark.parametrize(("format", "write"), [("trl", completions), ("lighteval", details)])
def test_a_folder_is_no_pattern(
    tmp_path: Path, format: str, write: Callable[[Path, int, str, str], Path], folder: str
) -> None:
    for other in ("run1", "run2"):
        write(tmp_path / other, 1, "ab", "11")
    path = write(tmp_path / folder, 1, "abcd", "1000")
    for source in (path, path.parent):
        assert pk.tally(source, format=format).frame.select("n", "c").rows() == [(4, 1)]


@pytest.mark.parametrize("first", [1, 99_999])
def test_completions_in_any_order_of_files(tmp_path: Path, first: int) -> None:
    """Of step 100000 the name comes before that of step 99999."""
    before, after = completions(tmp_path, first, "abcd", "1000"), completions(tmp_path, first + 1, "cdef", "0011")
    for source in ([before, after], [after, before], tmp_path, str(tmp_path / "*.parquet")):
        t = pk.tally(source, format="trl")
        assert t.frame.select("step", "n", "c").rows() == [(first, 4, 1), (first + 1, 2, 2)]
        assert t.provenance.left_out == {"logged again under a later step": 2}


def ever(at: int, verdict: bool | None) -> dict[str, Any]:
    row = {"evaluation_id": "e", "model_id": "m", "evaluation_name": "d", "sample_id": f"s{at}"}
    return row | {"evaluation": {"score": 1.0} | ({} if verdict is None else {"is_correct": verdict})}


@pytest.mark.parametrize("before", [1, BATCH - 1, BATCH])
def test_a_missing_verdict_is_one_in_any_part(tmp_path: Path, before: int) -> None:
    log = lines(tmp_path / "x_samples.jsonl", [*(ever(at, True) for at in range(before)), ever(before, None)])
    with pytest.raises(pk.DataError, match=r"has no verdict, to which 'evaluation\.is_correct' should lead"):
        pk.tally(log, format="every-eval-ever")
    log = lines(tmp_path / "y_samples.jsonl", [*(ever(at, None) for at in range(before)), ever(before, True)])
    with pytest.raises(pk.DataError, match=r"has no verdict|those before have none"):
        pk.tally(log, format="every-eval-ever")


def completion(at: int, **more: str) -> dict[str, Any]:
    return {"task_id": f"t/{at}", "completion": "", "result": "", "passed": True} | more


@pytest.mark.parametrize("before", [1, BATCH - 1, BATCH])
def test_a_missing_model_is_one_in_any_part(tmp_path: Path, before: int) -> None:
    rows = [*(completion(at, model="own") for at in range(before)), completion(before)]
    with pytest.raises(pk.DataError, match=rf"row {before}, column `model`: the id is null"):
        pk.tally(lines(tmp_path / "a_results.jsonl", rows), format="human-eval")
    rows = [*(completion(at) for at in range(before)), completion(before, model="own")]
    with pytest.raises(pk.DataError, match=r"column `model`: the id is null|those before have none"):
        pk.tally(lines(tmp_path / "b_results.jsonl", rows), format="human-eval")


@pytest.mark.parametrize("before", [1, BATCH])
def test_a_second_metric_is_one_in_any_part(tmp_path: Path, before: int) -> None:
    metrics = [*["acc"] * before, "f1"]
    rows = [
        {"index": at, "sample_score": {"group_id": at, "generation_index": 0, "score": {"value": {metric: 1.0}}}}
        for at, metric in enumerate(metrics)
    ]
    with pytest.raises(pk.DataError, match=r"which metric is the verdict.*acc, f1"):
        pk.tally(lines(tmp_path / "reviews/m/d.jsonl", rows), format="evalscope")


@pytest.mark.parametrize("before", [1, BATCH])
def test_a_second_verdict_is_none_in_any_part(tmp_path: Path, before: int) -> None:
    names = [*["correct"] * before, "is_correct"]
    found = [{"example_abbr": f"d_{at}", name: True} for at, name in enumerate(names)]
    path = tmp_path / "results/m/d.json"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps({"details": found}))
    with pytest.raises(pk.DataError, match=r"has no verdict|which member of details is the verdict"):
        pk.tally(path, format="opencompass")


def test_details_of_any_length(tmp_path: Path) -> None:
    path = tmp_path / "results/m/d.json"
    path.parent.mkdir(parents=True)
    rows = (json.dumps({"example_abbr": f"d_{at}", "more": "x" * 1_000_000, "correct": at > 9}) for at in range(70))
    path.write_text('{"details": [' + ", ".join(rows) + "]}")
    t = pk.tally(path, format="opencompass")
    assert (t.frame.height, int(t.frame["c"].sum())) == (70, 60)


RUNS = pk.Format(name="runs", rows="runs[]", problem="id", verdict="ok", model="/model")


@pytest.mark.parametrize("more", [1, 5 << 20])
def test_documents_of_two_models(tmp_path: Path, more: int) -> None:
    """However long they are, the first does not speak for both."""
    rows = [{"model": model, "more": "x" * more, "runs": [{"id": model, "ok": True}]} for model in "ab"]
    with pytest.raises(pk.DataError, match='documents whose model is "a" and "b"'):
        pk.tally(lines(tmp_path / "a.jsonl", rows), format=RUNS)
    rows[1]["model"] = "a"
    t = pk.tally(lines(tmp_path / "a.jsonl", rows), format=RUNS)
    assert t.frame.rows() == [("a", "a", 1, 1), ("a", "b", 1, 1)]


@pytest.mark.parametrize("lacks", [0, 1])
def test_a_document_of_no_model(tmp_path: Path, lacks: int) -> None:
    rows: list[dict[str, Any]] = [{"model": "a", "runs": [{"id": model, "ok": True}]} for model in "ab"]
    del rows[lacks]["model"]
    with pytest.raises(pk.DataError, match='documents whose model is "a" in some and missing in others'):
        pk.tally(lines(tmp_path / "a.jsonl", rows), format=RUNS)


PLAIN = pk.Format(name="plain", problem="id", verdict="ok", path=r"step-(?P<step>[^/]+)\.jsonl$")


@pytest.mark.parametrize("ids", [(7, "7"), ("7", 7)])
def test_a_frame_keeps_a_number_and_its_digits_apart(tmp_path: Path, ids: tuple[int | str, ...]) -> None:
    paths = [lines(tmp_path / f"{at}.jsonl", [{"id": one, "ok": True}]) for at, one in enumerate(ids)]
    with pytest.raises(pk.DataError, match=r"1\.jsonl, column `problem`: ids are (strings|numbers) here and"):
        pk.scan(paths, format=PLAIN).collect()


def test_a_step_that_some_paths_say(tmp_path: Path) -> None:
    said, unsaid = (lines(tmp_path / name, [{"id": "p", "ok": True}]) for name in ("step-7.jsonl", "other.jsonl"))
    for source in ([said, unsaid], [unsaid, said]):
        with pytest.raises(pk.DataError, match=r"other\.jsonl, row 0, column `step`: the id is null"):
            pk.tally(source, format=PLAIN)
        t = pk.tally(source, format=PLAIN, on_null_id="skip")
        assert t.frame.rows() == [(7, "p", 1, 1)]
        assert t.provenance.null_ids == 1
        assert set(pk.scan(source, format=PLAIN).collect()["step"]) == {7, None}


def test_a_step_past_all_numbers(tmp_path: Path) -> None:
    log = lines(tmp_path / f"step-{10**20}.jsonl", [{"id": "p", "ok": True}])
    assert pk.tally(log, format=PLAIN).frame.rows() == [(str(10**20), "p", 1, 1)]


def test_a_frame_that_is_not_collected_holds_nothing(tmp_path: Path) -> None:
    before = set(threading.enumerate())
    frame = pk.scan(lines(tmp_path / "step-1.jsonl", [{"id": "p", "ok": True}]), format=PLAIN)
    for thread in set(threading.enumerate()) - before:
        thread.join(10)
    assert set(threading.enumerate()) <= before
    assert frame.collect().height == frame.collect().height == 1


@pytest.mark.parametrize("size", [100_000, 1_000_000, 5_000_000])
def test_telling_a_format_by_a_long_record(tmp_path: Path, size: int) -> None:
    """Each quote in a long text might begin a string."""
    text = '{"a": "b"}' * (size // 10)
    row = {"input": "i", "output": text, "gts": "5", "score": 1.0, "step": 3, "acc": True}
    log = lines(tmp_path / "3.jsonl", [row])
    if size < 4_000_000:
        assert pk.tally(log, format="auto").frame.select("step", "n", "c").rows() == [(3, 1, 1)]
    else:
        with pytest.raises(pk.DataError, match="its keys are: input, output; say format="):
            pk.tally(log, format="auto")


def test_a_compressed_file_says_as_much(tmp_path: Path) -> None:
    """Its path is that of the other, with more behind it."""
    plain, packed = tmp_path / "plain", tmp_path / "packed"
    for name, (format, maker) in MAKERS.items():
        (plain / name).mkdir(parents=True)
        made = maker(plain / name)
        path = made.log if made.log.is_file() else next(path for path in made.log.rglob("*") if path.is_file())
        if not path.name.endswith((".json", ".jsonl")) or format == "inspect":
            continue
        other = packed / path.relative_to(plain)
        other.parent.mkdir(parents=True)
        other.with_name(other.name + ".gz").write_bytes(gzip.compress(path.read_bytes()))
        options: dict[str, Any] = {"format": format, "format_options": made.options or None}
        whole = pk.tally(path, **options)
        for source in (other.with_name(other.name + ".gz"), packed / name):
            assert pk.tally(source, **options).frame.equals(whole.frame), name


def test_seeds_in_the_working_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    row = {"problem": "p", "predicted_answer": "1", "symbolic_correct": True}
    for seed in (0, 1):
        lines(tmp_path / "aime" / f"output-rs{seed}.jsonl", [row])
    monkeypatch.chdir(tmp_path / "aime")
    for source in (["output-rs0.jsonl", "./output-rs1.jsonl"], ".", "../aime/."):
        frame = pk.scan(source, format="nemo-skills").collect()
        assert frame["sample"].to_list() == [0, 1]
    assert "dataset" not in pk.tally(["output-rs0.jsonl", "./output-rs1.jsonl"], format="nemo-skills").frame.columns


def test_documents_of_two_tasks_are_not_pooled(tmp_path: Path) -> None:
    row = {"doc_id": 0, "resps": [["a"]], "filter": "none", "filtered_resps": ["a"], "metrics": ["em"], "em": 1.0}
    for task in ("aime", "gsm8k"):
        lines(tmp_path / "m" / f"samples_{task}_2026-01-21T03-44-18.458309.jsonl", [row])
    with pytest.raises(pk.DataError, match=r"problem 0 comes twice.*by= leaves out dataset, model, by which they may"):
        pk.tally(tmp_path, format="lm-eval", by=[])


DEEP = '{"id": 1, "ok": ' + "[" * 990 + "]" * 990 + "}"
TRACE = '{"task": {"key": "k"}, "rewards": {"a": {"score": %s}, "b": {"score": %s, "weight": %s}}}'
REVIEW = '{"index": 0, "sample_score": {"group_id": 0, "generation_index": 0, "score": {"value": %s}}}'
INSPECT = (
    '{"version": 2, "status": "success", "eval": {"task": "t", "model": %s}, '
    '"samples": [{"id": 1, "epoch": 1, "scores": {"s": {"value": %s}}}]}'
)


@pytest.mark.parametrize(
    ("format", "name", "text", "said"),
    [
        (PLAIN, "a.jsonl", '{"id": 1, "ok": 1' + "0" * 400 + "}", "is neither 0 nor 1"),
        (PLAIN, "a.jsonl", '{"id": 1, "ok": 1' + "0" * 5000 + "}", "is neither 0 nor 1"),
        (PLAIN, "a.jsonl", DEEP, "too deep"),
        ("verifiers", "traces.jsonl", "5", "record 1 has no rewards"),
        ("verifiers", "traces.jsonl", TRACE % ("1.0", "1.0", "null"), "the weight of the reward 'b' is no number"),
        ("verifiers", "traces.jsonl", TRACE % ("Infinity", "-Infinity", "1"), "the rewards a, b have no sum"),
        ("verifiers", "traces.jsonl", TRACE % ("1e308", "1e308", "1"), "the rewards a, b have no sum"),
        ("evalscope", "reviews/m/d.jsonl", REVIEW % "1.0", "the value 1.0 of a score is no object of metrics"),
        ("evalscope", "reviews/m/d.jsonl", REVIEW % "[1.0]", "is no object of metrics"),
        ("evalscope", "reviews/m/d.jsonl", REVIEW % ('{"acc": 1' + "0" * 400 + "}"), "is neither 0 nor 1"),
        ("inspect", "a.json", INSPECT % ('"m"', "1" + "0" * 400), "is no verdict"),
        ("inspect", "a.json", INSPECT % (r'"\ud800"', "1"), "half a surrogate pair"),
        ("inspect", "a.json", INSPECT % ('{"a": 1}', "1"), "the model is .*, and no string"),
        ("swe-bench", "m.r.json", r'{"resolved_ids": ["\ud800"], "unresolved_ids": []}', "which is no instance"),
    ],
)
def test_what_no_pipeline_writes(tmp_path: Path, format: str | pk.Format, name: str, text: str, said: str) -> None:
    path = tmp_path / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    with pytest.raises(pk.DataError, match=said) as caught:
        pk.tally(path, format=format)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize(("after", "left"), [("dxyz", 3), ("dddd", 3)])
def test_completions_that_may_be_logged_again_or_alike(tmp_path: Path, after: str, left: int) -> None:
    """One that reads the same at the end of a step and at the beginning of the next."""
    completions(tmp_path, 1, "abcd", "0000")
    completions(tmp_path, 2, after, "0000")
    with pytest.warns(UserWarning, match="it begins as the file before it ended, with 1 alike"):
        t = pk.tally(tmp_path, format="trl")
    assert t.frame.select("step", "n").rows() == [(1, 4), (2, left)]


@pytest.mark.parametrize("more", [1, 3 << 20])
def test_a_document_without_records_among_others(tmp_path: Path, more: int) -> None:
    rows = [{"more": "x" * more, "runs": [{"id": name, "ok": True}]} for name in "abcd"]
    rows[2]["tuns"] = rows[2].pop("runs")
    format = pk.Format(name="runs", rows="runs[]", problem="id", verdict="ok")
    with pytest.raises(pk.DataError, match=r'byte \d+: there is no member "runs" where the records should be'):
        pk.tally(lines(tmp_path / "a.jsonl", rows), format=format)
