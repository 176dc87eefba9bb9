"""lighteval: details_*.parquet, which hold metrics of each document and no verdicts of its samples."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import polars as pl

from passcurve.errors import DataError
from passcurve.readers._format import Format
from passcurve.readers._recovering import recovered

if TYPE_CHECKING:
    from collections.abc import Iterator

    from passcurve.readers._reading import Reading

AVERAGE = re.compile(r"avg@(?:n|k)\b.*|avg@\d+.*")
PASS_AT = re.compile(r"pass@k:k=(\d+).*|pass@(\d+).*")


def _read(path: str, reading: Reading) -> Iterator[pl.DataFrame]:
    lazy = pl.scan_parquet(path)
    schema = lazy.collect_schema()
    metric_type = schema.get("metric")
    if not isinstance(metric_type, pl.Struct) or "model_response" not in schema:
        raise DataError(f"{path}: there is no struct metric beside model_response: no details of lighteval")
    metric, k = _metric([field.name for field in metric_type.fields], path, reading)
    doc = pl.col("doc").struct
    texts = pl.col("model_response").struct.field("text")
    frame = lazy.select(
        problem=doc.field("id").cast(pl.String),
        n=texts.list.len().cast(pl.Float64),
        value=pl.col("metric").struct.field(metric).cast(pl.Float64),
    ).collect()
    yield recovered(frame, k, metric, path, reading)


def _metric(names: list[str], path: str, reading: Reading) -> tuple[str, int]:
    wanted = reading.options.get("metric")
    if wanted is not None and wanted not in names:
        raise DataError(f"{path}: there is no metric {wanted!r}; there are: {', '.join(names)}")
    ks = {name: _k(name) for name in names}
    found = {name: k for name, k in ks.items() if k is not None and wanted in {None, name}}
    if found:
        name = min(found, key=lambda name: found[name])
        return name, found[name]
    if wanted is not None or len(names) == 1:
        return wanted or names[0], 1
    raise DataError(f"{path}: which metric is the verdict? {reading.way_out('metric', names)}")


def _k(name: str) -> int | None:
    if AVERAGE.fullmatch(name):
        return 1
    match = PASS_AT.fullmatch(name)
    return None if match is None else int(match[1] or match[2])


LIGHTEVAL = Format(
    name="lighteval",
    problem="doc.id",
    read=_read,
    path=r"(?:^|/)details/(?P<model>.+)/[^/]+/details_(?P<dataset>[^/]+)_\d{4}-\d\d-\d\dT[^/]*\.parquet$",
    suffixes=(".parquet",),
    files=r"details_.+\.parquet$",
    columns=("n", "c"),
    keys=[frozenset({"doc", "model_response", "metric"})],
)
