"""max@k, min@k, best-of-k and maj@k against golden vectors, exact rationals, enumerations and real logs."""

import json
import threading
import time
from collections import Counter
from fractions import Fraction
from itertools import product

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import exact_samples as exact
import passcurve as pk
from passcurve import _core

TIES = ("fair", "wrong", "right")
EPS = 2.0**-52


def close(value, truth, ulps):
    return abs(Fraction(value) - truth) <= ulps * EPS * max(abs(truth), Fraction(1, 10**290))


def expand(counts, correct, abstain):
    """Counts of answers as samples."""
    answers = [b for b, count in enumerate(counts) for _ in range(count)] + [None] * abstain
    return answers, [answer in correct for answer in answers]


def test_golden_vectors(shared):
    rows = json.loads((shared / "golden" / "golden.json").read_text())["rows"]
    seen = Counter()
    for row in rows:
        fn, args = row["fn"], row["args"]
        if fn in {"max_at_k", "min_at_k"}:
            result, ulps = getattr(pk, fn)(args["rewards"], args["k"]), 1
        elif fn == "best_of_k_by_score":
            result, ulps = pk.best_of_k(args["scores"], args["correct"], args["k"]), 1
        elif fn == "maj_at_k":
            ties = {"strict": "wrong"}.get(args["ties"], args["ties"])
            if sum(args["counts"]) > 10**6:  # such problems are tested where counts go in
                continue
            samples = expand(args["counts"], args["correct"], args["abstain"])
            result, ulps = pk.maj_at_k(*samples, args["k"], ties=ties), 6
        else:
            continue
        seen[fn] += 1
        assert close(result, Fraction(row["value"]), ulps), row
    assert seen == {"max_at_k": 19, "min_at_k": 19, "best_of_k_by_score": 5, "maj_at_k": 32}


REWARDS = st.one_of(st.floats(0, 1), st.integers(0, 4).map(float), st.floats(0, 1e300), st.floats(0, 1e-290))


@settings(max_examples=150, deadline=None)
@given(st.lists(REWARDS, min_size=1, max_size=40), st.data())
def test_extremes_are_exact_means(rewards, data):
    k = data.draw(st.integers(1, len(rewards)))
    for sign in (1, -1):
        signed = [sign * reward for reward in rewards]
        for name in ("max_at_k", "min_at_k"):
            truth = getattr(exact, name)(signed, k)
            # What is 2^-1000 of the largest may be lost beside it.
            allowed = Fraction(EPS) * abs(truth) + Fraction(max(rewards)) / 2**1000 + Fraction(2) ** -1074
            assert abs(Fraction(getattr(pk, name)(signed, k)) - truth) <= allowed
    mixed = [reward if i % 2 else -reward for i, reward in enumerate(rewards)]
    largest = max(map(abs, mixed))
    assert (
        abs(Fraction(pk.max_at_k(mixed, k)) - exact.max_at_k(mixed, k))
        <= Fraction(EPS) * Fraction(largest) + Fraction(2) ** -1074
    )


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 5), st.floats(0, 1)), min_size=1, max_size=40), st.data())
def test_best_of_k_is_an_exact_mean(samples, data):
    scores, values = zip(*samples, strict=True)
    k = data.draw(st.integers(1, len(samples)))
    truth = exact.best_of_k(scores, values, k)
    assert abs(Fraction(pk.best_of_k(scores, values, k)) - truth) <= 1.5 * EPS * truth + Fraction(2) ** -1070
    order = data.draw(st.permutations(range(len(samples))))
    shuffled = [[part[i] for i in order] for part in (scores, values)]
    assert pk.best_of_k(*shuffled, k) == pk.best_of_k(scores, values, k)


CLASSES = st.lists(st.tuples(st.integers(1, 9), st.booleans()), max_size=6)


@settings(max_examples=100, deadline=None)
@given(CLASSES, st.integers(0, 6), st.sampled_from(TIES), st.booleans(), st.data())
def test_majorities_are_exact_means(classes, abstain, ties, with_replacement, data):
    n = sum(count for count, _ in classes) + abstain
    if n == 0:
        return
    k = data.draw(st.integers(1, 12 if with_replacement else n))
    answers = [b for b, (count, _) in enumerate(classes) for _ in range(count)] + [None] * abstain
    correct = [right for count, right in classes for _ in range(count)] + [False] * abstain
    truth = exact.maj_at_k(classes, abstain, k, ties, with_replacement=with_replacement)
    value = pk.maj_at_k(answers, correct, k, ties=ties, with_replacement=with_replacement)
    assert 0 <= value <= 1
    assert close(value, truth, 12), (value, float(truth))


