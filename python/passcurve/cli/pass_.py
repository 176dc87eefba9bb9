"""`passcurve pass`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from passcurve.cli import notes, tables
from passcurve.cli import options as opt
from passcurve.cli import output as out
from passcurve.cli.asked import AskedForData, reads_logs

if TYPE_CHECKING:
    from collections.abc import Iterable

    import polars as pl


@reads_logs
def estimate(
    asked: AskedForData,
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
) -> None:
    """Estimate pass@k, pass^k, alpha_k, or maj@k and max@k of answers and rewards, per group, with intervals."""
    opt.forbid_numbers(asked.logs, k)
    ks = opt.numbers(k)
    own: dict[str, dict[str, Any]] = {"maj_at_k": {"mixed": mixed}, "g_pass_at_k": {"tau": opt.shares(tau, metric)}}
    tally = asked.tally()
    names = list(dict.fromkeys(metric))
    frames = []
    with asked.stages(len(names)) as begins:
        for name in names:
            begins(f"estimating {opt.METRICS[name]}")
            frames.append(
                getattr(tally, name)(
                    ks,
                    method=method,
                    confidence_level=confidence_level,
                    over=over,
                    cluster=cluster,
                    on_k_gt_n=on_k_gt_n,
                    **({} if n_resamples is None else {"n_resamples": n_resamples}),
                    rng=seed,
                    threads=asked.counting.threads,
                    **own.get(name, {}),
                )
            )
    frame = _stacked(frames)
    if asked.data:
        asked.data.emit("pass", frame, tally.provenance)
    if frame.is_empty():
        out.notes([notes.about_nothing(tally)])
    elif not asked.data:
        out.show(tables.estimates(frame, tally.by, confidence_level, out.width()))
        out.notes([notes.about_estimates(frame, confidence_level)])
        if on_k_gt_n == "drop" and ks is not None:
            out.notes(notes.about_dropped(frame, [ks] if isinstance(ks, int) else ks))
    out.notes(notes.about_source(tally.provenance))


def _stacked(frames: Iterable[pl.DataFrame]) -> pl.DataFrame:
    """The tables of several metrics as one; tau and m are after k, and null where a metric has none."""
    import polars as pl

    frame = pl.concat(frames, how="diagonal")
    first = ["metric", "k", "tau", "m"]
    if "tau" not in frame.columns:
        return frame
    by = frame.columns[: frame.columns.index("metric")]
    return frame.select(*by, *first, pl.exclude(*by, *first))
