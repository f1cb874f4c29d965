"""Kafka records as they arrive, and events as handlers see them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Final
from uuid import UUID

from aiokafka import ConsumerRecord, TopicPartition

from duban_contracts.catalogue import EventData
from duban_contracts.cloudevents import CloudEvent, EnvelopeError, from_kafka
from duban_contracts.codec import PayloadError, UnknownEventType, decode
from duban_contracts.refusals import Refusal, refusal
from duban_contracts.validation import envelope_violation

UNKNOWN_EVENT_TYPE: Final = "unknown-event-type"


@dataclass(frozen=True)
class RawRecord:
    """One Kafka record, undecoded. `timestamp` is the broker's (wall time, UTC)."""

    topic: str
    partition: int
    offset: int
    timestamp: datetime
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes]]

    @property
    def origin(self) -> str:
        """Return `topic/partition/offset`, under which the record can be found again."""
        return f"{self.topic}/{self.partition}/{self.offset}"

    @property
    def topic_partition(self) -> TopicPartition:
        """Return the partition this record came from."""
        return TopicPartition(self.topic, self.partition)


@dataclass(frozen=True)
class Delivery:
    """One event on its way to a handler, with where it came from. `timestamp` is the broker's (wall time, UTC)."""

    record: RawRecord
    event: CloudEvent
    data: EventData

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

    @cached_property
    def identity(self) -> UUID:
        """Return the key under which this event is remembered (topic, source and id)."""
        return self.event.identity(self.record.topic)


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


def _instant(milliseconds: int) -> datetime:
    try:
        return datetime.fromtimestamp(milliseconds / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        # A publisher's own nonsense, on a topic that takes its word; the record itself may be good.
        return datetime.fromtimestamp(0, UTC)


def read(record: RawRecord) -> tuple[CloudEvent | None, EventData | Refusal]:
    """Decode a record into its envelope and payload, or say why that can't be done.

    An envelope that can't be read gives None. The codes are those of every door (`duban_contracts.codes`); a payload
    of ours that breaks its model is `invalid-payload`.
    """
    try:
        event = from_kafka(record.key, record.value, record.headers)
    except EnvelopeError as error:
        return None, envelope_violation(error)
    try:
        return event, decode(event)
    except UnknownEventType:
        return event, refusal(UNKNOWN_EVENT_TYPE, field="type", type=event.type)
    except PayloadError as error:
        return event, refusal("invalid-payload", field=error.field, rule=error.rule)
