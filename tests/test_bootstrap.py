"""The bootstrap intervals: against scipy, to the bit, and where there is nothing to resample."""

from typing import get_args

import numpy as np
import polars as pl
import pytest
import scipy.stats
from polars.testing import assert_frame_equal

import passcurve as pk
from passcurve._choices import Method
from tallies import C30, METRICS, row, tally

RESAMPLES = 10_000
LEVEL = 0.9
# The same on every machine, for any number of threads, in every release that does not say otherwise.
BITS = {
    "percentile": (
        ["0x1.6ead1e166c8e1p-3", "0x1.02ee69aaea2e2p-2", "0x1.59a4d81b18aeep-2"],
        ["0x1.c2d8b5d2e5127p-2", "0x1.13b1c80129891p-1", "0x1.4c0a49cd999cdp-1"],
    ),
    "basic": (
        ["0x1.582c723813b8ep-3", "0x1.fa5d72447e6e0p-3", "0x1.5a442b8a58b8cp-2"],
        ["0x1.b7985fe3b8a7ep-2", "0x1.10d1efbcd40d8p-1", "0x1.4c59f38539a1cp-1"],
    ),
    "bca": (
        ["0x1.8183181df0fabp-3", "0x1.08385abf17ef9p-2", "0x1.5905880613751p-2"],
        ["0x1.d0186fb820432p-2", "0x1.16cbb5b4e37b6p-1", "0x1.4bbbe074c887cp-1"],
    ),
    "lattice": (
        ["0x1.6eeeeeeeeeeefp-3", "0x1.0270270270270p-2", "0x1.593bfa2608c6fp-2"],
        ["0x1.c444444444444p-2", "0x1.1381381381381p-1", "0x1.4c4ff832b65eap-1"],
    ),
    "studentized": (
        ["0x1.76dffd8d76ea9p-3", "0x1.029683479a89cp-2", "0x1.4b5e2abfa8a77p-2"],
        ["0x1.e9d6e66f62462p-2", "0x1.1dbf65a75b13bp-1", "0x1.510e7a9dc5bdbp-1"],
    ),
    "bootstrap": (
        ["0x1.6666666666666p-3", "0x1.03a06d3a06d3cp-2", "0x1.574588d36e7eap-2"],
        ["0x1.c444444444444p-2", "0x1.12e914f7b5e1bp-1", "0x1.4cccccccccccdp-1"],
    ),
}


def random_tally(seed):
    rng = np.random.default_rng(seed)
    n = rng.integers(8, 40, rng.integers(60, 160))
    return tally(n.tolist(), rng.binomial(n, rng.beta(0.6, 1.2, n.size)).tolist())


# An end point is an order statistic of RESAMPLES replicates: its Monte Carlo error is
# sqrt(a(1-a)/B)/phi(z_a) standard deviations of the replicates, about one se. At a = .05 that is .0211 se, and .030
# between two bootstraps. BCa also reads its levels from the replicates: the error of z0 is sqrt(2 pi)/2 / sqrt(B) =
# .0125 and moves each level by about twice that, .0325 se in all. Of 20 x 2 x 3 pairs the largest should be about 3
# of these; 4.5 are allowed. Lattice steps are far smaller (P > 60, uneven n).
@pytest.mark.parametrize(("method", "theirs", "error"), [
    ("percentile", "percentile", 0.0211), ("lattice", "percentile", 0.0211), ("basic", "basic", 0.0211),
    ("bca", "BCa", 0.0325), ("bootstrap", "percentile", 0.030),
])  # fmt: skip
def test_scipy_agrees_within_monte_carlo_error(method, theirs, error):
    distances = []
    for seed in range(20):
        counts = random_tally(seed)
        table = counts.pass_at_k([1, 3, 8], method=method, confidence_level=LEVEL, n_resamples=RESAMPLES, rng=seed)
        for k, se, lower, upper in table.select("k", "se", "lower", "upper").rows():
            values = pk.pass_at_k(counts.frame["n"], counts.frame["c"], k).to_numpy()
            result = scipy.stats.bootstrap(
                (values,), np.mean, method=theirs, confidence_level=LEVEL, n_resamples=RESAMPLES, rng=seed
            )
            low, high = result.confidence_interval
            distances += [(lower - low) / se, (upper - high) / se]
    assert np.abs(distances).max() < 4.5 * error
    # No bias: of 120 differences the mean is within 4.5 of its own errors (ks of a tally are correlated: by 40).
    assert abs(np.mean(distances)) < 4.5 * error / 40**0.5
    assert np.std(distances) < 1.3 * error


