"""Advantages against golden vectors, exact rationals, and the gradients they are estimates of."""

import itertools
import json
import threading
import time
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import exact
import exact_advantages as twin
import passcurve as pk

BASELINES = ("sloo_minus_one", "sloo", "none")
VARIANTS = {"verl": (1, 1e-6, True), "trl": (1, 1e-4, False), "population": (0, 0.0, False)}
G = (0.1, 0.5, 0.2, 1.0, 0.3, 0.0, 0.8, 0.6)


def families(k):
    """Every function of a group, by name, as (rewards, groups, threads) -> array."""
    calls = {b: lambda r, b=b, **kw: pk.advantages.pkpo(r, k, baseline=b, **kw) for b in BASELINES}
    calls |= {v: lambda r, v=v, **kw: pk.advantages.grpo(r, variant=v, **kw) for v in VARIANTS}
    return calls | {"rloo": pk.advantages.rloo, "dr_grpo": pk.advantages.dr_grpo}


def largest_error(values, exactly, cancelled=0.0):
    """In units in the last place, above what may have ``cancelled``; where the exact value is 0 the other must be."""
    errors = [0.0]
    for value, truth in zip(np.asarray(values).tolist(), exactly, strict=True):
        if abs(Fraction(value) - truth) > cancelled:
            errors.append(exact.ulps(value, truth) if truth else float("inf"))
    return max(errors)


def binary(n, c):
    return np.arange(n) < c


def test_golden_vectors(shared):
    seen = dict.fromkeys(("pkpo_s", "pkpo_sloo", "pkpo_sloo_minus_one", "passk_training_advantage"), 0)
    names = {"pkpo_s": "none", "pkpo_sloo": "sloo", "pkpo_sloo_minus_one": "sloo_minus_one"}
    for row in json.loads((shared / "golden" / "golden.json").read_text())["rows"]:
        fn, args = row["fn"], row["args"]
        if fn in names:
            result = pk.advantages.pkpo(args["rewards"], args["k"], baseline=names[fn])
        elif fn == "passk_training_advantage":
            n, c = args["n"], args["c"]
            result = pk.advantages.pass_at_k_training(binary(n, c), args["k"])
            result = [result[0] if c > 0 else 0.0, result[-1] if c < n else 0.0]
        else:
            continue
        seen[fn] += 1
        # The nearest float, or its neighbour where the exact value lies half way between.
        assert largest_error(result, [Fraction(value) for value in row["value"]]) <= 0.5 + 1e-6, row
    assert list(seen.values()) == [14, 14, 10, 9]


@pytest.mark.parametrize(("fn", "passes"), [("pkpo_binary_sloo_minus_one_pos", True), ("pkpo_binary_s_neg", False)])
def test_golden_binary_vectors(shared, fn, passes):
    seen = 0
    for row in json.loads((shared / "golden" / "golden.json").read_text())["rows"]:
        n, c, k = (row["args"].get(name) for name in "nck")
        # A billion rewards are no array to test with.
        if row["fn"] != fn or n > 10**7:
            continue
        seen += 1
        values = pk.advantages.pkpo(binary(n, c), k, baseline="sloo_minus_one" if passes else "none")
        assert values[0 if passes else -1] == float(row["value"]), row
        if passes:
            # Yu's alpha_k from the other samples, over n.
            assert exact.ulps(values[0], Fraction(pk.alpha_k(n - 1, c - 1, k)) / n) <= 1
            assert not values[c:].any()
    assert seen == 6


def test_vectors_of_graded_rewards():
    expected = {
        "none": "21/80 11/40 21/80 3/8 37/140 21/80 9/28 2/7",
        "sloo_minus_one": "0 1/35 1/560 7/40 1/140 0 1/10 13/280",
        "sloo": "-1671/19600 -629/9800 -1671/19600 1023/9800 -403/4900 -1671/19600 69/4900 -113/2450",
    }
    tenths = [round(10 * g) for g in G]
    for baseline, text in expected.items():
        exactly = [10 * Fraction(value) for value in text.split()]
        assert largest_error(pk.advantages.pkpo(tenths, 3, baseline=baseline), exactly) <= 0.5
        assert np.allclose(10 * pk.advantages.pkpo(G, 3, baseline=baseline), [float(x) for x in exactly], rtol=1e-14)


