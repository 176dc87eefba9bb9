"""Stores that answer badly, and what is asked of them in vain."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from datetime import timedelta

import polars as pl
import pytest
from test_cloud import alike, tally, verdicts

import passcurve as pk

BACKOFF = {"init_backoff": timedelta(milliseconds=10), "max_backoff": timedelta(milliseconds=50)}
RETRY = {"retry_config": {"max_retries": 5, "backoff": BACKOFF}}


@pytest.fixture
def log(bucket, tmp_path):
    """Two shards, there and here."""
    for at in range(2):
        path = tmp_path / "run" / "model=m" / f"part-{at}.parquet"
        path.parent.mkdir(parents=True, exist_ok=True)
        verdicts(at, 40_000).write_parquet(path, row_group_size=5000)
        bucket.upload_file(str(path), f"run/model=m/{path.name}")
    return tmp_path / "run"


def requests_of(proxy, **words) -> int:
    proxy.reset()
    tally("s3://logs/run", **words)
    return len(proxy.gets)


def test_a_connection_that_is_cut_in_the_middle_is_made_again(proxy, log):
    right = tally(log)
    count = requests_of(proxy)
    for at in range(0, count, 3):
        proxy.reset(cut={at})
        alike(tally("s3://logs/run", storage_options=RETRY), right)
        assert len(proxy.gets) > count
        assert sum(get.sent < get.range[1] - get.range[0] for get in proxy.gets) == 1


@pytest.mark.parametrize("fault", ["busy", "throttled"])
def test_a_store_that_throttles_is_asked_again(proxy, log, fault):
    right = tally(log)
    proxy.reset(**{fault: {0, 1, 5, 6, 7, 8, 20}})
    alike(tally("s3://logs/run", storage_options=RETRY), right)
    assert {get.status for get in proxy.gets} == {206, 503 if fault == "busy" else 429}


def test_slow_answers_are_waited_for_many_at_a_time(proxy, log):
    right = tally(log)
    count = requests_of(proxy)
    proxy.reset(delay=0.1)
    begun = time.monotonic()
    alike(tally("s3://logs/run", threads=2), right)
    # One after the other they would take as long as all delays.
    assert time.monotonic() - begun < 0.6 * 0.1 * count
    assert max(get.under_way for get in proxy.gets) >= 8


def test_a_store_that_never_recovers_is_an_error_with_the_address(proxy, log):
    proxy.reset(busy=set(range(1000)))
    options = {"retry_config": {**RETRY["retry_config"], "max_retries": 2}}
    with pytest.raises(OSError, match=r"503.*s3://logs/run/model=m/part-0.parquet"):
        tally("s3://logs/run", storage_options=options)


def failure(threads: int) -> str | None:
    try:
        tally("s3://logs/run", threads=threads)
    except pk.DataError as error:
        return str(error)
    return None


@pytest.mark.parametrize("threads", [1, 3])
def test_an_object_that_is_replaced_meanwhile_is_an_error(bucket, proxy, log, threads):
    count = requests_of(proxy, threads=threads)
    other = (log / "model=m" / "part-0.parquet").read_bytes()
    found = 0
    looked = range(1, count, 3)
    for at in looked:
        bucket.put_object(Key="run/model=m/part-1.parquet", Body=(log / "model=m" / "part-1.parquet").read_bytes())
        # Of another length, and of the same.
        body = other if at % 2 else (log / "model=m" / "part-1.parquet").read_bytes()[:-9] + b"x" * 9
        proxy.reset(before={at: lambda body=body: bucket.put_object(Key="run/model=m/part-1.parquet", Body=body)})
        said = failure(threads)
        assert said is None or said.startswith(
            "s3://logs/run/model=m/part-1.parquet: the file changed while it was read"
        )
        found += said is not None
    # All but those after which nothing more was asked of it.
    assert found > len(looked) / 3


def test_an_object_that_is_deleted_meanwhile_is_an_error(bucket, proxy, log):
    proxy.reset(before={5: lambda: bucket.Object("run/model=m/part-1.parquet").delete()})
    with pytest.raises(pk.DataError, match=r"part-1.parquet: the file changed while it was read"):
        tally("s3://logs/run", threads=1)


@pytest.mark.parametrize("read", [pk.Tally.read_parquet, pk.merge])
def test_a_saved_tally_that_is_replaced_meanwhile_is_an_error(bucket, proxy, log, read):
    tally(log).write_parquet("s3://logs/saved.parquet")
    proxy.reset(before={0: lambda: bucket.put_object(Key="saved.parquet", Body=b"another")})
    with pytest.raises(pk.DataError, match=r"^s3://logs/saved.parquet: the file changed while it was read"):
        read("s3://logs/saved.parquet")


NOT_THERE = {
    "s3://logs/run/part-7.parquet": "there is no such object, and nothing below it",
    "s3://logs/nothing/": "there is no such object, and nothing below it",
    "s3://logs/run/*.jsonl": "no files match",
    "s3://logs/run/model=*": "no files match",
    "s3://no-such-bucket/run": "there is no bucket 'no-such-bucket'",
    "s3://no-such-bucket/run/*.parquet": "there is no bucket 'no-such-bucket'",
}


@pytest.mark.parametrize("address", NOT_THERE)
def test_what_is_not_there_is_named(log, address):
    with pytest.raises(FileNotFoundError, match=NOT_THERE[address]) as raised:
        tally(address)
    assert address in str(raised.value)


def test_a_prefix_without_logs_is_named(bucket, log):
    bucket.put_object(Key="other/readme.txt", Body=b"x")
    with pytest.raises(FileNotFoundError, match=r"no log files .* in the folder s3://logs/other"):
        tally("s3://logs/other")


def test_no_credentials_names_the_variables(log, monkeypatch):
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    options = {"retry_config": {"max_retries": 0}, "client_options": {"connect_timeout": "1s", "timeout": "1s"}}
    with pytest.raises(PermissionError, match="AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"):
        tally("s3://logs/run", storage_options=options)


def test_a_public_bucket_needs_none(bucket, log, monkeypatch):
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    for one in bucket.objects.all():
        one.Acl().put(ACL="public-read")
    alike(tally("s3://logs/run", storage_options={"skip_signature": "true"}), tally(log))


def test_one_shard_that_is_truncated_is_named(bucket, log):
    whole = (log / "model=m" / "part-1.parquet").read_bytes()
    bucket.put_object(Key="run/model=m/part-1.parquet", Body=whole[: len(whole) // 2])
    with pytest.raises(pk.DataError, match=r"^s3://logs/run/model=m/part-1.parquet: .*truncated"):
        tally("s3://logs/run")


def test_one_shard_of_another_schema_is_named(bucket, log, tmp_path):
    pl.DataFrame({"problem": ["a"], "verdict": [True]}).write_parquet(tmp_path / "other.parquet")
    bucket.upload_file(str(tmp_path / "other.parquet"), "run/model=m/part-2.parquet")
    with pytest.raises(
        pk.DataError, match=r"^s3://logs/run/model=m/part-2.parquet, column `correct`: the column is missing"
    ):
        tally("s3://logs/run")
    pl.DataFrame({"problem": [1], "correct": [True]}).write_parquet(tmp_path / "other.parquet")
    bucket.upload_file(str(tmp_path / "other.parquet"), "run/model=m/part-2.parquet")
    with pytest.raises(pk.DataError, match=r"^s3://logs/run/model=m/part-2.parquet"):
        tally("s3://logs/run")


def test_options_that_are_none_are_refused(log):
    with pytest.raises(ValueError, match=r"storage_options=: Configuration key: 'colour' is not valid"):
        tally("s3://logs/run", storage_options={"colour": "red"})
    with pytest.raises(ValueError, match=r"storage_options= are for addresses"):
        tally(log, storage_options={"region": "x"})


def test_the_same_object_twice_is_refused_and_copies_are_told(bucket, log):
    with pytest.raises(ValueError, match=r"the same file is given twice: s3://logs/run/model=m/part-0.parquet"):
        tally(["s3://logs/run", "s3://logs/run/model=m/part-0.parquet"])
    bucket.put_object(Key="run/model=m/part-9.parquet", Body=(log / "model=m" / "part-0.parquet").read_bytes())
    with pytest.warns(UserWarning, match=r"part-0.parquet and .*part-9.parquet have the same content"):
        tally("s3://logs/run")


def test_a_saved_tally_among_the_logs_is_named(bucket, log, tmp_path):
    tally(log).write_parquet(tmp_path / "saved.parquet")
    bucket.upload_file(str(tmp_path / "saved.parquet"), "run/model=m/part-5.parquet")
    with pytest.raises(ValueError, match=r"part-5.parquet is a saved tally and no log"):
        tally("s3://logs/run")


def test_the_command_line_takes_addresses(bucket, log):
    command = [
        sys.executable,
        "-c",
        "from passcurve.cli import main; main()",
        "pass",
        "s3://logs/run",
        "-k",
        "1",
        "--on-null",
        "skip",
        "--json",
    ]
    there = subprocess.run(command, capture_output=True, text=True, env=os.environ, check=False)
    here = subprocess.run(
        [str(log) if word == "s3://logs/run" else word for word in command], capture_output=True, text=True, check=False
    )
    assert there.returncode == here.returncode == 0, there.stderr
    answers = [json.loads(done.stdout) for done in (there, here)]
    of_files = {"files", "parts", "ignored"}
    for answer in answers:
        answer["provenance"] = {name: value for name, value in answer["provenance"].items() if name not in of_files}
    assert answers[0] == answers[1]


def test_the_command_line_writes_to_addresses(bucket, log, tmp_path):
    run = [sys.executable, "-c", "from passcurve.cli import main; main()"]
    words = ["--by", "model", "--on-null", "skip"]
    for place in ("s3://logs/saved/t", f"file://{tmp_path}/t"):
        for command in (["tally", "s3://logs/run", *words], ["pass", "s3://logs/run", "-k", "1", *words]):
            for suffix in (".parquet", ".csv", ".json"):
                done = subprocess.run(
                    [*run, *command, "-o", place + suffix], capture_output=True, text=True, check=False
                )
                assert done.returncode == 0, done.stderr
            if command[0] == "tally":
                merge = [*run, "merge", f"{place}.parquet", "-o", f"{place}-merged.parquet"]
                assert subprocess.run(merge, capture_output=True, check=False).returncode == 0
                assert pk.Tally.read_parquet(f"{place}-merged.parquet") == tally("s3://logs/run")
    assert sorted(one.key for one in bucket.objects.filter(Prefix="saved")) == [
        f"saved/{name}" for name in ("t-merged.parquet", "t.csv", "t.json", "t.parquet")
    ]


def test_ctrl_c_ends_the_wait_for_a_store(proxy, log):
    import signal

    proxy.reset(delay=20)
    child = "import signal, passcurve as pk; signal.signal(signal.SIGINT, signal.default_int_handler); "
    child += "print(1, flush=True); "
    child += "pk.tally('s3://logs/run', problem='problem', verdict='correct', by='model', on_null='skip')"
    with subprocess.Popen(
        [sys.executable, "-c", child], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        process.stdout.readline()
        while not proxy.gets:
            time.sleep(0.02)
        begun = time.monotonic()
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=15)
    assert time.monotonic() - begun < 5
    assert "KeyboardInterrupt" in said
