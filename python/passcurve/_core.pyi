"""The Rust core. Its functions trust their callers in this package to have checked the call.

Files are paths, or `_objects.Ranges`.
"""

from collections.abc import Callable
from typing import Any, TypeAlias, TypedDict, TypeVar, final

import numpy as np
import numpy.typing as npt

__all__ = [
    "BatchTally",
    "Batches",
    "InvalidCountsError",
    "InvalidRewardsError",
    "InvalidSamplesError",
    "Records",
    "best_of_k",
    "build_info",
    "compare",
    "curve",
    "detailed",
    "dr_grpo",
    "estimate",
    "estimate_values",
    "evaluate",
    "evaluate_one",
    "extrapolate",
    "extreme_of_k",
    "file_columns",
    "first_record",
    "grpo",
    "hashes",
    "head",
    "maj_at_k",
    "pass_at_k_training",
    "passes_needed",
    "pkpo",
    "problems_needed",
    "reach",
    "rloo",
    "room_for_counts",
    "tally_files",
    "trend",
    "within_variances",
    "zip_members",
]

_Ints: TypeAlias = npt.NDArray[np.int64]
_Floats: TypeAlias = npt.NDArray[np.float64]

class _Request(TypedDict):
    by: list[str]
    problem: list[str]
    sample: str | None
    answer: str | None
    reward: str | None
    verdict: str
    threshold: float | None
    passing: list[str] | None
    failing: list[str] | None
    on_null: str
    on_null_id: str
    on_duplicate: str
    partial: str
    threads: int | None
    memory_limit: int | None
    range_bytes: int | None

class _Counters(TypedDict):
    rows: int
    nulls: int
    null_ids: int
    duplicates: int
    partial_lines: int
    others: list[tuple[str, int]]

_Progress: TypeAlias = Callable[[int, int, int], object]
_Counted: TypeAlias = tuple[Any, Any | None, _Counters]

@final
class Batches:
    """An Arrow record batch or stream, to be read once."""

    def __new__(cls, data: Any) -> Batches: ...
    @staticmethod
    def of_columns(
        columns: list[tuple[str, Any]], dictionaries: dict[str, Any] | None = None, file: str | None = None
    ) -> Batches:
        """Columns of one length, however each of them is cut into chunks.

        ``dictionaries`` are the values of those that hold places in them, ``file`` is what the rows are of.
        """
    @property
    def columns(self) -> list[str]:
        """The names of its columns."""

@final
class Records:
    """The records of a file, or of a member of a zip archive, batch after batch."""

    def __new__(
        cls,
        file: str,
        rows: str,
        fields: list[tuple[str, str, str]],
        member: str | None = None,
        skip_partial: bool = False,
    ) -> Records:
        """``rows`` is the way to the records; ``fields`` are names, ways from a record, and what the values are.

        That is "ids", "texts", "numbers", "json", "hashes", "key" or "index".
        """
    def next(self) -> Any | None:
        """The next records; None at the end."""
    @property
    def partial(self) -> int:
        """Records at which the document was cut and that were left out."""

def first_record(file: str, rows: str = "", member: str | None = None) -> str | None:
    """The first record of a file or member as it is written; None where the way leads to none."""

def head(file: str, length: int) -> bytes:
    """So many bytes that a file begins with, uncompressed; fewer where it ends or is damaged before."""

def hashes(texts: list[str | None]) -> list[str | None]:
    """Hashes of texts that are the same on every machine; None for None."""

def zip_members(file: str) -> tuple[list[str], bool]:
    """The names of a zip archive's members, in its order, and whether one stands for several: the last is read."""

@final
class BatchTally:
    """A tally that Arrow batches and streams are fed to."""

    def __new__(cls, request: _Request, again: bool = False) -> BatchTally:
        """What can be read again is looked at for copies of samples by bits first."""
    def insert(self, batches: Batches, progress: _Progress | None) -> int:
        """Counts batches; calls ``progress(rows, 0, 0)`` now and then. Returns the rows taken so far."""
    def so_far(self) -> _Counted:
        """What `finish` would return, None apart; more may be counted afterwards."""
    def finish(self) -> _Counted | None:
        """Ends the counting; returns the counts, those of answers and rewards, and the counters.

        None where a sample came twice and another reading must tell which.
        """

def build_info() -> dict[str, str]:
    """How this module was built."""

