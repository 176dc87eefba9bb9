"""Counting by shards comes to the same as counting at once, whatever runs the tasks."""

import os
import shutil
import warnings

import polars as pl
import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

import passcurve as pk
import sharding
from passcurve._sharding.planning import plan, sizes
from passcurve._sharding.rows import member
from passcurve._sources import Files

EXAMPLES = int(os.environ.get("PASSCURVE_EXAMPLES", "60"))
SLOW = settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)


@SLOW
@given(st.data())
def test_random_logs(tmp_path, data):
    shutil.rmtree(tmp_path / "log", ignore_errors=True)
    texts = data.draw(st.booleans())
    alphabet = "pqrstuvwxyzPQRS" if texts else [True, False]
    paths = sharding.write(
        tmp_path / "log",
        data.draw(sharding.files_of_rows(st.sampled_from(alphabet))),
        pl.String if texts else pl.Boolean,
    )
    words = {**data.draw(sharding.WORDS), **data.draw(sharding.COPIES), "problem": "problem", "verdict": "verdict"}
    words |= {"passing": "p"} if texts else {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        whole = sharding.outcome(lambda: pk.tally(paths, **words, threads=1))
        shards = data.draw(st.integers(1, 7))
        event(whole.__name__ if isinstance(whole, type) else f"counted, {whole.provenance.duplicates > 0=}")
        sharding.agree(sharding.outcome(lambda: sharding.tally(paths, shards, **words)), whole)


@given(st.lists(st.integers(0, 50), min_size=1, max_size=40), st.integers(1, 12))
def test_shards_are_runs_of_about_equal_bytes(bytes_of, most):
    files = Files([f"a/{number}.parquet" for number in range(len(bytes_of))])
    files._inside = ["problem", "correct"]
    shards = plan(files, bytes_of, ["problem", "correct"], most)
    assert [path for shard in shards for path in shard.paths] == files.paths
    assert [shard.number for shard in shards] == list(range(len(shards)))
    assert len(shards) <= most
    # None is larger than its share and a file at either end of it.
    weights = [size + 1 for size in bytes_of]
    for shard in shards:
        held = weights[shard.first : shard.first + len(shard.paths)]
        assert sum(held) <= sum(weights) / most + (held[0] + held[-1]) / 2 + 1e-9 or len(held) == 1


def test_files_of_equal_size_are_shared_out_equally(tmp_path):
    for number in range(8):
        pl.DataFrame({"problem": [number] * 9, "correct": [True] * 9}).write_parquet(tmp_path / f"{number}.parquet")
    files = Files([tmp_path])
    shards = plan(files, sizes(files), ["problem", "correct"], 4)
    assert [len(shard.paths) for shard in shards] == [2, 2, 2, 2]


def test_a_path_key_is_an_integer_where_all_shards_say_one(tmp_path):
    for step in ("7", "x"):
        folder = tmp_path / f"step={step}"
        folder.mkdir()
        pl.DataFrame({"problem": ["a"], "correct": [True]}).write_parquet(folder / "0.parquet")
    ours = sharding.tally(tmp_path, 2, by="step")
    sharding.same(ours, pk.tally(tmp_path, by="step"))
    assert ours.frame["step"].to_list() == ["7", "x"]
    shutil.rmtree(tmp_path / "step=x")
    assert sharding.tally(tmp_path, 2, by="step").frame["step"].to_list() == [7]


def _two(tmp_path, first, second):
    for name, frame in (("0", first), ("1", second)):
        pl.DataFrame(frame).write_parquet(tmp_path / f"{name}.parquet")
    return tmp_path


def test_ids_of_two_kinds_are_an_error_that_names_both_shards(tmp_path):
    _two(tmp_path, {"problem": [1], "correct": [True]}, {"problem": ["1"], "correct": [True]})
    words = rf"column `problem` holds strings in shard 1 \({tmp_path}/1.parquet\), and Int64 in shard 0 \({tmp_path}/0"
    with pytest.raises(pk.DataError, match=words):
        sharding.tally(tmp_path, 2)


def test_ids_above_signed_ones(tmp_path):
    """Each shard is right by itself, and both are as long as the large ids are below 2^63."""
    signed = pl.Series([-1, 5], dtype=pl.Int8)
    for large, fits in ((2**63 - 1, True), (2**63, False)):
        unsigned = pl.Series([5, large], dtype=pl.UInt64)
        _two(tmp_path, *({"problem": ids, "correct": [True, False]} for ids in (signed, unsigned)))
        if fits:
            sharding.same(sharding.tally(tmp_path, 2), pk.tally(tmp_path))
            continue
        with pytest.raises(pk.DataError, match="signed integers"):
            pk.tally(tmp_path)
        with pytest.raises(pk.DataError, match="one shard has ids above 2\\^63 and another signed integers"):
            sharding.tally(tmp_path, 2)


def test_a_column_that_a_later_shard_lacks_is_the_fault_of_its_file(tmp_path):
    _two(tmp_path, {"problem": [1], "correct": [True]}, {"problem": [1], "right": [True]})
    with pytest.raises(pk.DataError) as whole:
        pk.tally(tmp_path)
    with pytest.raises(pk.DataError) as ours:
        sharding.tally(tmp_path, 2)
    assert str(ours.value) == str(whole.value)


def test_a_copy_in_another_shard_is_an_error_with_both_places(tmp_path):
    rows = {"problem": ["a", "b"], "sample": [0, 0], "correct": [True, False]}
    _two(tmp_path, rows, {**rows, "problem": ["c", "b"]})
    with pytest.raises(pk.DataError) as whole:
        pk.tally(tmp_path, sample="sample")
    with pytest.raises(pk.DataError) as ours:
        sharding.tally(tmp_path, 2, sample="sample")
    assert str(ours.value) == str(whole.value)
    assert f"{tmp_path}/1.parquet, row 1" in str(ours.value)


def test_what_is_claimed_to_be_partitioned_is_checked(tmp_path):
    rows = {"problem": ["a", "b"], "sample": [0, 0], "correct": [True, False]}
    _two(tmp_path, rows, {**rows, "problem": ["c", "d"]})
    words = {"sample": "sample", "across_shards": "partitioned"}
    sharding.same(sharding.tally(tmp_path, 2, **words), pk.tally(tmp_path, sample="sample"))
    # Another sample of a problem, which counting at once would not mind.
    _two(tmp_path, rows, {**rows, "problem": ["c", "b"], "sample": [0, 1]})
    told = rf"problem='b' is in shard 0 \({tmp_path}/0.parquet\) and in shard 1 \({tmp_path}/1.parquet\)"
    with pytest.raises(pk.DataError, match=told):
        sharding.tally(tmp_path, 2, **words)


def test_unchecked_shards_count_copies_and_say_so(tmp_path):
    rows = {"problem": ["a", "b"], "sample": [0, 0], "correct": [True, False]}
    _two(tmp_path, rows, rows)
    ours = sharding.tally(tmp_path, 2, sample="sample", across_shards="unchecked")
    assert ours.frame.rows() == [("a", 2, 2), ("b", 2, 0)]
    assert ours.provenance.policies["across_shards"] == "unchecked"


def test_the_ten_most_frequent_verdicts_are_those_of_the_whole_log(tmp_path):
    """One that is the eleventh of each shard is among the ten of all."""
    first = [f"a{number}" for number in range(10) for _ in range(3)] + ["z", "z"]
    second = [f"b{number}" for number in range(10) for _ in range(3)] + ["z", "z"]
    frames = [{"problem": ["p"] * 32, "verdict": texts} for texts in (first, second)]
    _two(tmp_path, *frames)
    with pytest.warns(UserWarning, match="not one sample passed"):
        whole = pk.tally(tmp_path, passing="ok")
    with pytest.warns(UserWarning, match="not one sample passed"):
        ours = sharding.tally(tmp_path, 2, passing="ok")
    sharding.same(ours, whole)
    assert ours.provenance.other_verdicts[0] == ("z", 4)


@pytest.mark.parametrize("kind", ["parquet", "arrow", "arrows", "jsonl", "jsonl.gz", "jsonl.zst"])
def test_the_first_of_copies_that_differ_in_any_format(tmp_path, kind):
    """Ids inside structs and in paths, which the second reading has to find as the core does."""
    for step in (5, 70):
        rows = {"id": [7, 7, 8], "sample": [0, 0, step], "answer": ["x", None, "y"], "passed": [False, True, True]}
        frame = pl.DataFrame(rows).select(pl.struct(a=pl.struct("id")).alias("doc"), "sample", "answer", "passed")
        target = tmp_path / f"step={step}" / f"0.{kind}"
        target.parent.mkdir()
        write = {"parquet": frame.write_parquet, "arrow": frame.write_ipc, "arrows": frame.write_ipc_stream}
        packed = {"gz": {"compression": "gzip"}, "zst": {"compression": "zstd"}}.get(kind.rpartition(".")[2], {})
        write.get(kind, frame.write_ndjson)(target, **packed)
    words = {"problem": "doc.a.id", "verdict": "passed", "sample": "sample", "on_duplicate": "first", "by": "step"}
    for answer in (None, "answer"):
        whole = pk.tally(tmp_path, **words, answer=answer)
        assert whole.frame.rows() == [(5, 7, 1, 0), (5, 8, 1, 1), (70, 7, 1, 0), (70, 8, 1, 1)]
        sharding.same(sharding.tally(tmp_path, 2, **words, answer=answer), whole)


def test_workers_of_another_version_are_an_error(tmp_path, monkeypatch):
    pl.DataFrame({"problem": ["a"], "correct": [True]}).write_parquet(tmp_path / "0.parquet")
    monkeypatch.setattr("passcurve._sharding.driving.VERSION", "0.0.9")
    with pytest.raises(ValueError, match=rf"passcurve {pk.__version__} counted shard 0 .*, and 0\.0\.9 is here"):
        sharding.tally(tmp_path, 1)


def test_what_no_struct_has_is_null():
    schema = pl.Schema({"a": pl.Struct({"b": pl.Struct({"c.d": pl.Int64})}), "a.x": pl.Int64})
    frame = pl.DataFrame({"a": [{"b": {"c.d": 1}}], "a.x": [2]}, schema=schema)
    found = frame.select(member(schema, name).alias(name) for name in ("a.b.c.d", "a.x", "a.b.e", "z.b", "z"))
    assert found.row(0) == (1, 2, None, None, None)


def test_many_shards_are_merged_in_a_tree(tmp_path):
    for number in range(40):
        pl.DataFrame({"problem": [number % 3], "correct": [number % 2 == 0]}).write_parquet(
            tmp_path / f"{number}.parquet"
        )
    engine = sharding.Here()
    with pytest.warns(UserWarning, match="have the same content"):
        whole = pk.tally(tmp_path)
    with pytest.warns(UserWarning, match="have the same content"):
        sharding.same(sharding.tally(tmp_path, 40, engine=engine), whole)
    # 3 merges of 16, 16 and 8 shards, and one of these.
    assert engine.tasks == 40 + 3 + 1


def test_a_bad_shard_ends_those_that_wait_far_behind_it(tmp_path):
    for number in range(20):
        (tmp_path / f"{number:02}.parquet").write_bytes(b"PAR1 and nothing else PAR1")
    pl.DataFrame({"problem": ["a"], "correct": [True]}).write_parquet(tmp_path / "00.parquet")
    engine = sharding.Here()
    with pytest.raises(pk.DataError, match=r"01\.parquet"):
        sharding.tally(tmp_path, 20, engine=engine)
    # Of 20 shards, two at once.
    assert engine.ran == 5


def test_a_sample_that_is_called_like_a_count(tmp_path):
    rows = {"problem": ["a"], "n": [0], "correct": [True]}
    _two(tmp_path, rows, {**rows, "n": [1]})
    with pytest.raises(ValueError, match="sample= cannot be called 'n' over shards"):
        sharding.tally(tmp_path, 2, sample="n")


def test_what_was_wrong_with_a_pickled_error_is_told_after_it_too(tmp_path):
    (tmp_path / "0.parquet").write_bytes(b"PAR1")
    with pytest.raises(pk.DataError, match=r"0\.parquet"):
        sharding.tally([tmp_path / "0.parquet"], 1, problem="problem", verdict="correct")
    with pytest.raises(FileNotFoundError) as missing:
        sharding.tally([tmp_path / "gone.parquet"], 1, problem="problem", verdict="correct")
    assert missing.value.filename == str(tmp_path / "gone.parquet")
