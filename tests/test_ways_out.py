"""Wrong calls whose message names the word that is wrong and the way out."""

import numpy as np
import polars as pl
import pytest

import passcurve as pk
from passcurve.theory import simulate

COUNTS = pk.Tally.from_counts(pl.DataFrame({"problem": ["a", "b"], "n": [4, 8], "c": [1, 2]}))
GRADED = pl.DataFrame({"problem": [1, 1, 2], "reward": [0.0, 1.0, 0.5]})


def test_the_group_is_blamed_and_not_k():
    with pytest.raises(ValueError, match=r"^group_size = 16 is more than a problem's n: problem='a' has n=4\. Low"):
        COUNTS.diagnose(2, group_size=16)
    with pytest.raises(ValueError, match=r"^k = 16 is more than a problem's n: .* Lower k, or say on_k_gt_n"):
        COUNTS.diagnose(16)


def test_whole_floats_are_a_k_everywhere():
    assert COUNTS.pass_at_k(2.0).equals(COUNTS.pass_at_k(2))
    assert COUNTS.pass_at_k(np.array([1.0, 2.0])).equals(COUNTS.pass_at_k([1, 2]))
    assert COUNTS.keep_rate(2.0).equals(COUNTS.keep_rate(2))
    assert COUNTS.diagnose(2.0, group_size=4.0).frame.equals(COUNTS.diagnose(2, group_size=4).frame)
    assert pk.pass_at_k(8, 3, 2.0) == pk.pass_at_k(8, 3, 2)
    assert pk.max_at_k([0.0, 1.0], 2.0) == pk.max_at_k([0.0, 1.0], np.float32(2)) == 1
    assert pk.advantages.pkpo([0.0, 1.0], 2.0).tolist() == pk.advantages.pkpo([0.0, 1.0], 2).tolist()
    assert pk.filter_correct(GRADED, verdict="reward", threshold=1, k=2.0).height == 1
    words = {"start": [0.1, 0.2], "learning_rate": 0.1, "steps": 2, "n_runs": 2}
    assert simulate(k=2.0, **words).equals(simulate(k=2, **words))
    for call in (COUNTS.pass_at_k, COUNTS.keep_rate, COUNTS.diagnose, lambda k: pk.pass_at_k(8, 3, k)):
        for k in (2.5, float("nan"), True):
            with pytest.raises((TypeError, ValueError), match=r"\bk\b"):
                call(k)


def test_samples_that_are_no_lists_are_to_be_imploded():
    expression = pk.max_at_k("reward", 1)
    for query in (
        lambda: GRADED.group_by("problem").agg(expression),
        lambda: GRADED.select(expression.over("problem")),
        lambda: GRADED.select(pk.min_at_k(pl.col("reward"), 1)),
    ):
        with pytest.raises(pl.exceptions.ComputeError, match=r"within agg and over: pl\.col\(\.\.\.\)\.implode\(\)"):
            query()
    gathered = pk.max_at_k(pl.col("reward").implode(), 1)
    assert GRADED.select(gathered.over("problem")).to_series().to_list() == [0.5, 0.5, 0.5]


@pytest.mark.parametrize("ks", [[1, 2], (1, 2), range(1, 3), np.array([1, 2])])
def test_several_ks_in_a_query_are_several_expressions(ks):
    said = r'one expression each: \[pk\.max_at_k\("reward", k\)\.alias\(f"max_at_\{k\}"\) for k in \(1, 8\)\]'
    with pytest.raises(TypeError, match=said):
        pk.max_at_k("reward", ks)
    with pytest.raises(TypeError, match=r'pk\.maj_at_k\("a", "c", k\)'):
        pk.maj_at_k("a", "c", ks)
    with pytest.raises(TypeError, match=r"pk\.min_at_k\(\.\.\., k\)"):
        pk.min_at_k(pl.Series([[0.0, 1.0]]), ks)


def test_k_past_n_in_a_query_names_null():
    frame = pl.DataFrame({"n": [8, 4], "c": [3, 1]})
    with pytest.raises(pl.exceptions.ComputeError, match=r'draw more samples or lower k, or say invalid="null"'):
        frame.select(pk.pass_at_k("n", "c", 8))
    with pytest.raises(pl.exceptions.ComputeError) as caught:
        frame.select(pk.pass_at_k("c", "n", 1))
    assert "c > n" in str(caught.value)
    assert "invalid=" not in str(caught.value)


class Tensor:
    """As torch's: rows can be had one by one, and NumPy's memory by DLPack."""

    def __dlpack__(self):
        raise AssertionError("not asked for")

    def __iter__(self):
        return iter([np.ones(2)])


