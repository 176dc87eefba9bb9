"""Shards and later merges: the laws, what comes twice, ranges of problems, and shards that are bad."""

from __future__ import annotations

import itertools
import pickle
import random
import shutil
from functools import reduce
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import passcurve as pk
import passcurve._merging

KEPT = {"answer": "answer", "reward": "reward"}
WORDS: dict[str, Any] = {"problem": "problem", "verdict": "correct"}


def rows_of(seed: int, rows: int, names: bool = True) -> pl.DataFrame:
    """A log of uneven keys, some of whose verdicts are null."""
    rng = np.random.default_rng(seed)
    problems = (rng.integers(0, 40, rows) ** 2 // 40).tolist()
    return pl.DataFrame(
        {
            "model": [f"m{i}" for i in rng.integers(0, 2, rows)],
            "step": rng.integers(0, 3, rows),
            "problem": [f"p{i:02}" for i in problems] if names else problems,
            "answer": [None if i < 0 else str(i) for i in rng.integers(-1, 3, rows)],
            "reward": rng.choice([0.0, 0.25, 1.0], rows),
            "correct": [None if i < 1 else i < 4 for i in rng.integers(0, 8, rows)],
        },
        schema_overrides={"answer": pl.String, "correct": pl.Boolean, "problem": pl.String if names else pl.Int64},
    )


def tallied(log: Any, by: list[str], kept: bool, **words: Any) -> pk.Tally:
    return pk.tally(log, **WORDS, by=by, on_null="skip", **(KEPT if kept else {}), **words)


def same(one: pk.Tally, other: pk.Tally) -> bool:
    """To the ids and the order of the files."""
    return one == other and one.provenance.to_dict() == other.provenance.to_dict()


logs = st.tuples(
    st.integers(0, 9), st.lists(st.integers(0, 60), min_size=3, max_size=6),
    st.sampled_from([[], ["model"], ["model", "step"]]), st.booleans(), st.booleans(),
)  # fmt: skip


@pytest.mark.filterwarnings("ignore:the log has no rows")
@settings(max_examples=60, deadline=None)
@given(logs, st.integers(0, 1 << 30))
def test_the_law(log: Any, order: int) -> None:
    seed, sizes, by, kept, names = log
    whole = rows_of(seed, sum(sizes), names)
    ends = np.cumsum(sizes).tolist()
    frames = [whole[end - size : end] for end, size in zip(ends, sizes, strict=True)]
    parts = [tallied(frame, by, kept) for frame in frames]
    merged = pk.merge(parts)
    assert merged == tallied(whole, by, kept)
    assert merged.provenance.parts == tuple(sorted(part for tally in parts for part in tally.provenance.parts))
    empty = tallied(whole.clear(), by, kept)
    assert empty.provenance.parts == ()
    shuffled = [*parts, empty, empty]
    random.Random(order).shuffle(shuffled)
    assert same(pk.merge(iter(shuffled)), merged)
    for one in parts:
        assert same(one.merge(empty), one)
        assert same(empty.merge(one), one)
    a, b, c = parts[:3]
    assert same(a.merge(b), b.merge(a))
    assert same(a.merge(b).merge(c), a.merge(b.merge(c)))
    twice = pk.merge([*parts, *parts], on_repeat="count")
    assert twice.frame.select(pl.col("n", "c") // 2).equals(merged.frame.select("n", "c"))
    assert twice.provenance.rows == 2 * whole.height
    assert twice.provenance.parts == merged.provenance.parts


@settings(max_examples=60, deadline=None)
@given(st.integers(2, 7), st.data())
def test_a_part_that_comes_twice_is_refused_by_any_tree(count: int, data: Any) -> None:
    parts = [tallied(rows_of(seed, 9), ["model"], False) for seed in range(count)]
    trees = [*parts, data.draw(st.sampled_from(parts))]
    data.draw(st.randoms()).shuffle(trees)
    with pytest.raises(pk.DataError, match=r"part [0-9a-f]{32} is in item \d and in item \d, and its samples"):
        pk.merge(trees)

    def fold() -> pk.Tally:
        left = list(trees)
        while len(left) > 1:
            at = data.draw(st.integers(0, len(left) - 2))
            left[at : at + 2] = [left[at].merge(left[at + 1])]
        return left[0]

    with pytest.raises(pk.DataError, match="is in one tally and in the other"):
        fold()
    counted = reduce(lambda one, other: one.merge(other, on_repeat="count"), trees)
    assert counted.provenance.rows == 9 * (count + 1)


@settings(max_examples=60, deadline=None)
@given(logs, st.lists(st.integers(-1, 42), min_size=1, max_size=4, unique=True))
def test_ranges_stand_side_by_side_and_add_up(log: Any, cuts: list[int]) -> None:
    seed, sizes, by, kept, names = log
    parts = [tallied(rows_of(seed + i, size + 1, names), by, kept) for i, size in enumerate(sizes)]
    whole = pk.merge(parts)
    bounds = [None, *(f"p{cut:02}" if names else cut for cut in sorted(cuts)), None]
    ranges = list(itertools.pairwise(bounds))
    tallies = [pk.merge(parts, problem_range=bounds) for bounds in ranges]
    for (lower, upper), tally in zip(ranges, tallies, strict=True):
        inside = pl.lit(True) if lower is None else pl.col("problem") >= lower
        inside &= pl.lit(True) if upper is None else pl.col("problem") < upper
        assert tally._table.equals(whole._table.filter(inside))
    assert same(pk.merge(tallies), whole)
    assert same(pk.merge(reversed(tallies)), whole)
    for tally in tallies:
        with pytest.raises(pk.DataError, match="count twice"):
            whole.merge(tally)
    assert same(pk.merge(whole, problem_range=(bounds[1], None)), pk.merge(parts, problem_range=(bounds[1], None)))


@pytest.fixture
def shards(tmp_path: Path) -> Path:
    """Three logs, and a saved tally of each."""
    (tmp_path / "logs").mkdir()
    (tmp_path / "saved").mkdir()
    for i in range(3):
        log = tmp_path / "logs" / f"{i}.parquet"
        rows_of(i, 50 + i).write_parquet(log)
        tallied(log, ["model"], True).write_parquet(tmp_path / "saved" / f"{i}.parquet")
    return tmp_path


def test_saved_shards_are_the_logs_counted_together(shards: Path) -> None:
    saved = shards / "saved"
    whole = tallied(shards / "logs", ["model"], True)
    merged = pk.merge(saved)
    paths = sorted(saved.iterdir())
    assert merged == whole
    assert merged.provenance.files == whole.provenance.files
    assert len(merged.provenance.parts) == 3
    assert {file.part for file in merged.provenance.files} == set(merged.provenance.parts)
    for source in (
        str(saved / "*.parquet"),
        paths,
        map(str, reversed(paths)),
        [saved],
        [paths[2], pk.merge(paths[:2])],
    ):
        assert same(pk.merge(source), merged)
    for bounds in [("p03", "p20"), (None, "p03"), ("p20", None)]:
        of_files, of_tallies = (pk.merge(of, problem_range=bounds) for of in (saved, map(pk.Tally.read_parquet, paths)))
        assert same(of_files, of_tallies)
    merged.write_parquet(shards / "merged.parquet")
    for again in (pk.Tally.read_parquet(shards / "merged.parquet"), pickle.loads(pickle.dumps(merged))):
        assert same(again, merged)
        with pytest.raises(pk.DataError, match="count twice"):
            again.merge(pk.Tally.read_parquet(paths[0]))
    for changed in (merged.with_by(run=1), merged.drop_details()):
        assert changed.provenance.parts == merged.provenance.parts


def test_runs_are_as_good_as_one(shards: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    merged = pk.merge(shards / "saved")
    monkeypatch.setattr(passcurve._merging, "RUN_ROWS", 1)
    assert same(pk.merge(shards / "saved"), merged)
    # Of a hundred tallies of the same keys no more than a few wait, however many there are.
    adding = passcurve._merging.Sum("error")
    for seed in range(100):
        adding.add(tallied(rows_of(seed, 200), ["model"], True), f"item {seed}")
        assert len(adding._tables) < 10
    assert adding.tally().provenance.rows == 200 * 100


def test_a_shard_that_is_counted_again_is_known_by_its_id(shards: Path) -> None:
    """As by a worker whose predecessor was killed after it had written."""
    log, saved = shards / "logs" / "1.parquet", shards / "saved"
    for threads in (1, 2):
        tallied(log, ["model"], True, threads=threads).write_parquet(saved / "retry.parquet")
        with pytest.raises(
            pk.DataError, match=r"part [0-9a-f]{16}-[0-9a-f]{16} \(of .*1.parquet\) is in .*1.parquet and"
        ):
            pk.merge(saved)
    assert pk.merge(saved, on_repeat="count").provenance.rows == 153 + 51
    with pytest.raises(pk.DataError, match="the same file is given twice"):
        pk.merge([saved / "0.parquet", saved / "0.parquet"])
    (shards / "link.parquet").symlink_to(saved / "0.parquet")
    with pytest.raises(pk.DataError, match=r"the same file is given twice: .*0\.parquet and .*link\.parquet"):
        pk.merge([saved / "0.parquet", shards / "link.parquet"])
    shutil.copy(saved / "0.parquet", shards / "copy.parquet")
    with pytest.raises(pk.DataError, match=r"is in .*0.parquet and in .*copy.parquet"):
        pk.merge([saved / "0.parquet", shards / "copy.parquet"])


def test_a_file_in_two_parts_is_seen(shards: Path) -> None:
    logs = sorted((shards / "logs").iterdir())
    first, both = tallied(logs[0], [], False), tallied(logs[:2], [], False)
    failed = pk.tally(logs[0], **WORDS, by=[], on_null="fail")
    for other in (both, failed):
        for one, two in ((first, other), (other, first)):
            with pytest.raises(
                pk.DataError, match=r"0\.parquet \([\d,]+ bytes, 50 rows\) was counted for one tally and"
            ):
                one.merge(two)
    third = tallied(logs[2], [], False)
    for tree in ([first.merge(third), both], [first, both.merge(third)]):
        with pytest.raises(pk.DataError, match="in another way or with other files"):
            pk.merge(tree)
    assert first.merge(both, on_repeat="count").provenance.rows == 151


def test_files_of_one_name_on_two_machines(tmp_path: Path) -> None:
    """As many bytes and rows of other content are another part."""
    log = tmp_path / "log.jsonl"
    tallies = []
    for word in ("true", "null"):
        log.write_text(f'{{"problem": "a", "correct": {word}}}\n' * 8)
        tallies.append(pk.tally(log, **WORDS, on_null="fail"))
    assert tallies[0].merge(tallies[1]).frame.rows() == [("a", 16, 8)]


def test_what_is_in_memory_has_an_id_of_its_own() -> None:
    frame = rows_of(0, 30)
    one, other = (tallied(frame, [], False) for _ in range(2))
    assert one.merge(other).frame["n"].sum() == 2 * one.frame["n"].sum()
    counts = pk.Tally.from_counts(one.frame)
    with pytest.raises(pk.DataError, match="count twice"):
        counts.merge(counts)
    adding = pk.Accumulator(**WORDS, by=[], on_null="skip")
    adding.add(frame)
    early = adding.tally()
    adding.add(frame)
    with pytest.raises(pk.DataError, match="count twice"):
        early.merge(adding.tally())
    assert one.merge(early).frame["n"].sum() == 2 * one.frame["n"].sum()


def test_tallies_without_ids_are_not_checked(shards: Path) -> None:
    path = shards / "saved" / "0.parquet"
    tally = pk.Tally.read_parquet(path)
    old = tally.provenance.to_dict()
    del old["parts"]
    for file in old["files"]:
        del file["part"]
    without = pk.Tally._of(tally._table, tally.by, tally.problem, pk.Provenance.from_dict(old), tally._details)
    assert without.provenance == tally.provenance
    assert without.merge(without).provenance.rows == 100
    assert without.merge(tally).provenance.rows == 100
