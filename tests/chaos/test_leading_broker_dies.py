"""Three brokers, replication 3, two in sync: the leader and then the group's coordinator die by SIGKILL under load."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator

import pytest

from deploy.local import ephemeral
from deploy.local.ephemeral import KafkaCluster
from services.chassis.tests.conftest import Bench
from tests.chaos.load import load
from tests.chaos.outcome import assert_drained, at_work, coordinator_of, leader_of, prepare

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def cluster() -> Iterator[KafkaCluster]:
    with ephemeral.kafka(brokers=3, heap="256m") as running:
        yield running


async def test_no_event_is_lost_doubled_or_reordered_when_the_leading_broker_and_the_coordinator_die(
    cluster: KafkaCluster, database: str, make_bench: Callable[[str, str], Bench]
) -> None:
    bench = make_bench(cluster.bootstrap, database)
    await prepare(bench, replication=3)
    with bench.worker(DUBAN_SESSION_TIMEOUT="6") as first, bench.worker(DUBAN_SESSION_TIMEOUT="6") as second:
        async with load(bench.bootstrap, f"{bench.prefix}in") as running:
            await running.moves_on()
            await at_work(bench)
            for find in (leader_of, coordinator_of):
                broker = await find(bench)
                cluster.kill(broker)
                await running.moves_on()
                assert await find(bench) != broker
                await asyncio.to_thread(cluster.start, broker)
                await running.moves_on()
        await assert_drained(bench, running.acknowledged)
        assert first.poll() is None
        assert second.poll() is None


async def test_nothing_is_acknowledged_and_nothing_lost_while_two_of_three_brokers_are_away(
    cluster: KafkaCluster, database: str, make_bench: Callable[[str, str], Bench]
) -> None:
    bench = make_bench(cluster.bootstrap, database)
    await prepare(bench, replication=3)
    with bench.worker(DUBAN_SESSION_TIMEOUT="6") as worker:
        async with load(bench.bootstrap, f"{bench.prefix}in") as running:
            await running.moves_on()
            await at_work(bench)
            leader = await leader_of(bench)
            for number in (leader, leader % 3 + 1):
                cluster.kill(number)
            before = len(running.acknowledged)
            with pytest.raises(TimeoutError):
                await running.moves_on(seconds=8)
            assert len(running.acknowledged) <= before + 10
            await asyncio.to_thread(cluster.start)
            await running.moves_on()
        await assert_drained(bench, running.acknowledged)
        assert worker.poll() is None
