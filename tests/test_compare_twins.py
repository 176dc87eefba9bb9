"""Comparisons against slow, obvious twins, on random counts and real logs, and whether bands hold the truth."""

from __future__ import annotations

import functools
import json
import math
import warnings
from itertools import combinations, product
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import scipy.stats
from hypothesis import given, settings
from hypothesis import strategies as st

import passcurve as pk

KS = [1, 2, 3, 5, 8]
METHODS = ["auto", "t", "mover", "percentile", "lattice", "bca"]


@pytest.fixture(autouse=True)
def _alike():
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*differ less than independent samples can")
        yield


def pair(n_a, c_a, n_b, c_b):
    problems = range(len(c_a))
    frames = [
        pl.DataFrame({"model": model, "problem": problems, "n": list(n), "c": list(c)})
        for model, n, c in (("a", n_a, c_a), ("b", n_b, c_b))
    ]
    return pk.Tally.from_counts(pl.concat(frames), by="model")


def values(n, c, k):
    return np.array([1 - math.comb(n - c, k) / math.comb(n, k) for n, c in zip(n, c, strict=True)])


def gamma(d, tail):
    """Fay and Feuer's interval of the mean of values in [0, 1] with half their step, from the side with less on it."""
    flip = d.mean() > 0.5
    d = 1 - d if flip else d
    y, v, w = d.mean(), (d**2).sum() / d.size**2, 1 / d.size
    low = v / (2 * y) * scipy.stats.chi2.ppf(tail, 2 * y**2 / v) if y > 0 else 0.0
    y, v = y + w / 2, v + w**2 / 2
    high = min(1, v / (2 * y) * scipy.stats.chi2.isf(tail, 2 * y**2 / v))
    low, high = min(low, d.mean()), max(high, d.mean())
    return (1 - high, 1 - low) if flip else (low, high)


def mover(d, tail):
    gain, loss = np.maximum(d, 0), np.maximum(-d, 0)
    (low, high), (least, most) = gamma(gain, tail), gamma(loss, tail)
    return (
        max(-1, d.mean() - math.hypot(gain.mean() - low, most - loss.mean())),
        min(1, d.mean() + math.hypot(high - gain.mean(), loss.mean() - least)),
    )


def touches(interval, difference, p_value):
    """Whether an end of the interval with the tail p/2 is 0; or where p is 1, whether any interval holds 0."""
    lower, upper = interval(p_value / 2)
    end = lower if difference > 0 else -upper
    return end <= 1e-9 if p_value == 1 else abs(end) < 1e-9


def effective(d):
    """(sum e^2)^2 / sum e^4 of the deviations e, the least of the seen ones and with 0.7 more at -1 and at 1."""

    def with_more(weight, end):
        mean = (d.sum() + weight * end) / (d.size + weight)
        squares, fourths = (((d - mean) ** p).sum() + weight * (end - mean) ** p for p in (2, 4))
        return squares**2 / fourths if fourths > 0 else 0.0

    return min(with_more(0, 0), with_more(0.7, -1), with_more(0.7, 1))


counts = st.integers(8, 20).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, n)))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(counts, counts), min_size=2, max_size=40), st.sampled_from([0.8, 0.95]))
def test_rows_are_their_twins(problems, level):
    (n_a, c_a), (n_b, c_b) = (list(zip(*(of[model] for of in problems), strict=True)) for model in (0, 1))
    frame = pair(n_a, c_a, n_b, c_b).compare("a", "b", k=KS, confidence_level=level, n_resamples=200).frame
    for got in frame.iter_rows(named=True):
        a, b = values(n_a, c_a, got["k"]), values(n_b, c_b, got["k"])
        d = a - b
        assert (got["a"], got["b"], got["difference"]) == pytest.approx((a.mean(), b.mean(), d.mean()), abs=1e-14)
        sd = d.std(ddof=1) if np.ptp(d) > 1e-14 else 0.0
        assert got["se"] == pytest.approx(sd / math.sqrt(d.size), abs=1e-14)
        n_effective = effective(d)
        if abs(n_effective - 10) > 1e-9:
            assert (got["method"] == "mover") == (n_effective < 10 or sd == 0)
        if got["method"] == "t":
            test = scipy.stats.ttest_rel(a, b)
            low, high = test.confidence_interval(level)
            assert (got["lower"], got["upper"]) == pytest.approx((max(low, -1), min(high, 1)), abs=1e-12)
            assert got["p_value"] == pytest.approx(test.pvalue, rel=1e-10)
        elif all(abs(np.maximum(side, 0).mean() - 0.5) > 1e-9 for side in (d, -d)):  # else either side may be taken
            assert (got["lower"], got["upper"]) == pytest.approx(mover(d, (1 - level) / 2), abs=1e-9)
            assert touches(functools.partial(mover, d), got["difference"], got["p_value"])


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(counts, counts), min_size=1, max_size=30))
def test_rows_over_samples_are_their_twins(problems):
    (n_a, c_a), (n_b, c_b) = (list(zip(*(of[model] for of in problems), strict=True)) for model in (0, 1))
    frame = pair(n_a, c_a, n_b, c_b).compare("a", "b", k=[1, 2, 4], over="samples").frame
    ks = frame.height
    for got in frame.iter_rows(named=True):
        k = got["k"]
        noise = sum(
            (1 - h) ** 2 - math.comb(n - c, 2 * k) / math.comb(n, 2 * k)
            for of in ((n_a, c_a), (n_b, c_b))
            for n, c, h in zip(*of, values(*of, k), strict=True)
        )
        se = math.sqrt(noise) / len(c_a)
        assert got["se"] == pytest.approx(se, rel=1e-9, abs=1e-9)
        assert got["method"] == "mover"
        twin = functools.partial(joined, [(n_a, c_a), (n_b, c_b)], k)
        assert touches(twin, got["difference"], got["p_value"])
        (lower, upper), (band_lower, band_upper) = (
            joined([(n_a, c_a), (n_b, c_b)], k, (1 - level) / 2) for level in (0.95, 0.95 ** (1 / ks))
        )
        assert (got["lower"], got["upper"]) == pytest.approx((max(lower, -1), min(upper, 1)), abs=1e-9)
        # The band is Sidak's for the ks.
        assert (got["band_lower"], got["band_upper"]) == pytest.approx(
            (max(band_lower, -1), min(band_upper, 1)), abs=1e-9
        )


