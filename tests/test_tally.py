"""The Tally: what it is made from, how it adds up, and what it hands on."""

import copy
import pickle

import duckdb
import polars as pl
import pyarrow as pa
import pytest
from polars.testing import assert_frame_equal

import exact
import passcurve as pk
from tallies import frame, of

COUNTS = pl.DataFrame({"problem": ["b", "a", "<i>"], "n": [8, 0, 3], "c": [3, 0, 1]})


def test_from_counts():
    tally = pk.Tally.from_counts(COUNTS)
    assert_frame_equal(tally.frame, pl.DataFrame({"problem": ["<i>", "b"], "n": [3, 8], "c": [1, 3]}))
    assert len(tally) == 2
    assert (tally.by, tally.problem) == ((), ("problem",))
    assert (tally.provenance.rows, tally.provenance.empty_problems, tally.provenance.files) == (11, 1, ())
    renamed = COUNTS.rename({"problem": "task", "n": "N", "c": "right"}).with_columns(junk=1.5, step=7)
    other = pk.Tally.from_counts(renamed.lazy(), problem=["task"], n="N", c="right", by="step")
    assert other.frame.columns == ["step", "task", "n", "c"]
    assert (other.by, other.problem) == (("step",), ("task",))
    assert pk.Tally.from_counts(COUNTS.to_dict(as_series=False)) == tally
    assert pk.Tally.from_counts(COUNTS.to_arrow()) == tally
    assert pk.Tally.from_counts(COUNTS.to_pandas()) == tally
    small = COUNTS.cast({"n": pl.UInt8, "c": pl.Int16, "problem": pl.Categorical})
    assert pk.Tally.from_counts(small) == tally
    assert pk.Tally.from_counts(frame(n=[200], c=[3]).cast({"n": pl.UInt8, "c": pl.Int8})).frame["n"].to_list() == [200]


@pytest.mark.parametrize(("counts", "text"), [
    (frame(n=[None]).cast({"n": pl.Int64}), "row 0: a count is null (problem='a', n=None, c=3)"),
    (frame(c=[None]).cast({"c": pl.Int64}), "row 0: a count is null (problem='a', n=8, c=None)"),
    (frame(n=[-8], c=[-9]), "row 0: n is negative (problem='a', n=-8, c=-9)"),
    (frame(list("abc"), [8, 8, 8], [0, -1, -2]), "row 1: c is negative (problem='b', n=8, c=-1), and 1 more rows"),
    (frame(list("ab"), [8, 8], [8, 9]), "row 1: c > n (problem='b', n=8, c=9)"),
    (frame(["a", None], [8, 8], [8, 8]), "row 1: the key is null; name it with fill_null, or leave it out with "
     "drop_nulls (problem=None, n=8, c=8)"),
    (frame(list("aba"), [1, 2, 3], [1, 1, 1]), "row 0: the key comes twice (a column is missing in by=, or the "
     "counts are to be added) (problem='a', n=1, c=1), and 1 more rows"),
    (frame(n=[8.0]), "column 'n' holds Float64; counts are integers: cast it"),
    (frame(c=[True]), "column 'c' holds Boolean; counts are integers: cast it"),
    (frame([1.0]), "column 'problem' holds Float64, which cannot be an id; cast it, or take a field of it"),
    (frame([["a"]]), "column 'problem' holds List(String), which cannot be an id; cast it, or take a field of it"),
])  # fmt: skip
def test_counts_that_are_none(counts, text):
    with pytest.raises(pk.DataError) as caught:
        pk.Tally.from_counts(counts)
    assert str(caught.value) == text


@pytest.mark.parametrize(("words", "text"), [
    ({"problem": "task"}, "'task'"), ({"n": "N"}, "'N'"), ({"c": "right"}, "'right'"), ({"by": "step"}, "'step'"),
    ({"by": "problem"}, "cannot be both"), ({"problem": ["problem", "problem"]}, "twice"), ({"problem": "n"}, "'n'"),
    ({"problem": []}, "problem="), ({"c": "n"}, "'n'"),
])  # fmt: skip
def test_wrong_columns(words, text):
    with pytest.raises(ValueError, match=text):
        pk.Tally.from_counts(frame(), **words)


def test_counts_under_another_name_name_the_argument():
    with pytest.raises(
        ValueError, match=r"no column 'c' in the counts; say c=, the column of samples that passed; .*n$"
    ):
        pk.Tally.from_counts(frame().drop("c"))
    with pytest.raises(
        ValueError, match=r"no column 'N' in the counts; say n=, the column of samples; there are: .*c$"
    ):
        pk.Tally.from_counts(frame(), n="N")


def test_a_list_of_models_goes_second():
    tally = pk.Tally.from_counts(pl.concat([frame().with_columns(model=pl.lit(name)) for name in "ab"]), by="model")
    with pytest.raises(ValueError, match=r"^a= is one model, not \['a', 'b'\]; several go second: b=\['a', 'b'\]"):
        tally.compare(["a", "b"], "b")


def test_counts_past_2_to_the_53_are_refused():
    assert pk.Tally.from_counts(frame(n=[2**53])).pass_at_k(1)["estimate"].to_list() == [3 / 2**53]
    for n in ([2**53 + 1], pl.Series([2**63], dtype=pl.UInt64)):
        with pytest.raises(pk.DataError, match=r"2\^53"):
            pk.Tally.from_counts(frame(n=n))


