"""A tally by shards without an engine, and logs that are hard to cut into shards."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import polars as pl
from hypothesis import strategies as st

import passcurve as pk
from passcurve._progress import Progress
from passcurve._sharding.asked import check_words, of_files
from passcurve._sharding.driving import attempt, tally_files
from passcurve._sources import Files

NONE = ("problem", "verdict", "by", "sample", "answer", "reward", "threshold", "passing", "failing")
ERROR = ("on_null", "on_null_id", "on_duplicate", "partial")


class Here:
    """Runs tasks one after the other, last ones first, with nothing in common but what can be pickled."""

    threads = 1

    def __init__(self) -> None:
        self.tasks = self.ran = 0

    def slots(self) -> tuple[int, int]:
        return 2, 2

    def start(self, work: Callable[..., Any], *args: Any, returns: int = 1) -> list[Any]:
        self.tasks += 1
        given = [arg() if isinstance(arg, Ref) else arg for arg in args]

        def counted(*words: Any) -> Any:
            self.ran += 1
            return work(*words)

        found = attempt(counted, returns, *pickle.loads(pickle.dumps(given)))
        return [Ref(one) for one in (found if returns > 1 else [found])]

    def got(self, ref: Any, name: str) -> Any:
        found = ref()
        if isinstance(found, BaseException):
            raise found
        return found


class Ref:
    def __init__(self, value: Any) -> None:
        self.value = pickle.dumps(value)

    def __call__(self) -> Any:
        return pickle.loads(self.value)


def tally(
    source: Any, shards: int, across_shards: str = "shuffle", engine: Here | None = None, **words: Any
) -> pk.Tally:
    """By shards, as an engine does it."""
    every: Any = {**dict.fromkeys(NONE), **dict.fromkeys(ERROR, "error"), **words}
    check_words(every)
    files = Files([source] if isinstance(source, str | Path) else source)
    asked = of_files(files, every)
    known: Any = {"across_shards": across_shards, "shards": shards, "memory_limit": None}
    return tally_files(engine or Here(), files, asked, **known, bar=Progress(False))


def same(ours: pk.Tally, whole: pk.Tally) -> None:
    """Fails unless all of it is the same, to the bit."""
    assert ours.frame.schema == whole.frame.schema
    assert ours == whole
    assert ours.provenance == whole.provenance


def outcome(work: Callable[[], pk.Tally]) -> pk.Tally | type[BaseException]:
    """The tally, or the class of the error."""
    try:
        return work()
    except (ValueError, MemoryError, OSError) as error:
        return type(error)


def agree(ours: pk.Tally | type[BaseException], whole: pk.Tally | type[BaseException]) -> None:
    if isinstance(ours, pk.Tally) and isinstance(whole, pk.Tally):
        same(ours, whole)
    else:
        assert ours == whole


WORDS = st.fixed_dictionaries(
    {
        "on_null": st.sampled_from(["error", "fail", "skip"]),
        "on_null_id": st.sampled_from(["error", "skip", "skip"]),
        "by": st.sampled_from([[], ["model"], ["model", "step"]]),
        "answer": st.sampled_from([None, "answer"]),
        "reward": st.sampled_from([None, None, "reward"]),
    }
)
COPIES = st.sampled_from(
    [{}, *({"sample": "sample", "on_duplicate": policy} for policy in ("error", "agree", "first"))]
)
KINDS = {"model": pl.String, "problem": pl.Int32, "sample": pl.Int16, "answer": pl.String, "reward": pl.Float64}


@st.composite
def files_of_rows(draw: st.DrawFn, verdicts: st.SearchStrategy[Any]) -> list[tuple[str, list[dict[str, Any]]]]:
    """Files, each with its format and rows; rows have few ids, so that samples come again in other files."""
    rare = st.integers(0, 30).map(lambda number: number == 0)
    nulls = draw(st.booleans())

    def one(value: Any) -> Any:
        return None if nulls and draw(rare) else value

    files = []
    for _ in range(draw(st.integers(1, 6))):
        rows = []
        for _ in range(draw(st.sampled_from([0, 1, 2, 3, 7]))):
            sample = draw(st.integers(0, 3 if draw(rare) else 5000))
            row = {"model": one(draw(st.sampled_from("ab"))), "problem": one(draw(st.integers(0, 2))), "sample": sample}
            rows.append(
                row | {"verdict": one(draw(verdicts)), "answer": one(draw(st.sampled_from("xy"))), "reward": 0.5}
            )
        if rows and draw(st.booleans()):
            # What was drawn before comes once more, perhaps with another verdict.
            rows.append({**rows[0], "verdict": draw(verdicts)})
        files.append((draw(st.sampled_from(["parquet", "parquet", "arrow", "jsonl"])), rows))
    if len(files) > 1 and files[0][1] and draw(st.booleans()):
        files[-1][1].append({**files[0][1][-1], "reward": draw(st.sampled_from([0.5, 0.25]))})
    return files


def write(folder: Path, files: Sequence[tuple[str, list[dict[str, Any]]]], verdict: Any) -> list[str]:
    """The paths, each with a step in it."""
    paths = []
    for number, (kind, rows) in enumerate(files):
        path = folder / f"step={number % 2}" / f"{number}.{kind}"
        path.parent.mkdir(exist_ok=True, parents=True)
        frame = pl.DataFrame(rows, schema={**KINDS, "verdict": verdict}, orient="row")
        # The widths of integers are those of the file.
        frame = frame.with_columns(pl.col("problem").cast([pl.Int32, pl.UInt8, pl.Int64][number % 3]))
        {"parquet": frame.write_parquet, "arrow": frame.write_ipc, "jsonl": frame.write_ndjson}[kind](path)
        paths.append(str(path))
    return paths
