"""Decimals of every width as ids, verdicts and rewards, in memory and in files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from decimal import Decimal, localcontext
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import passcurve as pk

WIDTHS = {pa.decimal32: 9, pa.decimal64: 18, pa.decimal128: 38, pa.decimal256: 76}

# A random log may hold no pass.
pytestmark = pytest.mark.filterwarnings("ignore:not one sample passed")


ROWS = st.lists(
    st.tuples(st.none() | st.integers(-(10**5), 10**5), st.none() | st.integers(0, 1)), min_size=1, max_size=60
)


def decimals(values: Sequence[int | None], kind: pa.DataType, dictionary: bool) -> pa.Array:
    whole = [None if value is None else Decimal(value) for value in values]
    if not dictionary:
        return pa.array(whole, kind)
    known = sorted({value for value in whole if value is not None})
    keys = pa.array([None if value is None else known.index(value) for value in whole], pa.int16())
    return pa.DictionaryArray.from_arrays(keys, pa.array(known, kind))


@settings(deadline=None)
@given(st.sampled_from(list(WIDTHS)), st.sampled_from(list(WIDTHS)), st.integers(0, 5), st.booleans(), ROWS)
def test_counts(
    id_type: Any, verdict_type: Any, scale: int, dictionary: bool, rows: list[tuple[int | None, int | None]]
) -> None:
    ids = decimals([i for i, _ in rows], id_type(WIDTHS[id_type], 0), dictionary)
    verdicts = decimals([v for _, v in rows], verdict_type(WIDTHS[verdict_type] - 1, scale), dictionary)
    table = pa.table({"problem": ids, "correct": verdicts})
    n = Counter(i for i, _ in rows if i is not None)
    c = Counter(i for i, v in rows if i is not None and v == 1)
    found = pk.tally(table, on_null="fail", on_null_id="skip").frame.rows()
    assert found == [(i, n[i], c[i]) for i in sorted(n)]
    whole = pk.tally(table, on_null="fail", on_null_id="skip", threshold=0.5).frame.rows()
    assert whole == found


@pytest.mark.parametrize("width", list(WIDTHS))
def test_scaled_rewards(width: Any) -> None:
    rewards = pa.array([Decimal("0.25"), Decimal("0.75"), Decimal("-1.5")], width(WIDTHS[width], 2))
    table = pa.table({"problem": ["a", "a", "a"], "correct": [True, False, True], "reward": rewards})
    t = pk.tally(table, reward="reward")
    assert t.details["reward"].to_list() == [-1.5, 0.25, 0.75]
    assert pk.tally(table, verdict="reward", threshold=0.25).frame.rows() == [("a", 3, 2)]
    with pytest.raises(pk.DataError, match=r"row 0, column `reward`: the verdict 0\.25 is neither 0 nor 1"):
        pk.tally(table, verdict="reward")


def long_tables() -> dict[str, pa.Table]:
    with localcontext(prec=76):
        values = [Decimal(i) for i in range(6)] + [None, Decimal(2**127), Decimal(1)]
        last = [Decimal(i) for i in range(6)] + [None, Decimal(2**127 - 1), Decimal(1)]
    long, fits = pa.array(values, pa.decimal256(76, 0)), pa.array(last, pa.decimal256(76, 0))
    rows = {"problem": ["p"] * 9, "correct": [True] * 9}
    return {
        name: pa.table(rows | {"x": array})
        for name, array in [("long", long), ("fits", fits), ("words", long.dictionary_encode())]
    }


@pytest.mark.parametrize("role", ["problem", "by", "sample", "verdict", "answer", "reward"])
@pytest.mark.parametrize("how", ["memory", "file", "stream"])
def test_beyond_128_bits(role: str, how: str, tmp_path: Path) -> None:
    calls = {"problem": "problem", "verdict": "correct"} | {role: "x"} | ({"threshold": 0} if role == "verdict" else {})
    skipping: dict[str, Any] = calls | {"on_null": "skip", "on_null_id": "skip"}
    for name, table in long_tables().items():
        if (role, name) == ("reward", "words"):
            continue
        path = tmp_path / f"{name}.arrow"
        if how != "memory":
            new = pa.ipc.new_file if how == "file" else pa.ipc.new_stream
            with new(str(path), table.schema) as writer:
                writer.write_table(table, max_chunksize=4)
        source: Any = table if how == "memory" else path
        place = "row 7" if how == "memory" else f"{name}.arrow, record batch 1, row 7"
        if name == "fits":
            if role == "verdict":
                assert pk.tally(source, **skipping).frame.rows() == [("p", 8, 8)]
            continue
        with pytest.raises(pk.DataError, match=f"{place}, column `x`: the decimal has more than 128 bits"):
            pk.tally(source, **skipping)


def test_a_long_verdict_of_a_row_that_is_left_out() -> None:
    table = long_tables()["long"]
    ids = pa.array(["p"] * 7 + [None, "p"])
    found = pk.tally(table.set_column(0, "problem", ids), verdict="x", threshold=1, on_null="skip", on_null_id="skip")
    assert found.frame.rows() == [("p", 7, 6)]


def test_parquet_agrees(tmp_path: Path) -> None:
    for width, digits in WIDTHS.items():
        table = pa.table(
            {"problem": pa.array([1, 2, 2], width(digits, 0)), "correct": pa.array([1, 0, 1], width(digits, 1))}
        )
        pa.parquet.write_table(table, tmp_path / "log.parquet")
        assert pk.tally(tmp_path / "log.parquet") == pk.tally(table)
