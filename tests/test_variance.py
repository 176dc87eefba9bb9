"""The split of the variance: worked examples, the slow twin, and where a part does not exist."""

from fractions import Fraction

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

import exact
import passcurve as pk
from passcurve._pilots import CLIPPED, COPIES
from tallies import C30, METRICS, of, row, tally


@pytest.fixture
def families():
    frame = pl.DataFrame({"family": [i // 5 for i in range(30)], "problem": range(30), "n": 8, "c": C30})
    return pk.Tally.from_counts(frame, problem=["family", "problem"])


def test_the_worked_example():
    table = tally(8, C30).variance_components([1, 4, 8])
    assert table["estimate"].to_list() == pytest.approx([0.3041666667, 0.4933333333, 0.6], abs=5e-11)
    assert table["se_problems"].to_list() == pytest.approx([0.0679871030, 0.0808520580, 0.0909717652], abs=5e-11)
    assert table["within"].to_list()[:2] == pytest.approx([0.01108631, 0.04628571], abs=5e-9)
    assert table.select("se_samples", "between", "within", "reliability", "note").row(2) == (*[None] * 4, "2k > n")
    assert table["note"].to_list()[:2] == [None, None]


def test_clusters_of_the_worked_example(families):
    one = row(families.variance_components(1, cluster="family"))
    assert one["se_clusters"] == pytest.approx(0.1603923142, abs=5e-11)
    assert one["design_effect"] == pytest.approx((0.1603923142 / 0.0679871030) ** 2, rel=1e-8)
    alone = row(families.variance_components(1, cluster=["family", "problem"]))
    assert alone["design_effect"] == pytest.approx(1, rel=1e-14)


def test_columns(families):
    common = ["metric", "k", "estimate", "se_problems", "se_samples", "variance", "between", "within", "reliability"]
    counts = ["note", "n_problems", "n_min", "n_max"]
    assert families.variance_components(1).columns == [*common, *counts]
    both = families.variance_components(1, cluster="family", on_k_gt_n="skip").columns
    assert both == [*common[:5], "se_clusters", *common[5:], "design_effect", *counts, "n_skipped"]
    assert families.variance_components()["k"].to_list() == [1, 2, 4, 8]


counts = st.integers(2, 40).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, n)))


@given(st.lists(counts, min_size=2, max_size=12), st.sampled_from(list(METRICS)), st.integers(1, 6))
def test_the_slow_twin(rows, metric, k):
    table = of(*((i, *pair) for i, pair in enumerate(rows)))
    got = row(table.variance_components(k, metric=metric, on_k_gt_n="skip"))
    rows = [(n, c) for n, c in rows if n >= k - (metric == "alpha_k")]
    assert (got["metric"], got["n_problems"]) == (METRICS[metric], len(rows))
    if len(rows) < 2:
        assert (got["variance"], got["between"], got["reliability"]) == (None, None, None)
        assert got["note"] == ("one problem" if rows else "no problem")
        return
    values = [getattr(exact, metric)(n, c, k) for n, c in rows]
    mean = sum(values) / len(values)
    variance = sum((value - mean) ** 2 for value in values) / (len(values) - 1)
    assert got["variance"] == pytest.approx(float(variance), rel=1e-13, abs=1e-16)
    if min(n for n, _ in rows) < 2 * k - 2 * (metric == "alpha_k"):
        assert got["within"] is got["between"] is got["reliability"] is None
        return
    within = sum(getattr(exact, f"{metric}_variance")(n, c, k) for n, c in rows) / Fraction(len(rows))
    if got["within"] is None:
        assert (within, got["note"]) == (0, "no spread")
        return
    assert got["within"] == pytest.approx(float(within), rel=1e-14)
    assert got["between"] == pytest.approx(float(max(0, variance - within)), rel=1e-12, abs=1e-15)
    assert (got["note"] in (CLIPPED, COPIES)) == (variance < within) or abs(variance - within) < 1e-15
    if variance > 0:
        assert got["reliability"] == pytest.approx(got["between"] / float(variance), rel=1e-12)


