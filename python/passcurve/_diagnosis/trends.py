"""How measures move along the steps of a run, problem by problem."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from passcurve import _core, estimators, groups
from passcurve._diagnosis.measures import MEANS, draws
from passcurve._requests import cluster_ids

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from passcurve._diagnosis.asked import Asked
    from passcurve._keyed import Key

MEASURES = ("pass_at_1", "pass_at_k", "gap", "informative", "signal_mass", "alpha_mean", "unsolved", "saturated")
FLOATS = ("change", "se", "lower", "upper", "p_value")


@dataclass(frozen=True)
class Run:
    """The problems of a run that are there at every step, by row; its steps in order, by column."""

    name: dict[str, object]
    steps: list[Any]
    n: npt.NDArray[np.int64]
    c: npt.NDArray[np.int64]
    left_out: int
    clusters: npt.NDArray[np.int64] | None


def runs(frame: pl.DataFrame, key: Key, along: str, cluster: str | Sequence[str] | None) -> list[Run]:
    """The runs: groups by the ``by`` columns other than ``along``. One of a single step has no trend."""
    rest = [name for name in key.by if name != along]
    parts = frame.partition_by(rest, maintain_order=True) if rest else [frame]
    return [run for part in parts if (run := _run(part, key, along, rest, cluster)) is not None]


def _run(part: pl.DataFrame, key: Key, along: str, rest: list[str], cluster: str | Sequence[str] | None) -> Run | None:
    steps = part[along].unique().sort().to_list()
    if len(steps) < 2:
        return None
    problems = part.group_by(key.problem).agg(pl.len().alias("steps")).sort(key.problem)
    whole = problems.filter(pl.col("steps") == len(steps)).select(key.problem)
    rows = part.join(whole, on=key.problem, how="semi").sort([*key.problem, along])
    n, c = (rows[name].to_numpy().reshape(-1, len(steps)) for name in ("n", "c"))
    name = dict(zip(rest, part.select(rest).row(0), strict=True)) if rest else {}
    ids = cluster_ids(rows, key, cluster)
    clusters = None if ids is None else np.ascontiguousarray(ids[:: len(steps)])
    return Run(name, steps, n, c, problems.height - whole.height, clusters)


def trends(found: list[Run], key: Key, schema: pl.Schema, asked: Asked) -> pl.DataFrame:
    """One row a run and measure: the mean change from the first step to the last of the problems' straight lines."""
    rows = [_row(measure, run, asked) for run in found for measure in MEASURES]
    kinds: dict[str, Any] = {name: schema[name] for name in key.by if name != asked.along}
    kinds |= {"measure": pl.String, **dict.fromkeys(FLOATS, pl.Float64), "method": pl.String, "reason": pl.String}
    kinds |= dict.fromkeys(("n_problems", "n_steps", "n_left_out"), pl.Int64)
    return pl.DataFrame(rows, schema=kinds).with_columns(pl.col(pl.Float64).fill_nan(None))


def _row(measure: str, run: Run, asked: Asked) -> dict[str, object]:
    words: dict[str, object] = {"measure": measure}
    if measure in {"unsolved", "saturated"} and not (run.n == run.n[:, :1]).all():
        # With fewer samples more problems are, though nothing changed.
        words["method"] = "none: n differs between steps"
    else:
        values = np.ascontiguousarray(_values(measure, run, asked), dtype=np.float64).ravel()
        numbers, method, reason = _core.trend(
            values,
            _as_numbers(run.steps),
            run.clusters,
            metric=MEANS.get(measure, "pass_at_k"),
            k=draws(measure, asked),
            confidence_level=asked.confidence_level,
        )
        words |= {**dict(zip(FLOATS, numbers, strict=True)), "method": method, "reason": reason}
    sizes = {"n_problems": len(run.n), "n_steps": len(run.steps), "n_left_out": run.left_out}
    return {**run.name, **words, **sizes}


def _values(measure: str, run: Run, asked: Asked) -> npt.NDArray[Any]:
    n, c = run.n, run.c
    if measure in {"unsolved", "saturated"}:
        return np.asarray(c == (0 if measure == "unsolved" else n))
    metric = MEANS[measure]
    of = groups if metric == "informative" else estimators
    return np.asarray(getattr(of, metric)(n, c, draws(measure, asked)))


def _as_numbers(steps: list[Any]) -> list[float]:
    places = pl.Series(steps)
    return (places.to_physical() if places.dtype.is_temporal() else places).cast(pl.Float64).to_list()