@pytest.mark.parametrize("method", BITS)
def test_bits_of_a_seed(method):
    for threads in (None, 1, 2, 3, 8):
        table = tally(8, C30).pass_at_k([1, 2, 4], method=method, rng=7, n_resamples=2000, threads=threads)
        assert table["method"].to_list() == [method] * 3
        assert [x.hex() for x in table["lower"]] == BITS[method][0]
        assert [x.hex() for x in table["upper"]] == BITS[method][1]


def test_threads_change_no_bit_of_many_groups():
    frames = [random_tally(seed).frame.with_columns(model=pl.lit(seed)) for seed in range(12)]
    counts = pk.Tally.from_counts(pl.concat(frames), by="model")
    for metric in METRICS:
        for method in get_args(Method):
            words = {"method": method, "n_resamples": 200}
            tables = [getattr(counts, metric)([1, 5, 8], **words, threads=threads) for threads in (1, 2, 3, 8)]
            for table in tables[1:]:
                assert_frame_equal(table, tables[0], check_exact=True)
    whole = counts.pass_at_k([1, 5, 8])
    for seed in range(12):
        alone = random_tally(seed).pass_at_k([1, 5, 8])
        assert_frame_equal(whole.filter(pl.col("model") == seed).drop("model"), alone, check_exact=True)


def test_the_order_of_rows_changes_no_bit():
    frame = random_tally(3).frame
    mixed = frame.sample(fraction=1, shuffle=True, seed=1)
    renamed = mixed.with_columns(problem=pl.Series(range(frame.height)))
    expected = pk.Tally.from_counts(frame).pass_at_k([1, 5])
    assert_frame_equal(pk.Tally.from_counts(mixed).pass_at_k([1, 5]), expected, check_exact=True)
    assert_frame_equal(pk.Tally.from_counts(renamed).pass_at_k([1, 5]), expected, check_exact=True)


def test_rng():
    counts = random_tally(4)

    def ends(rng):
        return counts.pass_at_k(3, method="bootstrap", rng=rng).select("lower", "upper").row(0)

    assert ends(1) != ends(2)
    assert ends(0) == counts.pass_at_k(3, method="bootstrap").select("lower", "upper").row(0)
    assert ends(np.int64(1)) == ends(1)
    assert ends(2**64 - 1) != ends(1)
    assert ends(np.random.default_rng(5)) == ends(np.random.default_rng(5))
    generator = np.random.default_rng(5)
    assert ends(generator) != ends(generator)


def test_n_resamples_and_confidence_level():
    counts = random_tally(5)
    for method in get_args(Method):
        resampled = method in {"bootstrap", "studentized"}
        few, more = (counts.pass_at_k(3, method=method, n_resamples=n) for n in (200, 2000))
        assert few.equals(more) is not resampled
        assert few.equals(counts.pass_at_k(3, method=method, n_resamples=np.int64(200)))
        assert few["method"].to_list() == ["bca" if method == "auto" else method]
    for words in (*({"method": method} for method in get_args(Method)), {"over": "samples"}, {"cluster": "problem"}):
        if words.get("method") in {"studentized", "bootstrap"}:
            words |= {"n_resamples": 20_000}
        rows = [row(counts.pass_at_k(3, confidence_level=level, **words)) for level in (0.5, 0.8, 0.95, 0.999)]
        widths = [ends["upper"] - ends["lower"] for ends in rows]
        assert widths == sorted(set(widths))


