"""The curves of Figure 1 and the discovery of rare modes against exact numbers."""

import itertools
from decimal import Decimal, localcontext
from fractions import Fraction
from math import comb, nan, ulp

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

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


def test_wrong_kinds():
    with pytest.raises(TypeError, match=r"k takes integers, not 2\.5"):
        pk.theory.discovery(0.1, 2.5)
    with pytest.raises(TypeError, match="eps takes numbers from 0 to 1, not 'a'"):
        pk.theory.discovery("a", 2)
    with pytest.raises(TypeError, match="eps is one number here"):
        pk.theory.draws_for_discovery([0.1, 0.2])
    with pytest.raises(TypeError, match="probability= is a number between 0 and 1, not True"):
        pk.theory.draws_for_discovery(0.1, True)


def test_the_twin_of_the_estimators():
    for k in (1, 2, 5):
        for c in range(9):
            exactly = exact.alpha_k_plugin(8, c, k)
            assert pk.theory.curves(k, p=c / 8)["alpha_k"][0] == pytest.approx(float(exactly), rel=1e-15)
            assert pk.theory.curves(k, p=c / 8)["pass_at_k"][0] == pytest.approx(
                pk.pass_at_k_plugin(8, c, k), rel=1e-15
            )
