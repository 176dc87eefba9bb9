"""What the metrics over samples take, in arrays, lists, Series and queries, and what they refuse."""

import numpy as np
import polars as pl
import pytest

import passcurve as pk

ENGINES = ("in-memory", "streaming")
REWARDS = [[0.0, 1.0, 0.5], [0.25, 0.75, 0.25]]
ANSWERS = [["a", "a", "b", None], ["x", "y", "y", "z"]]
CORRECT = [[True, True, False, None], [False, True, True, False]]


def fails(kind, words, function, *args, **kwargs):
    with pytest.raises(kind) as raised:
        function(*args, **kwargs)
    assert str(raised.value) == words


def test_shapes():
    rng = np.random.default_rng(0)
    rewards = rng.random((2, 3, 8))
    assert isinstance(pk.max_at_k(rewards[0, 0], 3), float)
    assert pk.max_at_k(rewards, 3).shape == (2, 3)
    curves = pk.max_at_k(rewards, [1, 4, 8, 4])
    assert curves.shape == (2, 3, 4)
    assert np.array_equal(curves[..., 2], rewards.max(-1))
    assert np.array_equal(curves[..., 1], pk.max_at_k(rewards, 4))
    assert curves[1, 2, 0] == pk.max_at_k(rewards[1, 2].tolist(), 1)
    assert pk.min_at_k(rewards[0, 0], np.array([1, 8])).shape == (2,)
    assert pk.min_at_k(rewards[0, 0], np.int64(8)) == rewards[0, 0].min()
    assert pk.max_at_k(np.zeros((0, 5)), 3).shape == (0,)
    assert pk.best_of_k(rewards, rewards, 8).shape == (2, 3)
    answers = rng.integers(0, 3, (2, 3, 8))
    assert pk.maj_at_k(answers, answers == 0, [1, 8]).shape == (2, 3, 2)


def test_one_problem_however_it_is_given():
    answers, correct = ["7", "8", "7", None], [1, 0, 1, 0]
    value = pk.maj_at_k(answers, correct, 3)
    assert value == 0.75
    for same in (
        (np.array(answers, dtype=object), np.array(correct)),
        (pl.Series(answers), pl.Series(correct)),
        ((7, 8, 7.0, None), (True, False, True, None)),
        ([("4", "30"), (), ("4", "30"), None], correct),
        (pl.Series([7, 8, 7, None]), [1.0, 0.0, 1.0, 0.0]),
    ):
        assert pk.maj_at_k(*same, 3) == value
    plain = pk.maj_at_k(["7", "8", "7"], [1, 0, 1], 2)
    assert pk.maj_at_k(np.array(["7", "8", "7"]), np.array([1, 0, 1], np.uint8), 2) == plain
    assert pk.maj_at_k(np.array([7.0, -0.0, 7.0]), [1, 0, 1], 2) == plain
    assert pk.max_at_k(np.float32([0.5, 0.25]), 2) == pk.max_at_k(pl.Series([0.5, 0.25]), 2) == 0.5
    assert pk.max_at_k((True, False), 1) == pk.max_at_k([1, 0], 1) == 0.5


def test_rows_of_any_length():
    rows = [[1.0, 0.0], np.array([0.5]), (0.25, 0.75, 0.25), pl.Series([1, 1])]
    values = pk.max_at_k(rows, 1)
    assert values.tolist() == [0.5, 0.5, 1.25 / 3, 1.0]
    assert pk.max_at_k([rows[0], rows[2]], [1, 2]).shape == (2, 2)
    assert pk.best_of_k(rows, rows, 1).tolist() == values.tolist()
    answers = [["a", "b"], ["b"], np.array(["a", "a", "c"]), [None]]
    correct = [[True, False], [False], [1, 1, 0], [None]]
    assert pk.maj_at_k(answers, correct, 1).tolist() == [0.5, 0.0, 2 / 3, 0.0]
    deep = [[["a", "b"], ["a", "a"]], [[("t",), None], ["a", "b"]]]
    verdicts = [[[True, False], [True, True]], [[True, None], [True, False]]]
    assert pk.maj_at_k(deep, verdicts, 2).tolist() == [[0.5, 1.0], [1.0, 0.5]]


