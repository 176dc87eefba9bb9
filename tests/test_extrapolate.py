"""pass@k beyond n: worked examples, slow twins, degenerate logs, and what each argument does."""

import warnings
from math import comb

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal
from scipy import optimize, special

import passcurve as pk
from tallies import C30, row, tally

BETA, INFLATED = "beta-binomial", "zero-inflated beta-binomial"
SCHEMA = {
    "metric": pl.String,
    "k": pl.Int64,
    "estimate": pl.Float64,
    "lower": pl.Float64,
    "upper": pl.Float64,
    "method": pl.String,
    "reason": pl.String,
    "bound_lower": pl.Float64,
    "bound_upper": pl.Float64,
    "cheap_lower": pl.Float64,
    "cheap_upper": pl.Float64,
    "n_problems": pl.Int64,
    "n_min": pl.Int64,
    "n_max": pl.Int64,
}


@pytest.fixture
def ex30():
    return tally(8, C30)


def far(t, k, **words):
    """An extrapolation beyond 2n, with its warning."""
    with pytest.warns(UserWarning, match="beyond twice the smallest n"):
        return t.extrapolate(k, **words)


def uneven(seed, problems=120, zeros=0.0, a=0.4, b=1.2):
    rng = np.random.default_rng(seed)
    n = rng.integers(4, 40, problems)
    c = rng.binomial(n, rng.beta(a, b, problems) * (rng.random(problems) >= zeros))
    return n, c


def q_of(a, b, start, end):
    """B(a, b+end) / B(a, b+start)"""
    return np.exp(special.betaln(a, b + end) - special.betaln(a, b + start))


def pass_at(n, c, k):
    return 1 - comb(n - c, k) / comb(n, k)


def twin(n, c, k, law):
    """The estimate of problems under a law, one at a time."""
    (share, a, b), total = law, 0.0
    for ni, ci in zip(n.tolist(), c.tolist(), strict=True):
        if ni >= k:
            total += pass_at(ni, ci, k)
        elif ci > 0:
            total += 1
        else:
            z_n, z_k = ((1 - share) * q_of(a, b, 0, end) for end in (ni, k))
            total += (z_n - z_k) / (z_n + share)
    return total / len(n)


def fit(n, c, inflated, starts=3):
    """Share, a and b by SciPy, from several starts."""

    def loss(x):
        a, b = np.exp(x[:2])
        share = special.expit(x[2]) if inflated else 0.0
        term = special.betaln(a + c, b + n - c) - special.betaln(a, b)
        likelihood = np.log1p(-share) + term
        return -np.where(c == 0, np.logaddexp(likelihood, np.log(share + 1e-300)), likelihood).sum()

    bounds = [(-9, 9)] * 2 + [(-12, 12)] * inflated
    best = None
    for start in ([-1, 0, -1], [0.5, 1.5, 0], [-2, -1, -4])[:starts]:
        found = optimize.minimize(loss, start[: 2 + inflated], method="L-BFGS-B", bounds=bounds)
        found = optimize.minimize(
            loss, found.x, method="Nelder-Mead", bounds=bounds, options={"xatol": 1e-8, "fatol": 1e-10}
        )
        if best is None or found.fun < best.fun:
            best = found
    a, b = np.exp(best.x[:2])
    return (special.expit(best.x[2]) if inflated else 0.0), a, b


def chao2(counts, n, k, known=0.0, problems=None):
    """From how many problems have c = 0, 1, ..., and what others are known to count."""
    problems, solved, once, twice = problems or sum(counts), sum(counts[1:]), counts[1], counts[2]
    unseen = (n - 1) / n * (once**2 / (2 * twice) if twice >= 1 else once * max(0, once - 1 + twice) / 2)
    unseen = min(unseen, counts[0])
    found = unseen * (1 - (1 - once / (once + n * unseen)) ** (k - n)) if unseen else 0
    return (known + solved + found) / problems


def rarefied(n, c, m):
    """How many problems have 0, 1, 2 and more passes in m of their samples, on average."""
    rows = list(zip(n, c, strict=True))
    counts = [sum(comb(ci, j) * comb(ni - ci, m - j) / comb(ni, m) for ni, ci in rows) for j in range(3)]
    return [*counts, len(rows) - sum(counts)]


