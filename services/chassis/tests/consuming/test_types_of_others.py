"""A topic that several read: each record is taken or refused by one of them, and an id stands for one thing to all."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Final

import msgspec
import pytest

from duban_contracts.cloudevents import CloudEvent, to_kafka
from duban_contracts.codec import lookup
from duban_contracts.examples import example_event
from duban_contracts.topics import taken_by
from services.chassis.consuming.batches import BatchProcessor, Ordering, RefusedRecord
from services.chassis.consuming.deliveries import Delivery, RawRecord
from services.chassis.storage.database import Connection, Database, connect
from services.chassis.storage.schema import CHASSIS_MIGRATIONS, migrate

pytestmark = pytest.mark.promise("P1")
LEDGER, SCHEDULER = "ledger.claims", "scheduler.claims"
AT: Final = datetime(2026, 11, 20, 4, tzinfo=UTC)
Said = list[tuple[str, str, int]]
"""Which reader did what with the record at which offset."""


@pytest.fixture
async def chassis(database: str) -> AsyncIterator[Database]:
    await migrate(database, CHASSIS_MIGRATIONS / "none")
    connected = await connect(database, application_name="test")
    yield connected
    await connected.close()


def filed(event_id: str) -> CloudEvent:
    return msgspec.structs.replace(example_event(lookup("duban.task.reported.v1")), id=event_id)


def reported(event_id: str) -> CloudEvent:
    return msgspec.structs.replace(example_event(lookup("duban.hazard.reported.v1")), id=event_id)


def topic(*written: CloudEvent | RawRecord) -> list[RawRecord]:
    records = []
    for offset, each in enumerate(written):
        key, value, headers = to_kafka(each) if isinstance(each, CloudEvent) else (each.key, each.value, each.headers)
        records.append(RawRecord("county.140502.v1", 0, offset, AT, key, value, headers))
    return records


def broken(event: CloudEvent) -> CloudEvent:
    return msgspec.structs.replace(event, data=b'{"county": 1}')


async def read_by(name: str, database: Database, records: Sequence[RawRecord]) -> Said:
    """Return what one reader does with the records, all in one batch."""
    said: Said = []

    async def apply(_: Connection, deliveries: Sequence[Delivery]) -> None:
        said.extend((name, "taken", each.offset) for each in deliveries)

    async def refuse(_: Connection, refused: Sequence[RefusedRecord]) -> None:
        said.extend((name, each.why.code, each.record.offset) for each in refused)

    processor = BatchProcessor(name, apply, Ordering.INBOX, refuse=refuse, takes=taken_by(name))
    async with database.transaction() as connection:
        await processor.process(connection, records, {})
    return said


async def read(database: Database, records: Sequence[RawRecord]) -> Said:
    found = [await read_by(name, database, records) for name in (LEDGER, SCHEDULER)]
    return sorted((said for each in found for said in each), key=lambda said: said[2])


async def test_each_record_is_taken_or_refused_by_one_of_the_readers(chassis: Database) -> None:
    nothing = RawRecord("county.140502.v1", 0, 0, AT, None, b"\xff", [])
    unknown = msgspec.structs.replace(filed("e-5"), type="duban.task.imagined.v1")
    nameless = msgspec.structs.replace(filed("e-6"), source="")
    records = topic(
        reported("e-1"), filed("e-2"), broken(reported("e-3")), broken(filed("e-4")), unknown, nameless, nothing
    )
    assert await read(chassis, records) == [
        (LEDGER, "taken", 0),
        (SCHEDULER, "taken", 1),
        (LEDGER, "invalid-payload", 2),
        (SCHEDULER, "invalid-payload", 3),
        (LEDGER, "unknown-event-type", 4),
        (LEDGER, "bad-envelope", 5),
        (LEDGER, "bad-envelope", 6),
    ]
    assert await read(chassis, records) == [], "what comes again was answered"


@pytest.mark.parametrize("first", [reported, filed])
async def test_an_id_that_stands_for_what_another_reader_took_is_refused(chassis: Database, first: object) -> None:
    of_first, of_other = (LEDGER, SCHEDULER) if first is reported else (SCHEDULER, LEDGER)
    other = filed if first is reported else reported
    same = partial(msgspec.structs.replace, id="e-1", source="/county/140502")
    taken, reused = same(reported("")) if first is reported else same(filed("")), same(other(""))
    assert await read(chassis, topic(taken, reused)) == [(of_first, "taken", 0), (of_other, "id-reused", 1)]


async def test_a_reader_that_is_declared_nowhere_takes_everything(chassis: Database) -> None:
    said = await read_by("of.a.test", chassis, topic(reported("e-1"), filed("e-2"), broken(filed("e-3"))))
    assert [what for _, what, _ in said] == ["invalid-payload", "taken", "taken"]