@st.composite
def rewards(draw, largest=24):
    size = draw(st.integers(1, largest))
    graded = st.sampled_from([0.0, 0.25, 0.5, 1.0, -1.0, -0.0])
    free = st.floats(-1e6, 1e6, allow_subnormal=False).map(lambda x: x if abs(x) > 1e-200 else 0.0)
    values = draw(st.lists(draw(st.sampled_from([graded, free, st.integers(0, 1)])), min_size=size, max_size=size))
    offset = draw(st.sampled_from([0.0, 0.0, -3.0, 1e9, 2.0**52]))
    return [value + offset for value in values], draw(st.one_of(st.integers(1, size), st.sampled_from([1, size])))


@settings(max_examples=200, deadline=None)
@given(rewards(), st.sampled_from(BASELINES))
def test_pkpo_is_its_exact_twin(group, baseline):
    values, k = group
    result = pk.advantages.pkpo(values, k, baseline=baseline)
    # Without this baseline, rewards of both signs can cancel: then the error is relative to the largest of them.
    cancelled = 0 if baseline == "sloo_minus_one" else 2.0**-95 * max(map(abs, values))
    assert largest_error(result, twin.pkpo(values, k, baseline), cancelled) <= 0.5 + 1e-9
    for reward, advantage in zip(values, result, strict=True):
        assert (result[np.array(values) == reward] == advantage).all()
    if baseline == "sloo_minus_one" and k > 1:
        assert (result >= 0).all()
        assert (result[np.argsort(values, kind="stable")[: k - 1]] == 0).all()


@settings(max_examples=60, deadline=None)
@given(rewards(largest=9))
def test_sloo_minus_one_is_what_a_sample_adds(group):
    values, k = group
    if k > 1:
        assert twin.pkpo(values, k, "sloo_minus_one") == twin.pkpo_over_subsets(values, k)


@settings(max_examples=200, deadline=None)
@given(rewards())
def test_mean_baselines_are_their_exact_twins(group):
    values, _ = group
    assert largest_error(pk.advantages.rloo(values), twin.rloo(values)) <= 0.5 + 1e-9
    assert largest_error(pk.advantages.dr_grpo(values), twin.dr_grpo(values)) <= 0.5 + 1e-9
    for variant, parameters in VARIANTS.items():
        assert largest_error(pk.advantages.grpo(values, variant=variant), twin.grpo(values, *parameters)) <= 0.5 + 1e-9
    halves = pk.advantages.grpo(values, variant="population", ddof=1, epsilon=0.5)
    assert largest_error(halves, twin.grpo(values, 1, 0.5, False)) <= 0.5 + 1e-9


@settings(max_examples=300, deadline=None)
@given(st.integers(1, 400), st.floats(0, 1), st.floats(0, 1), st.sampled_from([0.0, 1e-6, 0.5]))
def test_pass_at_k_training_is_its_exact_twin(n, passes, share, epsilon):
    c, k = round(passes * n), 1 + int(share * (n - 1))
    result = pk.advantages.pass_at_k_training(binary(n, c), k, epsilon=epsilon)
    passing, failing = twin.pass_at_k_training(n, c, k, epsilon)
    assert largest_error(result[:1], [passing if c else failing]) <= 0.5 + 1e-9
    assert largest_error(result[-1:], [failing if c < n else passing]) <= 0.5 + 1e-9


def test_pass_at_k_training_is_the_mean_over_all_groups():
    for n, c, k in ((6, 1, 2), (6, 3, 2), (7, 2, 4), (5, 4, 1)):
        subsets = list(itertools.combinations(range(n), k))
        scores = np.array([any(i < c for i in subset) for subset in subsets], dtype=float)
        of_group = (scores - scores.mean()) / scores.std()
        expected = [np.mean([a for s, a in zip(subsets, of_group, strict=True) if i in s]) for i in range(n)]
        np.testing.assert_allclose(pk.advantages.pass_at_k_training(binary(n, c), k), expected, rtol=1e-13)


def test_pass_at_1_training_is_grpo():
    for c in range(9):
        rewards = binary(8, c)
        grpo = pk.advantages.grpo(rewards, variant="population")
        np.testing.assert_allclose(pk.advantages.pass_at_k_training(rewards, 1), grpo, rtol=3e-16)


