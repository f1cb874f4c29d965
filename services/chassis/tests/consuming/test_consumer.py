"""The consumer loop: what is retried, what is skipped, what stops it, and how it is stopped."""

from __future__ import annotations

import asyncio
import signal
import time
from functools import partial
from typing import TYPE_CHECKING

import asyncpg
import msgspec
import pytest

from duban_contracts.cloudevents import CloudEvent, to_kafka
from services.chassis.consuming import consumer as consumer_module
from services.chassis.consuming.batches import Ordering, RefusedRecord
from services.chassis.consuming.deliveries import Delivery
from services.chassis.consuming.errors import Retryable, Stalled
from services.chassis.consuming.observer import Observer
from services.chassis.process.ending import EXIT_ROLE_DIED
from services.chassis.publishing.administrator import administrator
from services.chassis.publishing.outbox import OutboxMessage
from services.chassis.publishing.producer import ReliableProducer
from services.chassis.storage.database import Connection
from services.chassis.testing.in_process import InProcess, working
from services.chassis.testing.kafka import eventually, publish
from services.chassis.testing.workers import Workers, rectified

if TYPE_CHECKING:
    from collections.abc import Sequence


async def send(in_process: InProcess, messages: Sequence[OutboxMessage]) -> None:
    producer = ReliableProducer(in_process.bootstrap, "test")
    assert not any(await producer.publish(messages))
    await producer.stop()


def message(in_process: InProcess, event: CloudEvent, *extra: tuple[str, bytes]) -> OutboxMessage:
    key, value, headers = to_kafka(event)
    return OutboxMessage(f"{in_process.prefix}in", key, value, [*headers, *extra])


async def test_what_is_retryable_is_tried_again_in_place_and_its_partition_waits(in_process: InProcess) -> None:
    events = [rectified("K1", measures=str(n)) for n in range(5)]
    failures = 3

    async def away(_: Connection, delivery: Delivery) -> None:
        nonlocal failures
        if delivery.event.id == events[2].id and failures:
            failures -= 1
            raise Retryable("the channel is away")

    in_process.step = away
    await publish(in_process.bootstrap, f"{in_process.prefix}in", events)
    async with working(in_process.consumer(max_records=1).run):
        assert await in_process.effects(5) == [event.id for event in events]
    assert failures == 0
    assert await in_process.value("SELECT count(*) FROM dead_letter") == 0


async def test_a_refused_password_is_no_reason_to_give_events_up(in_process: InProcess) -> None:
    """Errors of getting at the database are not the event's fault, whatever class they are of."""
    lost = [
        asyncpg.InvalidCachedStatementError("plan"),
        asyncpg.OutOfMemoryError("53200"),
        asyncpg.PostgresIOError("io"),
    ]

    async def step(_: Connection, __: Delivery) -> None:
        if lost:
            raise lost.pop()

    in_process.step = step
    await publish(in_process.bootstrap, f"{in_process.prefix}in", [rectified("K1")])
    async with working(in_process.consumer().run):
        await in_process.effects(1)
    assert await in_process.value("SELECT count(*) FROM dead_letter") == 0


async def test_a_bug_met_by_a_released_event_is_charged_to_that_event(in_process: InProcess) -> None:
    events = [rectified("K1", version=version) for version in (1, 2, 3, 4)]

    async def bug(_: Connection, delivery: Delivery) -> None:
        if delivery.event.aggregateversion == 3:
            raise ValueError("a bug in the handler")

    in_process.step = bug
    consumer = in_process.consumer(ordering=Ordering.VERSION, max_records=1)
    await publish(in_process.bootstrap, f"{in_process.prefix}in", [events[i] for i in (0, 2, 3, 1)])
    async with working(consumer.run):
        assert await in_process.effects(2) == [events[0].id, events[1].id]

        async def held() -> None:
            assert await in_process.value("SELECT count(*) FROM dead_letter") == 1

        await eventually(held)
    row = await in_process.value("SELECT value FROM dead_letter")
    assert row == events[2].data
    assert await in_process.value('SELECT "offset" FROM dead_letter') == 1, "the third version was published second"
    assert await in_process.value("SELECT count(*) FROM parked_event") == 1


async def test_headers_that_are_no_text_stop_nobody(in_process: InProcess) -> None:
    event = rectified("K1")
    await send(in_process, [message(in_process, event, ("traceparent", b"\xff\xfe"), ("x", b"\x00"))])
    await send(in_process, [message(in_process, rectified("K1"))])
    async with working(in_process.consumer().run):
        await in_process.effects(1)

        async def held() -> None:
            assert await in_process.value("SELECT code FROM dead_letter") == "bad-encoding"

        await eventually(held)


async def test_unknown_event_types_are_skipped_but_their_version_counts(in_process: InProcess) -> None:
    known = [rectified("K1", version=1), rectified("K1", version=3)]
    future = msgspec.structs.replace(rectified("K1", version=2), type="duban.hazard.from-the-future.v9")
    await publish(in_process.bootstrap, f"{in_process.prefix}in", [known[0], future, known[1]])
    async with working(in_process.consumer(ordering=Ordering.VERSION).run):
        assert await in_process.effects(2) == [event.id for event in known]
    assert await in_process.value("SELECT version FROM aggregate_version") == 3
    assert await in_process.value("SELECT count(*) FROM dead_letter") == 0


