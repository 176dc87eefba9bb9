"""Suites of many benchmarks: evalscope, OpenCompass, verifiers, MultiPL-E."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

import polars as pl

from passcurve import _core
from passcurve.errors import DataError
from passcurve.readers._checking import Copies
from passcurve.readers._format import INDEX, KEY, ORDER, Format
from passcurve.readers._judging import loads
from passcurve.readers._reading import Reading, records
from passcurve.readers.formats.every_eval_ever import EVERY_EVAL_EVER

if TYPE_CHECKING:
    from collections.abc import Iterator


def _metric(frame: pl.DataFrame, reading: Reading) -> pl.DataFrame:
    """The one metric of a score, or the one that is asked for."""
    scores = [{} if text in {None, "null"} else loads(text) for text in frame["verdict"]]
    if strange := [score for score in scores if not isinstance(score, dict)]:
        raise DataError(f"the value {json.dumps(strange[0])[:60]} of a score is no object of metrics")
    known: dict[str, None] = reading.here.setdefault("metrics", {})
    known.update(dict.fromkeys(name for score in scores for name in score))
    names = list(known)
    chosen = reading.options.get("metric") or (names[0] if len(names) == 1 else None)
    if chosen is None or (names and chosen not in names):
        raise DataError(f"which metric is the verdict? {reading.way_out('metric', names)}")
    values = [score.get(chosen) for score in scores]
    if strange := [value for value in values if value is not None and not isinstance(value, bool | int | float)]:
        raise DataError(f"the value {json.dumps(strange[0])[:60]} of {chosen} is no number")
    return frame.with_columns(
        verdict=pl.Series(
            [json.dumps(score[chosen]) if chosen in score else None for score in scores], dtype=pl.String
        ),
        reward=pl.Series([None if value is None else float(value) for value in values], dtype=pl.Float64),
    )


EVALSCOPE = Format(
    name="evalscope",
    problem="sample_score.group_id",
    sample="sample_score.generation_index",
    verdict="sample_score.score.value",
    answer="sample_score.score.extracted_prediction",
    mend=_metric,
    options=("metric",),
    files=r"(^|/)reviews/.+\.jsonl(\.gz|\.zst)?$",
    path=r"(?:^|/)reviews/(?P<model>[^/]+)/(?P<dataset>[^/]+)\.jsonl(?:\.gz|\.zst)?$",
    columns=("reward",),
    keys=[frozenset({"sample_score", "index"})],
)

_VERDICTS = ("correct", "is_correct", "cascade_correct")


def _details(frame: pl.DataFrame, reading: Reading) -> pl.DataFrame:
    """One verdict, or a list of them, under one of three names."""
    there = [name for name in _VERDICTS if frame[name].null_count() < frame.height]
    if not there:
        raise DataError(
            f"the details have none of {', '.join(_VERDICTS)}: the evaluator gives no verdicts of single predictions"
        )
    chosen = reading.options.get("verdict") or reading.here.setdefault("verdict", there[0])
    if chosen not in there:
        raise DataError(f"which member of details is the verdict? {reading.way_out('verdict', there)}")
    found = [None if text is None else loads(text) for text in frame[chosen]]
    lists = [value if isinstance(value, list) else [value] for value in found]
    texts = [[json.dumps(value) for value in values] for values in lists]
    return frame.drop(_VERDICTS).with_columns(verdict=pl.Series(texts, dtype=pl.List(pl.String)))


def _opencompass(path: str, reading: Reading) -> Iterator[pl.DataFrame]:
    """A list of details, or an object of them by number."""
    # Either may be longer than what is held at once, unless it is empty.
    listed = _core.first_record(path, "details[0]") is not None
    if not listed and _core.first_record(path, "details{}") is None:
        listed = (_core.first_record(path, "details") or "").startswith("[")
    rows, problem = ("details[]", ("example_abbr", "ids")) if listed else ("details{}", (KEY, "key"))
    fields = {"problem": problem, **{name: (name, "json") for name in _VERDICTS}}
    for frame in records(path, rows, fields, reading):
        # An object also says its own type.
        yield _details(frame if listed else frame.filter(pl.col("problem") != "type"), reading)


OPENCOMPASS = Format(
    name="opencompass",
    problem="example_abbr",
    verdict="[]",
    read=_opencompass,
    options=("verdict",),
    choices={"verdict": _VERDICTS},
    files=r"(^|/)results/.+\.json(\.gz|\.zst)?$",
    path=r"(?:^|/)results/(?P<model>[^/]+)/(?P<dataset>[^/]+)\.json(?:\.gz|\.zst)?$",
    keys=[frozenset({"details", "example_abbr"})],
)


_TRACE = {
    "key": ("task.key", "texts"),
    "hash": ("task.hash", "texts"),
    "agent": ("agent.name", "texts"),
    "model": ("agent.config.model", "texts"),
    "rewards": ("rewards", "json"),
}


def _verifiers(path: str, reading: Reading) -> Iterator[pl.DataFrame]:
    """Episodes with the traces of their agents, or a trace a line. A trace without a reward was not scored."""
    first = _core.first_record(path)
    whole = first is not None and isinstance(record := loads(first), dict) and "traces" in record
    fields = {name: (f"traces[].{way}" if whole else way, holds) for name, (way, holds) in _TRACE.items()}
    fields |= {"dataset": ("env.id", "texts"), "traces": ("traces[#]", "numbers")}
    copies, before = Copies(), 0
    for read in records(path, "", fields, reading):
        copies.see(read)
        frame, bad = read, read["traces"].is_null() if whole else read["rewards"].is_null()
        if bad.any():
            lacks = "traces, as the first one has" if whole else "rewards"
            raise DataError(f"{path}: record {before + bad.arg_true()[0] + 1} has no {lacks}; is it of another format?")
        before += read.height
        if whole:
            if empty := int((read["traces"] == 0).sum()):
                reading.left_out["an episode without a trace"] += empty
            frame = read.filter(pl.col("traces") > 0).explode(list(_TRACE))
        totals = [_totalled(text, problem, path) for text, problem in frame.select("rewards", "key").iter_rows()]
        if unscored := totals.count(None):
            reading.left_out["not scored"] += unscored
            lost = frame.filter(pl.Series(totals, dtype=pl.Float64).is_null())
            reading.lost.update(lost.select(pl.coalesce("key", "hash")).to_series())
        agent, model = pl.col("agent"), pl.col("model")
        named = pl.when(model.is_null()).then(agent).when(agent.is_null() | (agent == "agent")).then(model)
        yield frame.select(
            "dataset",
            problem=pl.coalesce("key", "hash"),
            model=named.otherwise(pl.concat_str(agent, model, separator=" ")),
            reward=pl.Series(totals, dtype=pl.Float64),
            verdict=pl.Series([json.dumps(total) for total in totals], dtype=pl.String),
        ).filter(pl.col("reward").is_not_null())
    copies.tell(path, reading)


def _totalled(text: str | None, problem: str | None, path: str) -> float | None:
    rewards = None if text is None else loads(text)
    if not isinstance(rewards, dict | None):
        raise DataError(f"{path}: the rewards of a trace are {text[:60] if text else text}, and no object")
    try:
        return _total(rewards or {})
    except DataError as error:
        raise DataError(f"{path}: {error} (problem {problem!r})") from None


def _total(rewards: dict[str, Any]) -> float | None:
    """The sum of the weighted scores; those that are null were not computed."""
    scored = {name: reward for name, reward in rewards.items() if reward is not None}
    for name, reward in scored.items():
        if not isinstance(reward, dict) or not isinstance(reward.get("score"), bool | int | float):
            raise DataError(f"the reward {name!r} has no score: {json.dumps(reward)[:60]}")
        if not isinstance(reward.get("weight", 1.0), bool | int | float):
            raise DataError(f"the weight of the reward {name!r} is no number: {json.dumps(reward)[:60]}")
    parts = [reward["score"] * reward.get("weight", 1.0) for reward in scored.values()]
    try:
        return math.fsum(parts) if parts else None
    except (OverflowError, ValueError):
        raise DataError(f"the rewards {', '.join(scored)} have no sum") from None


VERIFIERS = Format(
    name="verifiers",
    problem="task.key",
    sample=ORDER,
    verdict="rewards",
    dataset="env.id",
    read=_verifiers,
    files=r"(^|/)traces\.jsonl(\.gz|\.zst)?$",
    columns=("model", "reward"),
    keys=[frozenset({"task", "traces", "env"}), frozenset({"task", "rewards", "stop_condition"})],
)


def _exit(frame: pl.DataFrame, _: Reading) -> pl.DataFrame:
    """OK with an exit code of 0 passes; other words are names of errors, which each language has of its own."""
    for text in frame["verdict"].unique().drop_nulls():
        word = loads(text)
        if word is not None and (not isinstance(word, str) or not word or word.strip().upper() == "OK" != word):
            raise DataError(f"the status {text[:60]} is no word that is known; OK passes, and names of errors fail")
    code = pl.col("exit_code")
    if (bad := frame.filter(code.is_nan() | (code != code.round()))).height:
        raise DataError(f"the exit_code {bad['exit_code'][0]} is no whole number")
    said = pl.col("verdict") != "null"
    passed = pl.when(said).then((pl.col("verdict") == '"OK"') & (code == 0))
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
    files=r"\.results\.json(\.gz|\.zst)?$",
    keys=[frozenset({"name", "language", "results", "exit_code"})],
)

FORMATS = (EVALSCOPE, OPENCOMPASS, VERIFIERS, EVERY_EVAL_EVER, MULTIPL_E)
