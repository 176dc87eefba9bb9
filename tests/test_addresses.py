"""Addresses without a store: local ones, unknown ones, and what is said where the extra is not installed."""

import sys
from pathlib import Path

import polars as pl
import pytest

import passcurve as pk


@pytest.fixture
def folder(tmp_path):
    for model in ("base", "rl"):
        path = tmp_path / "a run" / f"model={model}" / "log.parquet"
        path.parent.mkdir(parents=True)
        pl.DataFrame({"problem": ["p", "p"], "correct": [True, model == "rl"]}).write_parquet(path)
    return tmp_path / "a run"


@pytest.mark.parametrize("end", ["", "/", "/model=*/log.parquet", "/**/*.parquet"])
def test_a_local_address_is_its_path(folder, end):
    here = pk.tally(f"{folder}{end}", by="model")
    assert here.frame.rows() == [("base", "p", 2, 1), ("rl", "p", 2, 2)]
    for address in (f"file://{folder}{end}", f"file://localhost{folder}{end}", Path(folder).as_uri() + end):
        assert pk.tally(address, by="model") == here
    saved = f"file://{folder.parent}/saved.parquet"
    here.write_parquet(saved)
    assert pk.Tally.read_parquet(saved) == here == pk.merge(saved)


def test_an_address_of_another_machine_or_kind_is_refused():
    with pytest.raises(ValueError, match="a file of another machine"):
        pk.tally("file://host/log.parquet")
    with pytest.raises(ValueError, match="hdfs:// is not read, but s3://"):
        pk.tally("hdfs://host/log.parquet")


@pytest.mark.parametrize("address", ["s3://bucket/run", "gs://bucket/*.parquet", "https://host/log.parquet"])
def test_without_the_extra_it_is_named(monkeypatch, address):
    for name in [name for name in sys.modules if name.partition(".")[0] == "obstore"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "obstore", None)
    for read in (pk.tally, pk.merge, pk.Tally.read_parquet, pk.scan):
        with pytest.raises(ImportError, match=r"needs obstore: pip install 'passcurve\[cloud\]'"):
            read(address)


@pytest.mark.parametrize("engine", ["ray", "spark"])
def test_without_an_engine_its_extra_is_named(monkeypatch, engine, folder):
    module = {"ray": "ray", "spark": "pyspark"}[engine]
    for name in [name for name in sys.modules if name.partition(".")[0] == module]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, module, None)
    tally = __import__(f"passcurve.{engine}", fromlist=["tally"]).tally
    with pytest.raises(ImportError, match=rf"pip install 'passcurve\[{engine}\]'"):
        tally(str(folder))
