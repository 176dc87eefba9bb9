"""A proxy before a store, which counts what is asked and answers badly where a test says so."""

from __future__ import annotations

import http.client
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

HOP = {"connection", "transfer-encoding", "content-length", "keep-alive"}


@dataclass
class Request:
    """What was asked, and what came back."""

    method: str
    path: str
    range: tuple[int, int] | None
    if_match: str | None
    status: int = 0
    sent: int = 0
    under_way: int = 0
    """Requests that were answered at the same time."""


@dataclass
class Faults:
    """What goes wrong with requests for bytes: the number of the request among them says with which."""

    cut: set[int] = field(default_factory=set)
    """The connection ends in the middle of the body."""
    busy: set[int] = field(default_factory=set)
    """503 Slow Down."""
    throttled: set[int] = field(default_factory=set)
    """429 Too Many Requests."""
    delay: float = 0.0
    before: dict[int, object] = field(default_factory=dict)
    """Called before the request is passed on."""


class Proxy(ThreadingHTTPServer):
    """Passes requests on to a store."""

    daemon_threads = True

    def __init__(self, store: str) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.store = urlsplit(store).netloc
        self.faults, self.requests, self.lock = Faults(), [], threading.Lock()
        self.under_way = 0
        self.url = f"http://127.0.0.1:{self.server_port}"
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def reset(self, **faults) -> None:
        self.faults, self.requests = Faults(**faults), []

    @property
    def gets(self) -> list[Request]:
        """The requests for bytes."""
        return [request for request in self.requests if request.range is not None]


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Proxy

    def log_message(self, *_):
        pass

    def do_GET(self):
        server, faults = self.server, self.server.faults
        header = self.headers.get("range")
        start, _, end = header.removeprefix("bytes=").partition("-") if header else ("", "", "")
        wanted = (int(start), int(end) + 1) if header else None
        request = Request(self.command, self.path, wanted, self.headers.get("if-match"))
        with server.lock:
            number = len(server.gets)
            server.requests.append(request)
            server.under_way += wanted is not None
            request.under_way = server.under_way
        try:
            if wanted is not None:
                time.sleep(faults.delay)
                if number in faults.before:
                    faults.before[number]()
                if number in faults.busy | faults.throttled:
                    self.answer(
                        request, 503 if number in faults.busy else 429, {}, b"<Error><Code>SlowDown</Code></Error>"
                    )
                    return
            self.pass_on(request, number in faults.cut and wanted is not None)
        finally:
            with server.lock:
                server.under_way -= wanted is not None

    def do_HEAD(self):
        self.do_GET()

    def do_PUT(self):
        self.do_GET()

    def do_POST(self):
        self.do_GET()

    def pass_on(self, request: Request, cut: bool) -> None:
        store = http.client.HTTPConnection(self.server.store)
        sent = self.rfile.read(int(self.headers.get("content-length", 0)))
        store.request(self.command, self.path, body=sent, headers=dict(self.headers))
        answer = store.getresponse()
        body = answer.read()
        headers = {name: value for name, value in answer.getheaders() if name.lower() not in HOP}
        length = int(answer.headers.get("content-length", len(body)))
        store.close()
        self.answer(request, answer.status, headers, body, length=length, cut=cut)

    def answer(self, request, status, headers, body, *, length=None, cut=False):
        request.status = status
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        self.end_headers()
        sent = body[: len(body) // 2] if cut else body
        self.wfile.write(sent)
        request.sent = len(sent)
        if cut:
            self.close_connection = True
            self.connection.close()
