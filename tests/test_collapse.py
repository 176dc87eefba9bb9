"""Resampling problems and resampling their distinct counts are one law: shown atom by atom, in exact fractions."""

import itertools
from collections import Counter
from fractions import Fraction
from math import comb, factorial

import pytest

import exact
from tallies import row, tally

TALLIES = [
    (4, [0, 1, 1, 4]),
    (4, [2, 2, 2, 3, 0]),
    (3, [0, 0, 3, 3, 3]),
    ([2, 4, 4, 6, 2], [1, 2, 2, 3, 0]),
    (5, [1, 4]),
]


def by_problem(values):
    """The law of the sum over P problems drawn with replacement: all P^P draws."""
    law = Counter()
    chance = Fraction(1, len(values) ** len(values))
    for draw in itertools.product(values, repeat=len(values)):
        law[sum(draw)] += chance
    return dict(law)


def by_cell(values):
    """The same from multinomial counts of the distinct values."""
    cells = sorted(Counter(values).items())
    problems = len(values)
    law = Counter()
    for counts in itertools.product(range(problems + 1), repeat=len(cells)):
        if sum(counts) != problems:
            continue
        chance = Fraction(factorial(problems))
        for count, (_, multiplicity) in zip(counts, cells, strict=True):
            chance *= Fraction(multiplicity, problems) ** count / factorial(count)
        law[sum(count * value for count, (value, _) in zip(counts, cells, strict=True))] += chance
    return dict(law)


def quantile(law, level):
    """The least value with at least this much of the law up to it."""
    below = Fraction(0)
    for value in sorted(law):
        below += law[value]
        if below >= level:
            return value
    raise AssertionError


@pytest.mark.parametrize(("n", "c"), TALLIES)
@pytest.mark.parametrize("k", [1, 2])
def test_one_law(n, c, k):
    sizes = [n] * len(c) if isinstance(n, int) else n
    values = [exact.pass_at_k(size, passed, k) for size, passed in zip(sizes, c, strict=True)]
    law = by_problem(values)
    assert sum(law.values()) == 1
    assert by_cell(values) == law
    # The lattice has its percentiles, at levels between its atoms.
    for tail in (Fraction(1, 1000), Fraction(17, 700), Fraction(1, 11), Fraction(2, 9), Fraction(3, 7)):
        ends = row(tally(n, c).pass_at_k(k, method="lattice", confidence_level=float(1 - 2 * tail)))
        assert ends["lower"] == pytest.approx(float(quantile(law, tail) / len(c)), abs=1e-12)
        assert ends["upper"] == pytest.approx(float(quantile(law, 1 - tail) / len(c)), abs=1e-12)


def test_resampled_percentiles_are_those_of_the_law():
    n, c = TALLIES[1]
    law = by_problem([exact.pass_at_k(n, passed, 2) for passed in c])
    levels = [0.51, 0.85, 0.93, 0.977]
    for level in levels:
        drawn = row(tally(n, c).pass_at_k(2, method="bootstrap", confidence_level=level, n_resamples=400_000))
        tail = Fraction(1 - level) / 2
        assert drawn["lower"] == pytest.approx(float(quantile(law, tail) / len(c)), abs=1e-12)
        assert drawn["upper"] == pytest.approx(float(quantile(law, 1 - tail) / len(c)), abs=1e-12)


def test_drawing_samples_again_within_problems_is_centred_on_the_plugin():
    # Why nothing here resamples within problems: E pass@k of c* ~ Bin(n, c/n) is 1 - (1 - c/n)^k, not the estimate.
    for n, passed, k in ((4, 1, 2), (5, 2, 3), (8, 3, 4)):
        p = Fraction(passed, n)
        mean = sum(comb(n, x) * p**x * (1 - p) ** (n - x) * exact.pass_at_k(n, x, k) for x in range(n + 1))
        assert mean == 1 - (1 - p) ** k
        assert mean < exact.pass_at_k(n, passed, k)
