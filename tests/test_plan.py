"""Plans: published sizes, the slow twin, and whether what is planned comes true."""

from fractions import Fraction
from math import comb

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal
from scipy.stats import norm
from scipy.stats import t as student

import exact
import passcurve as pk
from passcurve import _core
from passcurve._pilots import CLIPPED, COPIES
from tallies import C30, of, row, tally

ASK = "detectable: say a= and b=, or correlation="
BASE = ["metric", "k", "n", "between", "within", "reliability", "se", "half_width", "detectable"]
PAIR_B = [0] * 10 + [1] * 6 + [2] * 4 + [5] * 4 + [8] * 6


@pytest.fixture
def two():
    a = pl.DataFrame({"model": "a", "problem": range(30), "n": 8, "c": C30})
    b = pl.DataFrame({"model": "b", "problem": range(30), "n": 8, "c": PAIR_B})
    return pk.Tally.from_counts(pl.concat([b, a]), by="model")


def within(rows, n, k):
    """The overlap formula in exact fractions."""
    q = {m: sum(exact.allfail(*pair, m) for pair in rows) / len(rows) for m in range(k, 2 * k + 1)}
    shared = range(1, k + 1)
    return sum(Fraction(comb(k, j) * comb(n - k, k - j), comb(n, k)) * (q[2 * k - j] - q[2 * k]) for j in shared)


def test_columns(two):
    assert two.plan(2).columns == ["model", *BASE, "note"]
    assert two.plan(2, half_width=0.1).columns == ["model", *BASE, "problems", "samples", "cheapest", "note"]
    paired = two.plan([4, 2], a="a", b="b")
    assert paired.columns == [*BASE, "note"]
    assert paired["metric"].unique().to_list() == ["pass@k of a - b"]
    assert two.plan([4, 2]).select("model", "k", "n").rows() == [
        ("a", 4, 4), ("a", 4, 8), ("a", 2, 2), ("a", 2, 4), ("a", 2, 8),
        ("b", 4, 4), ("b", 4, 8), ("b", 2, 2), ("b", 2, 4), ("b", 2, 8),
    ]  # fmt: skip
    assert two.plan(2)["detectable"].null_count() == 6
    assert set(two.plan(2)["note"]) == {ASK}


def sized(variance, target, power=None):
    arrays = {"variance": np.array([variance]), "share": np.ones(1)}
    return int(_core.problems_needed(**arrays, target=target, confidence_level=0.95, power=power)[0])


def test_published_sizes():
    # Normal quantiles give 648.2, and Miller (2024) 969 and 3876; Student's need two or three more.
    assert [sized(0.1286926269531 + 0.0231778155, 0.03)] == [651]
    assert [sized(1 / 9, 0.03, 0.8), sized(1 / 9 + 1 / 3, 0.03, 0.8)] == [971, 3878]


@pytest.mark.parametrize("power", [None, 0.3, 0.5, 0.8])
def test_sizes_against_scipy(power):
    def reach(variance, problems):
        quantile = student.ppf(0.975, problems - 1) + (0 if power is None else student.ppf(power, problems - 1))
        return quantile * (variance / problems) ** 0.5

    for variance in (0.002, 0.03, 0.25):
        for target in (0.02, 0.1, 0.4):
            problems = sized(variance, target, power)
            assert reach(variance, problems) <= target
            assert problems == 2 or reach(variance, problems - 1) > target
            got = _core.reach(
                variance=np.array([variance]),
                share=np.ones(1),
                problems=np.array([problems]),
                confidence_level=0.95,
                power=power,
            )
            assert got[0] == pytest.approx(reach(variance, problems), rel=1e-11)


counts = st.integers(8, 40).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, n)))


@given(st.lists(counts, min_size=2, max_size=12), st.integers(1, 4), st.integers(0, 40))
def test_the_slow_twin(rows, k, more):
    got = row(of(*((i, *pair) for i, pair in enumerate(rows))).plan(k, n=k + more, half_width=0.03))
    values = [exact.pass_at_k(n, c, k) for n, c in rows]
    mean = sum(values) / len(values)
    spread = sum((value - mean) ** 2 for value in values) / (len(values) - 1)
    noise = sum(exact.pass_at_k_variance(n, c, k) for n, c in rows) / len(rows)
    between = max(0, float(spread - noise))
    noise = within(rows, k + more, k)
    assert got["between"] == pytest.approx(between, rel=1e-11, abs=1e-15)
    assert got["within"] == pytest.approx(float(noise), rel=1e-11, abs=1e-15)
    variance = between + float(noise)
    if variance < 1e-14:
        return
    assert got["reliability"] == pytest.approx(between / variance, rel=1e-9, abs=max(1e-12, 1e-15 / variance))
    assert got["se"] == pytest.approx((variance / len(rows)) ** 0.5, rel=1e-9)
    half_width = student.ppf(0.975, len(rows) - 1) * got["se"]
    assert got["half_width"] == pytest.approx(min(0.5, half_width), rel=1e-9)
    assert got["samples"] == got["problems"] * got["n"]
    assert 0 <= got["problems"] - norm.ppf(0.975) ** 2 * variance / 0.03**2 <= 5


