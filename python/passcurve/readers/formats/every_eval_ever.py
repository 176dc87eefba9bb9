"""Every Eval Ever: logs of other harnesses in one schema, a record for each sample and result."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from passcurve.errors import DataError
from passcurve.readers._checking import Copies
from passcurve.readers._format import ORDER, Format
from passcurve.readers._reading import Reading, records

if TYPE_CHECKING:
    from collections.abc import Iterator


_INSTANCE = {
    "problem": ("sample_id", "ids"),
    "model": ("model_id", "texts"),
    "dataset": ("evaluation_name", "texts"),
    "result": ("evaluation_result_id", "texts"),
    "verdict": ("evaluation.is_correct", "json"),
    "score": ("evaluation.score", "json"),
    "reward": ("evaluation.score", "numbers"),
}


def _every_eval_ever(path: str, reading: Reading) -> Iterator[pl.DataFrame]:
    """Of the records of a sample, one for each result that it counts for, those of one result."""
    wanted = reading.options.get("result")
    found: dict[str, None] = {}
    copies = Copies()
    for frame in records(path, "", _INSTANCE, reading):
        copies.see(frame)
        found.update(dict.fromkeys(frame["result"].drop_nulls().unique(maintain_order=True)))
        yield _of_one_result(frame, reading)
    copies.tell(path, reading)
    if wanted is not None and wanted not in found:
        raise DataError(f"{path}: no record is of the result {wanted!r}; there are: {', '.join(found) or 'none'}")


def _of_one_result(frame: pl.DataFrame, reading: Reading) -> pl.DataFrame:
    """The records of one evaluation_result_id; a sample has one for each metric or scorer."""
    wanted = reading.options.get("result")
    # Each run of an evaluation has results of its own.
    for run, part in frame.group_by("dataset", "model", maintain_order=True):
        known: dict[str, None] = reading.memory.setdefault(("results", *run), {})
        known.update(dict.fromkeys(part["result"].drop_nulls().unique(maintain_order=True)))
        if wanted is None and len(known) > 1:
            raise DataError(f"each sample has a record for each of several results; {reading.way_out('result', known)}")
    if frame["result"].null_count() == frame.height:
        return frame
    kept = frame.filter(pl.col("result").is_not_null() if wanted is None else pl.col("result") == wanted)
    if left_out := frame.height - kept.height:
        reading.left_out["of no result" if wanted is None else f"of another result than {wanted}"] += left_out
    return kept


def _is_correct(frame: pl.DataFrame, reading: Reading) -> pl.DataFrame:
    """The verdict, which is no share of several responses."""
    chosen = reading.options.get("verdict")
    has_some = frame["verdict"].null_count() < frame.height
    if frame.height and has_some != reading.here.setdefault("is_correct", has_some) and has_some:
        raise DataError(
            "some records have an evaluation.is_correct, and those before have none; say "
            'format_options={"verdict": "score"}, or mend the log'
        )
    if frame.height and chosen != "is_correct" and not reading.here["is_correct"]:
        reading.note("the verdict is evaluation.score, for there is no evaluation.is_correct")
        return frame.with_columns(verdict=pl.col("score"))
    if chosen == "score" or (chosen is None and reading.threshold is not None):
        reading.note("the verdict is evaluation.score")
        return frame.with_columns(verdict=pl.col("score"))
    shares = frame.filter(~pl.col("reward").is_in([0.0, 1.0]) & pl.col("verdict").is_not_null())
    if chosen is None and not shares.is_empty():
        problem, score, verdict = shares.select("problem", "reward", "verdict").row(0)
        raise DataError(
            f"evaluation.score is {score:g} and evaluation.is_correct {verdict} (first of problem {problem!r}): "
            "converters write the mean of several responses so; tally the log that was converted, or say "
            'threshold= for the score or format_options={"verdict": "is_correct"}'
        )
    return frame


EVERY_EVAL_EVER = Format(
    name="every-eval-ever",
    problem="sample_id",
    sample=ORDER,
    model="model_id",
    dataset="evaluation_name",
    verdict="evaluation.is_correct",
    reward="evaluation.score",
    read=_every_eval_ever,
    options=("result", "verdict"),
    choices={"verdict": ("is_correct", "score")},
    mend=_is_correct,
    files=r"_samples\.jsonl(\.gz|\.zst)?$",
    keys=[frozenset({"evaluation_id", "sample_id", "evaluation"})],
)
