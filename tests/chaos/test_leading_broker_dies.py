"""Three brokers, replication 3, two in sync: the leader and then the group's coordinator die by SIGKILL under load."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator

import pytest

from deploy.local import ephemeral
from deploy.local.ephemeral import KafkaCluster
from services.chassis.testing.workers import Workers
from tests.chaos.load import load
from tests.chaos.outcome import assert_drained, at_work, coordinator_of, leader_of, prepare

pytestmark = [pytest.mark.chaos, pytest.mark.platform, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def cluster() -> Iterator[KafkaCluster]:
    with ephemeral.kafka(brokers=3, heap="256m") as running:
        yield running


async def test_no_event_is_lost_doubled_or_reordered_when_the_leading_broker_and_the_coordinator_die(
    cluster: KafkaCluster, database: str, make_workers: Callable[[str, str], Workers]
) -> None:
    workers = make_workers(cluster.bootstrap, database)
    await prepare(workers, replication=3)
    with workers.worker(DUBAN_SESSION_TIMEOUT="6") as first, workers.worker(DUBAN_SESSION_TIMEOUT="6") as second:
        async with load(workers.bootstrap, f"{workers.prefix}in") as running:
            await running.moves_on()
            await at_work(workers)
            for find in (leader_of, coordinator_of):
                broker = await find(workers)
                cluster.kill(broker)
                await running.moves_on()
                assert await find(workers) != broker
                await asyncio.to_thread(cluster.start, broker)
                await running.moves_on()
        await assert_drained(workers, running.acknowledged)
        assert first.poll() is None
        assert second.poll() is None


async def test_nothing_is_acknowledged_and_nothing_lost_while_two_of_three_brokers_are_away(
    cluster: KafkaCluster, database: str, make_workers: Callable[[str, str], Workers]
) -> None:
    workers = make_workers(cluster.bootstrap, database)
    await prepare(workers, replication=3)
    with workers.worker(DUBAN_SESSION_TIMEOUT="6") as worker:
        async with load(workers.bootstrap, f"{workers.prefix}in") as running:
            await running.moves_on()
            await at_work(workers)
            leader = await leader_of(workers)
            for number in (leader, leader % 3 + 1):
                cluster.kill(number)
            before = len(running.acknowledged)
            with pytest.raises(TimeoutError):
                await running.moves_on(seconds=8)
            assert len(running.acknowledged) <= before + 10
            await asyncio.to_thread(cluster.start)
            await running.moves_on()
        await assert_drained(workers, running.acknowledged)
        assert worker.poll() is None