def test_columns(ex30):
    table = ex30.extrapolate([16, 4])
    assert dict(table.schema) == SCHEMA
    assert list(table.columns) == list(SCHEMA)
    assert table["method"].to_list() == ["chao2", "unbiased"]
    table = far(ex30, [100, 4, 16])
    assert table.select("k", "method").rows() == [(100, BETA), (100, INFLATED), (4, "unbiased"), (16, "chao2")]
    assert set(table["metric"]) == {"pass@k"}
    assert table.select("n_problems", "n_min", "n_max").unique().rows() == [(30, 8, 8)]


def test_numbers_of_the_worked_example(ex30):
    one = row(ex30.extrapolate(16))
    assert one["estimate"] == pytest.approx(0.6872550195, abs=5e-11)
    assert (one["cheap_lower"], one["cheap_upper"]) == pytest.approx((0.6, 1 - 0.4**2))
    # The greatest likelihood is at (.24493, .51008); 12 problems are unsolved.
    beta = row(ex30.extrapolate(16, method=BETA))
    assert beta["estimate"] == pytest.approx((18 + 12 * (1 - q_of(0.24493, 0.51008, 8, 16))) / 30, abs=1e-5)
    assert row(ex30.extrapolate(16, method=INFLATED))["estimate"] == pytest.approx(beta["estimate"], abs=1e-9)


def test_up_to_n_it_is_the_unbiased_estimate(ex30):
    table = ex30.extrapolate([1, 2, 8], confidence_level=0.9)
    expected = ex30.pass_at_k([1, 2, 8], confidence_level=0.9)
    names = ["metric", "k", "estimate", "lower", "upper", "n_problems", "n_min", "n_max"]
    assert_frame_equal(table.select(names), expected.select(names))
    assert table["method"].to_list() == ["unbiased"] * 3
    assert table.select("bound_lower", "bound_upper", "cheap_lower", "cheap_upper").null_count().row(0) == (3,) * 4


@pytest.mark.parametrize("method", ["chao2", BETA, INFLATED])
def test_the_curve_goes_on_where_pass_at_n_ends(method):
    c = [0] * 400 + [1] * 60 + [2] * 40 + [5] * 50 + [30] * 40 + [64] * 10
    table = tally(64, c).extrapolate([64, 65, 66, 80, 100, 128], method=method, n_resamples=40)
    steps = np.diff(table["estimate"])
    assert (steps > 0).all()
    # One more draw adds at most about what the last one did, Q1 / (n P), and the next one less.
    assert 0.4 < steps[0] / (60 / 64 / 600) < 1.05
    assert (np.diff(steps[:2]) < 0).all()


@pytest.mark.parametrize("seed", range(6))
def test_laws_are_those_of_scipy(seed):
    zeros = 0.4 * (seed % 2)
    n, c = uneven(seed, zeros=zeros)
    table = far(tally(n.tolist(), c.tolist()), [16, 100, 10_000], n_resamples=40)
    for method, inflated in ((BETA, False), (INFLATED, True)):
        law = fit(n, c, inflated)
        for k, estimate in table.filter(pl.col("method") == method).select("k", "estimate").rows():
            assert estimate == pytest.approx(twin(n, c, k, law), abs=2e-5), (method, k, law)


def test_uneven_n_is_rarefied_for_chao2():
    for seed in range(3):
        n, c = (x.tolist() for x in uneven(seed))
        smallest = min(n)
        ks = [smallest + 1, smallest + 3, 2 * smallest]
        table = tally(n, c).extrapolate(ks, method="chao2", n_resamples=40)
        for k, estimate in zip(ks, table["estimate"], strict=True):
            short = [pair for pair in zip(n, c, strict=True) if pair[0] < k]
            known = sum(pass_at(ni, ci, k) for ni, ci in zip(n, c, strict=True) if ni >= k)
            expected = chao2(rarefied(*zip(*short, strict=True), smallest), smallest, k, known, len(n))
            assert estimate == pytest.approx(expected, rel=1e-12)


def test_one_short_problem_costs_little():
    """199 problems have n >= k and are known; Chao2 is of the other one alone."""
    rng = np.random.default_rng(3)
    c = rng.binomial(64, rng.beta(0.3, 1.5, 199)).tolist()
    known = sum(pass_at(64, ci, 8) for ci in c)
    for last, counts in ((0, 0), (1, 1), (4, 1)):
        one = row(tally([64] * 199 + [4], [*c, last]).extrapolate(8))
        assert one["method"] == "chao2"
        assert one["estimate"] == pytest.approx((known + counts) / 200, rel=1e-12)
    whole = row(tally(64, c).pass_at_k(8))
    assert one["upper"] - one["lower"] == pytest.approx(whole["upper"] - whole["lower"], rel=0.1)


