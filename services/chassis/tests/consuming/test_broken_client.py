"""aiokafka's tasks can die for good when a broker does, and take a cancellation for their own; the consumer outlives the one and ends in spite of the other."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from services.chassis.consuming import consumer as consumer_module
from services.chassis.process.service import supervise
from services.chassis.storage.database import Connection
from services.chassis.testing import worker
from services.chassis.testing.in_process import InProcess, working
from services.chassis.testing.kafka import eventually, publish
from services.chassis.testing.workers import Workers
from services.chassis.tests.consuming.exactly_once import all_effects, assert_exactly_once_in_order, batch


def cancelled(client: AIOKafkaConsumer) -> None:
    client._coordinator._coordination_task.cancel()


def broken(client: AIOKafkaConsumer) -> None:
    """What uvloop's RuntimeError (unable to perform operation on a closed transport) makes of it."""

    async def die() -> None:
        raise KafkaError("Unexpected error during coordination")

    client._coordinator._coordination_task.cancel()
    client._coordinator._coordination_task = asyncio.ensure_future(die())


def fetches_no_more(client: AIOKafkaConsumer) -> None:
    client._fetcher._fetch_task.cancel()


@pytest.mark.parametrize("breakage", [cancelled, broken, fetches_no_more])
async def test_a_client_whose_background_task_died_is_replaced_and_nothing_is_lost(
    workers: Workers, monkeypatch: pytest.MonkeyPatch, breakage: Callable[[AIOKafkaConsumer], None]
) -> None:
    clients: list[AIOKafkaConsumer] = []

    def recorded(**options: object) -> AIOKafkaConsumer:
        clients.append(AIOKafkaConsumer(**options))
        return clients[-1]

    monkeypatch.setattr(consumer_module, "AIOKafkaConsumer", recorded)
    settings = worker.Settings(
        postgres_dsn=workers.dsn, kafka_bootstrap=workers.bootstrap, topic_prefix=workers.prefix, session_timeout=6
    )
    service = await worker.build(settings)
    stopping = asyncio.Event()
    running = asyncio.ensure_future(supervise(service, list(service.roles), stopping))
    first, second = batch(keys=5, each=4), batch(keys=5, each=4)
    try:
        await publish(workers.bootstrap, f"{workers.prefix}in", first)
        await eventually(lambda: all_effects(workers, len(first)))
        breakage(clients[0])
        await publish(workers.bootstrap, f"{workers.prefix}in", second)
        await assert_exactly_once_in_order(workers, first + second)

        async def another_is_built() -> None:
            assert len(clients) > 1

        # What comes may be read batch by batch by ourselves, too; after its next rebalance such a one is outside of the group.
        await eventually(another_is_built)
        assert not running.done()
    finally:
        stopping.set()
        await asyncio.gather(running, return_exceptions=True)
        await service.close()


async def test_a_consumer_stops_although_a_client_that_was_being_closed_swallowed_the_cancellation(
    in_process: InProcess,
) -> None:
    closing, swallowed = asyncio.Event(), 0

    async def closes(_: Connection, __: Mapping[TopicPartition, datetime]) -> None:
        nonlocal swallowed
        closing.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            swallowed += 1
            if swallowed > 1:
                raise

    async with working(in_process.consumer(observed=closes).run):
        await asyncio.wait_for(closing.wait(), 60)
    assert swallowed == 2
