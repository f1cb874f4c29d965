"""Reading a record of the ledger's topic: a hazard's event, a heartbeat, or nothing the books understand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

import msgspec

from duban_contracts.catalogue import EventData
from duban_contracts.cloudevents import CloudEvent
from duban_contracts.events.hazards import HazardEvent, HazardSubmitted
from duban_contracts.events.heartbeat import LedgerHeartbeat
from duban_contracts.refusals import Refusal, refusal
from services.chassis.consuming.deliveries import UNKNOWN_EVENT_TYPE, RawRecord, read
from services.statistics.books.model.cell import Cell, grade_or_undetermined
from services.statistics.books.model.record import Entry


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """The ledger's word that everything before `applied_through` (UTC) stands ahead in this partition.

    Of the counties in `behind` that holds for an earlier instant only.
    """

    applied_through: datetime
    behind: Mapping[str, datetime] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Skipped:
    """A known event that is no hazard's: the books have nothing to note."""


# A ledger event of a type this version does not know still counts as a version and may change the facts.
_ANY_HAZARD_EVENT: Final = msgspec.json.Decoder(HazardEvent)


def interpret(record: RawRecord) -> Entry | Heartbeat | Skipped | Refusal:
    """Return what the record means for the books, or why it can't be read (it becomes a dead letter)."""
    event, data = read(record)
    if event is None or (isinstance(data, Refusal) and data.code != UNKNOWN_EVENT_TYPE):
        return data if isinstance(data, Refusal) else Skipped()
    if isinstance(data, Refusal):
        return Skipped() if event.aggregateversion is None else _unknown_kind(event)
    return _meaning(event, data)


def _unknown_kind(event: CloudEvent) -> Entry | Refusal:
    try:
        return _meaning_of_hazard(event, _ANY_HAZARD_EVENT.decode(event.data))
    except (msgspec.DecodeError, msgspec.ValidationError) as error:
        return refusal("invalid-payload", field="$", rule=f"{event.type} without the hazard's facts: {error}")


def _meaning(event: CloudEvent, data: EventData) -> Entry | Heartbeat | Skipped | Refusal:
    if isinstance(data, LedgerHeartbeat):
        return Heartbeat(data.applied_through, data.behind)
    if isinstance(data, HazardEvent):
        return _meaning_of_hazard(event, data)
    return Skipped()


def _meaning_of_hazard(event: CloudEvent, data: HazardEvent) -> Entry | Refusal:
    if event.aggregateversion is None:
        return refusal("no-version", field="aggregateversion")
    facts = data.hazard
    return Entry(
        hazard_id=facts.hazard_id,
        version=event.aggregateversion,
        kind=kind_of(event.type),
        occurred_at=data.occurred_at,
        cell=Cell(facts.county, facts.sector, grade_or_undetermined(facts.grade), facts.channel.value),
        state=facts.state.value,
        deadline_on=facts.deadline_on,
        overdue=facts.overdue,
        submitted_at=data.submitted_at if isinstance(data, HazardSubmitted) else None,
    )


def kind_of(event_type: str) -> str:
    """Return the bare name of an event type: `confirmed` of `duban.hazard.confirmed.v1`."""
    parts = event_type.split(".")
    return parts[-2] if len(parts) > 1 else event_type