def file_columns(file: str) -> list[str]:
    """The names of the columns of a file, in JSON Lines those of its first line.

    What is inside structs and objects has its path in dots.
    """

_PathKey: TypeAlias = tuple[str, bool, bool, list[str | None]]

def room_for_counts(threads: int | None) -> int | None:
    """The most bytes that the counts of so many threads may take where the system limits the address space.

    Raises MemoryError where that leaves too little for any tally.
    """

def tally_files(
    files: list[str], request: _Request, path_keys: list[_PathKey], progress: _Progress | None
) -> tuple[_Counted, list[tuple[str, str, int, int]]]:
    """Counts files; calls ``progress(rows, bytes read, bytes to be read)`` now and then, and at the end.

    The bytes to be read are 0 until they are known.

    Columns that the paths state are (name, whether its values are integers, whether the files hold it too, the value of
    each path).

    Returns the counts (an Arrow stream), those of answers and rewards (one more, or None) and the counters; and (path,
    format, bytes, rows) a file.
    """

class InvalidCountsError(ValueError):
    """An (n, c, k) outside an estimator's domain; its args are (flat index, n, c, k, rule)."""

def evaluate(name: str, tau: float | None, n: _Ints, c: _Ints, k: _Ints, nan: bool, threads: int | None) -> _Floats:
    """An estimator elementwise; each of n, c and k is as long as the others, or of length one.

    Outside the domain it raises `InvalidCountsError`, or with ``nan`` writes NaN.
    """

def evaluate_one(name: str, tau: float | None, n: int, c: int, k: int, nan: bool) -> float:
    """An estimator at one (n, c, k). Errors as in `evaluate`."""

def passes_needed(ks: list[int], tau: float) -> list[int]:
    """How many of each k draws have to pass for the share tau of them."""

def curve(name: str, tau: float | None, n: _Ints, c: _Ints, ks: _Ints, nan: bool, threads: int | None) -> _Floats:
    """An estimator at all ks of each (n, c), rows by ks, flat. Errors as in `evaluate`."""

def detailed(
    *,
    metric: str,
    ties: str,
    ends: _Ints,
    value: _Floats,
    n: _Ints,
    c: _Ints,
    ks: list[int],
    variances: bool,
    threads: int | None,
) -> tuple[list[_Floats], list[_Floats]]:
    """A metric of the cells of each problem at each k, and its sampling variance where asked for, one array a k.

    ``ends`` says where each problem's cells end: rewards in any order, or distinct answers with a value of 1, and of 0
    for none. NaN where k > n, or where there is no variance.
    """

def estimate(
    *,
    metric: str,
    tau: float | None,
    lengths: _Ints,
    n: _Ints,
    c: _Ints,
    clusters: _Ints | None,
    ks: list[int],
    method: str,
    over: str,
    confidence_level: float,
    n_resamples: int,
    seed: int,
    threads: int | None,
) -> dict[str, Any]:
    """Means over problems with their uncertainty, group by group.

    ``lengths`` says how many consecutive problems each group has. Returns flat arrays, groups by ks: estimate, se,
    lower, upper, n_effective (NaN for none), method (a list of str), reason (a list of str or None), n_problems, n_min,
    n_max, n_skipped (problems with n below k).
    """

def estimate_values(
    *,
    lengths: list[int],
    n: _Ints,
    values: list[_Floats],
    variances: list[_Floats] | None,
    low: float,
    high: float,
    clusters: _Ints | None,
    ks: list[int],
    method: str,
    over: str,
    confidence_level: float,
    n_resamples: int,
    seed: int,
    threads: int | None,
) -> dict[str, Any]:
    """Means over problems of values that are not functions of n and c, group by group.

    ``values`` has a column a k, with a value between ``low`` and ``high`` a problem, NaN where it has none. Returns
    what `estimate` does.
    """

def extrapolate(
    *,
    lengths: _Ints,
    n: _Ints,
    c: _Ints,
    ks: list[int],
    method: str,
    confidence_level: float,
    n_resamples: int,
    seed: int,
    threads: int | None,
) -> dict[str, Any]:
    """pass@k beyond each group's least n; ``lengths`` as in `estimate`.

    Returns flat arrays, groups by ks by models, without the ks up to a group's least n: group and place (of k),
    estimate, lower, upper, bound_lower, bound_upper, cheap_lower, cheap_upper (NaN for none), method and reason (lists
    of str, and None for no reason), n_problems, n_min, n_max.
    """