def test_warnings_point_at_the_line_of_the_call():
    calls = (
        lambda: pk.mg_pass_at_k(8, 3, 3),
        lambda: pk.mg_pass_at_k("n", "c", 3),
        lambda: COUNTS.mg_pass_at_k(3),
        lambda: COUNTS.extrapolate(64),
        lambda: COUNTS.pass_at_k(64, on_k_gt_n="extrapolate"),
    )
    for call in calls:
        with pytest.warns(UserWarning, match=r"odd k|beyond twice") as caught:
            call()
        assert {(warning.filename, warning.lineno) for warning in caught} == {(__file__, call.__code__.co_firstlineno)}


def test_tensors_are_to_be_arrays():
    with pytest.raises(TypeError, match=r"^cannot tally a Tensor; .* of a tensor \.detach\(\)\.cpu\(\)\.numpy\(\)"):
        pk.tally(Tensor())


def test_roles_that_no_column_has_are_said_at_once():
    log = pl.DataFrame({"q": [1], "right": [True], "model": ["a"]})
    for call in (pk.tally, pk.filter_correct):
        with pytest.raises(ValueError, match=r"^say ") as caught:
            call(log)
        assert str(caught.value) == (
            "say problem=: no column has a usual name (problem, problem_id, task_id, question_id, doc_id, instance_id, "
            "id, item, uid); say verdict=: no column has a usual name (correct, is_correct, passed, resolved, acc, "
            "verdict, score); there are: q, right, model"
        )
        with pytest.raises(ValueError, match=r"^say problem=: no column has .*, uid\); there are: q, right, model$"):
            call(log, verdict="right")
    with pytest.raises(ValueError, match=r"^say verdict=: several columns could be it \(acc, score\); there are: "):
        pk.tally(pl.DataFrame({"id": [1], "acc": [1], "score": [1]}))


def test_a_near_name_is_proposed():
    log = pl.DataFrame({"problem": [1], "correct": [True], "model": ["a"]})
    with pytest.raises(ValueError, match=r"^no column 'modle' in the log; did you mean 'model'\? there are: problem, "):
        pk.tally(log, by="modle")
    with pytest.raises(ValueError, match=r"^no column 'step' in the log; there are: problem, correct, model$"):
        pk.tally(log, by="step")


def test_steps_of_strings_are_to_be_cast():
    frame = pl.DataFrame({"step": ["0", "10"], "problem": [1, 1], "n": 4, "c": [1, 2]})
    t = pk.Tally.from_counts(frame, by="step")
    with pytest.raises(ValueError, match=r"along='step' holds String; .*, with pl\.col\('step'\)\.cast\(pl\.Int64\)"):
        t.diagnose(2, along="step")
    cast = pk.Tally.from_counts(frame.with_columns(pl.col("step").cast(pl.Int64)), by="step")
    assert cast.diagnose(2, along="step").trends is not None


def test_a_share_that_is_a_string_is_whole_in_the_message():
    with pytest.raises(TypeError, match=r"^tau is one number in \[0, 1\], not '0\.5'; did you mean the number 0\.5\?$"):
        COUNTS.g_pass_at_k(2, "0.5")
    with pytest.raises(TypeError, match=r"^tau is one number in \[0, 1\], not 'half'$"):
        COUNTS.g_pass_at_k(2, "half")


def test_what_is_missing_is_missing_of_a_tally():
    with pytest.raises(TypeError, match=r"^Tally\.diagnose\(\) missing 1 required positional argument: 'k'$"):
        COUNTS.diagnose()
    with pytest.raises(TypeError, match=r"^Tally\.plan\(\) missing"):
        COUNTS.plan()


def test_wrong_words_are_refused_before_the_work(monkeypatch):
    def worked(*_):
        raise AssertionError("the work began")

    monkeypatch.setattr("passcurve._sampled.answers", worked)
    monkeypatch.setattr("passcurve._sampled.rewards", worked)
    for call in (COUNTS.maj_at_k, COUNTS.best_of_k):
        with pytest.raises(ValueError, match='takes over="problems"'):
            call(2, over="samples")
    for call in (COUNTS.maj_at_k, COUNTS.max_at_k, COUNTS.min_at_k, COUNTS.best_of_k):
        with pytest.raises(ValueError, match='does not go with method="bayes"'):
            call(2, method="bayes")
        with pytest.raises(ValueError, match="over='sample' is not one of problems, samples"):
            call(2, over="sample")


def test_a_column_alone_is_no_log():
    for column in (pl.Series([True, False]), pytest.importorskip("pandas").Series([True, False])):
        with pytest.raises(TypeError, match=r"^a Series is one column; pass the frame it comes from$"):
            pk.tally(column)
