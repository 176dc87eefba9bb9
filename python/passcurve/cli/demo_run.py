"""What `passcurve demo` does."""

from __future__ import annotations

import json
import time
from contextlib import nullcontext
from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl

from passcurve._progress import Stages
from passcurve._tallying import tally as count
from passcurve.cli import output as out
from passcurve.cli import plots as charts
from passcurve.cli import run_tables, tables
from passcurve.cli.findings import Stage, sentences
from passcurve.demo import CHECKPOINTS, generate
from passcurve.tally import Tally

BY = ("model", "step")
SHOWN_KS = (1, 8, 64, 512)
K = 8
TOP = 5


def run(*, problems: int, samples: int, seed: int, keep: Path | None, plots: Path | None, as_json: bool) -> None:
    """Makes the log, does the job and prints it."""
    if plots is not None:
        charts.check(plots)
    place = nullcontext(keep) if keep is not None else TemporaryDirectory(prefix="passcurve-demo-")
    with place as folder:
        tally = _tally(Path(folder), problems, samples, seed, told=not as_json)
    powers = [2**power for power in range(int(tally.frame["n"].to_numpy().min()).bit_length())]
    shown = [k for k in SHOWN_KS if k <= powers[-1]]
    # The base model is step 0 of the run.
    of_steps = Tally.from_counts(tally.frame.drop("model"), by="step")
    if as_json:
        _emit(tally, of_steps, powers)
        if plots is not None:
            charts.draw(of_steps, plots)
        return
    _report(tally, powers, shown)
    _in_python(keep, powers, shown)
    if plots is not None:
        start = time.perf_counter()
        names = ", ".join(charts.draw(of_steps, plots))
        out.heading(f"Plots of the run, in {plots}")
        out.text(f"  {names}; each as .svg and .png, {_since(start)}\n")
    _diagnose(of_steps)


def _in_python(keep: Path | None, powers: list[int], shown: list[int]) -> None:
    out.heading("The same in Python" + (" (--keep FOLDER leaves the log there)" if keep is None else ""))
    first, last = (_name(*stage) for stage in (CHECKPOINTS[0], CHECKPOINTS[-1]))
    out.text(
        "  import passcurve as pk\n"
        "  import polars as pl\n"
        f'  t = pk.tally({json.dumps(str(keep or "FOLDER"))}, by=["model", "step"], on_null="fail")\n'
        f"  print(t.pass_at_k({shown}), t.pass_hat_k({K}), t.alpha_k({K}))\n"
        f'  print(t.per_problem({K}).sort("signal", descending=True))\n'
        '  stage = pl.format("{} at step {}", "model", "step").alias("stage")\n'
        '  stages = pk.Tally.from_counts(t.frame.with_columns(stage), by="stage")\n'
        f"  ks = [2**i for i in range({len(powers)})]\n"
        f'  print(stages.compare("{last}", "{first}", k=ks))\n'
        '  run = pk.Tally.from_counts(t.frame.drop("model"), by="step")\n'
        f'  print(run.diagnose({K}, group_size={K}, along="step"))\n'
    )


def _emit(tally: Tally, run: Tally, powers: list[int]) -> None:
    with Stages(None, 2) as begins:
        begins("estimating")
        rows = pl.concat([tally.pass_at_k(powers), tally.pass_hat_k(K), tally.alpha_k(K)])
        begins("diagnosing")
        found = run.diagnose(K, group_size=K, along="step")
    tables = {"diagnosis": found.frame, "trends": found.trends}
    out.Data(json=True, csv=False, file=None).emit("demo", rows, tally.provenance, **tables, sentences=found.sentences)


def _tally(folder: Path, problems: int, samples: int, seed: int, *, told: bool) -> Tally:
    start = time.perf_counter()
    with Stages(None) as begins:
        begins("writing the log")
        files = generate(folder, problems=problems, samples=samples, seed=seed)
    written, start = _since(start), time.perf_counter()
    tally = count(folder, by=BY, problem="problem", verdict="correct", on_null="fail")
    tallied, taken = _since(start), time.perf_counter() - start
    if not told:
        return tally
    size = sum(file.stat().st_size for file in files)
    out.text(f"A synthetic log: {problems:,} problems, a base model and {len(files) - 1} RL checkpoints\n")
    out.text(f"  written  {written}: {len(files)} Parquet files, {size / 1e6:.1f} MB\n")
    rate = tally.provenance.rows / taken / 1e6
    source = tally.provenance
    out.text(
        f"  tallied  {tallied}: {source.rows:,} verdicts, {source.nulls:,} of them null; {rate:,.0f} million a second\n"
    )
    return tally


def _report(tally: Tally, powers: list[int], shown: list[int]) -> None:
    start = time.perf_counter()
    with Stages(None) as begins:
        begins("estimating")
        passes, hats, alphas = tally.pass_at_k(powers), tally.pass_hat_k(K), tally.alpha_k(K)
        left = _at(tally.per_problem(K), *CHECKPOINTS[-1])
    figures = passes.height + hats.height + alphas.height
    out.text(f"  inferred {_since(start)}: {figures} estimates with intervals\n")
    stages = [
        Stage(_name(model, step), *(_at(frame, model, step) for frame in (passes, hats)))
        for model, step in passes.select(BY).unique(maintain_order=True).iter_rows()
    ]
    width = out.width()
    for title, frame in (
        ("pass@k: at least one of k draws passes", passes.filter(pl.col("k").is_in(shown))),
        (f"pass^{K}: all of {K} draws pass", hats),
        (f"alpha_{K}: how pass@{K} multiplies the gradient of pass@1", alphas),
    ):
        out.heading(f"{title}, mean over problems")
        out.show(tables.estimates(frame, BY, 0.95, width))
    out.heading(f"The problems with the most signal left at k = {K}, for {stages[-1].name}")
    strongest = left.sort("signal", descending=True, maintain_order=True).head(TOP)
    out.show(tables.signals(strongest, tally.problem, width))
    out.heading("What the tables show")
    named = tally.frame.with_columns(stage=pl.format("{} at step {}", "model", "step"))
    with Stages(None) as begins:
        begins("comparing")
        paired = Tally.from_counts(named, by="stage").compare(stages[-1].name, stages[0].name, k=powers)
    out.bullets(sentences(stages[0], stages[-1], paired))


def _diagnose(run: Tally) -> None:
    with Stages(None) as begins:
        begins("diagnosing")
        diagnosis = run.diagnose(K, group_size=K, along="step")
    out.heading(f"The steps of the run; mixed: training groups of {K} with passes and failures")
    out.show(run_tables.shares(diagnosis.frame, ["step"], 0.95, out.width()))
    out.heading("The diagnosis of the run")
    out.bullets(diagnosis.sentences)


def _name(model: str, step: int) -> str:
    return f"{model} at step {step}"


def _at(frame: pl.DataFrame, model: str, step: int) -> pl.DataFrame:
    return frame.filter(pl.col("model") == model, pl.col("step") == step)


def _since(start: float) -> str:
    return f"in {time.perf_counter() - start:.2f} s"
