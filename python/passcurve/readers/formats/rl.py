"""Trainers: verl and TRL's GRPO."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from passcurve import _core
from passcurve._objects import for_polars
from passcurve.errors import DataError
from passcurve.readers._checking import Copies, parquet
from passcurve.readers._format import Format, quoted
from passcurve.readers._reading import Reading, records, with_hash

if TYPE_CHECKING:
    from collections.abc import Iterator

_VERL = {
    "problem 0": ("input", "hashes"),
    "problem 1": ("gts", "hashes"),
    "uid": ("uid", "texts"),
    "step": ("step", "ids"),
    "acc": ("acc", "json"),
    "score": ("score", "json"),
    "answer": ("pred", "texts"),
}


def _verl(path: str, reading: Reading) -> Iterator[pl.DataFrame]:
    """A dump of a validation or rollout step. Of a session with several outputs the last is the sample."""
    own = reading.options.get("problem")
    fields = _VERL | ({} if own is None else {"own": (quoted(own), "ids")})
    frames = list(records(path, "", fields, reading))
    if not frames:
        return
    frame = with_hash(pl.concat(frames, how="vertical_relaxed"), 2)
    if own is not None:
        if frame["own"].null_count():
            at = int(frame["own"].is_null().arg_true()[0]) + 1
            keys = json.loads(_core.first_record(path) or "{}")
            raise DataError(f"{path}: record {at} has no {own!r}; {reading.way_out('problem', keys)}")
        frame = frame.with_columns(problem="own")
    copies = Copies()
    copies.see(frame)
    copies.tell(path, reading)
    if frame["uid"].null_count() < frame.height:
        frame = _sessions(frame, path, reading)
    if own is None:
        _warn_of_prompts(frame, path, reading)
        _note_larger(frame, path, reading)
    _forbid_two_runs(frame, path, reading)
    has_acc = frame["acc"].null_count() < frame.height
    reading.note("the verdict is acc" if has_acc else "the verdict is score, for there is no acc")
    score, acc = _unquoted("score"), _unquoted("acc")
    # A threshold is for scores, which may be anything; acc is true or false, also as a float.
    words = {"1.0": "true", "0.0": "false", "1": "true", "0": "false", "True": "true", "False": "false"}
    reward = score.cast(pl.Float64, strict=False)
    yield frame.with_columns(reward=reward, verdict=acc.replace(words) if has_acc else score)


def _unquoted(name: str) -> pl.Expr:
    """NumPy's scalars are written as strings: ``default=str`` is said for what JSON does not know."""
    number = r"-?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?"
    return pl.col(name).str.replace(rf'^"(True|False|{number})"$', "$1")


def _forbid_two_runs(frame: pl.DataFrame, path: str, reading: Reading) -> None:
    """No column tells the same step of two runs apart."""
    for step in frame["step"].unique():
        before = reading.memory.setdefault(("step", step), path)
        if before != path:
            raise DataError(
                f"{before} and {path} are both of step {step}, and nothing in them tells runs apart; tally each run by "
                "itself"
            )


def _sessions(frame: pl.DataFrame, path: str, reading: Reading) -> pl.DataFrame:
    parts = frame["uid"].str.extract_groups(r"^(?<session>.+_\d+)_(?<output>\d+)$").struct.unnest()
    frame = frame.with_columns(session=parts["session"], output=parts["output"].cast(pl.Int64))
    if frame["session"].null_count():
        return frame
    if (twice := frame.filter(pl.col("uid").is_duplicated())).height:
        raise DataError(
            f"{path}: uid {twice['uid'][0]!r} comes twice: a file that was appended to holds two runs; keep one"
        )
    # Outputs of a session share its first prompt and its last score.
    ordered = frame.with_row_index("at").sort("session", "output")
    last = ordered.with_columns(problem=pl.col("problem").first().over("session")).group_by("session").last()
    if dropped := frame.height - last.height:
        reading.left_out["an earlier output of its session"] += dropped
    return last.sort("at")


def _warn_of_prompts(frame: pl.DataFrame, path: str, reading: Reading) -> None:
    answers = frame.group_by("problem 0").agg(pl.col("problem 1").n_unique())["problem 1"]
    if several := int((answers > 1).sum()):
        reading.doubt(
            f"{path}: {several} prompts have several ground truths; they are told apart by both, and prompts that "
            "differ in images alone are not"
        )


