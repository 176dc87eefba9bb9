"""Writers that are killed, and disks that are full: the old file or the new one, whole."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import textwrap
import time
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

import passcurve as pk

KILLS = int(os.environ.get("CRASH_KILLS", "20"))
SIZES = (1_000, 60_000)


def tally_of(problems: int) -> pk.Tally:
    """A tally with a file of its own size."""
    ids = pl.int_range(problems) * 2654435761 % 2**32
    made = pk.Tally.from_counts(pl.select(problem=ids, n=pl.lit(8), c=pl.int_range(problems) % 9))
    # Its id is another one each time, and so is its file.
    made._provenance = replace(made.provenance, parts=("the same",))
    return made


WRITER = """
    import sys
    import polars as pl, passcurve as pk
    sys.path.insert(0, {tests!r})
    from test_crashes import SIZES, tally_of
    tallies = [tally_of(size) for size in SIZES]
    print("ready", flush=True)
    while True:
        for tally in tallies:
            tally.write_parquet({target!r})
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no kill -9 on this system")
def test_a_killed_writer(tmp_path: Path) -> None:
    target = tmp_path / "logs" / "tally.parquet"
    target.parent.mkdir()
    code = textwrap.dedent(WRITER.format(tests=str(Path(__file__).parent), target=str(target)))
    whole = []
    for size in SIZES:
        tally_of(size).write_parquet(target)
        whole.append(target.read_bytes())
    draw, seen = random.Random(3), set()
    for _ in range(KILLS):
        process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        time.sleep(draw.random() * 0.1)
        process.kill()
        process.wait(timeout=20)
        process.stdout.close()
        seen.add(whole.index(target.read_bytes()))
    left = [path.name for path in target.parent.iterdir() if path != target]
    assert all(name.startswith(".tally.parquet.") and name.endswith(".tmp") for name in left)
    assert seen <= {0, 1}
    print(f"{KILLS} kills, {len(left)} of them within a write, {len(seen)} of 2 contents seen")
    # What is left beside is no log to a folder or a pattern, and does not disturb the next write.
    target.rename(tmp_path / "tally.parquet")
    (target.parent / ".tally.parquet.0123456789abcdef.tmp").write_bytes(whole[0][:1000])
    pl.DataFrame({"problem": [1], "correct": [True]}).write_parquet(target.parent / "log.parquet")
    for source in (target.parent, target.parent / "*", target.parent / "*.parquet"):
        assert len(pk.tally(source)) == 1
    tally_of(5).write_parquet(target)
    assert pk.Tally.read_parquet(target) == tally_of(5)


LIMITED = """
    import resource, sys
    import polars as pl, passcurve as pk
    from passcurve.cli.app import app
    from test_crashes import tally_of
    resource.setrlimit(resource.RLIMIT_FSIZE, (5000, 5000))
    try:
        {work}
    except OSError as error:
        print(type(error).__name__, error.errno, error.filename)
"""


def limited(work: str) -> subprocess.CompletedProcess[str]:
    """Runs work in a process whose files may have 5000 bytes; Python turns the signal into an error."""
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parent)}
    code = textwrap.dedent(LIMITED).format(work=work)
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False, env=environment
    )


@pytest.mark.skipif(sys.platform == "win32", reason="no limits of files there")
@pytest.mark.parametrize("old", [True, False])
def test_a_full_disk(tmp_path: Path, old: bool) -> None:
    target = tmp_path / "tally.parquet"
    if old:
        tally_of(10).write_parquet(target)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    done = limited(f"tally_of(60_000).write_parquet({str(target)!r})")
    assert done.stdout == f"OSError 27 {target}\n", done.stderr
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


@pytest.mark.skipif(sys.platform == "win32", reason="no limits of files there")
@pytest.mark.parametrize("suffix", ["parquet", "csv", "json"])
def test_a_full_disk_and_the_command_line(tmp_path: Path, suffix: str) -> None:
    pytest.importorskip("typer")
    log, target = tmp_path / "log.parquet", tmp_path / f"counts.{suffix}"
    pl.select(problem=pl.int_range(4000) * 2654435761 % 2**32, correct=pl.int_range(4000) % 2).write_parquet(log)
    target.write_text("what was there")
    done = limited(f"app(['tally', {str(log)!r}, '-o', {str(target)!r}])")
    assert done.returncode == 1, done
    assert done.stderr == f"passcurve: {target}: File too large\n"
    assert target.read_text() == "what was there"
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(["log.parquet", target.name])


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full on this system")
def test_devices_stay_devices() -> None:
    for path, full in (("/dev/full", True), ("/dev/null", False)):
        before = Path(path).stat()
        if full:
            with pytest.raises(OSError, match="No space left") as caught:
                tally_of(5).write_parquet(path)
            assert caught.value.filename == path
        else:
            tally_of(5).write_parquet(path)
        after = Path(path).stat()
        assert (before.st_mode, before.st_rdev, before.st_ino) == (after.st_mode, after.st_rdev, after.st_ino)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full on this system")
@pytest.mark.parametrize("words", [[], ["--csv"], ["--json"]])
def test_standard_output_is_full(tmp_path: Path, words: list[str]) -> None:
    command = shutil.which("passcurve", path=str(Path(sys.executable).parent))
    if command is None:
        pytest.skip("the command is not installed")
    log = tmp_path / "log.parquet"
    pl.DataFrame({"problem": [1, 1, 2], "correct": [True, False, True]}).write_parquet(log)
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [command, "tally", str(log), *words],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            timeout=60,
            check=False,
        )
    assert done.returncode == 1
    assert "No space left on device" in done.stderr
    assert "Traceback" not in done.stderr
