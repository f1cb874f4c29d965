"""The sandbox as an HTTP server of the standard library: it speaks the real gateway's protocol, and misbehaves."""

from __future__ import annotations

import re
import sys
import threading
import time
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

import msgspec

from duban_contracts.conformance.sandbox import queries
from duban_contracts.conformance.sandbox.answers import Reply, problem
from duban_contracts.conformance.sandbox.city import City
from duban_contracts.conformance.sandbox.feed import SILENCE, greeting, place_of
from duban_contracts.conformance.sandbox.script import Act
from duban_contracts.conformance.sandbox.vocabularies import unless
from duban_contracts.refusals import PROBLEM_CONTENT_TYPE, refusal

_LATE_SECONDS: Final = 2.0
_LONGEST_WAIT: Final = 20.0
_LONGEST_STREAM: Final = 600.0
_WAIT: Final = re.compile(r"(?:^|[,\s])wait=([0-9]{1,4})", re.IGNORECASE)
_LOOK_EVERY: Final = 0.05
_SILENCE_SECONDS: Final = 15.0
# More than any body that is taken: what is larger is not read at all.
_MOST_READ: Final = 8 * 1024 * 1024


class Gateway:
    """Serves a city on a port of this machine until it is closed. `elapsed` says how long the run lasts, in seconds."""

    def __init__(self, city: City, elapsed: Callable[[], float], *, host: str = "127.0.0.1", port: int = 0) -> None:
        self.lock = threading.Lock()
        self.city = city
        self.elapsed = elapsed
        self._server = _Server((host, port), _handler(self))
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.1,), daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        """The base address."""
        host, port = self._server.server_address[:2]
        return f"http://{host!s}:{port}"

    def close(self) -> None:
        """Stop taking requests."""
        self._server.shutdown()
        self._server.server_close()

    def ask(self, question: Callable[[City, float], Reply]) -> Reply:
        """Put one question to the city at a time."""
        with self.lock:
            return question(self.city, self.elapsed())


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of a client that hung up, which is its right."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


def _handler(gateway: Gateway) -> type[BaseHTTPRequestHandler]:
    class Handler(_Handler):
        pass

    Handler.gateway = gateway
    return Handler