def compare(
    *,
    lengths: list[int],
    n: tuple[_Ints, _Ints],
    c: tuple[_Ints, _Ints],
    clusters: _Ints | None,
    ks: list[int],
    method: str,
    over: str,
    confidence_level: float,
    skip: bool,
    n_resamples: int,
    seed: int,
    threads: int | None,
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Differences of pass@k of two models, pair by pair.

    ``lengths`` says how many consecutive problems each pair has, ``ks`` ascend; without ``skip`` a pair leaves out the
    ks above its smallest n. Returns the columns of the rows (pair, k, ...; NaN for none) and those of the pairs (ks:
    a list of crossings each; lower, upper, p_none, p_several; shared: whether the samples look shared).
    """

def trend(
    values: _Floats, steps: list[float], clusters: _Ints | None, *, metric: str, k: int, confidence_level: float
) -> tuple[list[float], str, str | None]:
    """The mean change from the first step to the last of problems, one row each, with the values of a metric at k.

    change, se, lower, upper and p_value, NaN where they cannot be told; the method of the interval, and why not t.
    """

def within_variances(*, lengths: _Ints, n: _Ints, c: _Ints, k: int, samples: list[int], threads: int | None) -> _Floats:
    """The mean sampling variance of pass@k with each of ``samples`` a problem; groups by samples, flat.

    NaN for a group with a problem of fewer than 2k samples, or without problems.
    """

def reach(
    *, variance: _Floats, share: _Floats, problems: _Ints, confidence_level: float, power: float | None
) -> _Floats:
    """The half width, or with a power the detectable difference, of so many problems, elementwise.

    ``variance`` is that of one problem, ``share`` the number of clusters for each problem. NaN below two clusters.
    """

def problems_needed(
    *, variance: _Floats, share: _Floats, target: float, confidence_level: float, power: float | None
) -> _Ints:
    """The fewest problems that reach the target, elementwise: at most 2^53; -1 where the variance is not positive."""

_Rewards = TypeVar("_Rewards", npt.NDArray[np.float32], npt.NDArray[np.float64])
_Groups: TypeAlias = int | _Ints

class InvalidRewardsError(ValueError):
    """Rewards without advantages; its args are (what, index, size).

    What is "finite", "binary" or "overflow" with a sample's flat index, or "small" with a group's number and its size.
    """

def pkpo(rewards: _Rewards, groups: _Groups, k: int, baseline: str, threads: int | None) -> _Rewards:
    """Pass@k policy optimization. ``groups`` is the length of a row, or the number of each sample's group from 0."""

def pass_at_k_training(rewards: _Rewards, groups: _Groups, k: int, epsilon: float, threads: int | None) -> _Rewards:
    """The analytic advantages of Pass@k Training."""

def grpo(
    rewards: _Rewards, groups: _Groups, ddof: int, epsilon: float, keep_lone: bool, threads: int | None
) -> _Rewards:
    """Distance from the group's mean in standard deviations; ``keep_lone``: a group of one keeps its reward."""

def rloo(rewards: _Rewards, groups: _Groups, threads: int | None) -> _Rewards:
    """Distance from the mean of the others."""

def dr_grpo(rewards: _Rewards, groups: _Groups, threads: int | None) -> _Rewards:
    """Distance from the group's mean."""

_Bools: TypeAlias = npt.NDArray[np.bool_]

class InvalidSamplesError(ValueError):
    """Samples without a metric; its args are (what, row, at, reason).

    What is "row", with the reason, or "finite" or "mixed", with the place of the sample in the row.
    """

def extreme_of_k(
    largest: bool, rewards: _Floats, offsets: _Ints, ks: list[int], with_replacement: bool, threads: int | None
) -> _Floats:
    """The mean of the largest, or the smallest, of k rewards; problems by ks, flat.

    Problem i has the rewards from ``offsets[i]`` to ``offsets[i + 1]``.
    """

def best_of_k(
    scores: _Floats, values: _Floats, offsets: _Ints, ks: list[int], with_replacement: bool, threads: int | None
) -> _Floats:
    """The mean value of the best-scored of k samples; as `extreme_of_k`."""

def maj_at_k(
    answers: _Ints,
    correct: _Bools,
    offsets: _Ints,
    ks: list[int],
    ties: str,
    mixed: str,
    with_replacement: bool,
    threads: int | None,
) -> _Floats:
    """Whether the most frequent answer of k is correct; as `extreme_of_k`. A negative answer is none."""
