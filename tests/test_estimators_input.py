"""What the estimators take and refuse: numbers, arrays, Series, and counts that are none."""

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_series_equal

import passcurve as pk

INTEGERS = (np.int8, np.int16, np.int32, np.int64, np.uint8, np.uint16, np.uint32, np.uint64)
FLOATS = (np.float16, np.float32, np.float64, np.longdouble)
MORE = "exists there; draw more samples or lower k"
K_GT_N = f"k > n: no unbiased estimate {MORE}"


def test_broadcasting():
    assert pk.pass_at_k(8, 3, 4) == 13 / 14
    assert type(pk.pass_at_k(np.int64(8), np.array(3), 4.0)) is float
    assert pk.pass_at_k([8], 3, 4).shape == (1,)
    assert pk.pass_at_k(range(3, 6), (0, 0, 3), 3).tolist() == [0, 0, pk.pass_at_k(5, 3, 3)]
    n, c, k = np.array([8, 16])[:, None, None], np.array([0, 3, 8])[:, None], np.array([1, 2, 4, 8])
    cube = pk.pass_at_k(n, c, k)
    assert cube.shape == (2, 3, 4)
    assert cube.dtype == np.float64
    for i, j, m in np.ndindex(cube.shape):
        assert cube[i, j, m] == pk.pass_at_k(int(n[i, 0, 0]), int(c[j, 0]), int(k[m]))
    assert pk.pass_at_k(n, c, k[:, None, None, None]).shape == (4, 2, 3, 1)


@pytest.mark.parametrize(
    ("n", "c", "k", "shape"),
    [
        ([], [], [], (0,)),
        ([], 3, 2, (0,)),
        (8, 3, [], (0,)),
        (np.empty((0, 1), int), 3, [1, 2], (0, 2)),
        (np.full((3, 1), 8), 3, np.empty(0, int), (3, 0)),
    ],
)
def test_empty(n, c, k, shape):
    assert pk.pass_at_k(n, c, k).shape == shape


