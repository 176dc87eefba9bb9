"""Answers and rewards that a tally keeps, against a group-by of the same rows."""

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import passcurve as pk
import passcurve._details

WORDS = {"by": "model", "problem": "problem", "verdict": "correct"}
KEY = ["model", "problem"]


def log(rows=400, seed=0, answers=4):
    rng = np.random.default_rng(seed)
    pick = rng.integers(-1, answers, rows)
    return pl.DataFrame(
        {
            "model": [f"m{i}" for i in rng.integers(0, 2, rows)],
            "problem": rng.integers(0, 6, rows),
            "sample": np.arange(rows),
            "answer": [None if i < 0 else str(i) for i in pick],
            "reward": rng.choice([-1.5, 0.0, 0.25, 1.0], rows),
            "correct": pl.Series(rng.random(rows) < 0.4),
        }
    )


def twin(frame, names):
    n, c = pl.len().cast(pl.Int64), pl.col("correct").sum().cast(pl.Int64)
    return frame.group_by([*KEY, *names]).agg(n=n, c=c).sort([*KEY, *names])


@pytest.mark.parametrize("names", [["answer"], ["reward"], ["answer", "reward"]])
@pytest.mark.parametrize("threads", [1, 2, 3, 8])
def test_cells_are_those_of_a_group_by(names, threads):
    frame = log(5000)
    tally = pk.tally(frame, **WORDS, **{name: name for name in names}, threads=threads)
    assert tally.details.equals(twin(frame, names), null_equal=True)
    plain = pk.tally(frame, **WORDS)
    assert tally.frame.equals(plain.frame)
    assert tally != plain
    assert tally.drop_details() == plain
    assert (tally.answer, tally.reward) == tuple(name if name in names else None for name in ("answer", "reward"))


@pytest.mark.filterwarnings("ignore:the log has no rows")
@settings(max_examples=60, deadline=None)
@given(st.integers(0, 60), st.integers(0, 5), st.integers(0, 60), st.sampled_from([1, 2, 8]))
def test_any_split_merges_to_the_whole(rows, seed, cut, threads):
    frame = log(rows, seed)
    words = {**WORDS, "answer": "answer", "reward": "reward", "threads": threads}
    whole = pk.tally(frame, **words)
    assert pk.tally(frame[:cut], **words).merge(pk.tally(frame[cut:], **words)) == whole
    assert pk.tally(frame.sample(fraction=1, shuffle=True, seed=seed), **words) == whole
    parts = [frame[:cut], frame[cut:]]
    assert pk.tally(parts, **words) == whole


def test_a_saved_tally_keeps_them(tmp_path):
    tally = pk.tally(log(), **WORDS, answer="answer", reward="reward")
    tally.write_parquet(tmp_path / "t.parquet")
    again = pk.Tally.read_parquet(tmp_path / "t.parquet")
    assert again == tally
    assert again.details.equals(tally.details, null_equal=True)
    named = tally.with_by(run=3)
    assert named.details.columns == ["run", "model", "problem", "answer", "reward", "n", "c"]
    assert named.merge(again.with_by(run=4), on_repeat="count").details.height == 2 * tally.details.height
    assert "with answer and reward kept" in repr(tally)


def test_a_saved_tally_that_does_not_add_up(tmp_path):
    tally = pk.tally(log(), **WORDS, answer="answer")
    wrong = tally.details.with_columns(n=pl.col("n") + 1)
    broken = pk.Tally._of(
        tally._table, tally.by, tally.problem, tally.provenance, passcurve._details.Details(wrong, "answer", None)
    )
    broken.write_parquet(tmp_path / "t.parquet")
    with pytest.raises(pk.DataError, match="damaged: the answers or rewards do not add up"):
        pk.Tally.read_parquet(tmp_path / "t.parquet")


