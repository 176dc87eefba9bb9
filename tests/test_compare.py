"""Comparisons: their shape, worked examples, what each argument does, and what they refuse."""

import math
import warnings

import numpy as np
import polars as pl
import pytest
import scipy.stats
from polars.testing import assert_frame_equal

import passcurve as pk
from tallies import C30, row

B30 = [0] * 10 + [1] * 6 + [2] * 4 + [5] * 4 + [8] * 6
WEAK = [0, 1, 0, 2, 1, 3, 0, 4, 2, 5] * 3
STRONG = [8, 0, 5, 7, 8, 3, 6, 8, 0, 8] * 3

SCHEMA = {
    "model_a": pl.String,
    "model_b": pl.String,
    "metric": pl.String,
    "k": pl.Int64,
    **dict.fromkeys(["a", "b", "difference", "se", "lower", "upper"], pl.Float64),
    "method": pl.String,
    "reason": pl.String,
    **dict.fromkeys(["band_lower", "band_upper"], pl.Float64),
    **dict.fromkeys(["p_value", "p_bootstrap", "p_sign_flip", "p_permutation", "p_holm", "p_bh"], pl.Float64),
    "over": pl.String,
    **dict.fromkeys(["n_problems", "n_min", "n_max"], pl.Int64),
}


def models(n=8, **passes):
    """One row a model and problem."""
    frames = [
        pl.DataFrame({"model": model, "problem": range(len(c)), "n": n, "c": list(c)}) for model, c in passes.items()
    ]
    return pl.concat(frames)


def of(frame, by="model"):
    return pk.Tally.from_counts(frame, by=by)


@pytest.fixture
def t():
    return of(models(strong=STRONG, weak=WEAK))


@pytest.fixture
def ex30():
    return of(models(a=C30, b=B30))


def test_columns(t):
    comparison = t.compare("strong", "weak", k=[4, 1])
    assert dict(comparison.frame.schema) == SCHEMA
    assert comparison.frame["k"].to_list() == [4, 1]
    assert comparison.crossover.columns == [
        "model_a", "model_b", "status", "crossings", "k_star", "lower", "upper", "p_none", "p_several", "k_max",
        "n_problems",
    ]  # fmt: skip
    assert comparison.verdicts.columns == ["model_a", "model_b", "k_from", "k_to", "verdict"]
    dropped = t.compare("strong", "weak", k=1, unmatched="drop", on_k_gt_n="skip").frame
    assert dropped.columns == [*SCHEMA, "n_skipped", "n_only_a", "n_only_b"]
    assert t.compare("strong", "weak").frame["k"].to_list() == [1, 2, 4, 8]


def test_numbers_of_the_worked_example(ex30):
    first = row(ex30.compare("a", "b", k=1, method="t").frame)
    assert (first["a"], first["b"]) == pytest.approx((0.3041666667, 0.3416666667), abs=5e-11)
    assert first["difference"] == pytest.approx(-0.0375, abs=1e-16)
    assert first["se"] == pytest.approx(0.0106370368, abs=5e-11)
    assert (first["lower"], first["upper"]) == pytest.approx((-0.0592551830, -0.0157448170), abs=5e-11)
    assert first["p_value"] == pytest.approx(0.00142583, abs=5e-9)
    assert first["p_sign_flip"] == pytest.approx(1 / 256, rel=1e-12)
    assert first["p_bootstrap"] == pytest.approx(2 * 0.7**30, rel=1e-9)  # 21 of 30 are equal, the others all below
    assert (first["band_lower"], first["band_upper"]) == (first["lower"], first["upper"])
    fixed = row(ex30.compare("a", "b", k=1, over="samples").frame)
    assert fixed["p_permutation"] == pytest.approx(0.20734639, abs=5e-9)
    auto = row(ex30.compare("a", "b", k=1).frame)
    assert (auto["method"], auto["reason"]) == ("mover", "fewer than 10 effective differences")
    assert auto["p_value"] > auto["p_sign_flip"]
    touching = row(ex30.compare("a", "b", k=1, confidence_level=1 - auto["p_value"]).frame)
    assert touching["upper"] == pytest.approx(0, abs=1e-9)


