"""Attributes of an event as headers of an HTTP request (CloudEvents 1.0.2, HTTP protocol binding, 3.1.3)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final
from urllib.parse import unquote_to_bytes

# RFC 7230, 3.2.6: what a backslash stands before is meant as it is.
_QUOTED: Final = re.compile(rb'"((?:[^"\\]|\\.)*)"', re.DOTALL)
_ESCAPED: Final = re.compile(rb"\\(.)", re.DOTALL)


def headers_of_http(headers: Iterable[tuple[bytes, bytes]]) -> list[tuple[str, bytes]]:
    """Return the headers of an HTTP request in binary mode as those of a Kafka record.

    `ce-*` values are taken out of their quotes, if they stand in any, and percent-decoded, in this order. The trace of the
    request is the transport's, not the event's.
    """
    found: list[tuple[str, bytes]] = []
    for raw, value in headers:
        name = raw.decode("latin-1").lower()
        if name == "content-type":
            found.append((name, value))
        elif name.startswith("ce-") and name != "ce-traceparent":
            found.append((f"ce_{name[3:]}", unquote_to_bytes(_unquoted(value))))
    return found


def _unquoted(value: bytes) -> bytes:
    quoted = _QUOTED.fullmatch(value)
    return value if quoted is None else _ESCAPED.sub(rb"\1", quoted[1])
