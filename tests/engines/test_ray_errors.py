"""What is wrong is told as `passcurve.tally` tells it, with the shard where that says more."""

import subprocess
import sys

import polars as pl
import pytest
import raylogs
from raylogs import cluster  # noqa: F401

import passcurve as pk
import passcurve.ray

pytestmark = raylogs.MARKS

WORDS = {"by": "model", "on_null": "fail", "shards": 8}


@pytest.fixture
def log(tmp_path):
    return raylogs.write(tmp_path, 500)


def test_a_truncated_shard_is_named(log):
    path = log / "part-5.parquet"
    path.write_bytes(path.read_bytes()[:2000])
    with pytest.raises(pk.DataError, match=r"part-5\.parquet: the file is truncated") as told:
        passcurve.ray.tally(log, **WORDS)
    assert type(told.value) is pk.DataError
    with pytest.raises(pk.DataError) as whole:
        pk.tally(log, by="model", on_null="fail")
    assert str(told.value) == str(whole.value)


def test_the_first_of_several_bad_shards_is_told(log):
    for shard in (6, 2, 4):
        (log / f"part-{shard}.parquet").write_bytes(b"PAR1 and nothing else PAR1")
    for _ in range(3):
        with pytest.raises(pk.DataError, match=r"part-2\.parquet"):
            passcurve.ray.tally(log, **WORDS)


def test_another_schema_is_named(log):
    raylogs.rows(3, 500).rename({"correct": "right"}).write_parquet(log / "part-3.parquet")
    with pytest.raises(pk.DataError, match=r"part-3\.parquet, column `correct`"):
        passcurve.ray.tally(log, **WORDS)
    raylogs.rows(3, 500).with_columns(problem=pl.lit(7)).write_parquet(log / "part-3.parquet")
    words = r"column `problem` holds .*Int32.* in shard 3 \(.*/part-3\.parquet\), and strings in shard 0"
    with pytest.raises(pk.DataError, match=words):
        passcurve.ray.tally(log, **WORDS)


def test_nulls_are_errors_with_their_place(log):
    with pytest.raises(
        pk.DataError, match=r"part-\d\.parquet, row group 0, row \d+, column `correct`: the verdict is null"
    ) as told:
        passcurve.ray.tally(log, by="model", shards=8)
    with pytest.raises(pk.DataError) as whole:
        pk.tally(log, by="model")
    assert str(told.value) == str(whole.value)


def test_memory_that_a_shard_lacks_names_the_shard(log):
    with pytest.raises(pk.MemoryLimitError, match=r"shard 0 \(.*/part-0\.parquet\): ") as told:
        passcurve.ray.tally(log, memory_limit=1000, **WORDS)
    assert isinstance(told.value, MemoryError)


def test_calls_that_are_wrong(log, tmp_path):
    for words, told in (
        ({"on_null": "drop"}, "on_null='drop' is not one of"),
        ({"on_duplicate": "first"}, "needs sample="),
        ({"across_shards": "hashed"}, "across_shards='hashed' is not one of shuffle, partitioned, unchecked"),
        ({"across_shards": "partitioned"}, "across_shards='partitioned' needs sample="),
        ({"order": "sample"}, "order= is for a Dataset"),
        ({"num_cpus": 0}, "num_cpus= is a positive number"),
        ({"shards": 0}, "shards= is a positive integer"),
        ({"memory_limit": "much"}, "memory_limit= is a number of bytes"),
        ({"verdict": "right"}, "no column 'right'"),
    ):
        with pytest.raises(ValueError, match=told):
            passcurve.ray.tally(log, **words)
    with pytest.raises(FileNotFoundError, match=r"no log files"):
        passcurve.ray.tally(_empty(tmp_path), **WORDS)
    with pytest.raises(FileNotFoundError) as missing:
        passcurve.ray.tally([log / "part-0.parquet", log / "gone.parquet"], **WORDS)
    assert missing.value.filename == str(log / "gone.parquet")
    with pytest.raises(TypeError, match=r"cannot tally a DataFrame by Ray; .* is for passcurve\.tally"):
        passcurve.ray.tally(pl.DataFrame())


def _empty(folder):
    (folder / "empty").mkdir()
    return folder / "empty"


def test_notes_of_an_error_come_along():
    import ray

    error = pk.DataError("bad")
    error.add_note("more")
    again = ray.get(ray.put(error))
    assert (type(again), str(again), again.__notes__) == (pk.DataError, "bad", ["more"])


def test_the_module_is_imported_without_ray():
    code = "import passcurve.ray, sys; assert 'ray' not in sys.modules; assert 'pyarrow' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_tasks_that_no_machine_can_run_are_warned_of():
    from passcurve._ray.running import Running

    with pytest.warns(UserWarning, match=r"no machine of the Ray cluster has num_cpus=64, but 4 at most"):
        assert Running(64, {}).slots() == (1, 1)
