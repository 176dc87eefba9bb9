"""Azure's requests, answered by a few lines that speak as its Blob service does: no server of it installs from PyPI."""

from __future__ import annotations

import threading
from email.utils import formatdate
from hashlib import md5
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape

import pytest
from test_cloud import alike, tally, verdicts

import passcurve as pk

DATE = formatdate(0, usegmt=True)


def tag(content: bytes) -> str:
    return f'"{md5(content, usedforsecurity=False).hexdigest()}"'


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Blobs

    def log_message(self, *_):
        pass

    def do_GET(self):
        parts = urlsplit(self.path)
        account, container, *key = unquote(parts.path).lstrip("/").split("/")
        assert (account, container) == ("account", "logs")
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        if query.get("comp") == "list":
            self.answer(200, self.listed(query.get("prefix", "")))
            return
        content = self.server.blobs.get("/".join(key))
        if content is None:
            self.answer(404, b"")
        elif self.headers.get("if-match") not in {None, tag(content)}:
            self.answer(412, b"")
        else:
            self.blob(content)

    do_HEAD = do_GET  # noqa: N815

    def do_PUT(self):
        key = unquote(urlsplit(self.path).path).split("/", 3)[3]
        content = self.rfile.read(int(self.headers["content-length"]))
        self.server.blobs[key] = content
        self.answer(201, b"", ETag=tag(content))

    def blob(self, content: bytes) -> None:
        about = {"ETag": tag(content), "Last-Modified": DATE, "x-ms-blob-type": "BlockBlob"}
        asked = self.headers.get("x-ms-range") or self.headers.get("range")
        if asked is None:
            self.answer(200, content, **about)
            return
        start, end = (int(number) for number in asked.removeprefix("bytes=").split("-"))
        part = content[start : end + 1]
        self.server.asked.append((len(part), self.headers.get("if-match")))
        self.answer(206, part, **about, **{"Content-Range": f"bytes {start}-{start + len(part) - 1}/{len(content)}"})

    def listed(self, prefix: str) -> bytes:
        blobs = "".join(
            f"<Blob><Name>{escape(key)}</Name><Properties><Last-Modified>{DATE}</Last-Modified><Etag>{tag(content)}"
            f"</Etag><Content-Length>{len(content)}</Content-Length><Content-Type>a/b</Content-Type></Properties></Blob>"
            for key, content in sorted(self.server.blobs.items())
            if key.startswith(prefix)
        )
        head = '<?xml version="1.0" encoding="utf-8"?><EnumerationResults>'
        return f"{head}<Blobs>{blobs}</Blobs><NextMarker/></EnumerationResults>".encode()

    def answer(self, status: int, body: bytes, **headers: str) -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)


class Blobs(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.blobs, self.asked = {}, []
        key = {"account_name": "account", "account_key": "a2V5"}
        self.options = {**key, "endpoint": f"http://127.0.0.1:{self.server_port}/account"}


@pytest.fixture
def azure():
    server = Blobs()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def log(azure, tmp_path):
    for at in range(3):
        path = tmp_path / "run" / f"model={at % 2}" / f"part-{at}.parquet"
        path.parent.mkdir(parents=True, exist_ok=True)
        verdicts(at, 40_000).write_parquet(path, row_group_size=10_000)
        azure.blobs[f"run/model={at % 2}/{path.name}"] = path.read_bytes()
    azure.blobs["run/notes.txt"] = b"no log"
    return tmp_path / "run"


@pytest.mark.parametrize("place", ["az://logs/run", "az://logs/run/model=*/part-*.parquet", "abfs://logs/run/"])
def test_a_container_is_read_by_ranges(azure, log, place):
    alike(tally(place, storage_options=azure.options), tally(log))
    assert sum(size for size, _ in azure.asked) < 0.5 * sum(map(len, azure.blobs.values()))
    assert all(match for _, match in azure.asked)


def test_tallies_are_saved_and_merged_there(azure, log):
    whole = tally(log)
    for path in log.rglob("*.parquet"):
        tally(path).write_parquet(f"az://logs/saved/{path.name}", storage_options=azure.options)
    assert pk.merge("az://logs/saved", storage_options=azure.options) == whole


def test_what_is_not_there_or_replaced_is_an_error(azure, log):
    with pytest.raises(FileNotFoundError, match="there is no such object"):
        tally("az://logs/other/x.parquet", storage_options=azure.options)
    content = azure.blobs["run/model=0/part-0.parquet"]

    class Replaced(dict):
        def get(self, key, default=None):
            found = super().get(key, default)
            # One that is as long, once its ends were read.
            return b"x" * len(found) if len(azure.asked) > 5 and found == content else found

    azure.blobs = Replaced(azure.blobs)
    with pytest.raises(pk.DataError, match=r"^az://logs/run/model=0/part-0.parquet: the file changed"):
        tally("az://logs/run", storage_options=azure.options, threads=1)
