"""Contestants take turns, A B C A B C, so that what slows the machine for a while slows all of them."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from statistics import median
from typing import Any

REST = 0.25
"""Seconds between two contestants: the threads of OpenBLAS and others spin for a while after their work."""

UNITS = ((1.0, "s"), (1e-3, "ms"), (1e-6, "µs"), (1e-9, "ns"))


@dataclass(frozen=True)
class Rounds:
    """What each contestant returned (in the untimed first turn), and its seconds in each round."""

    results: dict[str, Any]
    seconds: dict[str, list[float]]

    def scaled(self, name: str, factor: float) -> Rounds:
        """As if this contestant's work were `factor` times as much."""
        return Rounds(self.results, self.seconds | {name: [factor * second for second in self.seconds[name]]})

    def time(self, name: str) -> str:
        """The median and the range of a contestant's times."""
        return spread([duration(pick(self.seconds[name])) for pick in (median, min, max)])

    def ratio(self, name: str, to: str) -> str:
        """How many times as long as another it took: a ratio a round, their median and range."""
        if name == to:
            return "1"
        ratios = [a / b for a, b in zip(self.seconds[name], self.seconds[to], strict=True)]
        return spread([digits(pick(ratios)) for pick in (median, min, max)])


def interleave(contestants: Mapping[str, Callable[[], object]], rounds: int) -> Rounds:
    """Times the contestants in turn; the first turn warms caches and is not timed."""
    results = {name: contestant() for name, contestant in contestants.items()}
    seconds: dict[str, list[float]] = {name: [] for name in contestants}
    for _ in range(rounds):
        for name, contestant in contestants.items():
            time.sleep(REST)
            seconds[name].append(_seconds(contestant))
    return Rounds(results, seconds)


def _seconds(contestant: Callable[[], object]) -> float:
    start = time.perf_counter()
    result = contestant()
    end = time.perf_counter()
    del result  # freeing it is not part of the work
    return end - start


def spread(texts: list[str]) -> str:
    middle, low, high = texts
    return f"{middle} ({low} to {high})"


def duration(seconds: float) -> str:
    """Three digits and a unit."""
    size, unit = next(((size, unit) for size, unit in UNITS if seconds >= size), UNITS[-1])
    return f"{digits(seconds / size)} {unit}"


def digits(value: float) -> str:
    """Three digits, without an exponent."""
    decimals = 2 if value < 10 else 1 if value < 100 else 0
    return f"{value:,.{decimals}f}"
