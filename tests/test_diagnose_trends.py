"""Trends along the steps of a run."""

import re

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

import passcurve as pk
from steps import run, tally


def test_trends_of_many_are_a_t_test_of_the_problems_own_lines():
    data = run(problems=400)
    trends = tally(data).diagnose(4, along="step").trends
    steps = np.array([name[0] for name in data], dtype=float)
    for measure, value in (
        ("pass_at_1", lambda c: c / 16),
        ("gap", lambda c: pk.pass_gap(16, c, 4)),
        ("unsolved", lambda c: c == 0),
    ):
        values = np.array([value(np.array(counts)) for counts in data.values()], dtype=float).T
        changes = np.array([np.polyfit(steps, row, 1)[0] for row in values]) * (steps[-1] - steps[0])
        test = stats.ttest_1samp(changes, 0)
        low, high = test.confidence_interval(0.95)
        row = trends.row(by_predicate=pl.col("measure") == measure, named=True)
        assert row["change"] == pytest.approx(changes.mean(), rel=1e-9)
        assert (row["lower"], row["upper"]) == pytest.approx((low, high), rel=1e-7)
        assert row["p_value"] == pytest.approx(test.pvalue, rel=1e-7)
        assert (row["method"], row["reason"]) == ("t", None)
        assert (row["n_problems"], row["n_steps"], row["n_left_out"]) == (400, 3, 0)


@pytest.mark.filterwarnings("ignore:.* seem to share samples")
@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 8), st.integers(0, 8), st.integers(0, 3)), min_size=1, max_size=40),
    st.booleans(),
)
def test_trends_of_two_steps_are_comparisons(problems, clustered):
    rows = [(step, i, row[2], 8, row[step]) for i, row in enumerate(problems) for step in (0, 1)]
    counts = pl.DataFrame(rows, schema=["step", "problem", "family", "n", "c"], orient="row")
    t = pk.Tally.from_counts(counts, by="step", problem=["problem", "family"])
    cluster = "family" if clustered else None
    trends = t.diagnose(4, along="step", cluster=cluster).trends
    compared = t.compare(1, 0, on="step", k=[1, 4], cluster=cluster, n_resamples=40).frame
    for measure, k in (("pass_at_1", 1), ("pass_at_k", 4)):
        trend = trends.row(by_predicate=pl.col("measure") == measure, named=True)
        pair = compared.row(by_predicate=pl.col("k") == k, named=True)
        assert (trend["method"], trend["reason"]) == (pair["method"], pair["reason"])
        for name, other in (("change", "difference"), ("se", "se"), ("lower", "lower"), ("upper", "upper")):
            assert trend[name] == (pair[other] if pair[other] is None else pytest.approx(pair[other], abs=1e-9))
        assert trend["p_value"] == (pair["p_value"] if pair["p_value"] is None else pytest.approx(pair["p_value"]))


def test_a_trend_of_few_that_jump_is_held():
    """One in twenty comes to be solved, the others stay at 0 or 1: Student's interval misses one time in five."""
    rng = np.random.default_rng(7)
    held = 0
    for _ in range(150):
        jumps, solved = rng.random(30) < 0.05, rng.random(30) < 0.4
        before, after = np.where(jumps, 0, 16 * solved), np.where(jumps, 16, 16 * solved)
        row = tally({(0,): before, (1,): after}).diagnose(4, along="step").trends.row(0, named=True)
        held += row["lower"] <= 0.05 <= row["upper"]
    assert held >= 0.93 * 150


def test_a_trend_without_a_trend_is_found_as_often_as_the_level_says():
    rng = np.random.default_rng(1)
    found = 0
    for _ in range(400):
        rates = rng.beta(0.5, 0.8, 200)
        trends = tally({(step,): rng.binomial(16, rates) for step in range(4)}).diagnose(4, along="step").trends
        found += trends.row(by_predicate=pl.col("measure") == "gap", named=True)["p_value"] < 0.05
    assert 6 <= found <= 36  # 20 is due, with a standard deviation of 4.4


def test_one_family_has_no_trend():
    rows = [(step, "all", i, 8, 2 + step + i % 3) for step in (0, 1) for i in range(6)]
    counts = pl.DataFrame(rows, schema=["step", "family", "problem", "n", "c"], orient="row")
    t = pk.Tally.from_counts(counts, by="step", problem=["family", "problem"])
    diagnosis = t.diagnose(4, along="step", cluster="family")
    assert diagnosis.trends["method"].unique().to_list() == ["none: one cluster"]
    assert diagnosis.trends["p_value"].null_count() == diagnosis.trends.height
    assert "of one cluster, which has no trend to tell" in diagnosis.sentences[-1]
    with pytest.raises(ValueError, match=r"cluster= names problem columns \(family, problem\), not 'step'"):
        t.diagnose(4, along="step", cluster="step")


def test_problems_that_are_not_at_every_step_are_left_out_of_the_trend():
    rows = [(0, 1, 8, 3), (0, 2, 8, 1), (0, 3, 8, 1), (5, 1, 8, 4), (5, 2, 8, 4)]
    t = pk.Tally.from_counts(pl.DataFrame(rows, schema=["step", "problem", "n", "c"], orient="row"), by="step")
    trends = t.diagnose(2, along="step").trends
    assert trends["n_problems"].unique().to_list() == [2]
    assert trends["n_left_out"].unique().to_list() == [1]
    dated = pl.DataFrame(rows, schema=["step", "problem", "n", "c"], orient="row").with_columns(
        step=pl.date(2026, 1, 1) + pl.duration(days="step")
    )
    again = pk.Tally.from_counts(dated, by="step").diagnose(2, along="step").trends
    assert again["change"].to_list() == pytest.approx(trends["change"].to_list())


def sentence(before, after, n=8, k=4):
    return [
        s for s in tally({(0,): before, (1,): after}, n=n).diagnose(k, along="step").sentences if "straight line" in s
    ]


def test_what_a_closing_gap_means():
    rng = np.random.default_rng(0)
    low = rng.integers(2, 6, 40)
    assert "pass@1 comes up to pass@4 though it rises itself." in sentence(low, np.full(40, 8))[0]
    lost = [0 if i % 2 else c for i, c in enumerate(low)]
    assert "is collapsing to pass@1, and what several draws found is being lost." in sentence(low, lost)[0]
    # All move alike, which says little of the problems that are not there.
    each = np.repeat([3, 4, 5], 20)
    assert "pass@1 comes up to pass@4" in sentence(each, each + 3)[0]


def test_fewer_samples_lose_no_problem():
    rates = np.random.default_rng(3).beta(0.5, 1, 100)
    rows = [
        (s, i, n, int(np.random.default_rng([s, i]).binomial(n, p)))
        for s, n in ((0, 64), (1, 8))
        for i, p in enumerate(rates)
    ]
    t = pk.Tally.from_counts(pl.DataFrame(rows, schema=["step", "problem", "n", "c"], orient="row"), by="step")
    diagnosis = t.diagnose(4, along="step")
    kept = diagnosis.trends.filter(pl.col("change").is_not_null())["measure"].to_list()
    assert kept == ["pass_at_1", "pass_at_k", "gap", "informative", "signal_mass", "alpha_mean"]
    assert not any("the other way round" in text for text in diagnosis.sentences)


def test_a_p_value_is_told_as_far_as_it_is_known():
    assert "; p < 1e-6 for the gap)" in sentence(np.arange(400) % 5, np.full(400, 8))[0]
    assert re.search(r"; p = 0\.\d+ for the gap\)", sentence([1, 3, 5, 0] * 5, [2, 3, 4, 1] * 5)[0])
