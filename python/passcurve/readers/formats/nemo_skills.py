"""NeMo-Skills: a file for each sample, whose lines are the problems."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from passcurve.errors import DataError
from passcurve.readers._checking import Copies
from passcurve.readers._format import Format
from passcurve.readers._reading import Reading, records

if TYPE_CHECKING:
    from collections.abc import Iterator


def _nemo(path: str, reading: Reading) -> Iterator[pl.DataFrame]:
    """Rows of the files of a run are aligned by line, and so the line is the problem."""
    fields = {
        "correct": ("symbolic_correct", "json"),
        "judgement": ("judgement", "texts"),
        "answer": ("predicted_answer", "texts"),
        "asked": ("problem", "hashes"),
    }
    frames = list(records(path, "", fields, reading))
    if not frames:
        return
    frame = pl.concat(frames)
    copies = Copies()
    copies.see(frame)
    copies.tell(path, reading)
    _forbid_misaligned(frame["asked"], path, reading)
    # As NeMo-Skills itself: what is said last.
    judged = frame["judgement"].str.extract(r"(?is).*judgement:\s*(yes|no)").str.to_lowercase()
    there = {
        "symbolic_correct": frame["correct"],
        "judgement": judged.replace_strict({"yes": "true", "no": "false"}, default=None, return_dtype=pl.String),
    }
    said = {"symbolic_correct": frame["correct"], "judgement": frame["judgement"]}
    written = [name for name, values in said.items() if values.null_count() < len(values)]
    chosen = reading.options.get("verdict") or next(iter(written), "symbolic_correct")
    reading.note(f"the verdict is {chosen}" + (f", of {' and '.join(written)}" if len(written) > 1 else ""))
    yield frame.select("answer", problem=pl.int_range(pl.len()), verdict=there[chosen])


def _forbid_misaligned(asked: pl.Series, path: str, reading: Reading) -> None:
    """Lines of the files of a folder are the same problems."""
    first, before = reading.memory.setdefault(("lines", str(Path(path).parent)), (path, asked))
    if len(before) != len(asked):
        reading.doubt(
            f"{path} has {len(asked):,} lines and {first} {len(before):,}: lines are problems, and where one is "
            "missing within the shorter file the ones behind it are counted for others"
        )
    shared = min(len(before), len(asked))
    differs = (before.head(shared) != asked.head(shared)).fill_null(False)
    if differs.any():
        raise DataError(
            f"{path}: line {differs.arg_true()[0] + 1} is another problem than in {first}; lines of the files of a "
            "folder must be the same problems"
        )


NEMO_SKILLS = Format(
    name="nemo-skills",
    problem="@order",
    verdict="symbolic_correct",
    answer="predicted_answer",
    read=_nemo,
    options=("verdict",),
    choices={"verdict": ("symbolic_correct", "judgement")},
    path=(
        # In the working directory the folder is not said.
        r"(?:(?:^|/)(?P<dataset>(?!\.{1,2}/)[^/]+)/|^|/)output-rs(?P<sample>\d+)\.jsonl(?:\.gz|\.zst)?$",
        r"(?:^|/)(?P<dataset>(?!\.{1,2}/)[^/]+)/output\.jsonl(?:\.gz|\.zst)?$",
    ),
    files=r"output(-rs\d+)?\.jsonl(\.gz|\.zst)?$",
    keys=[frozenset({"predicted_answer", "symbolic_correct"}), frozenset({"predicted_answer", "judgement"})],
)

FORMATS = (NEMO_SKILLS,)