@pytest.mark.parametrize("words", [{"method": method} for method in get_args(Method)])
def test_one_problem_says_nothing_about_others(words):
    table = tally(8, [3]).pass_at_k([1, 8], **words)
    assert table["estimate"].to_list() == [3 / 8, 1]
    assert table.select("se", "lower", "upper", "method").rows() == [(None, None, None, "none: one problem")] * 2


def test_one_problem_over_its_samples():
    table = tally(8, [3]).pass_at_k([4, 5], over="samples")
    assert table["se"].to_list() == [196**-0.5, None]
    assert table["method"].to_list() == ["mover", "none: 2k > n"]


@pytest.mark.parametrize("words", [*({"method": method} for method in get_args(Method)), {"cluster": "problem"}])
def test_all_solved_and_none_solved(words):
    # With scipy.stats.beta.ppf and scipy.stats.chi2.ppf.
    method, lower = ("gamma", 0.916269) if words.get("method") in ("gamma", "bayes") else ("beta", 0.902358)
    solved = row(tally(8, [8] * 30).pass_at_k(4, **words))
    assert (solved["estimate"], solved["se"], solved["upper"], solved["method"]) == (1, 0, 1, method)
    assert solved["lower"] == pytest.approx(lower, abs=1e-6)
    failed = row(tally(8, [0] * 30).pass_at_k(4, **words))
    assert (failed["estimate"], failed["se"], failed["lower"], failed["method"]) == (0, 0, 0, method)
    assert failed["upper"] == pytest.approx(1 - lower, abs=1e-6)


def effective(values):
    """(sum d^2)^2 / sum d^4, or with 0.7 of a problem more at 0 or at 1 where that is less."""
    values = np.asarray(values)

    def with_more(weight, end):
        mean = (values.sum() + weight * end) / (values.size + weight)
        squares, fourths = (((values - mean) ** p).sum() + weight * (end - mean) ** p for p in (2, 4))
        return squares**2 / fourths

    return min(with_more(0, 0), with_more(0.7, 0), with_more(0.7, 1))


def test_auto_changes_where_the_spread_rests_on_few_problems():
    few, enough = [0] * 60 + [8] * 10, [0] * 30 + [8] * 20
    auto = row(tally(8, few).pass_at_k(1))
    assert (auto["method"], auto["reason"]) == ("beta", "fewer than 20 effective problems")
    assert auto["n_effective"] == pytest.approx(effective([c / 8 for c in few]))
    many = row(tally(8, enough).pass_at_k(1, confidence_level=0.9))
    assert (many["method"], many["reason"]) == ("bca", None)
    assert many["n_effective"] == pytest.approx(effective([c / 8 for c in enough]))
    assert row(tally(8, [8 - c for c in few]).pass_at_k(1))["method"] == "beta"
    # 60 problems alike and one that is not: nothing is known of those like it.
    one = row(tally(8, [7] * 60 + [0]).pass_at_k(1))
    assert (one["method"], one["n_effective"]) == ("beta", pytest.approx(1, abs=0.04))
    # None is unlike, but with 64 samples each they would look so whatever the one in 50 is that was not drawn.
    unseen = row(tally(64, [55, 60] * 25).pass_at_k(1))
    assert (unseen["method"], unseen["n_effective"]) == ("beta", pytest.approx(effective([55 / 64, 60 / 64] * 25)))
    assert row(tally(8, [4] * 6 + [0] * 3).pass_at_k(1))["method"] == "beta"
    assert row(tally(8, few).pass_at_k(1, method="bca"))["method"] == "bca"


def test_no_problem_at_all():
    empty = tally(8, [])
    for words in ({}, {"method": "t"}, {"over": "samples"}, {"cluster": "problem"}):
        table = empty.pass_at_k([1, 4], **words)
        assert table["k"].to_list() == [1, 4]
        assert table.select("estimate", "se", "lower", "upper", "method", "n_problems").rows() == [
            (None, None, None, None, "none: no problem", 0)
        ] * 2  # fmt: skip
    grouped = pk.Tally.from_counts(empty.frame.with_columns(model=pl.lit("a")), by="model")
    assert grouped.pass_at_k([1, 4]).height == 0
