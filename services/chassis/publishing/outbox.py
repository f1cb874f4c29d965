"""Events leave through a table: they commit with the rows that caused them, and the relay carries them on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from duban_contracts.cloudevents import CloudEvent, to_kafka
from services.chassis.storage.database import Connection

Headers = Sequence[tuple[str, bytes]]

_HEADERS = msgspec.msgpack.Decoder(list[tuple[str, bytes]])


@dataclass(frozen=True, slots=True)
class OutboxMessage:
    """One Kafka record to be. Without `partition` the key decides, as the default partitioner does."""

    topic: str
    key: bytes | None
    value: bytes | None
    headers: Headers
    partition: int | None = None


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


async def append(connection: Connection, messages: Sequence[OutboxMessage]) -> None:
    """Write `messages` in the caller's transaction; the relay publishes them in this order per key.

    Order per key holds because every caller locks its aggregate before it appends.
    """
    if not messages:
        return
    await connection.execute(
        """INSERT INTO outbox (topic, partition, key, value, headers)
           SELECT topic, partition, key, value, headers
             FROM unnest($1::text[], $2::int[], $3::bytea[], $4::bytea[], $5::bytea[])
                  WITH ORDINALITY AS message (topic, partition, key, value, headers, position)
            ORDER BY position""",
        [message.topic for message in messages],
        [message.partition for message in messages],
        [message.key for message in messages],
        [message.value for message in messages],
        [pack_headers(message.headers) for message in messages],
    )