def test_the_crossover():
    half = [8, 0] * 20
    comparison = of(models(a=half, b=[2] * 40)).compare("a", "b", k=range(1, 9))
    crossing = row(comparison.crossover)
    assert crossing["status"] == "one"
    assert crossing["k_star"] == pytest.approx(2.168943542395, abs=5e-13)
    assert crossing["crossings"] == [crossing["k_star"]]
    assert 1 < crossing["lower"] < crossing["k_star"] < crossing["upper"] < 8
    assert crossing["p_several"] == 0
    back = row(of(models(a=half, b=[2] * 40)).compare("b", "a", k=range(1, 9)).crossover)
    assert {name: value for name, value in back.items() if name[:5] != "model"} == {
        name: value for name, value in crossing.items() if name[:5] != "model"
    }
    none = row(of(models(a=STRONG, b=WEAK)).compare("a", "b", k=[1, 2]).crossover)
    assert (none["status"], none["crossings"], none["k_star"]) == ("none up to 2", [], None)
    one = row(of(models(a=STRONG, b=WEAK)).compare("a", "b", k=2).crossover)
    assert one["status"] == "none: one k"
    assert [one[name] for name in ("lower", "upper", "p_none", "p_several")] == [None] * 4


def test_a_crossing_that_some_resamples_lack_is_censored():
    # Of 12 problems a resample keeps 3 solved ones or fewer in 7% of cases: a is then behind from k = 1 on.
    comparison = of(models(a=[8, 0] * 6, b=[2] * 12)).compare("a", "b", k=range(1, 9))
    crossing = row(comparison.crossover)
    assert crossing["upper"] == math.inf
    assert crossing["p_none"] == pytest.approx(scipy.stats.binom.cdf(3, 12, 0.5), abs=4 * math.sqrt(0.07 * 0.93 / 4000))
    assert "cross" not in comparison.sentences[0]


def test_a_base_model_that_overtakes():
    rng = np.random.default_rng(0)
    base = rng.binomial(128, rng.beta(0.5, 2, 1060))
    rl = rng.binomial(128, rng.beta(0.25, 0.35, 1060))
    comparison = of(models(n=128, base=base, rl=rl)).compare("rl", "base", k=range(1, 129))
    verdicts = comparison.verdicts
    assert verdicts["verdict"].to_list() == ["a ahead", "inconclusive", "b ahead"]
    assert verdicts["k_from"].to_list()[1:] == (verdicts["k_to"] + 1).to_list()[:2]
    first, last = verdicts["k_to"][0], verdicts["k_from"][2]
    crossing = row(comparison.crossover)
    assert comparison.sentences == [
        f"rl is ahead of base for k <= {first}, base for k >= {last}, undecided between (95% simultaneous band, 1,060 "
        f"problems); the curves cross at k = {crossing['k_star']:.3g} (interval {crossing['lower']:.3g} to "
        f"{crossing['upper']:.3g})"
    ]
    assert repr(comparison) == comparison.sentences[0]
    frame = comparison.frame
    assert ((frame["band_lower"] < frame["lower"]) & (frame["upper"] < frame["band_upper"])).all()
    assert first < crossing["lower"] < crossing["k_star"] < crossing["upper"] < last


@pytest.mark.parametrize(("a", "b", "k", "text"), [
    (STRONG, WEAK, 1, "a is ahead of b at k = 1 (95% interval, 30 problems)"),
    (WEAK, STRONG, [1, 2], "b is ahead of a at every k from 1 to 2 (95% simultaneous band, 30 problems)"),
    (WEAK, WEAK[::-1], [1, 2],
     "a and b cannot be told apart at any k from 1 to 2 (95% simultaneous band, 30 problems)"),
    (STRONG[:1], WEAK[:1], [1, 2], "a and b cannot be compared: one problem (95% simultaneous band, 1 problem)"),
])  # fmt: skip
def test_sentences(a, b, k, text):
    comparison = of(models(a=a, b=b)).compare("a", "b", k=k)
    assert [one.partition(";")[0] for one in comparison.sentences] == [text]


