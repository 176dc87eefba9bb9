"""The simulated policy against all its batches, by the letter and in exact rationals."""

import itertools
from fractions import Fraction
from math import comb, inf

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

import passcurve as pk

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
    with pytest.raises(TypeError, match="learning_rate= is a number above 0, not '1'"):
        pk.theory.simulate([0.1, 0.1], k=2, learning_rate="1", steps=1)
    with pytest.raises(ValueError, match="too many batches to list: 2,005,003, and at most 2000 samples are"):
        pk.theory.batches([0.1, 0.1], k=2001, learning_rate=1)


@pytest.mark.parametrize("samples", [1, 2, 3, 6])
def test_the_weights_are_those_of_pkpo(samples):
    """At k = 1 "pass_at_k" has no baseline, and "pass_at_1" is what pkpo gives by default."""
    policy = np.array([0.2, 0.1, 0.7])
    same = [("pass_at_1", 1, "sloo_minus_one"), ("pass_at_k", 1, "none")]
    same += [("pass_at_k", k, "sloo_minus_one") for k in range(2, samples + 1)]
    for update, k, baseline in same:
        table = pk.theory.batches(policy[:2], k=k, samples=samples, learning_rate=0.5, update=update)
        for row in table.iter_rows(named=True):
            outcomes = np.repeat(np.arange(3), [row["n1"], row["n2"], row["n_wrong"]])
            weights = pk.advantages.pkpo((outcomes < 2).astype(float), k, baseline=baseline)
            after = softmax(np.log(policy) + 0.5 * weights @ (np.eye(3)[outcomes] - policy))
            assert (row["m1"], row["m2"], row["wrong"]) == pytest.approx(after, rel=1e-12), (update, k)


def test_at_k_1_the_mean_is_that_of_pass_at_1_and_the_noise_is_not():
    words = {"k": 1, "samples": 4, "learning_rate": 0.5}
    plain, less = (pk.theory.batches([0.2, 0.1], update=update, **words) for update in ("pass_at_k", "pass_at_1"))
    means = [
        pk.theory.simulate([0.2, 0.1], update=update, steps=1, expected=True, **words)["m1"][1]
        for update in ("pass_at_k", "pass_at_1")
    ]
    assert means[0] == pytest.approx(means[1], rel=1e-14)
    everybody = pl.col("n_wrong") == 0, pl.col("n1") == 4
    assert plain.filter(*everybody)["m1"].item() > 0.21
    assert less.filter(*everybody)["m1"].item() == pytest.approx(0.2, rel=1e-12)
