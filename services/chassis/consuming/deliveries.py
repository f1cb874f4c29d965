"""Kafka records as they arrive, and events as handlers see them."""

from __future__ import annotations

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, TypeAlias, cast
from uuid import UUID

import msgspec
from aiokafka import ConsumerRecord, TopicPartition

from duban_contracts.catalogue import EventData
from duban_contracts.cloudevents import CloudEvent, EnvelopeError, from_kafka
from duban_contracts.codec import PayloadError, UnknownEventType, decode
from duban_contracts.legible import legible
from duban_contracts.refusals import Refusal, refusal
from duban_contracts.validation import envelope_violation
from services.chassis.consuming.record_batches import Batch

UNKNOWN_EVENT_TYPE: Final = "unknown-event-type"

Reading: TypeAlias = tuple[CloudEvent | None, EventData | Refusal]
"""The envelope, None where not even that can be read, and the payload or why it is none."""


@dataclass(frozen=True, slots=True)
class UnreadableBatch:
    """Why a record stands for a whole batch that nobody can read, and where that batch ends."""

    last_offset: int
    codec: str
    size: int
    reason: str


# gc=False here and below: thousands live while a batch is taken, and none can be part of a circle.
class RawRecord(msgspec.Struct, frozen=True, gc=False):
    """One Kafka record, undecoded. `timestamp` is the broker's (wall time, UTC).

    With `unreadable` it stands for a batch: `offset` is the batch's first, `value` its bytes as they stand in the topic.
    """

    topic: str
    partition: int
    offset: int
    timestamp: datetime
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes]]
    unreadable: UnreadableBatch | None = None
    _reading: Reading | None = None

    @property
    def type(self) -> str | None:
        """The event type that its headers name; None where they name none, or none that can be read."""
        for name, value in self.headers:
            if name == "ce_type":
                return value.decode(errors="replace")
        return None

    @property
    def next_offset(self) -> int:
        """Return the offset from which to read on behind this record."""
        return (self.unreadable.last_offset if self.unreadable else self.offset) + 1

    @property
    def size(self) -> int:
        """Return how many bytes its publisher wrote: key, value and headers."""
        headers = sum(len(name) + len(value or b"") for name, value in self.headers)
        return len(self.key or b"") + len(self.value or b"") + headers

    @property
    def origin(self) -> str:
        """Return `topic/partition/offset`, under which the record can be found again."""
        return f"{self.topic}/{self.partition}/{self.offset}"

    @property
    def topic_partition(self) -> TopicPartition:
        """Return the partition this record came from."""
        return TopicPartition(self.topic, self.partition)


def of_types(records: Sequence[RawRecord], types: AbstractSet[str]) -> Sequence[RawRecord]:
    """Return what whoever needs only `types` has to look into, what names no type among it; without types all of it."""
    return [each for each in records if each.type is None or each.type in types] if types else records


class Delivery(msgspec.Struct, frozen=True, gc=False):
    """One event on its way to a handler, with where it came from. `timestamp` is the broker's (wall time, UTC)."""

    record: RawRecord
    event: CloudEvent
    data: EventData
    _identity: UUID | None = None

    @property
    def topic(self) -> str:
        """Return the topic the event was read from."""
        return self.record.topic

    @property
    def partition(self) -> int:
        """Return the partition the event was read from."""
        return self.record.partition

    @property
    def offset(self) -> int:
        """Return the offset the event was read at."""
        return self.record.offset

    @property
    def timestamp(self) -> datetime:
        """Return the broker's timestamp (wall time, UTC)."""
        return self.record.timestamp

    @property
    def identity(self) -> UUID:
        """Return the key under which this event is remembered (topic, source and id)."""
        if self._identity is not None:
            return self._identity
        identity = self.event.identity(self.record.topic)
        msgspec.structs.force_setattr(self, "_identity", identity)
        return identity


def raw(record: ConsumerRecord[bytes | None, bytes | None]) -> RawRecord:
    """Return a record as aiokafka fetched it, as a RawRecord."""
    return RawRecord(
        topic=record.topic,
        partition=record.partition,
        offset=record.offset,
        timestamp=_instant(record.timestamp),
        key=record.key,
        value=record.value,
        headers=[(name, value or b"") for name, value in record.headers],
    )


def raw_of_batch(partition: TopicPartition, batch: Batch) -> list[RawRecord]:
    """Return the records of a batch that was read without the client; raises `codecs.Unreadable`."""
    return [
        RawRecord(
            partition.topic,
            partition.partition,
            record.offset,
            _instant(record.timestamp),
            record.key,
            record.value,
            record.headers,
        )
        for record in batch.records()
    ]


def unreadable(partition: TopicPartition, batch: Batch, reason: str) -> RawRecord:
    """Return the record that stands for a batch that can't be read."""
    return RawRecord(
        partition.topic,
        partition.partition,
        batch.base_offset,
        _instant(batch.max_timestamp),
        None,
        batch.raw,
        [],
        UnreadableBatch(batch.last_offset, batch.codec, len(batch.raw), reason),
    )


def _instant(milliseconds: int) -> datetime:
    try:
        return datetime.fromtimestamp(milliseconds / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        # A publisher's own nonsense, on a topic that takes its word; the record itself may be good.
        return datetime.fromtimestamp(0, UTC)


def read(record: RawRecord) -> Reading:
    """Decode a record, once, into its envelope and payload, or say why that can't be done.

    Of an envelope that can't be read, what names it is given (id and source, if they could be read), of a batch None.
    The codes are those of every door (`duban_contracts.codes`); a payload of ours that breaks its model is
    `invalid-payload`.
    """
    if record._reading is None:  # noqa: SLF001
        msgspec.structs.force_setattr(record, "_reading", _read(record))
    return cast("Reading", record._reading)  # noqa: SLF001


def _read(record: RawRecord) -> Reading:
    if (why := record.unreadable) is not None:
        last, size, codec = why.last_offset, why.size, why.codec
        return None, refusal(
            "unreadable-batch", first=record.offset, last=last, size=size, codec=codec, detail=legible(why.reason)
        )
    try:
        event = from_kafka(record.key, record.value, record.headers)
    except EnvelopeError as error:
        return error.event, envelope_violation(error)
    try:
        return event, decode(event)
    except UnknownEventType:
        return event, refusal(UNKNOWN_EVENT_TYPE, field="type", type=event.type)
    except PayloadError as error:
        return event, refusal("invalid-payload", field=error.field, rule=error.rule)