def test_where_there_is_no_band(t):
    comparison = t.compare("strong", "weak", k=[1, 4, 8], over="samples")
    assert comparison.verdicts.select("k_from", "k_to", "verdict").rows() == [(1, 4, "a ahead"), (8, 8, "none: 2k > n")]
    assert comparison.sentences == [
        "strong is ahead of weak for k <= 4, no band for k = 8 (2k > n) "
        "(95% simultaneous band over samples at 3 ks, 30 problems)"
    ]
    nulls = comparison.frame.row(2, named=True)
    assert [nulls[name] for name in ("se", "lower", "upper", "band_lower", "p_value", "p_bootstrap")] == [None] * 6
    assert nulls["p_permutation"] > 0


def test_pairs():
    t = of(models(a=C30, b=WEAK, c=STRONG, d=WEAK[::-1]))

    def compared(*words, **more):
        return t.compare(*words, k=1, **more).frame.select("model_a", "model_b").rows()

    assert compared("c", "a") == [("c", "a")]
    assert compared("c") == [("c", "a"), ("c", "b"), ("c", "d")]
    assert compared("c", ["d", "a", "d"]) == [("c", "d"), ("c", "a")]
    assert compared() == [("a", "b"), ("a", "c"), ("a", "d"), ("b", "c"), ("b", "d"), ("c", "d")]
    whole = t.compare().frame.filter(model_a="b", model_b="c").drop("p_holm", "p_bh")
    assert_frame_equal(whole, t.compare("b", "c").frame.drop("p_holm", "p_bh"), check_exact=True)


def test_groups():
    frame = pl.concat(
        [
            models(a=C30, b=WEAK).with_columns(suite=pl.lit("x")),
            models(a=STRONG, b=WEAK).with_columns(suite=pl.lit("y")),
        ]
    )
    t = of(frame, by=["suite", "model"])
    comparison = t.compare("a", "b", on="model", k=[1, 2])
    assert comparison.frame.select("suite", "model_a", "model_b", "k").rows() == [
        ("x", "a", "b", 1), ("x", "a", "b", 2), ("y", "a", "b", 1), ("y", "a", "b", 2),
    ]  # fmt: skip
    assert comparison.sentences[1].startswith("suite=y: a is ahead of b")
    alone = of(models(a=STRONG, b=WEAK)).compare("a", "b", k=[1, 2]).frame.drop("p_holm", "p_bh")
    assert_frame_equal(comparison.frame.filter(suite="y").drop("suite", "p_holm", "p_bh"), alone, check_exact=True)
    with pytest.raises(ValueError, match="say on=, the column whose values are compared: suite, model"):
        t.compare("a", "b")
    one_suite_only = t.frame.filter((pl.col("suite") == "x") | (pl.col("model") == "a"))
    ragged = of(one_suite_only, by=["suite", "model"])
    with pytest.raises(ValueError, match=r"suite='y': 'a' and 'b' share no problem: 30 in 'a' only .*none in 'b'"):
        ragged.compare("a", "b", on="model")
    assert set(ragged.compare("a", "b", on="model", unmatched="drop").frame["suite"]) == {"x"}


def test_values_need_not_be_strings():
    steps = of(models(a=WEAK, b=STRONG).with_columns(model=pl.col("model").replace_strict({"a": 100, "b": 200})))
    frame = steps.compare(200, 100, k=1).frame
    assert frame.select("model_a", "model_b").rows() == [(200, 100)]
    with pytest.raises(ValueError, match="no model is 300; there are: 100, 200"):
        steps.compare(300)


def test_problems_of_one_model_only(t):
    extra = models(weak=[8]).with_columns(problem=pl.lit(99, dtype=pl.Int64))
    more = models(strong=[*STRONG, 1, 2], weak=WEAK).vstack(extra)
    with pytest.raises(ValueError, match="only") as caught:
        of(more).compare("strong", "weak")
    assert str(caught.value) == (
        "'strong' and 'weak' share 30 problems, with 2 in 'strong' only (problem=30) and 1 in 'weak' only "
        '(problem=99); the others cannot be paired. Say unmatched="drop" to leave them out, and count them in n_only_a '
        "and n_only_b"
    )
    dropped = of(more).compare("strong", "weak", unmatched="drop").frame
    assert dropped.select("n_only_a", "n_only_b").unique().rows() == [(2, 1)]
    assert_frame_equal(dropped.drop("n_only_a", "n_only_b"), t.compare("strong", "weak").frame, check_exact=True)
    apart = models(strong=STRONG).vstack(models(weak=WEAK).with_columns(pl.col("problem") + 100))
    for unmatched in ("error", "drop"):
        with pytest.raises(ValueError, match="'strong' and 'weak' share no problem: 30 in 'strong' only"):
            of(apart).compare("strong", "weak", unmatched=unmatched)


