"""What the advantages take and refuse: arrays, lists, Series, tensors, and rewards that are none."""

import itertools
import subprocess
import sys
from fractions import Fraction

import numpy as np
import pandas as pd
import polars as pl
import pytest

import passcurve as pk

VALUES = np.array([[1.0, 0.0, 0.5, 0.25], [0.0, 0.0, 2.0, -1.0]])
EXPECTED = pk.advantages.pkpo(VALUES, 2)
CALLS = {
    "pkpo": lambda rewards, **kw: pk.advantages.pkpo(rewards, 2, **kw),
    "pass_at_k_training": lambda rewards, **kw: pk.advantages.pass_at_k_training(rewards, 2, **kw),
    "grpo": pk.advantages.grpo,
    "rloo": pk.advantages.rloo,
    "dr_grpo": pk.advantages.dr_grpo,
}


class Tensor:
    """As much of a torch tensor as is read: NumPy's memory by DLPack, and what it says of itself."""

    def __init__(self, array, device=1, requires_grad=False, fails=None):
        self.array, self.device, self.requires_grad, self.fails = array, device, requires_grad, fails

    def __dlpack_device__(self):
        return (self.device, 0)

    def __dlpack__(self, **how):
        if self.fails:
            raise self.fails
        return self.array.__dlpack__(**how)


class ArrayTensor(Tensor):
    """One that can be had by ``__array__`` only."""

    def __dlpack__(self, **how):
        raise BufferError("no export")

    def __array__(self, dtype=None, copy=None):
        return self.array


class Nowhere:
    """A tensor of a device that DLPack does not know, which torch does not name."""

    def __dlpack_device__(self):
        raise ValueError("no DLPack type")


class Column:
    """Something with ``__array__`` alone."""

    def __array__(self, dtype=None, copy=None):
        return VALUES


@pytest.mark.parametrize("wrap", [Tensor, ArrayTensor, np.ndarray.tolist])
def test_what_holds_rewards(wrap):
    np.testing.assert_array_equal(pk.advantages.pkpo(wrap(VALUES), 2), EXPECTED)
    np.testing.assert_array_equal(pk.advantages.pkpo(Column(), 2), EXPECTED)


@pytest.mark.parametrize("wrap", [pl.Series, pd.Series, list, tuple, Tensor, memoryview])
def test_what_holds_ragged_rewards_and_ids(wrap):
    ids = np.array([3, 3, 9, 9, 9, 3, 9, 3])
    expected = pk.advantages.pkpo(VALUES.ravel(), 2, groups=ids.tolist())
    np.testing.assert_array_equal(pk.advantages.pkpo(wrap(VALUES.ravel()), 2, groups=wrap(ids)), expected)
    if wrap not in {Tensor, memoryview}:
        words = wrap([f"p{i}" for i in ids])
        np.testing.assert_array_equal(pk.advantages.pkpo(VALUES.ravel(), 2, groups=words), expected)
    objects = np.array([f"p{i}" for i in ids], dtype=object)
    np.testing.assert_array_equal(pk.advantages.pkpo(VALUES.ravel(), 2, groups=objects), expected)


def test_ids_of_two_kinds_do_not_meet():
    mixed = pk.advantages.rloo([1.0, 3.0, 10.0, 30.0], groups=[1, 1, "1", "1"])
    assert mixed.tolist() == [-2, 2, -20, 20]


@pytest.mark.parametrize(
    "dtype", [bool, np.int8, np.uint16, np.int64, np.float16, np.float32, np.float64, ">f8", ">i4"]
)
def test_dtypes(dtype):
    binary = np.array([[1, 0, 0, 1, 0], [0, 0, 1, 0, 0]])
    for name, call in CALLS.items():
        result = call(binary.astype(dtype))
        single = np.dtype(dtype) in {np.dtype(np.float16), np.dtype(np.float32)}
        assert result.dtype == (np.float32 if single else np.float64), name
        # A whole-number dtype must not cut the advantages to 0.
        np.testing.assert_array_equal(result, call(binary.astype(np.float64)).astype(result.dtype))
        assert result.any()


def test_layout_does_not_matter():
    cube = np.random.default_rng(2).normal(size=(4, 6, 8))
    for view in (cube.transpose(1, 0, 2), cube[::-2, ::3, ::-1], np.asfortranarray(cube), cube[:, :, ::2]):
        np.testing.assert_array_equal(pk.advantages.pkpo(view, 2), pk.advantages.pkpo(view.copy(), 2))
    frozen = VALUES.copy()
    frozen.flags.writeable = False
    np.testing.assert_array_equal(pk.advantages.pkpo(frozen, 2), EXPECTED)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_floats_are_read_where_they_lie(dtype):
    from passcurve._rewards import as_rewards

    values = VALUES.astype(dtype)
    for holder in (values, Tensor(values), ArrayTensor(values), pl.Series(values.ravel())):
        read = as_rewards(holder)
        assert read.dtype == dtype
        owner = holder.to_numpy() if isinstance(holder, pl.Series) else values
        assert np.shares_memory(read, owner)


