"""Curves, discovery and the simulated policy against exact numbers and whole enumerations."""

import itertools
from decimal import Decimal, localcontext
from fractions import Fraction
from math import comb, inf, nan, ulp

import numpy as np
import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

import exact
import passcurve as pk

TINY = [5e-324, 1e-300, 1e-18, 1e-9, 1e-4, 0.1, 0.3, 0.5, 0.7, 0.9999, 1 - 2**-52, 1 - 2**-53]
masses = st.one_of(st.floats(0, 1), st.floats(-300, 0).map(lambda x: 10**x), st.sampled_from([0.0, 1.0, *TINY]))
draws = st.one_of(st.integers(1, 40), st.integers(1, 10**6), st.sampled_from([2**20, 10**9]))


def power(p, k):
    """(1-p)^k to 80 digits."""
    with localcontext() as context:
        context.prec = 1200  # 1-p whole
        q = 1 - Decimal(p)
        context.prec = 80 if p > 1e-20 else 420
        return Fraction(q**k if q else Decimal(0**k))


def at_least_one(p, k):
    return 1 - power(p, k)


def close(value, exactly, ulps):
    return abs(Fraction(value) - exactly) <= ulps * Fraction(ulp(float(exactly)))


# Measured on 6,000 rows: 1.6, 3.5, 4.1 and 2.5 ulp at most.
@settings(max_examples=300, deadline=None)
@given(masses, draws)
@example(1e-300, 1)
@example(1.0, 1)
def test_curves_are_exact_to_a_few_ulp(p, k):
    row = pk.theory.curves(k, p=p).row(0, named=True)
    assert (row["p"], row["k"]) == (p, k)
    q = 1 - Fraction(p)
    some, others = at_least_one(p, k), power(p, k - 1)
    assert close(row["pass_at_k"], some, 6)
    assert close(row["alpha_k"], k * others, 6)
    assert close(row["signal"], k * others * Fraction(p), 6)
    assert close(row["gap"], q * at_least_one(p, k - 1), 6)
    assert 0 <= row["alpha_k"] <= k
    assert row["gap"] >= 0


def test_the_grid_holds_the_ends_and_the_peaks():
    ks = [1, 2, 3, 8, 64, 1024, 10**6]
    table = pk.theory.curves(ks)
    assert table["k"].unique(maintain_order=True).to_list() == ks
    assert table.height < 500 * len(ks)
    for k in ks:
        one = table.filter(k=k)
        assert one["p"].is_sorted()
        assert one["p"].is_unique().all()
        assert one["p"].to_list()[0] == 0 == one["gap"].to_list()[-1] == 1 - one["p"].to_list()[-1]
        assert one["p"].to_list()[1] <= 1e-6
        if k > 1:
            assert one.sort("signal")["p"].to_list()[-1] == 1 / k
            delta = k ** (-1 / (k - 1))
            assert one.sort("gap")["p"].to_list()[-1] == pytest.approx(1 - delta, rel=1e-9)
            assert one["gap"].max() == pytest.approx(delta - delta**k, rel=1e-9)
    assert pk.theory.curves(2, p=[0.7, 0.2])["p"].to_list() == [0.7, 0.2]


@settings(max_examples=300, deadline=None)
@given(masses, draws)
def test_discovery_and_its_bounds(eps, k):
    exactly = at_least_one(eps, k)
    found = pk.theory.discovery(eps, k)
    assert close(found, exactly, 4)
    lower, upper = pk.theory.discovery_bounds(eps, k)
    mass = Fraction(eps)
    assert upper == pytest.approx(float(min(1, k * mass)), rel=1e-15)
    assert lower == pytest.approx(float(max(0, k * mass - comb(k, 2) * mass**2)), rel=1e-9, abs=1e-300)
    room = 1 + Fraction(1, 10**50)  # of the digits of the twin
    assert max(0, k * mass - comb(k, 2) * mass**2) <= exactly * room
    assert exactly <= min(1, k * mass) * room
    assert lower <= found * (1 + 1e-14)
    assert found <= upper * (1 + 1e-14)