def test_no_more_problems_are_found_than_are_unsolved():
    t = tally(8, [1] * 12 + [0] * 3)
    one = row(t.extrapolate(16))
    assert one["estimate"] == pytest.approx((12 + 3 * (1 - (1 - 12 / (12 + 24)) ** 8)) / 15, rel=1e-12)
    # More than any law of p allows with this curve, which is said.
    assert one["estimate"] > one["bound_upper"]
    assert one["reason"] == "outside the bounds"
    assert row(t.pass_at_k(16, on_k_gt_n="extrapolate"))["reason"] == "outside the bounds"


def test_a_curve_that_no_rates_give_is_named():
    one = row(tally(16, [1] * 29 + [0]).extrapolate(32))
    assert one["reason"] == "bounds widened: no success rates give such a curve up to n"
    assert one["bound_lower"] == pytest.approx(one["bound_upper"], abs=1e-4)


def test_intervals_are_percentiles_over_resampled_problems(ex30):
    counts = np.bincount(C30, minlength=9)
    rng = np.random.default_rng(0)
    drawn = [chao2(sample.tolist(), 8, 16) for sample in rng.multinomial(30, counts / 30, 10_000)]
    one = row(ex30.extrapolate(16, n_resamples=10_000))
    assert (one["lower"], one["upper"]) == pytest.approx(np.quantile(drawn, [0.025, 0.975]), abs=0.01)
    narrow = row(ex30.extrapolate(16, n_resamples=10_000, confidence_level=0.5))
    assert (narrow["lower"], narrow["upper"]) == pytest.approx(np.quantile(drawn, [0.25, 0.75]), abs=0.01)
    # The models: 60 resamples, each fitted by SciPy.
    n = np.full(30, 8)
    c = np.array(C30)
    drawn = []
    for _ in range(60):
        again = rng.choice(c, 30)
        drawn.append(twin(n, again, 16, fit(n, again, False, starts=1)))
    beta = row(ex30.extrapolate(16, method=BETA))
    # A quartile's standard error over 60 draws is about 0.176 of their standard deviation.
    assert beta["upper"] - beta["lower"] == pytest.approx(3.92 * np.std(drawn), rel=0.35)


def test_intervals_of_few_problems_are_no_narrower_than_the_beta_interval():
    few = tally(16, [0, 0, 0, 1, 2, 3, 9, 16, 16, 16])
    known = row(few.pass_at_k(16))
    assert known["method"] == "beta"
    for method in ("chao2", BETA):
        one = row(few.extrapolate(32, method=method))
        assert one["lower"] == known["lower"]
        assert one["upper"] >= known["upper"]
    # Of a long problem pass@k is known, and the others count 1 where they were solved.
    uneven_n = row(tally([16] * 9 + [40], [0, 0, 0, 1, 2, 3, 9, 16, 16, 40]).extrapolate(32))
    assert uneven_n["lower"] == pytest.approx(known["lower"], rel=1e-12)


def linprog_bounds(js, low, high, k):
    grid = np.r_[0, np.logspace(-6, 0, 1500), 1 - np.logspace(-4, -0.3, 300)]
    curve = np.array([1 - (1 - grid) ** j for j in js])
    sides = {"A_ub": np.r_[curve, -curve], "b_ub": np.r_[high, -low], "A_eq": np.ones((1, len(grid))), "b_eq": [1]}
    target = 1 - (1 - grid) ** k
    found = [optimize.linprog(sign * target, **sides, bounds=(0, None)) for sign in (1, -1)]
    assert all(result.success for result in found)
    return found[0].fun, -found[1].fun


