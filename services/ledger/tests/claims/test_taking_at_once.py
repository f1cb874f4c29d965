"""Several instances and people at once on one reference: what one alone would have left."""

from __future__ import annotations

import asyncio
import random

import msgspec
import pytest

from duban_contracts.refusals import Refusal
from duban_contracts.testing.calendar import june
from duban_contracts.testing.claims import rectification, report
from services.chassis.consuming.batches import RefusedRecord
from services.chassis.consuming.deliveries import RawRecord
from services.ledger import metrics
from services.ledger.claims.handlers.take_claims import Claims, refuse_records, take_claims
from services.ledger.tests.in_process import NOON, InProcess
from services.ledger.tests.people import FOREIGN, HOME
from services.ledger.tests.telling import CONFIRM


@pytest.mark.promise("P1")
async def test_a_report_and_its_submission_taken_at_once_never_miss_each_other(ledger: InProcess) -> None:
    # Were the reference not held, the one could look for the hazard before the other has written it.
    chance = random.Random(7)
    references = []
    for _ in range(15):
        round_ = [ledger.new_reference() for _ in range(8)]
        claims = [report(reference) for reference in round_] + [rectification(reference) for reference in round_]
        chance.shuffle(claims)
        await asyncio.gather(*(ledger.take(claim) for claim in claims))
        references += round_
    rows = await ledger.pool.fetch(
        "SELECT waiting_for, count(*) FROM waiting_claim WHERE reference = ANY($1) GROUP BY waiting_for", references
    )
    assert [tuple(row) for row in rows] == [("confirmation", 120)]


@pytest.mark.promise("P1")
async def test_batches_with_one_reference_taken_at_once_are_still_one_hazard(ledger: InProcess) -> None:
    # A county may write under any record key, so that two partitions, and two instances, meet one reference.
    reference = ledger.new_reference()
    await asyncio.gather(*(ledger.take(report(reference)) for _ in range(12)))
    assert await ledger.pool.fetchval("SELECT count(*) FROM hazard WHERE reference = $1", reference) == 1


async def test_confirmation_and_submission_at_once_leave_nothing_waiting(ledger: InProcess) -> None:
    references = [ledger.new_reference() for _ in range(60)]
    await ledger.take(*(report(reference) for reference in references))
    rows = await ledger.pool.fetch("SELECT reference, number FROM hazard WHERE reference = ANY($1)", references)
    numbers: dict[str, str] = {row["reference"]: row["number"] for row in rows}
    jobs = [
        job
        for reference in references
        for job in (
            ledger.move(numbers[reference], CONFIRM),
            ledger.take(rectification(reference, completed_on=june(1))),
        )
    ]
    await asyncio.gather(*jobs)
    rows = await ledger.pool.fetch(
        "SELECT state, version, count(*) FROM hazard WHERE reference = ANY($1) GROUP BY state, version", references
    )
    assert [tuple(row) for row in rows] == [("in_review", 3, 60)]
    waiting = "SELECT count(*) FROM waiting_claim WHERE reference = ANY($1)"
    assert await ledger.pool.fetchval(waiting, references) == 0


async def test_one_batch_takes_a_whole_story_in_its_order(ledger: InProcess) -> None:
    one = ledger.new_reference()
    await ledger.take(rectification(one), report(one, place="甲"), report(one, place="乙"), report(one, place="乙"))
    row = await ledger.pool.fetchrow("SELECT hazard_id, place, version, state FROM hazard WHERE reference = $1", one)
    assert row is not None
    assert tuple(row)[1:] == ("乙", 2, "reported")
    history = await ledger.pool.fetch(
        "SELECT version, type FROM hazard_history WHERE hazard_id = $1 ORDER BY position", row["hazard_id"]
    )
    assert [tuple(r) for r in history] == [(1, "duban.hazard.registered.v1"), (2, "duban.hazard.corrected.v1")]
    stage = "SELECT waiting_for FROM waiting_claim WHERE reference = $1"
    assert await ledger.pool.fetchval(stage, one) == "confirmation"


async def test_numbers_of_a_county_and_year_are_serial_and_without_gaps(ledger: InProcess) -> None:
    old, new = [[ledger.new_reference() for _ in range(4)] for _ in range(2)]
    await ledger.take(*(report(reference) for reference in old), report(old[0]), rectification(new[0]))
    await ledger.take(report(old[1]), *(report(reference) for reference in new))
    await ledger.take(report(ledger.new_reference(), county=FOREIGN), county=FOREIGN)
    for county in (HOME, FOREIGN):
        rows = await ledger.pool.fetch("SELECT number FROM hazard WHERE county = $1 ORDER BY number", county)
        assert [row["number"] for row in rows] == [f"{county}-2026-{i:06d}" for i in range(1, len(rows) + 1)]


@pytest.mark.promise("P7")
async def test_unreadable_records_are_answered_together_and_each_once_however_often_they_come(
    ledger: InProcess,
) -> None:
    record = RawRecord("county.140502.v1", 3, next(ledger.offsets), NOON, b"k", b"no json", [])
    reason = Refusal("bad-envelope", "x", "specversion", "1.0")
    more = [msgspec.structs.replace(record, offset=next(ledger.offsets)) for _ in range(3)]
    before = len(await ledger.said())
    for batch in ([record], [record, *more], more):
        refused = [RefusedRecord(one, None, reason) for one in batch]
        async with ledger.database.transaction() as connection:
            await refuse_records(connection, refused, claims=Claims.on(ledger.platform))
    [row] = await ledger.pool.fetch('SELECT * FROM rejected_claim WHERE partition = 3 AND "offset" = $1', record.offset)
    assert (row["value"], row["code"], row["event_id"]) == (b"no json", "bad-envelope", None)
    assert len(await ledger.said()) == before + 4


async def test_a_batch_counts_when_it_is_committed_and_once(ledger: InProcess) -> None:
    delivery = ledger.delivery(report(ledger.new_reference()))
    counter = metrics.CLAIMS.labels(HOME, "registered")

    async def take(*, fails: bool) -> None:
        async with ledger.database.transaction() as connection:
            await take_claims(connection, [delivery], claims=Claims.on(ledger.platform))
            if fails:
                raise ConnectionError("the server is gone")

    before = counter._value.get()
    with pytest.raises(ConnectionError):
        await take(fails=True)
    assert counter._value.get() == before
    await take(fails=False)
    assert counter._value.get() == before + 1
