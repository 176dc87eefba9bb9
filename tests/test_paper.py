"""The statements of Yu's paper: where they hold, and where they need a condition. docs/paper.md is the short form."""

import itertools
from fractions import Fraction
from math import comb

import numpy as np
import polars as pl
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

import passcurve as pk

ks = st.integers(1, 12)
starts = st.tuples(st.floats(0.001, 0.9), st.floats(0.001, 0.9)).filter(lambda start: sum(start) < 0.999)
rates = st.floats(0.01, 20)


def softmax(x):
    weights = np.exp(x - x.max())
    return weights / weights.sum()


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("k", [1, 2, 7, 32])
def test_theorem_3_1_with_shared_parameters(seed, k):
    rng = np.random.default_rng(seed)
    answers, parameters = rng.integers(3, 12), rng.integers(1, 6)
    features, right = rng.normal(size=(answers, parameters)), rng.random(answers) < 0.3
    right[0], right[1] = True, False
    theta = rng.normal(size=parameters)
    policy = softmax(features @ theta)
    p = policy @ right
    of_pass_at_1 = (policy * (right - p)) @ features
    alpha = pk.theory.curves(k, p=p)["alpha_k"].item()

    def wrong(x):
        return softmax(features @ x) @ ~right

    h = 1e-5
    slopes = [(wrong(theta - h * e) ** k - wrong(theta + h * e) ** k) / (2 * h) for e in np.eye(parameters)]
    assert slopes == pytest.approx(alpha * of_pass_at_1, rel=1e-5, abs=1e-9)


def test_a_correct_sample_weighs_alpha_k_of_the_others():
    for n in range(2, 8):
        for k, c in itertools.product(range(1, n + 1), repeat=2):
            others = [1] * (c - 1) + [0] * (n - c)
            added = sum(1 - max([0, *rest]) for rest in itertools.combinations(others, k - 1))
            weight = Fraction(added, comb(n, k))
            assert pk.alpha_k(n - 1, c - 1, k) / n == pytest.approx(float(weight), rel=1e-15)


@given(st.fractions(0, 1), st.fractions(0, 1), st.integers(1, 30))
@example(Fraction(1, 10), Fraction(1, 5), 1)
def test_theorem_3_2_1_is_strict(mass, eps, k):
    assume(mass < eps)
    found, at_most = 1 - (1 - mass) ** k, 1 - (1 - eps) ** k
    assert found < at_most <= k * eps
    assert (at_most == k * eps) == (k == 1)
    ours, lightest = pk.theory.discovery(float(mass), k), pk.theory.discovery(float(eps), k)
    assert ours == pytest.approx(float(found), rel=1e-12)
    assert lightest == pytest.approx(float(at_most), rel=1e-12)
    assert ours <= lightest
    assert pk.theory.discovery_bounds(float(eps), k)[1] == pytest.approx(min(1, float(k * eps)), rel=1e-12)
    lower = pk.theory.discovery_bounds(float(mass), k)[0]
    assert lower == pytest.approx(max(0, float(k * mass - comb(k, 2) * mass**2)), rel=1e-12, abs=1e-13)
    assert lower <= ours * (1 + 1e-12)


def test_signal_is_the_chance_of_exactly_one_correct_sample():
    for p, k in itertools.product([0.001, 0.2, 0.9], [1, 2, 8]):
        table = pk.theory.batches([p, 0], k=k, learning_rate=1e-3, update="pass_at_k")
        alone = table.filter(n1=1)["probability"].sum()
        assert pk.theory.curves(k, p=p)["signal"].item() == pytest.approx(alone, rel=1e-12)
        moved = table.filter((pl.col("m1") - p).abs() > 1e-9 * p, pl.col("n2") == 0)
        assert moved["n1"].to_list() == [1]


@settings(max_examples=100, deadline=None)
@given(starts, ks, rates)
def test_theorem_3_2_2_holds_in_every_batch_without_m2(start, k, rate):
    table = pk.theory.batches(start, k=k, learning_rate=rate)
    without = table.filter(n2=0)
    assert without["n1"].sort().to_list() == list(range(k + 1))
    assert without.filter(pl.col("m1") < start[0] * (1 - 1e-12)).height == 0
    assert without.filter(n1=0)["m1"].to_list() == pytest.approx([start[0]], rel=1e-12)
    assert (without.filter(pl.col("n1") > 0)["m1"] > start[0]).all()


@settings(max_examples=100, deadline=None)
@given(starts, ks)
def test_theorem_3_2_2_to_first_order_in_every_batch(start, k):
    table = pk.theory.batches(start, k=k, learning_rate=1e-5)
    policy = np.array([*start, 1 - sum(start)])
    for row in table.iter_rows(named=True):
        n1, n2 = row["n1"], row["n2"]
        drive = n1 - (n1 + n2) * policy[0] - n1 * policy[0] - n2 * policy[1] + (n1 + n2) * (policy**2).sum()
        assert row["m1"] - start[0] == pytest.approx(1e-5 * start[0] * drive, abs=1e-9 * k**2 * start[0])


@settings(max_examples=200, deadline=None)
@given(starts)
@example((0.3, 0.6))
@example((0.3, 0.3))
def test_theorem_3_2_2_in_the_mean(start):
    m1, m2 = start
    wrong = 1 - m1 - m2
    falls = m2**2 - m1 * m2 - wrong * (2 * m1 + m2)
    assume(abs(falls) > 1e-3)
    assert falls < 0 or m2 > m1
    for update in ("likelihood", "pass_at_1", "pass_at_k"):
        words = {"k": 2, "learning_rate": 1e-4, "update": update}
        before, after = pk.theory.simulate(start, steps=1, expected=True, **words)["m1"]
        assert (after < before) == (falls > 0)