def gradient_of_max(policy, levels, k):
    """The gradient of E[max of k rewards] in the logits of a softmax policy over reward levels."""
    total = np.zeros(len(policy))
    for draws in itertools.product(range(len(policy)), repeat=k):
        score = np.bincount(draws, minlength=len(policy)) - k * policy
        total += np.prod(policy[list(draws)]) * max(levels[i] for i in draws) * score
    return total


@pytest.mark.parametrize("levels", [(0.0, 1.0), (-0.5, 0.25, 1.0), (3.0, 3.0, 7.0)])
@pytest.mark.parametrize("baseline", BASELINES)
def test_pkpo_is_unbiased(levels, baseline):
    policy = np.array([0.2, 0.5, 0.3][: len(levels)])
    policy /= policy.sum()
    n = 4
    samples = np.array(list(itertools.product(range(len(levels)), repeat=n)))
    chances = policy[samples].prod(axis=1)
    # grad log pi(y) of a softmax is the indicator of y less the policy.
    scores = np.eye(len(levels))[samples] - policy
    for k in range(1, n + 1):
        advantages = pk.advantages.pkpo(np.array(levels)[samples], k, baseline=baseline)
        gradient = np.einsum("s,si,sia->a", chances, advantages, scores)
        np.testing.assert_allclose(gradient, gradient_of_max(policy, levels, k), atol=1e-14)


def test_pkpo_of_one_draw_is_leave_one_out():
    for n in (1, 2, 8):
        np.testing.assert_allclose(pk.advantages.pkpo(G[:n], 1) * n, pk.advantages.rloo(G[:n]), rtol=3e-16)


def test_an_offset_changes_nothing_where_it_should_not():
    values = np.array([0.0, 1.0, 0.0, 3.0, 2.0, 2.0])
    for name, call in families(2).items():
        if name not in {"sloo", "none", "verl"}:
            np.testing.assert_array_equal(call(values + 2.0**50), call(values))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.sampled_from("abcdef"), st.sampled_from([0.0, 0.5, 1.0, 2.5])), min_size=1, max_size=40))
def test_ragged_groups_equal_each_group_alone(samples):
    ids, values = [group for group, _ in samples], np.array([value for _, value in samples])
    numbers = np.array([ord(group) - 100 for group in ids])
    for call in families(1).values():
        result = call(values, groups=ids)
        np.testing.assert_array_equal(call(values, groups=numbers), result)
        for group in set(ids):
            members = np.array(ids) == group
            np.testing.assert_array_equal(result[members], call(values[members]))


def test_rows_equal_ragged_groups_in_any_order():
    rng = np.random.default_rng(3)
    values = rng.normal(size=(3, 300, 16)).round(1)
    ids = np.repeat(np.arange(900), 16)
    order = rng.permutation(ids.size)
    for call in families(5).values():
        rows = call(values)
        assert rows.shape == values.shape
        shuffled = call(values.ravel()[order], groups=[f"uid-{i}" for i in ids[order]])
        np.testing.assert_array_equal(shuffled, rows.ravel()[order])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_threads_change_no_bit(dtype):
    values = np.random.default_rng(4).normal(size=(5_000, 24)).astype(dtype)
    ids = np.random.default_rng(5).integers(0, 4_000, values.size)
    for name, call in families(3).items():
        rows = [call(values, threads=threads) for threads in (1, 2, 3, 8)]
        ragged = [call(values.ravel(), groups=ids, threads=threads) for threads in (1, 2, 3, 8)]
        for results in (rows, ragged):
            assert all(result.tobytes() == results[0].tobytes() for result in results), name
        assert rows[0].dtype == dtype


def test_the_interpreter_is_free_while_many_groups_are_computed():
    values = np.random.default_rng(6).normal(size=(30_000, 128)).astype(np.float32)
    ticks, done = [], threading.Event()

    def tick():
        while not done.wait(0.001):
            ticks.append(time.perf_counter())

    ticker = threading.Thread(target=tick)
    ticker.start()
    start = time.perf_counter()
    pk.advantages.pkpo(values, 8, threads=1)
    end = time.perf_counter()
    done.set()
    ticker.join()
    middle = (end - start) / 4
    assert sum(start + middle < at < end - middle for at in ticks) >= 5, f"of {len(ticks)} in {end - start:.3f} s"
