"""Logs in object stores: the same tallies as of the same files on disk, and no more bytes than are wanted."""

from __future__ import annotations

import io
import pickle
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

import passcurve as pk

ROWS = 250_000
WANTED = ["model", "problem", "sample", "correct"]


def verdicts(shard: int, rows: int = ROWS) -> pl.DataFrame:
    """A shard of a log: uneven n, some nulls, and a column that is long and not wanted."""
    rng = np.random.default_rng(shard)
    problem = np.minimum(rng.geometric(1 / 400, rows), 3000)
    frame = pl.DataFrame(
        {
            "problem": pl.Series(problem).cast(pl.String),
            "sample": np.arange(rows) + shard * rows,
            "response": pl.Series(rng.integers(0, 1 << 62, rows)).cast(pl.String).repeat_by(3).list.join(" "),
            "correct": rng.random(rows) < problem / 3000,
        }
    )
    return frame.with_columns(correct=pl.when(pl.col("sample") % 997 != 0).then("correct"))


@pytest.fixture(scope="session")
def folder(tmp_path_factory) -> Path:
    """Eight shards of two models in hive folders, and what is no log beside them."""
    root = tmp_path_factory.mktemp("run")
    for shard in range(8):
        part = root / f"model={'base' if shard % 2 else 'rl'}" / f"part-{shard}.parquet"
        part.parent.mkdir(exist_ok=True)
        verdicts(shard).write_parquet(part, row_group_size=60_000)
    (root / "_SUCCESS").write_text("")
    (root / "notes.txt").write_text("not a log")
    (root / "_tmp").mkdir()
    verdicts(9, 10).write_parquet(root / "_tmp" / "part-9.parquet")
    return root


def upload(bucket, folder: Path, prefix: str = "run") -> None:
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            bucket.upload_file(str(path), f"{prefix}/{path.relative_to(folder).as_posix()}")


def alike(ours: pk.Tally, theirs: pk.Tally) -> None:
    assert_frame_equal(ours.frame, theirs.frame)
    assert ours == theirs
    named = "rows", "nulls", "duplicates", "refused", "policies", "other_verdicts"
    assert all(getattr(ours.provenance, name) == getattr(theirs.provenance, name) for name in named)


def tally(source, **words) -> pk.Tally:
    return pk.tally(source, problem="problem", verdict="correct", by="model", on_null="skip", **words)


def wanted_bytes(folder: Path, columns) -> int:
    import pyarrow.parquet as pq

    total = 0
    for path in folder.rglob("part-?.parquet"):
        if "_tmp" in path.parts:
            continue
        metadata = pq.read_metadata(path)
        for group in range(metadata.num_row_groups):
            chunks = [metadata.row_group(group).column(at) for at in range(metadata.num_columns)]
            total += sum(chunk.total_compressed_size for chunk in chunks if chunk.path_in_schema in columns)
    return total


@pytest.mark.parametrize("threads", [1, 4])
def test_a_folder_is_that_on_disk_and_only_its_wanted_chunks_travel(bucket, proxy, folder, threads):
    upload(bucket, folder)
    local = tally(folder, sample="sample", threads=threads)
    proxy.reset(delay=0.02)
    remote = tally("s3://logs/run", sample="sample", threads=threads)
    alike(remote, local)
    assert [file.path.removeprefix("s3://logs/run/") for file in remote.provenance.files] == [
        Path(file.path).relative_to(folder).as_posix() for file in local.provenance.files
    ]
    assert sorted(remote.provenance.ignored) == [
        f"s3://logs/run/{name}" for name in ("_SUCCESS", "_tmp/part-9.parquet", "notes.txt")
    ]
    asked = sum(end - start for start, end in (get.range for get in proxy.gets))
    wanted = wanted_bytes(folder, WANTED)
    stored = sum(file.bytes for file in remote.provenance.files)
    assert asked == sum(file.fetched for file in remote.provenance.files)
    assert wanted < asked <= 1.2 * wanted < stored / 2
    assert all(file.fetched is None for file in local.provenance.files)
    assert max(get.under_way for get in proxy.gets) >= 4
    # An object is not asked for before its e-tag is known.
    assert all(get.if_match for get in proxy.gets)
    # Footers are two requests, and a row group has two chunks that lie apart.
    assert len(proxy.gets) < 8 * (2 + 5 * 3) + 3


PLACES = {
    "s3://logs/run/model=*/part-*.parquet": "model=*/part-*.parquet",
    "s3://logs/run/model=rl/part-[02].parquet": "model=rl/part-[02].parquet",
    "s3://logs/run/**/part-[0-7].parquet": "**/part-[0-7].parquet",
    "s3://logs/run/": ".",
    "s3a://logs/run": ".",
    "s3://logs": ".",
}


@pytest.mark.parametrize("place", PLACES)
def test_patterns_and_folders_name_what_they_name_on_disk(bucket, folder, place):
    upload(bucket, folder)
    alike(tally(place), tally(folder / PLACES[place]))