def test_k_above_n():
    short = models(a=[3, 4, 1], b=[1, 2, 0]).with_columns(n=pl.Series([8, 8, 8, 8, 4, 8]))
    with pytest.raises(ValueError, match=r"k = 8 is more than a problem's n: model='b', problem=1 has n=4\."):
        of(short).compare("a", "b", k=[2, 8])
    dropped = of(short).compare("a", "b", k=[8, 2], on_k_gt_n="drop")
    assert dropped.frame["k"].to_list() == [2]
    skipped = of(short).compare("a", "b", k=[2, 8, 9], on_k_gt_n="skip").frame
    assert skipped.select("n_problems", "n_min", "n_max", "n_skipped").rows() == [
        (3, 4, 8, 0),
        (2, 8, 8, 1),
        (0, None, None, 3),
    ]
    assert skipped["difference"][2] is None
    only = of(short.filter(pl.col("problem") != 1)).compare("a", "b", k=8).frame
    names = ["difference", "se", "lower", "upper", "p_value"]
    assert_frame_equal(skipped.filter(k=8).select(names), only.select(names), check_exact=True)
    assert of(short).compare("a", "b").frame["k"].to_list() == [1, 2, 4]


def test_few_problems():
    for problems, method in ((1, "none: one problem"), (2, "mover"), (9, "mover")):
        frame = of(models(a=STRONG[:problems], b=WEAK[:problems])).compare("a", "b", k=[1, 4]).frame
        assert frame["method"].to_list() == [method] * 2
        assert frame["difference"].is_finite().all()
        assert frame["p_value"].null_count() == frame["lower"].null_count() == (2 if problems == 1 else 0)


@pytest.mark.filterwarnings("ignore:'a' and 'b' differ less")
@pytest.mark.parametrize("method", ["auto", "t", "mover"])
@pytest.mark.parametrize(("a", "b"), [([8] * 30, [8] * 30), ([0] * 30, [0] * 30), ([8] * 30, [0] * 30), (C30, C30),
                                      ([3] * 30, [1] * 30)])  # fmt: skip
def test_no_spread_is_not_certainty(method, a, b):
    frame = of(models(a=a, b=b)).compare("a", "b", k=[1, 2, 4], method=method).frame
    flat = frame.filter(pl.col("se") == 0)
    assert flat.height >= 1
    assert set(flat["method"]) == {"mover"}
    assert set(flat["reason"]) == {None if method == "mover" else "all differences are equal"}
    assert (flat["lower"] < flat["upper"]).all()
    assert (flat["lower"] <= flat["difference"]).all()
    assert (flat["difference"] <= flat["upper"]).all()
    assert (flat["p_value"] > 0).all()


