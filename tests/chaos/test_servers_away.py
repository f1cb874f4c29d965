"""The only broker, or PostgreSQL, is away under load for some seconds: everything drains by itself (promise P6)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator

import pytest

from deploy.local import ephemeral
from deploy.local.ephemeral import KafkaCluster, PostgresServer
from services.chassis.testing.workers import Workers
from tests.chaos.load import load
from tests.chaos.outcome import assert_drained, at_work, prepare

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(600)]

_AWAY_SECONDS = 6.0
Strike = Callable[[KafkaCluster], None]


@pytest.fixture(scope="module")
def broker() -> Iterator[KafkaCluster]:
    with ephemeral.kafka(heap="256m") as running:
        yield running


@pytest.fixture
def postgres() -> Iterator[PostgresServer]:
    with ephemeral.postgres() as running:
        yield running


async def endure(workers: Workers, go: Callable[[], None], come: Callable[[], None], *, acknowledged: bool) -> None:
    """Take a server away under load and give it back; `acknowledged` says whether publishing goes on meanwhile."""
    with workers.worker(DUBAN_SESSION_TIMEOUT="6") as worker:
        async with load(workers.bootstrap, f"{workers.prefix}in") as running:
            await running.moves_on()
            await at_work(workers)
            await asyncio.to_thread(go)
            before = len(running.acknowledged)
            if acknowledged:
                await running.moves_on()
            else:
                await asyncio.sleep(_AWAY_SECONDS)
                # Of the round in hand the answer may have been on its way.
                assert len(running.acknowledged) <= before + 10
            await asyncio.to_thread(come)
            await running.moves_on()
        await assert_drained(workers, running.acknowledged)
        assert worker.poll() is None


@pytest.mark.parametrize(
    ("go", "come"),
    [
        pytest.param(KafkaCluster.stop, KafkaCluster.start, id="stopped"),
        pytest.param(KafkaCluster.kill, KafkaCluster.start, id="killed"),
        pytest.param(KafkaCluster.pause, KafkaCluster.resume, id="frozen"),
    ],
)
async def test_everything_drains_by_itself_after_the_only_broker_was_away(
    broker: KafkaCluster, database: str, make_workers: Callable[[str, str], Workers], go: Strike, come: Strike
) -> None:
    workers = make_workers(broker.bootstrap, database)
    await prepare(workers)
    await endure(workers, lambda: go(broker), lambda: come(broker), acknowledged=False)


async def test_everything_drains_by_itself_after_postgresql_was_away(
    kafka_bootstrap: str, postgres: PostgresServer, make_workers: Callable[[str, str], Workers]
) -> None:
    workers = make_workers(kafka_bootstrap, postgres.dsn)
    await prepare(workers)
    await endure(workers, lambda: postgres.stop(immediate=True), postgres.start, acknowledged=True)