def test_every_subset_of_small_problems():
    """All ways to give up to 3 answers and none to 6 samples, and all verdicts of the answers."""
    for n in range(1, 7):
        counts = [c for c in product(range(n + 1), repeat=4) if sum(c) == n and c[0] >= c[1] >= c[2]]
        for *classes, abstain in counts:
            for right in product((False, True), repeat=3):
                answers, correct = expand(classes, {b for b in range(3) if right[b]}, abstain)
                for k, ties in product(range(1, n + 1), TIES):
                    verdicts = {b for b in range(3) if right[b]}
                    truth = exact.mean(
                        exact.subsets(n, k), lambda s, a=answers, v=verdicts, t=ties: exact.vote(a, v, t, s)
                    )
                    assert close(pk.maj_at_k(answers, correct, k, ties=ties), truth, 6)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.sampled_from(["a", "b", "c", "d", "e", None]), min_size=8, max_size=10),
    st.sets(st.sampled_from("abcde")),
)
def test_every_subset_of_ten(answers, right):
    correct = [answer in right for answer in answers]
    scores = [0 if answer is None else ord(answer) % 3 for answer in answers]
    for k in range(1, len(answers) + 1):
        sets = exact.subsets(len(answers), k)
        for ties in TIES:
            truth = exact.mean(sets, lambda s, t=ties: exact.vote(answers, right, t, s))
            assert close(pk.maj_at_k(answers, correct, k, ties=ties), truth, 6)
            assert close(exact.maj_at_k(*classes_of(answers, right), k, ties), truth, 0)
        assert close(pk.best_of_k(scores, correct, k), exact.mean(sets, lambda s: exact.best(scores, correct, s)), 1.5)
        assert close(pk.max_at_k(scores, k), exact.mean(sets, lambda s: max(scores[i] for i in s)), 1)
        assert close(pk.min_at_k(scores, k), exact.mean(sets, lambda s: min(scores[i] for i in s)), 1)


def classes_of(answers, right):
    counts = Counter(answers)
    return [(counts[a], a in right) for a in counts if a is not None], counts[None]


@settings(max_examples=40, deadline=None)
@given(st.lists(st.sampled_from(["a", "b", "c", None]), min_size=1, max_size=5), st.sets(st.sampled_from("abc")))
def test_every_draw_with_replacement(answers, right):
    correct = [answer in right for answer in answers]
    scores = [0 if answer is None else ord(answer) % 3 for answer in answers]
    for k in range(1, 6):
        sets = exact.draws(len(answers), k)
        for ties in TIES:
            truth = exact.mean(sets, lambda s, t=ties: exact.vote(answers, right, t, s))
            assert close(pk.maj_at_k(answers, correct, k, ties=ties, with_replacement=True), truth, 6)
        truth = exact.mean(sets, lambda s: exact.best(scores, correct, s))
        assert close(pk.best_of_k(scores, correct, k, with_replacement=True), truth, 1.5)
        truth = exact.mean(sets, lambda s: max(scores[i] for i in s))
        assert close(pk.max_at_k(scores, k, with_replacement=True), truth, 1)
        truth = exact.mean(sets, lambda s: min(scores[i] for i in s))
        assert close(pk.min_at_k(scores, k, with_replacement=True), truth, 1)


def test_first_seen_has_the_mean_of_a_fair_tie():
    """verl's rule: of the answers that tie, the one drawn first."""
    answers, right = ["a", "a", "b", "b", "c"], {"a", "c"}

    def first_seen(drawn):
        counts = Counter(answers[i] for i in drawn)
        return max(counts, key=counts.get) in right

    correct = [answer in right for answer in answers]
    for k in range(1, 6):
        truth = exact.mean(exact.draws(5, k), first_seen)
        assert close(pk.maj_at_k(answers, correct, k, with_replacement=True), truth, 6)


@pytest.mark.parametrize("ties", TIES)
def test_unbiased(ties):
    """The mean over all logs of n samples, with their probabilities, is the value of the model itself."""
    p = {"a": Fraction(1, 2), "b": Fraction(1, 3), None: Fraction(1, 6)}
    rewards = {"a": 1.0, "b": 0.25, None: -1.0}
    for n, k in ((4, 2), (5, 3)):
        totals = dict.fromkeys(("maj", "max", "plain maj", "plain max"), Fraction(0))
        for log in product(p, repeat=n):
            weight = np.prod([p[answer] for answer in log])
            samples = (log, [answer == "a" for answer in log])
            for name, plain in (("", False), ("plain ", True)):
                totals[f"{name}maj"] += weight * Fraction(pk.maj_at_k(*samples, k, ties=ties, with_replacement=plain))
                graded = pk.max_at_k([rewards[answer] for answer in log], k, with_replacement=plain)
                totals[f"{name}max"] += weight * Fraction(graded)
        truth = {"maj": Fraction(0), "max": Fraction(0)}
        for drawn in product(p, repeat=k):
            weight = np.prod([p[answer] for answer in drawn])
            truth["maj"] += weight * exact.vote(drawn, {"a"}, ties, range(k))
            truth["max"] += weight * Fraction(max(rewards[answer] for answer in drawn))
        for name, value in truth.items():
            assert close(totals[name], value, 8)
        assert totals["plain max"] < truth["max"] - Fraction(1, 100)


