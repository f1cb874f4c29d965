"""What stands in a county's two topics after it all: what it wrote that counts, and what it was answered."""

from __future__ import annotations

import asyncio
import uuid
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from confluent_kafka import Consumer, TopicPartition

from duban_contracts.cloudevents import CloudEvent
from duban_contracts.codec import decode
from duban_contracts.events.feedback import ClaimEvent
from duban_contracts.topics import feedback_topic
from services.chassis.testing.kafka import read_all


@dataclass(frozen=True)
class Feedback:
    """The answers that a county got, each once, however often it was published."""

    by_origin: Mapping[str, Sequence[ClaimEvent]]
    by_receipt: Mapping[str, Sequence[ClaimEvent]]

    @classmethod
    async def read(cls, bootstrap: str, county: str, prefix: str = "") -> Feedback:
        """Read the county's feedback topic up to its present end."""
        events = {event.id: event for event in await read_all(bootstrap, feedback_topic(county, prefix))}
        origins: dict[str, list[ClaimEvent]] = defaultdict(list)
        receipts: dict[str, list[ClaimEvent]] = defaultdict(list)
        for event in events.values():
            said = decode(event)
            if isinstance(said, ClaimEvent):
                origins[said.origin].append(said)
                if said.receipt_id is not None:
                    receipts[said.receipt_id].append(said)
        return cls(origins, receipts)

    def at(self, origin: str) -> Sequence[ClaimEvent]:
        """Return what a record was answered, by its place."""
        return self.by_origin.get(origin, ())

    def under(self, receipt_id: str) -> Sequence[ClaimEvent]:
        """Return what an event was answered, by its receipt."""
        return self.by_receipt.get(receipt_id, ())


async def committed(bootstrap: str, topic: str) -> dict[int, str | None]:
    """Return the offsets of a topic's one partition that a reader of committed records sees, each with its receipt id.

    None where source and id can't be read. Read with another client than ours.
    """
    return await asyncio.to_thread(_committed, bootstrap, topic)


def _committed(bootstrap: str, topic: str) -> dict[int, str | None]:
    consumer = Consumer(
        {
            "bootstrap.servers": bootstrap,
            "group.id": f"audit-{uuid.uuid4().hex}",
            "enable.auto.commit": False,
            "enable.partition.eof": True,
            "isolation.level": "read_committed",
            "fetch.message.max.bytes": 104_857_600,
            "receive.message.max.bytes": 214_000_000,
            "log_level": 2,
        }
    )
    try:
        consumer.assign([TopicPartition(topic, 0, 0)])
        found: dict[int, str | None] = {}
        while True:
            message = consumer.poll(60)
            if message is None:
                raise AssertionError(f"{topic} can't be read to its end")
            if (error := message.error()) is not None:
                if error.name() == "_PARTITION_EOF":
                    return found
                raise AssertionError(f"{topic}: {error}")
            offset = message.offset()
            assert offset is not None
            found[offset] = _receipt_id(message, topic)
    finally:
        consumer.close()


def _receipt_id(message: object, topic: str) -> str | None:
    try:
        named = dict(message.headers() or ())  # type: ignore[attr-defined]
        named_by = {name: named[f"ce_{name}"].decode() for name in ("id", "source")}
    except (SystemError, UnicodeDecodeError, KeyError, AttributeError):  # librdkafka's binding fails on odd names
        return None
    return str(CloudEvent(type="", data=b"", **named_by).identity(topic))
