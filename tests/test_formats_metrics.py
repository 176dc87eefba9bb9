"""Counts recovered from metrics, of one metric or of all that a record has."""

from __future__ import annotations

import json
from fractions import Fraction
from math import comb
from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import passcurve as pk
from native_logs import lines

SAMPLES = "m/samples_humaneval_64_2026-01-21T03-44-18.458309.jsonl"
KS = (2, 4, 8, 16, 32, 64)


def exactly(n: int, c: int, k: int) -> Fraction:
    return 1 - Fraction(comb(n - c, k), comb(n, k))


def log(folder: Path, n: int, counts: list[int], ks: tuple[int, ...]) -> Path:
    """What lm-eval writes of documents of which so many passed."""
    metrics = [f"pass@{k}" for k in ks]
    rows = []
    for doc, c in enumerate(counts):
        row = {"doc_id": doc, "resps": [["r"] * n], "filtered_resps": [["r"] * n], "filter": "f", "metrics": metrics}
        rows.append(row | {f"pass@{k}": float(exactly(n, c, k)) for k in ks})
    return lines(folder / SAMPLES, rows)


def test_humaneval_64(tmp_path: Path) -> None:
    t = pk.tally(log(tmp_path, 64, list(range(63)), KS), format="lm-eval")
    assert t.frame.select("n", "c").rows() == [(64, c) for c in range(63)]
    assert [note.split(": ")[1] for note in t.provenance.notes] == ["c is recovered from pass@2"]


@pytest.mark.parametrize("c", [63, 64])
def test_humaneval_64_without_pass_at_1(tmp_path: Path, c: int) -> None:
    path = log(tmp_path, 64, [5, c], KS)
    said = (
        r"problem 1: pass@2 = 1, .*pass@64 = 1 of 64 responses may be c = 63 to 64, .*log pass@1 too, or say format_opt"
    )
    with pytest.raises(pk.DataError, match=said + r'ions=\{"unclear": \.\.\.\} with one of: fewest, most'):
        pk.tally(path, format="lm-eval")
    tallies = {way: pk.tally(path, format="lm-eval", format_options={"unclear": way}) for way in ("fewest", "most")}
    assert {way: t.frame["c"].to_list() for way, t in tallies.items()} == {"fewest": [5, 63], "most": [5, 64]}
    assert "may be c = 63 to 64; c = 63, the fewest, is taken" in tallies["fewest"].provenance.notes[1]
    # At the ks that were logged both say the same.
    fewest, most = (t.pass_at_k(list(KS))["estimate"].to_list() for t in tallies.values())
    assert fewest == most


def test_a_value_that_no_option_has(tmp_path: Path) -> None:
    path = log(tmp_path, 4, [1], (1,))
    with pytest.raises(ValueError, match=r"format_options= has unclear='none'; lm-eval knows: fewest, most"):
        pk.tally(path, format="lm-eval", format_options={"unclear": "none"})


def test_the_other_metrics_decide(tmp_path: Path) -> None:
    path = log(tmp_path, 10, [3, 8, 9], (2, 4, 8))
    options = {"metric": "pass@8"}
    # pass@8 is 1 for 3 and more of 10; pass@4 for 7 and more; pass@2 for 9 and more.
    with pytest.raises(
        pk.DataError, match=r"problem 2: pass@8 = 1, pass@2 = 1, pass@4 = 1 of 10 .* may be c = 9 to 10"
    ):
        pk.tally(path, format="lm-eval", format_options=options)
    t = pk.tally(path, format="lm-eval", format_options=options | {"unclear": "fewest"})
    assert t.frame["c"].to_list() == [3, 8, 9]
    assert "where pass@8 leaves several c, pass@2 decide among them" in " ".join(t.provenance.notes)


def test_metrics_that_contradict_each_other(tmp_path: Path) -> None:
    path = log(tmp_path, 10, [9], (2, 4))
    row = json.loads(path.read_text()) | {"pass@4": 0.5}
    path.write_text(json.dumps(row))
    with pytest.raises(
        pk.DataError, match=r"problem 0: no number of 10 responses gives all of pass@2 = 1, pass@4 = 0\.5"
    ):
        pk.tally(path, format="lm-eval")


def test_metrics_of_lighteval_together(tmp_path: Path) -> None:
    path = tmp_path / "details/m/2026/details_task|0_2026-01-01T00-00-00.parquet"
    path.parent.mkdir(parents=True)
    metric = {"pass@k:k=4&n=8": 1.0, "pass@k:k=2&n=8": float(exactly(8, 6, 2)), "pass@k:k=1&n=4": 1.0}
    row = {"doc": {"id": "0"}, "model_response": {"text": ["x"] * 8}, "metric": metric}
    pl.DataFrame([row]).write_parquet(path)
    t = pk.tally(path, format="lighteval", format_options={"metric": "pass@k:k=4&n=8"})
    # That of other responses, the first four, has no say.
    assert t.frame.select("n", "c").rows() == [(8, 6)]


@given(n=st.integers(1, 70), data=st.data())
@settings(max_examples=60, deadline=None)
def test_every_count_or_its_candidates(n: int, data: st.DataObject) -> None:
    c = data.draw(st.integers(0, n))
    ks = tuple(sorted(data.draw(st.sets(st.integers(1, n), min_size=1, max_size=4))))
    alike = [other for other in range(n + 1) if all(_near(n, other, c, k) for k in ks)]
    with TemporaryDirectory() as folder:
        path = log(Path(folder), n, [c], ks)
        for way, expected in (("fewest", alike[0]), ("most", alike[-1])):
            t = pk.tally(path, format="lm-eval", format_options={"unclear": way})
            assert t.frame.select("n", "c").rows() == [(n, expected)]
        if len(alike) > 1:
            with pytest.raises(pk.DataError, match=f"may be c = {alike[0]} to {alike[-1]}, "):
                pk.tally(path, format="lm-eval")
        else:
            assert pk.tally(path, format="lm-eval").frame["c"].to_list() == [c]


def _near(n: int, one: int, other: int, k: int) -> bool:
    return abs(exactly(n, one, k) - exactly(n, other, k)) <= Fraction(1, 10**6)
