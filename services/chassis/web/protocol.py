"""HTTP as we speak it: requests that never end are ended, heads are bounded, and what is no HTTP gets a problem.

uvicorn by itself waits for ever for the rest of a request, and keeps a header of any length.
"""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from typing import ClassVar

import msgspec
import structlog
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from duban_contracts.refusals import refusal
from services.chassis.web.problems import PROBLEM_CONTENT_TYPE, problem_body

_log = structlog.get_logger(__name__)


class HeadTooLong(Exception):
    """The address and headers of a request exceed what we keep of anybody."""


class BoundedProtocol(HttpToolsProtocol):
    """uvicorn's protocol with a time for each half of a request, and a bound for its head."""

    head_seconds: ClassVar[float] = 20.0
    """From the connection, or the first byte of a further request, to the end of the headers."""
    body_seconds: ClassVar[float] = 120.0
    """From there to the end of the body: 4 MiB at 35 KiB/s."""
    most_head_bytes: ClassVar[int] = 64 * 1024

    _deadline: asyncio.TimerHandle | None = None
    _in_head = True
    _head_bytes = 0
    _unfinished_bytes = 0
    _begun = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for the first request."""
        super().connection_made(transport)
        self._wait(self.head_seconds)

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait for nothing any longer."""
        self._rest()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Read what came; a head that doesn't end is refused before all of it was kept."""
        began = self._begun
        super().data_received(data)
        if self.transport.is_closing():
            return
        # All of it belongs to one unfinished head; a chunk in which that head begins may end a body.
        whole = self._in_head and began == self._begun
        self._unfinished_bytes = self._unfinished_bytes + len(data) if whole else 0
        if self._unfinished_bytes > self.most_head_bytes:
            self.send_400_response("")
        elif self._deadline is None and (self.cycle is None or self.cycle.response_complete):
            # Blank lines between requests are no beginning of one.
            self._wait(self.head_seconds)

    def on_message_begin(self) -> None:
        """Begin a request."""
        super().on_message_begin()
        self._begun += 1
        self._in_head, self._head_bytes = True, 0
        self._wait(self.head_seconds)

    def on_url(self, url: bytes) -> None:
        """Take some of the address; raises HeadTooLong."""
        self._count(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take one header; raises HeadTooLong."""
        self._count(len(name) + len(value))
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """Begin to wait for the body."""
        self._in_head = False
        self._wait(self.body_seconds)
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """Wait for nothing any longer: the answer is ours to give."""
        self._rest()
        super().on_message_complete()

    def send_400_response(self, msg: str) -> None:
        """Answer what can't be read with a problem, and hang up."""
        del msg
        self._rest()
        body = msgspec.json.encode(problem_body(refusal("bad-request")))
        status = HTTPStatus.BAD_REQUEST
        head = (
            f"HTTP/1.1 {status.value} {status.phrase}\r\ncontent-type: {PROBLEM_CONTENT_TYPE}\r\n"
            f"content-length: {len(body)}\r\nconnection: close\r\n\r\n"
        )
        self.transport.write(head.encode() + body)
        self.transport.close()

    def _count(self, number: int) -> None:
        self._head_bytes += number
        if self._head_bytes > self.most_head_bytes:
            raise HeadTooLong

    def _wait(self, seconds: float) -> None:
        self._rest()
        self._deadline = self.loop.call_later(seconds, self._too_slow)

    def _rest(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _too_slow(self) -> None:
        self._deadline = None
        _log.info("a request that did not end is ended", client=self.client and self.client[0], in_head=self._in_head)
        self.transport.close()
