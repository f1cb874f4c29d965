"""Promise P7: what can't be processed is kept, counted, replayable, and never takes its neighbours along."""

from __future__ import annotations

from services.chassis import dead_letters
from services.chassis.database import connect
from services.chassis.outbox import OutboxMessage
from services.chassis.producer import ReliableProducer
from services.chassis.service import EXIT_ROLE_DIED
from services.chassis.testing import eventually, publish, read_records
from services.chassis.tests.conftest import Bench, rectified


async def held(bench: Bench, number: int) -> list[tuple[int, str]]:
    rows = await bench.fetch("SELECT id, code FROM dead_letter WHERE state = 'held' ORDER BY id")
    assert len(rows) >= number
    return [(row["id"], row["code"]) for row in rows]


async def effects_of(bench: Bench, number: int) -> list[str]:
    effects = await bench.effects()
    assert len(effects) == number
    return [event_id for _, event_id in effects]


async def publish_raw(bench: Bench, value: bytes, headers: list[tuple[str, bytes]]) -> None:
    producer = ReliableProducer(bench.bootstrap, "test")
    assert await producer.publish([OutboxMessage(f"{bench.prefix}in", b"K9", value, headers)]) == [None]
    await producer.stop()


async def test_poison_bugs_and_garbage_are_kept_with_their_bytes_and_neighbours_go_on(bench: Bench) -> None:
    good = [rectified("K1"), rectified("K1"), rectified("K2")]
    bad = [rectified("K1", measures="poison"), rectified("K2", measures="bug")]
    await publish(bench.bootstrap, f"{bench.prefix}in", [good[0], bad[0], good[1], bad[1], good[2]])
    await publish_raw(bench, b"\xff not json", [("ce_id", b"\xff")])
    with bench.worker():
        letters = await eventually(lambda: held(bench, 3), timeout=60)
        assert sorted(code for _, code in letters) == ["no-good", "not-a-cloudevent", "unexpected-error"]
        assert sorted(await eventually(lambda: effects_of(bench, 3))) == sorted(event.id for event in good)

        async def in_topic() -> None:
            records = await read_records(bench.bootstrap, f"{bench.prefix}worker.dlq.v1")
            assert len(records) == 3
            assert b"\xff not json" in {record.value for record in records}
            assert all(dict(record.headers)["duban_origin"].decode().startswith(bench.prefix) for record in records)

        await eventually(in_topic)


async def test_a_consumer_that_would_drain_its_topic_stops_until_someone_decides(bench: Bench) -> None:
    limit = dead_letters.DeadLetterLimit().count
    events = [rectified(f"K{n}", measures="poison") for n in range(limit + 20)]
    await publish(bench.bootstrap, f"{bench.prefix}in", events)
    assert bench.start().wait(60) == EXIT_ROLE_DIED
    kept = await held(bench, 1)
    assert len(kept) <= limit
    assert bench.start().wait(60) == EXIT_ROLE_DIED
    assert await held(bench, 1) == kept


async def test_a_gap_parks_what_is_ahead_and_dropping_the_dead_letter_lets_it_go(bench: Bench) -> None:
    versions = [
        rectified("K1", version=1),
        rectified("K1", version=2, measures="poison"),
        rectified("K1", version=3),
        rectified("K1", version=4),
    ]
    await publish(bench.bootstrap, f"{bench.prefix}in", versions)
    with bench.worker(DUBAN_ORDERING="VERSION"):
        (letter, _), *_ = await eventually(lambda: held(bench, 1), timeout=60)

        async def parked() -> None:
            assert len(await bench.fetch("SELECT 1 FROM parked_event")) == 2

        await eventually(parked)
        assert await effects_of(bench, 1) == [versions[0].id]
        database = await connect(bench.dsn, application_name="test")
        async with database.transaction() as connection:
            await dead_letters.drop(connection, letter, "operator-1")
        await database.close()
        assert await eventually(lambda: effects_of(bench, 3)) == [versions[0].id, versions[2].id, versions[3].id]
        assert not await bench.fetch("SELECT 1 FROM parked_event")


async def test_a_reinserted_dead_letter_is_taken_in_like_any_other_event(bench: Bench) -> None:
    event = rectified("K1", measures="poison")
    await publish(bench.bootstrap, f"{bench.prefix}in", [event])
    with bench.worker():
        (letter, _), *_ = await eventually(lambda: held(bench, 1), timeout=60)
        database = await connect(bench.dsn, application_name="test")
        async with database.transaction() as connection:
            await dead_letters.reinsert(connection, letter, "operator-1")
        await database.close()

        async def again() -> None:
            states = [r["state"] for r in await bench.fetch("SELECT state FROM dead_letter ORDER BY id")]
            assert states == ["reinserted", "held"]

        await eventually(again)