def test_merging_what_was_kept_differently():
    kept, plain = pk.tally(log(), **WORDS, answer="answer"), pk.tally(log(), **WORDS)
    with pytest.raises(ValueError, match=r"one tally keeps answer='answer', reward=None, and the other answer=None"):
        kept.merge(plain)
    assert kept.drop_details().merge(plain).frame["n"].sum() == 800


def test_samples_count_once_with_their_first_answer_and_reward():
    frame = log(300).with_columns(sample=pl.int_range(pl.len()) % 20)
    words = {**WORDS, "answer": "answer", "reward": "reward", "sample": "sample"}
    first = frame.unique([*KEY, "sample"], keep="first", maintain_order=True)
    for threads in (1, 2, 8):
        tally = pk.tally(frame, **words, on_duplicate="first", threads=threads)
        assert tally.details.equals(twin(first, ["answer", "reward"]), null_equal=True)
    twice = pl.concat([first, first])
    assert pk.tally(twice, **words, on_duplicate="agree") == pk.tally(first, **words)
    other = first.with_columns(answer=pl.lit("another"))
    with pytest.raises(pk.DataError, match="has another verdict, answer or reward than its copy"):
        pk.tally(pl.concat([first, other]), **words, on_duplicate="agree")


def test_nulls():
    frame = pl.DataFrame(
        {
            "model": ["m"] * 4,
            "problem": [1] * 4,
            "correct": [True, None, False, None],
            "answer": ["a", "b", None, None],
            "reward": [1.0, None, 0.0, float("nan")],
        }
    )
    skipped = pk.tally(frame, **WORDS, answer="answer", reward="reward", on_null="skip")
    assert skipped.details.select("answer", "reward", "n", "c").rows() == [(None, 0.0, 1, 0), ("a", 1.0, 1, 1)]
    failed = pk.tally(frame, **WORDS, answer="answer", on_null="fail")
    assert failed.details.select("answer", "n", "c").rows() == [(None, 2, 0), ("a", 1, 1), ("b", 1, 0)]
    with pytest.raises(pk.DataError, match="row 1, column `reward`: the reward is null"):
        pk.tally(frame, **WORDS, reward="reward", on_null="fail")
    with pytest.raises(pk.DataError, match="row 0, column `reward`: the reward is NaN or infinite; leave"):
        pk.tally(frame[3:].with_columns(correct=True), **WORDS, reward="reward")
    nothing = frame.with_columns(answer=None)
    assert pk.tally(nothing, **WORDS, answer="answer", on_null="skip").details["n"].to_list() == [2]


def test_kinds_of_answers_and_rewards(tmp_path):
    frame = log(50).with_columns(
        whole=pl.col("reward").round().cast(pl.Int8), half=pl.col("reward").cast(pl.Float32), number=pl.col("reward")
    )
    frame = frame.with_columns(category=pl.col("answer").cast(pl.Categorical), yes=pl.col("correct"))
    frame.write_parquet(tmp_path / "log.parquet")
    for source in (frame, tmp_path / "log.parquet"):
        for answer, kind in (("category", pl.String), ("whole", pl.Int8), ("number", pl.Float64), ("yes", pl.Boolean)):
            assert pk.tally(source, **WORDS, answer=answer).details.schema[answer] == kind
        for reward in ("whole", "half", "number", "yes"):
            tally = pk.tally(source, **WORDS, reward=reward)
            assert tally.details.equals(twin(frame, [reward]).with_columns(pl.col(reward).cast(pl.Float64)))
    zero = pl.DataFrame({"problem": [1, 1], "correct": [1, 0], "reward": [0.0, -0.0]})
    assert pk.tally(zero, reward="reward").details.rows() == [(1, 0.0, 2, 1)]
    judged = pk.tally(log().drop("correct"), by="model", verdict="reward", reward="reward", threshold=0.5)
    assert judged.details.filter(pl.col("c") > 0)["reward"].unique().to_list() == [1.0]


