"""lighteval: details_*.parquet, which hold metrics of each document and no verdicts of its samples."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import polars as pl

from passcurve._objects import for_polars
from passcurve.errors import DataError
from passcurve.readers._checking import parquet
from passcurve.readers._format import Format
from passcurve.readers._recovering import UNCLEAR, column_of, recovered

if TYPE_CHECKING:
    from collections.abc import Iterator

    from passcurve.readers._reading import Reading

NAME = re.compile(r"(?:\w+_)?(avg|pass)@(\w+)(?::(.*))?")


def _read(path: str, reading: Reading) -> Iterator[pl.DataFrame]:
    lazy = pl.scan_parquet(for_polars(path), glob=False)
    with parquet(path):
        schema = lazy.collect_schema()
    metric_type = schema.get("metric")
    if not isinstance(metric_type, pl.Struct) or "model_response" not in schema:
        raise DataError(f"{path}: there is no struct metric beside model_response: no details of lighteval")
    metrics, n = _metrics([field.name for field in metric_type.fields], path, reading)
    metric, k = next(iter(metrics.items()))
    texts = pl.col("model_response").struct.field("text")
    chosen = lazy.select(
        problem=pl.col("doc").struct.field("id").cast(pl.String),
        # Where likelihoods were compared there is no text.
        drawn=texts.list.len().fill_null(0).clip(1).cast(pl.Float64),
        **{column_of(name): pl.col("metric").struct.field(name) for name in metrics},
    )
    with parquet(path):
        frame = chosen.collect()
    for name in metrics:
        kind = frame[column_of(name)].dtype
        if not (kind.is_numeric() or kind in {pl.Boolean, pl.Null}):
            raise DataError(f"{path}: {name} is of type {kind}, and no number")
    frame = frame.with_columns(pl.col(list(map(column_of, metrics))).cast(pl.Float64))
    most = max(frame["drawn"].to_list(), default=1)
    if k is None and most > 1:
        raise DataError(
            f"{path}: {metric} does not say how many of {most:.0f} responses passed, as avg@n and pass@k "
            "do; the verdicts of the responses are not in this log"
        )
    if n is not None and (fewer := frame.filter(pl.col("drawn") < n)).height:
        drawn = int(fewer["drawn"][0])
        raise DataError(f"{path}: {metric} is of {n} responses, and document {fewer['problem'][0]!r} has {drawn}")
    made = frame.with_columns(n=pl.col("drawn") if n is None else pl.lit(float(n)))
    yield recovered(made, {name: k or 1 for name, k in metrics.items()}, path, reading)


def _metrics(names: list[str], path: str, reading: Reading) -> tuple[dict[str, int | None], int | None]:
    """The metrics that say how many passed, with their k as far as names say it, and the n that they are of.

    The one that decides is first.
    """
    wanted = reading.options.get("metric")
    if wanted is not None and wanted not in names:
        raise DataError(f"{path}: there is no metric {wanted!r}; there are: {', '.join(names)}")
    found = {name: said for name in names if (said := _said(name)) is not None}
    if found and wanted in {None, *found}:
        # The smallest k leaves no doubt, and the largest n is of all responses.
        ordered = sorted(found, key=lambda name: (name != wanted, found[name][0], -(found[name][1] or 0)))
        n = found[ordered[0]][1]
        return {name: found[name][0] for name in ordered if found[name][1] == n}, n
    if wanted is not None or len(names) == 1:
        return {wanted or names[0]: None}, None
    raise DataError(f"{path}: which metric is the verdict? {reading.way_out('metric', names)}")


def _said(name: str) -> tuple[int, int | None] | None:
    """K and n of a name such as avg@n:n=16, avg@16, pass@k:k=4&n=16 or gpqa_pass@k:k=1."""
    if (match := NAME.fullmatch(name)) is None:
        return None
    words = dict(word.partition("=")[::2] for word in (match[3] or "").split("&"))
    digits = match[2] if match[2].isdecimal() else None
    n = words.get("n", digits if match[1] == "avg" else None)
    k = "1" if match[1] == "avg" else words.get("k", digits)
    return (int(k), int(n) if n else None) if k else None


LIGHTEVAL = Format(
    name="lighteval",
    problem="doc.id",
    read=_read,
    path=r"(?:^|/)details/(?P<model>.+)/[^/]+/details_(?P<dataset>[^/]+)_\d{4}-\d\d-\d\dT[^/]*\.parquet$",
    suffixes=(".parquet",),
    files=r"details_.+\.parquet$",
    columns=("n", "c"),
    options=("metric", "unclear"),
    choices={"unclear": tuple(UNCLEAR)},
    keys=[frozenset({"doc", "model_response", "metric"})],
)
