"""What was measured, and what it comes to, as sections of bench/RESULTS.md."""

from __future__ import annotations

from typing import Any

from bench import report
from bench.scale.costs import of
from bench.scale.simulation import Cluster, Job, Outcome, most_keys, simulate
from bench.timing import digits, duration

VERDICTS = 1e12
USUAL = "Parquet, shuffled"
KEYS = (1e5, 1e6, 1e7, 1e8, 1e9)
FAN_IN = 32
RANGES = 256
GB, GIB, MIB = 1e9, 2.0**30, 2.0**20


def sections(measured: dict[str, Any]) -> str:
    """Both of them."""
    return "\n".join([_measured(measured), _simulated(measured)])


def _measured(measured: dict[str, Any]) -> str:
    text = (
        "One core, a process each, files in the page cache; logs of 100,000 keys (20 models x 5,000 problems). Seconds "
        "are of the fastest of three counts, with what is not of a verdict in them.\n"
    )
    head = ["layout", "verdicts", "bytes a verdict", "seconds a billion verdicts"]
    layouts = [
        [name, f"{of['rows']:,}", _number(of["bytes"]), digits(of["seconds"] * 1e9)]
        for name, of in measured["layouts"].items()
    ]
    merged = (
        "Merging saved tallies (`pk.merge`), ids of 14 characters, n and c. The shards have the same keys but where it "
        "is said otherwise; memory is what the peak is above that before, and the time that of the core:\n"
    )
    head_merged = [
        "shards x keys",
        "keys of the result",
        "bytes saved a key",
        "time",
        "time a row",
        "+MiB",
        "+bytes a key",
    ]
    rows = [
        [
            f"{of['shards']:,} x {of['keys']:,}{_said(of)}",
            f"{of['distinct']:,.0f}",
            digits(of["saved"]),
            duration(of["seconds"]),
            duration(of["seconds"] / (of["shards"] * of["keys"])),
            f"{of['memory'] / MIB:,.0f}",
            f"{of['memory'] / of['distinct']:,.0f}",
        ]
        for of in measured["merges"]
    ]
    counted = "Memory of a count by its keys, shuffled Parquet:\n"
    counts = [
        [f"{of['keys']:,}", f"{of['rows']:,}", f"{of['memory'] / MIB:,.0f}", f"{of['memory'] / of['keys']:,.0f}"]
        for of in measured["counts"]
    ]
    parts = ["## Scale\n", text, report.table(head, layouts), merged, report.table(head_merged, rows)]
    return "\n".join([*parts, counted, report.table(["keys", "rows", "+MiB", "+bytes a key"], counts)])


def _said(merge: dict[str, float]) -> str:
    if merge["part"] > 1:
        return f", one problem in {merge['part']:.0f} by problem_range="
    return ", no key in two" if merge["distinct"] > merge["keys"] else ""


def _simulated(measured: dict[str, Any]) -> str:
    cluster = Cluster()
    node = f"{cluster.memory / GIB:,.0f} GiB and {cluster.network * 8 / 1e9:,.0f} Gbit/s"
    text = (
        f"{VERDICTS:,.0f} verdicts in {Job().shards:,} shards of uneven sizes, on {cluster.cores:,} cores, "
        f"{cluster.cores_a_node} to a node of {node}. The costs are those measured above, the machines are assumed. A "
        "core reads over its share of the network and then counts, one after the other. `python -m "
        "bench.scale.simulation --help` takes other numbers.\n"
    )
    layouts = []
    for name in measured["layouts"]:
        found = simulate(of(measured, name), cluster, Job(verdicts=VERDICTS))
        computing = VERDICTS * measured["layouts"][name]["seconds"] / found.busy
        layouts.append([name, f"{found.read / GB:,.0f}", _time(found.counting), f"{computing:.0%}"])
    costs = of(measured, USUAL)
    rows = [row for keys in KEYS for row in _merges(measured, cluster, keys)]
    most = most_keys(costs, cluster)
    ending = (
        f"What gives way first is the memory of the node that merges: at {costs.key_merging:,.0f} bytes a key, "
        f"{cluster.memory / GIB:,.0f} GiB hold {most:.2g} keys. A count needs {costs.key_counting:,.0f} bytes a key, "
        "and all cores of a node count at once: where every shard meets every key, a node of "
        f"{cluster.cores_a_node} cores has memory for {cluster.memory / costs.key_counting / cluster.cores_a_node:.2g} "
        "keys. In ranges a node merges its part of the keys, and in shards by problem a core counts its part.\n"
    )
    head = ["keys, shards, merge", "GiB counting", "counted in", "merged in", "GiB merging", f"fits {node}"]
    parts = ["## Scale, simulated\n", text, "Counting, with a million keys, by layout:\n"]
    parts.append(report.table(["layout", "GB to read", "counted in", "of it computing"], layouts))
    parts += [f"Merging, by keys ({USUAL}):\n", report.table(head, rows)]
    return "\n".join([*parts, ending])


def _merges(measured: dict[str, Any], cluster: Cluster, keys: float) -> list[list[str]]:
    costs, rows = of(measured, USUAL), []
    ways: list[tuple[str, dict[str, Any]]] = [
        ("any, all at once", {}),
        (f"any, {FAN_IN} at a time", {"fan_in": FAN_IN}),
        (f"any, {RANGES} ranges", {"ranges": RANGES}),
        (f"by problem, {RANGES} ranges", {"ranges": RANGES, "apart": True}),
    ]
    for name, words in ways:
        found = simulate(costs, cluster, Job(verdicts=VERDICTS, keys=keys, **words))
        rows.append([f"{keys:.0e}, {name}".replace("e+0", "e"), *_outcome(found, cluster)])
    return rows


def _outcome(found: Outcome, cluster: Cluster) -> list[str]:
    fits = max(found.memory, found.merging_memory) <= cluster.memory
    merging = [_time(found.merging), _number(found.merging_memory / GIB)]
    return [_number(found.memory / GIB), _time(found.counting), *merging, "yes" if fits else "**no**"]


def _time(seconds: float) -> str:
    if seconds >= 7200:
        return f"{digits(seconds / 3600)} h"
    return f"{digits(seconds / 60)} min" if seconds >= 120 else duration(seconds)


def _number(value: float) -> str:
    return digits(value) if value >= 0.1 else f"{value:.2g}"