def test_calls_that_are_wrong():
    frame = log()
    for words, match in (
        ({"answer": "nowhere"}, "no column 'nowhere'"),
        ({"answer": "problem"}, "column 'problem' cannot be both problem= and answer="),
        ({"answer": "reward", "reward": "reward"}, "column 'reward' cannot be both answer= and reward="),
        ({"answer": "correct"}, "column 'correct' cannot be both answer= and verdict="),
    ):
        with pytest.raises(ValueError, match=match):
            pk.tally(frame, **WORDS, **words)
    with pytest.raises(pk.DataError, match=r"column `model`.*cannot be a reward; rewards are numbers or booleans"):
        pk.tally(frame, by=None, problem="problem", verdict="correct", reward="model")
    with pytest.raises(ValueError, match="cannot be called 'n'"):
        pk.tally(frame.rename({"answer": "n"}), **WORDS, answer="n")
    with pytest.raises(ValueError, match="cannot be called 'details'"):
        pk.tally(
            frame.rename({"model": "details"}), by="details", problem="problem", verdict="correct", answer="answer"
        )
    with pytest.raises(pk.MemoryLimitError):
        pk.tally(log(5000).with_columns(reward=pl.int_range(pl.len())), **WORDS, reward="reward", memory_limit="20KB")


ANSWERS = {pl.String: "a", pl.Int64: 300, pl.Int8: 3, pl.UInt8: 4, pl.Float64: 0.5, pl.Boolean: True, pl.Null: None}


@pytest.mark.parametrize("none", ANSWERS)
@pytest.mark.parametrize("kind", ANSWERS)
@pytest.mark.parametrize("first", [True, False])
@pytest.mark.filterwarnings("ignore:.* have the same content")
def test_a_column_without_answers_joins_any_type(none, kind, first, tmp_path):
    parts = [
        pl.DataFrame({"problem": [1, 1], "correct": [True, False], "answer": pl.Series(values, dtype=dtype)})
        for values, dtype in (([None, None], none), ([ANSWERS[kind], None], kind))
    ]
    parts = parts if first else parts[::-1]
    paths = [tmp_path / f"{at}.parquet" for at in range(2)]
    for path, part in zip(paths, parts, strict=True):
        part.write_parquet(path)
    one, other = (pk.tally(part, answer="answer") for part in parts)
    merged = one.merge(other)
    assert merged.details.schema["answer"] == kind
    assert merged.details["n"].sum() == 4
    for threads in (1, 2):
        assert pk.tally(parts, answer="answer", threads=threads) == merged
        assert pk.tally(paths, answer="answer", threads=threads) == merged
        assert pk.tally(pl.scan_parquet(paths[0]), answer="answer", threads=threads) == one


def test_answers_of_two_types_are_an_error_still(tmp_path):
    paths = [tmp_path / f"{at}.parquet" for at in range(4)]
    columns = [pl.Series([None], dtype=pl.String), pl.Series([7]), pl.Series([None], dtype=pl.Date), pl.Series(["7"])]
    parts = [pl.DataFrame({"problem": 1, "correct": True, "answer": column}) for column in columns]
    for path, part in zip(paths, parts, strict=True):
        part.write_parquet(path)
    assert pk.tally(paths[:3], answer="answer").details["n"].to_list() == [2, 1]
    with pytest.raises(pk.DataError, match=r"3\.parquet, column `answer`: ids are strings here and int64 in what was"):
        pk.tally(paths, answer="answer")
    with pytest.raises(pk.DataError, match=r"column `answer`: ids are strings here and int64 in what was"):
        pk.tally(parts, answer="answer")
    with pytest.raises(pk.DataError, match="column 'answer' holds Int64 in one tally and String in the other"):
        pk.tally(paths[:3], answer="answer").merge(pk.tally(paths[3], answer="answer"))