def test_a_large_input_costs_the_memory_of_its_result():
    program = """
import resource, numpy as np, passcurve as pk
peak = lambda: 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
values = np.ones((1 << 19, 64), np.float32)
pk.advantages.dr_grpo(values[:512], threads=2)
before = peak()
result = pk.advantages.dr_grpo(values, threads=2)
print((peak() - before) / result.nbytes)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    # One copy would make it 2. The ends of half a million groups are 0.03.
    assert float(done.stdout) < 1.3


def test_no_groups():
    assert pk.advantages.pkpo(np.empty((0, 8)), 2).shape == (0, 8)
    assert pk.advantages.grpo(np.empty(0, np.float32), groups=[]).dtype == np.float32
    for shape in ((0,), (3, 0), (0, 0)):
        with pytest.raises(ValueError, match="at least one sample"):
            pk.advantages.rloo(np.empty(shape))


def test_groups_of_one():
    kept = {name: CALLS[name]([5.0, -2.0], groups=["a", "b"]).tolist() for name in ("rloo", "dr_grpo")}
    assert kept == {"rloo": [5, -2], "dr_grpo": [0, 0]}
    assert [CALLS[name]([[5.0]]).tolist() for name in kept] == [[[5]], [[0]]]
    assert pk.advantages.pkpo([[5.0], [-2.0]], 1).tolist() == [[5], [-2]]
    assert pk.advantages.grpo([[5.0]]).tolist() == [[float(5 / (1 + Fraction(1e-6)))]]
    assert pk.advantages.grpo([[5.0]], variant="trl").tolist() == [[0]]
    assert pk.advantages.grpo([[5.0]], variant="population").tolist() == [[0]]
    for baseline in ("sloo_minus_one", "sloo", "none"):
        assert pk.advantages.pkpo([[5.0]], 1, baseline=baseline).tolist() == [[5]]


@pytest.mark.parametrize(("name", "bad"), list(itertools.product(CALLS, [np.nan, np.inf, -np.inf])))
def test_the_first_reward_that_is_not_finite_is_named(name, bad):
    rewards = np.zeros((3, 4), np.float32)
    rewards[1, 2] = rewards[2, 0] = bad
    for threads in (1, 2):
        with pytest.raises(ValueError, match=rf"^{name}: rewards\[1, 2\] = {bad}: a reward is a finite number"):
            CALLS[name](rewards, threads=threads)
    with pytest.raises(ValueError, match=rf"rewards\[6\] = {bad}"):
        CALLS[name](rewards.ravel(), groups=[1, 0] * 6)


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda: pk.advantages.pkpo(VALUES, 5), "pkpo: k=5 is more than n=4; draw more samples, or lower k"),
        (lambda: pk.advantages.pkpo(np.empty((0, 4)), 5), "k=5 is more than n=4"),
        (
            lambda: pk.advantages.pkpo([1.0, 0, 1, 0, 1], 2, groups=["a", "b", "a", "c", "c"]),
            "pkpo: k=2 is more than n=1 of group 'b'",
        ),
        (lambda: pk.advantages.pkpo([1.0, 0, 1], 3, groups=[7, 9, 7]), "k=3 is more than n=2 of group 7"),
        (lambda: pk.advantages.pass_at_k_training([[1, 0], [1, 1]], 3), "pass_at_k_training: k=3 is more than n=2"),
        (lambda: pk.advantages.pkpo(VALUES, 0), "k= is a positive integer, not 0"),
        (lambda: pk.advantages.pkpo(VALUES, -1), "k= is a positive integer, not -1"),
        (lambda: pk.advantages.pkpo(VALUES, 1.5), "k= is a positive integer, not 1.5"),
        (lambda: pk.advantages.pkpo(VALUES, True), "k= is a positive integer, not True"),
        (
            lambda: pk.advantages.pkpo(VALUES, 2, baseline="loo"),
            "baseline='loo' is not one of sloo_minus_one, sloo, none",
        ),
        (lambda: pk.advantages.grpo(VALUES, variant="dapo"), "variant='dapo' is not one of verl, trl, population"),
        (lambda: pk.advantages.grpo(VALUES, ddof=2), "ddof=2 is neither 0 nor 1"),
        (lambda: pk.advantages.grpo(VALUES, epsilon=-1e-6), "epsilon= is finite and not negative"),
        (lambda: pk.advantages.pass_at_k_training([1, 0], 1, epsilon=float("nan")), "epsilon= is finite"),
        (lambda: pk.advantages.rloo(VALUES, threads=0), "threads= is a positive integer, not 0"),
        (
            lambda: pk.advantages.pass_at_k_training([[1, 0], [0.5, 1]], 1),
            r"pass_at_k_training: rewards\[1, 0\] = 0.5: rewards here are 0 and 1; compare with a threshold",
        ),
        (lambda: pk.advantages.pass_at_k_training([1, 2], 1), r"rewards\[1\] = 2.0: rewards here are 0 and 1"),
        (
            lambda: pk.advantages.rloo(np.ones((4, 1))),
            r"^rloo: rewards has shape \(4, 1\), so every group has one",
        ),
        (
            lambda: pk.advantages.dr_grpo([[1], [0]]),
            r"dr_grpo: .* rewards\.ravel\(\) with groups= an id",
        ),
        (lambda: pk.advantages.grpo(np.ones((2, 3, 1))), r"grpo: .* Pass rewards\.reshape\(-1, n\)"),
        (lambda: pk.advantages.rloo(3.0), "rewards is one number; the last axis of rewards is the group"),
        (lambda: pk.advantages.rloo([[1.0, 2.0], [3.0]]), "the rows of rewards differ in length; pass one flat list"),
        (lambda: pk.advantages.rloo(pl.Series([1.0, None, None])), r"rewards\[1\] is null"),
        (lambda: pk.advantages.rloo([1.0, 2.0], groups=pl.Series(["a", None])), r"groups\[1\] is null"),
        (lambda: pk.advantages.rloo([1.0, 2.0], groups=["a"]), "groups has 1 ids and rewards 2 samples"),
        (lambda: pk.advantages.rloo(VALUES, groups=[1, 2]), r"rewards has shape \(2, 4\); with groups= it is one-dim"),
        (lambda: pk.advantages.rloo([1.0, 2.0], groups=np.zeros((2, 1), int)), r"groups has shape \(2, 1\)"),
        (lambda: pk.advantages.rloo([2**53 + 1, 0]), r"rewards\[0\] = 9007199254740993 is past 2\^53"),
        (
            lambda: pk.advantages.rloo(np.array([3e38, -3e38, 0.0], np.float32)),
            r"rloo: rewards\[0\] = 3.*: its advantage is too large for float32; scale the rewards",
        ),
    ],
)
def test_what_is_wrong(call, text):
    with pytest.raises(ValueError, match=text):
        call()


@pytest.mark.parametrize(
    ("rewards", "groups", "text"),
    [
        ("reward", None, "rewards is a name or an expression"),
        (pl.col("reward"), None, "rewards is a name or an expression"),
        (["1", "0"], None, "rewards holds <U1; rewards are floats"),
        ([[1.0, None]], None, r"rewards holds object.*rewards\[0, 1\] is None"),
        ([1.0, "x", object()], None, "rewards holds"),
        (pl.Series(["a", "b"]), None, r"rewards holds object.*rewards\[0\] is 'a'"),
        ({"a": 1.0}, None, "rewards holds object"),
        (pl.DataFrame(VALUES), None, r"rewards is a DataFrame, .* groups=frame\['problem'\]\), or frame\.to_numpy\(\)"),
        (pd.DataFrame(VALUES), None, "rewards is a DataFrame"),
        (pl.LazyFrame(VALUES), None, "rewards is a LazyFrame"),
        (pl.DataFrame(VALUES).to_arrow(), None, "rewards is a Table"),
        (pl.Series([[1.0], [0.0, 1.0]]), None, r"rewards\[0\] is a list\. .*to_list\(\).*explode.*groups="),
        (pd.Series([[1.0], [0.0, 1.0]]), None, r"rewards\[0\] is a list\. "),
        (np.array([np.ones(2), None], dtype=object), None, r"rewards\[0\] is a list\. "),
        ([Tensor(VALUES[0]), Tensor(VALUES[1], device=2)], None, r"rewards\[1\] is on a device.*\.detach\(\)\.cpu\(\)"),
        (Nowhere(), None, r"rewards is on a device \(no DLPack type\); pass rewards\.detach\(\)\.cpu\(\)"),
        (np.array([1j, 0]), None, "rewards holds complex128"),
        (np.array([1, 2], dtype="m8[s]"), None, "rewards holds timedelta64"),
        (np.ma.array([1.0, 2.0], mask=[False, True]), None, "rewards is a masked array"),
        ([1.0, 2.0], "ab", "groups is a name or an expression"),
        ([1.0, 2.0], [1.0, 2.0], r"groups\[0\] is 1.0; the ids of groups are integers or strings"),
        ([1.0, 2.0], np.array([1.0, 2.0]), "groups holds float64"),
        ([1.0, 2.0], ["a", None], r"groups\[1\] is None"),
        ([1.0, 2.0], [True, False], r"groups\[0\] is True"),
        (Tensor(VALUES, requires_grad=True), None, r"requires grad.*rewards\.detach\(\)\.cpu\(\)"),
        (Tensor(VALUES, device=2), None, r"on a device \(of DLPack's type 2\); pass rewards\.detach\(\)\.cpu\(\)"),
        ([1.0, 2.0], Tensor(np.array([1, 2]), device=2), r"groups is on a device.*groups\.detach\(\)\.cpu\(\)"),
        (
            Tensor(VALUES, fails=BufferError("Unsupported dtype in DLTensor.")),
            None,
            r"cannot be read as an array: Unsupported dtype in DLTensor.*\.float\(\) for bfloat16",
        ),
    ],
)
def test_what_holds_no_rewards(rewards, groups, text):
    with pytest.raises(TypeError, match=text):
        pk.advantages.rloo(rewards, groups=groups)
