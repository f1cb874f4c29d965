"""A gateway that answers what it was told to: an HTTP server for programs of other makes, on a port of its own."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from typing import Any, Final

RECEIPT_ID: Final = "c964c503-80a3-519f-9875-a695f2016693"


@dataclass(frozen=True)
class Answer:
    """What is answered once: status, body, further headers."""

    status: int
    body: str
    headers: Mapping[str, str] = field(default_factory=dict)


def of(status: int, document: Any, headers: Mapping[str, str] | None = None) -> Answer:
    """Return an answer in JSON; an error is a problem document, as ours are."""
    kind = "application/json" if status < 400 else "application/problem+json"
    return Answer(status, json.dumps(document), {"Content-Type": kind, **(headers or {})})


def problem(status: int, detail: str, **headers: str) -> Answer:
    """Return a problem; `Retry_After` is the header of that name."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return of(status, {"status": status, "code": "any", "detail": detail}, named)


TAKEN: Final = of(202, {"results": [{"index": 0, "status": "queued", "receipt_id": RECEIPT_ID}]})
RECORDED: Final = of(200, {"receipt_id": RECEIPT_ID, "status": "recorded"})
# What stands before a gateway speaks no problem documents.
OF_A_PROXY: Final = "<html><body>the proxy's own page</body></html>"


@dataclass
class Receiver:
    """The answers that are left, and when each of the requests came; without answers left all goes well."""

    posts: list[Answer]
    gets: list[Answer]
    came: dict[str, list[float]] = field(default_factory=lambda: {"POST": [], "GET": []})
    url: str = ""

    def answer(self, method: str) -> Answer:
        """Take down that a request came, and return what it is answered."""
        self.came[method].append(time.monotonic())
        left, well = (self.posts, TAKEN) if method == "POST" else (self.gets, RECORDED)
        return left.pop(0) if left else well

    def pauses(self, method: str) -> list[float]:
        """Return how many seconds lay between the requests."""
        times = self.came[method]
        return [later - earlier for earlier, later in pairwise(times)]


@contextmanager
def receiving(posts: Sequence[Answer] = (), gets: Sequence[Answer] = ()) -> Iterator[Receiver]:
    """Answer events with `posts` and questions for receipts with `gets`, in this order, while the block runs."""
    receiver = Receiver(list(posts), list(gets))

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self._say(receiver.answer("POST"))

        def do_GET(self) -> None:
            self._say(receiver.answer("GET"))

        def _say(self, answer: Answer) -> None:
            body = answer.body.encode()
            self.send_response(answer.status)
            for name, value in {**answer.headers, "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    receiver.url = f"http://127.0.0.1:{server.server_address[1]}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()