def test_the_pilots_own_n_gives_back_its_variance():
    one = row(tally(8, C30).plan(4, n=8))
    split = row(tally(8, C30).variance_components(4))
    for name in ("between", "within", "reliability"):
        assert one[name] == pytest.approx(split[name], rel=1e-12)
    assert one["se"] == pytest.approx(split["se_problems"], rel=1e-12)


def test_a_pair(two):
    # The worked example: the standard error of the difference in pass@1 is .0106370368.
    one = row(two.plan(1, n=8, a="a", b="b"))
    assert (one["between"], one["note"]) == (0, COPIES)
    rows = list(zip([8] * 30, C30, strict=True)), list(zip([8] * 30, PAIR_B, strict=True))
    assert one["within"] == pytest.approx(float(within(rows[0], 8, 1) + within(rows[1], 8, 1)), rel=1e-12)
    assert one["detectable"] == pytest.approx((student.ppf(0.975, 29) + student.ppf(0.8, 29)) * one["se"], rel=1e-9)
    assert_frame_equal(two.plan(1, a="a", b="b", on="model"), two.plan(1, a="b", b="a"), rel_tol=1e-12)
    # The same samples under two names have no noise between them.
    copied = pl.concat([two.frame.filter(model="a").with_columns(model=pl.lit(name)) for name in "ab"])
    assert row(pk.Tally.from_counts(copied, by="model").plan(1, n=8, a="a", b="b"))["note"] == COPIES
    # The second passes where the first fails.
    opposite = pl.concat([two.frame.filter(model="a"), two.frame.filter(model="a").with_columns(
        model=pl.lit("z"), c=8 - pl.col("c"))])  # fmt: skip
    one = row(pk.Tally.from_counts(opposite, by="model").plan(1, n=8, a="a", b="z"))
    noise = float(2 * within(rows[0], 8, 1))
    assert one["between"] == pytest.approx(4 * np.var(np.array(C30) / 8, ddof=1) - noise, rel=1e-12)


def test_a_pair_within_groups(two):
    suites = pl.concat([two.frame.with_columns(suite=pl.lit(name)) for name in ("x", "y")])
    t = pk.Tally.from_counts(suites, by=["suite", "model"])
    with pytest.raises(ValueError, match="say on=, the by column that has a= and b= in it; there are: suite, model"):
        t.plan(1, a="a", b="b")
    got = t.plan(2, a="a", b="b", on="model", difference=0.05)
    assert got["suite"].to_list() == ["x"] * 3 + ["y"] * 3
    alone = two.plan(2, a="a", b="b", difference=0.05)
    assert_frame_equal(got.filter(suite="y").drop("suite"), alone, check_exact=True)


def test_a_correlation_instead_of_a_pair():
    t = tally(8, C30)
    none, half = (row(t.plan(4, n=8, difference=0.1, correlation=r)) for r in (0, 0.5))
    variance = 2 * (half["between"] / 2 + half["within"])
    assert half["detectable"] == pytest.approx(
        (student.ppf(0.975, 29) + student.ppf(0.8, 29)) * (variance / 30) ** 0.5, rel=1e-9
    )
    assert half["problems"] == pytest.approx((norm.ppf(0.975) + norm.ppf(0.8)) ** 2 * variance / 0.01, abs=4)
    assert none["problems"] > half["problems"]


def test_cheapest_and_problems():
    got = tally(16, [0, 1, 1, 2, 3, 4, 6, 9, 12, 14] * 4).plan([1, 4], half_width=0.05, n=[4, 8, 16, 64])
    for k in (1, 4):
        part = got.filter(k=k)
        assert part.filter("cheapest")["samples"].to_list() == [part["samples"].min()]
        assert part["problems"].is_sorted(descending=True)
    t = tally(8, C30)
    assert row(t.plan(1, n=8, problems=120))["se"] == pytest.approx(row(t.plan(1, n=8))["se"] / 2, rel=1e-14)
    assert row(t.plan(1, n=8, problems=1))["half_width"] is None


