"""Ray's workers read addresses where they run."""

from raylogs import (
    MARKS,
    cluster,  # noqa: F401
    write,
)

import passcurve as pk
import passcurve.ray

pytestmark = MARKS


def test_a_bucket_is_counted_by_the_workers(bucket, proxy, tmp_path):
    folder = write(tmp_path / "run", 4000, hive=True)
    for path in folder.rglob("*.parquet"):
        bucket.upload_file(str(path), f"run/{path.relative_to(folder).as_posix()}")
    words = {"problem": "problem", "verdict": "correct", "by": ["step", "model"], "on_null": "fail", "answer": "answer"}
    options = {"endpoint": proxy.url, "access_key_id": "key", "secret_access_key": "secret", "region": "us-east-1"}
    here = pk.tally(folder, **words)
    for more in ({}, {"sample": "sample"}, {"sample": "sample", "across_shards": "unchecked"}):
        found = passcurve.ray.tally("s3://logs/run", **words, **more, storage_options=options)
        assert found == here
        assert [file.path for file in found.provenance.files] == [
            f"s3://logs/run/{path.relative_to(folder).as_posix()}" for path in sorted(folder.rglob("*.parquet"))
        ]
        assert sum(file.fetched for file in found.provenance.files) > 0
        assert found.provenance.parts