class _Handler(BaseHTTPRequestHandler):
    gateway: Gateway
    protocol_version = "HTTP/1.1"
    server_version = "duban-sandbox"
    sys_version = ""

    def log_message(self, *_: Any) -> None:
        """Say nothing: the report says it all."""

    def do_POST(self) -> None:
        target = urlsplit(self.path)
        body = self._body()
        if target.path != "/v1/events":
            self._send(problem(refusal("not-found")))
            return
        headers = [(name.encode("latin-1"), value.encode("latin-1", "replace")) for name, value in self.headers.items()]
        dry_run = parse_qs(target.query).get("dry_run") == ["true"]
        reply = self.gateway.ask(lambda city, at: city.submit(headers, body, at, dry_run=dry_run))
        if reply.act is Act.LOST:
            # Taken, and not a word of it.
            self.close_connection = True
            return
        if reply.act is Act.SLOW:
            time.sleep(_LATE_SECONDS)
        self._send(reply)

    def do_GET(self) -> None:
        target = urlsplit(self.path)
        named = {name.lower(): value for name, value in self.headers.items()}
        query = parse_qs(target.query, keep_blank_values=True)
        one = re.fullmatch("/v1/receipts/([0-9a-fA-F-]{36})", target.path)
        listed = re.fullmatch("/v1/vocabularies(?:/([^/]+))?", target.path)
        if one:
            self._receipt(named, one[1].lower())
        elif target.path == "/v1/receipts":
            status = query.get("status", [None])[0]
            self._send(self.gateway.ask(lambda city, at: city.receipts(named, status, at)))
        elif target.path == "/v1/feed":
            self._feed(named, query)
        elif listed:
            name, wrong = listed[1], queries.refused(query, ())
            if wrong is not None:
                self._send(self.gateway.ask(lambda city, at: city.unless_known(named, at, wrong)))
                return
            found = self.gateway.ask(lambda city, at: city.vocabularies(named, name, at))
            self._send(unless(found, named.get("if-none-match")))
        else:
            self._send(problem(refusal("not-found")))

    def _feed(self, named: dict[str, str], query: dict[str, list[str]]) -> None:
        last = named.get("last-event-id")
        after, field = (last, "Last-Event-ID") if last else (queries.one(query, "after"), "after")
        wrong = queries.refused(query, ("after", "limit"))
        if wrong is not None:
            self._send(self.gateway.ask(lambda city, at: city.unless_known(named, at, wrong)))
            return
        limit = queries.limit_of(query)
        until = self.gateway.elapsed() + self._seconds_to_wait()

        def ask(city: City, at: float) -> Reply:
            return city.feed(named, after, at, limit, field)

        reply = self.gateway.ask(ask)
        if "text/event-stream" in named.get("accept", "") and reply.status == HTTPStatus.OK:
            self._stream(place_of(after) or 0)
            return
        while reply.status == HTTPStatus.OK and not reply.document["items"] and self.gateway.elapsed() < until:
            time.sleep(_LOOK_EVERY)
            reply = self.gateway.ask(ask)
        self._send(reply, waited=True)

    def _stream(self, place: int) -> None:
        self.close_connection = True
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", "text/event-stream; charset=utf-8")
        self.send_header("Cache-Control", "no-store")
        self.send_header("X-Accel-Buffering", "no")
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(greeting(place))
        until = self.gateway.elapsed() + _LONGEST_STREAM
        said = self.gateway.elapsed()
        while (now := self.gateway.elapsed()) < until:
            with self.gateway.lock:
                told = self.gateway.city.told(place, now)
            for one in told:
                self.wfile.write(one.message())
                place = one.place
            if not told and now - said > _SILENCE_SECONDS:
                self.wfile.write(SILENCE)
            said = now if told or now - said > _SILENCE_SECONDS else said
            time.sleep(_LOOK_EVERY)

    def _seconds_to_wait(self) -> float:
        asked = _WAIT.search(self.headers.get("Prefer", ""))
        return min(float(asked[1]) if asked else 0.0, _LONGEST_WAIT)

    def _receipt(self, named: dict[str, str], receipt_id: str) -> None:
        """Honour `Prefer: wait` (RFC 7240): until the receipt stands for good, or is another than the one known."""
        known = named.get("if-none-match")
        until = self.gateway.elapsed() + self._seconds_to_wait()

        def ask() -> Reply:
            reply = self.gateway.ask(lambda city, at: city.receipt(named, receipt_id, at))
            return unless(reply, known, {})

        def is_enough(reply: Reply) -> bool:
            if reply.status not in {HTTPStatus.OK, HTTPStatus.NOT_MODIFIED}:
                return True
            settled = self.gateway.city.settled(receipt_id, self.gateway.elapsed())
            return reply.status == HTTPStatus.OK if known else settled

        while not is_enough(reply := ask()) and self.gateway.elapsed() < until:
            time.sleep(_LOOK_EVERY)
        self._send(reply, waited=True)

    def _body(self) -> bytes:
        if "chunked" in self.headers.get("Transfer-Encoding", "").lower():
            return self._chunks()
        length = self.headers.get("Content-Length", "0")
        declared = int(length) if length.isdecimal() else 0
        # What is not read would be taken for the next request.
        self.close_connection |= declared > _MOST_READ
        return self.rfile.read(min(declared, _MOST_READ))

    def _chunks(self) -> bytes:
        body = bytearray()
        while size := int(self.rfile.readline(100).partition(b";")[0].strip() or b"0", 16):
            body += self.rfile.read(min(size, _MOST_READ))
            self.rfile.readline(100)
            if len(body) > _MOST_READ:
                self.close_connection = True
                break
        else:
            self.rfile.readline(100)
        return bytes(body)

    def _send(self, reply: Reply, *, waited: bool = False) -> None:
        text = isinstance(reply.document, str)
        raw = reply.document.encode() if text else msgspec.json.encode(reply.document)
        raw = b"" if reply.status == HTTPStatus.NOT_MODIFIED else raw
        good = "application/json" if reply.status < 400 else PROBLEM_CONTENT_TYPE  # noqa: PLR2004
        headers = dict(reply.headers)
        if waited and reply.status in {HTTPStatus.OK, HTTPStatus.NOT_MODIFIED}:
            headers["Vary"] = "Prefer"
            if seconds := int(self._seconds_to_wait()):
                headers["Preference-Applied"] = f"wait={seconds}"
        self.send_response(reply.status)
        if reply.status != HTTPStatus.NOT_MODIFIED:
            self.send_header("Content-Type", "text/html" if text else good)
        self.send_header("Content-Length", str(len(raw)))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(raw)