async def test_what_is_no_event_is_refused_once_in_the_transaction_that_keeps_it(in_process: InProcess) -> None:
    refused: list[tuple[str, str | None]] = []

    async def refuse(_: Connection, found: Sequence[RefusedRecord]) -> None:
        refused.extend((one.why.code, one.event.id if one.event else None) for one in found)

    unknown = msgspec.structs.replace(rectified("K1"), type="duban.hazard.from-the-future.v9")
    await publish(in_process.bootstrap, f"{in_process.prefix}in", [unknown, rectified("K1")])
    async with working(in_process.consumer(refuse=refuse).run):
        await in_process.effects(1)
    assert refused == [("unknown-event-type", unknown.id)]
    assert await in_process.value("SELECT refused FROM dead_letter")
    # Read again from the start, as after a crash between the two commits: kept once, answered once.
    async with in_process.database.acquire() as connection:
        await connection.execute("UPDATE dead_letter SET consumer = 'again'")
        await connection.execute("UPDATE inbox SET consumer = 'again'")
    again = in_process.consumer("again", refuse=refuse)
    caught_up: asyncio.Event = asyncio.Event()

    async def progress(_: Connection, through: object) -> None:
        caught_up.set()

    again = in_process.consumer("again", refuse=refuse, progress=progress)
    async with working(again.run):
        await asyncio.wait_for(caught_up.wait(), 150)

        async def read() -> None:
            assert await in_process.value("SELECT count(*) FROM effect") == 1

        await eventually(read)
    assert len(refused) == 1


async def test_work_that_does_not_move_is_a_stall_and_its_stacks_are_dumped(
    in_process: InProcess, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    late = 0.0

    async def hang(_: Connection, __: Delivery) -> None:
        nonlocal late
        late = 7200.0
        await asyncio.Event().wait()

    # Two hours pass at once; that the process stood still meanwhile, it does not know.
    monkeypatch.setattr(Observer, "overslept", lambda *_, **__: None)
    monkeypatch.setattr(consumer_module, "Observer", partial(Observer, steady=lambda: time.monotonic() + late))
    in_process.step = hang
    await publish(in_process.bootstrap, f"{in_process.prefix}in", [rectified("K1")])
    with pytest.raises(Stalled):
        await asyncio.wait_for(in_process.consumer().run(asyncio.Event()), 120)
    assert "in hang" in capfd.readouterr().err


async def test_whoever_watches_is_told_that_what_is_away_is_waited_for(
    in_process: InProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries, told = 0, 0

    def waits(_: Observer) -> None:
        nonlocal told
        told += 1

    async def away(_: Connection, __: Delivery) -> None:
        nonlocal tries
        tries += 1
        if tries <= 3:
            raise Retryable("away")

    monkeypatch.setattr(Observer, "waits", waits)
    in_process.step = away
    await publish(in_process.bootstrap, f"{in_process.prefix}in", [rectified("K1")])
    async with working(in_process.consumer().run):
        await in_process.effects(1)
    assert told == 3


async def members(workers: Workers) -> int:
    """How many members the worker's group has."""
    async with administrator(workers.bootstrap) as admin:
        (answer,) = await admin.describe_consumer_groups([f"{workers.prefix}worker"])
    ((_, _, _, _, _, found, *_),) = answer.groups
    return len(found)


async def test_sigterm_finishes_the_batch_in_hand_and_leaves_the_group_at_once(workers: Workers) -> None:
    events = [rectified(f"K{n}", measures="slow" if n == 0 else "fast") for n in range(8)]
    await publish(workers.bootstrap, f"{workers.prefix}in", events)
    process = workers.start(DUBAN_SLOW_SECONDS="1.0", DUBAN_SESSION_TIMEOUT="120")
    log = workers.log_of(0)

    def in_hand() -> None:
        assert b"slow event in hand" in log.read_bytes()

    await eventually(in_hand)
    assert await members(workers) == 1
    process.send_signal(signal.SIGTERM)
    assert process.wait(120) == 0
    assert (events[0].subject, events[0].id) in await workers.effects()
    # Nobody waits for the session of a member that said good-bye: two minutes.
    assert await members(workers) == 0
    with workers.worker():

        async def all_there() -> None:
            assert len(await workers.effects()) == len(events)

        await eventually(all_there)


async def test_a_role_that_dies_again_and_again_takes_the_process_down_with_its_reason(workers: Workers) -> None:
    process = workers.start(DUBAN_DIE="1")
    assert process.wait(120) == EXIT_ROLE_DIED
    last = workers.log_of(0).read_bytes().splitlines()
    assert sum(b"role is started again" in line for line in last) == 3
    assert any(b"role doomed died" in line and b"no longer any point" in line for line in last)
