"""Files of web servers, of which some say little of what they hold."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote, urlsplit

import pytest
from test_cloud import alike, tally, verdicts

import passcurve as pk
from passcurve._stores import family_of, split


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Web

    def log_message(self, *_):
        pass

    def do_GET(self):
        server, parts = self.server, urlsplit(self.path)
        server.asked.append((self.path, self.headers.get("range")))
        path = unquote(parts.path)
        if path.startswith("/moved/"):
            self.send_response(302)
            self.send_header("Location", path.removeprefix("/moved"))
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        body = server.files.get(path)
        refused = "signed" in path and parts.query != "signature=1&expires=2"
        status = 404 if body is None else 403 if refused else 200
        if status != 200:
            body = b"no"
        headers = {} if server.tag is None else {"ETag": server.tag}
        asked = self.headers.get("range")
        if status == 200 and asked and server.ranges:
            start, end = (int(number) for number in asked.removeprefix("bytes=").split("-"))
            end = min(end, len(body) - 1)
            headers["Content-Range"] = f"bytes {start}-{end}/{len(body)}"
            status, body = 206, body[start : end + 1]
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)


class Web(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.files, self.asked, self.tag, self.ranges = {}, [], '"a1"', True
        self.url = f"http://127.0.0.1:{self.server_port}"


@pytest.fixture
def web():
    server = Web()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def log(tmp_path):
    import polars as pl

    path = tmp_path / "part 0.parquet"
    verdicts(1, 50_000).with_columns(model=pl.lit("m")).write_parquet(path, row_group_size=10_000)
    return path


ADDRESSES = [
    "/d/part.parquet",
    "/d/part%200.parquet",
    "/moved/d/part.parquet",
    "/signed/p.parquet?signature=1&expires=2",
]


@pytest.mark.parametrize("tag", ['"a1"', 'W/"a1"', None])
@pytest.mark.parametrize("address", ADDRESSES)
def test_a_file_is_read_by_ranges(web, log, address, tag):
    content = log.read_bytes()
    web.files = {"/d/part.parquet": content, "/d/part 0.parquet": content, "/signed/p.parquet": content}
    web.tag = tag
    made = tally(web.url + address)
    alike(made, tally(log))
    assert made.provenance.files[0].path == web.url + address
    assert made.provenance.files[0].fetched < 0.5 * len(content)
    assert all(asked for _, asked in web.asked)


class Growing(dict):
    """Files that are longer after some requests."""

    left = 8

    def get(self, key, default=None):
        self.left -= 1
        found = super().get(key, default)
        return found + b"more" if self.left < 0 and found is not None else found


@pytest.mark.parametrize("threads", [1, 4])
def test_a_file_without_a_tag_that_grows_is_an_error(web, log, threads):
    web.files, web.tag = Growing({"/p.parquet": log.read_bytes()}), None
    with pytest.raises(pk.DataError, match="changed while it was read"):
        tally(f"{web.url}/p.parquet", threads=threads)


def test_what_a_server_does_not_do_is_said(web, log):
    web.files = {"/p.parquet": log.read_bytes(), "/signed/p.parquet": log.read_bytes()}
    with pytest.raises(FileNotFoundError, match="there is no such object"):
        tally(f"{web.url}/q.parquet")
    for address in ("/d/", "/*.parquet"):
        with pytest.raises(ValueError, match="lists no files"):
            tally(web.url + address)
    with pytest.raises(OSError, match="403"):
        tally(f"{web.url}/signed/p.parquet")
    web.ranges = False
    with pytest.raises(OSError, match=r"[Rr]ange"):
        tally(f"{web.url}/p.parquet")


SPLIT = {
    "s3://b/run/a=1/x.parquet": ("s3", "s3://b", "run/a=1/x.parquet"),
    "gs://b": ("gs", "gs://b", ""),
    "az://container/run/x.parquet": ("az", "az://container/run", "x.parquet"),
    "abfss://c@account.dfs.core.windows.net/run/*/x.parquet": (
        "az",
        "abfss://c@account.dfs.core.windows.net/run",
        "*/x.parquet",
    ),
    "https://account.blob.core.windows.net/c/run/x.parquet": (
        "az",
        "https://account.blob.core.windows.net/c/run",
        "x.parquet",
    ),
    "https://b.s3.eu-west-1.amazonaws.com/run/x.parquet": (
        "s3",
        "https://b.s3.eu-west-1.amazonaws.com/run",
        "x.parquet",
    ),
    "https://host/a%20b/x%3Fy.parquet?sig=1": ("web", "https://host/a%20b?sig=1", "x?y.parquet"),
}


@pytest.mark.parametrize("address", SPLIT)
def test_an_address_is_a_store_and_a_key(address):
    family = family_of(address)
    assert (family, *split(address, magic=family != "web")) == SPLIT[address]


def test_azure_without_an_account_names_the_variables():
    with pytest.raises(PermissionError, match="AZURE_STORAGE_ACCOUNT_NAME and AZURE_STORAGE_ACCOUNT_KEY"):
        tally("az://container/run/x.parquet")


@pytest.mark.parametrize("query", ["sig=a/b", "sig=a/b.c", "at=*", "x=1"])
def test_what_an_address_is_asked_with_is_no_pattern(web, query):
    web.files["/log.jsonl"] = b'{"problem": "p", "correct": true}\n{"problem": "p", "correct": true, "sample": 1}\n'
    address = f"{web.url}/log.jsonl?{query}"
    found = pk.tally(address, sample="sample", on_null_id="skip")
    assert found.frame.rows() == [("p", 1, 1)]
    assert [file.path for file in found.provenance.files] == [address]