def test_integer_rewards_that_no_float_tells_apart(tmp_path):
    def log(kind, *rewards):
        return pl.DataFrame({"problem": 1, "correct": True, "reward": pl.Series(rewards, dtype=kind)})

    for kind in (pl.Int64, pl.UInt64):
        large = log(kind, 1, 2**53)
        large.write_parquet(tmp_path / "log.parquet")
        for source in (large, tmp_path / "log.parquet", [log(pl.Float64, 0.5), large]):
            with pytest.raises(pk.DataError, match=r"row \d, column `reward`: the reward is an integer .* below 2\^53"):
                pk.tally(source, reward="reward")
        assert pk.tally(large, answer="reward").details["reward"].to_list() == [1, 2**53]
    with pytest.raises(pk.DataError, match="row 0, column `reward`: the reward is an integer"):
        pk.tally(log(pl.Int64, -(2**53)), reward="reward")
    kept = pk.tally(log(pl.Int64, 2**53 - 1), reward="reward").merge(pk.tally(log(pl.Float64, 0.5), reward="reward"))
    assert kept.details["reward"].to_list() == [0.5, 2**53 - 1]
    assert pk.tally(log(pl.Float64, 2.0**60), reward="reward").details["reward"].to_list() == [2.0**60]
    left_out = log(pl.Int64, 1, 2**53).with_columns(correct=pl.Series([True, None]))
    assert pk.tally(left_out, reward="reward", on_null="skip").details["n"].to_list() == [1]


def test_a_null_verdict_that_fails_keeps_its_reward():
    frame = pl.DataFrame({"problem": 1, "correct": [True, None, None], "reward": [1.0, 0.25, 0.25]})
    failed = pk.tally(frame, verdict="correct", reward="reward", on_null="fail")
    assert failed.frame.rows() == [(1, 3, 1)]
    assert failed.details.rows() == [(1, 0.25, 2, 0), (1, 1.0, 1, 1)]
    missing = frame.with_columns(reward=pl.Series([1.0, 0.25, None]))
    both = r'row 2, column `reward`: the reward is null, and so is the verdict; .* fill the reward .* on_null="skip"'
    with pytest.raises(pk.DataError, match=both):
        pk.tally(missing, verdict="correct", reward="reward", on_null="fail")
    same = {"verdict": "reward", "reward": "reward", "threshold": 0.5}
    with pytest.raises(pk.DataError, match=both):
        pk.tally(missing, **same, on_null="fail")
    assert pk.tally(missing, **same, on_null="skip").frame.rows() == [(1, 2, 1)]
    filled = missing.with_columns(pl.col("reward").fill_null(0))
    assert pk.tally(filled, **same, on_null="fail").details.rows() == [(1, 0.0, 1, 0), (1, 0.25, 1, 0), (1, 1.0, 1, 1)]


@pytest.mark.parametrize("name", ["answer", "reward"])
@pytest.mark.parametrize("kind", [pa.float16(), pa.float32(), pa.float64()], ids=str)
def test_dictionaries_of_floats_are_floats(tmp_path, kind, name):
    values = np.array([0.5, -0.0, 0.0, 2.5, np.nan], dtype=kind.to_pandas_dtype())
    keys = np.random.default_rng(0).integers(0, 4, 1000)
    plain = pa.array(values[keys])
    coded = pa.DictionaryArray.from_arrays(pa.array(keys.astype(np.int8)), pa.array(values))
    tables = [
        pa.table({"problem": np.arange(1000) % 3, "correct": keys > 1, name: column}) for column in (plain, coded)
    ]
    expected, got = (pk.tally(table, **{name: name})._details.table for table in tables)
    assert got.equals(expected)
    assert got.height > 4
    if kind != pa.float16():
        pq.write_table(tables[1], tmp_path / "log.parquet")
        assert pk.tally(tmp_path / "log.parquet", **{name: name})._details.table.equals(expected)
    nan = pa.DictionaryArray.from_arrays(pa.array([0, 4], pa.int8()), pa.array(values))
    bad = pa.table({"problem": [1, 1], "correct": [True, False], name: nan})
    with pytest.raises(pk.DataError, match=rf"row 1, column `{name}`: the {name} is NaN or infinite"):
        pk.tally(bad, **{name: name})
