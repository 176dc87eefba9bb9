"""Metrics of the answers and rewards of a tally, against every subset of samples and against published logs."""

import json
from collections import Counter
from fractions import Fraction
from itertools import combinations

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import passcurve as pk

WORDS = {"problem": "problem", "verdict": "correct"}


def subsets(n, k):
    return list(combinations(range(n), k))


def majority(answers, correct, k, ties="fair"):
    """The mean over all sets of k samples, by counting votes."""
    total = Fraction(0)
    for chosen in subsets(len(answers), k):
        votes = Counter(answers[i] for i in chosen if answers[i] is not None)
        top = [b for b, count in votes.items() if votes and count == max(votes.values())]
        right = sum(correct[b] for b in top)
        if top and ties == "fair":
            total += Fraction(right, len(top))
        elif top:
            total += (right == len(top)) if ties == "wrong" else (right > 0)
    return total / len(subsets(len(answers), k))


def best(values, key, k, score):
    """The mean over all sets of k samples of the mean value of those with the best score."""
    total = Fraction(0)
    for chosen in subsets(len(values), k):
        top = key(score[i] for i in chosen)
        tied = [Fraction(values[i]) for i in chosen if score[i] == top]
        total += sum(tied) / len(tied)
    return total / len(subsets(len(values), k))


@settings(max_examples=80, deadline=None)
@given(st.data())
def test_every_metric_is_the_mean_over_all_sets_of_samples(data):
    log, problems = [], data.draw(st.integers(1, 3))
    n = data.draw(st.integers(1, 7))
    for problem in range(problems):
        answers = data.draw(st.lists(st.sampled_from([None, "a", "b", "c"]), min_size=n, max_size=n))
        right = data.draw(st.sampled_from(["a", "b", "z"]))
        rewards = data.draw(st.lists(st.sampled_from([-1.0, 0.25, 0.5, 3.0]), min_size=n, max_size=n))
        log += [(problem, a, a == right, r) for a, r in zip(answers, rewards, strict=True)]
    frame = pl.DataFrame(log, schema=["problem", "answer", "correct", "reward"], orient="row")
    frame = frame.with_columns(pl.col("answer").cast(pl.String), pl.col("correct").fill_null(value=False))
    tally = pk.tally(frame.sample(fraction=1, shuffle=True, seed=1), **WORDS, answer="answer", reward="reward")
    k, ties = data.draw(st.integers(1, n)), data.draw(st.sampled_from(["fair", "wrong", "right"]))
    parts = [part.to_dict(as_series=False) for part in frame.partition_by("problem", maintain_order=True)]

    def mean(value):
        return float(sum(value(part) for part in parts) / problems)

    def voted(part):
        return majority(part["answer"], dict(zip(part["answer"], part["correct"], strict=True)), k, ties)

    assert tally.maj_at_k(k, ties=ties)["estimate"].item() == pytest.approx(mean(voted), abs=1e-14)
    for table, expected in (
        (tally.max_at_k(k, reward_range=(-1, 3)), lambda p: best(p["reward"], max, k, p["reward"])),
        (tally.min_at_k(k, (-1, 3)), lambda p: best(p["reward"], min, k, p["reward"])),
        (tally.best_of_k(k), lambda p: best(p["correct"], max, k, p["reward"])),
    ):
        assert table["estimate"].item() == pytest.approx(mean(expected), abs=1e-13)


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_tables_are_the_means_of_the_bare_functions(data, tmp_path_factory):
    """Groups, uneven n, both kept: the cells of a reward and of an answer are scattered over rows."""
    rng = np.random.default_rng(data.draw(st.integers(0, 999)))
    sizes = data.draw(st.lists(st.integers(3, 40), min_size=1, max_size=12))
    groups = data.draw(st.lists(st.sampled_from("ab"), min_size=len(sizes), max_size=len(sizes)))
    frame = pl.DataFrame(
        {
            "g": np.repeat(groups, sizes),
            "problem": np.repeat(rng.permutation(len(sizes)), sizes),
            "answer": [None if i == 0 else f"{i}" for i in rng.integers(0, 5, sum(sizes))],
            "reward": rng.choice([-0.0, 0.0, 0.125, 0.5, 1.0, rng.random()], sum(sizes)),
        }
    ).with_columns(correct=pl.col("answer").is_in(["2", "3"]).fill_null(value=False))
    words = {"by": "g", **WORDS, "answer": "answer", "reward": "reward"}
    half = frame.height // 2
    tally = pk.tally(frame[:half], **words).merge(pk.tally(frame[half:], **words))
    saved = tmp_path_factory.mktemp("saved") / "t.parquet"
    tally.write_parquet(saved)
    for counts in (tally, pk.Tally.read_parquet(saved), pk.tally(frame, **words)):
        for k in (1, 3):
            parts = frame.group_by("g", "problem").all().sort("g", "problem")
            a, c, r = (parts[name].to_list() for name in ("answer", "correct", "reward"))
            for table, values in (
                (counts.maj_at_k(k), pk.maj_at_k(a, c, k)),
                (counts.max_at_k(k), pk.max_at_k(r, k)),
                (counts.min_at_k(k), pk.min_at_k(r, k)),
                (counts.best_of_k(k), pk.best_of_k(r, c, k)),
            ):
                means = parts.select("g", v=pl.Series(values)).group_by("g", maintain_order=True).mean()
                assert table["g"].to_list() == means["g"].to_list()
                np.testing.assert_allclose(table["estimate"], means["v"], rtol=1e-14, atol=1e-15)