@pytest.mark.parametrize("seed", range(3))
def test_bounds_are_those_of_linprog(seed):
    rng = np.random.default_rng(seed)
    n, problems = 16, 400
    c = rng.binomial(n, rng.beta(0.3, 0.9, problems))
    js = [1, 2, 4, 8, 16]
    counts = np.bincount(c, minlength=n + 1)
    values = np.array([[pass_at(n, ci, j) for j in js] for ci in range(n + 1)])
    mean = counts @ values / problems
    se = np.sqrt((counts @ values**2 / problems - mean**2) / (problems - 1))
    drawn = rng.multinomial(problems, counts / problems, 20_000) @ values / problems
    critical = np.quantile(np.abs((drawn - mean) / se).max(axis=1), 0.95)
    t = tally(n, c.tolist())
    table = far(t, [24, 64, 1000], n_resamples=20_000, method=BETA)
    for k, low, high in table.select("k", "bound_lower", "bound_upper").rows():
        expected = linprog_bounds(js, mean - critical * se, mean + critical * se, k)
        assert (low, high) == pytest.approx(expected, abs=0.003)


def test_bounds_hold_for_every_law_and_widen_with_k():
    for draw in (lambda rng: rng.beta(0.3, 0.7, 500), lambda rng: rng.choice([0, 0.004, 0.5], 500)):
        rng = np.random.default_rng(5)
        p = draw(rng)
        ks = [40, 64, 200, 10_000]
        table = far(tally(32, rng.binomial(32, p).tolist()), ks, method=BETA, n_resamples=200)
        truth = [(1 - (1 - p) ** k).mean() for k in ks]
        assert (table["bound_lower"] < truth).all()
        assert (table["bound_upper"] > truth).all()
        assert (np.diff(table["bound_upper"] - table["bound_lower"]) >= -1e-6).all()
        # pass@n, that no assumption is needed for, is within its own bounds.
        assert (table["bound_lower"] < table["cheap_lower"]).all()


def test_each_model_fails_somewhere():
    """Large benchmarks, so what is left is bias."""
    rng = np.random.default_rng(8)
    with_zeros = rng.beta(1, 3, 4000) * (rng.random(4000) > 0.3)
    two_kinds = np.where(rng.random(4000) < 0.5, 0.5, 0.004)
    errors = {}
    for name, p in (("zeros", with_zeros), ("two", two_kinds)):
        t = tally(64, rng.binomial(64, p).tolist())
        for k, method, estimate in far(t, [128, 640], n_resamples=40).select("k", "method", "estimate").rows():
            errors[name, k, method] = estimate - (1 - (1 - p) ** k).mean()
    assert errors["zeros", 640, BETA] > 0.1
    assert abs(errors["zeros", 640, INFLATED]) < 0.02
    assert errors["two", 640, BETA] < -0.1
    assert errors["two", 640, INFLATED] < -0.2
    assert abs(errors["zeros", 128, "chao2"]) < 0.03
    assert abs(errors["two", 128, "chao2"]) < 0.03


