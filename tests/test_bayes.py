"""The intervals of a fitted beta-binomial law, against a fit and a posterior by SciPy."""

from math import log

import numpy as np
import polars as pl
import pytest
from scipy.optimize import minimize
from scipy.special import betaln, expit, gammaln, logit
from scipy.stats import norm, t

import passcurve as pk
from tallies import C30, METRICS, row, tally


def fit(n, c):
    """(ln a, ln b) and their covariance: Nelder and Mead, then central differences."""

    def loss(x):
        a, b = np.exp(x)
        return -np.sum(betaln(a + c, b + n - c) - betaln(a, b))

    best = minimize(loss, [log(0.5), log(0.8)], method="Nelder-Mead", options={"xatol": 1e-10, "fatol": 1e-12}).x
    h = 1e-4
    steps = np.eye(2) * h
    hessian = [
        [
            (loss(best + s + r) - loss(best + s - r) - loss(best - s + r) + loss(best - s - r)) / (4 * h * h)
            for r in steps
        ]
        for s in steps
    ]
    return best, np.linalg.inv(hessian)


def moments(metric, a, b, k):
    """Mean and variance over p ~ Beta(a, b) of the metric of p."""
    if metric == "pass_hat_k":
        a, b = b, a
    j = k - 1 if metric == "alpha_k" else k

    def power(j):
        return np.exp(gammaln(b + j) - gammaln(b) + gammaln(a + b) - gammaln(a + b + j))

    mean, variance = power(j), power(2 * j) - power(j) ** 2
    if metric == "pass_at_k":
        mean = 1 - mean
    return (k * mean, k * k * variance) if metric == "alpha_k" else (mean, variance)


def twin(metric, n, c, k, over):
    (x, y), covariance = fit(n, c)
    largest = k if metric == "alpha_k" else 1
    if over == "problems":
        h = 1e-5

        def theta(x, y):
            return moments(metric, np.exp(x), np.exp(y), k)[0]

        slopes = np.array([theta(x + h, y) - theta(x - h, y), theta(x, y + h) - theta(x, y - h)]) / (2 * h)
        mean, variance, critical = theta(x, y), slopes @ covariance @ slopes, t.ppf(0.975, len(n) - 1)
    else:
        means, variances = moments(metric, np.exp(x) + c, np.exp(y) + n - c, k)
        mean, variance, critical = means.mean(), variances.sum() / len(n) ** 2, norm.ppf(0.975)
    share = mean / largest
    margin = critical * np.sqrt(variance) / largest / (share * (1 - share))
    return largest * expit(logit(share) - margin), largest * expit(logit(share) + margin)


@pytest.mark.parametrize("over", ["problems", "samples"])
@pytest.mark.parametrize("metric", METRICS)
def test_a_fit_by_scipy_gives_the_same(metric, over):
    rng = np.random.default_rng(3)
    uneven = rng.integers(6, 30, 80)
    for n, c in ((np.full(30, 8), np.array(C30)), (uneven, rng.binomial(uneven, rng.beta(0.4, 1.1, 80)))):
        for k in (2, 5):
            ends = row(getattr(tally(n.tolist(), c.tolist()), metric)(k, method="bayes", over=over))
            assert (ends["method"], ends["reason"], ends["over"]) == ("bayes", None, over)
            assert (ends["lower"], ends["upper"]) == pytest.approx(twin(metric, n, c, k, over), rel=2e-5)
            plain = row(getattr(tally(n.tolist(), c.tolist()), metric)(k, over=over))
            assert [ends[name] for name in ("estimate", "se")] == [plain[name] for name in ("estimate", "se")]


def test_it_exists_where_no_unbiased_variance_does():
    table = tally(8, C30).pass_at_k([4, 5, 8], over="samples", method="bayes")
    assert table["method"].to_list() == ["bayes"] * 3
    assert table["se"].is_null().to_list() == [False, True, True]
    widths = (table["upper"] - table["lower"]).to_list()
    assert all(0 < width < 0.3 for width in widths)


@pytest.mark.parametrize("c", [[4] * 20, [0] * 10 + [8] * 10, [8] * 20, [0] * 20])
def test_where_no_law_fits(c):
    """Problems that do not differ, or are each all passes or all fails."""
    over_problems = row(tally(8, c).pass_at_k(2, method="bayes"))
    assert (over_problems["method"], over_problems["reason"]) == ("gamma", "no beta-binomial fits")
    over_samples = row(tally(8, c).pass_at_k(2, method="bayes", over="samples"))
    assert (over_samples["lower"], over_samples["method"]) == (None, "none: no beta-binomial fits")


def test_one_sample_each_tells_no_law():
    assert row(tally(1, [0, 1, 1, 0, 1]).pass_at_k(1, method="bayes"))["method"] == "gamma"


def test_groups_and_threads_change_no_bit():
    rng = np.random.default_rng(5)
    keys = {"model": np.repeat(np.arange(6), 50), "problem": np.tile(np.arange(50), 6)}
    frame = pl.DataFrame({**keys, "n": 16, "c": rng.binomial(16, rng.beta(0.5, 1, 300))})
    tables = [
        pk.Tally.from_counts(frame, by="model").pass_at_k([1, 4, 9], method="bayes", threads=threads)
        for threads in (1, 2, 3)
    ]
    assert tables[0].equals(tables[1])
    assert tables[0].equals(tables[2])
    alone = pk.Tally.from_counts(frame.filter(model=4), by="model").pass_at_k([1, 4, 9], method="bayes")
    assert alone.equals(tables[0].filter(model=4))
