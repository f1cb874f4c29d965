"""What a hazard comes to is told to its sources, each in its own history, and so to the county that reported it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from duban_contracts.events.gathering import HazardSourceAnswered
from duban_contracts.events.hazards import HazardEvent
from services.chassis.publishing.unit_of_work import Change, UnitOfWork
from services.chassis.storage.database import Connection
from services.ledger.gathering.handlers.compare import note_changed
from services.ledger.hazards.handlers.journal import Journal
from services.ledger.hazards.model import facts
from services.ledger.hazards.tables.hazard_rows import HazardRow


async def note_decided(connection: Connection, unit: UnitOfWork[Any], changes: Sequence[Change[HazardRow]]) -> None:
    """Answer the sources of what was decided or opened again, and put it among what is to be compared."""
    await answer_sources(connection, unit, changes)
    await note_changed(connection, unit, changes)


async def answer_sources(connection: Connection, unit: UnitOfWork[Any], changes: Sequence[Change[HazardRow]]) -> None:
    """Tell the sources of each hazard in `changes` where it stands now, in the same transaction."""
    journal = cast("Journal", unit)
    for change in changes:
        survivor, event = change.after.hazard, cast("HazardEvent", change.data)
        for source in await journal.sources(connection, survivor):
            answered = HazardSourceAnswered(
                hazard=facts(source),
                actor=event.actor,
                occurred_at=max(event.occurred_at, source.changed_at),
                survivor=facts(survivor).as_subject(),
                survivor_state=survivor.state,
            )
            journal.enter(answered, change.event)