def test_what_has_no_value_is_named():
    nan, bad = float("nan"), [[0.0, 1.0], [0.5]]
    fails(ValueError, "max_at_k: row 1: k = 2 is more than n = 1; draw more samples or lower k", pk.max_at_k, bad, 2)
    fails(ValueError, "min_at_k: k = 3 is more than n = 2; draw more samples or lower k", pk.min_at_k, [1, 2], [1, 3])
    fails(ValueError, "max_at_k: row 0: no samples", pk.max_at_k, [[], [1.0]], 1)
    fails(ValueError, "max_at_k: no samples", pk.max_at_k, [], 1)
    fails(ValueError, "max_at_k: rewards[1][0] is nan; leave such samples out", pk.max_at_k, [[1.0, 2.0], [nan]], 1)
    cube = np.zeros((2, 3, 4))
    cube[1, 0, 2] = np.inf
    fails(ValueError, "min_at_k: rewards[1, 0, 2] is inf; leave such samples out", pk.min_at_k, cube, 1)
    words = "max_at_k: row (0, 0): k = 5 is more than n = 4; draw more samples or lower k"
    fails(ValueError, words, pk.max_at_k, cube, 5)
    fails(ValueError, "best_of_k: scores[1] is nan; leave such samples out", pk.best_of_k, [1, nan], [1, 1], 1)
    fails(ValueError, "best_of_k: values[1] is inf; leave such samples out", pk.best_of_k, [1, 2], [1, np.inf], 1)
    assert pk.best_of_k([-np.inf, np.inf], [0.0, 1.0], 2) == 1.0
    fails(ValueError, "k= is a positive integer, not 0", pk.max_at_k, [1.0], 0)
    fails(ValueError, "k= is a positive integer, not 1.5", pk.max_at_k, [1.0], [1, 1.5])
    fails(ValueError, "ties='first' is not one of fair, wrong, right", pk.maj_at_k, ["a"], [True], 1, ties="first")


def test_what_is_no_reward_is_named():
    fails(TypeError, "rewards[1, 0] is 'high'; rewards are numbers", pk.max_at_k, [[1.0, 2.0], ["high", 1.0]], 1)
    fails(TypeError, "rewards[1][0] is null; rewards are numbers", pk.max_at_k, [[1.0, 2.0], [None]], 1)
    fails(TypeError, "rewards[1] is '0.5'; rewards are numbers", pk.max_at_k, [1.0, "0.5"], 1)
    with pytest.raises(TypeError, match=r"rewards\[1\] is 3, and other rows are lists"):
        pk.max_at_k([[1.0, 2.0], 3], 1)
    with pytest.raises(ValueError, match=r"rewards is one value"):
        pk.max_at_k(1.0, 1)
    with pytest.raises(ValueError, match=r"rewards\[1\] = 9007199254740993 is not below 2\^53"):
        pk.max_at_k([1, 2**53 + 1], 1)


def test_arguments_that_differ_are_named():
    fails(
        ValueError,
        "row 1: scores has 2 samples and values 1",
        pk.best_of_k,
        [[1], [1, 2]],
        [[1], [1]],
        1,
    )
    fails(ValueError, "scores has 2 problems and values one problem", pk.best_of_k, REWARDS, [1, 2, 3], 1)
    fails(ValueError, "row 1: answers has 2 samples and correct 1", pk.maj_at_k, [["a"], ["a", "b"]], [[1], [0]], 1)
    fails(ValueError, "answers has 2 samples and correct 3", pk.maj_at_k, ["a", "b"], [1, 1, 1], 1)
    fails(ValueError, "answers has 1 rows where correct has 2", pk.maj_at_k, [["a"]], [[1], [1]], 1)
    with pytest.raises(TypeError, match="values is list, which does not go with scores; pass two of a kind"):
        pk.best_of_k("score", [1, 2], 1)
    with pytest.raises(TypeError, match="are a column and a Series"):
        pk.best_of_k("score", pl.Series([[1, 2]]), 1)


def test_answers_and_verdicts_that_are_none():
    mixed = "maj_at_k: answers[1][2]: the answer 'a' passed 1 times of 2; make answers that the verifier tells apart "
    mixed += 'differ (strip, normalise), or say mixed="majority" (an answer is correct when more than half of its '
    mixed += "samples passed)"
    fails(ValueError, mixed, pk.maj_at_k, [["a"], ["a", "b", "a"]], [[0], [1, 0, 0]], 1)
    numbers = np.array([[5, 6], [7, 7]])
    mixed = mixed.replace("[1][2]: the answer 'a'", "[1, 1]: the answer 7")
    fails(ValueError, mixed, pk.maj_at_k, numbers, np.array([[1, 0], [1, 0]]), 1)
    missing = "correct[1] is null, and there is an answer; verdicts are booleans, or 0 and 1"
    fails(ValueError, missing, pk.maj_at_k, ["a", "b"], [True, None], 1)
    fails(ValueError, "correct[0, 1] is 2; verdicts are booleans, or 0 and 1", pk.maj_at_k, [["a", "b"]], [[1, 2]], 1)
    with pytest.raises(TypeError, match=r"answers\[1\] is \['b'\], which is not hashable"):
        pk.maj_at_k(["a", ["b"]], [1, 0], 1)
    for answers in (["a", float("nan")], np.array([1.0, np.nan])):
        with pytest.raises(ValueError, match=r"answers\[1\] is NaN; a sample without an answer has None"):
            pk.maj_at_k(answers, [1, 0], 1)
    with pytest.raises(TypeError, match="verdicts are booleans"):
        pk.maj_at_k(["a"], np.array(["yes"]), 1)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("with_replacement", [False, True])
