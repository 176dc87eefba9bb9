"""Rejection sampling: which samples a filter on the verdict keeps, and how many it keeps of k."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias, TypeVar

import polars as pl

from passcurve._checks import draws, one_of, positive_or_none
from passcurve._columns import as_columns, find_roles, forbid_missing, forbid_overlap
from passcurve._keyed import Keyed
from passcurve._requests import forbid_names, smallest
from passcurve._unused import ungrouped, warn_of_pooling
from passcurve._vocabulary import check_vocabulary, warn_of_others
from passcurve.errors import DataError
from passcurve.estimators import g_pass_at_k, pass_at_k
from passcurve.provenance import SHOWN_VERDICTS

if TYPE_CHECKING:
    from collections.abc import Sequence

Rows = TypeVar("Rows", pl.DataFrame, pl.LazyFrame)
OnTooFew: TypeAlias = Literal["error", "skip"]

COLUMNS = ("k", "kept", "keep_rate", "solved", "share")


def filter_correct(
    log: Rows,
    *,
    problem: str | Sequence[str] | None = None,
    verdict: str | None = None,
    by: str | Sequence[str] | None = None,
    k: int | None = None,
    at_most: int | None = None,
    threshold: float | None = None,
    passing: str | Sequence[str] | None = None,
    failing: str | Sequence[str] | None = None,
) -> Rows:
    """The rows that a rejection-sampling filter keeps: the correct samples among the first k of each problem.

    It is the filter of STaR (Zelikman et al. 2022, arXiv 2203.14465) and of rejection-sampling fine-tuning (Touvron et
    al. 2023, arXiv 2307.09288). It is made of native Polars expressions, so a LazyFrame stays lazy, on any engine. To
    count within problems, for ``k`` or ``at_most``, Polars gathers the rows; without them they stream.

    Args:
        log: one row a sample, in the order of drawing: a Polars DataFrame or LazyFrame.
        problem: the column or columns that name the problem. None: the one column with a usual name, as in `tally`.
        verdict: the column that says whether the sample passed, as in `tally`. A null is never kept.
        by: the column or columns of groups that are told apart, such as the model and the step.
        k: how many samples of each (by, problem) are looked at, the first ones. None: all.
        at_most: how many correct ones of those are kept, the first ones. None: all.
        threshold: a number passes when it is at least this.
        passing: the string or strings that pass; other strings fail.
        failing: with ``passing``, the strings that fail; any other string is then an error.

    Returns:
        Rows of the log with all their columns, in their order; lazy where the log is.

    Raises:
        DataError: a number is neither 0 nor 1 and there is no ``threshold``, a verdict is NaN, a string is neither in
            ``passing`` nor in ``failing``, an id is null. Of a LazyFrame the columns and their types are checked at
            once, the values when it is collected: Polars then raises an InvalidOperationError with the same message
            among its own words.
        ValueError: a column is not there, strings without ``passing``, k or at_most < 1.
        TypeError: the log is no Polars frame.

    Warns:
        UserWarning: a column is called like a group, and samples are counted for ``k`` or ``at_most`` without ``by``;
            ``by=[]`` is silent. Of a DataFrame, as in `tally`: not one sample passed and strings failed for not being
            in ``passing``, or one of those differs from a passing one in case or spaces alone. A LazyFrame is not
            read, and nothing is said of its strings; ``failing`` makes a slip an error there.

    >>> pk.filter_correct(log, by="model", k=3, at_most=1)
    shape: (2, 4)
    ┌───────┬─────────┬────────┬─────────┐
    │ model ┆ problem ┆ sample ┆ correct │
    │ ---   ┆ ---     ┆ ---    ┆ ---     │
    │ str   ┆ str     ┆ i64    ┆ bool    │
    ╞═══════╪═════════╪════════╪═════════╡
    │ base  ┆ p1      ┆ 0      ┆ true    │
    │ rl    ┆ p1      ┆ 0      ┆ true    │
    └───────┴─────────┴────────┴─────────┘
    """
    if not isinstance(log, pl.DataFrame | pl.LazyFrame):
        raise TypeError(
            f"filter_correct takes a Polars DataFrame or LazyFrame, not a {type(log).__name__}; make one with "
            "pl.DataFrame(...) or pl.scan_parquet(...)"
        )
    first, most = None if k is None else draws("k", k), positive_or_none("at_most", at_most)
    check_vocabulary(threshold, passing, failing)
    passes, fails = _words(passing, "passing"), _words(failing, "failing")
    schema = log.collect_schema()
    names = schema.names()
    key: list[str]
    key, judged = _roles(names, by, problem, verdict)
    if by is None and (first or most):
        warn_of_pooling(ungrouped(names, [*key, judged]))
    passed, wrong = _judged(judged, schema[judged], threshold, passes, fails)
    complaint = pl.coalesce(*(_null_id(name) for name in key), *wrong)
    kept = _first(passed.fill_null(False), key, first, most)
    if isinstance(log, pl.DataFrame):
        found = log.select(complaint).item() if log.height else None
        if found is not None:
            raise DataError(found)
        if passes is not None and fails is None:
            warn_of_others(passes, *_said(log[judged], passes))
        return log.filter(kept)
    # No expression raises. But a text that is no number fails to be cast to one, and Polars shows the text.
    return log.filter(kept & complaint.cast(pl.Int8).is_null())


def _words(words: str | Sequence[str] | None, name: str) -> list[str] | None:
    return None if words is None else as_columns(words, name)


def _said(verdicts: pl.Series, passing: list[str]) -> tuple[int, list[tuple[str, int]]]:
    """How many verdicts pass, and the most frequent strings of the others."""
    counts = verdicts.drop_nulls().cast(pl.String).alias("verdict").value_counts(name="count")
    passes = pl.col("verdict").is_in(passing)
    others = counts.filter(~passes).sort("count", "verdict", descending=[True, False])
    return int(counts.filter(passes)["count"].sum()), others.head(SHOWN_VERDICTS).rows()


def _roles(
    columns: list[str], by: str | Sequence[str] | None, problem: str | Sequence[str] | None, verdict: str | None
) -> tuple[list[str], str]:
    """The columns of the key, and that of the verdict."""
    groups, problems = as_columns(by, "by"), as_columns(problem, "problem")
    problems, verdict = find_roles(columns, problems, verdict, groups)
    forbid_overlap({"by": groups, "problem": problems, "verdict": [verdict]})
    forbid_missing([*groups, *problems, verdict], columns, "the log")
    return [*groups, *problems], verdict


def _first(passed: pl.Expr, key: list[str], k: int | None, at_most: int | None) -> pl.Expr:
    if k is None and at_most is None:
        return passed
    among = passed if k is None else passed & (pl.int_range(pl.len()) < k)
    return (among if at_most is None else among & (among.cum_sum() <= at_most)).over(key)


def _judged(
    name: str, kind: pl.DataType, threshold: float | None, passing: list[str] | None, failing: list[str] | None
) -> tuple[pl.Expr, list[pl.Expr]]:
    """Whether a row passes, and what is wrong with the first row that is no verdict."""
    column, place = pl.col(name), f"column `{name}`"
    strings, number = isinstance(kind, pl.String | pl.Categorical | pl.Enum), kind.is_integer() or kind.is_float()
    if threshold is not None and not number:
        raise ValueError(f"{place}: threshold= is for numbers, and the column holds {kind}")
    if passing is not None and not strings:
        raise ValueError(f"{place}: passing= is for strings, and the column holds {kind}")
    if strings:
        if passing is None:
            raise ValueError(f"{place}: the column holds strings; say passing= (the strings that pass)")
        text = column.cast(pl.String)
        if failing is None:
            return text.is_in(passing), []
        unknown = ~text.is_in([*passing, *failing])
        shown = pl.format('the verdict "{}" is neither in passing= nor in failing=', text.filter(unknown).first())
        return text.is_in(passing), [_complaint(name, unknown, shown)]
    if not (number or isinstance(kind, pl.Boolean | pl.Null)):
        raise ValueError(f"{place}: the column holds {kind}; a verdict is a boolean, a number or a string")
    if not number:
        return column.cast(pl.Boolean), []
    # As in `tally`: floats are compared in their own precision, for 0.7 in single precision is not below 0.7.
    precision = kind if kind.is_float() else pl.Float64()
    value = column.cast(precision)
    nan = "the verdict is NaN, which no threshold can decide; replace it by null or by a number"
    wrong = [_complaint(name, value.is_nan(), pl.lit(nan))]
    if threshold is not None:
        return value >= pl.lit(float(threshold), precision), wrong
    binary = (value == 0) | (value == 1)
    words = " is neither 0 nor 1; say threshold= (a sample passes when its value is >= threshold)"
    shown = pl.format("the verdict {}" + words, column.filter(~binary).first())
    return value == 1, [*wrong, _complaint(name, ~binary, shown)]


def _null_id(name: str) -> pl.Expr:
    text = pl.lit("the id is null; leave such rows out with drop_nulls(), or name the problem")
    return _complaint(name, pl.col(name).is_null(), text)


def _complaint(name: str, bad: pl.Expr, what: pl.Expr) -> pl.Expr:
    """One text, of the first bad row; null where there is none."""
    row = pl.int_range(pl.len(), dtype=pl.Int64).filter(bad).first()
    return pl.format("row {}, column `{}`: {}", row, pl.lit(name), what)


class Filtering(Keyed):
    """What a filter keeps of a tally."""

    __slots__ = ()

    def keep_rate(self, k: int, *, at_most: int | None = None, on_k_gt_n: OnTooFew = "error") -> pl.DataFrame:
        """What `filter_correct` keeps of k samples of each problem, in expectation, unbiased.

        The k samples are drawn from the n without replacement, H of them are correct, and min(H, at_most) are kept:
        E[min(H, at_most)] is the sum over i <= at_most of P(H >= i), each of which is G-Pass@k. With ``at_most=1`` the
        kept samples are spread over problems like pass@k, and without it like p: so the cap weighs a problem as a
        pass@k objective does, whose derivative alpha_k is largest where p is small (Yu, eq. 7).

        Args:
            k: how many samples are drawn of each problem.
            at_most: how many correct ones are kept of a problem. None: all, in expectation k c / n.
            on_k_gt_n: what k > n is: "error", or "skip" to leave those problems out.

        Returns:
            The ``by`` and ``problem`` columns, n, c, k, ``kept`` (samples, in [0, min(k, at_most)]), ``keep_rate``
            (kept / k), ``solved`` (the probability that the problem is in the filtered set at all, which is pass@k)
            and ``share`` (of the samples kept of its group; null where none is).

        Raises:
            ValueError: k or at_most < 1; k > n in some problem (with ``on_k_gt_n="error"``).

        >>> t = pk.Tally.from_counts(pl.DataFrame({"problem": ["a", "b"], "n": 16, "c": [2, 12]}))
        >>> t.keep_rate(8)["share"].round(3).to_list(), t.keep_rate(8, at_most=1)["share"].round(3).to_list()
        ([0.143, 0.857], [0.434, 0.566])
        """
        k, most = draws("k", k), positive_or_none("at_most", at_most)
        one_of("on_k_gt_n", on_k_gt_n, OnTooFew)
        frame, key = self.frame, self._key()
        forbid_names(key.names, COLUMNS)
        if on_k_gt_n == "error":
            _forbid_few(frame, key.names, k)
        frame = frame.filter(pl.col("n") >= k)
        n, c = frame["n"], frame["c"]
        if most is None or most >= k:
            kept = c.cast(pl.Float64) * k / n
        else:
            kept = pl.Series([0.0]).new_from_index(0, frame.height)
            for i in range(1, most + 1):
                kept = kept + g_pass_at_k(n, c, k, i / k)
        table = frame.with_columns(
            pl.lit(k, pl.Int64).alias("k"),
            kept.alias("kept"),
            (kept / k).alias("keep_rate"),
            pass_at_k(n, c, k).alias("solved"),
        )
        total = pl.col("kept").sum().over(key.by) if key.by else pl.col("kept").sum()
        return table.with_columns(share=pl.when(total > 0).then(pl.col("kept") / total))


def _forbid_few(frame: pl.DataFrame, key: list[str], k: int) -> None:
    if frame.height and smallest(frame) < k:
        worst = frame.sort("n", maintain_order=True).row(0, named=True)
        where = ", ".join(f"{name}={worst[name]!r}" for name in key)
        raise ValueError(
            f'k = {k} is more than a problem\'s n: {where} has n={worst["n"]}. Lower k, or say on_k_gt_n="skip" '
            "(leave out those problems)"
        )
