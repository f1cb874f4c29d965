"""What a process says while it waits for PostgreSQL to start with: that it lives, what it waits for, and its metrics.

An outage that outlasts a restart has to be told of by what was restarted: a process that died instead would take the alert with it.
"""

from __future__ import annotations

import json
import socketserver
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from threading import Thread
from typing import TYPE_CHECKING, Final
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from prometheus_client import make_wsgi_app

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIEnvironment

_RETRY_AFTER_SECONDS: Final = "5"
_METRICS: Final = make_wsgi_app()


class _Server(socketserver.ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _Handler(WSGIRequestHandler):
    def log_message(self, *_arguments: object) -> None:
        """Say nothing: the service's log has its own words for it."""


@contextmanager
def told(host: str, port: int, missing: Sequence[str]) -> Iterator[None]:
    """Answer in the place of the service while the block runs: `/metrics`, `/healthz`, and 503 to everything else.

    `missing` is what it waits for, as `/readyz` says it; it is read anew for each answer. Raises OSError when the port is taken.
    """

    def answer(asked: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        path = asked["PATH_INFO"]
        if path == "/metrics":
            measured: Iterable[bytes] = _METRICS(asked, start)
            return measured
        alive = path == "/healthz"
        body = {"status": "ok"} if alive else {"status": "unavailable", "missing": list(missing)}
        headers = [("Content-Type", "application/json")] + ([] if alive else [("Retry-After", _RETRY_AFTER_SECONDS)])
        start("200 OK" if alive else "503 Service Unavailable", headers)
        return [json.dumps(body).encode()]

    with make_server(host, port, answer, server_class=_Server, handler_class=_Handler) as server:
        Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True).start()
        try:
            yield
        finally:
            server.shutdown()