def test_clusters():
    frame = models(a=STRONG, b=WEAK).with_columns(family=pl.col("problem") // 3)
    t = pk.Tally.from_counts(frame, problem=["family", "problem"], by="model")
    got = row(t.compare("a", "b", k=1, cluster="family").frame)
    d = (np.array(STRONG) - np.array(WEAK)) / 8
    sums = (d - d.mean()).reshape(10, 3).sum(axis=1)
    assert got["se"] == pytest.approx(math.sqrt(10 / 9 * (sums**2).sum()) / 30, rel=1e-12)
    assert got["n_problems"] == 30
    assert "clusters by family" in t.compare("a", "b", k=1, cluster="family").sentences[0]
    whole = pk.Tally.from_counts(frame.with_columns(family=0), problem=["family", "problem"], by="model")
    lone = row(whole.compare("a", "b", k=1, cluster="family").frame)
    assert [lone[name] for name in ("method", "se", "lower", "p_value", "band_lower")] == [
        "none: one cluster",
        *[None] * 4,
    ]
    with pytest.raises(ValueError, match=r"cluster= names problem columns \(family, problem\), not 'model'"):
        t.compare("a", "b", cluster="model")


def test_shared_samples_are_told():
    rng = np.random.default_rng(1)
    p = rng.beta(0.6, 1.2, 200)
    first, second = rng.binomial(16, p), rng.binomial(16, p)
    copy = np.where(rng.random(200) < 0.9, first, second)
    with pytest.warns(UserWarning, match="'a' and 'b' differ less than independent samples can") as caught:
        of(models(n=16, a=first, b=copy)).compare("a", "b", k=[4])
    assert caught[0].filename == __file__
    with pytest.warns(UserWarning, match="'a' and 'b'"):
        of(models(n=16, a=first, b=first)).compare()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        of(models(n=16, a=first, b=second)).compare("a", "b")
        of(models(n=1, a=first > 8, b=second > 8).cast({"c": pl.Int64})).compare("a", "b")
        of(models(a=[3], b=[3])).compare("a", "b")


def test_independent_samples_of_equal_models_seldom_warn():
    rng = np.random.default_rng(2)
    told = 0
    for _ in range(200):
        p = rng.beta(0.4, 0.8, 40)
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            of(models(a=rng.binomial(8, p), b=rng.binomial(8, p))).compare("a", "b", k=1)
        told += len(caught)
    assert told == 0


def test_threads_and_order_change_no_bit():
    rng = np.random.default_rng(3)
    frame = models(n=16, **{name: rng.binomial(16, rng.beta(0.5, 0.9, 90)) for name in "abcd"})
    expected = of(frame).compare(threads=1)
    mixed = of(frame.sample(fraction=1, shuffle=True, seed=0))
    renamed = of(frame.with_columns(problem=(pl.col("problem") * 37 + 5) % 90))
    for same in (*(of(frame).compare(threads=threads) for threads in (2, 3, None)), mixed.compare(), renamed.compare()):
        assert_frame_equal(same.frame, expected.frame, check_exact=True)
        assert_frame_equal(same.crossover, expected.crossover, check_exact=True)


def test_rng(t):
    def band(rng, **words):
        return t.compare("strong", "weak", rng=rng, **words).frame["band_lower"].to_list()

    assert band(0) == band(np.int64(0)) != band(1)
    assert band(np.random.default_rng(5)) == band(np.random.default_rng(5))
    assert band(0, n_resamples=500) != band(0)


@pytest.mark.parametrize(("arguments", "words", "text"), [
    (("strong", "best"), {}, "no model is 'best'; there are: 'strong', 'weak'"),
    (("strong", "strong"), {}, "'strong' is compared with itself"),
    ((None, "weak"), {}, "b= goes with a=, the model that is compared with it"),
    ((), {"on": "problem"}, "on= is a by column (model), not 'problem'"),
    ((), {"method": "z"}, "method='z' is not one of auto, t, mover, percentile, lattice, bca"),
    ((), {"over": "all"}, "over='all' is not one of problems, samples"),
    ((), {"unmatched": "skip"}, "unmatched='skip' is not one of error, drop"),
    ((), {"on_k_gt_n": "nan"}, "on_k_gt_n='nan' is not one of error, drop, skip"),
    ((), {"confidence_level": 95}, "confidence_level= is between 0 and 1, not 95; did you mean 0.95?"),
    ((), {"n_resamples": 0}, "n_resamples= is a positive integer, not 0"),
    ((), {"n_resamples": 20}, "confidence level 0.95 needs at least 40 resamples, got 20"),
    ((), {"rng": -1}, "rng= is an integer from 0 to 2^64 - 1 or a numpy.random.Generator, not -1"),
    ((), {"threads": 0}, "threads= is a positive integer, not 0"),
    ((), {"k": 0}, "k must be between 1 and 2^53, not 0"),
    ((), {"cluster": "family"},
     "cluster= names problem columns (problem), not 'family'; tally with it among them: problem=['problem', 'family']"),
    ((), {"over": "samples", "method": "t"},
     'over="samples" has one interval (method="auto") and no clusters: problems are not resampled'),
])  # fmt: skip
def test_wrong_calls(t, arguments, words, text):
    with pytest.raises(ValueError, match=r"=|no model|itself|needs|must be") as caught:
        t.compare(*arguments, **words)
    assert str(caught.value) == text


def test_nothing_to_compare():
    with pytest.raises(ValueError, match="model has fewer than two values: there is nothing to compare"):
        of(models(a=C30)).compare("a")
    with pytest.raises(ValueError, match="nothing tells the models apart"):
        pk.Tally.from_counts(models(a=C30).drop("model")).compare("a", "b")
    named = models(a=C30, b=B30).rename({"model": "k"})
    with pytest.raises(ValueError, match="the table has a column 'status' of its own"):
        pk.Tally.from_counts(named.with_columns(status=pl.lit("x")), by=["status", "k"]).compare("a", "b", on="k")


def test_many_sentences_are_cut_in_the_repr():
    rng = np.random.default_rng(4)
    comparison = of(models(**{f"<{i}>": rng.binomial(8, rng.random(20)) for i in range(8)})).compare(k=[1, 2])
    assert len(comparison.sentences) == 28
    lines = repr(comparison).splitlines()
    assert lines[:-1] == [*comparison.sentences[:20], "and 8 more in .sentences"]
    assert lines[-1] == "Each line holds by itself; for all 28 together look at p_holm or p_bh."
    page = comparison._repr_html_()
    assert page.startswith("<ul><li>&lt;0&gt; ")
    assert page.count("<li>") == 22


def test_other_problems_at_other_k():
    # b is better on the long problems at every k, and a on the short ones: no curve crosses.
    short = models(a=[6] * 30, b=[3] * 30)
    long = models(n=32, a=[4, 5] * 15, b=[12, 13] * 15).with_columns(problem=pl.col("problem") + 30)
    both = of(pl.concat([short, long]))
    comparison = both.compare("a", "b", k=[1, 2, 16], on_k_gt_n="skip")
    crossing = row(comparison.crossover)
    assert (crossing["status"], crossing["crossings"]) == ("none: other problems at other k", [])
    assert [crossing[name] for name in ("k_star", "lower", "upper", "p_none", "p_several")] == [None] * 5
    assert comparison.sentences[0].endswith("(95% simultaneous band at 3 ks, 30 to 60 problems, others at other k)")


def test_sentences_say_no_more_than_was_asked():
    ahead = of(models(a=STRONG, b=WEAK)).compare("a", "b", k=[1, 4]).sentences[0]
    assert ahead.startswith("a is ahead of b at each of 2 ks from 1 to 4 (95% simultaneous band at 2 ks, ")
    equal = of(models(a=WEAK, b=WEAK[::-1])).compare("a", "b", k=[1, 8]).sentences[0]
    assert equal.startswith("a and b cannot be told apart at any of 2 ks from 1 to 8 (")


def test_with_by():
    a, b = (pk.Tally.from_counts(models(a=c).drop("model")) for c in (STRONG, WEAK))
    both = a.with_by(model="strong").merge(b.with_by(model="weak"))
    assert both == of(models(strong=STRONG, weak=WEAK))
    assert both.by == ("model",)
    suites = both.with_by(suite="x", shots=5, final=True)
    assert suites.by == ("suite", "shots", "final", "model")
    assert suites.frame.schema["shots"] == pl.Int64
    assert suites.frame.schema["final"] == pl.Boolean
    assert suites.provenance == both.provenance
    assert suites.compare("strong", "weak", on="model").frame.columns[:5] == [
        "suite",
        "shots",
        "final",
        "model_a",
        "model_b",
    ]
    assert a.with_by() == a
    for name in ("model", "problem", "n", "c"):
        with pytest.raises(ValueError, match=f"there is a column '{name}' already"):
            both.with_by(**{name: "x"})
    for value in (None, 0.5, ["a"]):
        with pytest.raises(TypeError, match="model= is a string, an integer or a boolean"):
            a.with_by(model=value)
    with pytest.raises(ValueError, match="suite"):
        a.with_by(suite="x").merge(b)