def test_discovery_of_arrays():
    eps, k = np.array([[0.0], [1e-5], [0.25], [1.0]]), [1, 3, 100]
    table = pk.theory.discovery(eps, k)
    assert table.tolist() == [[pk.theory.discovery(e, j) for j in k] for e in eps.ravel().tolist()]
    assert table[0].tolist() == [0, 0, 0]
    assert table[3].tolist() == [1, 1, 1]
    assert pk.theory.discovery([], 3).tolist() == []
    lower, upper = pk.theory.discovery_bounds(eps, k)
    assert lower.shape == upper.shape == (4, 3)


@settings(max_examples=300, deadline=None)
@given(st.floats(1e-3, 1), st.floats(1e-6, 1 - 2**-53, exclude_max=True))
@example(0.5, 0.75)
@example(0.5, 0.5)
@example(0.75, 0.9375)
@example(0.25, 1 - 0.75**8)
@example(1.0, 0.1)
def test_draws_for_discovery_is_the_smallest(eps, probability):
    k = pk.theory.draws_for_discovery(eps, probability)
    wanted = 1 - Fraction(probability)
    assert isinstance(k, int)
    assert k >= 1
    assert power(eps, k) <= wanted + Fraction(1, 10**55)
    assert k == 1 or power(eps, k - 1) > wanted - Fraction(1, 10**55)


def test_draws_for_discovery_at_ties_and_of_tiny_modes():
    for eps, m in itertools.product([0.5, 0.25, 0.75, 0.125], range(1, 14)):
        wanted = 1 - (1 - Fraction(eps)) ** m
        if Fraction(float(wanted)) == wanted:
            assert pk.theory.draws_for_discovery(eps, float(wanted)) == m
            assert pk.theory.draws_for_discovery(eps, float(np.nextafter(float(wanted), 1))) == m + 1
            assert pk.theory.draws_for_discovery(eps, float(np.nextafter(float(wanted), 0))) == m
    assert pk.theory.draws_for_discovery(1e-9) == 2995732273
    tiny = pk.theory.draws_for_discovery(5e-324)
    assert float(tiny * Fraction(5e-324)) == pytest.approx(-np.log1p(-0.95), rel=1e-14)
    assert pk.theory.draws_for_discovery(0.5, 1e-300) == 1


def test_unseen_mass():
    assert pk.theory.unseen_mass(1) == pytest.approx(0.95, rel=1e-15)
    for n in (2, 16, 1000, 10**9):
        bound = pk.theory.unseen_mass(n, confidence_level=0.9)
        assert pk.theory.discovery(bound, n) == pytest.approx(0.9, rel=1e-12)
        assert bound < -np.log(0.1) / n
    assert pk.theory.unseen_mass([10, 20]).tolist() == [pk.theory.unseen_mass(10), pk.theory.unseen_mass(20)]


UPDATES = ["likelihood", "pass_at_1", "pass_at_k", "likelihood_of_all"]


def batch_gradient(batch, masses, k, update):
    """By the letter: each sample's weight times its score, in exact rationals; batch holds outcomes 0, 1 and 2."""
    n = len(batch)
    verdicts = [outcome < 2 for outcome in batch]
    total = [Fraction(0)] * 3
    for i, outcome in enumerate(batch):
        others = verdicts[:i] + verdicts[i + 1 :]
        if update == "likelihood":
            weight = Fraction(verdicts[i])
        elif update == "likelihood_of_all":
            weight = Fraction(1)
        elif update == "pass_at_1":
            weight = (verdicts[i] - (Fraction(sum(others), n - 1) if n > 1 else 0)) / Fraction(n)
        else:  # The mean over sets of k that hold i of what i adds to their best.
            sets = list(itertools.combinations(others, k - 1))
            added = sum(max([verdicts[i], *rest]) - max([0, *rest]) for rest in sets)
            weight = Fraction(added, comb(n, k))
        for j in range(3):
            total[j] += weight * ((outcome == j) - masses[j])
    return total