def test_a_query_gives_the_bits_of_the_function(engine, with_replacement):
    rng = np.random.default_rng(3)
    lengths = rng.integers(4, 12, 500)
    numbers = [rng.integers(0, 9, n).tolist() for n in lengths]
    words = [[None if x == 8 else f"answer {x}" for x in row] for row in numbers]
    correct = [[x < 3 for x in row] for row in numbers]
    columns = {"rewards": numbers, "scores": [[x % 4 for x in row] for row in numbers]}
    frame = pl.DataFrame({**columns, "answers": words, "correct": correct})
    asked = {"k": 4, "with_replacement": with_replacement}
    outside = {
        "max_at_k": pk.max_at_k(numbers, **asked),
        "min_at_k": pk.min_at_k(numbers, **asked),
        "best_of_k": pk.best_of_k(columns["scores"], numbers, **asked),
        "maj_at_k": pk.maj_at_k(words, correct, **asked, ties="right"),
    }
    inside = frame.lazy().select(
        pk.max_at_k("rewards", **asked),
        pk.min_at_k(pl.col("rewards"), **asked),
        pk.best_of_k("scores", pl.col("rewards"), **asked),
        pk.maj_at_k("answers", "correct", **asked, ties="right"),
    )
    assert inside.collect(engine=engine).equals(pl.DataFrame(outside))
    parts = pl.concat([frame[:100], frame[100:103], frame[103:]], rechunk=False)
    assert parts[50:].select(pk.max_at_k("rewards", **asked))["max_at_k"].equals(inside.collect()["max_at_k"][50:])


def test_series_of_lists():
    rewards = pl.Series("r", [*REWARDS, None], dtype=pl.List(pl.Float32))
    result = pk.max_at_k(rewards, 2)
    assert result.name == "r"
    assert result.to_list() == [*pk.max_at_k(REWARDS, 2), None]
    fixed = pl.Series("r", [*REWARDS, None], dtype=pl.Array(pl.Float64, 3))
    assert pk.max_at_k(fixed, 2).to_list() == result.to_list()
    assert fixed.to_frame().select(pk.min_at_k("r", 3))["min_at_k"].to_list() == [0.0, 0.25, None]
    assert pk.max_at_k(fixed[1:], 2).to_list() == result.to_list()[1:]
    assert pk.max_at_k(pl.Series([None, None]), 2).to_list() == [None, None]
    assert pk.max_at_k(pl.Series([], dtype=pl.List(pl.Float64)), 2).to_list() == []
    assert pk.max_at_k(pl.Series([[True, False], [True, True]]), 2).to_list() == [1.0, 1.0]
    for kind in (pl.Int8, pl.UInt16, pl.Int64, pl.UInt64):
        assert pk.min_at_k(pl.Series([[3, 5]], dtype=pl.List(kind)), 1).to_list() == [4.0]


def test_answers_of_any_type():
    expected = pk.maj_at_k(ANSWERS, CORRECT, 2)
    codes = {"a": 1, "b": 2, "x": 3, "y": 4, "z": 5, None: None}
    coded = [[codes[answer] for answer in row] for row in ANSWERS]
    columns = {
        pl.String: ANSWERS,
        pl.Categorical: ANSWERS,
        pl.Enum(["z", "y", "x", "b", "a"]): ANSWERS,
        **dict.fromkeys((pl.Int8, pl.UInt64, pl.Float32, pl.Float64), coded),
    }
    for kind, rows in columns.items():
        for dtype in (pl.List(kind), pl.Array(kind, 4)):
            series = pl.Series(rows, dtype=dtype)
            assert pk.maj_at_k(series, pl.Series(CORRECT), 2).to_list() == list(expected), dtype
    assert pk.maj_at_k(pl.Series([[True, False, True]]), pl.Series([[0, 1, 0]]), 3).to_list() == [0.0]
    nothing = pl.Series([[None, None]], dtype=pl.List(pl.Null))
    assert pk.maj_at_k(nothing, pl.Series([[None, False]]), 2).to_list() == [0.0]


