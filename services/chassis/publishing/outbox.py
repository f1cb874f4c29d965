"""Events leave through a table: they commit with the rows that caused them, and the relay carries them on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec

from duban_contracts.cloudevents import CloudEvent, to_kafka
from services.chassis.storage.after_commit import tell
from services.chassis.storage.columns import Columns
from services.chassis.storage.database import Connection

Headers = Sequence[tuple[str, bytes]]

_HEADERS = msgspec.msgpack.Decoder(list[tuple[str, bytes]])


class OutboxMessage(msgspec.Struct, frozen=True, gc=False):
    """One Kafka record to be. Without `partition` the key decides, as the default partitioner does."""

    topic: str
    key: bytes | None
    value: bytes | None
    headers: Headers
    partition: int | None = None


class Posted:
    """Told of a transaction that wrote to the outbox, so that the relay need not wait for its next look."""


_POSTED: Final = Posted()


def pack_headers(headers: Headers) -> bytes:
    """Return record headers as the bytes that stand in a table."""
    return msgspec.msgpack.encode(headers)


def unpack_headers(packed: bytes) -> list[tuple[str, bytes]]:
    """Return the record headers that `pack_headers` packed."""
    return _HEADERS.decode(packed)


def outgoing(topic: str, event: CloudEvent, partition: int | None = None) -> OutboxMessage:
    """Return `event` in Kafka binary mode, addressed to `topic`."""
    key, value, headers = to_kafka(event)
    return OutboxMessage(topic, key, value, headers, partition)


_MESSAGE: Final[Columns[OutboxMessage]] = Columns(
    {
        "topic": "text",
        "partition": "integer",
        "key": "bytea",
        "value": "bytea",
        "headers": ("bytea", lambda message: pack_headers(message.headers)),
    }
)


async def append(connection: Connection, messages: Sequence[OutboxMessage]) -> None:
    """Write `messages` in the caller's transaction; the relay publishes them in this order per key.

    Order per key holds because every caller locks its aggregate before it appends.
    """
    if messages:
        await _MESSAGE.put(connection, "outbox", messages)
        tell(connection, _POSTED)
