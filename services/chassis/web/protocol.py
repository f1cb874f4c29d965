"""HTTP as we speak it: requests that never end are ended, heads are bounded, and what is no HTTP gets a problem.

uvicorn by itself waits for ever for the rest of a request and for whoever does not read its answer, keeps a header of any length, loses the body of a request
that offers another protocol, and hangs up in a way that can destroy its last answer.
"""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from typing import Any, ClassVar, Final, cast

import httptools
import msgspec
import structlog
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from duban_contracts.refusals import PROBLEM_CONTENT_TYPE, problem_body, refusal
from services.chassis.storage.leaving import Client
from services.chassis.telemetry import metrics
from services.chassis.web.lingering import LingeringTransport

_log = structlog.get_logger(__name__)

_CONNECT: Final = b"CONNECT"
CLIENT: Final = "duban.client"
"""In a request's scope: the Client that waits for the answer."""


class HeadTooLong(Exception):
    """The address and headers of a request exceed what we keep of anybody."""


class BoundedProtocol(HttpToolsProtocol):
    """uvicorn's protocol with a time for each half of a request and for its answer's reader, a bound for its head, and an end that is heard."""

    head_seconds: ClassVar[float] = 20.0
    """From the connection, or the first byte of a further request, to the end of the headers."""
    body_seconds: ClassVar[float] = 120.0
    """From there to the end of the body: 4 MiB at 35 KiB/s."""
    most_head_bytes: ClassVar[int] = 64 * 1024
    most_discarded_bytes: ClassVar[int] = 64 * 1024 * 1024
    """Of what a client sends that was answered before it had sent all; beyond it we hang up."""

    transport: LingeringTransport
    _deadline: asyncio.TimerHandle | None = None
    _in_head = True
    _in_request = False
    _offers_other_protocol = False
    _is_deaf = False
    _head_bytes = 0
    _unfinished_bytes = 0
    _begun = 0
    _discarded_bytes = 0
    _other_end: Client

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for the first request."""
        self._other_end = Client()
        super().connection_made(LingeringTransport(transport, unread=lambda: self._in_request))
        self._wait(self.head_seconds)

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait for nothing any longer."""
        self._rest()
        self.transport.stop_watching()
        super().connection_lost(exc)
        self.transport.hang_up()
        self._other_end.leave()

    def data_received(self, data: bytes) -> None:
        """Read what came; a head that doesn't end is refused before all of it was kept."""
        if self.transport.is_lingering or self._is_deaf:
            self._discard(len(data))
            return
        began = self._begun
        self._unset_keepalive_if_required()
        try:
            self._parse(data)
        except httptools.HttpParserError as error:
            self._refuse("head-too-long" if isinstance(error.__context__, HeadTooLong) else "bad-request")
        if self.transport.is_closing() or self._is_deaf:
            return
        # All of it belongs to one unfinished head; a chunk in which that head begins may end a body.
        whole = self._in_head and began == self._begun
        self._unfinished_bytes = self._unfinished_bytes + len(data) if whole else 0
        if self._unfinished_bytes > self.most_head_bytes:
            self._refuse("head-too-long")
        elif self._deadline is None and (self.cycle is None or self.cycle.response_complete):
            # Blank lines between requests are no beginning of one.
            self._wait(self.head_seconds)

    def pause_writing(self) -> None:
        """Let the answer wait for its reader, but not for ever: who sends it holds a place and memory meanwhile."""
        super().pause_writing()
        self.transport.watch_reader()

    def resume_writing(self) -> None:
        """Go on with the answer."""
        self.transport.resume_writing()
        super().resume_writing()

    def _parse(self, data: bytes) -> None:
        """Feed the parser; an offer to speak another protocol is not taken up (RFC 9110 §7.8).

        The parser ends at such a head, whatever body follows. So it is told the same head again without the offer.
        """
        while True:
            try:
                self.parser.feed_data(data)
            except httptools.HttpParserUpgrade as offered:
                data = self._head_without_offer() + data[offered.args[0] :]
                self.parser = httptools.HttpRequestParser(self)
                self.parser.set_dangerous_leniencies(lenient_data_after_close=True)
            else:
                return

    def _head_without_offer(self) -> bytes:
        line = b"%s %s HTTP/%s\r\n" % (self.parser.get_method(), self.url, self.parser.get_http_version().encode())
        kept = (b"%s: %s\r\n" % header for header in self.headers if header[0] != b"upgrade")
        return b"".join([line, *kept, b"\r\n"])

    def on_message_begin(self) -> None:
        """Begin a request."""
        super().on_message_begin()
        self._begun += 1
        self._in_head = self._in_request = True
        self._head_bytes = self._discarded_bytes = 0
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
        """Begin to wait for the body. Raises ValueError for CONNECT: this is no proxy."""
        if self.parser.get_method() == _CONNECT:
            raise ValueError("CONNECT")
        self._offers_other_protocol = self.parser.should_upgrade()
        if self._offers_other_protocol:
            return
        self._in_head = False
        self._wait(self.body_seconds)
        super().on_headers_complete()
        cast("dict[str, Any]", self.scope)[CLIENT] = self._other_end  # ASGI lets servers add keys

    def on_body(self, body: bytes) -> None:
        """Take some of the body; what comes after the answer is thrown away, up to a bound."""
        if self.cycle.response_complete:
            self._discard(len(body))
        super().on_body(body)

    def on_message_complete(self) -> None:
        """Wait for nothing any longer: the answer is ours to give."""
        if self._offers_other_protocol:
            return
        self._in_request = False
        self._rest()
        super().on_message_complete()

    def send_400_response(self, msg: str) -> None:
        """Answer what can't be read with a problem, and hang up."""
        del msg
        self._refuse("bad-request")

    def _refuse(self, code: str) -> None:
        """Answer what can't be read with the problem of `code`, and hang up; whoever was asked before answers first."""
        self._rest()
        if self._answer_is_due():
            return
        said = refusal(code, limit=self.most_head_bytes)
        body = msgspec.json.encode(problem_body(said))
        status = HTTPStatus(said.status or HTTPStatus.BAD_REQUEST)
        head = (
            f"HTTP/1.1 {status.value} {status.phrase}\r\ncontent-type: {PROBLEM_CONTENT_TYPE}\r\n"
            f"content-length: {len(body)}\r\nconnection: close\r\n\r\n"
        )
        self.transport.write(head.encode() + body)
        self.transport.linger()
        if self.cycle is None or self.cycle.response_complete:
            # No app hears of it. What broke in its body counts under its own route.
            metrics.HTTP_REQUESTS.labels("OTHER", "unreadable", str(status.value)).inc()
            _log.info("request", method="OTHER", route="unreadable", status=status.value, code=code, one_in=1)

    def _answer_is_due(self) -> bool:
        """Return whether a whole request is being answered, or half of an answer is said; then nothing else may be."""
        cycle = self.cycle
        if cycle is None or cycle.response_complete:
            return False
        self.pipeline.clear()
        if not cycle.more_body:
            # Its answer ends the connection; what stands behind the request was not understood.
            cycle.keep_alive, self._is_deaf, self._in_request = False, True, True
            return True
        cycle.disconnected = True
        cycle.message_event.set()
        if cycle.response_started:
            self.transport.hang_up()
        return cycle.response_started

    def _discard(self, number: int) -> None:
        self._discarded_bytes += number
        if self._discarded_bytes > self.most_discarded_bytes:
            self.transport.hang_up()

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
        self.transport.hang_up()
