"""The diagnosis against plain loops, and what it says."""

import math
import re

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import exact
import passcurve as pk
from steps import run, tally


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


def test_the_sentences_say_what_the_tables_hold():
    diagnosis = tally(run(problems=160)).diagnose(4, group_size=8, along="step")
    last = diagnosis.frame.row(-1, named=True)
    text = "\n".join(diagnosis.sentences)
    assert repr(diagnosis) == text
    assert all(
        line.startswith(("step 400: ", "from step", "training groups")) or "problem" in line
        for line in diagnosis.sentences
    )
    unsolved = round(last["unsolved"] * 160)
    assert f"step 400: {100 * unsolved / 160:.0f}% ({unsolved}) of 160 problems gave no correct sample in 16" in text
    assert (
        "at most p <= 0.171 each (95%, one problem at a time); "
        "under pass@4 they carry an estimated weight of 4 and no signal." in text
    )
    assert "pass@4 is collapsing to pass@1, while pass@1 rises." in text
    assert re.search(r"\d+ problems? with a correct sample at step 0 ha(s|ve) none at 400, \d+ the other way", text)
    assert "<li>" in diagnosis._repr_html_()
    assert "step 400: of training groups of 8, " in text
    assert f"as uneven as if {last['alpha_ess_debiased']:.0f} of 160 problems shared it equally" in text


def test_a_group_size_that_was_not_given_is_said_to_be_k():
    counts = tally({(0,): [0, 1, 4, 8] * 5}, n=8)
    usual = [text for text in counts.diagnose(4).sentences if "training groups" in text]
    asked = [text for text in counts.diagnose(4, group_size=4).sentences if "training groups" in text]
    assert usual[0].startswith("step 0: of training groups of 4 (k, as group_size= was not given), ")
    assert asked[0].startswith("step 0: of training groups of 4, ")
    for size in (None, 1):
        alone = " ".join(counts.diagnose(1, group_size=size).sentences)
        assert "training groups of 1" not in alone
        assert "a training group of 1" not in alone


def test_runs_are_told_apart_and_lost_problems_counted():
    runs = {("a", 0): [1, 1, 0, 8], ("a", 9): [0, 0, 0, 8], ("b", 0): [1, 2, 3, 4], ("b", 9): [8, 8, 8, 8]}
    diagnosis = tally(runs, n=8, by=("model", "step")).diagnose(4, along="step")
    assert diagnosis.frame["model"].to_list() == ["a", "a", "b", "b"]
    assert diagnosis.trends["model"].unique().sort().to_list() == ["a", "b"]
    text = "\n".join(diagnosis.sentences)
    assert "model a: 2 problems with a correct sample at step 0 have none at 9, 0 the other way round." in text
    assert (
        "model b, step 9: 100% (4) of 4 problems gave nothing but correct samples: "
        "under pass@4 they carry an estimated weight of 0." in text
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


def test_skipping_problems_with_few_samples():
    rows = [(1, 8, 3), (2, 4, 1), (3, 8, 8)]
    t = pk.Tally.from_counts(pl.DataFrame(rows, schema=["problem", "n", "c"], orient="row"))
    with pytest.raises(
        ValueError, match=r'^group_size = 8 is .*: problem=2 has n=4. Lower group_size, or say on_k_gt_n="skip" \(leave'
    ):
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


def test_an_effective_number_is_one_of_problems():
    for seed in range(30):
        counts = np.random.default_rng(seed).binomial(16, 0.3, 10)
        size = tally({(0,): counts}).diagnose(8).frame["alpha_ess_debiased"].item()
        assert size is None or 1 <= size <= 10


def test_shares_near_one_keep_their_digits():
    text = "\n".join(tally({(0,): [0] * 498 + [1, 2]}, n=8).diagnose(4).sentences)
    assert "99.6% (498) of 500 problems" in text
    assert "e+" not in text


def test_ends_are_where_the_means_can_be():
    most = {"gap": (1 - 1 / 4) * 4 ** (-1 / 3), "signal_mass": (1 - 1 / 4) ** 3, "informative": 1 - 2**-7}
    for counts in ([4] * 3, [2, 3], [0, 8, 4], list(range(9)), [1] * 40):
        rows = tally({(0,): counts, (1,): counts}, n=8).diagnose(4, group_size=8, along="step")
        for measure, possible in most.items():
            for row in rows.intervals.filter(measure=measure).iter_rows(named=True):
                assert row["lower"] <= row["estimate"] <= row["upper"] <= max(possible, row["estimate"]) + 1e-15
            for row in rows.trends.filter(measure=measure).iter_rows(named=True):
                assert -possible - 1e-15 <= row["lower"] <= 0 <= row["upper"] <= possible + 1e-15
    # What few samples say may be more than any p gives, and the end stays there.
    row = tally({(0,): [1] * 30}, n=4).diagnose(4).intervals.filter(measure="signal_mass").row(0, named=True)
    assert row["estimate"] == row["upper"] == 1 > row["lower"]


def test_one_draw():
    diagnosis = tally({(0,): [0, 1, 4, 8] * 5, (1,): [0, 3, 8, 8] * 5}, n=8).diagnose(1, along="step")
    assert diagnosis.sentences == [
        "step 1: 25% (5) of 20 problems gave no correct sample in 8: at most p <= 0.312 each (95%, one problem at a "
        "time); under pass@1 they carry a weight of 1, as every problem does, and no signal.",
        "step 1: 50% (10) of 20 problems gave nothing but correct samples: under pass@1 they carry a weight of 1, as "
        "every problem does, though a group without a wrong sample teaches GRPO and RLOO nothing.",
        "step 1: how often a training group holds both a correct and a wrong sample is told with group_size= above 1.",
        "step 1: pass@1 is 0.594; its weight alpha_1 is 1 on every problem.",
        diagnosis.sentences[-1],
    ]
    assert re.fullmatch(
        r"from step 0 to 1, pass@1 \+0.188 \[.*\] \(the mean of 20 straight lines, one a problem; p = .*\): pass@1 .*",
        diagnosis.sentences[-1],
    )
    known = pl.col("measure").is_in(["gap", "alpha_mean", "informative"])
    assert diagnosis.trends.filter(known).select("lower", "upper", "method").unique().rows() == [(0, 0, "exact")]
    assert diagnosis.intervals.filter(known)["method"].unique().to_list() == ["exact"]


def test_answers_that_are_null():
    log = pl.DataFrame(
        {
            "model": ["a"] * 4 + ["b"] * 4,
            "problem": ["p", "p", "q", "q"] * 2,
            "correct": [1, 0, 0, 0] * 2,
            "answer": ["7", "7", "8", None, None, None, None, None],
        }
    )
    diagnosis = pk.tally(log, by="model", answer="answer").diagnose(2)
    assert diagnosis.frame.select("top_answer", "same_answer").rows() == [(0.75, 0.5), (None, None)]
    assert diagnosis.sentences[-1] == "model b: every answer is null, so nothing is known of how often samples agree."
    single = pk.tally(log[::2].head(2), by="model", answer="answer").diagnose(1)
    assert single.frame.select("top_answer", "same_answer").rows() == [(1, None)]
    assert "no problem has two samples" in single.sentences[-1]