def of_samples(n, c, k, tail):
    """The interval over samples of one model: gamma intervals of its low and its high problems, joined."""
    h = values(n, c, k)
    v = np.array(
        [(1 - x) ** 2 - math.comb(n - c, 2 * k) / math.comb(n, 2 * k) for n, c, x in zip(n, c, h, strict=True)]
    )
    w = 1 / (len(h) * (min(n) // k))
    ends = []
    for side, distance in ((h <= 0.5, h), (h > 0.5, 1 - h)):
        if not side.any():
            ends.append((0.0, 0.0, 0.0))
            continue
        y, spread = distance[side].sum() / len(h), v[side].sum() / len(h) ** 2
        near = spread / (2 * y) * scipy.stats.chi2.ppf(tail, 2 * y**2 / spread) if spread > 1e-18 else y
        y2, spread2 = y + w / 2, spread + w**2 / 2
        far = spread2 / (2 * y2) * scipy.stats.chi2.isf(tail, 2 * y2**2 / spread2)
        ends.append((y, min(near, y), max(far, y)))
    (low, low_near, low_far), (high, high_near, high_far) = ends
    below, above = math.hypot(low - low_near, high_far - high), math.hypot(low_far - low, high - high_near)
    return h.mean(), max(0, h.mean() - below), min(1, h.mean() + above)


def joined(models, k, tail):
    (a, low_a, high_a), (b, low_b, high_b) = (of_samples(n, c, k, tail) for n, c in models)
    return a - b - math.hypot(a - low_a, high_b - b), a - b + math.hypot(high_a - a, b - low_b)


def holm(p_values):
    ranks = sorted(range(len(p_values)), key=lambda at: p_values[at])
    adjusted = [0.0] * len(p_values)
    for r, at in enumerate(ranks):
        adjusted[at] = max(min(1.0, (len(p_values) - s) * p_values[ranks[s]]) for s in range(r + 1))
    return adjusted


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(counts, counts), min_size=2, max_size=40), st.sampled_from(METHODS))
def test_p_values_and_intervals_agree(problems, method):
    (n_a, c_a), (n_b, c_b) = (list(zip(*(of[model] for of in problems), strict=True)) for model in (0, 1))
    frame = pair(n_a, c_a, n_b, c_b).compare("a", "b", k=KS, method=method, n_resamples=200).frame
    for got in frame.iter_rows(named=True):
        # Where the law is neither smooth nor on a lattice both are approximations of their own.
        slack = 1e-9 if got["reason"] is None and method != "lattice" else 2e-3
        outside = got["lower"] > slack or got["upper"] < -slack
        inside = got["lower"] < -slack and got["upper"] > slack
        d = values(n_a, c_a, got["k"]) - values(n_b, c_b, got["k"])
        if got["method"] in ("percentile", "lattice", "bca") and ((d > 0).all() or (d < 0).all()):
            # No resample reaches 0, and the p-value is no less than that of the signs.
            assert got["p_value"] >= 2.0 ** (1 - d.size) * (1 - 1e-12)
            continue
        assert not (outside and got["p_value"] > 0.05 + slack), got
        assert not (inside and got["p_value"] < 0.05 - slack), got