def softmax(logits):
    weights = np.exp(logits - np.max(logits))
    return weights / weights.sum()


@pytest.mark.parametrize("update", UPDATES)
@pytest.mark.parametrize(("k", "samples"), [(1, 1), (2, 2), (1, 3), (2, 4), (3, 4), (4, 4)])
def test_expected_steps_are_the_mean_of_all_batches(update, k, samples):
    start = [Fraction(1, 4), Fraction(1, 16)]
    whole = [*start, 1 - sum(start)]
    mean, seen = [Fraction(0)] * 3, {}
    for batch in itertools.product(range(3), repeat=samples):
        chance = Fraction(1)
        for outcome in batch:
            chance *= whole[outcome]
        gradient = batch_gradient(batch, whole, k, update)
        mean = [total + chance * part for total, part in zip(mean, gradient, strict=True)]
        counts = tuple(batch.count(outcome) for outcome in range(3))
        assert seen.setdefault(counts, [gradient, 0])[0] == gradient
        seen[counts][1] += chance
    words = {"k": k, "samples": samples, "update": update, "learning_rate": 0.7}
    logits = np.log(np.array(whole, dtype=float))
    expected = pk.theory.simulate([0.25, 0.0625], expected=True, steps=1, **words).select("m1", "m2", "wrong").row(1)
    assert expected == pytest.approx(softmax(logits + 0.7 * np.array(mean, dtype=float)), rel=1e-13)
    table = pk.theory.batches([0.25, 0.0625], **words)
    assert table.height == comb(samples + 2, 2) == len(seen)
    for row in table.iter_rows(named=True):
        gradient, chance = seen[row["n1"], row["n2"], row["n_wrong"]]
        assert row["probability"] == pytest.approx(float(chance), rel=1e-13)
        after = softmax(logits + 0.7 * np.array(gradient, dtype=float))
        assert (row["m1"], row["m2"], row["wrong"]) == pytest.approx(after, rel=1e-13)


def test_updates_follow_the_gradient_they_are_named_for():
    start, rate, h = np.array([0.2, 0.03]), 1e-6, 1e-5
    logits = np.log([*start, 1 - start.sum()])

    def objective(x, k):
        return 1 - softmax(x)[2] ** k

    for update, k, scale in (("pass_at_1", 1, 1), ("pass_at_k", 6, 1), ("likelihood", 1, 9)):
        slope = [(objective(logits + h * e, k) - objective(logits - h * e, k)) / (2 * h) for e in np.eye(3)]
        words = {"k": 6, "samples": 9, "learning_rate": rate, "steps": 1, "expected": True}
        after = pk.theory.simulate(start, update=update, **words).select("m1", "m2", "wrong").row(1)
        moved = (np.log(after) - logits) / rate
        slope = scale * np.array(slope)
        # Masses do not change with a constant added to all logits.
        assert moved - moved.mean() == pytest.approx(slope - slope.mean(), abs=1e-6)


@pytest.mark.parametrize("update", UPDATES)
def test_one_step_is_one_of_the_batches_as_often_as_it_should(update):
    words = {"k": 2, "samples": 3, "learning_rate": 0.5, "update": update}
    n_runs = 20_000
    drawn = pk.theory.simulate([0.3, 0.1], steps=1, n_runs=n_runs, rng=4, **words).filter(step=1)
    table = pk.theory.batches([0.3, 0.1], **words)
    for row in table.iter_rows(named=True):
        same = (table["m1"] - row["m1"]).abs() + (table["m2"] - row["m2"]).abs() < 1e-9
        chance = table.filter(same)["probability"].sum()
        alike = (drawn["m1"] - row["m1"]).abs() + (drawn["m2"] - row["m2"]).abs() < 1e-9
        assert alike.sum() / n_runs == pytest.approx(chance, abs=4.5 * np.sqrt(chance / n_runs))


