"""As much of Kafka's protocol as a door before a broker has to know: pure, bytes in and bytes out.

Versions that say addresses or batches in a form that is hard to read are hidden from clients: they take the newest that
is left, as they would with an older broker.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

PRODUCE: Final = 0
METADATA: Final = 3
FIND_COORDINATOR: Final = 10
API_VERSIONS: Final = 18
# The newest versions without compact strings and tagged fields.
_NEWEST: Final = {PRODUCE: 8, METADATA: 8, FIND_COORDINATOR: 2}
# DescribeCluster, DescribeTopicPartitions: addresses that nobody who produces or consumes has to ask for.
_HIDDEN: Final = frozenset({60, 75})
_COMPACT_API_VERSIONS: Final = 3
_UNSUPPORTED_VERSION: Final = 35

Address = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Batch:
    """A record batch as its producer numbered it; `producer` is negative for one that does not."""

    topic: str
    producer: int
    sequence: int
    count: int


@dataclass(frozen=True, slots=True)
class Asked:
    """The head of a request."""

    api: int
    version: int


class _Reader:
    def __init__(self, raw: bytes, at: int = 0) -> None:
        self.raw, self.at = raw, at

    def number(self, form: str) -> int:
        (found,) = struct.unpack_from(f"!{form}", self.raw, self.at)
        self.at += struct.calcsize(f"!{form}")
        return int(found)

    def text(self) -> str | None:
        length = self.number("h")
        if length < 0:
            return None
        self.at += length
        return self.raw[self.at - length : self.at].decode()

    def compact(self) -> int:
        found = shift = 0
        while True:
            byte = self.raw[self.at]
            self.at += 1
            found |= (byte & 0x7F) << shift
            if byte < 0x80:  # noqa: PLR2004 - the last of its seven bits
                return found
            shift += 7


def asked(request: bytes) -> Asked:
    """Return what a request asks for; raises struct.error for what is no request."""
    return Asked(*struct.unpack_from("!hh", request))


def batches(request: bytes) -> tuple[int, list[Batch]]:
    """Return the acks that a produce request asks for, and its batches; raises struct.error for what is none."""
    reader = _Reader(request, 8)
    reader.text()  # client id
    reader.text()  # transactional id
    acks = reader.number("h")
    reader.number("i")  # timeout
    found = []
    for _ in range(reader.number("i")):
        topic = reader.text() or ""
        for _ in range(reader.number("i")):
            reader.number("i")  # partition
            length = reader.number("i")
            found += list(_numbered(topic, request[reader.at : reader.at + length]))
            reader.at += max(length, 0)
    return acks, found


def _numbered(topic: str, records: bytes) -> Iterator[Batch]:
    at = 0
    while at + 61 <= len(records):
        (length,) = struct.unpack_from("!i", records, at + 8)
        producer, _epoch, sequence, count = struct.unpack_from("!qhii", records, at + 43)
        yield Batch(topic, producer, sequence, count)
        at += 12 + length


def answered(request: Asked, response: bytes, door: Callable[[Address], Address]) -> bytes:
    """Return a broker's response as a client behind the door gets it: all brokers are reached through doors."""
    if request.api == API_VERSIONS:
        return _lowered(request.version, response)
    if request.api == METADATA:
        return _brokers(request.version, response, door)
    if request.api == FIND_COORDINATOR:
        return _coordinator(request.version, response, door)
    return response


def _lowered(version: int, response: bytes) -> bytes:
    reader = _Reader(response, 4)
    error = reader.number("h")
    compact = version >= _COMPACT_API_VERSIONS and error != _UNSUPPORTED_VERSION
    kept = []
    for _ in range(reader.compact() - 1 if compact else reader.number("i")):
        api, least, most = reader.number("h"), reader.number("h"), reader.number("h")
        if compact:
            reader.compact()  # no tagged fields
        if api not in _HIDDEN:
            kept.append(
                struct.pack("!hhh", api, least, min(most, _NEWEST.get(api, most))) + (b"\0" if compact else b"")
            )
    count = as_compact(len(kept) + 1) if compact else struct.pack("!i", len(kept))
    return response[:6] + count + b"".join(kept) + response[reader.at :]


def _brokers(version: int, response: bytes, door: Callable[[Address], Address]) -> bytes:
    reader = _Reader(response, 8 if version >= 3 else 4)  # noqa: PLR2004 - throttle time since then
    head = response[: reader.at + 4]
    said = []
    for _ in range(reader.number("i")):
        node, host, port = reader.number("i"), reader.text() or "", reader.number("i")
        began = reader.at
        if version >= 1:
            reader.text()  # rack
        said.append(struct.pack("!i", node) + _address(door((host, port))) + response[began : reader.at])
    return head + b"".join(said) + response[reader.at :]


def _coordinator(version: int, response: bytes, door: Callable[[Address], Address]) -> bytes:
    reader = _Reader(response, 8 if version >= 1 else 4)
    reader.number("h")  # error
    if version >= 1:
        reader.text()  # and its message
    reader.number("i")  # node
    head = response[: reader.at]
    host, port = reader.text() or "", reader.number("i")
    return head + _address(door((host, port)) if host else (host, port)) + response[reader.at :]


def _address(address: Address) -> bytes:
    host = address[0].encode()
    return struct.pack("!h", len(host)) + host + struct.pack("!i", address[1])


def as_compact(number: int) -> bytes:
    """Return a number as Kafka's newer messages write lengths: seven bits a byte, the last one without its eighth."""
    found = bytearray()
    while number > 0x7F:  # noqa: PLR2004 - seven bits a byte
        found.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*found, number])
