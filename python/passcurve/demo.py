"""A synthetic log of the shape that RLVR leaves behind: a base model, its RL checkpoints, their verdicts.

It stands in for a real log, and nothing in it is measured. Each problem has a rate of success under the base model,
whose logit is normal. Training stretches the logits away from a pivot: problems that the base model solves now and
then come to be solved always, those it hardly ever solves come to be solved never. So pass@1 rises while the policy
concentrates, and the base model keeps the broader support (Yu, section 3.2; Yue et al. 2025).
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

if TYPE_CHECKING:
    import os

    import numpy.typing as npt

CHECKPOINTS = (("base", 0), ("rl", 100), ("rl", 200), ("rl", 400), ("rl", 800))
"""The models and their training steps."""

LAST_STEP = 800
PIVOT = np.log(0.1 / 0.9)
STRETCH, LIFT, SCATTER = 2.4, 1.3, 0.8
UNSOLVABLE, NULLS = 0.03, 0.001
HOPELESS = -60.0


def generate(folder: str | os.PathLike[str], *, problems: int = 500, samples: int = 1024, seed: int = 0) -> list[Path]:
    """Writes the log: one Parquet file a checkpoint, one row a verdict.

    The columns are model, step, problem (such as ``math-0137``), sample and correct. Most problems have ``samples``
    verdicts under each checkpoint; a tenth have fewer, down to half, and a tenth have twice as many. One verdict in a
    thousand is null, as a grader that timed out leaves it. The defaults give about 2.7 million verdicts. The same
    arguments give the same rows.

    Args:
        folder: where to; it is made, and must be empty.
        problems: how many problems.
        samples: how many verdicts most problems have.
        seed: of the random numbers.

    Returns:
        The files, in the order of the checkpoints.

    Raises:
        ValueError: ``problems`` is below 1, or ``samples`` below 2.
        FileExistsError: there is something in the folder.
    """
    if problems < 1 or samples < 2:
        raise ValueError(f"a log needs problems >= 1 and samples >= 2, not {problems!r} and {samples!r}")
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    if next(folder.iterdir(), None) is not None:
        raise FileExistsError(17, "The folder is not empty", str(folder))
    base, stretched = _logits(np.random.default_rng([seed, 0]), problems)
    files = []
    for index, (model, step) in enumerate(CHECKPOINTS):
        trained = (step / LAST_STEP) ** 0.6
        rates = 1 / (1 + np.exp(-(base + trained * (stretched - base))))
        rng = np.random.default_rng([seed, 1 + index])
        frame = _verdicts(rng, rates, samples).select(
            pl.lit(model).alias("model"), pl.lit(step, pl.Int64).alias("step"), pl.all()
        )
        files.append(folder / f"{model}-step{step:04d}.parquet")
        frame.write_parquet(files[-1])
    return files


def _logits(rng: np.random.Generator, problems: int) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
    base = rng.normal(-1.9, 2.0, problems)
    stretched = base + STRETCH * (base - PIVOT) + LIFT + SCATTER * rng.normal(size=problems)
    never = rng.random(problems) < UNSOLVABLE
    return np.where(never, HOPELESS, base), np.where(never, HOPELESS, stretched)


def _verdicts(rng: np.random.Generator, rates: npt.NDArray[Any], samples: int) -> pl.DataFrame:
    problems = len(rates)
    kind = rng.random(problems)
    fewer = rng.integers((samples + 1) // 2, samples, problems)
    n = np.where(kind < 0.1, fewer, np.where(kind < 0.2, 2 * samples, samples))
    rows = np.repeat(np.arange(problems), n)
    names = pl.Series([f"math-{number:04d}" for number in range(problems)])
    correct = pl.Series(rng.random(len(rows)) < rates[rows])
    judged = pl.Series(rng.random(len(rows)) >= NULLS)
    return pl.select(
        names.gather(rows).alias("problem"),
        pl.Series("sample", np.arange(len(rows)) - np.repeat(np.cumsum(n) - n, n)),
        pl.when(judged).then(correct).alias("correct"),
    )