def test_signs_are_those_of_whole_families():
    sizes, n = [7, 1, 1, 2, 1, 3], 8
    rng = np.random.default_rng(5)
    families = np.repeat(np.arange(len(sizes)), sizes)
    c = {model: rng.binomial(n, rng.beta(2, 1 + at, families.size)) for at, model in enumerate("ab")}
    frames = [
        pl.DataFrame({"model": m, "family": families, "problem": range(families.size), "n": n, "c": c[m]}) for m in c
    ]
    tally = pk.Tally.from_counts(pl.concat(frames), by="model", problem=["family", "problem"])
    got = tally.compare("a", "b", k=1, cluster="family").frame["p_sign_flip"].item()
    totals = np.bincount(families, c["a"] - c["b"])
    flipped = [abs(np.dot(signs, totals)) >= abs(totals.sum()) for signs in product((-1, 1), repeat=len(sizes))]
    assert got == pytest.approx(np.mean(flipped), rel=1e-12)


def test_adjusted_p_values():
    rng = np.random.default_rng(0)
    n, qualities = 16, rng.random(7)
    frames = [
        pl.DataFrame({"model": m, "problem": range(40), "n": n, "c": rng.binomial(n, rng.beta(1 + q, 1, 40))})
        for m, q in enumerate(qualities)
    ]
    frame = pk.Tally.from_counts(pl.concat(frames), by="model").compare(k=[1, 4], n_resamples=200).frame
    for _, rows in frame.group_by("k"):
        p = rows["p_value"].to_numpy()
        assert p.size == 21
        assert rows["p_holm"].to_numpy() == pytest.approx(holm(p), rel=1e-13)
        assert rows["p_bh"].to_numpy() == pytest.approx(scipy.stats.false_discovery_control(p), rel=1e-13)


def test_the_band_is_that_of_index_draws():
    rng = np.random.default_rng(1)
    p = rng.beta(0.5, 0.8, 300)
    c_a, c_b = rng.binomial(20, p), rng.binomial(20, p**1.5)
    n = [20] * 300
    frame = pair(n, c_a, n, c_b).compare("a", "b", k=KS, n_resamples=20_000).frame
    d = np.stack([values(n, c_a, k) - values(n, c_b, k) for k in KS])
    index = rng.integers(0, 300, (20_000, 300))
    t = (d[:, index].mean(axis=2) - d.mean(axis=1)[:, None]) / (d.std(axis=1) / math.sqrt(300))[:, None]
    critical = np.quantile(np.abs(t).max(axis=0), 0.95)
    level = 2 * scipy.stats.norm.cdf(critical) - 1
    half = scipy.stats.t.ppf(0.5 + level / 2, 299) * frame["se"].to_numpy()
    # Two Monte Carlo quantiles of 20,000 draws differ by 1% or less.
    assert ((frame["band_upper"] - frame["difference"]).to_numpy() / half).tolist() == pytest.approx([1] * 5, abs=0.02)


def test_the_crossing_is_that_of_index_draws():
    rng = np.random.default_rng(2)
    p = rng.beta(0.5, 1, 150)
    c_a, c_b = np.where(rng.random(150) < 0.4, 16, 0), rng.binomial(16, p)
    n, ks = [16] * 150, [1, 2, 4, 8, 16]
    found = pair(n, c_a, n, c_b).compare("a", "b", k=ks, n_resamples=20_000).crossover.row(0, named=True)
    d = np.stack([values(n, c_a, k) - values(n, c_b, k) for k in ks])
    curves = d[:, rng.integers(0, 150, (20_000, 150))].mean(axis=2).T
    first, several = np.full(20_000, np.inf), np.zeros(20_000)
    for at, curve in enumerate(curves):
        signs = [i for i in range(4) if curve[i] * curve[i + 1] < 0]
        several[at] = len(signs) > 1
        if signs:
            i = signs[0]
            share = curve[i] / (curve[i] - curve[i + 1])
            first[at] = math.exp(math.log(ks[i]) + share * math.log(ks[i + 1] / ks[i]))
    low, high = np.sort(first)[[500, -501]]
    assert (found["lower"], found["upper"]) == pytest.approx((low, high), rel=0.05)
    assert found["p_none"] == pytest.approx(np.isinf(first).mean(), abs=0.02)
    assert found["p_several"] == pytest.approx(several.mean(), abs=0.02)


