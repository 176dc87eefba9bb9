"""`passcurve pass`."""

from __future__ import annotations

import polars as pl

from passcurve.cli import notes, tables
from passcurve.cli import options as opt
from passcurve.cli import output as out
from passcurve.cli.logs import load


def estimate(
    logs: opt.Logs,
    *,
    metric: opt.Metrics = ["pass_at_k"],  # noqa: B006 (typer's way; nothing changes it)
    k: opt.Ks = None,
    on_k_gt_n: opt.TooLargeK = "error",
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
    """Estimate pass@k, pass^k or alpha_k per group, with intervals."""
    data = out.Data(as_json, as_csv, output)
    ks = opt.numbers(k)
    tally = load(
        logs,
        output,
        progress,
        by=by,
        problem=problem,
        verdict=verdict,
        sample=sample,
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
    frame = pl.concat(
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
    if not data:
        out.notes(notes.about_source(tally.provenance))