def test_where_they_meet_pass_at_k():
    rng = np.random.default_rng(0)
    for n in (1, 7, 64):
        verdicts = rng.random((20, n)) < 0.3
        for k in {1, (n + 1) // 2, n}:
            assert np.array_equal(pk.max_at_k(verdicts, k), pk.pass_at_k(n, verdicts.sum(1), k))
            assert np.array_equal(pk.min_at_k(verdicts, k), pk.pass_hat_k(n, verdicts.sum(1), k))
            unique = np.arange(n) * 1.0
            assert pk.best_of_k(unique, unique, k) == pk.max_at_k(unique, k)


def test_threads_and_order_do_not_change_bits():
    rng = np.random.default_rng(1)
    rewards, offsets = rng.normal(size=64_000), np.arange(0, 64_001, 64)
    codes = rng.integers(-1, 6, 64_000)
    alone = [
        (
            _core.extreme_of_k(True, rewards, offsets, [1, 8, 64], False, threads),
            _core.maj_at_k(codes, codes < 2, offsets, [5, 16], "fair", "error", False, threads),
        )
        for threads in (1, 2, 5)
    ]
    for other in alone[1:]:
        assert all(np.array_equal(a, b) for a, b in zip(alone[0], other, strict=True))
    order = rng.permuted(np.tile(np.arange(64), (1000, 1)), axis=1) + offsets[:-1, None]
    shuffled = order.ravel()
    assert np.array_equal(_core.extreme_of_k(True, rewards[shuffled], offsets, [1, 8, 64], False, 2), alone[0][0])
    again = _core.maj_at_k(codes[shuffled], codes[shuffled] < 2, offsets, [5, 16], "fair", "error", False, 2)
    assert np.array_equal(again, alone[0][1])


def test_the_interpreter_is_free_meanwhile():
    answers = np.tile(np.arange(64) % 9, (4000, 1))
    ticks = []
    done = threading.Event()

    def tick():
        while not done.is_set():
            ticks.append(time.perf_counter())
            time.sleep(0.001)

    watcher = threading.Thread(target=tick)
    watcher.start()
    start = time.perf_counter()
    pk.maj_at_k(answers, answers == 0, 32)
    end = time.perf_counter()
    done.set()
    watcher.join()
    assert sum(start < tick < end for tick in ticks) > 3


@pytest.mark.parametrize("name", ["qwen25_math_rm_maj", "rlvr_probe_gsm8k"])
def test_real_logs(shared, name):
    """Self-consistency of published logs, with answers that are null as abstentions or as one more answer."""
    log = pl.read_parquet(shared / "data" / name / "verdicts.parquet").sort("model", "problem", "sample")
    expected = json.loads((shared / "data" / name / "expected.json").read_text())["models"]
    keyed = log.group_by("model", "problem", maintain_order=True).agg("answer", "correct")
    seen = 0
    for model, numbers in expected.items():
        rows = keyed.filter(pl.col("model") == model)
        for key, abstains in (("maj@k", False), ("maj@k_none_abstains", True)):
            answers = rows["answer"].to_list()
            if not abstains:
                answers = [["(none)" if answer is None else answer for answer in row] for row in answers]
            for k, value in numbers.get(key, {}).items():
                truth = Fraction(value["frac"])
                result = pk.maj_at_k(answers, rows["correct"].to_list(), int(k))
                assert float(result.mean()) == pytest.approx(float(truth), rel=1e-14)
                seen += 1
    assert seen >= 8


def test_best_of_8_of_a_reward_model(shared):
    """The first of the answers that score highest, as the log's own script takes them, may be any of those that tie."""
    folder = shared / "data" / "qwen25_math_rm_maj"
    log = pl.read_parquet(folder / "verdicts.parquet").sort("problem", "sample")
    numbers = next(iter(json.loads((folder / "expected.json").read_text())["models"].values()))
    rows = log.group_by("problem", maintain_order=True).agg("reward", "correct")
    result = pk.best_of_k(rows["reward"], rows["correct"], 8)
    first = rows.select(pl.col("correct").list.get(pl.col("reward").list.arg_max())).to_series()
    # Where the best are of one verdict it is the script's number; where they tie with both it lies between.
    split = result.is_between(0, 1, closed="none")
    assert (result.filter(~split) == first.filter(~split).cast(pl.Float64)).all()
    published = Fraction(numbers["rm@8 as evaluation/rm_maj_eval.py computes it"]["frac"]) * len(rows)
    assert abs(result.sum() - published) <= split.sum()
    single = pk.best_of_k(rows["reward"], rows["correct"], 1)
    assert single.mean() == pytest.approx(numbers["micro_accuracy"]["float"], rel=1e-14)
