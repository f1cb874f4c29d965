"""Promise P7: what can't be processed is kept, counted, replayable, and never takes its neighbours along."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from msgspec.structs import replace

from services.chassis.consuming import dead_letters, replay
from services.chassis.consuming.batches import Ordering
from services.chassis.consuming.deliveries import RawRecord
from services.chassis.process.clock import SystemClock
from services.chassis.publishing.outbox import OutboxMessage
from services.chassis.publishing.producer import MOST_BYTES, ReliableProducer, bytes_of
from services.chassis.publishing.relay import Relay
from services.chassis.storage.database import connect
from services.chassis.testing.in_process import InProcess, working
from services.chassis.testing.kafka import eventually, publish, read_records
from services.chassis.testing.workers import Workers, rectified


async def held(workers: Workers, number: int) -> list[tuple[int, str]]:
    rows = await workers.fetch("SELECT id, code FROM dead_letter WHERE state = 'held' ORDER BY id")
    assert len(rows) >= number
    return [(row["id"], row["code"]) for row in rows]


async def effects_of(workers: Workers, number: int) -> list[str]:
    effects = await workers.effects()
    assert len(effects) == number
    return [event_id for _, event_id in effects]


async def publish_raw(workers: Workers, value: bytes, headers: list[tuple[str, bytes]]) -> None:
    producer = ReliableProducer(workers.bootstrap, "test")
    assert await producer.publish([OutboxMessage(f"{workers.prefix}in", b"K9", value, headers)]) == [None]
    await producer.stop()


async def test_poison_bugs_and_garbage_are_kept_with_their_bytes_and_neighbours_go_on(workers: Workers) -> None:
    good = [rectified("K1"), rectified("K1"), rectified("K2")]
    bad = [rectified("K1", measures="poison"), rectified("K2", measures="bug")]
    await publish(workers.bootstrap, f"{workers.prefix}in", [good[0], bad[0], good[1], bad[1], good[2]])
    await publish_raw(workers, b"\xff not json", [("ce_id", b"\xff")])
    with workers.worker():
        letters = await eventually(lambda: held(workers, 3))
        assert sorted(code for _, code in letters) == ["bad-encoding", "no-good", "unexpected-error"]
        assert sorted(await eventually(lambda: effects_of(workers, 3))) == sorted(event.id for event in good)

        async def in_topic() -> None:
            records = await read_records(workers.bootstrap, f"{workers.prefix}worker.dlq.v1")
            assert len(records) == 3
            assert b"\xff not json" in {record.value for record in records}
            assert all(dict(record.headers)["duban_origin"].decode().startswith(workers.prefix) for record in records)

        await eventually(in_topic)


async def test_a_consumer_that_would_drain_its_topic_stands_still_until_someone_decides(workers: Workers) -> None:
    limit = dead_letters.DeadLetterLimit().count
    events = [rectified(f"K{n}", measures="poison") for n in range(limit + 20)]
    good = rectified("K-good")
    await publish(workers.bootstrap, f"{workers.prefix}in", events)
    with workers.worker():
        kept = await eventually(lambda: held(workers, limit))
        assert limit <= len(kept) < limit + 10, "it stops with the batch that reached the limit"
        await workers.fetch("UPDATE dead_letter SET created_at = created_at - interval '1 day'")
        await publish(workers.bootstrap, f"{workers.prefix}in", [good])
        await eventually(lambda: _says(workers, b"consumer stands still", 2))
        assert await held(workers, limit) == kept, "time alone decides nothing"
        database = await connect(workers.dsn, application_name="test")
        async with database.transaction() as connection:
            for letter, _ in kept:
                await replay.drop(connection, letter, "operator-1")
        await database.close()
        assert await eventually(lambda: effects_of(workers, 1)) == [good.id]


def _says(workers: Workers, words: bytes, times: int) -> None:
    assert workers.log_of(0).read_bytes().count(words) >= times


async def test_a_gap_parks_what_is_ahead_and_dropping_the_dead_letter_lets_it_go(workers: Workers) -> None:
    versions = [
        rectified("K1", version=1),
        rectified("K1", version=2, measures="poison"),
        rectified("K1", version=3),
        rectified("K1", version=4),
    ]
    await publish(workers.bootstrap, f"{workers.prefix}in", versions)
    with workers.worker(DUBAN_ORDERING="VERSION"):
        (letter, _), *_ = await eventually(lambda: held(workers, 1))

        async def parked() -> None:
            assert len(await workers.fetch("SELECT 1 FROM parked_event")) == 2

        await eventually(parked)
        assert await effects_of(workers, 1) == [versions[0].id]
        database = await connect(workers.dsn, application_name="test")
        async with database.transaction() as connection:
            await replay.drop(connection, letter, "operator-1")
        await database.close()
        assert await eventually(lambda: effects_of(workers, 3)) == [versions[0].id, versions[2].id, versions[3].id]
        assert not await workers.fetch("SELECT 1 FROM parked_event")


async def test_a_reinserted_dead_letter_is_taken_in_like_any_other_event(workers: Workers) -> None:
    event = rectified("K1", measures="poison")
    await publish(workers.bootstrap, f"{workers.prefix}in", [event])
    with workers.worker():
        (letter, _), *_ = await eventually(lambda: held(workers, 1))
        database = await connect(workers.dsn, application_name="test")
        async with database.transaction() as connection:
            await replay.reinsert(connection, letter, "operator-1")
        await database.close()

        async def again() -> None:
            states = [r["state"] for r in await workers.fetch("SELECT state FROM dead_letter ORDER BY id")]
            assert states == ["reinserted", "held"]

        await eventually(again)


async def test_records_with_nothing_in_them_and_records_of_the_greatest_size_are_kept_too(workers: Workers) -> None:
    big = b"x" * 990_000
    await publish_raw(workers, big, [])
    with workers.worker():
        # aiokafka sends no record without key and value; other clients do.
        database = await connect(workers.dsn, application_name="test")
        await eventually(lambda: held(workers, 1))
        async with database.transaction() as connection:
            nothing = RawRecord(f"{workers.prefix}in", 0, 10**6, datetime.now(UTC), None, None, [])
            assert await dead_letters.write(
                connection, "worker", workers.prefix, dead_letters.DeadLetter(nothing, "bad-envelope", "data")
            )
        await database.close()

        async def in_topic() -> None:
            records = await read_records(workers.bootstrap, f"{workers.prefix}worker.dlq.v1")
            assert [len(record.value or b"") for record in records] == [0, 0]

        await eventually(in_topic)
    assert [len(row["value"] or b"") for row in await workers.fetch("SELECT value FROM dead_letter ORDER BY id")] == [
        len(big),
        0,
    ]


async def test_a_letter_that_no_relay_could_send_is_not_reinserted_and_one_that_just_can_is(
    in_process: InProcess,
) -> None:
    def record(offset: int, size: int) -> RawRecord:
        return RawRecord(f"{in_process.prefix}in", 0, offset, datetime.now(UTC), b"K1", b"x" * size, [("n", b"\xff")])

    empty = OutboxMessage("", b"K1", b"", [("n", b"\xff")])
    # The length of a value of this size takes two bytes more than that of an empty one.
    fits = MOST_BYTES - bytes_of(empty) - 2
    async with in_process.database.transaction() as connection:
        for offset, size in ((1, fits), (2, fits + 1)):
            letter = dead_letters.DeadLetter(record(offset, size), "unexpected-error", "a bug")
            await dead_letters.write(connection, "worker", in_process.prefix, letter)
        await connection.execute("DELETE FROM outbox")
        one, other = await replay.select(connection, replay.Selection(consumer="worker"))
        await replay.reinsert(connection, one, "operator-1")
    with pytest.raises(replay.TooLarge, match=f"dead letter {other} has 1000001 bytes; at most 1000000 can be sent"):
        async with in_process.database.transaction() as connection:
            await replay.reinsert(connection, other, "operator-1")
    assert await in_process.value("SELECT array_agg(state ORDER BY id) FROM dead_letter") == ["reinserted", "held"]
    relay = Relay(database=in_process.database, bootstrap=in_process.bootstrap, service="test", clock=SystemClock())

    async def carried() -> None:
        assert await in_process.value("SELECT count(*) FROM outbox") == 0

    async with working(relay.run):
        await eventually(carried)


async def test_letters_dropped_out_of_turn_leave_no_gap_behind(in_process: InProcess) -> None:
    events = [rectified("K1", version=version) for version in range(1, 6)]
    broken = {2, 3}
    wrong = [replace(e, data=b"{}") if e.aggregateversion in broken else e for e in events]
    await publish(in_process.bootstrap, f"{in_process.prefix}in", wrong)
    relay = Relay(database=in_process.database, bootstrap=in_process.bootstrap, service="test", clock=SystemClock())
    async with working(relay.run), working(in_process.consumer(ordering=Ordering.VERSION).run):

        async def two_held() -> list[int]:
            async with in_process.database.acquire() as connection:
                rows = await connection.fetch("SELECT id FROM dead_letter WHERE state = 'held' ORDER BY id")
                parked = await connection.fetchval("SELECT count(*) FROM parked_event")
            assert (len(rows), parked) == (2, 2)
            return [row["id"] for row in rows]

        second, third = await eventually(two_held)
        for letter in (third, second):
            async with in_process.database.transaction() as connection:
                await replay.drop(connection, letter, "operator-1")
        assert await in_process.effects(3) == [events[0].id, events[3].id, events[4].id]
    assert await in_process.value("SELECT version FROM aggregate_version") == 5
    assert await in_process.value("SELECT count(*) FROM parked_event") == 0