def test_what_is_wrong_in_a_column_is_named():
    def refuses(words, function, *lists, k=1):
        with pytest.raises(ValueError, match=words):
            function(*map(pl.Series, lists), k)
        frame = pl.DataFrame({str(i): values for i, values in enumerate(lists)})
        with pytest.raises(pl.exceptions.ComputeError, match=words):
            frame.select(function(*frame.columns, k))

    refuses(r"max_at_k: row 1: k = 2 is more than n = 1", pk.max_at_k, [[1.0, 2.0], [1.0]], k=2)
    refuses(r"max_at_k: row 2: k = 2 is more than n = 1", pk.max_at_k, [[1.0, 2.0], None, [1.0]], k=2)
    refuses(r"max_at_k: row 0: no samples", pk.max_at_k, [[], [1.0]])
    refuses(r"row 1, sample 0: the reward is NaN or infinite", pk.max_at_k, [[1.0], [float("nan")]])
    refuses(r"row 1, sample 1: the reward is null", pk.max_at_k, [[1.0], [2.0, None]])
    refuses(r"rewards \(column \".*\"\) holds lists of String, not of numbers", pk.max_at_k, [["1.0"], ["2.0"]])
    refuses(r"is not below 2\^53.* in row 1, sample 0", pk.max_at_k, [[1], [2**53 + 1]])
    refuses(r"row 1: scores and values differ in length: 2 and 1", pk.best_of_k, [[1], [1, 2]], [[1], [1]])
    refuses(r"row 1: scores and values differ in length: 1 and null", pk.best_of_k, [[1], [1]], [[1], None])
    refuses(r"row 1: the answer of sample 1 passed 1 times", pk.maj_at_k, [["b"], ["a", "a"]], [[True], [True, False]])
    refuses(r"row 0, sample 1: the verdict of an answer is null", pk.maj_at_k, [["b", "a"]], [[True, None]])
    refuses(r"correct .* is 2, not a boolean, 0 or 1, in row 1, sample 0", pk.maj_at_k, [["b"], ["a"]], [[1], [2]])
    refuses(r"answers .* is NaN .* in row 1, sample 0", pk.maj_at_k, [[1.0], [float("nan")]], [[1], [1]])
    refuses(r"holds lists of .*; cast answers", pk.maj_at_k, [[[1]]], [[1]])
    with pytest.raises(ValueError, match="scores has 1 rows and values has 2 rows"):
        pk.best_of_k(pl.Series([[1]]), pl.Series([[1], [1]]), 1)
    with pytest.raises(pl.exceptions.ComputeError, match=r"holds Int64; it takes one list of samples a row"):
        pl.DataFrame({"r": [1, 2]}).select(pk.max_at_k("r", 1))
    with pytest.raises(ValueError, match="k= is a positive integer, not 'k'"):
        pk.max_at_k("r", "k")


def test_within_groups_and_from_a_log():
    log = pl.DataFrame({"problem": [1, 1, 1, 2, 2], "answer": ["a", "b", "a", "c", None], "correct": [1, 0, 1, 0, 0]})
    query = log.lazy().group_by("problem", maintain_order=True).agg("answer", "correct")
    votes = query.select("problem", pk.maj_at_k("answer", "correct", 2)).collect()
    assert votes["maj_at_k"].to_list() == [pytest.approx(2 / 3), 0.0]
    assert votes.lazy().select(pk.max_at_k(pl.col("maj_at_k").implode(), 1)).collect_schema() == {
        "max_at_k": pl.Float64
    }


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("dtype", [pl.Null, pl.List(pl.Null), pl.Array(pl.Null, 2)], ids=str)
def test_columns_of_nulls_alone(dtype, engine):
    if isinstance(dtype, pl.Array) and pl.__version__.startswith("1.34."):
        pytest.skip("this Polars hands over fewer values than such an array has")
    frame = pl.DataFrame({"x": pl.Series([None, None, None], dtype=dtype)})
    for query in (pk.max_at_k("x", 1), pk.best_of_k("x", "x", 1), pk.maj_at_k("x", "x", 1)):
        assert frame.lazy().select(query).collect(engine=engine).to_series().to_list() == [None] * 3
        assert frame[1:].select(query).to_series().to_list() == [None] * 2


def test_lists_of_nulls():
    frame = pl.DataFrame({"x": pl.Series([None, [None, None], [None]], dtype=pl.List(pl.Null))})
    assert frame.select(pk.maj_at_k("x", "x", 1)).to_series().to_list() == [None, 0.0, 0.0]
    assert pk.maj_at_k(frame["x"], frame["x"], 1).to_list() == [None, 0.0, 0.0]
    with pytest.raises(pl.exceptions.ComputeError, match="row 1, sample 0: the reward is null"):
        frame.select(pk.max_at_k("x", 1))
