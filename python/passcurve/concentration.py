"""How concentrated a policy is on its first choices, from the log-probabilities of candidates that a log holds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl

from passcurve._checks import positive_or_none
from passcurve._columns import as_columns, forbid_missing
from passcurve.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Sequence

OWN = ("rank", "mean_logprob", "ratio", "tail_mass", "n_responses", "n_tokens")
ROW = "\0row"
TOKEN = "\0token"


def rank_logprobs(
    log: pl.DataFrame | pl.LazyFrame,
    top_logprobs: str = "top_logprobs",
    *,
    by: str | Sequence[str] | None = None,
    n_ranks: int | None = None,
) -> pl.DataFrame:
    """Mean log-probability of the candidates of rank 1, 2, ... at each token: SimKO's measure of concentration.

    Lambda(r) is the mean over the tokens of a response, then over responses, of the log-probability of the candidate of
    rank r (Peng et al. 2025, arXiv 2510.14807; as in their public code). Along training a falling Lambda(2) beside a
    rising Lambda(1) is a policy that concentrates.

    Args:
        log: one row a response.
        top_logprobs: the column of lists of lists: for each token the natural logarithms of the probabilities of its
            candidates, in any order.
        by: the column or columns of groups, such as the step.
        n_ranks: how many ranks. None: as many as every token has.

    Returns:
        One row a group and rank: the ``by`` columns, rank (from 1), mean_logprob (Lambda, at most 0), ratio
        (exp(Lambda(r) - Lambda(1)), in (0, 1]), tail_mass (the mean probability of everything below rank r, in [0, 1]),
        n_responses and n_tokens. Groups come sorted.

    Raises:
        ValueError: a column is not there.
        DataError: the column does not hold lists of lists of numbers; a response without tokens or a token without
            candidates; a log-probability that is null, NaN or above 0; a token with fewer candidates than ``n_ranks``.

    >>> tokens = [[[-0.1, -2.5], [-0.7, -0.7]], [[-0.2, -2.0]]]
    >>> pk.rank_logprobs(pl.DataFrame({"top_logprobs": tokens})).select("rank", "mean_logprob", "ratio")
    shape: (2, 3)
    ┌──────┬──────────────┬─────────┐
    │ rank ┆ mean_logprob ┆ ratio   │
    │ ---  ┆ ---          ┆ ---     │
    │ i64  ┆ f64          ┆ f64     │
    ╞══════╪══════════════╪═════════╡
    │ 1    ┆ -0.3         ┆ 1.0     │
    │ 2    ┆ -1.8         ┆ 0.22313 │
    └──────┴──────────────┴─────────┘
    """
    groups = as_columns(by, "by")
    positive_or_none("n_ranks", n_ranks)
    lazy = log.lazy()
    schema = lazy.collect_schema()
    forbid_missing([*groups, top_logprobs], schema.names(), "the log")
    if any(name in OWN for name in groups):
        raise ValueError(f"the table has columns {', '.join(OWN)} of its own; rename that column of by= first")
    _check_type(top_logprobs, schema[top_logprobs])
    rows = lazy.select(*groups, pl.col(top_logprobs).alias(TOKEN)).with_row_index(ROW).collect()
    _forbid(rows, pl.col(TOKEN).is_null() | (pl.col(TOKEN).list.len() == 0), top_logprobs, "a response without tokens")
    tokens = rows.explode(TOKEN).with_columns(pl.col(TOKEN).list.eval(pl.element().cast(pl.Float64)))
    ranks = _check_tokens(tokens, top_logprobs, n_ranks)
    return _table(tokens, groups, ranks)


def _check_type(name: str, kind: pl.DataType) -> None:
    inner: Any = kind
    for _ in range(2):
        inner = getattr(inner, "inner", None) if isinstance(inner, pl.List | pl.Array) else None
    if inner is None or not (inner.is_numeric() or inner == pl.Null):
        raise DataError(
            f"column {name!r} holds {kind}; it takes lists (tokens) of lists (candidates) of log-probabilities"
        )


def _check_tokens(tokens: pl.DataFrame, name: str, n_ranks: int | None) -> int:
    candidates = pl.col(TOKEN).list
    unknown = candidates.eval(pl.element().is_null() | pl.element().is_nan())
    for wrong, what in (
        (pl.col(TOKEN).is_null() | (candidates.len() == 0), "a token without candidates"),
        (unknown.list.any(), "a log-probability is null or NaN"),
        (candidates.max() > 0, "a log-probability is above 0: probabilities are to be given as logarithms"),
    ):
        _forbid(tokens, wrong, name, what)
    least = int(tokens.select(candidates.len().min()).item() or 0)
    if n_ranks is not None:
        few = f"a token with {least} candidates, fewer than n_ranks={n_ranks}"
        _forbid(tokens, candidates.len() < n_ranks, name, few)
    return least if n_ranks is None else n_ranks


def _forbid(rows: pl.DataFrame, wrong: pl.Expr, name: str, what: str) -> None:
    found = rows.filter(wrong)
    if found.height:
        raise DataError(f"row {found[ROW][0]}, column {name!r}: {what}")


def _table(tokens: pl.DataFrame, groups: list[str], ranks: int) -> pl.DataFrame:
    candidates = pl.col(TOKEN).list.sort(descending=True).list
    each = [candidates.get(rank).alias(f"logprob {rank}") for rank in range(ranks)]
    below = [
        (1 - candidates.head(rank + 1).list.eval(pl.element().exp()).list.sum()).clip(0, 1).alias(f"mass {rank}")
        for rank in range(ranks)
    ]
    responses = tokens.with_columns(*each, *below).group_by([*groups, ROW], maintain_order=True)
    # Sorted, so that neither threads nor the order of the rows change how a sum is rounded.
    mean = pl.col("^(logprob|mass) .*$").sort().mean()
    means = responses.agg(mean, n_tokens=pl.len()).sort([*groups, ROW])
    key: list[Any] = [*groups] or [pl.lit(0).alias(ROW)]
    table = means.group_by(key, maintain_order=True).agg(
        mean, n_responses=pl.len().cast(pl.Int64), n_tokens=pl.col("n_tokens").sum()
    )
    rows = [
        table.select(
            *groups,
            rank=pl.lit(rank + 1, pl.Int64),
            mean_logprob=pl.col(f"logprob {rank}"),
            ratio=(pl.col(f"logprob {rank}") - pl.col("logprob 0")).exp(),
            tail_mass=pl.col(f"mass {rank}"),
            n_responses=pl.col("n_responses"),
            n_tokens=pl.col("n_tokens").cast(pl.Int64),
        )
        for rank in range(ranks)
    ]
    return pl.concat(rows).sort([*groups, "rank"])
