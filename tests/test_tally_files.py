"""Saved tallies: nothing is lost, and a failing write leaves what was there."""

import os
import stat
import tracemalloc

import polars as pl
import pytest

import passcurve as pk

LOG = pl.DataFrame(
    {
        "model": ["x", "x", "y", "y", "y"],
        "problem": [1, 2, 1, 2, 2],
        "correct": ["ok", "no", None, "ok", "bad"],
    }
)


@pytest.fixture
def saved(tmp_path):
    source = tmp_path / "log.parquet"
    LOG.write_parquet(source)
    return pk.tally(source, problem="problem", verdict="correct", by="model", passing=["ok"], on_null="skip")


def test_round_trip(saved, tmp_path):
    for path in (tmp_path / "tally.parquet", str(tmp_path / "text")):
        saved.write_parquet(path)
        again = pk.Tally.read_parquet(path)
        assert again == saved
        assert again.provenance == saved.provenance
        assert (again.by, again.problem) == (("model",), ("problem",))
        assert again.provenance.empty_problems == 1
        assert again.provenance.files[0].path == str(tmp_path / "log.parquet")
        # The problem without samples is still known: merging still tells it from one never seen.
        assert again.merge(saved, on_repeat="count") == saved.merge(saved, on_repeat="count")
        assert again.merge(saved, on_repeat="count").provenance.empty_problems == 1
        assert pl.read_parquet(path).columns == ["model", "problem", "n", "c"]


@pytest.mark.parametrize("kind", [pl.String, pl.Int8, pl.UInt64, pl.Boolean, pl.Binary, pl.Date, pl.Datetime("us")])
def test_round_trip_of_types(kind, tmp_path):
    ids = pl.Series("problem", [b"\0", b"\1"]) if kind == pl.Binary else pl.Series("problem", [0, 1]).cast(kind)
    tally = pk.Tally.from_counts(pl.DataFrame([ids, pl.Series("n", [2, 3]), pl.Series("c", [0, 3])]))
    for some in (tally, pk.Tally.from_counts(tally.frame.clear())):
        some.write_parquet(tmp_path / "t")
        assert pk.Tally.read_parquet(tmp_path / "t") == some
        assert pk.Tally.read_parquet(tmp_path / "t").frame.schema["problem"] == kind


def test_equal_tallies_are_equal_files(saved, tmp_path):
    saved.write_parquet(tmp_path / "one")
    pk.Tally.read_parquet(tmp_path / "one").write_parquet(tmp_path / "two")
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


def names_in(folder):
    return sorted(path.name for path in folder.iterdir())


def disk_full(*_, **__):
    raise OSError(28, "No space left on device")


@pytest.mark.parametrize("failing", ["fsync", "replace", "parquet"])
def test_a_failing_write_leaves_the_old_file(saved, tmp_path, monkeypatch, failing):
    target = tmp_path / "tally.parquet"
    saved.write_parquet(target)
    before = target.read_bytes()
    names = names_in(tmp_path)
    larger = saved.merge(saved, on_repeat="count")
    if failing == "parquet":
        monkeypatch.setattr(pl.DataFrame, "write_parquet", disk_full)
    else:
        monkeypatch.setattr(os, failing, disk_full)
    with pytest.raises(OSError, match="No space left"):
        larger.write_parquet(target)
    monkeypatch.undo()
    assert target.read_bytes() == before
    assert names_in(tmp_path) == names
    larger.write_parquet(target)
    assert pk.Tally.read_parquet(target) == larger
    assert names_in(tmp_path) == names


def test_a_counted_log_is_not_overwritten(saved, tmp_path, monkeypatch):
    log = tmp_path / "log.parquet"
    before = log.read_bytes()
    (tmp_path / "link.parquet").symlink_to(log)
    monkeypatch.chdir(tmp_path)
    for target in (log, "log.parquet", tmp_path / "link.parquet"):
        for tally in (saved, saved.merge(saved, on_repeat="count")):
            with pytest.raises(ValueError, match=r"would overwrite a source of these counts \(.*log\.parquet\)"):
                tally.write_parquet(target)
    assert log.read_bytes() == before
    log.unlink()
    saved.write_parquet(log)
    assert pk.Tally.read_parquet(log) == saved


