"""The filter against a loop over rows, and what it keeps in expectation against all orders of drawing."""

import random
from fractions import Fraction
from itertools import combinations
from math import comb

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

import passcurve as pk
from passcurve import _core
from tallies import of, tally

ENGINES = ("in-memory", "streaming")
LOG = pl.DataFrame(
    {
        "model": ["a", "b", "a", "a", "b", "a", "a"],
        "problem": [1, 1, 2, 1, 1, 1, 2],
        "correct": [True, None, True, False, True, True, True],
    }
)


def looped(rows, k, at_most):
    """Which rows are kept: one after another, counting for each key."""
    seen, kept, places = {}, {}, []
    for place, (model, problem, verdict) in enumerate(rows):
        key = model, problem
        seen[key] = seen.get(key, 0) + 1
        if verdict and (k is None or seen[key] <= k) and (at_most is None or kept.get(key, 0) < at_most):
            kept[key] = kept.get(key, 0) + 1
            places.append(place)
    return places


def everywhere(log, **words):
    """The rows kept of a frame, which are those kept of a LazyFrame by either engine."""
    kept = pk.filter_correct(log, **words)
    for engine in ENGINES:
        lazy = pk.filter_correct(log.lazy(), **words)
        assert isinstance(lazy, pl.LazyFrame)
        assert_frame_equal(lazy.collect(engine=engine), kept)
    return kept


@settings(max_examples=200, deadline=None)
@given(
    rows=st.lists(
        st.tuples(st.sampled_from("ab"), st.integers(0, 3), st.sampled_from([True, False, None])), max_size=40
    ),
    k=st.none() | st.integers(1, 8),
    at_most=st.none() | st.integers(1, 4),
)
def test_a_loop_over_the_rows_keeps_the_same(rows, k, at_most):
    schema = {"model": pl.String, "problem": pl.Int64, "correct": pl.Boolean}
    log = pl.DataFrame(rows, schema=schema, orient="row").with_row_index("place")
    kept = everywhere(log, by="model", k=k, at_most=at_most)
    assert kept["place"].to_list() == looped(rows, k, at_most)
    assert kept.schema == log.schema


def test_by_and_problem_make_the_key_and_the_order_is_kept():
    place = LOG.with_row_index("place")
    assert everywhere(place, by="model", at_most=1)["place"].to_list() == [0, 2, 4]
    assert everywhere(place, by=[], at_most=1)["place"].to_list() == [0, 2]
    assert everywhere(place, problem=["problem", "model"], k=1)["place"].to_list() == [0, 2]
    assert everywhere(place)["place"].to_list() == [0, 2, 4, 5, 6]


def test_what_is_asked_of_a_lazy_filter_later_does_not_change_it():
    late = pl.col("place") > 2
    place = LOG.with_row_index("place")
    for engine in ENGINES:
        lazy = pk.filter_correct(place.lazy(), by="model", k=3, at_most=1)
        assert lazy.filter(late).collect(engine=engine)["place"].to_list() == [4]
        assert lazy.select("place").head(2).collect(engine=engine)["place"].to_list() == [0, 2]


