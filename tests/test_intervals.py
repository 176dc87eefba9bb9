"""Tables of estimates: their shape, worked examples, and what each argument does."""

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

import exact
import passcurve as pk
from tallies import C30, METRICS, row, tally

SCHEMA = {
    "metric": pl.String,
    "k": pl.Int64,
    "estimate": pl.Float64,
    "se": pl.Float64,
    "lower": pl.Float64,
    "upper": pl.Float64,
    "method": pl.String,
    "reason": pl.String,
    "over": pl.String,
    "n_effective": pl.Float64,
    "n_problems": pl.Int64,
    "n_min": pl.Int64,
    "n_max": pl.Int64,
}

OVER_SAMPLES = 'over="samples" goes with method= one of auto, bayes'
CLUSTER = "cluster= goes with method= one of auto, t, percentile, basic, bca, gamma, beta"


@pytest.fixture
def ex30():
    return tally(8, C30)


@pytest.fixture
def models():
    """Two groups: uneven n, and another n altogether."""
    a = {"model": "a", "problem": range(4), "n": [8, 4, 8, 6], "c": [3, 0, 8, 1]}
    b = {"model": "b", "problem": range(3), "n": [16, 16, 12], "c": [2, 0, 7]}
    return pk.Tally.from_counts(pl.concat([pl.DataFrame(a), pl.DataFrame(b)]), by="model")


@pytest.mark.parametrize("metric", METRICS)
def test_columns(metric, ex30, models):
    table = getattr(ex30, metric)([1, 4])
    assert dict(table.schema) == SCHEMA
    assert list(table.columns) == list(SCHEMA)
    assert table["metric"].to_list() == [METRICS[metric]] * 2
    table = getattr(models, metric)([2, 1])
    assert list(table.columns) == ["model", *SCHEMA]
    assert table.select("model", "k").rows() == [("a", 2), ("a", 1), ("b", 2), ("b", 1)]
    assert table.select("n_problems", "n_min", "n_max").rows() == [(4, 4, 8)] * 2 + [(3, 12, 16)] * 2
    assert list(getattr(models, metric)(1, on_k_gt_n="skip").columns) == ["model", *SCHEMA, "n_skipped"]
    assert set(getattr(ex30, metric)(1, over="samples")["over"]) == {"samples"}


@pytest.mark.parametrize("metric", METRICS)
def test_the_estimate_is_the_mean_over_problems(metric, models):
    for by, k, estimate in getattr(models, metric)([1, 3, 4]).select("model", "k", "estimate").rows():
        rows = models.frame.filter(pl.col("model") == by).select("n", "c").rows()
        mean = sum(getattr(exact, metric)(n, c, k) for n, c in rows) / len(rows)
        assert exact.ulps(estimate, mean) <= 1


def test_numbers_of_the_worked_example(ex30):
    table = ex30.pass_at_k([1, 4, 8], method="t")
    assert table["estimate"].to_list() == pytest.approx([0.3041666667, 0.4933333333, 0.6], abs=5e-11)
    assert table["se"].to_list() == pytest.approx([0.0679871030, 0.0808520580, 0.0909717652], abs=5e-11)
    assert table.select("lower", "upper").row(1) == pytest.approx((0.327972, 0.658694), abs=5e-7)
    # To the digits that were published with the formulas.
    for method, k, lower, upper in (
        ("percentile", 1, 0.179041, 0.440280),
        ("percentile", 4, 0.337543, 0.648516),
        ("percentile", 8, 0.421952, 0.771667),
        ("lattice", 8, 13 / 30, 23 / 30),
        ("bca", 1, 0.188238, 0.453218),
        ("bca", 4, 0.336935, 0.647918),
        ("wilson", 1, 0.186451, 0.454667),
    ):
        ends = row(ex30.pass_at_k(k, method=method))
        assert (ends["lower"], ends["upper"]) == pytest.approx((lower, upper), abs=1e-6)
        assert (ends["method"], ends["reason"]) == (method, None)
    auto = ex30.pass_at_k([1, 4, 8])
    assert auto["method"].to_list() == ["beta", "bca", "bca"]
    assert auto["reason"].to_list() == ["fewer than 20 effective problems", None, None]
    # With NumPy: the square of the sum of squared deviations over the sum of their fourth powers, or, where it is less,
    # with 0.7 of a problem more at 1 or at 0.
    expected = [12.747249475486074, 23.72655164036038, 25.582383304244524]
    assert auto["n_effective"].to_list() == pytest.approx(expected, rel=1e-13)