def expected_of(shared, name):
    folder = shared / "data" / name
    return folder / "verdicts.parquet", json.loads((folder / "expected.json").read_text())["models"]


def test_published_answers_and_rewards(shared):
    log, models = expected_of(shared, "qwen25_math_rm_maj")
    (model,) = models.values()
    tally = pk.tally(log, by="model", problem="problem", verdict="correct", answer="answer", reward="reward")
    table = tally.maj_at_k(range(1, 9))
    assert table["metric"].unique().to_list() == ["maj@k"]
    for k, estimate in table.select("k", "estimate").iter_rows():
        assert estimate == pytest.approx(model["maj@k"][str(k)]["float"], abs=1e-14)
    assert tally.best_of_k(8)["estimate"].item() == pytest.approx(47 / 50, abs=1e-14)
    assert tally.best_of_k(1)["estimate"].item() == pytest.approx(0.91, abs=1e-14)


def test_published_answers_of_a_run(shared):
    log, models = expected_of(shared, "rlvr_probe_gsm8k")
    words = {"by": "model", "problem": "problem", "verdict": "correct", "answer": "answer"}
    names = pl.read_parquet(log)["model"].unique().to_list()
    seen = 0
    abstain = pk.tally(log, **words)
    # A null answer as one more answer, wrong like the others.
    named = pk.tally(pl.read_parquet(log).with_columns(pl.col("answer").cast(pl.String).fill_null("<none>")), **words)
    for tally, suffix in ((named, "maj@k"), (abstain, "maj@k_none_abstains")):
        for name in names:
            expected = models[name].get(suffix)
            if expected is None:
                continue
            table = tally.maj_at_k([int(k) for k in expected]).filter(pl.col("model") == name)
            for k, estimate in table.select("k", "estimate").iter_rows():
                assert estimate == pytest.approx(expected[str(k)]["float"], abs=1e-13), (name, suffix, k)
                seen += 1
    assert seen >= 24, list(models[names[0]])


def scored(problems=40, n=16, seed=0):
    rng = np.random.default_rng(seed)
    quality = rng.beta(0.7, 0.7, problems)
    correct = rng.random((problems, n)) < quality[:, None]
    answer = np.where(correct, 0, rng.integers(1, 4, (problems, n)))
    return pl.DataFrame(
        {
            "problem": np.repeat(np.arange(problems), n),
            "correct": correct.ravel(),
            "answer": answer.ravel(),
            "reward": rng.normal(quality[:, None] * 4, 1, (problems, n)).ravel(),
        }
    )


