"""Counts along the steps of runs."""

import numpy as np
import polars as pl

import passcurve as pk


def tally(runs, n=16, by=("step",)):
    rows = [(*name, i, n, c) for name, counts in runs.items() for i, c in enumerate(counts)]
    return pk.Tally.from_counts(pl.DataFrame(rows, schema=[*by, "problem", "n", "c"], orient="row"), by=list(by))


def run(seed=0, problems=40, steps=(0, 100, 400)):
    """Rates that are driven to 0 and 1 along the steps."""
    rng = np.random.default_rng(seed)
    logit = rng.normal(0.2, 1, problems)
    rates = {step: 1 / (1 + np.exp(-(1 + step / 100) * (logit + 0.3))) for step in steps}
    return {(step,): rng.binomial(16, p) for step, p in rates.items()}
