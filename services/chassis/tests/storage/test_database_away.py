"""Promise P6 at the level of the chassis: PostgreSQL goes and comes back, and the backlog drains by itself."""

from __future__ import annotations

import asyncio

import pytest

from deploy.local import ephemeral
from duban_contracts.cloudevents import CloudEvent
from duban_contracts.topics import Topic
from services.chassis.consuming.observer import Observer
from services.chassis.process.clock import SystemClock
from services.chassis.publishing.relay import Relay
from services.chassis.testing.in_process import prepare, working
from services.chassis.testing.kafka import create_topics, eventually, publish
from services.chassis.testing.workers import rectified


async def test_postgresql_stopped_and_started_under_load_loses_and_doubles_nothing(
    kafka_bootstrap: str, topic_prefix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits = 0

    def waited(_: Observer) -> None:
        # That this is no stall stands in services/chassis/tests/consuming/test_stalls.py.
        nonlocal waits
        waits += 1

    monkeypatch.setattr(Observer, "waits", waited)

    def waited_often() -> None:
        assert waits > 3

    names = ("in", "out", "worker.dlq.v1")
    await create_topics(kafka_bootstrap, [Topic(f"{topic_prefix}{name}", -1, partitions=3) for name in names])
    events = [rectified(f"K{n % 7}", measures=str(n)) for n in range(600)]
    with ephemeral.postgres(durable=False) as server:
        in_process = await prepare(kafka_bootstrap, server.dsn, topic_prefix)
        relay = Relay(database=in_process.database, bootstrap=kafka_bootstrap, service="t", clock=SystemClock())
        async with (
            working(in_process.consumer(max_records=20).run) as consumer,
            working(relay.run) as out,
        ):
            await publish(kafka_bootstrap, f"{topic_prefix}in", events[:300])
            await in_process.effects(40)
            server.stop()
            await publish(kafka_bootstrap, f"{topic_prefix}in", events[300:])
            await eventually(waited_often)
            assert not consumer.done()
            assert not out.done()
            await asyncio.to_thread(server.start)
            written = await in_process.effects(len(events))
        assert len(written) == len(events)
        by_key = [[event_id for event_id in written if event_id in mine] for mine in _ids_by_key(events)]
        assert by_key == _ids_by_key(events)
        assert await in_process.value("SELECT count(*) FROM dead_letter") == 0
        await in_process.database.close()


def _ids_by_key(events: list[CloudEvent]) -> list[list[str]]:
    return [[event.id for event in events if event.subject == f"K{key}"] for key in range(7)]
