"""The diagnosis against plain loops, and what it says."""

import math
import re

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

import exact
import passcurve as pk


def tally(runs, n=16, by=("step",)):
    rows = [(*name, i, n, c) for name, counts in runs.items() for i, c in enumerate(counts)]
    return pk.Tally.from_counts(pl.DataFrame(rows, schema=[*by, "problem", "n", "c"], orient="row"), by=list(by))


def run(seed=0, problems=40, steps=(0, 100, 400)):
    """Rates that are driven to 0 and 1 along the steps."""
    rng = np.random.default_rng(seed)
    logit = rng.normal(0.2, 1, problems)
    rates = {step: 1 / (1 + np.exp(-(1 + step / 100) * (logit + 0.3))) for step in steps}
    return {(step,): rng.binomial(16, p) for step, p in rates.items()}


def test_every_number_is_that_of_a_loop():
    k, size, n = 4, 8, 16
    frame = tally(run()).diagnose(k, group_size=size).frame
    for row, (name, counts) in zip(frame.iter_rows(named=True), run().items(), strict=True):
        mean = lambda f: float(sum(f(n, int(c)) for c in counts) / len(counts))  # noqa: E731, B023
        alphas = [float(exact.alpha_k(n, int(c), k)) for c in counts]
        squares = [float(k**2 * exact.allfail(n, int(c), 2 * k - 2)) for c in counts]
        expected = {
            "step": name[0],
            "k": k,
            "group_size": size,
            "n_problems": 40,
            "n_min": n,
            "n_max": n,
            "pass_at_1": mean(lambda n, c: exact.pass_at_k(n, c, 1)),
            "pass_at_k": mean(lambda n, c: exact.pass_at_k(n, c, k)),
            "gap": mean(lambda n, c: exact.pass_gap(n, c, k)),
            "unsolved": np.mean(counts == 0),
            "saturated": np.mean(counts == n),
            "p_upper": 1 - 0.05 ** (1 / n) if (counts == 0).any() else None,
            "zero_signal": mean(lambda n, c: exact.zero_signal(n, c, size)),
            "all_correct": mean(lambda n, c: exact.all_correct(n, c, size)),
            "informative": mean(lambda n, c: exact.informative(n, c, size)),
            "alpha_mean": np.mean(alphas),
            "alpha_q25": np.quantile(alphas, 0.25),
            "alpha_median": np.median(alphas),
            "alpha_q75": np.quantile(alphas, 0.75),
            "alpha_ess": sum(alphas) ** 2 / sum(a * a for a in alphas),
            "alpha_ess_debiased": (sum(alphas) ** 2 - sum(a * a for a in alphas) + sum(squares)) / sum(squares),
            "signal_mass": mean(lambda n, c: exact.signal_mass(n, c, k)),
        }
        assert row.keys() - expected.keys() == {"gap_lower", "gap_upper"}
        for column, value in expected.items():
            assert row[column] == (value if value is None else pytest.approx(value, rel=1e-12)), column


def test_the_example_of_the_methods():
    """30 problems of n = 8; both effective sizes to the digits that are published beside the formula."""
    counts = [0] * 12 + [1] * 5 + [2] * 3 + [4] * 4 + [7] * 2 + [8] * 4
    row = tally({(0,): counts}, n=8).diagnose(4).frame.row(0, named=True)
    assert row["alpha_ess"] == pytest.approx(18.922924857, abs=5e-10)
    assert row["alpha_ess_debiased"] == pytest.approx(20.263464477, abs=5e-10)


def test_intervals_are_those_of_the_tables():
    t = tally(run())
    diagnosis = t.diagnose(4, group_size=8, confidence_level=0.9)
    columns = ["step", "estimate", "lower", "upper", "method"]
    for measure, table in (
        ("pass_at_1", t.pass_at_k(1, confidence_level=0.9)),
        ("pass_at_k", t.pass_at_k(4, confidence_level=0.9)),
        ("gap", t.pass_gap(4, confidence_level=0.9)),
        ("alpha_mean", t.alpha_k(4, confidence_level=0.9)),
    ):
        rows = diagnosis.intervals.filter(pl.col("measure") == measure)
        assert rows.select(columns).equals(table.select(columns))
    assert diagnosis.intervals.height == 3 * 8
    assert diagnosis.frame["gap_lower"].to_list() == t.pass_gap(4, confidence_level=0.9)["lower"].to_list()


