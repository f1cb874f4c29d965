"""First levels, what befalls their hazards afterwards, and the letters that come of it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from duban_contracts.events.gathering import FirstLevel, HazardMerged, HazardUnmerged
from duban_contracts.events.hazards import HazardEvent, HazardFirstConfirmed, HazardRejected
from duban_contracts.events.types import Actor, Channel, Grade, HazardFacts, HazardState, Subject
from services.chassis.consuming.deliveries import Delivery, RawRecord
from services.chassis.publishing.envelopes import new_event
from services.chassis.storage.database import Database
from services.chassis.testing.clock import ManualClock
from services.notifications.directory.model import Contacts
from services.notifications.letters.events import ask_for_second_levels
from services.notifications.tests.world import NOW
from services.notifications.tests.writing import CONTACTS, writer

ENTERPRISE = Actor(account="principal-1", role="enterprise_principal")
SURVIVOR = Subject(kind="hazard", id="h-9", number="140502-2026-000009")
REGULATOR = Actor(account="regulator-140502-1", role="county_regulator", unit="fire_rescue")


def first_confirmed(actor: Actor = REGULATOR, grade: Grade = Grade.MAJOR, **facts: Any) -> HazardFirstConfirmed:
    hazard: dict[str, Any] = {
        "hazard_id": "h-1",
        "number": "140502-2026-000123",
        "county": "140502",
        "reference": "JC-1",
        "channel": Channel.SELF_REPORT,
        "sector": "hazchem",
        "state": HazardState.REPORTED,
        "enterprise_uscc": "91140502MA0EXAMP04",
        **facts,
    }
    return HazardFirstConfirmed(
        hazard=HazardFacts(**hazard), actor=actor, occurred_at=NOW, grade=grade, reason="符合判定标准"
    )


def rejected(first: HazardFirstConfirmed, *, later: timedelta = timedelta(hours=1)) -> HazardRejected:
    at = first.occurred_at + later
    return HazardRejected(hazard=first.hazard, actor=REGULATOR, occurred_at=at, reason="不构成隐患")


async def hear(
    database: Database,
    *events: HazardEvent,
    ago: timedelta = timedelta(),
    clock: ManualClock | None = None,
    contacts: Contacts = CONTACTS,
) -> list[tuple[object, ...]]:
    """Read these events in one batch, which the broker took so long ago; return each letter's hazard, state and recall."""
    clock = clock or ManualClock(NOW + timedelta(hours=2))
    record = RawRecord("hazards", 0, 0, clock.wall() - ago, b"h", b"", [])
    made = [new_event(each, source="/duban/ledger", subject="h", key="h", time=each.occurred_at) for each in events]
    read = [Delivery(record, event, data) for event, data in zip(made, events, strict=True)]
    async with database.transaction() as connection:
        await ask_for_second_levels(connection, read, deps=writer(database, clock, contacts))
        rows = await connection.fetch(
            """SELECT about_id, letter.state, recalled_at IS NOT NULL, code
                 FROM letter JOIN delivery USING (letter_id) ORDER BY letter.position, delivery.position"""
        )
    return [tuple(row) for row in rows]


def merged(first: HazardFirstConfirmed, hour: int) -> HazardMerged:
    at = first.occurred_at + timedelta(hours=hour)
    return HazardMerged(
        hazard=first.hazard,
        actor=REGULATOR,
        occurred_at=at,
        survivor=SURVIVOR,
        reason="同一处",
        previous_state=HazardState.REPORTED,
    )


def unmerged(first: HazardFirstConfirmed, hour: int, *, waits: bool = True) -> HazardUnmerged:
    at = first.occurred_at + timedelta(hours=hour)
    level = FirstLevel(grade=first.grade, confirmed_at=first.occurred_at, unit=first.actor.unit)
    return HazardUnmerged(
        hazard=first.hazard,
        actor=REGULATOR,
        occurred_at=at,
        survivor=SURVIVOR,
        reason="系两处",
        first_confirmed=level if waits else None,
    )