def test_memory_layout_does_not_matter():
    square = np.arange(1, 37).reshape(6, 6)
    for n in (square.T, square[::-2, ::3], np.asfortranarray(square), np.broadcast_to(square[:1], (6, 6))):
        np.testing.assert_array_equal(pk.pass_at_k(n, n // 2, 1), (n // 2) / n)
    swapped = square.astype(square.dtype.newbyteorder())
    np.testing.assert_array_equal(pk.pass_at_k(swapped, 1, 1), 1 / square)


@pytest.mark.parametrize("dtype", [*INTEGERS, *FLOATS])
def test_dtypes(dtype):
    n, c, k = (np.array(values, dtype=dtype) for values in ([8, 16, 100], [3, 0, 99], [4, 2, 1]))
    expected = pk.pass_at_k([8, 16, 100], [3, 0, 99], [4, 2, 1])
    np.testing.assert_array_equal(pk.pass_at_k(n, c, k), expected)
    assert pk.pass_at_k(n[0], c[0], k[0]) == expected[0]


def test_series():
    n, c = pl.Series("n", [8, None, 16, 8]), pl.Series("c", [3, 1, None, 8])
    expected = pl.Series("n", [13 / 14, None, None, 1.0])
    assert_series_equal(pk.pass_at_k(n, c, 4), expected, check_exact=True)
    assert_series_equal(pk.pass_at_k(n, c, pl.Series([4])), expected, check_exact=True)
    assert_series_equal(pk.pass_at_k(n, c, np.array([4] * 4)), expected, check_exact=True)
    assert_series_equal(pk.pass_at_k(8, c, 4), pl.Series("c", [13 / 14, 0.5, None, 1.0]), check_exact=True)
    assert_series_equal(pk.pass_at_k(n.head(1), c, 4), pl.Series("n", [13 / 14, 0.5, None, 1.0]), check_exact=True)
    assert_series_equal(pk.pass_at_k(n.clear(), 3, 4), pl.Series("n", [], dtype=pl.Float64))
    wrong = pk.pass_at_k(pl.Series("n", [8, 8, None]), [3, 9, 9], 4, invalid="null")
    assert_series_equal(wrong, pl.Series("n", [13 / 14, None, None]), check_exact=True)
    # Nothing is known of a row with a null, so nothing is wrong with it.
    assert pk.pass_at_k(pl.Series([8, None]), [3, 99], pl.Series([4, 0])).to_list() == [13 / 14, None]
    with pytest.raises(ValueError, match="at index 1: n=8, c=9, k=4: c > n"):
        pk.pass_at_k(pl.Series([8, 8, None]), [3, 9, 9], 4)
    with pytest.raises(ValueError, match="more axes"):
        pk.pass_at_k(n, np.ones((4, 1), int), 1)
    for kind in (pl.Int8, pl.UInt8, pl.UInt32, pl.UInt64, pl.Float32):
        assert pk.pass_at_k(pl.Series([8, None], dtype=kind), 3, 4).to_list() == [13 / 14, None]
    assert pk.pass_at_k(pl.Series([None, None]), 3, 4).to_list() == [None, None]


@pytest.mark.parametrize(
    ("name", "counts", "text"),
    [
        ("pass_at_k", (5, 0, 10), f"n=5, c=0, k=10: {K_GT_N}"),
        ("pass_at_k", ([[8], [4]], 3, [1, 8]), f"at index (1, 1): n=4, c=3, k=8: {K_GT_N}"),
        ("pass_at_k", ([[[8, 2]]], 2, 3), f"at index (0, 0, 1): n=2, c=2, k=3: {K_GT_N}"),
        ("pass_hat_k", ([8, 2, 1], 1, 2), f"at index 2: n=1, c=1, k=2: {K_GT_N}"),
        ("pass_at_k", (3, 5, 1), "n=3, c=5, k=1: c > n: there cannot be more correct samples than samples"),
        ("pass_at_k", (8, 3, 0), "n=8, c=3, k=0: k < 1: draw at least one sample"),
        ("pass_at_k", (8, 3, -1), "n=8, c=3, k=-1: k < 1: draw at least one sample"),
        ("pass_at_k", (8, -3, 2), "n=8, c=-3, k=2: c < 0: c counts the correct samples"),
        ("pass_at_k", (-8, 3, 2), "n=-8, c=3, k=2: n < 0: n counts samples"),
        ("pass_at_k", (0, 0, 1), "n=0, c=0, k=1: n = 0: a problem without samples has no estimate"),
        ("alpha_k", (8, 3, 10), f"n=8, c=3, k=10: k > n + 1: no unbiased estimate of alpha_k {MORE}"),
        ("pass_at_k_variance", (8, 3, 5), f"n=8, c=3, k=5: 2k > n: no unbiased variance {MORE}"),
        (
            "pass_at_k",
            (2**53 + 1, 0, 1),
            "n=9007199254740993, c=0, k=1: n > 2^53: counts past 9007199254740992 are not supported",
        ),
    ],
)
def test_what_is_outside_the_domain(name, counts, text):
    with pytest.raises(ValueError, match=r"^\w+: ") as caught:
        getattr(pk, name)(*counts)
    assert str(caught.value) == f"{name}: {text}"
    table = np.asarray(getattr(pk, name)(*counts, invalid="null"))
    assert np.isnan(table).any()
    shape = np.broadcast_shapes(*map(np.shape, counts))
    assert table.shape == shape
    singles = np.broadcast_arrays(*counts)
    alone = [getattr(pk, name)(*map(int, row), invalid="null") for row in zip(*(x.flat for x in singles), strict=True)]
    np.testing.assert_array_equal(table.ravel(), alone)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (2.5, "c = 2.5 is not"),
        (float("nan"), "c = nan is not"),
        (float("inf"), "c = inf is not"),
        ([1.0, 2.5], r"c\[1\] = 2.5 is not"),
        ([[1.0], [np.nan]], r"c\[1, 0\] = nan is not"),
        (2.0**53 + 2, "c = 9007"),
    ],
)
def test_what_is_not_a_whole_number(value, text):
    with pytest.raises(ValueError, match=f"{text} a whole number" if "is not" in text else text):
        pk.pass_at_k(8, value, 1)
    assert np.isnan(np.asarray(pk.pass_at_k(8, value, 1, invalid="null"))).any()


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        [True],
        [None],
        8j,
        np.array([8], dtype=object),
        np.datetime64(8, "D"),
        pl.Series(["8"]),
        pl.Series([True]),
    ],
)
def test_what_is_not_a_number(value):
    for invalid in ("error", "null"):
        with pytest.raises(TypeError, match=r"^n "):
            pk.pass_at_k(value, 3, 4, invalid=invalid)


