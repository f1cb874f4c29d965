"""Bytes to a port, and what the server says to them: a client that knows no HTTP when it speaks, and all of it when it reads."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final

import httptools

from duban_contracts.codes import CODES
from duban_contracts.refusals import PROBLEM_CONTENT_TYPE

_UNAVAILABLE: Final = 503


@dataclass
class Answer:
    """One answer as it was read; `whole` once its body ended."""

    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    whole: bool = False

    def json(self) -> Any:
        return json.loads(self.body)


class _Reader:
    """httptools' callbacks: gathers the answers of one connection."""

    def __init__(self) -> None:
        self.answers: list[Answer] = []
        self.parser = httptools.HttpResponseParser(self)

    def on_message_begin(self) -> None:
        self.answers.append(Answer())

    def on_header(self, name: bytes, value: bytes) -> None:
        self.answers[-1].headers[name.decode("ascii").lower()] = value.decode("latin-1")

    def on_headers_complete(self) -> None:
        self.answers[-1].status = self.parser.get_status_code()

    def on_body(self, body: bytes) -> None:
        self.answers[-1].body += body

    def on_message_complete(self) -> None:
        self.answers[-1].whole = True


async def ask(host: str, port: int, *parts: bytes, patience: float | None = None, seconds: float = 120) -> list[Answer]:
    """Send `parts` and return what the server answered until it hung up.

    What may be half a request is given `patience` (seconds): when the server says nothing for so long, we hang up, and
    half an answer is then our own doing and left out. Raises OSError when it can't be reached, TimeoutError when it
    neither answers nor hangs up in `seconds`, and httptools.HttpParserError for an answer that is no HTTP.
    """
    found = _Reader()
    async with asyncio.timeout(seconds):
        reader, writer = await asyncio.open_connection(host, port)
        try:
            with contextlib.suppress(OSError):  # it may hang up in the middle; what it said until then counts
                for part in parts:
                    writer.write(part)
                    await writer.drain()
            with contextlib.suppress(ConnectionResetError):
                while data := await asyncio.wait_for(reader.read(65536), patience):
                    found.parser.feed_data(data)
        except TimeoutError:
            if patience is None:
                raise
            return [answer for answer in found.answers if answer.whole]
        finally:
            writer.close()
    return found.answers


def post(body: bytes, headers: Iterable[tuple[bytes, bytes]], *, path: bytes = b"/v1/events") -> bytes:
    """Return a right request of one connection, whatever its body and headers are."""
    lines = [b"POST " + path + b" HTTP/1.1", b"Host: gateway", b"Connection: close", b"Content-Length: %d" % len(body)]
    lines += [name + b": " + value for name, value in headers]
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


def complaints(answers: Iterable[Answer]) -> list[str]:
    """Return what is wrong with answers: half ones, failures of ours, errors that are no problem document."""
    return [said for answer in answers if (said := _complaint(answer))]


def _complaint(answer: Answer) -> str | None:  # noqa: PLR0911 - one per thing that can be wrong
    if not answer.whole:
        return f"half an answer: {answer}"
    if answer.status >= 500 and answer.status != _UNAVAILABLE:
        return f"a failure of ours: {answer}"
    if answer.status < 400:
        return None
    if answer.headers.get("content-type") != PROBLEM_CONTENT_TYPE:
        return f"no problem document: {answer}"
    try:
        problem = answer.json()
    except ValueError:
        return f"no JSON: {answer}"
    if problem["status"] != answer.status or problem["code"] not in CODES:
        return f"not what the catalogue says: {answer}"
    return None
