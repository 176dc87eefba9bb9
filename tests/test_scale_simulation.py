"""The simulation of bench/scale against what can be worked out by hand, and against laws that hold for any numbers."""

from __future__ import annotations

import json
import math
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

ROOT = Path(__file__).parent.parent
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from bench.scale.__main__ import spliced  # noqa: E402
from bench.scale.costs import MEASURED, Costs, between, of  # noqa: E402
from bench.scale.simulation import Cluster, Job, main, makespan, merge_rounds, most_keys, shard_sizes, simulate  # noqa: E402
from bench.scale.tables import sections  # noqa: E402

COSTS = Costs(
    verdict_bytes=2.0,
    verdict_seconds=1e-9,
    key_saved=10.0,
    key_writing=1e-7,
    key_counting=80.0,
    key_merging=100.0,
    shard_merging=1e-3,
    row_merging=((1e3, 1e-7), (1e5, 3e-7)),
)
ONE = Cluster(cores=1, cores_a_node=1, memory=1e9, network=1e9)


def test_one_core_and_one_shard() -> None:
    """Reading, counting and writing, and no merge."""
    found = simulate(COSTS, ONE, Job(verdicts=1e9, keys=1e3, shards=1))
    assert found.counting == pytest.approx(1e9 * (1e-9 + 2 / 1e9) + 1e3 * (1e-7 + 10 / 1e9))
    assert (found.rounds, found.merging, found.merging_memory) == ((), 0.0, 0.0)
    assert found.read == 2e9
    assert found.memory == pytest.approx(80e3)


def test_a_merge_of_all_at_once() -> None:
    job = Job(verdicts=1e9, keys=1e3, shards=16)
    (each,) = merge_rounds(COSTS, ONE, job)
    assert (each.merges, each.shards) == (1, 16)
    assert each.keys == pytest.approx(1e3)
    moving, working = (16e3 + 1e3) * 10 / 1e9, 16e-3 + 16e3 * 1e-7 + 1e3 * 1e-7
    assert each.seconds == pytest.approx(moving + working)
    assert each.memory == pytest.approx(1e5)


def test_a_tree_and_ranges() -> None:
    job = Job(verdicts=1e9, keys=1e3, shards=100, fan_in=10)
    wide = replace(ONE, cores=10)
    rounds = merge_rounds(COSTS, wide, job)
    assert [(each.merges, each.shards) for each in rounds] == [(10, 10), (1, 100)]
    assert rounds[0].seconds == pytest.approx(rounds[1].seconds)
    # On one core the ten go one after the other.
    assert merge_rounds(COSTS, ONE, job)[0].seconds == pytest.approx(10 * rounds[0].seconds)
    (ranged,) = merge_rounds(COSTS, wide, Job(verdicts=1e9, keys=1e3, shards=100, ranges=10))
    assert (ranged.merges, ranged.keys) == (10, pytest.approx(100))
    assert ranged.memory == pytest.approx(1e4)


def test_keys_that_shards_have() -> None:
    assert Job(verdicts=10, keys=1, shards=10).keys_of(1) == 1
    # Ten draws from a thousand keys.
    assert Job(verdicts=100, keys=1000, shards=10).keys_of(1) == pytest.approx(1000 * (1 - 0.999**10))
    assert Job(keys=1000, shards=10, apart=True).keys_of(3) == 300
    assert Job(verdicts=1e12, keys=1e9, shards=10_000).keys_of(10_000) == pytest.approx(1e9)


def test_between_what_was_measured() -> None:
    points = [(10.0, 1.0), (1000.0, 3.0)]
    assert [between(points, x) for x in (1, 10, 100, 1000, 1e9)] == pytest.approx([1, 1, 2, 3, 3])


clusters = st.builds(Cluster, cores=st.integers(1, 300), cores_a_node=st.integers(1, 16))
jobs = st.builds(
    Job,
    verdicts=st.floats(1e6, 1e12),
    keys=st.floats(10, 1e9),
    shards=st.integers(1, 400),
    apart=st.booleans(),
    fan_in=st.none() | st.integers(2, 50),
    ranges=st.integers(1, 64),
    spread=st.floats(0, 1),
    seed=st.integers(0, 99),
)


@settings(max_examples=200, deadline=None)
@given(clusters, jobs)
def test_laws(cluster: Cluster, job: Job) -> None:
    found = simulate(COSTS, cluster, job)
    # Nothing is lost.
    assert found.verdicts == pytest.approx(job.verdicts)
    assert found.read == pytest.approx(job.verdicts * 2)
    assert len(shard_sizes(job)) == job.shards
    # Graham: no schedule is faster than this, and no list of them slower than that.
    least = max(found.busy / cluster.cores, found.longest)
    assert least <= found.counting * (1 + 1e-9)
    assert found.counting <= (found.busy / cluster.cores + found.longest) * (1 + 1e-9)
    # All shards come together, and no key is lost or made.
    if job.shards > 1:
        last = found.rounds[-1]
        assert (last.merges, last.shards) == (job.ranges, job.shards)
        assert last.keys * job.ranges == pytest.approx(job.keys_of(job.shards))
        assert job.keys_of(1) <= job.keys_of(job.shards) <= job.keys * (1 + 1e-9)
        whole = merge_rounds(COSTS, cluster, replace(job, ranges=1, fan_in=None))[0]
        ranged = merge_rounds(COSTS, replace(cluster, cores_a_node=1), replace(job, fan_in=None))[0]
        assert ranged.memory == pytest.approx(whole.memory / job.ranges)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.floats(0, 100), min_size=1, max_size=40), st.integers(1, 50))
def test_a_queue(durations: list[float], cores: int) -> None:
    found = makespan(durations, cores)
    assert makespan(durations, 1) == pytest.approx(sum(durations))
    assert max(durations) <= found <= sum(durations) / cores + max(durations) + 1e-9


def test_what_gives_way_first() -> None:
    assert most_keys(COSTS, ONE) == 1e7


def test_the_measurements_give_the_tables(capsys: pytest.CaptureFixture[str]) -> None:
    measured = json.loads(MEASURED.read_text(encoding="utf-8"))
    text = sections(measured)
    for name in measured["layouts"]:
        costs = of(measured, name)
        assert all(value > 0 for value in vars(costs).values() if isinstance(value, float))
        assert math.isfinite(costs.merging(1e9))
        assert f"| {name} |" in text
    main(["--verdicts", "1e9", "--cores", "4", "--shards", "8", "--keys", "1e4"])
    assert "8 merges" not in capsys.readouterr().out
    results = (ROOT / "bench" / "RESULTS.md").read_text(encoding="utf-8")
    again = spliced(results, text)
    # In place of what was there, and nothing else.
    assert spliced(again, text) == again
    assert [line for line in again.splitlines() if line.startswith("## ")].count("## Scale") == 1
