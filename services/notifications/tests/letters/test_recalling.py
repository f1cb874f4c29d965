"""Letters about a deadline that had been set wrongly are recalled: visibly, once, and what is not sent stays unsent."""

from __future__ import annotations

import asyncio
from datetime import date, timedelta

import pytest

from duban_contracts.catalogue import EventData
from duban_contracts.cloudevents import from_kafka
from duban_contracts.codec import decode
from duban_contracts.events.notices import NoticeFailed, NoticeIssued, NoticeRecalled
from duban_contracts.events.supervision import SupervisionRecalled
from duban_contracts.refusals import refusal
from services.chassis.publishing.envelopes import new_event
from services.chassis.publishing.outbox import unpack_headers
from services.chassis.storage.database import Database
from services.chassis.testing.clock import ManualClock
from services.notifications.delivery.model.delivery import LOST, Delivery, DeliveryState, Fact, recalled, retry, settle
from services.notifications.delivery.model.retry import RetrySchedule
from services.notifications.letters.handlers.recall import recall_letters
from services.notifications.tests.world import DEADLINE, NOW, due_soon, overdue, told
from services.notifications.tests.writing import BUSY, TAKEN, Steered, carrier, carry, deliveries, lines, write, writer

pytestmark = pytest.mark.promise("P9")
RIGHT = date(2026, 12, 5)


def recall(hazard_id: str = "h-1", number: int = 1) -> SupervisionRecalled:
    return told(hazard_id, deadline_on=RIGHT).recalled(NOW, DEADLINE, number=number)


async def take_back(database: Database, clock: ManualClock, *recalls: SupervisionRecalled) -> list[str]:
    """Recall, and return the hazards of which some office has a letter."""
    events = [new_event(each, source="/duban/scheduler", subject="h", key="h", time=NOW) for each in recalls]
    async with database.transaction() as connection:
        told_of = list(zip(events, recalls, strict=True))
        heard = await recall_letters(connection, told_of, deps=writer(database, clock))
    return [data.about.id for _, data in heard]


async def notices(database: Database) -> list[EventData]:
    """What was told about letters, in order."""
    async with database.acquire() as connection:
        rows = await connection.fetch("SELECT key, value, headers FROM outbox ORDER BY id")
    return [decode(from_kafka(row["key"], row["value"], unpack_headers(row["headers"]))) for row in rows]


async def recalled_letters(database: Database) -> list[tuple[str, str]]:
    async with database.acquire() as connection:
        rows = await connection.fetch("SELECT about_id, kind FROM letter WHERE recalled_at IS NOT NULL ORDER BY 1, 2")
    return [tuple(row) for row in rows]


def test_only_what_is_still_to_be_sent_is_stopped() -> None:
    step = recalled(Delivery("email", next_attempt_at=NOW, tries=1, attempts=1))
    assert step is not None
    assert (step.delivery.state, step.delivery.code, step.fact) == (DeliveryState.FAILED, "recalled", Fact.FAILED)
    assert step.delivery.next_attempt_at is None
    for state in set(DeliveryState) - {DeliveryState.PENDING}:
        assert recalled(Delivery("email", state=state)) is None


def test_what_was_under_way_when_it_was_recalled_is_not_tried_again_and_by_no_operator() -> None:
    under_way = Delivery("email", state=DeliveryState.SENDING, attempts=1, tries=1, recalled=True)
    schedule = RetrySchedule((2.0,), 0.2)
    for answer, state, code in (
        (BUSY, DeliveryState.FAILED, "recalled"),
        (TAKEN, DeliveryState.DELIVERED, TAKEN.code),
        (LOST, DeliveryState.UNCERTAIN, LOST.code),
    ):
        step = settle(under_way, answer, drops_repeats=False, now=NOW, schedule=schedule, draw=0.5)
        assert (step.delivery.state, step.delivery.code) == (state, code)
    for state in (DeliveryState.FAILED, DeliveryState.UNCERTAIN):
        refused = retry(Delivery("email", state=state, recalled=True), now=NOW)
        assert refused == refusal("delivery-state-conflict", step="retry", state="recalled")


async def test_every_letter_of_the_wrong_deadline_is_recalled_and_no_other(bare: Database) -> None:
    clock = ManualClock(NOW)
    await write(bare, clock, due_soon(), overdue(), overdue(deadline_number=11), overdue("h-2"))
    await take_back(bare, clock, recall())
    assert await recalled_letters(bare) == [("h-1", "prompt"), ("h-1", "urging")]
    await take_back(bare, clock, recall(), recall("h-9"))
    said = [each for each in await notices(bare) if isinstance(each, NoticeRecalled)]
    assert sorted(each.kind for each in said) == ["prompt", "urging"]
    assert "2026年3月5日" in said[0].reason
    assert "2026年12月5日" in said[0].reason


async def test_a_letter_that_was_not_sent_yet_is_not_sent_and_that_shows(bare: Database) -> None:
    clock, email = ManualClock(NOW), Steered()
    await write(bare, clock, overdue())
    assert await take_back(bare, clock, recall()) == []
    courier = carrier(bare, clock, lines(email))
    await carry(courier)
    assert email.parcels == []
    found = await deliveries(bare)
    assert {(state, code) for state, _, code in found} == {("failed", "recalled")}
    said = await notices(bare)
    assert [type(each) for each in said] == [NoticeIssued, NoticeRecalled, *[NoticeFailed] * len(found)]


async def test_a_letter_on_its_way_when_it_is_recalled_is_not_sent_a_second_time(bare: Database) -> None:
    clock, email = ManualClock(NOW), Steered(BUSY)
    await write(bare, clock, due_soon())
    email.gate.clear()
    courier = carrier(bare, clock, lines(email))
    await courier.carry_due(asyncio.Event())
    assert await take_back(bare, clock, recall()) == ["h-1"]
    email.gate.set()
    await courier.finish()
    clock.set(NOW + timedelta(hours=1))
    await carry(courier)
    assert len(email.parcels) == 1
    assert await deliveries(bare) == [("failed", 1, "recalled")]


async def test_a_letter_that_was_sent_stays_delivered_and_is_recalled(bare: Database) -> None:
    clock, email = ManualClock(NOW), Steered()
    await write(bare, clock, overdue())
    await carry(carrier(bare, clock, lines(email)))
    assert await take_back(bare, clock, recall()) == ["h-1"]
    assert await take_back(bare, clock, recall()) == []
    assert len(email.parcels) == 1
    assert {state for state, *_ in await deliveries(bare)} == {"delivered"}
    async with bare.acquire() as connection:
        row = await connection.fetchrow("SELECT state, recalled_at, version FROM letter")
    assert row is not None
    assert (row["state"], row["recalled_at"]) == ("delivered", NOW)
    assert row["version"] == len(await notices(bare))
