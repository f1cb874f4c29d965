"""Asks a broker who wrote to a partition (DescribeProducers, KIP-664): whoever writes idempotently is known to it.

A client that is idempotent can't but ask for acks=all; of any other nobody can say from outside what it waited for.
Kafka protocol: API key 61, version 0, over a plain connection to the partition's leader.
"""

from __future__ import annotations

import socket
import struct
from dataclasses import dataclass
from typing import Final

from duban_contracts.conformance.sandbox.frames import as_compact

_API_KEY: Final = 61
_TIMEOUT: Final = 10.0


@dataclass(frozen=True, slots=True)
class Active:
    """A producer that a partition remembers: how often its epoch was raised, and the sequence of its last record."""

    producer_id: int
    epoch: int
    last_sequence: int


def active_producers(host: str, port: int, topic: str, partition: int) -> list[Active]:
    """Return the idempotent producers that partition `partition` remembers; raises OSError when it can't be asked."""
    name = topic.encode()
    body = as_compact(2) + as_compact(len(name) + 1) + name + as_compact(2) + struct.pack("!i", partition) + b"\0\0"
    client = b"duban-sandbox"
    header = struct.pack("!hhih", _API_KEY, 0, 1, len(client)) + client + b"\0"
    with socket.create_connection((host, port), timeout=_TIMEOUT) as connection:
        request = header + body
        connection.sendall(struct.pack("!i", len(request)) + request)
        (length,) = struct.unpack("!i", _exactly(connection, 4))
        return _Answer(_exactly(connection, length)).producers()


def _exactly(connection: socket.socket, count: int) -> bytes:
    found = bytearray()
    while len(found) < count:
        part = connection.recv(count - len(found))
        if not part:
            raise ConnectionError("the broker hung up; does it speak without TLS and SASL here?")
        found += part
    return bytes(found)


class _Answer:
    """Reads an answer from its first byte to its last."""

    def __init__(self, raw: bytes) -> None:
        self._raw, self._at = raw, 0

    def producers(self) -> list[Active]:
        self._number("!i")  # correlation
        self._tags()
        self._number("!i")  # throttle
        found: list[Active] = []
        for _ in range(self._length()):
            self._text()
            for _ in range(self._length()):
                found += self._partition()
                self._tags()
            self._tags()
        return found

    def _partition(self) -> list[Active]:
        self._number("!i")
        error = self._number("!h")
        self._text()
        if error:
            raise OSError(f"the broker answers error {error}")
        found = []
        for _ in range(self._length()):
            producer_id, epoch, sequence = self._number("!q"), self._number("!i"), self._number("!i")
            found.append(Active(producer_id, epoch, sequence))
            for form in ("!q", "!i", "!q"):
                self._number(form)
            self._tags()
        return found

    def _number(self, form: str) -> int:
        (found,) = struct.unpack_from(form, self._raw, self._at)
        self._at += struct.calcsize(form)
        return int(found)

    def _length(self) -> int:
        """Read the length of a compact array or text: one more than it is, zero for none."""
        return max(self._uvarint() - 1, 0)

    def _uvarint(self) -> int:
        found = shift = 0
        while True:
            byte = self._raw[self._at]
            self._at += 1
            found |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:  # noqa: PLR2004 - the last byte has no top bit
                return found

    def _text(self) -> None:
        length = self._length()
        self._at += length

    def _tags(self) -> None:
        for _ in range(self._uvarint()):
            self._uvarint()
            length = self._uvarint()
            self._at += length
