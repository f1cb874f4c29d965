from __future__ import annotations

from datetime import timedelta

from prometheus_client import REGISTRY

from duban_contracts.testing.calendar import local
from duban_contracts.testing.stories import heartbeat
from duban_contracts.topics import PARTITIONS
from services.scheduler.clocks.handlers.keep import CONSUMER
from services.scheduler.freshness import tables
from services.scheduler.freshness.handlers import TellFreshness
from services.scheduler.tests.bench import Bench


async def test_the_ledger_is_through_as_far_as_its_slowest_partition_once_all_have_spoken(bench: Bench) -> None:
    async def through() -> object:
        async with bench.database.acquire() as connection:
            return await tables.applied_through(connection)

    assert await through() is None
    await bench.hear(local(4), range(PARTITIONS - 1))
    assert await through() is None
    await bench.hear(local(3), [PARTITIONS - 1])
    assert await through() == local(3)
    await bench.hear(local(5), [PARTITIONS - 1])
    assert await through() == local(4)
    await bench.hear(local(2))
    assert await through() == local(4)  # an older heartbeat never takes back a newer one


async def test_of_several_heartbeats_in_a_batch_the_newest_counts(bench: Bench) -> None:
    beats = [heartbeat(local(2) + timedelta(seconds=second)) for second in (0, 3, 1)]
    for partition in range(PARTITIONS):
        await bench.learn(beats, partition)
    async with bench.database.acquire() as connection:
        assert await tables.applied_through(connection) == local(2) + timedelta(seconds=3)


async def test_the_gauge_tells_the_slowest_partition_from_the_table_and_before_that_since_when_it_listens(
    bench: Bench,
) -> None:
    def shown() -> float | None:
        return REGISTRY.get_sample_value("duban_heartbeat_timestamp_seconds", {"consumer": CONSUMER})

    tells = TellFreshness(CONSUMER, bench.database, bench.clock)
    began = bench.clock.wall()
    await bench.hear(local(5), range(PARTITIONS - 1))
    await tells.look()
    assert shown() == began.timestamp()
    await bench.hear(local(4), [PARTITIONS - 1])
    # Another process that has heard nothing yet tells the same.
    await TellFreshness(CONSUMER, bench.database, bench.clock).look()
    assert shown() == bench.clock.wall_at(local(4)).timestamp()