def test_masked_arrays_do_not_lose_their_mask():
    with pytest.raises(TypeError):
        pk.pass_at_k(np.ma.array([8, 9], mask=[False, True]), 3, 4)


@pytest.mark.parametrize("n", [2**60, 2**63, 2**64, np.uint64(2**63), np.array([5, 2**62], dtype=np.uint64)])
def test_counts_past_2_to_the_53(n):
    with pytest.raises(ValueError, match=rf"\bn\b.*{np.max(np.asarray(n))}.*2\^53"):
        pk.pass_at_k(n, 1, 1)
    assert np.isnan(np.asarray(pk.pass_at_k(n, 1, 1, invalid="null"))).any()


@pytest.mark.parametrize("ks", [[1, 2], (1, 2), range(1, 3), [1]])
def test_a_list_of_ks_is_not_paired_with_rows(ks):
    n, c = pl.Series([8, 8]), pl.Series([1, 2])
    kind = type(ks).__name__
    for call in (lambda: pk.pass_at_k(n, c, ks), lambda: pk.pass_at_k(n, 1, ks), lambda: pk.pass_at_k(8, c, ks)):
        with pytest.raises(ValueError, match=f"^pass_at_k: k is a {kind} beside a Series, and would be paired"):
            call()
    with pytest.raises(ValueError, match=r"give arrays that broadcast: zero_signal\(n.*, group_size\); .* a Tally"):
        pk.zero_signal(n, c, ks)
    # What the message says to do.
    curves = pk.pass_at_k(n.to_numpy()[:, None], c.to_numpy()[:, None], ks)
    assert curves.tolist() == np.array([pk.pass_at_k(n, c, k).to_list() for k in ks]).T.tolist()
    assert pk.pass_at_k(n, c, pl.Series([1, 2])).to_list() == [1 / 8, pk.pass_at_k(8, 2, 2)]


def test_shapes_that_do_not_go_together_are_named():
    for n, c in (([8, 8, 8], [1, 2]), (pl.Series([8, 8, 8]), [1, 2]), (pl.Series([8] * 3), pl.Series([1, 2]))):
        with pytest.raises(ValueError) as caught:  # noqa: PT011 (all of it is below)
            pk.pass_at_k(n, c, 1)
        assert str(caught.value) == (
            "pass_at_k: the shapes of n (3,), c (2,) and k () do not broadcast; give n and c the same shape, and for "
            "each k of each problem give them as columns: n[:, None], c[:, None]"
        )
    with pytest.raises(ValueError, match=r"^informative: the shapes of n \(3,\), c \(\) and group_size \(2,\) do"):
        pk.informative([8, 8, 8], 1, [1, 2])
    with pytest.raises(ValueError, match=r"^pass_hat_k: the shapes of n \(3, 2\), c \(\) and k \(3,\) do"):
        pk.pass_hat_k(np.full((3, 2), 8), 1, np.arange(1, 4), invalid="null")


def test_misuse():
    with pytest.raises(ValueError, match="invalid='skip' is not one of error, null"):
        pk.pass_at_k(8, 3, 4, invalid="skip")
