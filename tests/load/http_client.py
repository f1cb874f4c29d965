"""A lean HTTP/1.1 client for the load generator: it shares the cores with what it measures."""

from __future__ import annotations

import asyncio
import time
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec

# The services close a connection that is idle for 5 s; a caller that thought so long begins a new one.
_IDLE_SECONDS: Final = 3.0
_NOT_MODIFIED: Final = 304


class UnexpectedStatus(Exception):
    """A service answered with an error; `retry_after` are the seconds after which it may be asked again, if it said so."""

    def __init__(self, status: int, body: bytes, retry_after: int | None) -> None:
        super().__init__(f"{status} {body.decode(errors='replace')[:500]}")
        self.status, self.body, self.retry_after = status, body, retry_after


class Client:
    """One keep-alive connection to one service, for one caller at a time, speaking for one account."""

    def __init__(self, url: str, key: str) -> None:
        self._host, self._port = urlsplit(url).hostname or "", urlsplit(url).port or 80
        self._head = f"Host: {self._host}:{self._port}\r\nAuthorization: Bearer {key}\r\n".encode()
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        self._used_at = 0.0

    async def get(self, path: str, headers: str = "") -> Any:
        """GET, with further header lines; None for 304. Raises UnexpectedStatus."""
        return await self._call(b"GET " + path.encode() + b" HTTP/1.1\r\n" + self._head + headers.encode() + b"\r\n")

    async def post(self, path: str, body: bytes, content_type: str = "application/json", headers: str = "") -> Any:
        """POST, with further header lines; raises UnexpectedStatus."""
        head = f"Content-Type: {content_type}\r\n{headers}Content-Length: {len(body)}\r\n\r\n".encode()
        return await self._call(b"POST " + path.encode() + b" HTTP/1.1\r\n" + self._head + head + body)

    async def _call(self, request: bytes) -> Any:
        if time.monotonic() - self._used_at > _IDLE_SECONDS:
            self.close()
        if self._streams is None:
            self._streams = await asyncio.open_connection(self._host, self._port)
        reader, writer = self._streams
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        status = int(head[9:12])
        if status == _NOT_MODIFIED:
            self._used_at = time.monotonic()
            return None
        length = int(head.lower().split(b"content-length:", 1)[1].split(b"\r\n", 1)[0])
        body = await reader.readexactly(length)
        self._used_at = time.monotonic()
        if status >= 300:
            _, named, rest = head.lower().partition(b"retry-after:")
            raise UnexpectedStatus(status, body, int(rest.split(b"\r\n", 1)[0]) if named else None)
        return msgspec.json.decode(body)

    def close(self) -> None:
        """Close the connection."""
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None
