"""The only broker, or PostgreSQL, is away under load for some seconds: everything drains by itself (promise P6)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator

import pytest

from deploy.local import ephemeral
from deploy.local.ephemeral import KafkaCluster, PostgresServer
from services.chassis.tests.conftest import Bench
from tests.chaos.load import load
from tests.chaos.outcome import assert_drained, at_work, prepare

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(300)]

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


async def endure(bench: Bench, go: Callable[[], None], come: Callable[[], None], *, acknowledged: bool) -> None:
    """Take a server away under load and give it back; `acknowledged` says whether publishing goes on meanwhile."""
    with bench.worker(DUBAN_SESSION_TIMEOUT="6") as worker:
        async with load(bench.bootstrap, f"{bench.prefix}in") as running:
            await running.moves_on()
            await at_work(bench)
            await asyncio.to_thread(go)
            before = len(running.acknowledged)
            await asyncio.sleep(_AWAY_SECONDS)
            moved = len(running.acknowledged) - before
            assert (moved > 10) is acknowledged
            await asyncio.to_thread(come)
            await running.moves_on()
        await assert_drained(bench, running.acknowledged)
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
    broker: KafkaCluster, database: str, make_bench: Callable[[str, str], Bench], go: Strike, come: Strike
) -> None:
    bench = make_bench(broker.bootstrap, database)
    await prepare(bench)
    await endure(bench, lambda: go(broker), lambda: come(broker), acknowledged=False)


async def test_everything_drains_by_itself_after_postgresql_was_away(
    kafka_bootstrap: str, postgres: PostgresServer, make_bench: Callable[[str, str], Bench]
) -> None:
    bench = make_bench(kafka_bootstrap, postgres.dsn)
    await prepare(bench)
    await endure(bench, lambda: postgres.stop(immediate=True), postgres.start, acknowledged=True)