def test_threads_order_and_other_groups_change_nothing():
    n, c = uneven(1)
    frame = pl.DataFrame({"model": "b", "problem": range(len(n)), "n": n, "c": c})
    other = frame.with_columns(model=pl.lit("a"), c=pl.col("c") // 2)
    both = pk.Tally.from_counts(pl.concat([other, frame]), by="model")
    ks = [3, 8, 32, 500]
    one = far(both, ks, threads=1, n_resamples=100)
    for threads in (2, 3):
        assert_frame_equal(far(both, ks, threads=threads, n_resamples=100), one, check_exact=True)
    alone = pk.Tally.from_counts(frame.sample(fraction=1, shuffle=True, seed=0), by="model")
    expected = one.filter(pl.col("model") == "b")
    assert_frame_equal(far(alone, ks, n_resamples=100), expected, check_exact=True)
    renumbered = frame.with_columns(problem=-pl.col("problem"))
    again = far(pk.Tally.from_counts(renumbered, by="model"), ks, n_resamples=100)
    assert_frame_equal(again, expected, check_exact=True)


def test_seeds(ex30):
    first = ex30.extrapolate(16)
    assert_frame_equal(first, ex30.extrapolate(16, rng=0))
    assert first["upper"][0] != ex30.extrapolate(16, rng=1, n_resamples=999)["upper"][0]
    seed = int(np.random.default_rng(7).integers(0, 2**64, dtype=np.uint64))
    assert_frame_equal(ex30.extrapolate([4, 16], rng=np.random.default_rng(7)), ex30.extrapolate([4, 16], rng=seed))


@pytest.mark.parametrize(
    ("n", "c", "method"),
    [
        (8, [0] * 30, "none: nothing solved"),
        ([8, 16] * 15, [0] * 30, "none: nothing solved"),
        (1, [0, 1] * 15, "none: n = 1"),
        (8, [0], "none: one problem"),
    ],
)
def test_where_there_is_no_estimate(n, c, method):
    t = tally(n, c)
    table = pl.concat([t.extrapolate(int(t.frame["n"].min()) * 2), far(t, [1000, 2**53])])
    assert table["method"].to_list() == [method] * 3
    assert table.select("estimate", "lower", "upper").null_count().row(0) == (3, 3, 3)
    if len(c) > 1:
        # The data still say what it cannot be.
        assert (table["bound_lower"] <= table["cheap_lower"]).all()
        assert table["bound_upper"][0] < 1
        assert table["bound_upper"].is_sorted()
        if sum(c) == 0:
            assert (table["bound_lower"] == 0).all()


@pytest.mark.parametrize("c", [[8] * 30, [1, 2, 8] * 10])
def test_all_solved_is_one(c):
    t = tally(8, c)
    table = far(t, [16, 1000])
    assert table.select("estimate", "method", "upper").rows() == [(1.0, "all solved", 1.0)] * 2
    # That all of 30 were solved is no proof that all are.
    assert table["lower"].to_list() == pytest.approx([0.902358] * 2, abs=1e-6)
    alone = row(tally(8, [3]).extrapolate(16))
    assert (alone["estimate"], alone["lower"], alone["method"]) == (1, None, "none: one problem")
    assert (alone["bound_lower"], alone["cheap_lower"]) == (None, 1)


@pytest.mark.parametrize("c", [[0] * 29 + [1], [0, 8] * 15, [0, 1, 1], [7, 0], [0] * 3000 + [1]])
def test_awkward_logs(c):
    table = far(tally(8, c), [9, 16, 17, 10**6, 2**53], n_resamples=100)
    assert table.height == 2 + 3 * 2
    share = sum(x > 0 for x in c) / len(c)
    for name in ("estimate", "lower", "upper", "bound_lower", "bound_upper", "cheap_upper"):
        assert table[name].is_between(0, 1).all(), name
    assert (table["estimate"] >= share - 1e-12).all()
    assert (table["lower"] <= table["upper"]).all()


def test_huge_n():
    n = [10**9, 10**8, 5 * 10**8, 10**9, 10**8] * 4
    c = [0, 3, 10**8, 10, 0] * 4
    table = far(tally(n, c), [2 * 10**8, 10**9, 10**12], n_resamples=40)
    assert table["estimate"].null_count() == 0
    assert table["estimate"].is_between(0.5, 1).all()


def test_what_is_beyond_twice_the_smallest_n(ex30):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        ex30.extrapolate([1, 8, 9, 16])
        ex30.extrapolate(16, method=BETA)
    with pytest.warns(UserWarning, match="beyond twice") as caught:
        ex30.extrapolate([17, 100])
    assert len(caught) == 1
    assert str(caught[0].message) == (
        "k = 17, 100 is beyond twice the smallest n (n=8): no number of problems would make pass@k known there. Read "
        "the models side by side, and with bound_lower and bound_upper of Tally.extrapolate"
    )
    assert caught[0].filename == __file__
    ids = {"model": ["a"] * 3 + ["b"] * 2, "problem": [1, 2, 3, 1, 2]}
    one_short = {**ids, "n": [64, 8, 64, 64, 64], "c": [1, 0, 1, 1, 1]}
    with pytest.warns(UserWarning, match="beyond twice") as caught:
        table = pk.Tally.from_counts(pl.DataFrame(one_short), by="model").extrapolate(64)
    assert table["method"].to_list() == [BETA, INFLATED, "unbiased"]
    assert str(caught[0].message) == (
        "k = 64 is beyond twice the smallest n (model='a', n=8). That goes for 1 of 3 problems, and no number of "
        "problems would make pass@k known there; the bounds are those of the smallest n for all. pass_at_k with "
        'on_k_gt_n="skip", or Tally.from_counts of the filtered frame, leaves such problems out'
    )
    counts = {"model": ["a", "b"], "problem": [1, 1], "n": [64, 4], "c": [1, 1]}
    with pytest.raises(ValueError, match="chao2") as error:
        pk.Tally.from_counts(pl.DataFrame(counts), by="model").extrapolate([4, 100], method="chao2")
    assert str(error.value) == (
        "k = 100 is beyond twice the smallest n (model='b', n=4), where method=\"chao2\" ends; lower k, draw more "
        'samples, or say method="auto", which has two models there'
    )


def test_bad_input(ex30):
    for words, message in (
        ({"method": "power law"}, "method='power law' is not one of auto, chao2, beta-binomial"),
        ({"confidence_level": 1}, "confidence_level="),
        ({"n_resamples": 0}, "n_resamples="),
        ({"n_resamples": 39}, "at least 40 resamples"),
        ({"n_resamples": 2**70}, r"n_resamples= is at most 2\^53, not"),
        ({"threads": 2**70}, r"threads= is at most 2\^53, not"),
        ({"rng": -1}, "rng="),
        ({"threads": 0}, "threads="),
        ({"k": 0}, "k must be between 1 and"),
        ({"k": []}, "empty"),
    ):
        with pytest.raises(ValueError, match=message):
            ex30.extrapolate(**{"k": 16, **words})
    counts = pl.DataFrame({"bound_lower": ["a"], "problem": [1], "n": [8], "c": [1]})
    with pytest.raises(ValueError, match="'bound_lower' of its own"):
        pk.Tally.from_counts(counts, by="bound_lower").extrapolate(16)


def test_an_empty_tally():
    empty = tally(8, [])
    assert dict(empty.extrapolate([4, 16]).schema) == SCHEMA
    assert empty.extrapolate([4, 16]).height == 0


def test_groups_of_different_n():
    counts = {
        "model": ["a"] * 3 + ["b"] * 3,
        "problem": [1, 2, 3] * 2,
        "n": [64] * 3 + [4] * 3,
        "c": [1, 0, 9] * 1 + [1, 0, 2],
    }
    t = pk.Tally.from_counts(pl.DataFrame(counts), by="model")
    table = far(t, [8, 64])
    assert table.select("model", "k", "method").rows() == [
        ("a", 8, "unbiased"), ("a", 64, "unbiased"),
        ("b", 8, "chao2"), ("b", 64, BETA), ("b", 64, INFLATED),
    ]  # fmt: skip


def test_pass_at_k_extrapolates(ex30):
    with pytest.warns(UserWarning, match="beyond twice"):
        table = ex30.pass_at_k([4, 16, 100], on_k_gt_n="extrapolate", rng=3)
    plain = ex30.pass_at_k(4, rng=3)
    assert_frame_equal(table[:1], plain)
    beyond = far(ex30, [16, 100], rng=3)
    names = ["metric", "k", "estimate", "lower", "upper", "n_problems", "n_min", "n_max"]
    assert_frame_equal(table[1:].select(names), beyond.select(names))
    assert table["method"].to_list()[1:] == [f"extrapolated: {name}" for name in ("chao2", BETA, INFLATED)]
    assert table["se"].to_list()[1:] == [None] * 3
    assert set(table["over"]) == {"problems"}
    assert_frame_equal(ex30.pass_at_k(on_k_gt_n="extrapolate"), ex30.pass_at_k())
    few, many = (ex30.pass_at_k(16, on_k_gt_n="extrapolate", n_resamples=given) for given in (50, 20_000))
    assert few["upper"][0] == ex30.extrapolate(16, n_resamples=50)["upper"][0] != many["upper"][0]
    assert_frame_equal(ex30.pass_at_k(8, method="bootstrap"), ex30.pass_at_k(8, method="bootstrap", n_resamples=10_000))
    none = tally(8, [0] * 30).pass_at_k(16, on_k_gt_n="extrapolate")
    assert row(none)["method"] == "none: nothing solved"


def test_what_cannot_be_extrapolated(ex30):
    for words in ({"over": "samples"}, {"cluster": "problem"}):
        with pytest.raises(ValueError, match='on_k_gt_n="extrapolate" goes with over="problems" and without cluster='):
            ex30.pass_at_k(16, on_k_gt_n="extrapolate", **words)
    for metric in ("pass_hat_k", "alpha_k", "per_problem"):
        with pytest.raises(ValueError, match="on_k_gt_n='extrapolate' is not one of error, drop, skip"):
            getattr(ex30, metric)(16, on_k_gt_n="extrapolate")