def _note_larger(frame: pl.DataFrame, path: str, reading: Reading) -> None:
    """A prompt with the samples of several may be several problems that read the same."""
    sizes = frame.group_by("problem").len()["len"]
    usual = int(sizes.mode().min())  # type: ignore[arg-type]
    larger = int(((sizes > usual) & (sizes % usual == 0)).sum())
    if usual > 1 and larger:
        reading.note(
            f"{path}: most prompts have {usual} samples, and {larger:,} have a multiple of that: problems that read "
            'the same are counted as one; format_options={"problem": ...} names a key that tells them apart'
        )


VERL = Format(
    name="verl",
    problem=("input", "gts"),
    verdict="acc",
    step="step",
    reward="score",
    answer="pred",
    read=_verl,
    files=r"(^|/)\d+\.jsonl(\.gz|\.zst)?$",
    options=("problem",),
    keys=[frozenset({"input", "output", "gts", "score", "step"})],
)

_TRL_KNOWN = {"step", "prompt", "completion", "advantage"}


def _trl(path: str, reading: Reading) -> Iterator[pl.DataFrame]:
    """Completions of a step; the same ones come again where a step was logged twice."""
    with parquet(path):
        schema = pl.read_parquet_schema(for_polars(path))
    if lacking := sorted({"step", "prompt", "completion"} - schema.keys()):
        raise DataError(f"{path}: there is no column {lacking[0]}: no completions of TRL")
    own = reading.options.get("problem")
    if own is not None and not (own in schema and (schema[own].is_integer() or schema[own] == pl.String)):
        ids = [name for name, kind in schema.items() if kind.is_integer() or kind == pl.String]
        raise DataError(f"{path}: {own!r} is no column of ids; {reading.way_out('problem', ids)}")
    read = [name for name, kind in schema.items() if kind.is_float() or name in _TRL_KNOWN or name == own]
    with parquet(path):
        frame = pl.read_parquet(for_polars(path), columns=read, glob=False)
    rewards = [name for name, kind in frame.schema.items() if kind.is_float() and name not in _TRL_KNOWN]
    chosen = reading.options.get("verdict") or (rewards[0] if len(rewards) == 1 else None)
    if chosen not in rewards:
        raise DataError(f"{path}: which reward column is the verdict? {reading.way_out('verdict', rewards)}")
    frame = frame.with_columns(
        problem=_hashes(frame["prompt"]) if own is None else frame[own], completed=_hashes(frame["completion"])
    )
    frame = _fresh(frame, rewards, path, reading)
    if frame.height:
        _forbid_two_runs(frame, path, reading)
        if own is None:
            _note_larger(frame, path, reading)
    values = frame[chosen]
    yield frame.select("problem", "step", reward=values.cast(pl.Float64), verdict=_as_json(values))


def _fresh(frame: pl.DataFrame, rewards: list[str], path: str, reading: Reading) -> pl.DataFrame:
    """Without the rows that were logged before: a file begins with what the one before it ended with."""
    told = [name for name in (*rewards, "advantage") if name in frame.columns]
    parts = pl.col(told).cast(pl.String).fill_null("")
    keys = frame.select(pl.concat_str("problem", "completed", parts, separator="-")).to_series().to_list()
    folder = str(Path(path).parent)
    before = reading.memory.get(("logged", folder), [])
    reading.memory["logged", folder] = keys
    sizes = (len(before) - at for at, key in enumerate(before) if keys and key == keys[0])
    again = next((size for size in sizes if before[len(before) - size :] == keys[:size]), 0)
    if again:
        reading.left_out["logged again under a later step"] += again
        if len(set(keys[:again])) == 1:
            reading.doubt(
                f"{path}: it begins as the file before it ended, with {again:,} alike, and what is logged again is "
                "left out; samples of a new step that read the same, with the same rewards, cannot be told from that"
            )
    return frame.slice(again)


def _hashes(column: pl.Series) -> pl.Series:
    """Of texts, and of conversations as they are written in JSON."""
    values = column.to_list()
    texts = values if column.dtype == pl.String else [json.dumps(_plain(value), sort_keys=True) for value in values]
    return pl.Series(_core.hashes(texts), dtype=pl.String)


def _plain(value: Any) -> Any:
    """Without the nulls, which a file has for the keys that its other rows have."""
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items() if inner is not None}
    return [_plain(inner) for inner in value] if isinstance(value, list) else value


def _as_json(values: pl.Series) -> pl.Series:
    return values.cast(pl.Float64).fill_nan(None).cast(pl.String).fill_null("null")


TRL = Format(
    name="trl",
    problem=("prompt",),
    verdict="reward",
    step="step",
    reward="reward",
    read=_trl,
    suffixes=(".parquet",),
    options=("verdict", "problem"),
    files=r"completions_\d+\.parquet$",
    keys=[frozenset({"step", "prompt", "completion", "advantage"})],
)


FORMATS = (VERL, TRL)