def test_clusters():
    frame = pl.DataFrame({"family": [i // 5 for i in range(30)], "problem": range(30), "n": 8, "c": C30})
    t = pk.Tally.from_counts(frame, problem=["family", "problem"])
    one, split = (row(made) for made in (t.plan(1, n=8, cluster="family"), t.variance_components(1, cluster="family")))
    assert one["se"] == pytest.approx(0.1603923142, abs=5e-11)
    assert one["between"] == pytest.approx(30 * split["se_clusters"] ** 2 - split["within"], rel=1e-12)
    assert one["half_width"] == pytest.approx(student.ppf(0.975, 5) * one["se"], rel=1e-9)
    assert_frame_equal(t.plan([1, 4], cluster=["family", "problem"]), t.plan([1, 4]), rel_tol=1e-12)
    lone = pk.Tally.from_counts(frame.with_columns(family=0), problem=["family", "problem"])
    assert row(lone.plan(1, n=8, cluster="family"))["note"] == "one cluster"


def test_where_nothing_can_be_planned():
    solved = row(tally(8, [8] * 6).plan(1, n=8, half_width=0.1))
    assert solved["note"] == "no variance"
    assert [solved[name] for name in ("se", "half_width", "problems", "samples", "cheapest")] == [None] * 5
    lone = row(tally(8, [3]).plan(1, n=8, half_width=0.1))
    assert (lone["between"], lone["problems"], lone["note"]) == (None, None, "one problem")
    assert lone["within"] == pytest.approx(3 * 5 / (64 * 7))
    assert tally(8, []).plan(1, half_width=0.1)["note"].to_list() == ["no problem"]
    empty = pk.Tally.from_counts(pl.DataFrame({"model": ["a"], "problem": [1], "n": [4], "c": [1]}).clear(), by="model")
    whole = of((1, 1, 8, 3), (1, 2, 8, 5), by="model")
    for words in ({}, {"half_width": 0.1}, {"n": 4, "problems": 9}):
        table = empty.plan([1, 2], **words)
        assert table.height == 0
        assert table.columns == whole.plan([1, 2], **words).columns


def test_a_small_pilot_is_said_to_be_one():
    passes = [0, 1, 2, 3, 4, 5, 6, 7, 8, 8] * 2
    assert row(tally(8, passes).plan(1, n=8, correlation=0))["note"] is None
    short = row(tally(8, passes[:19]).plan(1, n=8, correlation=0))
    assert short["note"] == "a pilot of 19 problems: its variance is little known"
    frame = pl.DataFrame({"family": [i // 2 for i in range(20)], "problem": range(20), "n": 8, "c": passes})
    families = pk.Tally.from_counts(frame, problem=["family", "problem"])
    one = row(families.plan(1, n=8, cluster="family", correlation=0))
    assert one["note"] == "a pilot of 10 clusters: its variance is little known"
    clipped = row(tally(8, [3, 4, 5, 4, 3, 5]).plan(1, n=8))
    assert clipped["note"] == f"{CLIPPED}; a pilot of 6 problems: its variance is little known; {ASK}"


def test_no_reach_is_beyond_the_range(two):
    one = row(tally(8, [0, 8, 3]).plan(1, n=8, problems=2, correlation=0))
    assert (one["half_width"], one["detectable"]) == (0.5, None)
    assert one["note"].endswith("; detectable: none, it would be above 1")
    assert row(two.plan(1, n=1, problems=2, a="a", b="b"))["half_width"] == 1


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ({"half_width": 0.5}, "half_width= is between 0 and 0.5, not 0.5"),
        ({"difference": 1.0, "correlation": 0}, "difference= is between 0 and 1, not 1.0"),
        ({"half_width": 0.1, "difference": 0.1}, "half_width= and difference= are two plans"),
        ({"difference": 0.1}, "difference= depends on how alike the two models are"),
        ({"power": 1.0}, "power= is between one less confidence_level= and 1, not 1.0"),
        ({"power": 0.04}, "power= is between one less confidence_level= and 1, not 0.04"),
        ({"confidence_level": 1}, "confidence_level= is between 0 and 1, not 1"),
        ({"correlation": 1.5}, "correlation= is from -1 to 1, not 1.5"),
        ({"problems": 0}, "problems= is a positive integer, not 0"),
        ({"n": [1, 8]}, "n= is from k to 1,000,000 samples a problem, not 1, 8 with k = 2"),
        ({"problems": 2**70}, r"problems= is at most 2\^53, not"),
        ({"threads": 2**70}, r"threads= is at most 2\^53, not"),
        ({"unmatched": "skip"}, "unmatched='skip' is not one of error, drop"),
        ({"n": 10**7}, "n= is from k to 1,000,000 samples a problem, not 10000000 with k = 2"),
        ({"half_width": 1e-9}, r"a target of 1e-09 needs more than 2\^53 samples"),
        ({"a": "a"}, "a= and b= go together"),
        ({"a": "a", "b": "c"}, "b='c' is not in 'model'; there are: 'a', 'b'"),
        ({"a": "a", "b": "a"}, "a= and b= are both 'a'"),
        ({"a": "a", "b": "b", "on": "problem"}, r"on= names a by column \(model\), not 'problem'"),
        ({"on": "model"}, "on= names the column of a= and b="),
        ({"a": "a", "b": "b", "correlation": 0.5}, "correlation= is for a pilot of one model"),
        ({"cluster": "c"}, "cluster= names problem columns"),
    ],
)
def test_bad_input(two, words, message):
    with pytest.raises(ValueError, match=message):
        two.plan(2, **words)


def test_bad_pilots(two):
    with pytest.raises(ValueError, match=r"a plan for k = 5 needs a pilot of 2k = 10 samples a problem, and model='a', "
                       "problem=0 has n=8"):  # fmt: skip
        two.plan([1, 5])
    other = pk.Tally.from_counts(two.frame.filter(~((pl.col("model") == "b") & (pl.col("problem") == 7))), by="model")
    with pytest.raises(ValueError, match="'a' has 1 problems that 'b' has not, as problem=7"):
        other.plan(1, a="a", b="b")
    shared = two.frame.filter(pl.col("problem") != 7)
    expected = pk.Tally.from_counts(shared, by="model").plan(1, a="a", b="b")
    assert_frame_equal(other.plan(1, a="a", b="b", unmatched="drop"), expected, check_exact=True)
    with pytest.raises(ValueError, match="k = 1000001 is more than the 1,000,000 samples a problem"):
        tally(8, []).plan([1, 1_000_001])
    with pytest.raises(ValueError, match="the table has a column 'within' of its own"):
        of((1, 1, 8, 3), by="within").plan(1)


def test_threads_order_and_other_groups_change_no_bit():
    rng = np.random.default_rng(1)
    n = rng.integers(200, 240, 600)
    groups = {"model": np.repeat([0, 1, 2], 200), "problem": np.tile(np.arange(200), 3)}
    frame = pl.DataFrame({**groups, "n": n, "c": rng.binomial(n, rng.random(600))})
    table = pk.Tally.from_counts(frame, by="model").plan([1, 100], half_width=0.05, threads=1)
    shuffled = pk.Tally.from_counts(frame.sample(fraction=1, shuffle=True, seed=3), by="model")
    for threads in (2, 3):
        assert_frame_equal(shuffled.plan([1, 100], half_width=0.05, threads=threads), table, check_exact=True)
    alone = pk.Tally.from_counts(frame.filter(model=1), by="model").plan([1, 100], half_width=0.05)
    assert_frame_equal(alone.select("between", "within"), table.filter(model=1).select("between", "within"))


def simulated(rng, runs, p, n, k):
    """The pass@k of each problem, runs by problems."""
    values = pk.pass_at_k(n, np.arange(n + 1), k)
    return values[rng.binomial(n, p)]


def test_what_is_planned_comes_true():
    rng = np.random.default_rng(7)
    pilot = tally(16, rng.binomial(16, rng.beta(0.5, 1.5, 2000)).tolist())
    plan = pilot.plan(4, half_width=0.04, n=[4, 8, 64])
    for n, problems in plan.select("n", "problems").rows():
        values = simulated(rng, 500, rng.beta(0.5, 1.5, (500, problems)), n, 4)
        widths = student.ppf(0.975, problems - 1) * values.std(axis=1, ddof=1) / problems**0.5
        assert widths.mean() == pytest.approx(0.04, rel=0.03)
        # p ~ Beta(.5, 1.5): the mean of 1 - (1-p)^4
        truth = 1 - (1.5 * 2.5 * 3.5 * 4.5) / (2 * 3 * 4 * 5)
        assert (abs(values.mean(axis=1) - truth) <= widths).mean() == pytest.approx(0.95, abs=0.03)


@pytest.mark.parametrize("power", [0.5, 0.8])
def test_the_planned_power_is_had(power):
    rng = np.random.default_rng(11)

    def models(shape):
        # The second model solves each problem with its own chance on top.
        p = rng.beta(0.5, 1.5, shape)
        return p, p + (1 - p) * rng.beta(0.5, 6, shape) * 0.9

    pairs = [rng.binomial(16, p) for p in models(4000)]
    frames = [pl.DataFrame({"model": i, "problem": range(4000), "n": 16, "c": c}) for i, c in enumerate(pairs)]
    t = pk.Tally.from_counts(pl.concat(frames), by="model")
    truth = np.diff([(1 - (1 - p) ** 4).mean() for p in models(1_000_000)])[0]
    plan = t.plan(4, a=1, b=0, difference=float(truth), power=power, n=[4, 8])
    for n, problems in plan.select("n", "problems").rows():
        first, second = (simulated(rng, 4000, p, n, 4) for p in models((4000, problems)))
        d = second - first
        found = abs(d.mean(axis=1)) > student.ppf(0.975, problems - 1) * d.std(axis=1, ddof=1) / problems**0.5
        assert found.mean() == pytest.approx(power, abs=0.05)
