"""`-` is standard input: JSON Lines and Arrow streams, told apart by their first bytes."""

import gzip
import io
import json
import subprocess

import pytest

import passcurve as pk
from clitools import BY, MAIN, run, verdicts
from passcurve.cli import stdin

LOG = verdicts()


def written(write, **options):
    content = io.BytesIO()
    getattr(LOG, f"write_{write}")(content, **options)
    return content.getvalue()


LINES = written("ndjson")


def piped(content, *args, status=0, **options):
    done = subprocess.run([*MAIN, *map(str, args)], input=content, capture_output=True, check=False, **options)
    assert done.returncode == status, done.stderr
    assert b"Traceback" not in done.stderr
    return done


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (LINES, "jsonl"),
        (b"\n \t\r\n" + LINES, "jsonl"),
        (b"\xef\xbb\xbf" + LINES, "jsonl"),
        (gzip.compress(LINES), "jsonl"),
        (written("ndjson", compression="zstd"), "jsonl"),
        (written("ipc_stream"), "ipc"),
        (written("ipc"), "ipc"),
        (written("parquet"), "parquet"),
    ],
    ids=["lines", "blank", "mark", "gzip", "zstd", "stream", "file", "parquet"],
)
def test_a_log_is_known_by_its_first_bytes(content, kind, tmp_path):
    before = set(tmp_path.iterdir())
    done = piped(content, "tally", "-", "--by", "model,step", "--json", env={"TMPDIR": str(tmp_path)})
    document = json.loads(done.stdout)
    assert document["rows"] == pk.tally(LOG, by=BY).frame.to_dicts()
    files = document["provenance"]["files"]
    about = {"path": "standard input", "format": kind, "bytes": len(content), "rows": LOG.height}
    about |= {"fetched": None, "part": ""}
    assert files == [about]
    assert set(tmp_path.iterdir()) == before


def test_every_command_on_logs_reads_it(tmp_path):
    path = tmp_path / "log.jsonl"
    path.write_bytes(LINES)
    for words in (["pass"], ["compare", "--on", "step", "-k", "1"], ["diagnose", "-k", "2"], ["plan", "-k", "2"]):
        asked = [*words, "--by", "model,step", "--csv"]
        assert piped(LINES, *asked, "-").stdout.decode() == run(*asked, path).stdout


def test_a_saved_tally_may_come_too(tmp_path):
    saved = tmp_path / "counts.parquet"
    pk.tally(LOG, by=BY).write_parquet(saved)
    assert piped(saved.read_bytes(), "pass", "-", "--csv").stdout.decode() == run("pass", saved, "--csv").stdout


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "standard input is empty: no log came"),
        (b"a,b\n1,2\n", "standard input begins with b'a,b\\n1,', as neither JSON Lines nor an Arrow stream does"),
        (b"{nonsense}\n", "standard input, line 1 (byte 0): not JSON"),
        (LINES[:-9], "standard input, line 768 (byte "),
        (written("ipc_stream")[:-300], "standard input: the message at byte"),
        (b"\xff\xff\xff\xff", "standard input: this is no Arrow IPC stream"),
    ],
    ids=["empty", "csv", "word", "cut line", "cut stream", "mark alone"],
)
def test_errors_name_standard_input(content, words):
    done = piped(content, "tally", "-", "--problem", "problem", "--verdict", "correct", status=1)
    said = done.stderr.decode()
    assert said.startswith(f"passcurve: {words}")
    assert "passcurve-stdin" not in said
    assert done.stdout == b""


def test_what_is_wrong_in_the_call(tmp_path):
    assert b"- is standard input, and a log by itself" in piped(LINES, "tally", "-", "log.parquet", status=2).stderr
    unknown = piped(written("ipc"), "tally", "-", "--by", "x", status=2).stderr
    assert b"no column 'x' in standard input; there are: model, step" in unknown
    (tmp_path / "-").write_bytes(written("parquet"))
    assert piped(b"", "tally", "./-", cwd=tmp_path).stdout.startswith(b"problem")


def test_folders_around_the_file_are_no_columns(tmp_path):
    folder = tmp_path / "model=odd"
    folder.mkdir()
    only = json.dumps({"problem": "p", "correct": True}).encode()
    done = piped(only + b"\n", "tally", "-", "--json", env={"TMPDIR": str(folder)})
    assert json.loads(done.stdout)["rows"] == [{"problem": "p", "n": 1, "c": 1}]
    assert b"model" not in done.stderr


def test_a_closed_input_and_a_full_disk(monkeypatch, tmp_path):
    monkeypatch.setattr("sys.stdin", None)
    with pytest.raises(pk.DataError, match="standard input is closed"), stdin.as_file(False):
        pass
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(LINES)))

    def fail(*args):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(stdin, "_copy", fail)
    said = r"No space left on device: standard input is kept in .*; TMPDIR names another"
    with pytest.raises(OSError, match=said), stdin.as_file(False):
        pass


def test_it_is_not_held_in_memory():
    """Twice the memory that the process may have is read."""
    line = b'{"problem":"p","correct":true,"text":"' + b"x" * 1_000_000 + b'"}\n'
    code = (
        "import resource; from passcurve.cli import app, main, tally;"
        "resource.setrlimit(resource.RLIMIT_DATA, (300 << 20, 300 << 20)); main()"
    )
    process = subprocess.Popen(
        [MAIN[0], "-c", code, "tally", "-", "--csv", "--threads", "1"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert process.stdin is not None
    for _ in range(600):
        process.stdin.write(line)
    assert process.communicate()[0] == b"problem,n,c\np,600,600\n"
