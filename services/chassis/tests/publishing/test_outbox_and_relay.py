"""Events on their way out: byte for byte, in order, by one owner, whatever becomes of broker and session."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.local import ephemeral
from deploy.local.ephemeral import KafkaCluster
from deploy.local.ports import free_ports
from duban_contracts.topics import Topic
from services.chassis.consuming.deliveries import Delivery
from services.chassis.process.clock import SystemClock
from services.chassis.publishing import envelopes
from services.chassis.publishing.envelopes import new_event, uuid7
from services.chassis.publishing.outbox import OutboxMessage, outgoing, pack_headers, unpack_headers
from services.chassis.publishing.producer import NotAcknowledged, ReliableProducer
from services.chassis.publishing.relay import _OWNER_LOCK, Relay, _prefix_per_key
from services.chassis.storage.database import Connection, Database, connect
from services.chassis.telemetry import metrics, tracing
from services.chassis.testing.in_process import InProcess, prepare, working
from services.chassis.testing.kafka import create_topics, eventually, read_all, read_records
from services.chassis.testing.workers import rectified

HEADERS = st.lists(st.tuples(st.text(max_size=30), st.binary(max_size=60)), max_size=8)


@given(HEADERS)
def test_headers_come_back_as_they_were_in_order_and_bytes(headers: list[tuple[str, bytes]]) -> None:
    assert unpack_headers(pack_headers(headers)) == headers


@given(st.lists(st.tuples(st.sampled_from("abc"), st.booleans()), max_size=40))
def test_what_is_deleted_is_acknowledged_with_nothing_unacknowledged_before_it_on_its_key(
    sent: list[tuple[str, bool]],
) -> None:
    rows: list[Any] = [{"id": i, "topic": "t", "key": key.encode()} for i, (key, _) in enumerate(sent)]
    deleted = _prefix_per_key(rows, [None if acked else NotAcknowledged("x") for _, acked in sent])
    for key in "abc":
        mine = [(i, acked) for i, (k, acked) in enumerate(sent) if k == key]
        prefix = next((n for n, (_, acked) in enumerate(mine) if not acked), len(mine))
        assert [i for i in deleted if sent[i][0] == key] == [i for i, _ in mine[:prefix]]


def test_event_ids_are_version_7_and_rise_with_time(monkeypatch: pytest.MonkeyPatch) -> None:
    instants = iter(range(1_780_000_000_000_000_000, 1_780_000_000_010_000_000, 1_000_000))
    monkeypatch.setattr(envelopes, "wall_time", SimpleNamespace(time_ns=lambda: next(instants)))
    ids = [uuid7() for _ in range(10)]
    assert ids == sorted(ids)
    assert [found.int >> 80 for found in ids] == list(range(1_780_000_000_000, 1_780_000_000_010))
    assert {(found.version, found.variant) for found in ids} == {(7, UUID(int=0x8 << 60).variant)}


def relay(in_process: InProcess, database: Database | None = None) -> Relay:
    return Relay(
        database=database or in_process.database, bootstrap=in_process.bootstrap, service="test", clock=SystemClock()
    )


def numbered(in_process: InProcess, numbers: Sequence[int]) -> list[OutboxMessage]:
    return [
        OutboxMessage(f"{in_process.prefix}out", f"K{n % 3}".encode(), str(n).encode(), [("n", b"\xff")])
        for n in numbers
    ]


async def empty(in_process: InProcess) -> None:
    assert await in_process.value("SELECT count(*) FROM outbox") == 0


async def carried(in_process: InProcess) -> list[int]:
    return [int(record.value or b"") for record in await read_records(in_process.bootstrap, f"{in_process.prefix}out")]


async def test_records_arrive_byte_for_byte_in_order_and_where_they_were_addressed(in_process: InProcess) -> None:
    odd = [
        OutboxMessage(
            f"{in_process.prefix}out", None, None, [("bin", bytes(range(256))), ("dup", b"1"), ("dup", b"2")], 2
        ),
        OutboxMessage(f"{in_process.prefix}out", b"\x00\xff", b"\xfe", [], 1),
    ]
    await in_process.append(odd)
    await in_process.append(numbered(in_process, range(2500)))
    async with working(relay(in_process).run):
        await eventually(lambda: empty(in_process))
    records = await read_records(in_process.bootstrap, f"{in_process.prefix}out")
    empty_one = next(record for record in records if record.value == b"")
    assert (empty_one.partition, empty_one.key, list(empty_one.headers)) == (2, None, list(odd[0].headers))
    binary = next(record for record in records if record.key == b"\x00\xff")
    assert (binary.partition, binary.value) == (1, b"\xfe")
    per_key: dict[bytes | None, list[int]] = {}
    for record in records:
        if record.value not in (b"", b"\xfe"):
            per_key.setdefault(record.key, []).append(int(record.value or b""))
    assert per_key == {f"K{k}".encode(): list(range(k, 2500, 3)) for k in range(3)}


async def test_a_second_relay_stands_by_and_takes_over_when_the_firsts_session_dies(
    in_process: InProcess, database: str
) -> None:
    second = await connect(database, application_name="second")
    async with working(relay(in_process).run):
        await in_process.append(numbered(in_process, range(3)))
        await eventually(lambda: empty(in_process))
        async with working(relay(in_process, second).run):

            async def owner() -> tuple[int, str]:
                row = await in_process.database.pool.fetchrow(
                    """SELECT l.pid, a.application_name FROM pg_locks l JOIN pg_stat_activity a USING (pid)
                        WHERE l.locktype = 'advisory' AND a.datname = current_database()"""
                )
                assert row is not None
                return row["pid"], row["application_name"]

            pid, name = await owner()
            assert name == "inside"
            # Keep the first from coming back before the second has looked.
            await in_process.value("SELECT pg_terminate_backend($1)", pid)
            await in_process.append(numbered(in_process, range(3, 6)))
            await eventually(lambda: empty(in_process))
            assert (await owner())[0] != pid
    await second.close()
    assert sorted(await carried(in_process)) == list(range(6))


@pytest.fixture(scope="module")
def own_kafka() -> Iterator[KafkaCluster]:
    with ephemeral.kafka() as cluster:
        yield cluster


def pending_is(number: int) -> None:
    assert metrics.OUTBOX_PENDING._value.get() == number


async def test_a_broker_that_freezes_costs_a_bounded_time_and_then_everything_arrives(
    own_kafka: KafkaCluster, database: str, topic_prefix: str
) -> None:
    await create_topics(own_kafka.bootstrap, [Topic(f"{topic_prefix}out", -1, partitions=2)])
    in_process = await prepare(own_kafka.bootstrap, database, topic_prefix)
    producer = ReliableProducer(own_kafka.bootstrap, "test", timeout=1.0)
    assert await producer.publish(numbered(in_process, [0])) == [None]
    own_kafka.pause()
    async with asyncio.timeout(120):  # it is a second; without a bound of its own it would be for ever
        frozen = await producer.publish(numbered(in_process, [1, 2]))
    assert all(isinstance(result, NotAcknowledged) for result in frozen)
    carrying = relay(in_process)
    carrying._producer = ReliableProducer(own_kafka.bootstrap, "test-relay", timeout=1.0)
    async with working(carrying.run):
        await in_process.append(numbered(in_process, range(3, 9)))
        # Each try tells it anew; the gauge is the process' own, and a relay of another world may speak in between.
        await eventually(lambda: pending_is(6))
        assert await in_process.value("SELECT count(*) FROM outbox") == 6
        own_kafka.resume()
        await eventually(lambda: empty(in_process))
    rebuilt = await producer.publish(numbered(in_process, [9]))
    assert rebuilt == [None]
    await producer.stop()
    assert set(await carried(in_process)) >= {0, 3, 4, 5, 6, 7, 8, 9}
    await in_process.database.close()


async def test_a_broker_that_is_not_there_is_an_answer_within_the_time_limit() -> None:
    (port,) = free_ports(1)
    producer = ReliableProducer(f"127.0.0.1:{port}", "test", timeout=0.5)
    async with asyncio.timeout(120):
        results = await producer.publish([OutboxMessage("t", None, b"", [])] * 3)
    assert [isinstance(result, NotAcknowledged) for result in results] == [True] * 3
    await producer.stop()


async def test_one_trace_leads_from_the_request_through_kafka_to_the_next_event(in_process: InProcess) -> None:
    seen: list[str | None] = []

    async def step(_: Connection, delivery: Delivery) -> None:
        follow = new_event(
            delivery.data, source="/t", subject="s", key="s", time=datetime.now(UTC), cause=delivery.event
        )
        seen.extend((delivery.event.traceparent, tracing.current_traceparent(), follow.traceparent))
        assert follow.causationid == delivery.event.id
        assert follow.correlationid == delivery.event.id

    in_process.step = step
    trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    with tracing.span("HTTP POST", traceparent=f"00-{trace}-00f067aa0ba902b7-01"):
        event = rectified("K1")
        await in_process.append([outgoing(f"{in_process.prefix}in", event)])
    async with working(relay(in_process).run), working(in_process.consumer().run):
        await in_process.effects(1)
    (arrived,) = await read_all(in_process.bootstrap, f"{in_process.prefix}in")
    assert arrived == event
    assert [parent.split("-")[1] for parent in seen if parent] == [trace] * 3


async def test_publishing_reports_each_message_by_itself(in_process: InProcess) -> None:
    """One message too large for the broker fails with what follows in its topic; everything else is acknowledged."""
    producer = ReliableProducer(in_process.bootstrap, "test", timeout=5)
    big = OutboxMessage(f"{in_process.prefix}out", b"K1", b"x" * 1_000_001, [])
    other = OutboxMessage(f"{in_process.prefix}worker.dlq.v1", b"K1", b"x", [])
    nowhere = OutboxMessage(f"{in_process.prefix}out", b"K1", b"x", [], 99)
    results = await producer.publish([*numbered(in_process, [0]), big, other, *numbered(in_process, [1])])
    assert [result is None for result in results] == [True, False, True, False]
    assert [result is None for result in await producer.publish([nowhere])] == [False]
    assert await producer.publish(numbered(in_process, [2])) == [None]
    await producer.stop()


async def test_a_relay_that_stands_by_tells_of_the_outbox_too_since_the_owner_may_be_frozen(
    in_process: InProcess,
) -> None:
    await in_process.append([OutboxMessage(f"{in_process.prefix}out", b"K", b"waits", [])])
    written = await in_process.value("SELECT created_at FROM outbox")
    async with in_process.database.acquire() as owner:
        await owner.execute("SELECT pg_advisory_lock($1)", _OWNER_LOCK)

        async def tells(instant: float) -> None:
            assert metrics.OUTBOX_OLDEST._value.get() == instant

        async def has_moved_on() -> None:
            assert metrics.OUTBOX_OLDEST._value.get() > written.timestamp()

        async with working(relay(in_process).run):
            await eventually(lambda: tells(written.timestamp()))
            async with in_process.database.transaction() as connection:
                await connection.execute("DELETE FROM outbox")
            await eventually(has_moved_on)
        await owner.execute("SELECT pg_advisory_unlock($1)", _OWNER_LOCK)
