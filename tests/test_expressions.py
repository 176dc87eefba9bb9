"""The estimators inside Polars queries: the same numbers as outside, whatever the columns and the engine."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import passcurve as pk

NAMES = (
    "pass_at_k",
    "pass_hat_k",
    "alpha_k",
    "pass_gap",
    "marginal_gain",
    "signal_mass",
    "pass_at_k_variance",
    "pass_at_k_plugin",
    "alpha_k_plugin",
    "mg_pass_at_k",
    "zero_signal",
    "all_correct",
    "informative",
)
INTEGERS = (pl.Int8, pl.Int16, pl.Int32, pl.Int64, pl.UInt8, pl.UInt16, pl.UInt32, pl.UInt64)
ENGINES = ("in-memory", "streaming")

pytestmark = pytest.mark.filterwarnings("ignore:mG-Pass:UserWarning")


def counts(rows, seed=0):
    rng = np.random.default_rng(seed)
    n = rng.integers(1, 100, rows)
    return pl.DataFrame({"n": n, "c": rng.integers(0, n + 1), "k": rng.integers(1, n // 2 + 2)})


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("name", NAMES)
def test_a_query_gives_the_bits_of_the_function(name, engine):
    frame = counts(1000)
    function = getattr(pk, name)
    outside = function(frame["n"], frame["c"], frame["k"], invalid="null")
    inside = frame.lazy().select(function("n", "c", "k", invalid="null")).collect(engine=engine).to_series()
    assert inside.name == name
    assert inside.dtype == pl.Float64
    assert inside.equals(outside.alias(name), null_equal=True)


def test_names_expressions_numbers_and_series_mix():
    frame = counts(50)
    expected = pk.pass_at_k(frame["n"], frame["c"], 1).to_list()
    for n, c, k in (
        ("n", "c", 1),
        (pl.col("n"), "c", 1.0),
        ("n", frame["c"], pl.lit(1)),
        (pl.col("n") + 0, pl.col("c"), np.int64(1)),
        ("n", "c", np.array(1)),
        (frame["n"], pl.col("c"), pl.lit(1, pl.UInt8)),
    ):
        assert frame.select(pk.pass_at_k(n, c, k)).to_series().to_list() == expected
    assert frame.select(pk.g_pass_at_k("n", "c", 1, 0.5))["g_pass_at_k"].to_list() == expected
    assert frame.select(a=pk.pass_at_k("n", "c", 1), b=pk.alpha_k("n", "c", k=1)).columns == ["a", "b"]


FLOATS = [getattr(pl, name) for name in ("Float16", "Float32", "Float64") if hasattr(pl, name)]


@pytest.mark.parametrize("dtype", [*INTEGERS, *FLOATS])
def test_every_kind_of_number(dtype):
    frame = pl.DataFrame({"n": [8, 16, None], "c": [3, None, 1]}, schema={"n": dtype, "c": dtype})
    assert frame.select(pk.pass_at_k("n", "c", 4))["pass_at_k"].to_list() == [13 / 14, None, None]


def test_what_is_no_count_is_named():
    def fails(match, *columns, **frame):
        with pytest.raises(pl.exceptions.ComputeError, match=match):
            pl.DataFrame(frame).select(pk.pass_at_k(*columns))

    fails(r'c \(column "c"\) is 2\.5 in row 1, not a whole number', "n", "c", 1, n=[8, 8], c=[1.0, 2.5])
    fails(r'c \(column "c"\) is NaN in row 0', "n", "c", 1, n=[8], c=[float("nan")])
    fails(r'n \(column "n"\) holds String; counts are integers', "n", "c", 1, n=["8"], c=[1])
    fails(r'c \(column "c"\) holds Boolean', "n", "c", 1, n=[8], c=[True])
    fails(r'n \(column "n"\) holds List\(Int64\)', "n", "c", 1, n=[[8]], c=[1])
    fails(r"n \(column \"n\"\) is 18446744073709551615 in row 0", "n", 1, 1, n=pl.Series([2**64 - 1], dtype=pl.UInt64))
    fails(r"row 1 of 3: n=8, c=9, k=4: c > n", "n", "c", 4, n=[8, 8, 8], c=[1, 9, 9])
    fails(r"row 2 of 3: n=3, c=1, k=4: k > n", "n", "c", 4, n=[8, 8, 3], c=[1, 1, 1])
    fails(r"row 0 of 2: n=8, c=1, k=0: k < 1", "n", "c", 0, n=[8, 8], c=[1, 1])
    fails(r"pass_at_k: n=8, c=1, k=9: k > n", 8, pl.lit(1), 9)


@pytest.mark.parametrize(
    ("dtype", "held"),
    [(pl.Int128, "Int128"), (pl.UInt128, "UInt128"), (pl.Decimal(10, 2), r"Decimal\(.*10.*2\)")],
    ids=str,
)
def test_numbers_that_are_too_wide_name_the_cast(dtype, held):
    frame = pl.DataFrame({"n": pl.Series([8, None]).cast(dtype)})
    words = rf"holds {held}.*cast it with \.cast\(pl\.U?Int64\)"
    with pytest.raises(pl.exceptions.ComputeError, match=rf'pass_at_k: .*"n".* {words}'):
        frame.select(pk.pass_at_k("n", 3, 4))
    with pytest.raises(TypeError, match=rf"n {words}"):
        pk.pass_at_k(frame["n"], 3, 4)
    cast = frame.select(pl.col("n").cast(pl.Int64))
    assert cast.select(pk.pass_at_k("n", 3, 4))["pass_at_k"].to_list() == [13 / 14, None]


def test_lists_of_numbers_that_are_too_wide():
    for dtype, held, cast in (
        (pl.List(pl.Int128), r"List\(Int128\)", r"pl\.List\(pl\.Int64\)"),
        (pl.Array(pl.Int128, 1), r"Array\(Int128, 1\)", r"pl\.Array\(pl\.Int64, 1\)"),
        (pl.List(pl.Decimal(10, 2)), r"lists of Decimal\(10, 2\)", r"pl\.List\(pl\.Float64\)"),
    ):
        frame = pl.DataFrame({"r": pl.Series([[1], None], dtype=dtype)})
        with pytest.raises(pl.exceptions.ComputeError, match=rf"holds {held}; cast it with \.cast\({cast}\)"):
            frame.select(pk.max_at_k("r", 1))


COUNTS = st.sampled_from([None, 1.0, 2.0, 8.0, -1.0, 1.5, 2.0**60, float("nan")])


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(COUNTS, COUNTS, COUNTS), min_size=1, max_size=6), COUNTS, st.sampled_from(["error", "null"]))
def test_a_null_shields_what_is_no_count(rows, constant, invalid):
    """A row with a null is null, whatever else it holds; in a query and in Series alike."""
    frame = pl.DataFrame(rows, schema=dict.fromkeys("nck", pl.Float64), orient="row")

    def one(row):
        if None in row:
            return None
        n, c, k = row
        fine = {n, c, k} <= {1.0, 2.0, 8.0} and c <= n >= k
        return pk.pass_at_k(n, c, k) if fine or invalid == "error" else None

    for k in ("k", constant):
        if k is None:
            continue
        whole = frame if k == "k" else frame.with_columns(k=pl.lit(k))
        series = frame["k"] if k == "k" else k
        try:
            expected = [one(row) for row in whole.rows()]
        except ValueError:
            with pytest.raises(ValueError, match=r"pass_at_k: |whole number"):
                pk.pass_at_k(frame["n"], frame["c"], series)
            with pytest.raises(pl.exceptions.ComputeError, match="pass_at_k"):
                frame.select(pk.pass_at_k("n", "c", k))
            continue
        assert pk.pass_at_k(frame["n"], frame["c"], series, invalid=invalid).to_list() == expected
        assert frame.select(pk.pass_at_k("n", "c", k, invalid=invalid)).to_series().to_list() == expected


def test_a_filter_beside_it_does_not_shield():
    """Polars merges filters into one, so what another filter drops is computed too; docs/estimators.md says so."""
    query = pl.LazyFrame({"n": [8, 2], "c": [3, 1]}).filter(pl.col("n") >= 4)
    with pytest.raises(pl.exceptions.ComputeError, match="k > n"):
        query.filter(pk.pass_at_k("n", "c", 4) > 0.5).collect()
    assert query.filter(pk.pass_at_k("n", "c", 4, invalid="null") > 0.5).collect().height == 1
    assert query.collect().filter(pk.pass_at_k("n", "c", 4) > 0.5).height == 1
    assert query.with_columns(pk.pass_at_k("n", "c", 4)).collect().height == 1


def test_a_group_size_is_called_that():
    with pytest.raises(pl.exceptions.ComputeError, match="n=8, c=1, group_size=9: group_size > n"):
        pl.DataFrame({"n": [8, 8], "c": [1, 2]}).select(pk.zero_signal("n", "c", 9))


def test_null_instead_of_an_error():
    frame = pl.DataFrame({"n": [8.0, 8.0, 2.5, None, 3.0], "c": [3, 9, 1, 1, 1]})
    assert frame.select(pk.pass_at_k("n", "c", 4, invalid="null"))["pass_at_k"].to_list() == [13 / 14, *[None] * 4]
    with pytest.raises(ValueError, match="invalid='nan' is not one of error, null"):
        pk.pass_at_k("n", "c", 4, invalid="nan")


def test_arguments_that_are_no_columns():
    with pytest.raises(TypeError, match=r"k is list, which does not go with column names"):
        pk.pass_at_k("n", "c", [1, 2])
    with pytest.raises(TypeError, match=r"k is NoneType"):
        pk.pass_at_k("n", "c", None)
    with pytest.raises(ValueError, match=r"tau is in \[0, 1\], not 1\.5"):
        pk.g_pass_at_k("n", "c", 4, 1.5)
    with pytest.raises(TypeError, match="tau is one number"):
        pk.g_pass_at_k("n", "c", 4, "tau")
    with pytest.raises(pl.exceptions.ColumnNotFoundError, match="nowhere"):
        pl.DataFrame({"n": [1]}).select(pk.pass_at_k("n", "nowhere", 1))


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_chunks_slices_and_nulls(data):
    """However a column is cut, the values are those of the whole."""
    rows = data.draw(st.integers(0, 40))
    whole = counts(rows, data.draw(st.integers(0, 9)))
    masks = [data.draw(st.lists(st.booleans(), min_size=rows, max_size=rows)) for _ in "nck"]
    whole = whole.with_columns(
        pl.when(pl.Series(mask, dtype=pl.Boolean)).then(pl.col(name)).alias(name)
        for name, mask in zip("nck", masks, strict=True)
    )
    cuts = sorted(data.draw(st.lists(st.integers(0, rows), max_size=4)))
    pieces = [whole[a:b] for a, b in zip([0, *cuts], [*cuts, rows], strict=True)]
    cut = pl.concat(pieces, rechunk=False)
    start = data.draw(st.integers(0, rows))
    name = data.draw(st.sampled_from(NAMES))
    function = getattr(pk, name)
    expected = function(whole["n"], whole["c"], whole["k"], invalid="null").alias(name)
    for frame, values in ((cut, expected), (cut[start:], expected[start:])):
        for engine in ENGINES:
            got = frame.lazy().select(function("n", "c", "k", invalid="null")).collect(engine=engine).to_series()
            assert got.equals(values, null_equal=True)


@pytest.mark.parametrize("engine", ENGINES)
def test_large_columns_have_the_bits_of_small_ones(engine):
    """Past half a million rows several threads share a call; a stream comes in morsels."""
    frame = counts(1_200_000)
    got = frame.lazy().select(pk.pass_at_k("n", "c", "k")).collect(engine=engine).to_series()
    assert got.equals(pk.pass_at_k(frame["n"], frame["c"], frame["k"]).alias("pass_at_k"))


def test_empty_columns_and_columns_of_one_row():
    empty = pl.DataFrame({"n": [], "c": []}, schema={"n": pl.Int64, "c": pl.Int64})
    assert empty.select(pk.pass_at_k("n", "c", 4)).shape == (0, 1)
    assert pl.select(pk.pass_at_k(pl.lit(8), 3, 4)).item() == 13 / 14
    three = pl.DataFrame({"c": [0, 3, 8]})
    assert three.select(pk.pass_at_k(8, "c", 4))["pass_at_k"].to_list() == [0, 13 / 14, 1]
    assert three.select(pk.pass_at_k(pl.lit(None), "c", 4))["pass_at_k"].to_list() == [None] * 3
    assert three.select(pk.pass_at_k(8, "c", pl.lit(None, pl.Int64)))["pass_at_k"].to_list() == [None] * 3
    nulls = pl.DataFrame({"n": [None, None], "c": [1, 2]})
    assert nulls.select(pk.pass_at_k("n", "c", 1))["pass_at_k"].to_list() == [None, None]


def test_within_groups_and_conditions():
    frame = pl.DataFrame({"g": [1, 1, 2, 2], "n": [8, 8, 16, 16], "c": [3, 0, 1, 16]})
    expected = pk.pass_at_k(frame["n"], frame["c"], 2)
    assert frame.select(pk.pass_at_k("n", "c", 2).over("g"))["pass_at_k"].to_list() == expected.to_list()
    means = frame.group_by("g", maintain_order=True).agg(pk.pass_at_k("n", "c", 2).mean())
    assert means["pass_at_k"].to_list() == [expected[:2].mean(), expected[2:].mean()]
    totals = frame.group_by("g", maintain_order=True).agg(pk.pass_at_k(pl.col("n").sum(), pl.col("c").sum(), 2))
    assert totals["pass_at_k"].to_list() == [pk.pass_at_k(16, 3, 2), pk.pass_at_k(32, 17, 2)]
    some = frame.select(pl.when(pl.col("c") > 0).then(pk.pass_at_k("n", "c", 2)).alias("x"))
    assert some["x"].to_list() == [expected[0], None, expected[2], expected[3]]
    assert frame.filter(pk.pass_at_k("n", "c", 2) == 1)["c"].to_list() == [16]
    assert frame.sort(pk.alpha_k("n", "c", 2))["c"].to_list() == [16, 3, 1, 0]


def test_a_query_from_samples_to_pass_at_k():
    rng = np.random.default_rng(0)
    log = pl.DataFrame({"problem": np.repeat(np.arange(20), 16), "correct": rng.random(320) < 0.3}).lazy()
    query = log.group_by("problem").agg(n=pl.len(), c=pl.col("correct").sum())
    mean = query.select(pk.pass_at_k("n", "c", 4).mean()).collect(engine="streaming").item()
    tally = pk.tally(log.collect(), problem="problem", verdict="correct")
    assert mean == pytest.approx(tally.pass_at_k(4)["estimate"].item(), abs=1e-15)


def test_equal_calls_are_one_node_and_unused_ones_none():
    query = counts(10).lazy().select(pk.pass_at_k("n", "c", 1) + 1, twice=pk.pass_at_k("n", "c", 1) * 2)
    plan = query.explain()
    assert "__POLARS_CSER" in plan or plan.count(":pass_at_k(") <= 2
    unused = counts(10).lazy().with_columns(pk.pass_at_k("n", "c", 1)).select("n")
    assert "pass_at_k" not in unused.explain()
    assert pk.pass_at_k("n", "c", 1).meta.root_names() == ["n", "c"]
    assert pk.pass_at_k("n", "c", 1).meta.output_name() == "pass_at_k"
    assert counts(3).lazy().select(pk.pass_at_k("n", "c", 1)).collect_schema() == {"pass_at_k": pl.Float64}


def test_memory_is_given_back():
    resource = pytest.importorskip("resource")
    frame = counts(200_000)

    def run(times):
        for _ in range(times):
            frame.select(pk.pass_at_k("n", "c", "k"), pk.alpha_k("n", "c", "k"))
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    before = run(20)
    # 300 results and their inputs would be 2.4 GB.
    assert run(150) - before < 300_000


def test_odd_k_of_mg_pass_warns():
    with pytest.warns(UserWarning, match=r"mG-Pass@3: a perfect model scores \(k-1\)/k = 0.667"):
        pk.mg_pass_at_k("n", "c", 3)


def test_lengths_that_differ():
    frame = pl.DataFrame({"n": [8, 8, 8], "c": [1, 2, 3]})
    with pytest.raises(pl.exceptions.PolarsError, match="length"):
        frame.select(pk.pass_at_k("n", pl.Series([1, 2]), 4))
    with pytest.raises(pl.exceptions.PolarsError, match="length"):
        frame.select(pk.pass_at_k("n", pl.col("c").head(2), 4))
