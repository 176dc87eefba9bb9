"""Random logs of all shapes against a slow, obvious twin in pure Python."""

from __future__ import annotations

import itertools
import math
import random
import tempfile
from fractions import Fraction
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import passcurve as pk
from counted import counted

ID_TYPES = {
    "string": (pa.string(), lambda i: f"p{i}"),
    "large_string": (pa.large_string(), lambda i: "é" * i),
    "string_view": (pa.string_view(), lambda i: f"a longer id, past the inline length: {i}"),
    "int8": (pa.int8(), lambda i: i - 3),
    "uint64": (pa.uint64(), lambda i: 2**64 - 1 - i),
    "bool": (pa.bool_(), lambda i: i % 2 == 0),
    "date": (pa.date32(), lambda i: i * 1000),
}
VERDICT_TYPES = {
    "bool": (pa.bool_(), (False, True), {}),
    "int": (pa.int16(), (0, 1), {}),
    "float": (pa.float32(), (0.0, 1.0), {}),
    "reward": (pa.float64(), (0.25, 0.75), {"threshold": 0.5}),
    "string": (pa.string(), ("no", "yes"), {"passing": "yes"}),
}
# A random log may hold no pass, and the same rows in two shards.
pytestmark = pytest.mark.filterwarnings("ignore:not one sample passed", "ignore:.* have the same content")

POLICIES = ["error", "fail", "skip"]

Row = tuple[int, int, int | None, bool | None]


@st.composite
def logs(draw: st.DrawFn) -> dict[str, Any]:
    nulls = draw(st.booleans())
    rows = draw(
        st.lists(
            st.tuples(
                st.integers(0, 2),
                st.none() | st.integers(0, 7) if nulls else st.integers(0, 7),
                st.none() | st.booleans() if nulls else st.booleans(),
            ),
            max_size=200,
        )
    )
    return {
        "rows": rows,
        "ids": draw(st.sampled_from(list(ID_TYPES))),
        "verdicts": draw(st.sampled_from(list(VERDICT_TYPES))),
        "dictionary": draw(st.booleans()),
        "shards": draw(st.integers(1, 4)),
        "batch": draw(st.sampled_from([1, 7, 64, 1000])),
        "on_null": draw(st.sampled_from(POLICIES)),
        "on_null_id": draw(st.sampled_from(["error", "skip"])),
        "threads": draw(st.sampled_from([1, 2, 3, 8])),
        "how": draw(st.sampled_from(["parquet", "batches", "frame", "lazy"])),
    }


def arrow(case: dict[str, Any]) -> pa.Table:
    id_type, as_id = ID_TYPES[case["ids"]]
    verdict_type, values, _ = VERDICT_TYPES[case["verdicts"]]
    problems = pa.array([None if p is None else as_id(p) for _, p, _ in case["rows"]], id_type)
    table = {
        "model": pa.array([m for m, _, _ in case["rows"]], pa.int64()),
        "problem": problems.dictionary_encode() if case["dictionary"] and case["ids"] == "string" else problems,
        "correct": pa.array([None if v is None else values[v] for _, _, v in case["rows"]], verdict_type),
    }
    return pa.table(table)


def source(case: dict[str, Any], folder: Path) -> Any:
    table = arrow(case)
    step = max(1, math.ceil(table.num_rows / case["shards"]))
    parts = [table.slice(start, step) for start in range(0, max(1, table.num_rows), step)]
    if case["how"] == "parquet":
        for i, part in enumerate(parts):
            pq.write_table(part, folder / f"{i}.parquet", row_group_size=case["batch"])
        return folder
    if case["how"] == "batches":
        batches = [batch for part in parts for batch in part.to_batches(max_chunksize=case["batch"])]
        return batches or [table]
    frame = pl.DataFrame(table)
    return frame.lazy() if case["how"] == "lazy" else frame


def twin(case: dict[str, Any]) -> dict[tuple[int, Any], tuple[int, int]] | None:
    """The counts, or None where a policy makes the log an error."""
    _, as_id = ID_TYPES[case["ids"]]
    rows = case["rows"]
    keyed = ((None if problem is None else (model, as_id(problem)), verdict) for model, problem, verdict in rows)
    return counted(keyed, case["on_null"], case["on_null_id"])


@pytest.mark.filterwarnings("ignore:the log has no rows")
@settings(max_examples=300, deadline=None)
@given(logs())
def test_counts(case: dict[str, Any]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        call = {
            "by": "model",
            "problem": "problem",
            "verdict": "correct",
            "on_null": case["on_null"],
            "on_null_id": case["on_null_id"],
            "threads": case["threads"],
            **VERDICT_TYPES[case["verdicts"]][2],
        }
        log = source(case, Path(folder))
        wanted = twin(case)
        if wanted is None:
            with pytest.raises(pk.DataError, match="null"):
                pk.tally(log, **call)
            return
        frame = pk.tally(log, **call).frame
    if case["ids"] == "date":
        frame = frame.with_columns(pl.col("problem").cast(pl.Int32))
    assert {(m, p): (n, c) for m, p, n, c in frame.iter_rows()} == wanted
    assert frame.rows() == sorted(frame.rows())


@pytest.mark.filterwarnings("ignore:the log has no rows")
@settings(max_examples=50, deadline=None)
@given(logs(), st.randoms(use_true_random=False))
def test_split_and_merge(case: dict[str, Any], shuffler: random.Random) -> None:
    """Tallies of parts, merged in any order, are the tally of the whole."""
    call = {"by": "model", "on_null": "skip", "on_null_id": "skip", **VERDICT_TYPES[case["verdicts"]][2]}
    table = arrow(case)
    whole = pk.tally(table, **call)
    cuts = sorted(shuffler.randint(0, table.num_rows) for _ in range(3))
    edges = [0, *cuts, table.num_rows]
    parts = [pk.tally(table.slice(a, b - a), **call) for a, b in itertools.pairwise(edges)]
    shuffler.shuffle(parts)
    merged = parts[0]
    for part in parts[1:]:
        merged = merged.merge(part)
    assert merged == whole
    other = {"policies": {}, "parts": ()}
    assert merged.provenance.to_dict() | other == whole.provenance.to_dict() | other


@pytest.mark.filterwarnings("ignore:the log has no rows")
@settings(max_examples=100, deadline=None)
@given(logs(), st.integers(1, 12))
def test_pass_at_k(case: dict[str, Any], k: int) -> None:
    call = {"by": "model", "on_null": "fail", "on_null_id": "skip", **VERDICT_TYPES[case["verdicts"]][2]}
    counts = twin(case | {"on_null": "fail", "on_null_id": "skip"})
    assert counts is not None
    table = pk.tally(arrow(case), **call).pass_at_k(k, on_k_gt_n="skip", method="t")
    for model, estimate, n_problems, n_skipped in table.select(
        "model", "estimate", "n_problems", "n_skipped"
    ).iter_rows():
        cells = [count for (m, _), count in counts.items() if m == model]
        values = [1 - Fraction(math.comb(n - c, k), math.comb(n, k)) for n, c in cells if n >= k]
        assert (len(values), len(cells) - len(values)) == (n_problems, n_skipped)
        if values:
            assert estimate == pytest.approx(float(sum(values) / len(values)), rel=1e-15, abs=1e-18)
        else:
            assert estimate is None
