"""A softmax policy over three outcomes, and what a batch of its samples makes of it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from numbers import Real
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np

from passcurve._checks import draws, one_of, positive
from passcurve.estimators import alpha_k
from passcurve.theory._checks import as_probabilities
from passcurve.theory._curves import power

if TYPE_CHECKING:
    from collections.abc import Sequence

    from passcurve.theory._checks import Floats

Update: TypeAlias = Literal["likelihood", "pass_at_1", "pass_at_k", "likelihood_of_all"]
CORRECT = np.array([1.0, 1.0, 0.0])


@dataclass(frozen=True)
class Policy:
    """Where training starts, and how it goes on."""

    logits: Floats
    k: int
    samples: int
    learning_rate: float
    update: Update

    def weights(self, passed: Any) -> tuple[Any, Any]:
        """The weight of each correct and of each wrong sample, where ``passed`` of the batch are correct."""
        n, one, zero = self.samples, np.ones(passed.shape), np.zeros(passed.shape)
        if self.update == "likelihood_of_all":
            return one, one
        if self.update == "likelihood" or n == 1:
            return one, zero
        if self.update == "pass_at_1":
            return (n - passed) / (n - 1) / n, -passed / (n - 1) / n
        table = np.zeros(n + 1)
        table[1:] = np.asarray(alpha_k(n - 1, np.arange(n), self.k)) / n
        return table[passed], zero

    def gradient(self, masses: Floats, counts: Any) -> Floats:
        """The sum over a batch of weight times gradient of log pi over the logits; one row a batch."""
        right, wrong = self.weights(counts[:, 0] + counts[:, 1])
        weighted = counts * np.stack([right, right, wrong], axis=1)
        result: Floats = weighted - masses * weighted.sum(axis=1, keepdims=True)
        return result

    def expected(self, masses: Floats) -> Floats:
        """Its mean over all batches."""
        # pi_j (V_j - J_1), without the cancellation of 1 - J_1.
        right, wrong = masses[:, :2].sum(axis=1, keepdims=True), masses[:, 2:]
        gradient = masses * np.where(CORRECT == 1, wrong, -right)
        if self.update == "pass_at_k":
            factor = self.k * np.where(right < 0.5, power(np.minimum(right, 0.5), self.k - 1), wrong ** (self.k - 1))
            return factor * gradient
        factors = {"likelihood": float(self.samples), "pass_at_1": 1.0, "likelihood_of_all": 0.0}
        return factors[self.update] * gradient


def log_masses(logits: Floats) -> Floats:
    """The logarithm of the softmax over the last axis."""
    shifted = logits - logits.max(axis=-1, keepdims=True)
    result: Floats = shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))
    return result


def as_policy(start: Sequence[float], k: int, learning_rate: float, update: Update, samples: int | None) -> Policy:
    """The arguments of `simulate`, checked."""
    masses = as_probabilities("start", start)
    if masses.shape != (2,):
        raise ValueError(f"start holds two masses, of M1 and of M2, not {start!r}")
    if masses.sum() > 1:
        raise ValueError(f"start={start!r}: the masses add up to {masses.sum():g}, more than 1")
    one_of("update", update, Update)
    k = draws("k", k)
    size = k if samples is None else positive("samples", samples)
    if update == "pass_at_k" and size < k:
        raise ValueError(f'update="pass_at_k" needs samples >= k, not samples={size} and k={k}')
    if isinstance(learning_rate, bool) or not isinstance(learning_rate, Real):
        raise TypeError(f"learning_rate= is a number above 0, not {learning_rate!r}")
    if not 0 < learning_rate < math.inf:
        raise ValueError(f"learning_rate= is a number above 0, not {learning_rate!r}")
    with np.errstate(divide="ignore"):
        logits = np.log(np.append(masses, 1 - masses.sum()))
    return Policy(logits, k, size, float(learning_rate), update)
