"""归并 and 拆分 leave each first level that waits one 二级确认提示函 (SY27, P9)."""

from __future__ import annotations

import asyncio
from datetime import date, timedelta

import pytest
from msgspec.structs import replace

from duban_contracts.events.types import Grade
from services.chassis.publishing.envelopes import new_event
from services.chassis.storage.database import Database
from services.chassis.testing.clock import ManualClock
from services.notifications.delivery.model.delivery import LOST
from services.notifications.directory.model import LetterForm
from services.notifications.letters.kinds import KINDS
from services.notifications.letters.model.kind import Writing, requests_of
from services.notifications.tests.letters.first_levels import (
    ENTERPRISE,
    first_confirmed,
    hear,
    merged,
    rejected,
    unmerged,
)
from services.notifications.tests.world import NOW
from services.notifications.tests.writing import (
    BUSY,
    CITY,
    CONTACTS,
    Steered,
    carrier,
    carry,
    lines,
)
from services.notifications.tests.writing import TAKEN as ARRIVED

pytestmark = pytest.mark.feature("SY27")


async def test_a_letter_that_a_merging_kept_in_is_written_again_when_its_hazard_is_taken_out(bare: Database) -> None:
    first = first_confirmed()
    assert await hear(bare, first, merged(first, 1)) == []
    assert await hear(bare, unmerged(first, 2)) == [("h-1", "issued", False, None)]
    assert await hear(bare, merged(first, 3)) == [("h-1", "failed", True, "recalled")]
    again = [("h-1", "failed", True, "recalled"), ("h-1", "issued", False, None)]
    for _ in range(2):
        assert await hear(bare, unmerged(first, 4)) == again
    assert await hear(bare, rejected(first, later=timedelta(hours=5))) == [again[0], again[0]]


async def test_a_letter_that_holds_is_not_written_twice_because_of_a_merging(bare: Database) -> None:
    clock, email = ManualClock(NOW + timedelta(hours=2)), Steered()
    waits, arrived = first_confirmed(hazard_id="h-1"), first_confirmed(hazard_id="h-2")
    await hear(bare, arrived, clock=clock)
    await carry(carrier(bare, clock, lines(email)))
    await hear(bare, merged(arrived, 1), waits)
    found = await hear(bare, unmerged(arrived, 2), merged(waits, 1), unmerged(waits, 2))
    assert found == [("h-2", "delivered", False, ARRIVED.code), ("h-1", "issued", False, None)]


@pytest.mark.promise("P9")
async def test_a_letter_under_way_when_its_hazard_is_merged_stays_the_only_one(bare: Database) -> None:
    clock, email, first = ManualClock(NOW + timedelta(hours=2)), Steered(), first_confirmed()
    await hear(bare, first, clock=clock)
    email.gate.clear()
    courier = carrier(bare, clock, lines(email))
    await courier.carry_due(asyncio.Event())
    assert await hear(bare, merged(first, 1)) == [("h-1", "issued", False, None)]
    email.gate.set()
    await courier.finish()
    assert await hear(bare, unmerged(first, 2)) == [("h-1", "delivered", False, ARRIVED.code)]
    await carry(courier)
    assert len(email.parcels) == 1


@pytest.mark.promise("P9")
async def test_a_letter_that_may_have_arrived_on_one_channel_stays_the_only_one(bare: Database) -> None:
    clock, email, webhook = ManualClock(NOW + timedelta(hours=2)), Steered(LOST), Steered(BUSY)
    form = LetterForm(sign="确提", channels=("email", "webhook"))
    both = replace(CONTACTS, letters={**CONTACTS.letters, "confirmation_prompt": form})
    first = first_confirmed(ENTERPRISE, Grade.GENERAL)
    await hear(bare, first, clock=clock, contacts=both)
    await carry(carrier(bare, clock, lines(email, webhook)))
    stays = [("h-1", "issued", False, LOST.code), ("h-1", "issued", False, BUSY.code)]
    assert await hear(bare, merged(first, 1), contacts=both) == stays
    assert await hear(bare, unmerged(first, 2), contacts=both) == stays


async def test_a_letter_that_a_later_first_level_replaced_stays_in_though_its_hazard_was_merged_meanwhile(
    bare: Database,
) -> None:
    first = first_confirmed()
    second = replace(first_confirmed(grade=Grade.GENERAL), occurred_at=NOW + timedelta(hours=1))
    assert await hear(bare, first) == [("h-1", "issued", False, None)]
    found = await hear(bare, second, merged(second, 1), unmerged(second, 2))
    assert found == [("h-1", "failed", True, "recalled"), ("h-1", "issued", False, None)]
    settled = await hear(bare, rejected(second), merged(second, 3), unmerged(second, 4, waits=False))
    assert settled == [found[0], found[0]]


async def test_what_had_no_first_level_asks_for_nothing_when_it_is_taken_out(bare: Database) -> None:
    assert await hear(bare, unmerged(first_confirmed(), 1, waits=False)) == []


def test_what_is_taken_out_asks_as_its_first_level_did() -> None:
    first = first_confirmed()
    again = unmerged(first, 30)
    [one], [other] = (
        requests_of(new_event(each, source="/x", subject="h", key="h", time=NOW), each, KINDS)
        for each in (first, again)
    )
    writing = Writing(date(2026, 3, 2), CITY)
    assert (one.matter, one.words(writing)) == (other.matter, other.words(writing))
    assert one.cause != other.cause
