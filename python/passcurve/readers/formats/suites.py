"""Suites of many benchmarks: evalscope, OpenCompass, verifiers, Every Eval Ever, MultiPL-E."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import polars as pl

from passcurve.errors import DataError
from passcurve.readers._format import INDEX, ORDER, Format

if TYPE_CHECKING:
    from passcurve.readers._reading import Reading


def _metric(frame: pl.DataFrame, reading: Reading) -> pl.DataFrame:
    """The one metric of a score, or the one that is asked for."""
    scores = [{} if text is None else json.loads(text) for text in frame["verdict"]]
    names = list(dict.fromkeys(name for score in scores for name in score))
    chosen = reading.options.get("metric") or (names[0] if len(names) == 1 else None)
    if chosen is None or (names and chosen not in names):
        raise DataError(f"which metric is the verdict? {reading.way_out('metric', names)}")
    values = [score.get(chosen) for score in scores]
    return frame.with_columns(
        verdict=pl.Series([None if value is None else json.dumps(value) for value in values], dtype=pl.String),
        reward=pl.Series([None if value is None else float(value) for value in values], dtype=pl.Float64),
    )


EVALSCOPE = Format(
    name="evalscope",
    problem="sample_score.group_id",
    sample="sample_score.generation_index",
    verdict="sample_score.score.value",
    answer="sample_score.score.extracted_prediction",
    mend=_metric,
    path=r"(?:^|/)reviews/(?P<model>[^/]+)/(?P<dataset>[^/]+)\.jsonl$",
    columns=("reward",),
    keys=[frozenset({"sample_score", "index"})],
)

_VERDICTS = ("correct", "is_correct", "cascade_correct")


def _details(frame: pl.DataFrame, reading: Reading) -> pl.DataFrame:
    """One verdict, or a list of them, under one of three names."""
    there = [name for name in _VERDICTS if frame[name].null_count() < frame.height]
    chosen = reading.options.get("verdict") or (there[0] if there else None)
    if chosen not in there:
        raise DataError(f"which member of details is the verdict? {reading.way_out('verdict', there)}")
    found = [None if text is None else json.loads(text) for text in frame[chosen]]
    lists = [value if isinstance(value, list) else [value] for value in found]
    texts = [[json.dumps(value) for value in values] for values in lists]
    return frame.drop(_VERDICTS).with_columns(verdict=pl.Series(texts, dtype=pl.List(pl.String)))


OPENCOMPASS = Format(
    name="opencompass",
    rows="details[]",
    problem="example_abbr",
    verdict="[]",
    also={name: (name, "json") for name in _VERDICTS},
    mend=_details,
    path=r"(?:^|/)results/(?P<model>[^/]+)/(?P<dataset>[^/]+)\.json$",
    keys=[frozenset({"details", "example_abbr"})],
)


def _rewards(frame: pl.DataFrame, _: Reading) -> pl.DataFrame:
    """The sum of the rewards' values, or of their weighted scores."""
    totals = [None if text is None else _total(json.loads(text)) for text in frame["rewards"]]
    problem = pl.coalesce(pl.col("task_key").cast(pl.String), pl.col("task_hash").cast(pl.String))
    return frame.with_columns(
        problem=problem,
        reward=pl.Series(totals, dtype=pl.Float64),
        verdict=pl.Series([None if total is None else json.dumps(total) for total in totals], dtype=pl.String),
    )


def _total(rewards: dict[str, Any]) -> float | None:
    if not rewards:
        return None
    total = 0.0
    for name, reward in rewards.items():
        value = reward.get("value") if isinstance(reward, dict) else reward
        if value is None and isinstance(reward, dict) and reward.get("score") is not None:
            value = reward["score"] * reward.get("weight", 1.0)
        if not isinstance(value, bool | int | float):
            raise DataError(f"the reward {name!r} has neither a value nor a score: {json.dumps(reward)[:60]}")
        total += value
    return total


VERIFIERS = Format(
    name="verifiers",
    problem="task.key",
    sample=ORDER,
    model="agent",
    also={"task_key": ("task.key", "ids"), "task_hash": ("task.hash", "ids"), "rewards": ("rewards", "json")},
    mend=_rewards,
    columns=("reward",),
    keys=[frozenset({"task", "rewards", "stop_condition"}), frozenset({"task", "rewards", "ok"})],
)


def _is_correct(frame: pl.DataFrame, reading: Reading) -> pl.DataFrame:
    if frame["verdict"].null_count() == frame.height:
        reading.note("the verdict is evaluation.score, for there is no evaluation.is_correct")
        return frame.with_columns(verdict=pl.col("score"))
    return frame


EVERY_EVAL_EVER = Format(
    name="every-eval-ever",
    problem="sample_id",
    sample=ORDER,
    model="model_id",
    dataset="evaluation_name",
    verdict="evaluation.is_correct",
    reward="evaluation.score",
    also={"score": ("evaluation.score", "json")},
    mend=_is_correct,
    keys=[frozenset({"evaluation_id", "sample_id", "evaluation"})],
)


def _exit(frame: pl.DataFrame, _: Reading) -> pl.DataFrame:
    passed = (pl.col("verdict") == '"OK"') & (pl.col("exit_code") == 0)
    return frame.with_columns(verdict=passed.replace_strict({True: "true", False: "false"}, return_dtype=pl.String))


MULTIPL_E = Format(
    name="multipl-e",
    rows="results[]",
    problem="/name",
    sample=INDEX,
    dataset="/language",
    verdict="status",
    also={"exit_code": ("exit_code", "numbers")},
    mend=_exit,
    files=r"\.results\.json(\.gz)?$",
    keys=[frozenset({"name", "language", "results", "exit_code"})],
)

FORMATS = (EVALSCOPE, OPENCOMPASS, VERIFIERS, EVERY_EVAL_EVER, MULTIPL_E)
