"""The heartbeat: what it promises stands ahead of it, in every partition (promise P3)."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

from duban_contracts.codec import decode
from duban_contracts.events.hazards import HazardSubmitted
from duban_contracts.events.heartbeat import LedgerHeartbeat
from duban_contracts.topics import PARTITIONS, TopicFamily
from services.chassis.process.clock import ManualClock, ScaledClock
from services.chassis.testing import kafka as chassis_testing
from services.ledger.adapters import locks, progress
from services.ledger.application.heartbeat import Heartbeat
from services.ledger.tests.desk import Desk
from services.ledger.tests.world import World, new_reference, rectified, reported

WALL = datetime(2026, 11, 21, 4, 0, 10, tzinfo=UTC)
TOPICS = ["county.140502.v1", "county.140521.v1"]


async def note(desk: Desk, instant: datetime, partitions: int = PARTITIONS) -> None:
    async with desk.database.transaction() as connection:
        await progress.note(connection, {(topic, p): instant for topic in TOPICS for p in range(partitions)})


async def test_no_submission_before_a_heartbeats_instant_stands_behind_it(world: World) -> None:
    references = [new_reference() for _ in range(40)]
    await world.claim(*(reported(reference) for reference in references))
    hazards = [await world.hazard(reference) for reference in references]
    await asyncio.gather(*(world.confirm(hazard) for hazard in hazards))
    for index, hazard in enumerate(hazards):
        if index % 2:
            await world.submit(hazard, "county")
        else:
            await world.claim(rectified(hazard["reference"]))
    submitted = {hazard["hazard_id"] for hazard in hazards}
    done = datetime.now(UTC)

    def all_told() -> list[LedgerHeartbeat | HazardSubmitted]:
        found = [(p, decode(e)) for p, e in world.by_partition(TopicFamily.HAZARD)]
        beats = [(p, data) for p, data in found if isinstance(data, LedgerHeartbeat)]
        assert {p for p, data in beats if data.applied_through > done} == set(range(PARTITIONS))
        assert submitted <= {d.hazard.hazard_id for _, d in found if isinstance(d, HazardSubmitted)}
        for partition in range(PARTITIONS):
            newest = datetime.min.replace(tzinfo=UTC)
            for data in (data for p, data in found if p == partition):
                if isinstance(data, LedgerHeartbeat):
                    assert data.applied_through > newest
                    newest = data.applied_through
                elif isinstance(data, HazardSubmitted):
                    assert data.submitted_at >= newest
        return []

    await chassis_testing.eventually(all_told)


async def test_there_is_no_heartbeat_while_one_partition_is_unknown(desk: Desk) -> None:
    heartbeat = Heartbeat(desk.database, ManualClock(WALL), TOPICS, "")
    assert await heartbeat.beat() is None
    await note(desk, WALL, PARTITIONS - 1)
    assert await heartbeat.beat() is None
    await note(desk, WALL)
    assert await heartbeat.beat() == WALL - timedelta(seconds=1)
    assert await desk.database.pool.fetchval("SELECT count(DISTINCT partition) FROM outbox") == PARTITIONS


async def test_the_slowest_partition_holds_the_heartbeat_back_and_it_never_repeats_itself(desk: Desk) -> None:
    heartbeat = Heartbeat(desk.database, ManualClock(WALL), TOPICS, "")
    await note(desk, WALL)
    async with desk.database.transaction() as connection:
        await connection.execute(
            "UPDATE claim_progress SET applied_through = $1 WHERE partition = 3", WALL - timedelta(hours=1)
        )
    assert await heartbeat.beat() == WALL - timedelta(hours=1, seconds=1)
    assert await heartbeat.beat() is None
    await note(desk, WALL - timedelta(hours=2))
    assert await heartbeat.beat() is None


async def test_the_margin_is_a_second_of_the_wall_however_fast_domain_time_runs(desk: Desk) -> None:
    origin = datetime(2027, 1, 1, tzinfo=UTC)
    clock = ScaledClock(rate=3600, origin=origin, origin_wall=WALL)
    await note(desk, WALL + timedelta(seconds=5))
    # The wall of this clock is today's, so the partitions' instant is the earlier one.
    assert await Heartbeat(desk.database, clock, TOPICS, "").beat() == origin + timedelta(hours=4)


async def test_a_heartbeat_waits_for_the_commands_in_flight(desk: Desk) -> None:
    heartbeat = Heartbeat(desk.database, ManualClock(WALL), TOPICS, "")
    await note(desk, WALL)
    async with desk.database.transaction() as command:
        await locks.share_commands(command)
        beating = asyncio.create_task(heartbeat.beat())

        async def is_waiting() -> None:
            waiting = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
            assert await desk.database.pool.fetchval(waiting) == 1

        await chassis_testing.eventually(is_waiting)
        assert not beating.done()
        await command.execute("INSERT INTO outbox (topic, headers) VALUES ('command', '')")
    assert await beating is not None
    topics = [row["topic"] for row in await desk.database.pool.fetch("SELECT topic FROM outbox ORDER BY id")]
    assert topics == ["command"] + [str(TopicFamily.HAZARD)] * PARTITIONS