def test_it_counts_as_the_tally_does():
    rng = np.random.default_rng(0)
    problems = rng.integers(0, 50, 3000)
    scores = rng.random(3000)
    columns = {
        "bools": (pl.Series(scores < 0.4), {}),
        "integers": (pl.Series((scores < 0.4).astype(np.uint8)), {}),
        "floats": (pl.Series((scores < 0.4).astype(np.float32)), {}),
        "scores": (pl.Series(scores), {"threshold": 0.6}),
        # 0.7 in single precision is below 0.7 in double precision.
        "narrow": (pl.Series(np.float32(scores).round(1)), {"threshold": 0.7}),
        "words": (pl.Series(np.array(["pass", "ok", "fail"])[rng.integers(0, 3, 3000)]), {"passing": ["pass", "ok"]}),
        "categories": (
            pl.Series(np.array(["pass", "fail"])[rng.integers(0, 2, 3000)]).cast(pl.Categorical),
            {"passing": "pass"},
        ),
    }
    nulls = pl.Series(rng.random(3000) < 0.1)
    for name, (values, words) in columns.items():
        log = pl.DataFrame({"problem": problems, "verdict": values, "null": nulls})
        log = log.with_columns(verdict=pl.when(~pl.col("null")).then("verdict")).drop("null")
        kept = everywhere(log, **words).group_by("problem").len("c").sort("problem")
        counted = pk.tally(log, on_null="fail", **words).frame.filter(pl.col("c") > 0)
        assert kept["problem"].to_list() == counted["problem"].to_list(), name
        assert kept["c"].to_list() == counted["c"].to_list(), name


def test_files_stay_on_disk(tmp_path):
    LOG.write_parquet(tmp_path / "log.parquet")
    lazy = pk.filter_correct(pl.scan_parquet(tmp_path / "log.parquet"), by="model", k=2)
    lazy.sink_parquet(tmp_path / "kept.parquet")
    assert_frame_equal(pl.read_parquet(tmp_path / "kept.parquet"), pk.filter_correct(LOG, by="model", k=2))


def test_empty_logs_and_logs_of_nulls():
    assert everywhere(LOG.clear(), by="model", k=2).height == 0
    for kind in (pl.Null, pl.Boolean, pl.Float64):
        log = pl.DataFrame({"id": [1, 2], "acc": pl.Series([None, None], dtype=kind)})
        assert everywhere(log, k=1, at_most=1).height == 0


@pytest.mark.parametrize(
    ("bad", "words", "message"),
    [
        ({"acc": [1, 0, 2]}, {}, "row 2, column `acc`: the verdict 2 is neither 0 nor 1; say threshold="),
        ({"acc": [0.5, 1.0, 0.0]}, {}, "row 0, column `acc`: the verdict 0.5 is neither 0 nor 1; say threshold="),
        ({"acc": [1.0, float("nan"), 0.0]}, {}, "row 1, column `acc`: the verdict is NaN"),
        ({"acc": [0.2, 0.1, float("nan")]}, {"threshold": 0.5}, "row 2, column `acc`: the verdict is NaN"),
        (
            {"acc": ["pass", "Pass", "no"]},
            {"passing": "pass", "failing": "no"},
            'row 1, column `acc`: the verdict "Pass" is neither in passing= nor in failing=',
        ),
        ({"acc": [True] * 3, "id": ["x", None, "x"]}, {}, "row 1, column `id`: the id is null; leave such rows out"),
    ],
)
def test_bad_values_are_named_at_once_or_when_they_are_read(bad, words, message):
    log = pl.DataFrame({"id": ["x", "x", "y"]} | bad)
    with pytest.raises(pk.DataError, match=f"^{message}"):
        pk.filter_correct(log, **words)
    for options in ({}, {"k": 1}, {"at_most": 1}):
        lazy = pk.filter_correct(log.lazy(), **words, **options)
        for engine in ENGINES:
            with pytest.raises(pl.exceptions.InvalidOperationError, match=message):
                lazy.collect(engine=engine)


@pytest.mark.parametrize("kind", [pl.DataFrame, pl.LazyFrame])
def test_counting_over_pooled_groups_is_said(kind):
    log = kind({"model": ["a", "b"], "id": ["x", "x"], "v": [True, True]})
    for words in ({"k": 1}, {"at_most": 1}):
        with pytest.warns(UserWarning, match="column 'model' not in by=: .* or by=\\[\\] to pool them") as caught:
            pk.filter_correct(log, verdict="v", **words)
        assert caught[0].filename == __file__
        assert pk.filter_correct(log, verdict="v", by=[], **words).lazy().collect().height == 1
    assert pk.filter_correct(log, verdict="v").lazy().collect().height == 2


