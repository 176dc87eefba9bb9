"""Files on a Ray cluster come to the tally of `passcurve.tally`."""

import _thread
import os
import signal
import threading
import time
from pathlib import Path

import polars as pl
import pytest
import raylogs
from raylogs import cluster  # noqa: F401

import passcurve as pk
import passcurve.ray
from passcurve._sharding import driving

pytestmark = raylogs.MARKS

MANY = 253_500
"""Of eight shards, the shorter ones too, 2 million verdicts."""


@pytest.fixture(scope="module")
def log(tmp_path_factory):
    return raylogs.write(tmp_path_factory.mktemp("log"), MANY)


WAYS = {
    "nulls fail": {"on_null": "fail"},
    "nulls are left out": {"on_null": "skip"},
    "answers": {"on_null": "skip", "answer": "answer"},
}


@pytest.mark.parametrize("words", WAYS.values(), ids=WAYS.keys())
def test_two_million_verdicts_in_eight_shards(log, words):
    whole = pk.tally(log, by="model", **words)
    assert whole.provenance.rows == 2_000_000
    ours = passcurve.ray.tally(log, by="model", shards=8, **words)
    raylogs.same(ours, whole)
    assert whole.frame["n"].n_unique() > 100
    if "answer" in words:
        assert ours.details.equals(whole.details)


@pytest.mark.parametrize("kind", ["parquet", "jsonl"])
@pytest.mark.parametrize("shards", [None, 1, 3])
def test_columns_in_paths(tmp_path, kind, shards):
    folder = raylogs.write(tmp_path, 2000, kind, hive=True)
    words = {"by": ["model", "step"], "on_null": "fail"}
    whole = pk.tally(folder, **words)
    assert whole.frame["step"].unique().sort().to_list() == [0, 100, 200, 300]
    raylogs.same(passcurve.ray.tally(folder, shards=shards, **words), whole)


def test_a_list_of_paths_and_a_glob(tmp_path):
    raylogs.write(tmp_path, 500)
    (tmp_path / "notes.txt").write_text("")
    words = {"by": "model", "on_null": "fail"}
    whole = pk.tally(tmp_path, **words)
    raylogs.same(passcurve.ray.tally(tmp_path, **words), whole)
    assert whole.provenance.ignored == (str(tmp_path / "notes.txt"),)
    paths = sorted(tmp_path.glob("*.parquet"), reverse=True)
    raylogs.same(passcurve.ray.tally(paths, **words), pk.tally(paths, **words))
    raylogs.same(
        passcurve.ray.tally(str(tmp_path / "*.parquet"), **words), pk.tally(str(tmp_path / "*.parquet"), **words)
    )


def test_warnings_are_given_once_and_point_here(tmp_path):
    raylogs.write(tmp_path, 500)
    with pytest.warns(UserWarning, match="column 'model' not in by=") as told:
        passcurve.ray.tally(tmp_path, on_null="fail", problem="problem", verdict="correct")
    assert [warning.filename for warning in told] == [__file__]


def test_progress_counts_the_rows_of_shards(log):
    seen = []
    passcurve.ray.tally(log, by="model", on_null="fail", shards=8, progress=seen.append)
    assert len(seen) == 8
    assert seen[-1] == 2_000_000
    assert seen == sorted(seen)


def test_a_lost_worker_changes_no_digit(log, tmp_path, monkeypatch):
    count, attempts, died = driving._count, tmp_path / "attempts", tmp_path / "died"

    def mortal(shard, *args):
        with attempts.open("a") as file:
            file.write(f"{shard.number}\n")
        if shard.number == 3 and not died.exists():
            died.touch()
            # While it counts, and not before or after.
            threading.Timer(0.02, os.kill, [os.getpid(), signal.SIGKILL]).start()
            while True:
                count(shard, *args)
        return count(shard, *args)

    monkeypatch.setattr(driving, "_count", mortal)
    ours = passcurve.ray.tally(log, by="model", on_null="fail", shards=8)
    raylogs.same(ours, pk.tally(log, by="model", on_null="fail"))
    tried = sorted(map(int, attempts.read_text().split()))
    assert tried.count(3) == 2
    assert sorted(set(tried)) == list(range(8))


def test_ctrl_c_cancels_the_tasks(log, tmp_path, monkeypatch):
    started, cancelled = tmp_path / "started", tmp_path / "cancelled"

    def slow(*_):
        started.touch()
        try:
            for _ in range(3000):
                time.sleep(0.01)
        except KeyboardInterrupt:
            cancelled.touch()
            raise

    def interrupt():
        while not started.exists():
            time.sleep(0.01)
        _thread.interrupt_main()

    # Whoever starts the tests may ignore it.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    monkeypatch.setattr(driving, "_count", slow)
    try:
        threading.Thread(target=interrupt).start()
        with pytest.raises(KeyboardInterrupt):
            passcurve.ray.tally(log, by="model", on_null="fail", shards=2)
    finally:
        signal.signal(signal.SIGINT, before)
    _wait(cancelled)


def _wait(path: Path) -> None:
    until = time.monotonic() + 20
    while not path.exists():
        assert time.monotonic() < until, f"there is no {path.name}"
        time.sleep(0.02)


def test_tasks_are_asked_for_as_the_call_says(tmp_path, monkeypatch):
    raylogs.write(tmp_path, 500)
    asked = []
    start = passcurve.ray._running(1, None).__enter__().__class__.start

    def watched(self, work, *args, returns=1):
        asked.append((self.options, args[1].threads if work is driving._count else None))
        return start(self, work, *args, returns=returns)

    monkeypatch.setattr("passcurve._ray.running.Running.start", watched)
    words = {"by": "model", "on_null": "fail", "shards": 2}
    ours = passcurve.ray.tally(tmp_path, num_cpus=2, ray_remote_args={"max_retries": 1}, **words)
    assert ours == pk.tally(tmp_path, by="model", on_null="fail")
    assert asked[0] == ({"num_cpus": 2, "max_retries": 1}, 2)


def test_tallies_go_through_the_object_store():
    import ray

    frame = pl.DataFrame({"problem": ["a", "a"], "correct": [True, False], "answer": ["7", None]})
    tally = pk.tally(frame, answer="answer")
    again = ray.get(ray.put(tally))
    raylogs.same(again, tally)
    assert again.provenance is not tally.provenance
