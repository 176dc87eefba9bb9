"""Columns that a call may have forgotten: groups that are pooled, and the index that finds duplicates."""

import warnings

import numpy as np
import polars as pl
import pytest

import passcurve as pk

LOG = pl.DataFrame({"model": ["a", "b"], "step": [0, 1], "problem": [1, 1], "sample": [0, 0], "correct": [True, False]})
ONE = (
    "column 'model' not in by=: what it tells apart is counted as one; say by='model' to keep groups apart, or by=[] "
    "to pool them"
)
TWO = (
    "columns 'model', 'step' not in by=: what they tell apart is counted as one; say by=['model', 'step'] to keep "
    "groups apart, or by=[] to pool them"
)


@pytest.fixture(params=["frame", "lazy", "arrow", "file"])
def source(request, tmp_path):
    LOG.write_parquet(tmp_path / "log.parquet")
    return {"frame": LOG, "lazy": LOG.lazy(), "arrow": LOG.to_arrow(), "file": tmp_path / "log.parquet"}[request.param]


def test_pooling_that_nobody_asked_for_is_warned_of(source):
    with pytest.warns(UserWarning, match="not in by=") as caught:
        pooled = pk.tally(source)
    assert [str(warning.message) for warning in caught] == [TWO]
    assert caught[0].filename == __file__
    assert pooled.provenance.ungrouped == ("model", "step")
    on_purpose = pk.tally(source, by=[])
    assert on_purpose == pooled
    assert on_purpose.provenance.ungrouped == ("model", "step")
    assert pk.tally(source, by="step").provenance.ungrouped == ("model",)


def test_what_has_a_role_or_is_called_otherwise_is_not_warned_of():
    with pytest.warns(UserWarning, match="not in by=") as caught:
        pk.tally(LOG, problem=["step", "problem"])
    assert [str(warning.message) for warning in caught] == [ONE]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        pk.tally(LOG.drop("model", "step"))
        pk.tally(LOG.rename({"model": "family"}), problem=["step", "problem"])


def test_the_warning_comes_before_the_rows_are_read():
    with pytest.warns(UserWarning, match="not in by="), pytest.raises(pk.DataError, match="null"):
        pk.tally(LOG.with_columns(correct=None))


def test_an_index_that_finds_no_duplicates_is_named(source):
    forgotten = pk.tally(source, by="model")
    assert forgotten.provenance.unsampled == ("sample",)
    assert "column 'sample' not in sample=" in repr(forgotten).splitlines()[0]
    looked = pk.tally(source, by="model", sample="sample")
    assert looked.provenance.unsampled == ()
    assert "not in sample=" not in repr(looked)
    assert looked.merge(forgotten, on_repeat="count").provenance.unsampled == ("sample",)


def test_the_index_of_an_array_is_no_column_to_forget():
    assert pk.tally(np.eye(2)).provenance.unsampled == ()


def test_the_provenance_of_older_files_is_read(tmp_path):
    kept = pk.tally(LOG, by="model").provenance
    older = {name: value for name, value in kept.to_dict().items() if name not in ("ungrouped", "unsampled")}
    read = pk.Provenance.from_dict(older)
    assert (read.ungrouped, read.unsampled) == ((), ())
    assert pk.Provenance.from_dict(kept.to_dict()) == kept
