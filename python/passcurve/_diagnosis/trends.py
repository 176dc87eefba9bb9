"""How measures move along the steps of a run, problem by problem."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from passcurve import _core, estimators, groups

if TYPE_CHECKING:
    import numpy.typing as npt

    from passcurve._diagnosis.asked import Asked
    from passcurve._keyed import Key

MEASURES = ("pass_at_1", "pass_at_k", "gap", "informative", "signal_mass", "alpha_mean", "unsolved", "saturated")


@dataclass(frozen=True)
class Run:
    """The problems of a run that are there at every step, by row; its steps in order, by column."""

    name: dict[str, object]
    steps: list[Any]
    n: npt.NDArray[np.int64]
    c: npt.NDArray[np.int64]
    left_out: int


def runs(frame: pl.DataFrame, key: Key, along: str) -> list[Run]:
    """The runs: groups by the ``by`` columns other than ``along``. One of a single step has no trend."""
    rest = [name for name in key.by if name != along]
    parts = frame.partition_by(rest, maintain_order=True) if rest else [frame]
    return [run for part in parts if (run := _run(part, key, along, rest)) is not None]


def _run(part: pl.DataFrame, key: Key, along: str, rest: list[str]) -> Run | None:
    steps = part[along].unique().sort().to_list()
    if len(steps) < 2:
        return None
    problems = part.group_by(key.problem).agg(pl.len().alias("steps")).sort(key.problem)
    whole = problems.filter(pl.col("steps") == len(steps)).select(key.problem)
    rows = part.join(whole, on=key.problem, how="semi").sort([*key.problem, along])
    n, c = (rows[name].to_numpy().reshape(-1, len(steps)) for name in ("n", "c"))
    name = dict(zip(rest, part.select(rest).row(0), strict=True)) if rest else {}
    return Run(name, steps, n, c, problems.height - whole.height)


def trends(found: list[Run], key: Key, schema: pl.Schema, asked: Asked) -> pl.DataFrame:
    """One row a run and measure: the mean change from the first step to the last of the problems' straight lines."""
    rows = []
    for run in found:
        places = pl.Series(run.steps).cast(pl.Float64) if not _is_temporal(run.steps) else _as_numbers(run.steps)
        steps = places.to_list()
        even = bool((run.n == run.n[:, :1]).all())
        for measure in MEASURES:
            if measure in {"unsolved", "saturated"} and not even:
                # With fewer samples more problems are, though nothing changed.
                change = se = lower = upper = p = float("nan")
            else:
                values = np.ascontiguousarray(_values(measure, run, asked), dtype=np.float64).ravel()
                change, se, lower, upper, p = _core.trend(values, steps, asked.confidence_level)
            words = {"measure": measure, "change": change, "se": se, "lower": lower, "upper": upper, "p_value": p}
            sizes = {"n_problems": len(run.n), "n_steps": len(steps), "n_left_out": run.left_out}
            rows.append({**run.name, **words, **sizes})
    kinds: dict[str, Any] = {name: schema[name] for name in key.by if name != asked.along}
    kinds |= {"measure": pl.String, **dict.fromkeys(("change", "se", "lower", "upper", "p_value"), pl.Float64)}
    kinds |= dict.fromkeys(("n_problems", "n_steps", "n_left_out"), pl.Int64)
    return pl.DataFrame(rows, schema=kinds).with_columns(pl.col(pl.Float64).fill_nan(None))


def _values(measure: str, run: Run, asked: Asked) -> npt.NDArray[Any]:
    n, c = run.n, run.c
    match measure:
        case "pass_at_1":
            values = c / n
        case "unsolved":
            values = c == 0
        case "saturated":
            values = c == n
        case "informative":
            values = groups.informative(n, c, asked.group_size)
        case _:
            name = {"gap": "pass_gap", "alpha_mean": "alpha_k"}.get(measure, measure)
            values = getattr(estimators, name)(n, c, asked.k)
    return np.asarray(values)


def _is_temporal(steps: list[Any]) -> bool:
    return pl.Series(steps).dtype.is_temporal()


def _as_numbers(steps: list[Any]) -> pl.Series:
    return pl.Series(steps).to_physical().cast(pl.Float64)