def test_trends_are_a_t_test_of_the_problems_own_lines():
    data = run()
    trends = tally(data).diagnose(4, along="step").trends
    steps = np.array([name[0] for name in data], dtype=float)
    for measure, value in (
        ("pass_at_1", lambda c: c / 16),
        ("gap", lambda c: pk.pass_gap(16, c, 4)),
        ("unsolved", lambda c: c == 0),
    ):
        values = np.array([value(np.array(counts)) for counts in data.values()], dtype=float).T
        changes = np.array([np.polyfit(steps, row, 1)[0] for row in values]) * (steps[-1] - steps[0])
        test = stats.ttest_1samp(changes, 0)
        low, high = test.confidence_interval(0.95)
        row = trends.row(by_predicate=pl.col("measure") == measure, named=True)
        assert row["change"] == pytest.approx(changes.mean(), rel=1e-9)
        assert (row["lower"], row["upper"]) == pytest.approx((low, high), rel=1e-7)
        assert row["p_value"] == pytest.approx(test.pvalue, rel=1e-7)
        assert (row["n_problems"], row["n_steps"], row["n_left_out"]) == (40, 3, 0)


def test_a_trend_without_a_trend_is_found_as_often_as_the_level_says():
    rng = np.random.default_rng(1)
    found = 0
    for _ in range(400):
        rates = rng.beta(0.5, 0.8, 40)
        trends = tally({(step,): rng.binomial(16, rates) for step in range(4)}).diagnose(4, along="step").trends
        found += trends.row(by_predicate=pl.col("measure") == "gap", named=True)["p_value"] < 0.05
    assert 6 <= found <= 36  # 20 is due, with a standard deviation of 4.4


def test_the_sentences_say_what_the_tables_hold():
    diagnosis = tally(run()).diagnose(4, group_size=8, along="step")
    last = diagnosis.frame.row(-1, named=True)
    text = "\n".join(diagnosis.sentences)
    assert repr(diagnosis) == text
    assert all(
        line.startswith(("step 400: ", "from step", "training groups")) or "problem" in line
        for line in diagnosis.sentences
    )
    unsolved = round(last["unsolved"] * 40)
    assert f"step 400: {100 * unsolved / 40:.0f}% ({unsolved}) of 40 problems gave no correct sample in 16" in text
    assert (
        "at most p <= 0.171 each (95%, one problem at a time); "
        "under pass@4 they carry an estimated weight of 4 and no signal." in text
    )
    assert "pass@4 is collapsing to pass@1, while pass@1 rises." in text
    assert re.search(r"\d+ problems? with a correct sample at step 0 ha(s|ve) none at 400, \d+ the other way", text)
    assert "<li>" in diagnosis._repr_html_()


def test_runs_are_told_apart_and_lost_problems_counted():
    runs = {("a", 0): [1, 1, 0, 8], ("a", 9): [0, 0, 0, 8], ("b", 0): [1, 2, 3, 4], ("b", 9): [8, 8, 8, 8]}
    diagnosis = tally(runs, n=8, by=("model", "step")).diagnose(4, along="step")
    assert diagnosis.frame["model"].to_list() == ["a", "a", "b", "b"]
    assert diagnosis.trends["model"].unique().sort().to_list() == ["a", "b"]
    text = "\n".join(diagnosis.sentences)
    assert "model a: 2 problems with a correct sample at step 0 have none at 9, 0 the other way round." in text
    assert (
        "model b, step 9: 100% (4) gave nothing but correct samples: under pass@4 they carry an estimated weight of 0."
        in text
    )
    assert "model b, step 0" not in text


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(0, 8), min_size=1, max_size=12), st.integers(1, 8), st.integers(1, 8))
def test_any_counts_can_be_diagnosed(counts, k, size):
    diagnosis = tally({(0,): counts}, n=8).diagnose(k, group_size=size, along="step")
    row = diagnosis.frame.row(0, named=True)
    for name in ("pass_at_1", "pass_at_k", "gap", "unsolved", "saturated", "zero_signal", "all_correct", "informative"):
        assert 0 <= row[name] <= 1
    assert row["zero_signal"] + row["all_correct"] + row["informative"] == pytest.approx(1)
    assert row["alpha_ess"] is None or 1 <= row["alpha_ess"] <= len(counts) + 1e-9
    assert diagnosis.sentences
    assert not any("nan" in text.lower() or "None" in text for text in diagnosis.sentences)


def test_answers():
    log = pl.DataFrame(
        {
            "problem": ["a"] * 4 + ["b"] * 4,
            "correct": [1, 1, 0, 0, 0, 0, 0, 0],
            "answer": ["7", "7", "8", None, "1", "2", "3", "4"],
        }
    )
    kept = pk.tally(log, answer="answer").diagnose(2)
    row = kept.frame.row(0, named=True)
    assert row["top_answer"] == (2 / 4 + 1 / 4) / 2
    assert row["same_answer"] == (2 / 12 + 0) / 2
    assert any(
        "two samples of a problem give the same answer with probability 0.083" in text for text in kept.sentences
    )
    assert "top_answer" not in pk.tally(log).diagnose(2).frame.columns
    assert pk.tally(log, reward="correct", verdict="correct").diagnose(2).frame.columns[-1] == "signal_mass"


