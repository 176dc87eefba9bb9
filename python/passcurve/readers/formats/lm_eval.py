"""lm-evaluation-harness: samples_*.jsonl, which hold metrics of each document and no verdicts of its repeats."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from passcurve import _core
from passcurve.errors import DataError
from passcurve.readers._format import Format, quoted
from passcurve.readers._reading import Reading, records, top
from passcurve.readers._recovering import UNCLEAR, column_of, recovered

if TYPE_CHECKING:
    from collections.abc import Iterator

DATE = re.compile(r"_(\d{4}-\d\d-\d\dT[^/]*)\.jsonl(?:\.gz|\.zst)?$")
SANITISED = re.compile(r"[\"<>:/|\\?*\[\]]+")
PASS_AT = re.compile(r"pass@(\d+)(?:,.*)?")


def _read(path: str, reading: Reading) -> Iterator[pl.DataFrame]:
    first = _core.first_record(path)
    if first is None:
        return
    record = json.loads(first)
    metrics = (
        [name for name in record.get("metrics") or [] if isinstance(name, str)] if isinstance(record, dict) else []
    )
    if not metrics:
        raise DataError(f"{path}: the first record has no list of metrics, by which its verdicts are known")
    chosen_metrics = _metrics(metrics, path, reading)
    fields = {
        "problem": ("doc_id", "ids"),
        "filter": ("filter", "texts"),
        "drawn": ("resps[0][#]", "numbers"),
        "scored": ("filtered_resps[0][#]", "numbers"),
        "likelihood": ("resps[0][0][#]", "numbers"),
    } | {column_of(name): (quoted(name), "numbers") for name in chosen_metrics}
    chosen, model, read, taken = reading.options.get("filter"), _model(path), 0, 0
    for frame in records(path, "", fields, reading):
        chosen = _filter(frame["filter"], chosen, path, reading)
        if chosen is not None and frame["filter"].null_count():
            at = read + int(frame["filter"].is_null().arg_true()[0]) + 1
            raise DataError(f"{path}: record {at} has no filter, as others have; is it of another format?")
        read += frame.height
        kept = frame.filter(pl.col("filter").is_null() if chosen is None else pl.col("filter") == chosen)
        if dropped := frame.height - kept.height:
            reading.left_out[f"of another filter than {chosen}"] += dropped
        taken += kept.height
        counted = recovered(_scored(kept, path, reading), chosen_metrics, path, reading)
        yield counted.with_columns(model=pl.lit(model, dtype=pl.String))
    if read and not taken:
        there = ", ".join(reading.memory.get(("filters", path), ()))
        raise DataError(f"{path}: no record has the filter {chosen!r}; there are: {there}")


def _model(path: str) -> str | None:
    """The model by the results that are written beside the samples, or by the folder."""
    folder, name = Path(path).resolve().parent, Path(path).name
    date = DATE.search(name)
    own = folder / f"results_{date[1]}.json" if date else None
    # Of other runs in the folder those of the same model, whose name the folder's is made from.
    for results in [own, *sorted(folder.glob("results_*.json"))]:
        model = top(str(results), "model_name") if results is not None and results.exists() else None
        if model and isinstance(model, str) and (results == own or SANITISED.sub("__", model) == folder.name):
            return model
    return folder.name


def _metrics(metrics: list[str], path: str, reading: Reading) -> dict[str, int]:
    """The metrics that tell how many passed, and their k, with the one that decides first."""
    wanted = reading.options.get("metric")
    if wanted is not None and wanted not in metrics:
        raise DataError(f"{path}: there is no metric {wanted!r}; there are: {', '.join(metrics)}")
    found = {name: int(match[1]) for name in metrics if (match := PASS_AT.fullmatch(name))}
    found = dict(sorted(found.items(), key=lambda item: (item[0] != wanted, item[1])))
    if found and wanted in {None, next(iter(found))}:
        return found
    if wanted is not None:
        return {wanted: 1}
    if len(metrics) != 1:
        raise DataError(f"{path}: which metric is the verdict? {reading.way_out('metric', metrics)}")
    return {metrics[0]: 1}


def _scored(frame: pl.DataFrame, path: str, reading: Reading) -> pl.DataFrame:
    """N is how many responses the metric is of: those that the filter left, or one comparison of likelihoods."""
    n = pl.when(pl.col("likelihood").is_not_null()).then(1.0).otherwise(pl.col("scored").fill_null(1.0))
    made = frame.with_columns(n=n)
    if (one := made.filter(pl.col("likelihood").is_null() & (pl.col("n") < pl.col("drawn")))).height:
        drawn, scored = int(one["drawn"][0]), int(one["n"][0])
        reading.note(f"{path}: of {drawn} responses of a document the filter left {scored}, and only these were scored")
    return made


def _filter(filters: pl.Series, chosen: str | None, path: str, reading: Reading) -> str | None:
    known: dict[str, None] = reading.memory.setdefault(("filters", path), {})
    known.update(dict.fromkeys(filters.drop_nulls().unique(maintain_order=True)))
    there, asked = list(known), reading.options.get("filter")
    if asked is None and len(there) == 1 and there[0].startswith("maj"):
        raise DataError(f"{path}: {there[0]} is a vote of the responses, of which this log holds no verdicts")
    if asked is None and len(there) > 1:
        raise DataError(f"{path}: each document is there once for each filter; {reading.way_out('filter', there)}")
    return chosen or next(iter(there), None)


LM_EVAL = Format(
    name="lm-eval",
    problem="doc_id",
    read=_read,
    path=r"(?:^|/)samples_(?P<dataset>.+)_\d{4}-\d\d-\d\dT[^/]*\.jsonl(?:\.gz|\.zst)?$",
    files=r"samples_.+\.jsonl(\.gz|\.zst)?$",
    columns=("model", "n", "c"),
    options=("metric", "filter", "unclear"),
    choices={"unclear": tuple(UNCLEAR)},
    keys=[frozenset({"doc_id", "resps", "filter"}), frozenset({"doc_id", "resps", "filtered_resps"})],
)
