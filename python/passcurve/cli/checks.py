"""Small jobs whose answers are known exactly."""

from __future__ import annotations

from fractions import Fraction
from math import comb, isclose
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import polars as pl

import passcurve as pk

if TYPE_CHECKING:
    from collections.abc import Callable

PASSES = (0, 1, 3, 8)
"""Of 8 samples each."""
N, K = 8, 4


def problem_of(check: Callable[[], None]) -> str | None:
    """What is wrong, if anything is."""
    try:
        check()
    # Whatever it is, it is the finding.
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return None


def _same(found: object, expected: object) -> None:
    if found != expected:
        raise AssertionError(f"{found!r} is not {expected!r}")


def _log() -> pl.DataFrame:
    rows = [(f"p{i}", sample, sample < c) for i, c in enumerate(PASSES) for sample in range(N)]
    return pl.DataFrame(rows, schema=["problem", "sample", "correct"], orient="row")


def _counts() -> list[tuple[str, int, int]]:
    return [(f"p{i}", N, c) for i, c in enumerate(PASSES)]


def _estimators() -> None:
    for c in PASSES:
        _same(pk.pass_at_k(N, c, K), float(1 - Fraction(comb(N - c, K), comb(N, K))))
        _same(pk.pass_hat_k(N, c, K), float(Fraction(comb(c, K), comb(N, K))))
        _same(pk.alpha_k(N, c, K), float(K * Fraction(comb(N - c, K - 1), comb(N, K - 1))))


def _in_polars() -> None:
    found = pl.DataFrame({"n": N, "c": PASSES}).select(pk.pass_at_k("n", "c", K)).to_series().to_list()
    _same(found, [pk.pass_at_k(N, c, K) for c in PASSES])


def _frame() -> None:
    _same(pk.tally(_log(), sample="sample").frame.rows(), _counts())


def _files() -> None:
    with TemporaryDirectory(prefix="passcurve-doctor-") as folder:
        for suffix, write in (
            ("parquet", pl.DataFrame.write_parquet),
            ("arrow", pl.DataFrame.write_ipc),
            ("jsonl", pl.DataFrame.write_ndjson),
        ):
            path = Path(folder, f"log.{suffix}")
            write(_log(), path)
            _same(pk.tally(path, sample="sample").frame.rows(), _counts())


def _threads() -> None:
    tally = pk.Tally.from_counts(pl.DataFrame({"problem": range(64), "n": N, "c": [*PASSES] * 16}))
    one, two = (tally.pass_at_k([1, K], method="bootstrap", n_resamples=200, threads=number) for number in (1, 2))
    _same(one.to_dicts(), two.to_dicts())
    mean = sum((1 - Fraction(comb(N - c, K), comb(N, K)) for c in PASSES), Fraction()) / len(PASSES)
    _same(isclose(one["estimate"][1], mean, rel_tol=1e-15), True)


CHECKS = {
    "pass@k, pass^k and alpha_k are the exact values": _estimators,
    "the plugin gives the same in Polars": _in_polars,
    "a frame is counted": _frame,
    "files of Parquet, Arrow and JSON Lines are counted": _files,
    "two threads give the bits that one gives": _threads,
}
