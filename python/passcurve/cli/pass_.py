"""`passcurve pass`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl

from passcurve.cli import notes, tables
from passcurve.cli import options as opt
from passcurve.cli import output as out
from passcurve.cli.logs import load

if TYPE_CHECKING:
    from collections.abc import Iterable


def estimate(
    logs: opt.Logs,
    *,
    metric: opt.Metrics = ["pass_at_k"],  # noqa: B006 (typer's way; nothing changes it)
    k: opt.Ks = None,
    tau: opt.Taus = None,
    on_k_gt_n: opt.TooLargeK = "error",
    mixed: opt.MixedVerdicts = "error",
    method: opt.IntervalMethod = "auto",
    confidence_level: opt.Confidence = 0.95,
    over: opt.Target = "problems",
    cluster: opt.Cluster = None,
    n_resamples: opt.Resamples = None,
    seed: opt.Seed = 0,
    by: opt.By = None,
    problem: opt.Problem = None,
    verdict: opt.Verdict = None,
    sample: opt.Sample = None,
    answer: opt.Answer = None,
    reward: opt.Reward = None,
    threshold: opt.Threshold = None,
    passing: opt.Passing = None,
    failing: opt.Failing = None,
    on_null: opt.NullPolicy = None,
    on_null_id: opt.NullIdPolicy = None,
    on_duplicate: opt.DuplicatePolicy = None,
    partial: opt.PartialPolicy = None,
    threads: opt.Threads = None,
    memory_limit: opt.MemoryLimit = None,
    progress: opt.ShowProgress = None,
    as_json: opt.Json = False,
    as_csv: opt.Csv = False,
    output: opt.Output = None,
) -> None:
    """Estimate pass@k, pass^k, alpha_k, or maj@k and max@k of answers and rewards, per group, with intervals."""
    data = out.Data(as_json, as_csv, output)
    opt.forbid_numbers(logs, k)
    ks = opt.numbers(k)
    own: dict[str, dict[str, Any]] = {"maj_at_k": {"mixed": mixed}, "g_pass_at_k": {"tau": opt.shares(tau, metric)}}
    tally = load(
        logs,
        output,
        progress,
        by=by,
        problem=problem,
        verdict=verdict,
        sample=sample,
        answer=answer,
        reward=reward,
        threshold=threshold,
        passing=passing,
        failing=failing,
        on_null=on_null,
        on_null_id=on_null_id,
        on_duplicate=on_duplicate,
        partial=partial,
        threads=threads,
        memory_limit=memory_limit,
    )
    frame = _stacked(
        getattr(tally, name)(
            ks,
            method=method,
            confidence_level=confidence_level,
            over=over,
            cluster=cluster,
            on_k_gt_n=on_k_gt_n,
            **({} if n_resamples is None else {"n_resamples": n_resamples}),
            rng=seed,
            threads=threads,
            **own.get(name, {}),
        )
        for name in dict.fromkeys(metric)
    )
    if data:
        data.emit("pass", frame, tally.provenance)
    if frame.is_empty():
        out.notes([notes.about_nothing(tally)])
    elif not data:
        out.show(tables.estimates(frame, tally.by, confidence_level, out.width()))
        out.notes([notes.about_estimates(frame, confidence_level)])
    out.notes(notes.about_source(tally.provenance))


def _stacked(frames: Iterable[pl.DataFrame]) -> pl.DataFrame:
    """The tables of several metrics as one; tau and m are after k, and null where a metric has none."""
    frame = pl.concat(frames, how="diagonal")
    first = ["metric", "k", "tau", "m"]
    if "tau" not in frame.columns:
        return frame
    by = frame.columns[: frame.columns.index("metric")]
    return frame.select(*by, *first, pl.exclude(*by, *first))
