"""Random logs in Spark against the same logs in Polars, with all policies, and errors in both or in neither."""

from __future__ import annotations

import datetime
import os
import warnings
from decimal import Decimal

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sparks import agrees, spark  # noqa: F401

import passcurve as pk

# An example is a query or two of Spark, of about a second.
EXAMPLES = int(os.environ.get("PASSCURVE_EXAMPLES", "25"))

IDS = {
    pl.String: ["", "a", "A", "é", "a b", None],
    pl.Int32: [-1, 0, 7, None],
    pl.Boolean: [True, False, None],
    pl.Date: [datetime.date(1969, 12, 31), datetime.date(2026, 1, 1), None],
}
ANSWERS = {**IDS, pl.Float64: [0.0, -0.0, 0.1, None, float("nan")], pl.Decimal(20, 0): [Decimal(3), Decimal(-3), None]}
REWARDS = {
    pl.Float64: [0.5, -0.0, 0.0, 1.0],
    pl.Float32: [0.1, 1.0, 1.0],
    pl.Int64: [1, 2, 2, 2**53],
    pl.Decimal(20, 3): [Decimal("0.1"), Decimal("0.25"), None],
}
BOOLEANS = (pl.Boolean, [True, False, None], {})
NUMBERS = (pl.Int8, [0, 1, 1, None], {})
SCORES = (pl.Float32, [0.1, 0.7, 0.7, 0.8, float("inf"), None], {"threshold": 0.7})
BAD_SCORES = (pl.Float64, [0.0, -0.0, 1.0, 1.0, float("nan"), 0.5], {})
WORDS = (pl.String, ["C", "c", "I", None], {"passing": ["C"]})
CLOSED = (pl.String, ["C", "I", "I", None, "?"], {"passing": "C", "failing": "I"})
EXACT = (pl.Decimal(30, 18), [Decimal("0.3"), Decimal("0.300000000000000001"), Decimal(1)], {"threshold": 0.3})
VERDICTS = [BOOLEANS, NUMBERS, SCORES, BAD_SCORES, WORDS, CLOSED, EXACT]


@st.composite
def logs(draw):
    """A log, and the words of a call."""
    rows = draw(st.integers(1, 30))

    def column(kind, values):
        fewer = draw(st.lists(st.sampled_from(values), min_size=1, max_size=3)) if draw(st.booleans()) else values
        return pl.Series(draw(st.lists(st.sampled_from(fewer), min_size=rows, max_size=rows)), dtype=kind)

    def drawn(kinds):
        return column(*draw(st.sampled_from(list(kinds.items()))))

    kind, values, words = draw(st.sampled_from(VERDICTS))
    columns = {"group": drawn(IDS), "problem": drawn(IDS), "verdict": column(kind, values)}
    words = {**words, "by": draw(st.sampled_from(["group", []])), "problem": "problem", "verdict": "verdict"}
    words["on_null"] = draw(st.sampled_from(["error", "fail", "skip"]))
    words["on_null_id"] = draw(st.sampled_from(["error", "skip", "skip"]))
    if draw(st.booleans()):
        columns["sample"] = drawn(IDS) if draw(st.booleans()) else pl.Series(range(rows))
        words |= {"sample": "sample", "on_duplicate": draw(st.sampled_from(["error", "agree", "first"]))}
    if draw(st.booleans()):
        columns["answer"], words["answer"] = drawn(ANSWERS), "answer"
    if draw(st.booleans()):
        columns["reward"], words["reward"] = drawn(REWARDS), "reward"
    return pl.DataFrame({**columns, "row": range(rows)}), words


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
@given(logs())
def test_any_log(spark, log):  # noqa: F811
    frame, words = log
    order = "row" if words.get("on_duplicate") == "first" else None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            pk.tally(frame, **words)
        except ValueError:
            with pytest.raises(ValueError):  # noqa: PT011
                agrees(spark, frame, order, **words)
        else:
            agrees(spark, frame, order, **words)


POLICIES = [
    {"on_null": on_null, "on_null_id": "skip", "sample": sample, "on_duplicate": on_duplicate}
    for on_null in ("fail", "skip")
    for sample, on_duplicate in ((None, "error"), ("sample", "agree"), ("sample", "first"))
]


@pytest.mark.parametrize("policies", POLICIES, ids=str)
def test_a_thousand_logs_at_once(spark, policies):  # noqa: F811
    """Small logs side by side, told apart by a column: every key is one of few rows."""
    rng, rows = np.random.default_rng(4), 8000

    def column(values, kind):
        return pl.Series([values[i] for i in rng.integers(0, len(values), rows)], dtype=kind)

    frame = pl.DataFrame(
        {
            "log": rng.integers(0, 1000, rows),
            "problem": column(["a", "A", "é", None], pl.String),
            "sample": column([0, 1, 2, 3, None], pl.Int16),
            "verdict": column([True, False, None], pl.Boolean),
            "answer": column(["x", "y", None], pl.String),
            "reward": column([0.5, -0.0, 0.0], pl.Float64),
            "row": range(rows),
        }
    )
    if policies["on_duplicate"] == "agree":
        same = ["log", "problem", "sample"]
        frame = frame.with_columns(pl.col("verdict", "answer", "reward").first().over(same)).sort("row")
    order = "row" if policies["on_duplicate"] == "first" else None
    words = {"by": "log", "problem": "problem", "verdict": "verdict", "answer": "answer", "reward": "reward"}
    t = agrees(spark, frame, order, **words, **policies)
    assert t.provenance.null_ids > 1000
    assert (t.provenance.duplicates > 300) == (policies["sample"] is not None)
