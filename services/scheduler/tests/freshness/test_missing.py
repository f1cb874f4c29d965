"""A deadline is passed while the consumer commits: what could excuse it is applied, or known to be missing, or not reached."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest

from duban_contracts.testing.calendar import june, local
from duban_contracts.testing.stories import confirmed
from services.chassis.consuming import dead_letters
from services.chassis.publishing.outbox import pack_headers
from services.chassis.storage.database import Connection
from services.scheduler.tests.bench import Bench, bench_on
from services.scheduler.tests.followups.told import accident

pytestmark = pytest.mark.promise("P3")


def committing_after(bench: Bench, aggregate: str) -> Callable[[Connection, str], Awaitable[list[str]]]:
    """Return the look for what is missing, behind which the consumer parks an event and takes in the next heartbeats."""
    look = dead_letters.incomplete_aggregates

    async def looked(connection: Connection, consumer: str) -> list[str]:
        missing = await look(connection, consumer)
        async with bench.database.transaction() as another:
            await another.execute(
                """INSERT INTO parked_event (consumer, aggregate, version, topic, partition, "offset", timestamp, value,
                                             headers)
                   VALUES ($1, $2, 9, 't', 0, 1, now(), '', $3) ON CONFLICT DO NOTHING""",
                consumer,
                aggregate,
                pack_headers([]),
            )
        await bench.hear(local(12))
        return missing

    return looked


async def test_a_hazard_whose_event_is_parked_ahead_of_the_next_heartbeat_is_not_accused_in_between(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    await bench.learn(confirmed().records())
    await bench.hear(local(3, 12))
    bench.clock.set(local(12))
    monkeypatch.setattr(dead_letters, "incomplete_aggregates", committing_after(bench, "hz-1"))
    meanwhile = bench_on(bench.database, bench.clock)
    await meanwhile.tick()
    await meanwhile.tick()
    assert "overdue" not in await bench.kinds()


async def test_a_measure_whose_event_is_parked_ahead_of_the_next_heartbeat_is_not_accused_in_between(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    await bench.learn(accident().measure(local(1), june(10)).records())
    await bench.hear(local(9))
    bench.clock.set(local(12))
    monkeypatch.setattr(dead_letters, "incomplete_aggregates", committing_after(bench, "a-1"))
    meanwhile = bench_on(bench.database, bench.clock)
    await meanwhile.tick()
    await meanwhile.tick()
    assert "overdue" not in await bench.kinds()