def test_a_list_of_addresses_is_read_in_its_order(bucket, folder):
    upload(bucket, folder)
    names = ["model=rl/part-2.parquet", "model=base/part-1.parquet", "model=rl/part-0.parquet"]
    remote = tally([f"s3://logs/run/{name}" for name in names])
    alike(remote, tally([folder / name for name in names]))
    assert [file.path for file in remote.provenance.files] == [f"s3://logs/run/{name}" for name in names]


GLOBS = [
    "*",
    "?.jsonl",
    "[ab].jsonl",
    "[!a].jsonl",
    "*.jsonl",
    "**/*.jsonl",
    "d/*",
    "d/**",
    "*/b*",
    ".h.jsonl",
    "[[]x].jsonl",
]
GLOBS += ["**/.h.jsonl", "d/?/b.jsonl", "**", "[a-b].jsonl", "d/*/*"]
NAMES = [
    "a.jsonl",
    "b.jsonl",
    "[x].jsonl",
    ".h.jsonl",
    "d/b.jsonl",
    "d/e/b.jsonl",
    "d/.h.jsonl",
    ".d/a.jsonl",
    "d/e/.h.jsonl",
]


@pytest.mark.filterwarnings("ignore:.*same content")
@pytest.mark.parametrize("pattern", GLOBS)
def test_a_pattern_matches_the_keys_that_it_matches_as_paths(bucket, tmp_path, pattern):
    row = '{"problem": "p", "correct": true}\n'
    for name in [*NAMES, "readme.txt", "d/e/f.csv"]:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(row)
        bucket.put_object(Key=f"g/{name}", Body=row.encode())
    found = {}
    for root in (str(tmp_path), "s3://logs/g"):
        read = pk.tally(f"{root}/{pattern}").provenance
        found[root] = [
            [path.removeprefix(root) for path in paths] for paths in ([file.path for file in read.files], read.ignored)
        ]
    assert found[str(tmp_path)] == found["s3://logs/g"]


@pytest.mark.parametrize("suffix", ["jsonl", "jsonl.gz", "jsonl.zst", "arrow", "arrows"])
def test_every_format_is_read_by_ranges(bucket, proxy, tmp_path, suffix):
    import gzip

    frame = verdicts(3, 120_000).with_columns(model=pl.lit("m"))
    path = tmp_path / f"log.{suffix}"
    if suffix.startswith("jsonl"):
        frame.write_ndjson(tmp_path / "log.jsonl")
        content = (tmp_path / "log.jsonl").read_bytes()
        if suffix.endswith("gz"):
            path.write_bytes(gzip.compress(content, 1))
        elif suffix.endswith("zst"):
            import pyarrow as pa

            path.write_bytes(pa.compress(content, codec="zstd", asbytes=True))
    elif suffix == "arrow":
        frame.write_ipc(path)
    else:
        frame.write_ipc_stream(path)
    bucket.upload_file(str(path), f"a/{path.name}")
    alike(tally(f"s3://logs/a/{path.name}", sample="sample"), tally(path, sample="sample"))
    size = path.stat().st_size
    asked = sum(end - start for start, end in (get.range for get in proxy.gets))
    if suffix == "arrow":
        # The column that is long and not wanted stays where it is.
        assert asked < 0.7 * size
    else:
        assert asked <= size + (1 << 20)


def test_a_pipelines_own_log_is_read_from_a_store(bucket, tmp_path):
    lines = [
        f'{{"task_id": "t/{task}", "completion": "", "result": "", "passed": {str(task < one).lower()}}}\n'
        for task in range(9)
        for one in range(5)
    ]
    path = tmp_path / "samples.jsonl_results.jsonl"
    path.write_text("".join(lines))
    bucket.upload_file(str(path), f"he/{path.name}")
    for source in (f"s3://logs/he/{path.name}", "s3://logs/he"):
        remote = pk.tally(source, format="human-eval")
        assert remote.frame.drop("model").equals(pk.tally(path, format="human-eval").frame.drop("model"))
        assert remote.provenance.files[0].fetched >= path.stat().st_size
        assert pk.scan(source).collect().height == len(lines)


def test_objects_go_to_other_processes(bucket, folder):
    from passcurve._sources import Files

    upload(bucket, folder)
    files = pickle.loads(pickle.dumps(Files(["s3://logs/run"])))
    alike(tally(files), tally(folder))


def test_options_are_said_over_the_environment(bucket, proxy, folder, monkeypatch):
    upload(bucket, folder)
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    options = {"endpoint": proxy.url, "retry_config": {"max_retries": 0}}
    alike(tally("s3://logs/run", storage_options=options), tally(folder))


FILES = {
    "open": lambda path: Path(path).open("rb"),  # noqa: SIM115
    "bytes": lambda path: io.BytesIO(Path(path).read_bytes()),
    "pyarrow": lambda path: __import__("pyarrow").OSFile(str(path)),
    "pyarrow in memory": lambda path: __import__("pyarrow").BufferReader(Path(path).read_bytes()),
    "fsspec": lambda path: __import__("fsspec").open(str(path), "rb").open(),
    "fsspec in memory": lambda path: in_memory(path),  # noqa: PLW0108
}