def test_the_band_holds_all_ks_together():
    # 600 benchmarks of 40 problems, of an RL model that solves a third of the problems less often.
    reps, problems, n, ks = 600, 40, 16, [1, 2, 4, 8, 16]
    rng = np.random.default_rng(3)

    def draw(size):
        base = rng.beta(0.6, 1.2, size)
        return np.where(rng.random(size) < 0.35, 0.6 * base, base**0.3), base

    rl, base = draw(4_000_000)
    truth = np.array([np.mean((1 - base) ** k - (1 - rl) ** k) for k in ks])
    keys = {"rep": np.repeat(np.arange(reps), problems), "problem": np.tile(np.arange(problems), reps)}
    frames = [
        pl.DataFrame({**keys, "model": model, "n": n, "c": rng.binomial(n, p).ravel()})
        for model, p in zip(("rl", "base"), draw((reps, problems)), strict=True)
    ]
    t = pk.Tally.from_counts(pl.concat(frames), by=["rep", "model"])
    frame = t.compare("rl", "base", on="model", k=ks, n_resamples=1000).frame

    def share(lower, upper):
        ends = [frame[name].to_numpy().reshape(reps, len(ks)) for name in (lower, upper)]
        return ((ends[0] <= truth) & (truth <= ends[1])).all(axis=1).mean()

    assert 0.92 < share("band_lower", "band_upper") < 0.98
    assert share("lower", "upper") < 0.92


@pytest.mark.parametrize(("name", "pairs"), [("rlvr_probe_gsm8k", 15), ("human_eval_bia", 351)])
def test_real_logs(shared: Path, name, pairs):
    t = pk.tally(shared / "data" / name / "verdicts.parquet", by="model", sample="sample")
    ks = [1, 2, 5, 8]
    comparison = t.compare(k=ks, method="t", n_resamples=200)
    assert comparison.crossover.height == pairs
    wide = {
        model: counts.sort("problem").select("n", "c").to_numpy().T
        for (model,), counts in t.frame.group_by("model", maintain_order=True)
    }
    rows = comparison.frame.rows_by_key(["model_a", "model_b", "k"], named=True, unique=True)
    for a, b in combinations(sorted(wide), 2):
        for k in ks:
            d = values(*wide[a], k) - values(*wide[b], k)
            got = rows[a, b, k]
            assert got["difference"] == pytest.approx(d.mean(), abs=1e-14)
            assert got["se"] == pytest.approx(scipy.stats.sem(d) if np.ptp(d) > 1e-14 else 0, abs=1e-14)


def test_published_intervals_of_a_difference(shared: Path):
    folder = shared / "data" / "rlvr_probe_gsm8k"
    facts = json.loads((folder / "expected.json").read_text())["bootstrap_over_problems"]
    t = pk.tally(folder / "verdicts.parquet", by="model", sample="sample")
    compared = 0
    for model, fact in facts.items():
        published = fact["recomputed_200000_draws"]["sample_accuracy_delta"]
        got = t.compare(model, "SFT", k=1, method="t", n_resamples=200).frame.row(0, named=True)
        # Percentiles of the bootstrap are z and sqrt(29/30) narrower than Student's with 29 degrees of freedom.
        shrink = scipy.stats.norm.ppf(0.975) / scipy.stats.t.ppf(0.975, 29) * math.sqrt(29 / 30)
        ends = [got["difference"] + shrink * (got[end] - got["difference"]) for end in ("lower", "upper")]
        assert got["difference"] == pytest.approx(published["mean"], abs=5e-4)
        assert ends == pytest.approx([published["p2.5"], published["p97.5"]], abs=0.01)
        compared += 1
    assert compared >= 5


def test_one_baseline_against_many(shared: Path):
    t = pk.tally(shared / "data" / "human_eval_bia" / "verdicts.parquet", by="model", sample="sample")
    frame = t.compare("gpt-4o-2024-05-13", k=1).frame
    assert frame.height == 26
    assert frame["p_holm"].to_list() == pytest.approx(holm(frame["p_value"].to_list()), rel=1e-13)
    assert (frame["p_bh"] <= frame["p_holm"]).all()


def test_epochs_of_a_training_run(shared: Path):
    counts = pl.read_parquet(shared / "data" / "oneshot_rlvr_dynamics" / "counts.parquet")
    steps = sorted(counts["step"].unique())[:3]
    t = pk.Tally.from_counts(counts.filter(pl.col("step").is_in(steps)), problem="problem", by="step")
    assert t.by == ("step",)
    frame = t.compare(steps[0], k=[1, 8], unmatched="drop").frame
    for got in frame.iter_rows(named=True):
        both = [counts.filter(step=step).select("problem", "n", "c") for step in (got["step_a"], got["step_b"])]
        joined = both[0].join(both[1], on="problem", suffix="_b")
        d = values(joined["n"], joined["c"], got["k"]) - values(joined["n_b"], joined["c_b"], got["k"])
        assert (got["n_problems"], got["n_only_a"]) == (joined.height, both[0].height - joined.height)
        assert got["difference"] == pytest.approx(d.mean(), abs=1e-13)
        assert got["se"] == pytest.approx(scipy.stats.sem(d), rel=1e-10)