def test_the_standard_error_over_samples(ex30, models):
    table = ex30.pass_at_k([1, 4, 8], over="samples")
    mean_v = (table["se"][:2] ** 2 * 30).to_list()
    assert mean_v == pytest.approx([0.01108631, 0.04628571], abs=5e-9)
    assert table.select("se", "lower", "upper", "method").row(2) == (None, None, None, "none: 2k > n")
    for metric in METRICS:
        for by, k, se, method in (
            getattr(models, metric)([1, 2, 3], over="samples").select("model", "k", "se", "method").rows()
        ):
            rows = models.frame.filter(pl.col("model") == by).select("n", "c").rows()
            if 2 * k - 2 * (metric == "alpha_k") > min(n for n, _ in rows):
                assert (se, method) == (None, "none: 2k > n")
                continue
            variance = sum(getattr(exact, f"{metric}_variance")(n, c, k) for n, c in rows) / len(rows) ** 2
            assert se == pytest.approx(float(variance) ** 0.5, rel=4e-16)


def test_clusters(ex30):
    frame = pl.DataFrame({"family": [i // 5 for i in range(30)], "problem": range(30), "n": 8, "c": C30})
    families = pk.Tally.from_counts(frame, problem=["family", "problem"])
    auto = row(families.pass_at_k(1, cluster="family"))
    assert (auto["method"], auto["reason"]) == ("beta", "fewer than 20 effective clusters")
    one = row(families.pass_at_k(1, cluster="family", method="t"))
    assert auto["se"] == one["se"]
    # With G/(G-1); Miller's own is .1464174809.
    assert one["se"] == pytest.approx(0.1603923142, abs=5e-11)
    assert one["method"] == "t"
    assert one["upper"] == pytest.approx(one["estimate"] + 2.570581835636314 * one["se"], rel=1e-12)  # t of 5
    assert one["lower"] == 0
    assert one["n_problems"] == 30
    # Clusters of one are no clusters.
    alone = families.pass_at_k([1, 4], cluster=["family", "problem"], method="t")
    expected = ex30.pass_at_k([1, 4], method="t")
    assert_frame_equal(alone, expected, rel_tol=1e-14)
    assert_frame_equal(ex30.pass_at_k([1, 4], cluster="problem", method="t"), expected, rel_tol=1e-14)
    for method in ("percentile", "basic", "bca", "gamma", "beta"):
        words = {"method": method}
        alone = families.pass_at_k([1, 4], cluster=["family", "problem"], **words)
        assert_frame_equal(alone, ex30.pass_at_k([1, 4], **words), rel_tol=1e-9)
        pairs = pk.Tally.from_counts(frame.with_columns(family=pl.col("problem") % 15), problem=["family", "problem"])
        assert pairs.pass_at_k(1, cluster="family", **words)["method"].item() == method
    coarse = row(families.pass_at_k(1, cluster="family", method="bca"))
    assert (coarse["method"], coarse["reason"]) == ("beta", "too few outcomes for a smooth law")
    whole = pk.Tally.from_counts(frame.with_columns(family=0), problem=["family", "problem"])
    lone = row(whole.pass_at_k(1, cluster="family"))
    assert (lone["se"], lone["lower"], lone["upper"], lone["method"]) == (None, None, None, "none: one cluster")


def test_k_above_n(models):
    with pytest.raises(ValueError, match=r"k = ") as caught:
        models.pass_at_k([1, 8, 16])
    assert str(caught.value) == (
        "k = 8, 16 is more than a problem's n: model='a', problem=1 has n=4. Lower k, or say "
        'on_k_gt_n="drop" (leave out that k), on_k_gt_n="skip" (leave out those problems, and count them) or '
        'on_k_gt_n="extrapolate" (a model of what more samples would give)'
    )
    for table in (models.pass_hat_k, lambda k: models.pass_at_k(k, over="samples")):
        with pytest.raises(ValueError, match=r'out that k\) or on_k_gt_n="skip" \([^)]*\)$'):
            table(8)
    dropped = models.pass_at_k([1, 8, 16], on_k_gt_n="drop")
    assert dropped.select("model", "k").rows() == [("a", 1), ("b", 1), ("b", 8)]
    assert_frame_equal(dropped[:1], models.pass_at_k(1)[:1])
    skipped = models.pass_at_k([16, 1, 8], on_k_gt_n="skip")
    assert skipped.select("model", "k", "n_problems", "n_min", "n_max", "n_skipped").rows() == [
        ("a", 16, 0, None, None, 4), ("a", 1, 4, 4, 8, 0), ("a", 8, 2, 8, 8, 2),
        ("b", 16, 2, 16, 16, 1), ("b", 1, 3, 12, 16, 0), ("b", 8, 3, 12, 16, 0),
    ]  # fmt: skip
    assert skipped.select("estimate", "se", "lower", "upper", "method").row(0) == (*[None] * 4, "none: no problem")
    assert skipped["estimate"][2] == 1
    only = models.frame.filter(pl.col("n") >= 8)
    alone = pk.Tally.from_counts(only, by="model").pass_at_k(8)
    assert_frame_equal(skipped.filter(pl.col("k") == 8).drop("n_skipped"), alone)


def test_alpha_k_is_in_0_to_k_and_exists_at_n_plus_one(ex30):
    table = ex30.alpha_k([4, 9])
    assert table["estimate"].to_list() == pytest.approx([2.197619047619048, 9 * 12 / 30])
    assert ((table["lower"] > 1) & (table["upper"] < table["k"])).all()
    assert row(tally(8, [0] * 30).alpha_k(9))["estimate"] == 9
    with pytest.raises(ValueError, match="k = 10 is more than"):
        ex30.alpha_k(10)
    assert ex30.alpha_k([9, 10], on_k_gt_n="drop")["k"].to_list() == [9]
    # alpha_1 is 1 whatever p is: nothing is uncertain about it.
    first = row(ex30.alpha_k(1))
    assert [first[name] for name in ("estimate", "se", "lower", "upper", "method")] == [1, 0, 1, 1, "exact"]


def test_default_ks(models):
    ks = models.pass_at_k().filter(pl.col("model") == "a")["k"]
    assert ks.to_list() == [1, 2, 4]
    assert tally(13, [1, 2]).pass_at_k()["k"].to_list() == [1, 2, 4, 8, 13]
    assert tally(1, [1, 0]).pass_at_k()["k"].to_list() == [1]


@pytest.mark.parametrize(("k", "ks"), [
    (2, [2]), (np.int8(2), [2]), (np.array(2), [2]),
    ([4, 2], [4, 2]), ((2, 4, 2), [2, 4]), (range(1, 4), [1, 2, 3]), (iter([8]), [8]),
    (np.array([4, 1], dtype=np.uint16), [4, 1]), (pl.Series([1, 8]), [1, 8]),
])  # fmt: skip
def test_ks(ex30, k, ks):
    table = ex30.pass_at_k(k)
    assert table["k"].to_list() == ks
    # A row does not depend on which other ks are asked for.
    assert_frame_equal(table, pl.concat([ex30.pass_at_k(k) for k in ks]))


@pytest.mark.parametrize(("k", "error"), [(0, ValueError), (-1, ValueError), ([1, 0], ValueError), ([], ValueError),
                                          (2**54, ValueError), (2.5, TypeError), (True, TypeError), ("2", TypeError),
                                          ([1, None], TypeError)])  # fmt: skip
def test_what_is_no_k(ex30, k, error):
    with pytest.raises(error, match=r"\bk\b"):
        ex30.pass_at_k(k)


@pytest.mark.parametrize(("words", "text"), [
    ({"method": "jackknife"}, "method='jackknife' is not one of auto, t, percentile, basic, bca, lattice, studentized, "
     "wilson, gamma, beta, bayes, bootstrap"),
    ({"over": "problem"}, "over='problem' is not one of problems, samples"),
    ({"confidence_level": 0}, "confidence_level= is between 0 and 1, not 0"),
    ({"confidence_level": 1.0}, "confidence_level= is between 0 and 1, not 1.0"),
    ({"confidence_level": 95}, "confidence_level= is between 0 and 1, not 95; did you mean 0.95?"),
    ({"confidence_level": 100}, "confidence_level= is between 0 and 1, not 100"),
    ({"confidence_level": float("nan")}, "confidence_level= is between 0 and 1, not nan"),
    ({"n_resamples": 0}, "n_resamples= is a positive integer, not 0"),
    ({"n_resamples": 1e4}, "n_resamples= is a positive integer, not 10000.0"),
    ({"rng": -1}, "rng= is an integer from 0 to 2^64 - 1 or a numpy.random.Generator, not -1"),
    ({"rng": 2**64}, f"rng= is an integer from 0 to 2^64 - 1 or a numpy.random.Generator, not {2**64}"),
    ({"rng": None}, "rng= is an integer from 0 to 2^64 - 1 or a numpy.random.Generator, not None"),
    ({"over": "samples", "method": "t"}, f"{OVER_SAMPLES}: problems are not resampled"),
    ({"over": "samples", "cluster": "problem"}, 'over="samples" has no clusters: these problems are not drawn from '
     "others"),
    ({"cluster": "problem", "method": "wilson"}, f"{CLUSTER}; not with 'wilson'"),
    ({"cluster": "family"}, "cluster= names problem columns (problem), not 'family'; tally with it among them: "
     "problem=['problem', 'family']"),
])  # fmt: skip
def test_wrong_words(ex30, words, text):
    for metric in METRICS:
        with pytest.raises(ValueError, match="=") as caught:
            getattr(ex30, metric)(1, **words)
        assert str(caught.value) == text


def test_words_of_one_metric_or_another_kind(ex30):
    for metric, words in (("pass_at_k", "error, drop, skip, extrapolate"), ("alpha_k", "error, drop, skip")):
        with pytest.raises(ValueError, match="on_k_gt_n='ignore'") as caught:
            getattr(ex30, metric)(1, on_k_gt_n="ignore")
        assert str(caught.value) == f"on_k_gt_n='ignore' is not one of {words}"
    for level in ("95%", None, True):
        with pytest.raises(TypeError, match="confidence_level= is a number between 0 and 1, not"):
            ex30.pass_at_k(1, confidence_level=level)


def test_a_by_column_is_no_cluster():
    frame = pl.DataFrame({"model": ["a", "b"], "problem": [1, 1], "n": [4, 4], "c": [1, 2]})
    with pytest.raises(ValueError, match=r"^cluster= names problem columns \(problem\), not 'model'$"):
        pk.Tally.from_counts(frame, by="model").pass_at_k(1, cluster="model")


@pytest.mark.parametrize("threads", [0, -1, 1.5, "2"])
def test_wrong_threads(ex30, threads):
    with pytest.raises((ValueError, TypeError), match="threads"):
        ex30.pass_at_k(1, threads=threads)