def in_memory(path):
    import fsspec

    memory = fsspec.filesystem("memory")
    memory.pipe(f"/{Path(path).name}", Path(path).read_bytes())
    return memory.open(f"/{Path(path).name}", "rb")


@pytest.mark.parametrize("kind", FILES)
@pytest.mark.parametrize("suffix", ["parquet", "jsonl"])
def test_file_objects_are_read_by_ranges(tmp_path, kind, suffix):
    frame = verdicts(5, 50_000).with_columns(model=pl.lit("m"))
    path = tmp_path / f"log.{suffix}"
    frame.write_parquet(path, row_group_size=9000) if suffix == "parquet" else frame.write_ndjson(path)
    with FILES[kind](path) as file:
        made = tally(file, threads=4)
        # It may be read again.
        assert tally(file) == made
    alike(made, tally(path))
    read, size = made.provenance.files[0].fetched, path.stat().st_size
    assert read < 0.6 * size if suffix == "parquet" else read < size + (1 << 20)


def test_several_file_objects_are_one_log(folder):
    frames = [verdicts(at, 5000).with_columns(model=pl.lit("m")) for at in range(3)]
    buffers = []
    for at, frame in enumerate(frames):
        buffers.append(io.BytesIO())
        frame.write_parquet(buffers[-1])
        buffers[-1].name = f"{at}.parquet"
    made = tally(buffers)
    alike(made, tally(pl.concat(frames)))
    assert [file.path for file in made.provenance.files] == ["0.parquet", "1.parquet", "2.parquet"]


def test_what_is_no_file_for_bytes_is_refused(tmp_path):
    path = tmp_path / "log.jsonl"
    path.write_text('{"problem": "p", "correct": true}\n')
    with path.open() as text, pytest.raises(TypeError, match="mode 'rb'"):
        pk.tally(text)

    class Pipe(io.BytesIO):
        def seekable(self):
            return False

    with pytest.raises(ValueError, match="front to back only"):
        pk.tally(Pipe(path.read_bytes()))
    assert pk.tally(io.BytesIO(path.read_bytes())).frame.rows() == [("p", 1, 1)]


def test_a_bucket_of_google_is_read_as_one_of_amazon(bucket, proxy, folder):
    """The two answer the same requests; there is no server of Google's to try it with."""
    import json

    upload(bucket, folder)
    for one in bucket.objects.all():
        one.Acl().put(ACL="public-read")
    key = {
        "gcs_base_url": proxy.url,
        "disable_oauth": True,
        "client_email": "",
        "private_key": "",
        "private_key_id": "",
    }
    options = {"service_account_key": json.dumps(key), "client_options": {"allow_http": True}}
    for place in ("gs://logs/run", "gs://logs/run/model=*/part-*.parquet"):
        alike(tally(place, storage_options=options), tally(folder))
    assert all(get.if_match for get in proxy.gets)


def test_saved_tallies_are_written_merged_and_read_where_they_lie(bucket, folder, tmp_path):
    whole = tally(folder)
    for part in sorted(folder.rglob("part-[0-7].parquet")):
        # The folders of a file that is given by itself are its keys too.
        tally(part).write_parquet(f"s3://logs/saved/{part.stem}.parquet")
    merged = pk.merge("s3://logs/saved")
    assert merged == whole
    assert len(merged.provenance.parts) == 8
    assert pk.merge(["s3://logs/saved/part-[0-3].parquet", "s3://logs/saved/part-[4-7].parquet"]) == whole
    low, high = (pk.merge("s3://logs/saved", problem_range=bounds) for bounds in ((None, "2"), ("2", None)))
    assert low.merge(high) == whole
    assert pk.Tally.read_parquet("s3://logs/saved/part-0.parquet") == tally(folder / "model=rl" / "part-0.parquet")
    with pytest.raises(pk.DataError, match=r"the same file is given twice: s3://logs/saved/part-0.parquet"):
        pk.merge(["s3://logs/saved", "s3://logs/saved/part-0.parquet"])
    bucket.upload_file(str(folder / "model=rl" / "part-0.parquet"), "run.parquet")
    with pytest.raises(pk.DataError, match=r"^s3://logs/run.parquet: this Parquet file is not a saved tally"):
        pk.merge("s3://logs/run.parquet")
    with pytest.raises(FileNotFoundError, match="there is no such object"):
        pk.Tally.read_parquet("s3://logs/saved/part-9.parquet")
    with pytest.raises(FileNotFoundError, match="there is no bucket"):
        whole.write_parquet("s3://no-such-bucket/t.parquet")
    log = pk.tally("s3://logs/run.parquet", problem="problem", verdict="correct", on_null="skip")
    with pytest.raises(ValueError, match="would overwrite a source"):
        log.write_parquet("s3://logs/run.parquet")
    whole.write_parquet(f"file://{tmp_path}/t.parquet")
    assert pk.Tally.read_parquet(f"file://{tmp_path}/t.parquet") == whole