@pytest.mark.parametrize("name", ["__row", "len", "index", "literal", "count"])
def test_any_other_name_can_be_a_key(name):
    counts = frame(list("ab"), [8, 8], [3, 1]).with_columns(pl.Series(name, ["x", "y"]))
    tally = pk.Tally.from_counts(counts, by=name)
    assert tally.pass_at_k(1)[name].to_list() == ["x", "y"]
    assert pk.Tally.from_counts(counts, problem=name).per_problem(1)[name].to_list() == ["x", "y"]


@pytest.mark.parametrize("name", ["k", "method", "se", "estimate", "pass_at_k", "signal"])
def test_a_key_never_disappears_under_a_column_of_the_table(name):
    counts = frame().with_columns(pl.Series(name, ["x"]))
    grouped, named = pk.Tally.from_counts(counts, by=name), pk.Tally.from_counts(counts, problem=name)
    for table in (lambda: grouped.pass_at_k(1), lambda: grouped.per_problem(1), lambda: named.per_problem(1)):
        try:
            assert table()[name].to_list() == ["x"]
        except ValueError as error:
            assert repr(name) in str(error)  # noqa: PT017 (either is right)


def test_repr():
    tally = pk.Tally.from_counts(COUNTS.with_columns(model=pl.Series(["x", "<b>", "x"])), by="model")
    first, table = repr(tally).split("\n", 1)
    assert first == "Tally of 2 keys in 1 group (model), 11 samples (n 3 to 8), 4 passed, 1 problem without samples"
    assert table == repr(tally.frame)
    assert repr(of()).startswith("Tally of 0 problems\n")
    shown = pk.Tally.from_counts(COUNTS.rename({"problem": "<script>"}), problem="<script>", by=None)._repr_html_()
    assert "&lt;i&gt;" in shown
    assert "<i>" not in shown
    grouped = pk.Tally.from_counts(COUNTS.with_columns(pl.lit(1).alias("<script>")), by="<script>")._repr_html_()
    assert "<script>" not in shown + grouped


def test_equality():
    tally = pk.Tally.from_counts(COUNTS)
    assert tally == pk.Tally.from_counts(COUNTS[::-1])
    assert tally != pk.Tally.from_counts(COUNTS.with_columns(c=pl.Series([3, 0, 2])))
    assert tally != pk.Tally.from_counts(COUNTS.with_columns(model=1), by="model")
    assert tally != 3
    with pytest.raises(TypeError, match="unhashable"):
        hash(tally)
    with pytest.raises(TypeError, match=r"Tally.from_counts"):
        pk.Tally()
    with pytest.raises(AttributeError):
        tally.by = ("model",)
    for twin in (copy.copy(tally), copy.deepcopy(tally), pickle.loads(pickle.dumps(tally))):
        assert twin == tally
        assert twin.provenance == tally.provenance


def test_what_takes_arrow():
    tally = pk.Tally.from_counts(COUNTS)
    assert_frame_equal(pl.DataFrame(tally), tally.frame)
    assert pa.table(tally).to_pylist() == tally.frame.to_dicts()
    assert pa.RecordBatchReader.from_stream(tally).read_all().num_rows == 2
    assert duckdb.sql("select sum(n), sum(c), count(*) from tally").fetchall() == [(11, 4, 2)]


def test_duckdb_counts_are_counts():
    # DuckDB's sum of integers is a HUGEINT, which arrives as Decimal(38, 0).
    log = pl.DataFrame({"problem": ["a", "a", "b"], "correct": [True, False, True]})
    table = duckdb.from_arrow(log.to_arrow())
    query = table.query("log", "select problem, count(*) as n, sum(correct::int) as c from log group by problem")
    assert pk.Tally.from_counts(query).frame.rows() == [("a", 2, 1), ("b", 1, 1)]


def test_per_problem():
    tally = of((1, 8, 3), (2, 4, 0), (3, 5, 5))
    table = tally.per_problem([4, 2, 1])
    assert table.columns == ["problem", "n", "c", "k", "pass_at_k", "alpha_k", "signal", "gap", "se"]
    assert table.dtypes == [pl.Int64] * 4 + [pl.Float64] * 5
    assert table.select("problem", "k").rows() == [(p, k) for p in (1, 2, 3) for k in (4, 2, 1)]
    for _, n, c, k, *values, se in table.rows():
        twins = [getattr(exact, name)(n, c, k) for name in ("pass_at_k", "alpha_k", "signal_mass", "pass_gap")]
        assert values == [float(value) for value in twins]
        variance = exact.pass_at_k_variance(n, c, k) if 2 * k <= n else None
        assert se == (None if variance is None else pytest.approx(float(variance) ** 0.5, rel=4e-16))
    assert of((1, 1, 8, 3), by="model").per_problem(2).columns[:2] == ["model", "problem"]
    assert of().per_problem(2).schema == table.schema


def test_per_problem_of_k_above_n():
    tally = of((0, 1, 8, 3), (0, 2, 4, 0), (1, 1, 16, 5), by="model")
    with pytest.raises(ValueError, match=r"k = 8 is more than a problem's n: model=0, problem=2 has n=4"):
        tally.per_problem([8, 4])
    skipped = tally.per_problem([8, 4], on_k_gt_n="skip").select("model", "problem", "k").rows()
    assert skipped == [(0, 1, 8), (0, 1, 4), (0, 2, 4), (1, 1, 8), (1, 1, 4)]
    # As in pass_at_k: "that k, in the groups it concerns".
    dropped = tally.per_problem([8, 4], on_k_gt_n="drop").select("model", "problem", "k").rows()
    assert dropped == [(0, 1, 4), (0, 2, 4), (1, 1, 8), (1, 1, 4)]
    with pytest.raises(ValueError, match="on_k_gt_n='clip' is not one of error, drop, skip"):
        tally.per_problem(1, on_k_gt_n="clip")
