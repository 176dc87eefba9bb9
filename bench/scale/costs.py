"""The costs that the simulation starts from, out of what was measured."""

from __future__ import annotations

import bisect
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

MEASURED = Path(__file__).parent / "measured.json"


@dataclass(frozen=True)
class Costs:
    """Of one core and, where not said otherwise, in seconds and bytes."""

    verdict_bytes: float
    """Of the log, a verdict."""
    verdict_seconds: float
    """Of counting, a verdict."""
    key_saved: float
    """Of a saved tally, a key."""
    key_writing: float
    """Of saving it, a key."""
    key_counting: float
    """Memory of a count, a key."""
    key_merging: float
    """Memory of a merge, a key of its result."""
    shard_merging: float
    """Of a merge, a shard, whatever is in it."""
    row_merging: tuple[tuple[float, float], ...]
    """Of a merge, a row of a shard, by the keys of the result: (keys, seconds)."""

    def merging(self, keys: float) -> float:
        """Seconds a row of merging into so many keys: on the lines between what was measured, in the logarithm."""
        return between(self.row_merging, keys)


def between(points: Sequence[tuple[float, float]], x: float) -> float:
    """The value at ``x`` between points sorted by it, on a logarithmic axis, and beyond them that of the last."""
    at = bisect.bisect_left([known for known, _ in points], x)
    if at in {0, len(points)}:
        return points[min(at, len(points) - 1)][1]
    (low, below), (high, above) = points[at - 1], points[at]
    share = math.log(x / low) / math.log(high / low)
    return below + share * (above - below)


def load(layout: str, path: Path = MEASURED) -> Costs:
    """The costs of a layout, as they were measured."""
    return of(json.loads(path.read_text(encoding="utf-8")), layout)


def of(measured: dict[str, Any], layout: str) -> Costs:
    """The costs of a layout."""
    merges = [merge for merge in measured["merges"] if merge["part"] == 1]
    # Where shards are smallest their number is what costs.
    small = min(merges, key=lambda merge: merge["keys"])
    shard = small["seconds"] / small["shards"]
    rows = sorted(
        (merge["distinct"], max(0.0, merge["seconds"] - shard * merge["shards"]) / (merge["keys"] * merge["shards"]))
        for merge in merges
        if merge is not small
    )
    largest, most = max(merges, key=lambda merge: merge["distinct"]), max(measured["counts"], key=lambda of: of["keys"])
    found = measured["layouts"][layout]
    return Costs(
        verdict_bytes=found["bytes"],
        verdict_seconds=found["seconds"],
        key_saved=largest["saved"],
        key_writing=largest["writing"],
        key_counting=most["memory"] / most["keys"],
        key_merging=largest["memory"] / largest["distinct"],
        shard_merging=shard,
        row_merging=tuple(rows),
    )