def test_a_saved_tally_among_logs_is_named(saved, tmp_path):
    saved.write_parquet(tmp_path / "saved.parquet")
    words = {"problem": "problem", "verdict": "correct", "by": [], "passing": ["ok"], "on_null": "skip"}
    with pytest.raises(ValueError, match=r"saved\.parquet is a saved tally and no log; keep it out"):
        pk.tally(tmp_path, **words)
    with pytest.raises(pk.DataError, match="the verdict is null"):
        pk.tally(tmp_path / "log.parquet", **words | {"on_null": "error"})


@pytest.mark.parametrize("end", [b"\xff\xff\xff\x0f{}}\n", b"\xff\xff\xff\x0fPAR1"])
def test_no_memory_is_taken_for_what_the_end_of_a_log_says(tmp_path, end):
    log = tmp_path / "log.jsonl"
    log.write_bytes(b'{"problem": 1, "correct": true}\n' + end)
    tracemalloc.start()
    try:
        with pytest.raises(pk.DataError):
            pk.tally(log, problem="problem", verdict="correct")
        assert tracemalloc.get_traced_memory()[1] < 1 << 24
    finally:
        tracemalloc.stop()


def test_a_failing_first_write_leaves_nothing(saved, tmp_path, monkeypatch):
    monkeypatch.setattr(os, "fsync", disk_full)
    with pytest.raises(OSError, match="No space left"):
        saved.write_parquet(tmp_path / "new.parquet")
    assert names_in(tmp_path) == ["log.parquet"]


def test_an_interrupt_leaves_nothing(saved, tmp_path, monkeypatch):
    def interrupt(_):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupt)
    with pytest.raises(KeyboardInterrupt):
        saved.write_parquet(tmp_path / "new.parquet")
    assert names_in(tmp_path) == ["log.parquet"]


def test_the_mode_of_the_file_is_kept(saved, tmp_path):
    target = tmp_path / "tally.parquet"
    saved.write_parquet(target)
    mask = os.umask(0)
    os.umask(mask)
    assert stat.S_IMODE(target.stat().st_mode) == 0o666 & ~mask
    for mode in (0o600, 0o664, 0o646):
        target.chmod(mode)
        saved.write_parquet(target)
        assert stat.S_IMODE(target.stat().st_mode) == mode


def test_a_link_stays_a_link(saved, tmp_path):
    (tmp_path / "store").mkdir()
    link, real = tmp_path / "tally.parquet", tmp_path / "store" / "real.parquet"
    link.symlink_to(real)
    saved.write_parquet(link)
    assert link.is_symlink()
    assert pk.Tally.read_parquet(real) == saved


def test_where_nothing_can_be_written(saved, tmp_path):
    with pytest.raises(IsADirectoryError):
        saved.write_parquet(tmp_path)
    missing = tmp_path / "missing" / "tally.parquet"
    with pytest.raises(FileNotFoundError) as caught:
        saved.write_parquet(missing)
    # The name that was given, not that of the file beside it.
    assert str(missing) in str(caught.value)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_may_not_be_written(saved, tmp_path):
    folder = tmp_path / "shut"
    folder.mkdir(mode=0o500)
    with pytest.raises(PermissionError):
        saved.write_parquet(folder / "tally.parquet")
    assert names_in(folder) == []


def test_what_is_no_saved_tally(saved, tmp_path):
    log, text, empty, cut = (tmp_path / name for name in ("log.parquet", "text", "empty", "cut"))
    text.write_text("model,problem\nx,1\n" * 20)
    empty.touch()
    saved.write_parquet(cut)
    cut.write_bytes(cut.read_bytes()[:-9])
    with pytest.raises(pk.DataError, match=r"log\.parquet: this Parquet file is not a saved tally; .*passcurve\.tally"):
        pk.Tally.read_parquet(log)
    for path in (text, empty, cut):
        with pytest.raises(pk.DataError, match=path.name):
            pk.Tally.read_parquet(path)
    with pytest.raises(FileNotFoundError, match="nowhere"):
        pk.Tally.read_parquet(tmp_path / "nowhere")


@pytest.mark.parametrize("state", ["", "3", "[]", "{}", '{"by": [], "problem": ["problem"], "provenance": {}}',
                                   '{"by": [], "problem": ["task"], "provenance": {"files": []}}'])  # fmt: skip
def test_a_tally_of_another_version_is_bad_data(state, tmp_path):
    counts = pl.DataFrame({"problem": ["a"], "n": [8], "c": [3]})
    counts.write_parquet(tmp_path / "t", metadata={"passcurve.tally": state})
    with pytest.raises(pk.DataError, match=r"t: "):
        pk.Tally.read_parquet(tmp_path / "t")