def test_both_parts_are_unbiased():
    rng = np.random.default_rng(5)
    p = rng.beta(0.5, 1.5, (2000, 40))
    n = rng.choice([8, 12, 16], p.shape)
    keys = {"run": np.repeat(np.arange(2000), 40), "problem": np.tile(np.arange(40), 2000)}
    frame = pl.DataFrame({**keys, "n": n.ravel(), "c": rng.binomial(n, p).ravel()})
    table = pk.Tally.from_counts(frame, by="run").variance_components(4)
    # The law of p has between = 0.12869; within at n = 8, 12 and 16 is simulated from many problems.
    many = rng.beta(0.5, 1.5, 400_000)
    sizes = rng.choice([8, 12, 16], many.shape)
    noise = pk.pass_at_k(sizes, rng.binomial(sizes, many), 4) - (1 - (1 - many) ** 4)
    assert table["within"].mean() == pytest.approx((noise**2).mean(), rel=0.02)
    assert table["between"].mean() == pytest.approx(0.1286926, rel=0.02)
    # The reliability is the correlation of two runs on the same problems.
    first, second = rng.binomial(8, many), rng.binomial(8, many)
    twice = np.corrcoef(pk.pass_at_k(8, first, 4), pk.pass_at_k(8, second, 4))[0, 1]
    one = row(tally(8, first[:20_000].tolist()).variance_components(4))
    assert one["reliability"] == pytest.approx(twice, abs=0.02)


@pytest.mark.parametrize(("c", "note"), [([8] * 6, "no spread"), ([0, 8] * 3, "no spread"), ([4] * 30, COPIES)])
def test_where_there_is_no_spread(c, note):
    one = row(tally(8, c).variance_components(1))
    assert one["note"] == note
    assert one["within"] == (None if note == "no spread" else pytest.approx(4 * 4 / (64 * 7)))
    assert one["between"] == (None if note == "no spread" else 0)
    exactly = row(tally(8, c).variance_components(1, metric="alpha_k"))
    assert (exactly["variance"], exactly["reliability"], exactly["note"]) == (0, None, "no spread")


def test_a_little_less_than_the_noise():
    one = row(tally(8, [3, 4, 5, 4, 3, 5]).variance_components(1))
    assert (one["between"], one["reliability"], one["note"]) == (0, 0, CLIPPED)


def test_one_problem_and_one_cluster(families):
    one = row(tally(8, [3]).variance_components(1))
    assert (one["se_problems"], one["between"], one["note"]) == (None, None, "one problem")
    assert one["within"] == pytest.approx(3 * 5 / (64 * 7))
    whole = pk.Tally.from_counts(families.frame.with_columns(family=0), problem=["family", "problem"])
    lone = row(whole.variance_components(1, cluster="family"))
    assert (lone["se_clusters"], lone["design_effect"], lone["note"]) == (None, None, "one cluster")


def test_bad_input(families):
    with pytest.raises(ValueError, match="metric='pass' is not one of pass_at_k, pass_hat_k, alpha_k"):
        families.variance_components(1, metric="pass")
    with pytest.raises(ValueError, match="k = 9 is more than a problem's n"):
        families.variance_components(9)
    with pytest.raises(ValueError, match=r"cluster= names problem columns \(family, problem\), not 'n'"):
        families.variance_components(1, cluster="n")
    with pytest.raises(ValueError, match="the table has a column 'within' of its own"):
        of((1, 1, 8, 3), by="within").variance_components(1)


def test_threads_order_and_other_groups_change_no_bit():
    rng = np.random.default_rng(1)
    n = rng.integers(16, 40, 600)
    groups = {"model": np.repeat([0, 1, 2], 200), "problem": np.tile(np.arange(200), 3)}
    frame = pl.DataFrame({**groups, "n": n, "c": rng.binomial(n, rng.random(600))})
    table = pk.Tally.from_counts(frame, by="model").variance_components([1, 8], threads=1)
    shuffled = pk.Tally.from_counts(frame.sample(fraction=1, shuffle=True, seed=3), by="model")
    for threads in (2, 3):
        assert_frame_equal(shuffled.variance_components([1, 8], threads=threads), table, check_exact=True)
    alone = pk.Tally.from_counts(frame.filter(model=1), by="model").variance_components([1, 8])
    assert_frame_equal(alone, table.filter(model=1), check_exact=True)
