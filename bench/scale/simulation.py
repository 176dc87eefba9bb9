"""A log counted on many cores and merged, step by step: how long, on how much memory, and what gives way first.

python -m bench.scale.simulation --verdicts 1e12 --cores 1000 --keys 1e8 --shards 10000 --fan-in 32 --ranges 1

Shards of a log wait in a queue. A free core takes the next, reads it over its share of the node's network, counts it
and writes its tally. Then the tallies are merged: in rounds of so many each, on as many nodes as there are, until one
is left; each by itself for so many ranges of problems. What a core does, it does one after the other.
"""

from __future__ import annotations

import argparse
import heapq
import math
import random
from collections.abc import Sequence
from dataclasses import dataclass, replace

from bench.scale.costs import Costs, load


@dataclass(frozen=True, kw_only=True)
class Cluster:
    """The machines."""

    cores: int = 1_000
    cores_a_node: int = 8
    memory: float = 32 * 2.0**30
    """Of a node, in bytes."""
    network: float = 1.25e9
    """Of a node, in bytes a second: 10 Gbit/s."""

    @property
    def nodes(self) -> int:
        return math.ceil(self.cores / self.cores_a_node)


@dataclass(frozen=True, kw_only=True)
class Job:
    """The log, and how it is counted."""

    verdicts: float = 1e12
    keys: float = 1e6
    """Distinct ones in all."""
    shards: int = 10_000
    apart: bool = False
    """Whether a problem's verdicts are in one shard, and not in any."""
    fan_in: int | None = None
    """Tallies that one merge takes; None is all."""
    ranges: int = 1
    """Ranges of problems that are merged by themselves."""
    spread: float = 0.2
    """Of the sizes of shards: the standard deviation of their logarithm."""
    seed: int = 1

    def keys_of(self, shards: float) -> float:
        """Distinct keys that the tally of so many shards has; each verdict is of any key alike."""
        if self.apart:
            return self.keys * shards / self.shards
        # 1 - (1 - 1/keys)^verdicts, where the power of a number close to 1 would lose its digits.
        missed = self.verdicts * shards / self.shards * math.log1p(-1 / self.keys) if self.keys > 1 else -math.inf
        return -self.keys * math.expm1(missed)


@dataclass(frozen=True)
class Round:
    """Merges that go on at the same time."""

    merges: int
    shards: float
    """Shards of the log that each result is of."""
    keys: float
    """Keys of each result."""
    seconds: float
    memory: float
    """Of a node, at the most: merges that share one need theirs at once."""


@dataclass(frozen=True)
class Outcome:
    """What became of a job."""

    verdicts: float
    """Counted; all of them."""
    read: float
    """Bytes of the log."""
    busy: float
    """Seconds that all cores counted, together."""
    counting: float
    """Seconds until the last shard was counted."""
    longest: float
    """Seconds of the shard that took longest."""
    memory: float
    """Of a node, while its cores count."""
    rounds: tuple[Round, ...]

    @property
    def merging(self) -> float:
        return sum(each.seconds for each in self.rounds)

    @property
    def merging_memory(self) -> float:
        return max((each.memory for each in self.rounds), default=0.0)


def simulate(costs: Costs, cluster: Cluster, job: Job) -> Outcome:
    """Counts the log, then merges the tallies."""
    sizes = shard_sizes(job)
    bandwidth = cluster.network / min(cluster.cores_a_node, cluster.cores)
    keys = job.keys_of(1)
    writing = keys * (costs.key_writing + costs.key_saved / bandwidth)
    a_verdict = costs.verdict_seconds + costs.verdict_bytes / bandwidth
    durations = [size * a_verdict + writing for size in sizes]
    return Outcome(
        verdicts=sum(sizes),
        read=sum(sizes) * costs.verdict_bytes,
        busy=sum(durations),
        counting=makespan(durations, cluster.cores),
        longest=max(durations),
        memory=keys * costs.key_counting * min(cluster.cores_a_node, cluster.cores, job.shards),
        rounds=tuple(merge_rounds(costs, cluster, job)),
    )


def shard_sizes(job: Job) -> list[float]:
    """Verdicts of each shard, uneven and all together those of the log."""
    chance = random.Random(job.seed)
    weights = [math.exp(chance.gauss(0, job.spread)) for _ in range(job.shards)]
    whole = sum(weights)
    return [job.verdicts * weight / whole for weight in weights]


def makespan(durations: Sequence[float], cores: int) -> float:
    """When the last is done, if each free core takes the next."""
    free = [0.0] * min(cores, len(durations))
    for duration in durations:
        heapq.heappush(free, heapq.heappop(free) + duration)
    return max(free)


def merge_rounds(costs: Costs, cluster: Cluster, job: Job) -> list[Round]:
    """Rounds of merges until one tally is left, or one a range."""
    rounds = []
    tallies, of_each = job.shards, 1.0
    fan_in = job.fan_in or max(2, tallies)
    while tallies > 1:
        taken = min(fan_in, tallies)
        tallies = math.ceil(tallies / fan_in)
        before, of_each = of_each, min(float(job.shards), of_each * fan_in)
        merges = tallies * job.ranges
        # All at the same time on as many cores as there are; those of a node share its network and its memory.
        waves = math.ceil(merges / cluster.cores)
        at_once = min(math.ceil(merges / cluster.nodes), cluster.cores_a_node)
        rows = taken * job.keys_of(before) / job.ranges
        keys = job.keys_of(of_each) / job.ranges
        moving = (rows + keys) * costs.key_saved / (cluster.network / at_once)
        working = taken * costs.shard_merging + rows * costs.merging(keys) + keys * costs.key_writing
        memory = at_once * keys * costs.key_merging
        rounds.append(Round(merges, of_each, keys, waves * (moving + working), memory))
    return rounds


def most_keys(costs: Costs, cluster: Cluster) -> float:
    """Keys of a result that a node has the memory to merge."""
    return cluster.memory / costs.key_merging


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        prog="python -m bench.scale.simulation",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--layout", default="Parquet, shuffled", help="a layout of bench/scale/measured.json")
    job, cluster = Job(), Cluster()
    for name in ("verdicts", "keys"):
        parser.add_argument(f"--{name}", type=float, default=getattr(job, name))
    for name in ("shards", "ranges"):
        parser.add_argument(f"--{name}", type=int, default=getattr(job, name))
    parser.add_argument("--fan-in", type=int)
    parser.add_argument("--apart", action="store_true", help="the log is partitioned by problem")
    parser.add_argument("--cores", type=int, default=cluster.cores)
    parser.add_argument("--cores-a-node", type=int, default=cluster.cores_a_node)
    parser.add_argument("--memory", type=float, default=cluster.memory, help="bytes of a node")
    parser.add_argument("--network", type=float, default=cluster.network, help="bytes a second of a node")
    said = vars(parser.parse_args(arguments))
    costs = load(said.pop("layout"))
    cluster = replace(cluster, **{name: said.pop(name) for name in ("cores", "cores_a_node", "memory", "network")})
    found = simulate(costs, cluster, replace(job, **said))
    print(
        f"read {found.read / 1e9:,.0f} GB and counted: {found.counting:,.1f} s, {found.memory / 2**30:,.2f} GiB a node"
    )
    for each in found.rounds:
        gib = each.memory / 2**30
        print(f"{each.merges:,} merges to {each.keys:,.0f} keys each: {each.seconds:,.1f} s, {gib:,.2f} GiB a node")
    print(f"a node of {cluster.memory / 2**30:,.0f} GiB merges {most_keys(costs, cluster):,.0f} keys")


if __name__ == "__main__":
    main()