def test_columns_and_what_they_are():
    table = pk.theory.simulate([0.2, 1e-9], k=8, learning_rate=0.2, steps=60, n_runs=3, rng=2)
    assert table.columns == ["run", "step", "m1", "m2", "wrong", "pass_at_1", "pass_at_k", "gap", "discovery"]
    assert table["run"].to_list() == [run for run in range(3) for _ in range(61)]
    assert table["step"].to_list() == [*range(61)] * 3
    assert table.row(0)[2:5] == pytest.approx((0.2, 1e-9, 0.8 - 1e-9), rel=1e-14)
    for row in table.iter_rows(named=True):
        assert row["m1"] + row["m2"] + row["wrong"] == pytest.approx(1, rel=1e-13)
        wrong = Fraction(row["wrong"])
        assert row["pass_at_1"] == pytest.approx(row["m1"] + row["m2"])
        assert row["pass_at_k"] == pytest.approx(float(1 - wrong**8), rel=1e-12)
        assert row["gap"] == pytest.approx(float(wrong - wrong**8), rel=1e-12)
        assert row["discovery"] == pytest.approx(pk.theory.discovery(row["m2"], 8), rel=1e-12)


def test_hardly_any_and_nearly_all():
    rare = pk.theory.simulate([1e-12, 1e-15], k=4, learning_rate=1, steps=0).row(0, named=True)
    assert rare["pass_at_k"] == pytest.approx(4 * 1.001e-12, rel=1e-9)
    assert rare["gap"] == pytest.approx(3 * 1.001e-12, rel=1e-9)
    sure = pk.theory.simulate([0.9, 0.1], k=4, learning_rate=1, steps=3, expected=True)
    assert sure["wrong"].to_list() == sure["gap"].to_list() == [0] * 4
    assert sure["pass_at_k"].to_list() == pytest.approx([1] * 4)
    for update in UPDATES:
        never = pk.theory.simulate([0.5, 0], k=4, learning_rate=0.5, steps=30, update=update)
        assert never["m2"].to_list() == never["discovery"].to_list() == [0] * 31
        table = pk.theory.batches([0.5, 0], k=2, learning_rate=1, update=update)
        assert table.filter(pl.col("n2") > 0)["probability"].to_list() == [0] * 3
        assert table["probability"].sum() == pytest.approx(1, rel=1e-14)
    huge = pk.theory.simulate([0.3, 0.2], k=64, learning_rate=1e6, steps=5)
    assert huge.select(pl.all().is_finite().all()).row(0) == (True,) * 9


def test_seeds():
    words = {"k": 4, "learning_rate": 0.3, "steps": 10, "n_runs": 5}
    one = pk.theory.simulate([0.3, 0.1], rng=7, **words)
    assert_frame_equal(one, pk.theory.simulate([0.3, 0.1], rng=7, **words), check_exact=True)
    assert not one.equals(pk.theory.simulate([0.3, 0.1], rng=8, **words))
    generators = [pk.theory.simulate([0.3, 0.1], rng=np.random.default_rng(1), **words) for _ in range(2)]
    assert generators[0].equals(generators[1])
    assert one.filter(step=10)["m1"].n_unique() > 1


