"""What a county is told of a record on its topic: the same form, whichever service took the record or refused it."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from duban_contracts.admissible.dates import Present
from duban_contracts.admissible.texts import fits_attribute
from duban_contracts.cloudevents import CloudEvent
from duban_contracts.events.feedback import ClaimEvent, ClaimRejected
from duban_contracts.legible import legible
from duban_contracts.profile import Rules
from duban_contracts.refusals import Refusal
from services.chassis.consuming.deliveries import RawRecord
from services.chassis.process.clock import Clock
from services.chassis.publishing.envelopes import new_event

# Limits of the answers' text fields in the contract.
_SHORT: Final = 200
_LONG: Final = 4000


def about(
    record: RawRecord,
    event: CloudEvent | None,
    *,
    county: str,
    reference: str | None,
    identity: UUID | None,
    at: datetime,
) -> dict[str, Any]:
    """Return which claim an answer of `at` is about: the fields of `ClaimEvent`."""
    return {
        "county": county,
        "origin": record.origin[:_SHORT],
        "receipt_id": str(identity) if identity else None,
        "claim_id": event.id if event else None,
        "claim_source": event.source if event else None,
        "claim_type": (event.type or None) if event else None,
        "reference": reference,
        "answered_at": at,
    }


def rejection(
    record: RawRecord, event: CloudEvent | None, why: Refusal, *, county: str, reference: str | None, at: datetime
) -> ClaimRejected:
    """Return the answer of a claim that can't be taken in; `county` is the one that is speaking."""
    # The receipt under a reused id speaks of the first event; the later one is answered by its place in the topic.
    identity = event.identity(record.topic) if event and why.code != "id-reused" else None
    return ClaimRejected(
        **about(record, event, county=county, reference=reference, identity=identity, at=at),
        code=why.code,
        message=why.message[:_LONG],
        field=legible(why.field) if why.field else None,
        rule=legible(why.rule) if why.rule else None,
    )


def envelope(answer: ClaimEvent, cause: CloudEvent | None, *, source: str) -> CloudEvent:
    """Return the event that carries an answer to the county."""
    # What the county wrote names its answer only where readers could read it there.
    reference = answer.reference
    key = reference if reference is not None and fits_attribute(reference) else answer.origin
    return new_event(answer, source=source, subject=key, key=key, time=answer.answered_at, cause=cause)


def present_when(taken_at: datetime, *, clock: Clock, rules: Rules) -> Present:
    """Return the day in the city on which the broker took a record, by its clock (wall).

    A record without a time of the broker's (its topic was made by hand) is judged by today.
    """
    present = rules.present(clock.at(taken_at))
    return present if present.today >= rules.bounds.earliest else rules.present(clock.now())
