"""The heartbeat: how far the counties' topics are read, and never further (promise P3)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
import pytest_asyncio
from aiokafka import TopicPartition

from duban_contracts.codec import decode
from duban_contracts.events.heartbeat import LedgerHeartbeat
from duban_contracts.topics import PARTITIONS, TopicFamily
from services.chassis.consuming import progress
from services.chassis.consuming.host_clock import HostClock
from services.chassis.consuming.progress import NOTHING_KNOWN
from services.chassis.process.clock import Clock, ScaledClock
from services.chassis.publishing.broker_clock import BrokerClock
from services.chassis.testing.clock import ManualClock
from services.chassis.testing.kafka import eventually
from services.ledger.freshness.handlers import CONSUMER, Freshness, beat
from services.ledger.freshness.jobs import NoteBrokerClock, beat_once
from services.ledger.hazards.handlers.journal import writing
from services.ledger.history.tables import locks
from services.ledger.tests.in_process import InProcess

pytestmark = pytest.mark.promise("P3")
WALL = datetime(2026, 11, 21, 4, 0, 10, tzinfo=UTC)
TOPICS = {"140502": "county.140502.v1", "140521": "county.140521.v1"}
SECOND = timedelta(seconds=1)


@pytest_asyncio.fixture(autouse=True)
async def unknown(ledger: InProcess) -> AsyncIterator[None]:
    """Nothing is known of any partition, and nothing was said."""
    await ledger.pool.execute("DELETE FROM consumer_progress")
    await ledger.pool.execute("DELETE FROM heartbeat")
    await ledger.pool.execute("DELETE FROM broker_clock")
    yield
    # What is measured here as bad would hold up whoever comes next.
    await ledger.pool.execute("DELETE FROM broker_clock")


async def note(ledger: InProcess, instant: datetime, counties: Iterable[str] = TOPICS) -> None:
    async with ledger.database.transaction() as connection:
        read = {TopicPartition(TOPICS[county], 0): instant for county in counties}
        await progress.note(connection, read, consumer=CONSUMER)


async def beats(ledger: InProcess, clock: Clock | None = None, *, host: HostClock | None = None) -> datetime | None:
    freshness = Freshness(
        clock=clock or ManualClock(WALL),
        topics=TOPICS,
        hazard_topic=TopicFamily.HAZARD,
        host_clock=host or HostClock(),
    )
    async with ledger.database.transaction() as connection:
        return await beat(connection, freshness=freshness)


async def said_last(ledger: InProcess) -> LedgerHeartbeat:
    data = decode((await ledger.said(TopicFamily.HAZARD))[-1])
    assert isinstance(data, LedgerHeartbeat)
    return data


async def test_there_is_no_heartbeat_while_nothing_is_known_and_then_one_on_every_partition(ledger: InProcess) -> None:
    assert await beats(ledger) is None
    await note(ledger, WALL)
    before = len(await ledger.said(TopicFamily.HAZARD))
    assert await beats(ledger) == WALL - SECOND
    assert len(await ledger.said(TopicFamily.HAZARD)) == before + PARTITIONS
    newest = "SELECT partition FROM (SELECT id, partition FROM outbox ORDER BY id DESC LIMIT $1) AS last ORDER BY id"
    assert [row["partition"] for row in await ledger.pool.fetch(newest, PARTITIONS)] == list(range(PARTITIONS))
    assert (await said_last(ledger)).behind == {}


async def test_a_county_that_is_not_known_or_slow_is_behind_and_holds_back_nobody(ledger: InProcess) -> None:
    await note(ledger, WALL, ["140502"])
    assert await beats(ledger) == WALL - SECOND
    assert (await said_last(ledger)).behind == {"140521": NOTHING_KNOWN}
    await note(ledger, WALL - timedelta(hours=1), ["140521"])
    await note(ledger, WALL + SECOND, ["140502"])
    assert await beats(ledger, ManualClock(WALL + SECOND)) == WALL
    assert (await said_last(ledger)).behind == {"140521": WALL - timedelta(hours=1, seconds=1)}


async def test_a_heartbeat_never_repeats_itself_nor_takes_anything_back(ledger: InProcess) -> None:
    await note(ledger, WALL - SECOND)
    assert await beats(ledger) == WALL - 2 * SECOND
    assert await beats(ledger) is None
    # An instance that is behind takes nothing back.
    await note(ledger, WALL - timedelta(hours=2))
    assert await beats(ledger) is None
    await note(ledger, WALL)
    assert await beats(ledger) == WALL - SECOND


async def test_a_heartbeat_never_runs_ahead_of_our_own_clock(ledger: InProcess) -> None:
    await note(ledger, WALL + timedelta(minutes=5))
    assert await beats(ledger) == WALL - SECOND


@pytest.mark.parametrize("ahead", [-120.0, 120.0])
async def test_while_a_brokers_clock_is_apart_from_ours_no_heartbeat_advances(ledger: InProcess, ahead: float) -> None:
    await note(ledger, WALL)
    assert await beats(ledger) == WALL - SECOND
    clocks = BrokerClock()
    noting = NoteBrokerClock(ledger.database, clocks)
    clocks.note(clocks.now(), clocks.now(), [clocks.now() + ahead])
    await noting.once()
    await note(ledger, WALL + 5 * SECOND)
    later = ManualClock(WALL + 5 * SECOND)
    assert await beats(ledger, later) is None
    # It says nothing of anybody, but it goes out: so the clocks are measured again.
    assert await said_last(ledger) == LedgerHeartbeat(
        applied_through=WALL - SECOND, behind=dict.fromkeys(TOPICS, NOTHING_KNOWN)
    )
    clocks.note(clocks.now(), clocks.now(), [clocks.now() + 0.2])
    await noting.once()
    assert await beats(ledger, later) == WALL + 4 * SECOND


async def test_the_newest_measurement_counts_whatever_the_clock_said_that_made_it(ledger: InProcess) -> None:
    await note(ledger, WALL)
    assert await beats(ledger) == WALL - SECOND
    clocks = BrokerClock()
    noting = NoteBrokerClock(ledger.database, clocks)
    await note(ledger, WALL + SECOND)
    # The host was two hours ahead, and is set back.
    ahead = clocks.now() + 7200
    clocks.note(ahead, ahead, [ahead - 7200])
    await noting.once()
    assert await beats(ledger, ManualClock(WALL + SECOND)) is None
    clocks.note(clocks.now(), clocks.now(), [clocks.now()])
    await noting.once()
    assert await beats(ledger, ManualClock(WALL + SECOND)) == WALL


async def test_a_bad_measurement_holds_until_a_good_one_comes(ledger: InProcess) -> None:
    await note(ledger, WALL)
    assert await beats(ledger) == WALL - SECOND
    clocks = BrokerClock()
    then = clocks.now() - 3600
    clocks.note(then, then, [then + 120])
    await NoteBrokerClock(ledger.database, clocks).once()
    await note(ledger, WALL + SECOND)
    assert await beats(ledger, ManualClock(WALL + SECOND)) is None


async def test_a_clock_that_steps_ahead_moves_no_fence_though_the_last_measurement_was_good(ledger: InProcess) -> None:
    await note(ledger, WALL)
    wall = float(int(BrokerClock.now()))
    host = HostClock(wall=lambda: wall, steady=lambda: 0.0)
    assert await beats(ledger, host=host) == WALL - SECOND
    clocks = BrokerClock()
    clocks.note(wall, wall, [wall])
    await NoteBrokerClock(ledger.database, clocks).once()
    hours = timedelta(hours=2)
    wall += hours.total_seconds()
    await note(ledger, WALL + hours)
    assert await beats(ledger, ManualClock(WALL + hours), host=host) is None
    assert await ledger.pool.fetchval("SELECT applied_through FROM heartbeat") == WALL - SECOND
    # It is set right: what was noted ahead is no evidence of anything.
    wall -= hours.total_seconds()
    assert await beats(ledger, ManualClock(WALL + 5 * SECOND), host=host) is None
    clocks.note(wall, wall, [wall])
    await NoteBrokerClock(ledger.database, clocks).once()
    assert await beats(ledger, ManualClock(WALL + 60 * SECOND), host=host) is None, "whoever is stuck is not overtaken"
    await note(ledger, WALL + 60 * SECOND)
    assert await beats(ledger, ManualClock(WALL + 61 * SECOND), host=host) == WALL + 59 * SECOND


async def test_the_margin_is_a_second_of_the_wall_however_fast_domain_time_runs(ledger: InProcess) -> None:
    origin = datetime(2027, 1, 1, tzinfo=UTC)
    clock = ScaledClock(rate=3600, origin=origin, origin_wall=WALL)
    await note(ledger, WALL + timedelta(seconds=5))
    # The wall of this clock is today's, so the partitions' instant is the earlier one.
    assert await beats(ledger, clock) == origin + timedelta(hours=4)


async def test_a_hazard_that_somebody_holds_keeps_no_stranger_and_no_fence_waiting(ledger: InProcess) -> None:
    held, other, *free = [(await ledger.registered())["number"] for _ in range(5)]
    await note(ledger, WALL)
    body = {"grade": "general", "responsible_unit": "fire_rescue", "deadline_on": ledger.in_days(9)}
    waiting_for_it = """SELECT count(*) FROM pg_stat_activity
         WHERE datname = current_database() AND wait_event_type = 'Lock' AND wait_event <> 'advisory'"""

    async def somebody_waits() -> None:
        assert await ledger.pool.fetchval(waiting_for_it) > 0

    async def the_fence_moves() -> None:
        assert await beats(ledger) == WALL - SECOND

    async with ledger.database.transaction() as connection:
        await connection.execute("SELECT FROM hazard WHERE number = $1 FOR UPDATE", held)
        confirming = [asyncio.create_task(ledger.post(held, "confirm", body)) for _ in range(5)]
        merging = asyncio.create_task(ledger.post(other, "merge", {"into": held, "reason": "重复"}))
        await eventually(somebody_waits)
        for stranger in free:
            assert (await ledger.post(stranger, "confirm", body)).status_code == 200
        await eventually(somebody_waits)
        await eventually(the_fence_moves)
        assert not any(task.done() for task in (*confirming, merging))
    assert sorted([answer.status_code for answer in await asyncio.gather(*confirming)]) == [200, 409, 409, 409, 409]
    assert (await merging).status_code == 200


async def test_a_heartbeat_never_overtakes_a_command_in_flight_and_makes_nobody_else_wait_for_it(
    ledger: InProcess,
) -> None:
    await note(ledger, WALL)
    freshness = Freshness(clock=ManualClock(WALL), topics=TOPICS, hazard_topic=TopicFamily.HAZARD)
    before = len(await ledger.said(TopicFamily.HAZARD))
    async with (
        ledger.database.transaction() as command,
        writing(command, ledger=ledger.ledger, commands=True) as journal,
    ):
        await beat_once(ledger.database, freshness=freshness)
        async with ledger.database.transaction() as other:
            await locks.share_commands(other)
        assert len(await ledger.said(TopicFamily.HAZARD)) == before
        journal.send("command", msgspec.structs.replace((await ledger.said())[0], id="the command"))
    await beat_once(ledger.database, freshness=freshness)
    last = "SELECT topic FROM (SELECT id, topic FROM outbox ORDER BY id DESC LIMIT $1) AS last ORDER BY id"
    topics = [row["topic"] for row in await ledger.pool.fetch(last, PARTITIONS + 1)]
    assert topics == ["command"] + [str(TopicFamily.HAZARD)] * PARTITIONS