def test_problems_that_are_not_at_every_step_are_left_out_of_the_trend():
    rows = [(0, 1, 8, 3), (0, 2, 8, 1), (0, 3, 8, 1), (5, 1, 8, 4), (5, 2, 8, 4)]
    t = pk.Tally.from_counts(pl.DataFrame(rows, schema=["step", "problem", "n", "c"], orient="row"), by="step")
    trends = t.diagnose(2, along="step").trends
    assert trends["n_problems"].unique().to_list() == [2]
    assert trends["n_left_out"].unique().to_list() == [1]
    dated = pl.DataFrame(rows, schema=["step", "problem", "n", "c"], orient="row").with_columns(
        step=pl.date(2026, 1, 1) + pl.duration(days="step")
    )
    again = pk.Tally.from_counts(dated, by="step").diagnose(2, along="step").trends
    assert again["change"].to_list() == pytest.approx(trends["change"].to_list())


def test_skipping_problems_with_few_samples():
    rows = [(1, 8, 3), (2, 4, 1), (3, 8, 8)]
    t = pk.Tally.from_counts(pl.DataFrame(rows, schema=["problem", "n", "c"], orient="row"))
    with pytest.raises(ValueError, match=r'problem=2 has n=4. Lower k, or say on_k_gt_n="skip" \(leave'):
        t.diagnose(2, group_size=8)
    assert t.diagnose(2, group_size=8, on_k_gt_n="skip").frame["n_problems"].item() == 2
    with pytest.raises(ValueError, match="there is no problem to diagnose"):
        t.diagnose(16, on_k_gt_n="skip")


def test_calls_that_are_wrong():
    t = tally(run())
    for words, match in (
        ({"k": 0}, "k= is a positive integer"),
        ({"k": 4, "group_size": 0}, "group_size= is a positive integer"),
        ({"k": [4, 8]}, "k= is a positive integer"),
        ({"k": 4, "along": "epoch"}, r"along='epoch' is no column of by= \(step\)"),
        ({"k": 4, "on_k_gt_n": "drop"}, "would leave nothing of a single k"),
        ({"k": 4, "confidence_level": 95}, "did you mean 0.95"),
    ):
        with pytest.raises(ValueError, match=match):
            t.diagnose(**words)
    named = tally({("early",): [1, 2], ("late",): [3, 4]})
    with pytest.raises(ValueError, match="steps are numbers or dates"):
        named.diagnose(4, along="step")


def test_unsolved_bound_is_that_of_the_problem_with_fewest_samples():
    rows = [(1, 8, 0), (2, 64, 0), (3, 64, 8)]
    t = pk.Tally.from_counts(pl.DataFrame(rows, schema=["problem", "n", "c"], orient="row"))
    assert t.diagnose(4).frame["p_upper"].item() == pytest.approx(1 - math.pow(0.05, 1 / 8))


def sentence(before, after, n=8, k=4):
    return [s for s in tally({(0,): before, (1,): after}, n=n).diagnose(k, along="step").sentences if "p = " in s]


def test_what_a_closing_gap_means():
    rng = np.random.default_rng(0)
    low = rng.integers(2, 6, 40)
    assert "pass@1 comes up to pass@4 though it rises itself." in sentence(low, np.full(40, 8))[0]
    lost = [0 if i % 2 else c for i, c in enumerate(low)]
    assert "is collapsing to pass@1, and what several draws found is being lost." in sentence(low, lost)[0]
    # All move alike: no p-value for pass@1, and yet it rises.
    each = np.repeat([3, 4, 5], 7)
    assert "pass@1 comes up to pass@4" in sentence(each, each + 2)[0]


def test_fewer_samples_lose_no_problem():
    rates = np.random.default_rng(3).beta(0.5, 1, 100)
    rows = [
        (s, i, n, int(np.random.default_rng([s, i]).binomial(n, p)))
        for s, n in ((0, 64), (1, 8))
        for i, p in enumerate(rates)
    ]
    t = pk.Tally.from_counts(pl.DataFrame(rows, schema=["step", "problem", "n", "c"], orient="row"), by="step")
    diagnosis = t.diagnose(4, along="step")
    kept = diagnosis.trends.filter(pl.col("change").is_not_null())["measure"].to_list()
    assert kept == ["pass_at_1", "pass_at_k", "gap", "informative", "signal_mass", "alpha_mean"]
    assert not any("the other way round" in text for text in diagnosis.sentences)


def test_an_effective_number_is_one_of_problems():
    for seed in range(30):
        counts = np.random.default_rng(seed).binomial(16, 0.3, 10)
        size = tally({(0,): counts}).diagnose(8).frame["alpha_ess_debiased"].item()
        assert size is None or 1 <= size <= 10


def test_shares_near_one_keep_their_digits():
    text = "\n".join(tally({(0,): [0] * 498 + [1, 2]}, n=8).diagnose(4).sentences)
    assert "99.6% (498) of 500 problems" in text
    assert "e+" not in text


def test_trends_of_families_are_refused():
    with pytest.raises(ValueError, match="take cluster= without along="):
        tally(run()).diagnose(4, along="step", cluster="problem")