def test_theorem_3_2_2_under_the_whole_batch():
    table = pk.theory.batches([0.2, 0.001], k=8, learning_rate=0.1, update="likelihood_of_all")
    fall = table.filter(pl.col("m1") < 0.2 * (1 - 1e-12))
    assert fall["probability"].sum() == pytest.approx(0.503, abs=5e-4)
    assert fall.filter(n2=0)["n1"].max() < 0.2 * 8
    still = pk.theory.simulate([0.2, 0.001], k=8, learning_rate=0.1, steps=5, expected=True, update="likelihood_of_all")
    assert still["m1"].to_list() == pytest.approx([0.2] * 6, rel=1e-14)


def gradients(table, start, rate):
    """What a step added to the logits of the first and second trajectory, less what it added to the wrong one."""
    wrong = 1 - sum(start)
    steps = [
        (pl.col(name) / pl.col("wrong") / (m / wrong)).log() / rate for name, m in zip(("m1", "m2"), start, strict=True)
    ]
    return table.select(*steps).to_numpy()


@settings(max_examples=100, deadline=None)
@given(st.tuples(st.floats(0.01, 0.6), st.floats(0.01, 0.3)), st.integers(1, 8))
def test_equation_10_in_the_mean_over_batches_of_a_mode(start, k):
    # The mode is both of the engine's correct trajectories, and the batch is all in it.
    p, wrong = sum(start), 1 - sum(start)
    table = pk.theory.batches(start, k=k, learning_rate=0.5).filter(n_wrong=0)
    chances = table["probability"].to_numpy()
    assert chances.sum() == pytest.approx(p**k, rel=1e-9)
    mean = chances @ gradients(table, start, 0.5) / chances.sum()
    of_log_p = np.array(start) * wrong / p + wrong  # pi_j (1 - p) / p, less -pi of the wrong one
    assert mean == pytest.approx(k * of_log_p, rel=1e-7)


@settings(max_examples=100, deadline=None)
@given(starts, ks, rates)
def test_equations_10_and_16_in_the_mean_at_any_rate_where_logits_are_free(start, k, rate):
    p, wrong = sum(start), 1 - sum(start)
    words = {"k": k, "learning_rate": rate, "expected": True, "steps": 1}
    run = pk.theory.simulate(start, **words)
    # Of k samples p k are in the mode, each with the gradient of log p for its mean.
    after = softmax(np.log([*start, wrong]) + rate * k * np.array([m * wrong for m in start] + [-wrong * p]))
    assert run.select("m1", "m2", "wrong").row(1) == pytest.approx(after, rel=1e-9, abs=1e-300)
    assert run["pass_at_1"][1] >= run["pass_at_1"][0] * (1 - 1e-12)


def test_equation_10_fails_in_a_batch_of_the_mode_alone():
    start = [0.05, 0.6]
    for rate in (1e-3, 0.1, 0.5):
        table = pk.theory.batches(start, k=1, learning_rate=rate).with_columns(p=pl.col("m1") + pl.col("m2"))
        light, heavy = table.row(by_predicate=pl.col("n1") == 1, named=True), table.filter(n2=1)
        assert light["probability"] == pytest.approx(0.05, rel=1e-12)
        assert light["m1"] > 0.05
        assert light["p"] < 0.65 * (1 - 1e-6)
        assert heavy["p"].item() > 0.65 * (1 + 1e-6)
        assert pk.theory.simulate(start, k=1, learning_rate=rate, steps=1, expected=True)["pass_at_1"][1] > 0.65


def test_theorem_3_2_3():
    for k in (2, 3, 8, 100):
        table = pk.theory.curves(k)
        delta = k ** (-1 / (k - 1))
        rising, falling = (table.filter(pl.col("p") < 1 - delta - 1e-12), table.filter(pl.col("p") > 1 - delta + 1e-12))
        assert rising["gap"].is_sorted()
        assert falling["gap"].is_sorted(descending=True)
        assert falling["gap"][-1] == 0
    # Along training the gap widens, then closes, while M1 only grows.
    run = pk.theory.simulate([0.02, 0], k=8, learning_rate=0.1, steps=200, expected=True)
    peak = run["gap"].arg_max()
    assert run["m1"].is_sorted()
    assert 0 < peak < 200
    assert run["gap"][: peak + 1].is_sorted()
    assert run["gap"][peak:].is_sorted(descending=True)


def test_the_gap_does_not_tell_one_mode_from_two():
    one, two = (
        pk.theory.simulate(start, k=8, learning_rate=1, steps=0).row(0, named=True)
        for start in ([0.9, 0.0], [0.45, 0.45])
    )
    assert one["gap"] == pytest.approx(two["gap"], rel=1e-12)
    assert one["m2"] != two["m2"]


@given(st.floats(0.01, 0.99), st.floats(0.01, 0.99), st.integers(2, 64))
def test_section_4_two_problems_are_collinear_only_where_their_alphas_agree(first, second, k):
    p = np.array([first, second])
    alpha = pk.theory.curves(k, p=p)["alpha_k"].to_numpy()
    assert alpha == pytest.approx(k * (1 - p) ** (k - 1), rel=1e-9)
    one, several = p * (1 - p), alpha * p * (1 - p)
    cross = one[0] * several[1] - one[1] * several[0]
    assert cross == pytest.approx(one[0] * one[1] * (alpha[1] - alpha[0]), rel=1e-9, abs=1e-15)
    if first - second > 0.01:
        assert alpha[0] < alpha[1] or alpha[1] < 1e-15