def test_all_batches_sum_to_one():
    for n in (1, 7, 64, 300):
        table = pk.theory.batches([0.01, 1e-6], k=n, learning_rate=0.1)
        assert table["probability"].sum() == pytest.approx(1, rel=1e-11)
        hit = table.filter(pl.col("n2") > 0)["probability"].sum()
        assert hit == pytest.approx(pk.theory.discovery(1e-6, n), rel=1e-9)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda t: t.curves(0), "k must be between 1 and 2"),
        (lambda t: t.curves([]), "k is an empty list"),
        (lambda t: t.curves(2, p=[0.5, 1.5]), r"p\[1\] = 1.5 is not between 0 and 1"),
        (lambda t: t.curves(2, p=[[0.5]]), r"p is a number or a list of them, not an array of shape \(1, 1\)"),
        (lambda t: t.discovery(nan, 3), "eps = nan is not between 0 and 1"),
        (lambda t: t.discovery(0.5, [2, 0]), r"k\[1\] = 0 is not between 1 and 2"),
        (lambda t: t.discovery_bounds(-0.1, 3), "eps = -0.1 is not between"),
        (lambda t: t.draws_for_discovery(0), "eps = 0: no number of draws finds a mode of mass 0"),
        (lambda t: t.draws_for_discovery(0.5, 1), "probability= is between 0 and 1, not 1"),
        (lambda t: t.unseen_mass(0), "n = 0 is not between 1 and 2"),
        (lambda t: t.unseen_mass(4, confidence_level=95), "confidence_level= is between 0 and 1, not 95"),
    ],
)
def test_bad_numbers(call, message):
    with pytest.raises(ValueError, match=message):
        call(pk.theory)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"start": [0.8, 0.3]}, r"start=\[0.8, 0.3\]: the masses add up to 1.1, more than 1"),
        ({"start": [0.8, -0.1]}, r"start\[1\] = -0.1 is not between 0 and 1"),
        ({"start": [0.8]}, r"start holds two masses, of M1 and of M2, not \[0.8\]"),
        ({"k": 0}, "k= is a positive integer, not 0"),
        ({"learning_rate": 0}, "learning_rate= is a number above 0, not 0"),
        ({"learning_rate": inf}, "learning_rate= is a number above 0, not inf"),
        ({"steps": -1}, "steps= is an integer of at least 0, not -1"),
        ({"update": "sft"}, "update='sft' is not one of likelihood, pass_at_1, pass_at_k, likelihood_of_all"),
        ({"update": "pass_at_k", "samples": 2}, "needs samples >= k, not samples=2 and k=4"),
        ({"expected": True, "n_runs": 2}, "expected=True has no chance in it: all n_runs=2 runs would be the same"),
        ({"n_runs": 0}, "n_runs= is a positive integer, not 0"),
        ({"rng": -1}, "rng= is an integer from 0"),
    ],
)
def test_bad_arguments_of_simulate(change, message):
    words = {"start": [0.2, 0.1], "k": 4, "learning_rate": 0.1, "steps": 2} | change
    with pytest.raises(ValueError, match=message):
        pk.theory.simulate(words.pop("start"), **words)


def test_wrong_kinds():
    with pytest.raises(TypeError, match=r"k takes integers, not 2\.5"):
        pk.theory.discovery(0.1, 2.5)
    with pytest.raises(TypeError, match="eps takes numbers from 0 to 1, not 'a'"):
        pk.theory.discovery("a", 2)
    with pytest.raises(TypeError, match="eps is one number here"):
        pk.theory.draws_for_discovery([0.1, 0.2])
    with pytest.raises(TypeError, match="probability= is a number between 0 and 1, not True"):
        pk.theory.draws_for_discovery(0.1, True)
    with pytest.raises(TypeError, match="learning_rate= is a number above 0, not '1'"):
        pk.theory.simulate([0.1, 0.1], k=2, learning_rate="1", steps=1)
    with pytest.raises(ValueError, match="2001 samples have too many batches to list"):
        pk.theory.batches([0.1, 0.1], k=2001, learning_rate=1)


def test_the_twin_of_the_estimators():
    for k in (1, 2, 5):
        for c in range(9):
            exactly = exact.alpha_k_plugin(8, c, k)
            assert pk.theory.curves(k, p=c / 8)["alpha_k"][0] == pytest.approx(float(exactly), rel=1e-15)
            assert pk.theory.curves(k, p=c / 8)["pass_at_k"][0] == pytest.approx(
                pk.pass_at_k_plugin(8, c, k), rel=1e-15
            )
