"""Copies of samples in one shard and in several."""

import shutil
import sys
import warnings
from pathlib import Path

import polars as pl
import pytest
import raylogs
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from raylogs import cluster  # noqa: F401

import passcurve as pk
import passcurve.ray

sys.path.append(str(Path(__file__).parent.parent))
import sharding  # beside the tests that need no engine

pytestmark = raylogs.MARKS

FEW = settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)


@pytest.fixture(scope="module")
def retried(tmp_path_factory):
    """Eight shards, in which samples of the shard before come again, some with the other verdict."""
    folder = tmp_path_factory.mktemp("retried")
    for shard in range(raylogs.SHARDS):
        frame = raylogs.rows(shard, 5000)
        before = raylogs.rows(shard - 1, 5000).tail(300) if shard else frame.clear()
        changed = before.head(40).with_columns(~pl.col("correct"))
        twice = frame.sample(50, seed=shard)
        pl.concat([frame, changed, before.tail(260), twice]).write_parquet(folder / f"part-{shard}.parquet")
    return folder


WORDS = {"by": "model", "sample": "sample", "on_null": "skip"}


@pytest.mark.parametrize("answer", [None, "answer"])
def test_the_first_copy_is_the_first_of_the_whole_log(retried, answer):
    words = {**WORDS, "on_duplicate": "first", "answer": answer}
    whole = pk.tally(retried, **words)
    assert whole.provenance.duplicates > 2000
    raylogs.same(passcurve.ray.tally(retried, shards=8, **words), whole)


def test_copies_that_differ_are_an_error_with_both_places(retried):
    with pytest.raises(pk.DataError, match=r"part-1\.parquet, row .* has another verdict.* at .*part-0\.parquet, row"):
        passcurve.ray.tally(retried, shards=8, **WORDS, on_duplicate="agree")
    with pytest.raises(pk.DataError, match=r"part-0\.parquet, row .* was read before, at .*part-0\.parquet, row"):
        passcurve.ray.tally(retried, shards=8, **WORDS)


def test_what_is_claimed_to_be_partitioned_is_checked(retried, tmp_path):
    words = {**WORDS, "across_shards": "partitioned"}
    for shard in range(4):
        frame = raylogs.rows(shard, 5000).with_columns(pl.format("{}-{}", pl.lit(shard), "problem").alias("problem"))
        frame.write_parquet(tmp_path / f"{shard}.parquet")
    raylogs.same(passcurve.ray.tally(tmp_path, shards=4, **words), pk.tally(tmp_path, **WORDS))
    with pytest.raises(pk.DataError, match=r"model='base', problem='math-0001' is in shard 0 \(.*\) and in shard 1 \("):
        passcurve.ray.tally(retried, shards=8, on_duplicate="first", **words)


def test_unchecked_shards_say_so(retried):
    words = {**WORDS, "on_duplicate": "first", "across_shards": "unchecked"}
    ours = passcurve.ray.tally(retried, shards=8, **words)
    assert ours.provenance.policies["across_shards"] == "unchecked"
    assert ours.frame["n"].sum() > pk.tally(retried, **WORDS, on_duplicate="first").frame["n"].sum()
    # Of one shard there is nothing to say.
    alone = passcurve.ray.tally(retried, shards=1, **words)
    raylogs.same(alone, pk.tally(retried, **WORDS, on_duplicate="first"))


def test_samples_of_a_dataset(retried):
    import ray

    words = {**WORDS, "on_duplicate": "first", "shards": 2}
    frames = [pl.read_parquet(retried / f"part-{shard}.parquet") for shard in range(raylogs.SHARDS)]
    log = pl.concat(frames).with_row_index("at")
    dataset = ray.data.from_arrow(
        [part.to_arrow() for part in log.sample(fraction=1, shuffle=True, seed=1).iter_slices(9000)]
    )
    whole = pk.tally(log, **WORDS, on_duplicate="first")
    ours = passcurve.ray.tally(dataset, **words, order="at")
    raylogs.same(ours, whole)
    with pytest.raises(ValueError, match=r"across_shards='unchecked' is for files; a Dataset is always shuffled"):
        passcurve.ray.tally(dataset, **words, order="at", across_shards="unchecked")
    with pytest.raises(ValueError, match=r"rows of a Dataset have no order: .* say order="):
        passcurve.ray.tally(dataset, **words)
    with pytest.raises(
        pk.DataError, match=r"order=\['answer'\] does not say which copy of a sample is first: two rows"
    ):
        passcurve.ray.tally(dataset, **words, order="answer")
    with pytest.raises(
        pk.DataError, match=r"row of the Dataset with model='.*', problem='math-.*', sample=\d+: .* read before; say"
    ):
        passcurve.ray.tally(dataset, **WORDS, shards=2)


@FEW
@given(st.data())
def test_random_logs(tmp_path, data):
    shutil.rmtree(tmp_path / "log", ignore_errors=True)
    paths = sharding.write(tmp_path / "log", data.draw(sharding.files_of_rows(st.booleans())), pl.Boolean)
    words = {**data.draw(sharding.WORDS), **data.draw(sharding.COPIES), "problem": "problem", "verdict": "verdict"}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        whole = sharding.outcome(lambda: pk.tally(paths, **words, threads=1))
        shards = data.draw(st.integers(1, 7))
        sharding.agree(sharding.outcome(lambda: passcurve.ray.tally(paths, shards=shards, **words)), whole)
