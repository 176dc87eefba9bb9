"""Log-probabilities by rank against a plain loop."""

import math
import os
import subprocess
import sys
import textwrap

import numpy as np
import polars as pl
import pytest

import passcurve as pk


def responses(seed=0, rows=12, candidates=4):
    rng = np.random.default_rng(seed)
    logits = [rng.normal(size=(rng.integers(1, 6), candidates + 3)) for _ in range(rows)]
    logs = [x - np.log(np.exp(x).sum(axis=1, keepdims=True)) for x in logits]
    return [rng.permuted(-np.sort(-x, axis=1)[:, :candidates], axis=1).tolist() for x in logs]


def loop(tokens, rank):
    means, masses = [], []
    for response in tokens:
        ordered = [sorted(token, reverse=True) for token in response]
        means.append(sum(token[rank] for token in ordered) / len(ordered))
        masses.append(sum(1 - sum(math.exp(x) for x in token[: rank + 1]) for token in ordered) / len(ordered))
    return sum(means) / len(means), sum(masses) / len(masses)


@pytest.mark.parametrize("lazy", [False, True])
def test_ranks_of_groups(lazy):
    tokens = responses()
    frame = pl.DataFrame({"step": [100, 0] * 6, "top_logprobs": tokens})
    table = pk.rank_logprobs(frame.lazy() if lazy else frame, by="step")
    assert table.columns == ["step", "rank", "mean_logprob", "ratio", "tail_mass", "n_responses", "n_tokens"]
    assert table.select("step", "rank").rows() == [(step, rank) for step in (0, 100) for rank in (1, 2, 3, 4)]
    for row in table.iter_rows(named=True):
        own = tokens[1::2] if row["step"] == 0 else tokens[::2]
        mean, mass = loop(own, row["rank"] - 1)
        assert (row["mean_logprob"], row["tail_mass"]) == pytest.approx((mean, mass), rel=1e-12)
        assert row["ratio"] == pytest.approx(math.exp(mean - loop(own, 0)[0]), rel=1e-12)
        assert (row["n_responses"], row["n_tokens"]) == (6, sum(map(len, own)))


def test_fewer_ranks_and_uneven_candidates():
    frame = pl.DataFrame({"top_logprobs": [[[-0.1, -3.0, -4.0], [-0.5, -1.0]]]})
    assert pk.rank_logprobs(frame)["rank"].to_list() == [1, 2]
    assert pk.rank_logprobs(frame, n_ranks=1)["mean_logprob"].to_list() == [pytest.approx(-0.3)]
    with pytest.raises(pk.DataError, match="a token with 2 candidates, fewer than n_ranks=3"):
        pk.rank_logprobs(frame, n_ranks=3)


def test_bad_logs():
    def fails(error, match, value, **words):
        with pytest.raises(error, match=match):
            pk.rank_logprobs(pl.DataFrame({"top_logprobs": value}, strict=False), **words)

    fails(pk.DataError, "row 1, column 'top_logprobs': a response without tokens", [[[-0.1]], []])
    fails(pk.DataError, "row 1, column 'top_logprobs': a response without tokens", [[[-0.1]], None])
    fails(pk.DataError, "row 0, column 'top_logprobs': a token without candidates", [[[-0.1], []]])
    fails(pk.DataError, "a log-probability is null or NaN", [[[-0.1, None]]])
    fails(pk.DataError, "a log-probability is null or NaN", [[[-0.1, float("nan")]]])
    fails(pk.DataError, "a log-probability is above 0", [[[0.9, 0.1]]])
    fails(pk.DataError, r"column 'top_logprobs' holds List\(Float64\)", [[-0.1]])
    fails(pk.DataError, "column 'top_logprobs' holds String", ["-0.1"])
    fails(ValueError, "no column 'step' in the log", [[[-0.1]]], by="step")
    fails(ValueError, "n_ranks= is a positive integer", [[[-0.1]]], n_ranks=0)


def test_neither_the_order_of_rows_nor_threads_change_a_bit(tmp_path):
    rng = np.random.default_rng(3)
    rows = 4000
    frame = pl.DataFrame(
        {
            "step": rng.integers(0, 3, rows),
            "top_logprobs": [(-rng.exponential(size=(rng.integers(1, 40), 3)) - 1.1).tolist() for _ in range(rows)],
        }
    )
    expected = pk.rank_logprobs(frame, by="step")
    for seed in range(3):
        assert pk.rank_logprobs(frame.sample(fraction=1, shuffle=True, seed=seed), by="step").equals(expected)
    frame.write_parquet(tmp_path / "log.parquet", row_group_size=500)
    code = """
        import sys, polars as pl, passcurve as pk
        pk.rank_logprobs(pl.scan_parquet(sys.argv[1]), by="step").write_parquet(sys.argv[2])
    """
    for threads in ("1", "2", "7"):
        command = [sys.executable, "-c", textwrap.dedent(code), tmp_path / "log.parquet", tmp_path / "table.parquet"]
        subprocess.run(command, check=True, env={**os.environ, "POLARS_MAX_THREADS": threads})
        assert pl.read_parquet(tmp_path / "table.parquet").equals(expected)