def test_rewards_of_0_and_1_are_verdicts():
    frame = scored().with_columns(reward=pl.col("correct").cast(pl.Float64))
    tally = pk.tally(frame, **WORDS, reward="reward")
    columns = ["k", "estimate", "se", "n_effective", "n_problems"]
    for ours, theirs in ((tally.max_at_k(), tally.pass_at_k()), (tally.min_at_k(), tally.pass_hat_k())):
        assert ours.select(columns).equals(theirs.select(columns))
        for end in ("lower", "upper"):
            np.testing.assert_allclose(ours[end], theirs[end], rtol=1e-12)
    ours, theirs = (f(4, over="samples") for f in (tally.max_at_k, tally.pass_at_k))
    for column in ("estimate", "se", "lower", "upper"):
        np.testing.assert_allclose(ours[column], theirs[column], rtol=1e-12)


def test_intervals_move_with_the_unit_of_the_reward():
    frame = scored()
    plain = pk.tally(frame, **WORDS, reward="reward")
    moved = pk.tally(frame.with_columns(reward=10 * pl.col("reward") - 3), **WORDS, reward="reward")
    for words in ({}, {"method": "t"}, {"method": "beta"}, {"over": "samples"}):
        here, there = (t.max_at_k([1, 4], **words) for t in (plain, moved))
        for column in ("estimate", "lower", "upper"):
            np.testing.assert_allclose(there[column], 10 * here[column] - 3, rtol=1e-11)
        np.testing.assert_allclose(there["se"], 10 * here["se"], rtol=1e-11)


def test_the_range_of_rewards():
    tally = pk.tally(scored(6), **WORDS, reward="reward")
    seen, wide = tally.max_at_k(2, method="beta"), tally.max_at_k(2, method="beta", reward_range=(-10, 20))
    assert seen["estimate"].item() == pytest.approx(wide["estimate"].item(), rel=1e-14)
    assert wide["upper"].item() > seen["upper"].item()
    with pytest.raises(ValueError, match=r"rewards go from .* to .*, beyond reward_range=\(0, 1\)"):
        tally.max_at_k(2, reward_range=(0, 1))
    with pytest.raises(ValueError, match="is two finite numbers"):
        tally.max_at_k(2, reward_range=(1, 0))
    constant = pk.tally(scored(6).with_columns(reward=2.5), **WORDS, reward="reward")
    with pytest.raises(ValueError, match=r"all rewards are 2\.5, which tells no range"):
        constant.max_at_k(2)
    assert constant.max_at_k(2, reward_range=(0, 5))["estimate"].item() == 2.5
    zeros, passes = scored(6).with_columns(reward=0.0, correct=False), ["estimate", "lower", "upper"]
    nothing = pk.tally(zeros, **WORDS, reward="reward")
    np.testing.assert_allclose(nothing.max_at_k(4).select(passes), nothing.pass_at_k(4).select(passes), rtol=1e-12)
    far = scored(6).with_columns(reward=pl.when(pl.col("correct")).then(1e308).otherwise(-1e308))
    with pytest.raises(ValueError, match="too far apart"):
        pk.tally(far, **WORDS, reward="reward").max_at_k(2)


def test_key_columns_may_have_any_name():
    frame = pl.DataFrame({"value": [1, 1], "cells": [1, 1], "answer": ["u", "u"], "a": ["x", "y"], "r": [0.5, 1]})
    tally = pk.tally(
        frame.with_columns(correct=pl.Series([True, False])),
        by=["value", "cells"],
        problem="answer",
        verdict="correct",
        answer="a",
        reward="r",
    )
    assert [tally.maj_at_k(1)["estimate"].item(), tally.max_at_k(2)["estimate"].item()] == [0.5, 1]


