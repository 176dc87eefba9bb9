"""Answers whose samples have both verdicts, in arrays, ragged rows, columns of lists and tallies alike."""

from collections import Counter
from fractions import Fraction

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import exact_samples as exact
import passcurve as pk

samples = st.lists(st.tuples(st.sampled_from(["a", "b", "c", None]), st.booleans()), min_size=1, max_size=7)
WAY_OUT = (
    "; make answers that the verifier tells apart differ (strip, normalise), or say mixed="
    '"majority" (an answer is correct when more than half of its samples passed)'
)


def passed_by_most(problem):
    votes = Counter(answer for answer, _ in problem)
    passes = Counter(answer for answer, correct in problem if correct)
    return {answer for answer in votes if answer is not None and passes[answer] > Fraction(votes[answer], 2)}


def twin(problem, k, ties, *, with_replacement=False):
    answers, right = [answer for answer, _ in problem], passed_by_most(problem)
    sets = (exact.draws if with_replacement else exact.subsets)(len(problem), k)
    return float(exact.mean(sets, lambda drawn: exact.vote(answers, right, ties, drawn)))


def every_way(problems, k, **words):
    """The values of the problems by each kind of input."""
    answers = [[answer for answer, _ in problem] for problem in problems]
    correct = [[verdict for _, verdict in problem] for problem in problems]
    series = [pl.Series("answers", answers, dtype=pl.List(pl.String)), pl.Series("correct", correct)]
    alone = [pk.maj_at_k(one, verdicts, k, **words) for one, verdicts in zip(answers, correct, strict=True)]
    query = pl.DataFrame(series).select(pk.maj_at_k("answers", pl.col("correct"), k, **words)).to_series()
    return [
        alone,
        pk.maj_at_k(answers, correct, k, **words).tolist(),
        query.to_list(),
        pk.maj_at_k(*series, k, **words),
    ]


@settings(max_examples=60, deadline=None)
@given(st.lists(samples, min_size=1, max_size=4), st.sampled_from(["fair", "wrong", "right"]), st.data())
def test_the_majority_of_an_answers_samples_decides(problems, ties, data):
    k = data.draw(st.integers(1, min(map(len, problems))))
    truth = [twin(problem, k, ties) for problem in problems]
    for values in every_way(problems, k, ties=ties, mixed="majority"):
        assert list(values) == pytest.approx(truth, abs=1e-14)
    rows = [(at, *sample) for at, problem in enumerate(problems) for sample in problem]
    frame = pl.DataFrame(rows, schema={"problem": int, "answer": str, "correct": bool}, orient="row")
    table = pk.tally(frame, answer="answer").maj_at_k(k, ties=ties, mixed="majority")
    assert table["estimate"].item() == pytest.approx(np.mean(truth), abs=1e-14)


@settings(max_examples=30, deadline=None)
@given(samples.filter(lambda problem: len(problem) < 5), st.integers(1, 5))
def test_with_replacement(problem, k):
    for (value,) in every_way([problem], k, mixed="majority", with_replacement=True):
        assert value == pytest.approx(twin(problem, k, "fair", with_replacement=True), abs=1e-14)


def test_half_is_not_more_than_half():
    answers, correct = ["a", "a", "b"], [True, False, False]
    assert pk.maj_at_k(answers, correct, 1, mixed="majority") == 0
    assert pk.maj_at_k([*answers, "a"], [*correct, True], 1, mixed="majority") == 0.75
    grid = np.array([["a", "a", "b"], ["b", "b", "a"]]), np.array([[1, 0, 0], [1, 1, 0]])
    assert pk.maj_at_k(*grid, [1, 3], mixed="majority").tolist() == [[0, 0], [2 / 3, 1]]


def test_where_nothing_is_mixed_the_word_changes_nothing():
    rng = np.random.default_rng(2)
    answers = rng.integers(0, 5, (20, 9))
    assert np.array_equal(
        pk.maj_at_k(answers, answers < 2, [1, 4, 9]), pk.maj_at_k(answers, answers < 2, [1, 4, 9], mixed="majority")
    )


def test_the_error_is_that_of_a_tally():
    answers, correct = [["b"], ["a", "c", "a", "a"]], [[True], [True, False, False, True]]
    rows = [(0, "b", True), *((1, *sample) for sample in zip(answers[1], correct[1], strict=True))]
    frame = pl.DataFrame(rows, schema=["problem", "answer", "correct"], orient="row")
    lists = [pl.Series("answers", answers), pl.Series("correct", correct)]
    for call, start in (
        (lambda: pk.tally(frame, answer="answer").maj_at_k(1), "problem=1: the answer 'a'"),
        (lambda: pk.maj_at_k(answers, correct, 1), "maj_at_k: answers[1][2]: the answer 'a'"),
        (lambda: pk.maj_at_k(*lists, 1), "maj_at_k: row 1: the answer of sample 2"),
    ):
        with pytest.raises(ValueError, match="passed 2 times of 3") as caught:
            call()
        assert str(caught.value) == f"{start} passed 2 times of 3{WAY_OUT}"
    with pytest.raises(pl.exceptions.ComputeError, match="row 1: the answer of sample 2 passed 2 times of 3"):
        pl.DataFrame(lists).select(pk.maj_at_k("answers", "correct", 1))
    for given_ in ((answers, correct), lists, ("answers", "correct")):
        with pytest.raises(ValueError, match="mixed='first' is not one of error, majority"):
            pk.maj_at_k(*given_, 1, mixed="first")
