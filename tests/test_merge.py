"""Adding tallies up: the laws, the provenance, and keys that do not go together."""

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

import passcurve as pk
from tallies import frame, of


def tallies(by=None):
    key = st.tuples(*[st.integers(0, 2)] * bool(by), st.integers(0, 5))
    count = st.integers(0, 6).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, n)))
    return st.dictionaries(key, count, max_size=8).map(
        lambda counts: of(*(key + pair for key, pair in counts.items()), by=by)
    )


@settings(max_examples=60, deadline=None)
@given(st.sampled_from([None, "model"]).flatmap(lambda by: st.tuples(*[tallies(by)] * 3)))
def test_merge_is_a_commutative_monoid(three):
    a, b, c = three
    empty = of(by=a.by[0] if a.by else None)
    assert a.merge(b) == b.merge(a)
    assert a.merge(b).merge(c) == a.merge(b.merge(c))
    assert a.merge(b).merge(c).provenance == a.merge(b.merge(c)).provenance
    assert a.merge(empty) == a == empty.merge(a)
    assert a.merge(empty).provenance == a.provenance
    added = pl.concat([a.frame, b.frame]).group_by([*a.by, *a.problem]).sum().sort([*a.by, *a.problem])
    assert_frame_equal(a.merge(b).frame, added)
    both = a.merge(b)
    assert both.provenance.rows == a.provenance.rows + b.provenance.rows == both.frame["n"].sum()
    keys = {key for side in (a, b) for key in side._table.select([*a.by, *a.problem]).rows()}
    assert both.provenance.empty_problems == len(keys) - len(both)


def test_merge_adds_provenance_up():
    def log(verdicts, **words):
        data = pl.DataFrame({"problem": ["a"] * len(verdicts), "correct": verdicts})
        return pk.tally(data, problem="problem", verdict="correct", **words)

    failing = log(["ok", "no", "no", "bad"], passing=["ok"])
    skipping = log(["ok", None, "no"], passing=["ok"], on_null="skip")
    both = failing.merge(skipping).provenance
    assert (both.rows, both.nulls, both.refused) == (7, 1, 1)
    assert dict(both.other_verdicts) == {"no": 3, "bad": 1}
    assert both.policies["on_null"] == "error | skip"
    assert both.version == pk.__version__
    # However they are added up.
    a, b = failing, skipping
    again = {"on_repeat": "count"}
    for other in (a.merge(a, **again).merge(b), b.merge(a).merge(b, **again).merge(a, **again)):
        assert sorted(other.provenance.policies["on_null"].split(" | ")) == ["error", "skip"]


def test_merge_of_keys_that_differ():
    with pytest.raises(ValueError, match=r"the keys differ: by=\[\], problem=\['problem'\] in one tally and by=\['m"):
        of((1, 8, 3)).merge(of((1, 1, 8, 3), by="model"))
    for problem in (["1"], [True]):
        for one, other in ((of((1, 8, 3)), pk.Tally.from_counts(frame(problem))),) * 2:
            with pytest.raises(pk.DataError, match=r"'problem'"):
                one.merge(other)
            with pytest.raises(pk.DataError, match=r"'problem'"):
                other.merge(one)
    for stranger in (3, frame(), None):
        with pytest.raises(TypeError, match="Tally"):
            of((1, 8, 3)).merge(stranger)
    narrow = pk.Tally.from_counts(frame([1]).cast({"problem": pl.Int8}))
    wide = narrow.merge(of((1, 8, 3), (300, 2, 1)))
    assert wide.frame.rows() == [(1, 16, 6), (300, 2, 1)]
    assert wide == of((1, 8, 3), (300, 2, 1)).merge(narrow)
    assert wide.frame.schema["problem"] == pl.Int64
