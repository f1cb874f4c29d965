"""What a process says while it doesn't serve: that it lives, what it waits for, and its metrics.

At its start it waits for PostgreSQL: an outage that outlasts a restart has to be told of by what was restarted, and a process that died
instead would take the alert with it. At its end it drains: statistics does for up to 15 s, and a consumer with a batch in hand for 25 s
at most, in which its last figures would be lost and a probe would find nobody.
"""

from __future__ import annotations

import asyncio
import json
import socketserver
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from threading import Thread
from typing import TYPE_CHECKING, Final
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from prometheus_client import make_wsgi_app

from duban_contracts.refusals import PROBLEM_CONTENT_TYPE, problem_body, refusal
from services.chassis.process.cancelling import ended

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIEnvironment

_RETRY_AFTER_SECONDS: Final = "5"
_TAKEN_SECONDS: Final = 0.05
_METRICS: Final = make_wsgi_app()


class _Server(socketserver.ThreadingMixIn, WSGIServer):
    daemon_threads = True

    def server_bind(self) -> None:
        """Take the port, and look up no name for it: the loop would stand still while a resolver is away."""
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = "localhost", self.server_address[1]
        self.setup_environ()


class _Handler(WSGIRequestHandler):
    def log_message(self, *_arguments: object) -> None:
        """Say nothing: the service's log has its own words for it."""


@contextmanager
def told(host: str, port: int, missing: Sequence[str]) -> Iterator[None]:
    """Answer in the place of the service while the block runs: `/metrics`, `/healthz`, and 503 to everything else, as a problem but to `/readyz`.

    `missing` is what it waits for, as `/readyz` says it; it is read anew for each answer. Raises OSError when the port is taken.
    """

    def answer(asked: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        path = asked["PATH_INFO"]
        if path == "/metrics":
            measured: Iterable[bytes] = _METRICS(asked, start)
            return measured
        if path == "/healthz":
            start("200 OK", [("Content-Type", "application/json")])
            return [json.dumps({"status": "ok"}).encode()]
        if path == "/readyz":
            form, body = "application/json", {"status": "unavailable", "missing": list(missing)}
        else:
            # A county that publishes meanwhile is answered as it is by whoever serves: by a problem with a stable code.
            form, body = PROBLEM_CONTENT_TYPE, problem_body(refusal("unavailable"))
        start("503 Service Unavailable", [("Content-Type", form), ("Retry-After", _RETRY_AFTER_SECONDS)])
        return [json.dumps(body, ensure_ascii=False).encode()]

    with make_server(host, port, answer, server_class=_Server, handler_class=_Handler) as server:
        Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True).start()
        try:
            yield
        finally:
            server.shutdown()


@asynccontextmanager
async def told_of_draining(
    door: tuple[str, int] | None, stopping: asyncio.Event, missing: Sequence[str]
) -> AsyncIterator[None]:
    """Answer in the place of the service, once it is asked to stop and listens no more, until the block ends.

    `door` is host and port, None where HTTP is another process's; `missing` says which roles are not at their end yet.
    """
    telling = asyncio.ensure_future(_tell_of_draining(*door, stopping, missing)) if door else None
    try:
        yield
    finally:
        if telling is not None:
            await ended(telling)


async def _tell_of_draining(host: str, port: int, stopping: asyncio.Event, missing: Sequence[str]) -> None:
    await stopping.wait()
    while True:
        try:
            with told(host, port, missing):
                await asyncio.Event().wait()
        except OSError:
            # HTTP finishes what it has in hand, but takes nothing new: soon the port is free.
            await asyncio.sleep(_TAKEN_SECONDS)
