"""Benchmarks of agents: tau-bench, tau2-bench, SWE-bench."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import polars as pl

from passcurve.errors import DataError
from passcurve.readers._format import KEY, Format
from passcurve.readers._judging import loads
from passcurve.readers._reading import Reading, records, top

if TYPE_CHECKING:
    from collections.abc import Iterator

SOLVED = 1 - 1e-6
"""Rewards are products of ones, and pass from here on, as the benchmark's own code has it."""


def _shares(frame: pl.DataFrame, reading: Reading) -> pl.DataFrame:
    """Rewards are from 0 to 1, as far as they are numbers; any others are of something else."""
    outside = frame.filter(~pl.col("reward").is_between(0, 1), pl.col("reward").is_not_nan())
    if outside.height and reading.threshold == SOLVED:
        problem, reward = outside.select("problem", "reward").row(0)
        raise DataError(
            f"the reward {reward:g} of problem {problem!r} is not from 0 to 1, as those of {reading.format.name} are; "
            "say threshold= (a sample passes when its reward is >= threshold)"
        )
    return frame


TAU_BENCH = Format(
    name="tau-bench",
    rows="[]",
    problem="task_id",
    sample="trial",
    verdict="reward",
    reward="reward",
    threshold=SOLVED,
    mend=_shares,
    path=r"(?:^|/)(?P<model>[^/]+?)(?:_range_[^/]*)?\.json(?:\.gz|\.zst)?$",
    keys=[frozenset({"task_id", "reward", "trial"})],
)


def _unrewarded(frame: pl.DataFrame, reading: Reading) -> pl.DataFrame:
    """Simulations that broke off without a reward are no samples."""
    missing = frame["verdict"].is_null() | (frame["verdict"] == "null")
    if missing.any():
        ended = frame.filter(missing)["termination_reason"].fill_null("no reason")
        reading.left_out.update(f"no reward: {reason}" for reason in ended)
        reading.lost.update(frame.filter(missing)["problem"])
    return frame.filter(~missing)


_SIMULATION = {"problem": ("task_id", "ids"), "sample": ("trial", "ids")}


def _tau2(path: str, reading: Reading) -> Iterator[pl.DataFrame]:
    """Simulations in the file, or an index of those that are files of their own."""
    rows, reward = "simulations[]", "reward_info.reward"
    if top(path, "simulation_index[0]") is not None:
        rows, reward = "simulation_index[]", "reward"
    ended = {"termination_reason": ("termination_reason", "texts")}
    fields = _SIMULATION | ended | {"verdict": (reward, "json"), "reward": (reward, "numbers")}
    for frame in records(path, rows, fields, reading):
        yield _unrewarded(frame, reading)


TAU2 = Format(
    name="tau2",
    problem="task_id",
    sample="trial",
    model="/info.agent_info.llm",
    dataset="/info.environment_info.domain_name",
    verdict="reward_info.reward",
    reward="reward_info.reward",
    threshold=SOLVED,
    read=_tau2,
    mend=_shares,
    skip=r"/simulations/[^/]+\.json$",
    keys=[frozenset({"simulations", "info"}), frozenset({"simulation_index", "info"})],
)

_LISTS = {
    "resolved_ids": True,
    "resolved": True,
    # The others are among these.
    "submitted_ids": None,
    "completed_ids": None,
    "unresolved_ids": False,
    "error_ids": False,
    "empty_patch_ids": False,
    "infra_failure_ids": False,
    "incomplete_ids": False,
}


def _swe_bench(path: str, reading: Reading) -> Iterator[pl.DataFrame]:
    """A report of one instance, or of a run with its lists of instances."""
    # Read to its end: of a file that is cut, the lists would be some of the lists.
    parts = list(records(path, "", {name: (name, "json") for name in _LISTS}, reading))
    if not parts:
        return
    whole = pl.concat(parts)
    if whole.height > 1 and not all(whole[name].null_count() == whole.height for name in _LISTS):
        raise DataError(
            f"{path}: there are {whole.height} documents in the file, and a report of a run is one; keep one"
        )
    texts = {name: text for name, text in whole.row(0, named=True).items() if text is not None}
    lists = {name: found for name, text in texts.items() if isinstance(found := loads(text), list)}
    if not {"resolved_ids", "resolved"} & lists.keys():
        fields = {"problem": (KEY, "key"), "verdict": ("resolved", "json")}
        for frame in records(path, "{}", fields, reading):
            if frame["verdict"].null_count():
                raise DataError(f"{path}: neither a report of an instance nor of a run: there is no resolved")
            yield frame
        return
    if lists.keys() <= {"resolved_ids", "resolved"}:
        raise DataError(f"{path}: this says what was resolved and not what was tried (unresolved_ids or submitted_ids)")
    seen: dict[str, bool | None] = {}
    for name, problems in lists.items():
        for problem in problems:
            if not isinstance(problem, str) or not problem or not problem.isprintable():
                raise DataError(f"{path}: {name} holds {json.dumps(problem)[:60]}, which is no instance")
            known, said = seen.get(problem), _LISTS[name]
            if known is not None and said is not None and known != said:
                raise DataError(f"{path}: {problem} is among the resolved and in {name}")
            seen[problem] = known if said is None else said
    verdicts = ["true" if passed else "false" for passed in seen.values()]
    yield pl.DataFrame({"problem": list(seen), "verdict": verdicts}).cast(pl.String)


SWE_BENCH = Format(
    name="swe-bench",
    problem=KEY,
    verdict="resolved",
    read=_swe_bench,
    path=(
        r"run_evaluation/(?P<sample>[^/]+)/(?P<model>[^/]+)/[^/]+/report\.json(?:\.gz|\.zst)?$",
        r"(?:^|/)(?P<model>[^/]+)\.results\.json(?:\.gz|\.zst)?$",
        r"(?:^|/)(?P<model>[^/]+)\.(?P<sample>[^/.]+)\.json(?:\.gz|\.zst)?$",
    ),
    keys=[
        frozenset({"resolved_ids"}),
        frozenset({"resolved", "unresolved_ids"}),
        frozenset({"resolved", "patch_exists"}),
    ],
)

FORMATS = (TAU2, TAU_BENCH, SWE_BENCH)
