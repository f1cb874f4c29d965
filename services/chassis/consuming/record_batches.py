"""Reading a record batch ourselves, when the client library can't: leniently, record by record.

The layout is Kafka's (message format v2, in use since 0.11). Only what the client failed on is read this way; what
can be read at all is handed over like everything else, and the rest is told by its offsets, size and codec.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from services.chassis.consuming.codecs import Unreadable, name_of, unpack

_HEADER: Final = struct.Struct("!qiibIhiqqqhii")
# What stands before the length's count begins, and what the CRC leaves out.
_LENGTH_ENDS: Final = 12
_MAGIC: Final = 2
_CODEC: Final = 0b0111
_APPEND_TIME: Final = 0b1000
_TRANSACTIONAL: Final = 0b1_0000
_CONTROL: Final = 0b10_0000
_MOST_HEADERS: Final = 10_000
# They are handed over together. A mebibyte of zstd holds 1.2 million empty ones: to read these took 7 s in which nothing else went on,
# and as much memory as the process has; and the process would meet them again at each start.
_MOST_RECORDS: Final = 10_000


@dataclass(frozen=True, slots=True)
class BatchRecord:
    """One record of a batch. `timestamp` is in milliseconds since the epoch; header names are as they could be read."""

    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: list[tuple[str, bytes]]


@dataclass(frozen=True, slots=True)
class Batch:
    """A batch's header, and its bytes as they stand in the topic."""

    base_offset: int
    last_offset: int
    attributes: int
    first_timestamp: int
    max_timestamp: int
    producer_id: int
    count: int
    raw: bytes

    @property
    def codec(self) -> str:
        """What the records are packed with."""
        return name_of(self.attributes & _CODEC)

    @property
    def is_control(self) -> bool:
        """Whether this is a transaction's marker and no record of anybody's."""
        return bool(self.attributes & _CONTROL)

    @property
    def is_transactional(self) -> bool:
        """Whether the records count only if their transaction was committed."""
        return bool(self.attributes & _TRANSACTIONAL)

    def records(self) -> list[BatchRecord]:
        """Return the batch's records; raises Unreadable when the bytes are no records, or too many of them."""
        if self.count > _MOST_RECORDS:
            raise Unreadable(f"{self.count} records, more than {_MOST_RECORDS}")
        payload = unpack(self.attributes & _CODEC, self.raw[_HEADER.size :])
        append_time = self.max_timestamp if self.attributes & _APPEND_TIME else None
        try:
            return list(self._read(_Bytes(payload), append_time))
        except (IndexError, ValueError, OverflowError) as error:
            raise Unreadable(f"no records: {error}") from error

    def _read(self, data: _Bytes, append_time: int | None) -> Iterator[BatchRecord]:
        for _ in range(self.count):
            end = data.varint() + data.position
            data.take(1)
            timestamp = self.first_timestamp + data.varint()
            offset = self.base_offset + data.varint()
            key, value = data.optional(), data.optional()
            count = data.varint()
            if not 0 <= count <= _MOST_HEADERS:
                raise ValueError(f"{count} headers")
            headers = [(data.text(), data.optional() or b"") for _ in range(count)]
            if data.position != end:
                raise ValueError("a record's length is wrong")
            yield BatchRecord(offset, timestamp if append_time is None else append_time, key, value, headers)


def first_batch(data: bytes) -> Batch:
    """Return the batch with which `data` begins; raises Unreadable when that is none of format v2."""
    if len(data) < _HEADER.size:
        raise Unreadable(f"{len(data)} bytes are no batch")
    base, length, _, magic, _, attributes, last, first_timestamp, max_timestamp, producer, _, _, count = (
        _HEADER.unpack_from(data)
    )
    if magic != _MAGIC:
        raise Unreadable(f"message format {magic} is older than Kafka 0.11")
    return Batch(
        base_offset=base,
        last_offset=base + last,
        attributes=attributes,
        first_timestamp=first_timestamp,
        max_timestamp=max_timestamp,
        producer_id=producer,
        count=count,
        raw=bytes(data[: length + _LENGTH_ENDS]),
    )


class _Bytes:
    """A reader of varints and of what they count."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self.position = 0

    def varint(self) -> int:
        value = shift = 0
        while True:
            byte = self._data[self.position]
            self.position += 1
            value |= (byte & 0x7F) << shift
            if not byte & 0x80:
                return (value >> 1) ^ -(value & 1)
            shift += 7
            if shift > 63:  # noqa: PLR2004 - the longest varint of 64 bits has ten bytes
                raise ValueError("a varint never ends")

    def take(self, length: int) -> bytes:
        taken = self._data[self.position : self.position + length]
        if length < 0 or len(taken) < length:
            raise ValueError(f"{length} bytes where {len(taken)} are left")
        self.position += length
        return taken

    def optional(self) -> bytes | None:
        length = self.varint()
        return None if length < 0 else self.take(length)

    def text(self) -> str:
        """Return a header's name. One that is not UTF-8 is nobody's we know; it is kept legible and passed over."""
        return self.take(self.varint()).decode("utf-8", errors="replace")