def test_a_slip_in_the_passing_words_is_said():
    log = pl.DataFrame({"id": ["x", "x", "y", "y"], "v": ["Pass", "Pass", "fail", None]})
    for kind in (pl.String, pl.Categorical):
        frame = log.with_columns(pl.col("v").cast(kind))
        with pytest.warns(UserWarning, match="not one sample passed") as caught:
            assert pk.filter_correct(frame, verdict="v", passing="pass").height == 0
        with pytest.warns(UserWarning, match="not one sample passed") as counted:
            pk.tally(frame, verdict="v", passing="pass", on_null="fail")
        assert caught[0].message.args == counted[0].message.args
        assert caught[0].filename == __file__
    with pytest.warns(UserWarning, match=r"these verdicts count as failed: 'Pass' \(2\), 'fail' \(1\); add 'Pass'"):
        pk.filter_correct(pl.concat([log, log.head(1).with_columns(v=pl.lit("pass"))]), verdict="v", passing="pass")
    assert pk.filter_correct(log.lazy(), verdict="v", passing="pass").collect().height == 0
    assert everywhere(log, verdict="v", passing="Pass", failing="fail")["id"].to_list() == ["x", "x"]


@pytest.mark.parametrize("kind", [pl.DataFrame, pl.LazyFrame])
def test_bad_calls(kind):
    def fails(match, words=None, error=ValueError, **columns):
        with pytest.raises(error, match=match):
            pk.filter_correct(kind(columns or {"id": [1], "acc": [1]}), **(words or {}))

    fails(r"k= is a positive integer, not 0", {"k": 0})
    fails(r"at_most= is a positive integer, not 1\.5", {"at_most": 1.5})
    fails("no column 'step' in the log; there are: id, acc", {"by": "step"})
    fails("no column 'right' in the log", {"verdict": "right"})
    fails("say problem=: no column has a usual name", task=[1], acc=[1])
    fails("say verdict=: several columns could be it", id=[1], acc=[1], correct=[1])
    fails("column 'id' cannot be both by= and problem=", {"by": "id", "problem": "id"})
    fails("column `acc`: the column holds strings; say passing=", id=[1], acc=["pass"])
    fails("column `acc`: threshold= is for numbers, and the column holds String", {"threshold": 1}, id=[1], acc=["1"])
    fails("column `acc`: passing= is for strings, and the column holds Int64", {"passing": "pass"})
    fails("threshold= is for numbers and passing= for strings", {"threshold": 1, "passing": "pass"})
    fails(r"say passing= too", {"failing": "fail"}, id=[1], acc=["pass"])
    fails("column `acc`: the column holds List", id=[1], acc=[[1]])
    with pytest.raises(TypeError, match=r"takes a Polars DataFrame or LazyFrame, not a dict; make one with"):
        pk.filter_correct({"id": [1], "acc": [1]})


def brute(n, c, k, at_most):
    """Mean of what is kept over all ways to draw k of n, and how often anything is."""
    draws = [min(sum(i < c for i in draw), at_most or k) for draw in combinations(range(n), k)]
    return Fraction(sum(draws), len(draws)), Fraction(sum(kept > 0 for kept in draws), len(draws))


def hypergeometric(n, c, k, at_most):
    weights = {h: comb(c, h) * comb(n - c, k - h) for h in range(max(0, k - n + c), min(c, k) + 1)}
    return Fraction(sum(min(h, at_most or k) * weight for h, weight in weights.items()), comb(n, k))


@pytest.mark.parametrize("at_most", [None, 1, 2, 3, 9])
def test_what_is_kept_in_expectation_is_the_mean_over_all_draws(at_most):
    for n in range(1, 8):
        counts = tally(n, list(range(n + 1)))
        for k in range(1, n + 1):
            table = counts.keep_rate(k, at_most=at_most)
            for row in table.iter_rows(named=True):
                kept, solved = brute(n, row["c"], k, at_most)
                assert row["kept"] == pytest.approx(float(kept), rel=1e-15, abs=0)
                assert row["keep_rate"] == pytest.approx(float(kept / k), rel=1e-15, abs=0)
                assert row["solved"] == float(solved)


