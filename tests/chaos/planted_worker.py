"""The chassis' test worker with one bug planted into it, named by DUBAN_PLANTED_BUG: can the checker fail?"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer

from services.chassis.consuming import inbox
from services.chassis.consuming.attempts import Attempts
from services.chassis.consuming.consumer import Consumer
from services.chassis.consuming.deliveries import Delivery, RawRecord
from services.chassis.process.service import run
from services.chassis.publishing.outbox import OutboxMessage
from services.chassis.publishing.producer import NotAcknowledged, ReliableProducer
from services.chassis.publishing.relay import Relay
from services.chassis.storage.database import Connection
from services.chassis.testing import worker


def inbox_off(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take every delivery for new."""

    async def claim(_connection: Connection, _consumer: str, deliveries: Sequence[Delivery]) -> inbox.Claimed:
        return inbox.Claimed(new=list(deliveries), reused=[])

    monkeypatch.setattr(inbox, "claim", claim)


def commit_before_effect(monkeypatch: pytest.MonkeyPatch) -> None:
    """Commit the offsets first and apply the batch afterwards."""
    loop, apply = Consumer._loop, Attempts.apply
    running: dict[str, AIOKafkaConsumer] = {}

    async def loop_with_consumer(self: Consumer, consumer: AIOKafkaConsumer, *more: Any) -> None:
        running["consumer"] = consumer
        await loop(self, consumer, *more)

    async def apply_afterwards(self: Attempts, records: Sequence[RawRecord], *more: Any, **named: Any) -> bool:
        await running["consumer"].commit({record.topic_partition: record.next_offset for record in records})
        return await apply(self, records, *more, **named)

    monkeypatch.setattr(Consumer, "_loop", loop_with_consumer)
    monkeypatch.setattr(Attempts, "apply", apply_afterwards)


def delete_before_publish(monkeypatch: pytest.MonkeyPatch) -> None:
    """Delete outbox rows when they are read, not when the broker has them."""
    carry = Relay._carry_batch

    async def carry_deleted(self: Relay, connection: Connection) -> int:
        carried = _RowsThatAreDeletedWhenRead(connection)
        return await carry(self, carried)  # type: ignore[arg-type]

    monkeypatch.setattr(Relay, "_carry_batch", carry_deleted)


class _RowsThatAreDeletedWhenRead:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def fetch(self, query: str, *arguments: object) -> list[Any]:
        rows = await self._connection.fetch(query, *arguments)
        await self.execute("DELETE FROM outbox WHERE id = ANY($1::bigint[])", [row["id"] for row in rows])
        return rows

    async def execute(self, query: str, *arguments: object) -> str:
        return await self._connection.execute(query, *arguments)


def publish_backwards(monkeypatch: pytest.MonkeyPatch) -> None:
    """Send each batch of the outbox in the wrong order."""
    publish = ReliableProducer.publish

    async def backwards(self: ReliableProducer, messages: Sequence[OutboxMessage]) -> list[NotAcknowledged | None]:
        return (await publish(self, messages[::-1]))[::-1]

    monkeypatch.setattr(ReliableProducer, "publish", backwards)


BUGS: dict[str, Callable[[pytest.MonkeyPatch], None]] = {
    "none": lambda _monkeypatch: None,
    "inbox-off": inbox_off,
    "commit-before-effect": commit_before_effect,
    "delete-before-publish": delete_before_publish,
    "publish-backwards": publish_backwards,
}


if __name__ == "__main__":
    BUGS[os.environ["DUBAN_PLANTED_BUG"]](pytest.MonkeyPatch())
    run("worker", worker.Settings, worker.build)
