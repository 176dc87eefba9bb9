"""Keys that look like patterns, folders that are objects too, and objects that have two addresses."""

from __future__ import annotations

import io

import polars as pl
import pytest

import passcurve as pk

LINES = '{{"problem": "{0}", "correct": true}}\n{{"problem": "{0}", "correct": false}}\n'


def put(bucket, *keys: str) -> None:
    """A log of one problem, which is called like the key."""
    for key in keys:
        bucket.put_object(Key=key, Body=LINES.format(key).encode())


def problems(source, **words) -> list[str]:
    return pk.tally(source, **words).frame["problem"].to_list()


ODD = ["a b", "a%20b", "a+b", "a#b", "a?b", "a[1]", "a1", "a*b", "aXb", "a=b", "ü", "日本", "a%b", "a&b;c"]


def test_an_address_names_the_object_whose_key_it_spells(bucket):
    keys = [f"odd/{name}.jsonl" for name in ODD]
    put(bucket, *keys)
    assert problems("s3://logs/odd") == sorted(keys)
    for key in keys:
        assert problems(f"s3://logs/{key}") == [key]
    # Where there is no such object it is a pattern.
    assert problems("s3://logs/odd/a[1X].jsonl") == ["odd/a1.jsonl"]


def test_a_folder_may_be_called_like_a_pattern(bucket):
    put(bucket, "model=g?h[1]/x.jsonl", "model=g?h[1]/y.jsonl", "model=gxh1/x.jsonl")
    assert problems("s3://logs/model=g?h[1]") == ["model=g?h[1]/x.jsonl", "model=g?h[1]/y.jsonl"]
    assert problems("s3://logs/model=g?h[1]/") == ["model=g?h[1]/x.jsonl", "model=g?h[1]/y.jsonl"]
    assert pk.tally("s3://logs/model=g?h[1]/x.jsonl", by="model").frame["model"].to_list() == ["g?h[1]"]


def test_the_empty_objects_that_stand_for_folders_are_no_files(bucket):
    content = io.BytesIO()
    pl.DataFrame({"problem": ["p"], "correct": [True]}).write_parquet(content)
    bucket.put_object(Key="m/run.parquet/part-0.parquet", Body=content.getvalue())
    for folder in ("m/", "m/run.parquet/", "m/model=a/"):
        bucket.put_object(Key=folder, Body=b"")
    put(bucket, "m/model=a/x.jsonl")
    for source in ("s3://logs/m", "s3://logs/m/", "s3://logs/m/**", "s3://logs/m/*/*"):
        found = pk.tally(source, by=[])
        assert found.frame["problem"].to_list() == ["m/model=a/x.jsonl", "p"]
        assert not found.provenance.ignored
    assert problems("s3://logs/m/run.parquet") == ["p"]
    with pytest.raises(FileNotFoundError, match="no files match"):
        pk.tally("s3://logs/m/*.parquet")
    # An empty log is one.
    bucket.put_object(Key="m/empty.parquet", Body=b"")
    with pytest.raises(pk.DataError, match=r"m/empty\.parquet: the file is empty"):
        pk.tally("s3://logs/m")


def test_one_object_by_two_addresses_is_given_twice(bucket):
    put(bucket, "d/x.jsonl")
    for other in ("s3://logs/d/x.jsonl", "s3a://logs/d/x.jsonl", "S3://logs/d/x.jsonl", "s3a://logs/d"):
        with pytest.raises(ValueError, match=r"the same file is given twice: s3://logs/d/x\.jsonl and"):
            pk.tally(["s3://logs/d/x.jsonl", other])
    found = pk.tally("s3://logs/d/x.jsonl")
    with pytest.raises(ValueError, match="would overwrite a source"):
        found.write_parquet("s3a://logs/d/x.jsonl")


@pytest.mark.parametrize("key", ["d//x.jsonl", "/d/x.jsonl", "d/./x.jsonl", "e/../d/x.jsonl", "d//*.jsonl"])
def test_a_key_that_would_be_taken_for_another_is_refused(bucket, key):
    put(bucket, "d/x.jsonl")
    with pytest.raises(ValueError, match=r"^s3://logs/.*jsonl: a key with an empty folder"):
        pk.tally(f"s3://logs/{key}")
    with pytest.raises(ValueError, match=r"^s3://logs/.*jsonl: a key with an empty folder"):
        pk.tally("s3://logs/d/x.jsonl").write_parquet(f"s3://logs/{key}")