def test_tables_have_the_words_of_the_others():
    frame = scored().with_columns(model=pl.Series(["a", "b"] * 320), family=pl.col("problem") % 7)
    tally = pk.tally(
        frame, by="model", problem=["family", "problem"], verdict="correct", answer="answer", reward="reward"
    )
    assert tally.maj_at_k([1, 4]).columns == tally.pass_at_k([1, 4]).columns
    assert tally.maj_at_k([4, 1], cluster="family")["k"].to_list() == [4, 1, 4, 1]
    narrow, wide = (tally.maj_at_k(4, confidence_level=level) for level in (0.5, 0.99))
    assert (narrow["lower"] > wide["lower"]).all()
    for method in ("t", "bca", "percentile", "basic", "beta", "wilson", "gamma", "lattice", "bootstrap", "studentized"):
        assert tally.maj_at_k(4, method=method)["method"].to_list() == [method] * 2
    for threads in (1, 2, 8):
        assert tally.maj_at_k(threads=threads).equals(tally.maj_at_k())
    import inspect

    shown, plain = (list(inspect.signature(f).parameters) for f in (pk.Tally.max_at_k, pk.Tally.pass_hat_k))
    assert [name for name in shown if name != "reward_range"] == plain
    for metric in (pk.Tally.max_at_k, pk.Tally.pass_gap):
        words = inspect.signature(metric).parameters
        assert str(words["method"]) == str(inspect.signature(pk.Tally.pass_hat_k).parameters["method"])
    for module in (pk, pk.advantages, pk.samples, pk.theory):
        assert dir(module) == sorted(module.__all__)


def test_uneven_n():
    frame = pl.concat([scored(5, 8), scored(5, 4, seed=1).with_columns(pl.col("problem") + 5)])
    tally = pk.tally(frame, **WORDS, answer="answer")
    with pytest.raises(ValueError, match="k = 8 is more than a problem's n: problem=5 has n=4"):
        tally.maj_at_k(8)
    assert tally.maj_at_k([2, 8], on_k_gt_n="drop")["k"].to_list() == [2]
    assert tally.maj_at_k([2, 8], on_k_gt_n="skip")["n_skipped"].to_list() == [0, 5]
    assert tally.maj_at_k()["k"].to_list() == [1, 2, 4]


def test_calls_that_are_wrong():
    tally = pk.tally(scored(), **WORDS, answer="answer", reward="reward")
    plain = tally.drop_details()
    for call, match in (
        (lambda: plain.maj_at_k(2), r"keeps no answers; say answer= \(the column\)"),
        (lambda: plain.max_at_k(2), r"keeps no rewards; say reward="),
        (lambda: tally.maj_at_k(2, over="samples"), "no unbiased sampling variance of it is known"),
        (lambda: tally.best_of_k(2, over="samples"), "no unbiased sampling variance of it is known"),
        (lambda: tally.maj_at_k(2, method="bayes"), 'does not go with method="bayes"'),
        (lambda: tally.maj_at_k(2, ties="no"), "ties='no' is not one of fair, wrong, right"),
        (lambda: tally.maj_at_k(0), "k must be between 1 and"),
    ):
        with pytest.raises(ValueError, match=match):
            call()
    with pytest.raises(TypeError, match=r"maj_at_k\(\) got an unexpected keyword argument 'tie'"):
        tally.maj_at_k(2, tie="fair")


def test_answers_with_different_verdicts():
    frame = pl.DataFrame({"problem": [1] * 4, "answer": ["4:30"] * 3 + ["5"], "correct": [1, 1, 0, 0]})
    tally = pk.tally(frame, answer="answer")
    with pytest.raises(pk.DataError, match=r"problem=1: the answer '4:30' passed 2 times of 3; make answers"):
        tally.maj_at_k(4)
    assert tally.maj_at_k(4, mixed="majority")["estimate"].item() == 1
    scattered = pl.concat([frame, frame.with_columns(problem=pl.lit(0, pl.Int64))]).with_columns(
        reward=pl.Series([3.0, 1, 2, 0] * 2)
    )
    several = pk.tally(scattered, answer="answer", reward="reward", verdict="correct")
    with pytest.raises(pk.DataError, match=r"problem=0: the answer '4:30' passed 2 times of 3, and 1 more answers; "):
        several.maj_at_k(4)


def test_problems_where_nobody_answers_count_0():
    frame = pl.DataFrame({"problem": [1, 1, 2, 2], "answer": [None, None, "a", "a"], "correct": [0, 0, 1, 1]})
    assert pk.tally(frame, answer="answer").maj_at_k([1, 2])["estimate"].to_list() == [0.5, 0.5]
    nothing = frame.with_columns(answer=None, correct=False)
    assert pk.tally(nothing, answer="answer").maj_at_k(2)["estimate"].to_list() == [0]