@settings(max_examples=300, deadline=None)
@given(data=st.data(), n=st.integers(1, 400), at_most=st.none() | st.integers(1, 40))
def test_what_is_kept_in_expectation_is_exact(data, n, at_most):
    c, k = data.draw(st.integers(0, n)), data.draw(st.integers(1, n))
    kept = tally(n, [c]).keep_rate(k, at_most=at_most)["kept"].item()
    assert kept == pytest.approx(float(hypergeometric(n, c, k, at_most)), rel=1e-14, abs=0)


def test_shares_of_k_are_read_as_the_counts_they_are():
    for k in range(1, 513):
        assert all(_core.passes_needed([k], i / k) == [i] for i in range(1, k + 1)), k


def test_the_filter_keeps_what_is_expected_of_it():
    """Over orders of the same samples, what the filter keeps has the mean that the table says."""
    rng = random.Random(0)
    verdicts = [True] * 3 + [False] * 7
    expected = tally(10, [3]).keep_rate(4, at_most=2).row(0, named=True)
    kept = []
    for _ in range(2000):
        rng.shuffle(verdicts)
        log = pl.DataFrame({"id": 0, "correct": verdicts})
        kept.append(pk.filter_correct(log, k=4, at_most=2).height)
    # The standard deviation of one is below 0.8, so that of the mean is below 0.018.
    assert np.mean(kept) == pytest.approx(expected["kept"], abs=0.08)
    assert np.mean(np.array(kept) > 0) == pytest.approx(expected["solved"], abs=0.05)


def test_the_cap_turns_rates_into_pass_at_k():
    counts = tally(16, [0, 1, 4, 12, 16])
    n, c = counts.frame["n"], counts.frame["c"]
    capped, free = counts.keep_rate(8, at_most=1), counts.keep_rate(8)
    assert capped["kept"].to_list() == pk.pass_at_k(n, c, 8).to_list() == free["solved"].to_list()
    assert free["keep_rate"].to_list() == (c / n).to_list()
    assert capped["share"].to_list() == pytest.approx((capped["kept"] / capped["kept"].sum()).to_list())


def test_shares_are_of_the_group():
    table = of((0, 1, 8, 2), (0, 2, 8, 6), (1, 1, 8, 0), (1, 2, 8, 0), by="step").keep_rate(4)
    assert table.columns == ["step", "problem", "n", "c", "k", "kept", "keep_rate", "solved", "share"]
    assert table["share"].to_list() == [0.25, 0.75, None, None]
    assert table["k"].to_list() == [4] * 4
    assert tally(8, []).keep_rate(4).height == 0


def test_what_cannot_be_kept():
    uneven = tally([4, 8], [1, 2])
    with pytest.raises(
        ValueError, match=r"k = 8 is more than a problem\'s n: problem=0 has n=4\. Lower k, or say on_k"
    ):
        uneven.keep_rate(8)
    assert uneven.keep_rate(8, on_k_gt_n="skip")["problem"].to_list() == [1]
    with pytest.raises(ValueError, match="on_k_gt_n='drop' is not one of error, skip"):
        uneven.keep_rate(4, on_k_gt_n="drop")
    with pytest.raises(ValueError, match="k= is a positive integer, not 0"):
        uneven.keep_rate(0)
    with pytest.raises(ValueError, match="at_most= is a positive integer, not 0"):
        uneven.keep_rate(4, at_most=0)
    with pytest.raises(ValueError, match="the table has a column 'share' of its own"):
        pk.Tally.from_counts(pl.DataFrame({"share": [1], "n": [1], "c": [1]}), problem="share").keep_rate(1)
