"""The two-mode policy of Yu's Theorem 3.2, trained with batches of samples."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from passcurve._checks import positive
from passcurve._requests import as_seed
from passcurve.theory._curves import at_least_one
from passcurve.theory._policy import Policy, Update, as_policy, log_masses

if TYPE_CHECKING:
    from collections.abc import Sequence

    from passcurve.theory._checks import Floats

MOST_LISTED = 2000
"""Samples of a batch: 2 million rows."""


def simulate(
    start: Sequence[float],
    *,
    k: int,
    learning_rate: float,
    steps: int,
    update: Update = "likelihood",
    samples: int | None = None,
    expected: bool = False,
    n_runs: int = 1,
    rng: int | np.random.Generator = 0,
) -> pl.DataFrame:
    """Trains a policy with two correct modes, M1 and M2, on batches of its own samples: Yu, Theorem 3.2.

    The policy is a softmax over three outcomes: M1, M2 and wrong. Each step draws a batch and moves the three logits
    by ``learning_rate`` times the sum over its samples of a weight times the gradient of log pi(sample).

    Args:
        start: the masses of M1 and M2 at step 0; what is left of 1 is wrong.
        k: the draws of pass@k, and samples a step unless ``samples=`` says otherwise.
        learning_rate: above 0.
        steps: how many.
        update: the weights. "likelihood": 1 for each correct sample (eq. 9 on what a verifier lets through, as STaR
            and rejection-sampling fine-tuning do); its mean is samples times the gradient of pass@1. "pass_at_1": the
            verdict minus the mean verdict of the other samples, over the number of samples (REINFORCE, leave one
            out); its mean is the gradient of pass@1. "pass_at_k": alpha_k of the other samples over the number of
            samples for a correct one, 0 for a wrong one: for k > 1 what `passcurve.advantages.pkpo` gives verdicts
            (Walder and Karkhanis 2025, eq. 33); its mean is the gradient of pass@k. At k = 1 that is 1 over the
            number of samples for each correct one, without a baseline: ``pkpo(..., 1, baseline="none")``, where pkpo's
            default has one and is "pass_at_1". "likelihood_of_all": 1 for each sample, right or wrong (eq. 9 as it is
            printed); its mean is 0.
        samples: samples a step. None: k. At least k for "pass_at_k".
        expected: whether each step is the mean over all batches, in closed form, in place of one batch.
        n_runs: independent runs from the same start; 1 with ``expected=True``.
        rng: a seed, or a NumPy generator to draw one from.

    Returns:
        One row a run and step, from step 0: run, step, ``m1``, ``m2`` and ``wrong`` (masses), ``pass_at_1``,
        ``pass_at_k``, ``gap`` (their difference) and ``discovery`` (the probability that the batch drawn from this
        policy holds a sample of M2).

    Raises:
        ValueError: masses that are no probabilities or add up to more than 1; a learning rate that is not above 0;
            fewer samples than k for "pass_at_k"; several runs of what has no chance in it.

    >>> runs = pk.theory.simulate([0.2, 0.01], k=8, learning_rate=0.1, steps=40, n_runs=500)
    >>> runs.group_by("step").mean().sort("step").gather([0, 20, 40]).select(pl.col("m1", "m2", "gap").round(3)).rows()
    [(0.2, 0.01, 0.638), (0.947, 0.006, 0.047), (0.977, 0.004, 0.019)]
    """
    policy = as_policy(start, k, learning_rate, update, samples)
    if isinstance(steps, bool) or not hasattr(steps, "__index__") or steps < 0:
        raise ValueError(f"steps= is an integer of at least 0, not {steps!r}")
    runs = positive("n_runs", n_runs)
    if expected and runs > 1:
        raise ValueError(f"expected=True has no chance in it: all n_runs={runs} runs would be the same")
    generator = np.random.default_rng(as_seed(rng))
    logits = np.tile(policy.logits, (runs, 1))
    trail = [logits]
    for _ in range(int(steps)):
        masses = np.exp(log_masses(logits))
        if expected:
            gradient = policy.expected(masses)
        else:
            gradient = policy.gradient(masses, generator.multinomial(policy.samples, masses))
        logits = logits + policy.learning_rate * gradient
        trail.append(logits)
    whole = np.stack(trail, axis=1).reshape(-1, 3)
    run = np.repeat(np.arange(runs), len(trail))
    columns = {"run": run, "step": np.tile(np.arange(len(trail)), runs)}
    return pl.DataFrame({**columns, **_described(whole, policy)})


def batches(
    start: Sequence[float],
    *,
    k: int,
    learning_rate: float,
    update: Update = "likelihood",
    samples: int | None = None,
) -> pl.DataFrame:
    """Every batch that the policy may draw, how likely it is, and the policy after a step on it.

    What `simulate` does in one step, enumerated: the arguments are its.

    Returns:
        One row a batch: ``n1``, ``n2`` and ``n_wrong`` (samples of M1, M2 and wrong), ``probability``, and the columns
        of `simulate` after the step. There are C(samples + 2, 2) rows.

    >>> after = pk.theory.batches([0.6, 0.01], k=4, learning_rate=0.1)
    >>> after.filter(pl.col("m1") < 0.5999).select("n1", "n2", "n_wrong", pl.col("probability", "m1").round(5)).rows()
    [(0, 1, 3, 0.00237, 0.59406), (0, 2, 2, 9e-05, 0.58796), (0, 3, 1, 0.0, 0.58169), (0, 4, 0, 0.0, 0.57523)]
    """
    policy = as_policy(start, k, learning_rate, update, samples)
    size = policy.samples
    if size > MOST_LISTED:
        raise ValueError(
            f"{size} samples have too many batches to list: {(size + 2) * (size + 1) // 2:,}, and at most "
            f"{MOST_LISTED} samples are listed; simulate() draws them"
        )
    first, second = (axis.ravel() for axis in np.indices((size + 1, size + 1)))
    counts = np.stack([first, second, size - first - second], axis=1)[first + second <= size]
    masses = np.exp(log_masses(policy.logits[None]))
    after = policy.logits + policy.learning_rate * policy.gradient(masses, counts)
    names = dict(zip(("n1", "n2", "n_wrong"), counts.T, strict=True))
    probability = np.exp(_log_multinomial(counts, log_masses(policy.logits)))
    return pl.DataFrame({**names, "probability": probability, **_described(after, policy)})


def _described(logits: Floats, policy: Policy) -> dict[str, Floats]:
    logs = log_masses(logits)
    m1, m2, wrong = np.exp(logs).T
    correct = m1 + m2
    with np.errstate(divide="ignore", invalid="ignore"):
        log_wrong = np.where(correct < 0.5, np.log1p(-np.minimum(correct, 0.5)), logs[:, 2])

    def some(k: int) -> Any:
        return -np.expm1(k * log_wrong) if k else np.zeros_like(wrong)

    return {
        "m1": m1,
        "m2": m2,
        "wrong": wrong,
        "pass_at_1": correct,
        "pass_at_k": correct if policy.k == 1 else some(policy.k),
        "gap": wrong * some(policy.k - 1),
        "discovery": at_least_one(m2, policy.samples),
    }


def _log_multinomial(counts: Any, logs: Floats) -> Floats:
    factorials = np.concatenate([[0.0], np.cumsum(np.log(np.arange(1, counts[0].sum() + 1)))])
    # 0 samples of an outcome of mass 0 are certain.
    terms = np.where(counts > 0, np.maximum(counts, 1) * logs, 0.0)
    result: Floats = factorials[-1] - factorials[counts].sum(axis=1) + terms.sum(axis=1)
    return result
