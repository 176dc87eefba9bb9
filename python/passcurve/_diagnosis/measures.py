"""The numbers of a diagnosis: one row a group of problems."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from passcurve import estimators, groups
from passcurve._diagnosis.asked import COLUMNS, OF_ANSWERS
from passcurve._estimate import estimate
from passcurve._words import as_words
from passcurve.theory import unseen_mass

if TYPE_CHECKING:
    import numpy.typing as npt

    from passcurve._diagnosis.asked import Asked, Subject
    from passcurve._keyed import Key

MEANS = {
    "pass_at_1": "pass_at_k",
    "pass_at_k": "pass_at_k",
    "gap": "pass_gap",
    "zero_signal": "zero_signal",
    "all_correct": "all_correct",
    "informative": "informative",
    "alpha_mean": "alpha_k",
    "signal_mass": "signal_mass",
}
"""The measures that are means over problems, by the estimator behind each."""
QUARTILES = {"alpha_q25": 0.25, "alpha_median": 0.5, "alpha_q75": 0.75}


def draws(measure: str, asked: Asked) -> int:
    """The k of a measure."""
    if measure == "pass_at_1":
        return 1
    return asked.group_size if measure in {"zero_signal", "all_correct", "informative"} else asked.k


def intervals(frame: pl.DataFrame, key: Key, asked: Asked) -> pl.DataFrame:
    """Every mean with its interval: one row a group and measure."""
    words = as_words({"confidence_level": asked.confidence_level, "cluster": asked.cluster, "threads": asked.threads})
    tables = []
    for measure, metric in MEANS.items():
        table = estimate(frame, key, metric, draws(measure, asked), words)
        tables.append(table.with_columns(pl.lit(measure).alias("metric")).rename({"metric": "measure"}))
    height = tables[0].height
    order = np.arange(height * len(tables)).reshape(len(tables), height).T.ravel()
    return pl.concat(tables)[order]


def frame_of(subjects: list[Subject], means: pl.DataFrame, key: Key, asked: Asked) -> pl.DataFrame:
    """The frame of a diagnosis."""
    schema: dict[str, Any] = {name: means.schema[name] for name in key.by}
    whole = {"k", "group_size", "n_problems", "n_min", "n_max"}
    schema |= {name: pl.Int64 if name in whole else pl.Float64 for name in COLUMNS}
    if any(subject.details is not None for subject in subjects):
        schema |= dict.fromkeys(OF_ANSWERS, pl.Float64)
    rows = [
        {**subject.name, **_of_means(part), **_of_counts(subject, asked), **_of_answers(subject)}
        for subject, part in zip(subjects, _parts(means, len(subjects)), strict=True)
    ]
    return pl.DataFrame([{name: row.get(name) for name in schema} for row in rows], schema=schema)


def _parts(means: pl.DataFrame, groups: int) -> list[pl.DataFrame]:
    size = len(MEANS)
    return [means[i * size : (i + 1) * size] for i in range(groups)]


def _of_means(part: pl.DataFrame) -> dict[str, Any]:
    row = dict(zip(part["measure"], part["estimate"], strict=True))
    gap = part.row(list(MEANS).index("gap"), named=True)
    return {
        **row,
        "gap_lower": gap["lower"],
        "gap_upper": gap["upper"],
        **{name: gap[name] for name in ("n_problems", "n_min", "n_max")},
    }


def _of_counts(subject: Subject, asked: Asked) -> dict[str, Any]:
    n, c = (subject.counts[name].to_numpy() for name in ("n", "c"))
    asked_for = {"k": asked.k, "group_size": asked.group_size}
    if not len(n):
        return asked_for
    alpha = estimators.alpha_k(n, c, asked.k)
    bounds = unseen_mass(n[c == 0], confidence_level=asked.confidence_level)
    return {
        **asked_for,
        "unsolved": float(np.mean(c == 0)),
        "saturated": float(np.mean(c == n)),
        "p_upper": float(np.max(bounds)) if (c == 0).any() else None,
        **{name: float(np.quantile(alpha, q)) for name, q in QUARTILES.items()},
        **_effective(n, c, alpha, asked.k),
    }


def _effective(n: npt.NDArray[Any], c: npt.NDArray[Any], alpha: npt.NDArray[Any], k: int) -> dict[str, float | None]:
    """Kish's effective number of problems under the weights alpha_k; debiased where 2k - 2 <= n."""
    total, squares = float(alpha.sum()), float((alpha**2).sum())
    plain = total**2 / squares if squares > 0 else None
    if k == 1:
        return {"alpha_ess": plain, "alpha_ess_debiased": plain}
    if (2 * k - 2 > n).any():
        return {"alpha_ess": plain, "alpha_ess_debiased": None}
    unbiased = k**2 * groups.zero_signal(n, c, 2 * k - 2)
    below = float(unbiased.sum())
    debiased = (total**2 - float((alpha**2 - unbiased).sum())) / below if below > 0 else None
    # The number is between 1 and P, its estimate on narrow populations or few samples need not be.
    debiased = min(max(debiased, 1.0), float(len(n))) if debiased is not None else None
    return {"alpha_ess": plain, "alpha_ess_debiased": debiased}


def _of_answers(subject: Subject) -> dict[str, float | None]:
    """Means over problems of the largest share of an answer, and of P(two samples agree); nulls agree with nothing.

    Where all are null nothing is known of either.
    """
    if subject.details is None or not subject.details["answer"].is_not_null().any():
        return {}
    names = [name for name in subject.details.columns if name not in {"answer", "n"}]
    votes = pl.col("n") * pl.col("answer").is_not_null()
    problems = (
        subject.details.group_by(names)
        .agg(n=pl.col("n").sum(), top=votes.max(), pairs=(votes * (pl.col("n") - 1)).sum())
        .sort(names)
    )
    n, top, pairs = (problems[name].to_numpy().astype(float) for name in ("n", "top", "pairs"))
    several = n > 1
    agree = pairs[several] / (n[several] * (n[several] - 1))
    return {"top_answer": float(np.mean(top / n)), "same_answer": float(np.mean(agree)) if len(agree) else None}
