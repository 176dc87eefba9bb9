"""lm-evaluation-harness: samples_*.jsonl, which hold metrics of each document and no verdicts of its repeats."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from passcurve import _core
from passcurve.errors import DataError
from passcurve.readers._format import Format
from passcurve.readers._reading import Reading, records, top
from passcurve.readers._recovering import recovered

if TYPE_CHECKING:
    from collections.abc import Iterator

DATE = re.compile(r"_(\d{4}-\d\d-\d\dT[^/]*)\.jsonl$")
PASS_AT = re.compile(r"pass@(\d+)(?:,.*)?")


def _read(path: str, reading: Reading) -> Iterator[pl.DataFrame]:
    first = _core.first_record(path)
    if first is None:
        return
    metrics = [name for name in json.loads(first).get("metrics", []) if isinstance(name, str)]
    metric, k = _metric(metrics, path, reading)
    fields = {
        "problem": ("doc_id", "ids"),
        "filter": ("filter", "texts"),
        "n": ("resps[0][#]", "numbers"),
        "value": (json.dumps(metric), "numbers"),
    }
    chosen, model = reading.options.get("filter"), _model(path)
    for frame in records(path, "", fields, reading):
        chosen = _filter(frame["filter"], chosen, path, reading)
        kept = frame.filter(pl.col("filter").is_null() if chosen is None else pl.col("filter") == chosen)
        if dropped := frame.height - kept.height:
            reading.left_out[f"of another filter than {chosen}"] += dropped
        counted = recovered(kept, k, metric, path, reading)
        yield counted if model is None else counted.with_columns(model=pl.lit(model))


def _model(path: str) -> str | None:
    """The model by the results that are written beside the samples, or by the folder."""
    folder, name = Path(path).parent, Path(path).name
    if date := DATE.search(name):
        results = folder / f"results_{date[1]}.json"
        if results.exists() and isinstance(model := top(str(results), "model_name"), str) and model:
            return model
    return folder.name or None


def _metric(metrics: list[str], path: str, reading: Reading) -> tuple[str, int]:
    """The metric that tells how many passed, and its k."""
    wanted = reading.options.get("metric")
    if wanted is not None and wanted not in metrics:
        raise DataError(f"{path}: there is no metric {wanted!r}; there are: {', '.join(metrics)}")
    found = {name: int(match[1]) for name in metrics if (match := PASS_AT.fullmatch(name))}
    if wanted is not None:
        return wanted, found.get(wanted, 1)
    if found:
        name = min(found, key=found.__getitem__)
        return name, found[name]
    if len(metrics) != 1:
        raise DataError(f"{path}: which metric is the verdict? {reading.way_out('metric', metrics)}")
    return metrics[0], 1


def _filter(filters: pl.Series, chosen: str | None, path: str, reading: Reading) -> str | None:
    there = filters.drop_nulls().unique(maintain_order=True).to_list()
    if chosen is None and len(there) > 1:
        raise DataError(f"{path}: each document is there once for each filter; {reading.way_out('filter', there)}")
    return chosen or next(iter(there), None)


LM_EVAL = Format(
    name="lm-eval",
    problem="doc_id",
    read=_read,
    path=r"(?:^|/)samples_(?P<dataset>.+)_\d{4}-\d\d-\d\dT[^/]*\.jsonl$",
    files=r"samples_.+\.jsonl$",
    columns=("model", "n", "c"),
    keys=[frozenset({"doc_id", "resps", "filter"}), frozenset({"doc_id", "resps", "filtered_resps"})],
)
