"""From events to the hazard: every state that the ledger stores is a fold of the events it published."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from duban_contracts.events.hazards import (
    HazardClosed,
    HazardConfirmed,
    HazardCorrected,
    HazardEvent,
    HazardPlanned,
    HazardRegistered,
    HazardReopened,
    HazardReturned,
    HazardSubmitted,
)
from services.ledger.domain.hazard import Hazard, plan_digest, submission_digest


def evolve(hazard: Hazard | None, event: HazardEvent) -> Hazard:
    """Return the hazard after `event`.

    Raises ValueError where the events can't be one hazard's history: it begins with 入账 and has it once.
    """
    if isinstance(event, HazardRegistered):
        if hazard is not None:
            raise ValueError(f"hazard {hazard.hazard_id} is registered twice")
        return _registered(event)
    if hazard is None:
        raise ValueError("a hazard's history begins with hazard.registered")
    facts = event.hazard
    if facts.hazard_id != hazard.hazard_id:
        raise ValueError(f"event of hazard {facts.hazard_id} applied to {hazard.hazard_id}")
    return msgspec.structs.replace(
        hazard,
        version=hazard.version + 1,
        changed_at=event.occurred_at,
        channel=facts.channel,
        sector=facts.sector,
        state=facts.state,
        grade=facts.grade,
        responsible_unit=facts.responsible_unit,
        deadline_on=facts.deadline_on,
        overdue=facts.overdue,
        **_particulars(hazard, event),
    )


def fold(events: Iterable[HazardEvent]) -> Hazard:
    """Return the hazard whose whole history is `events`; raises ValueError when there is none."""
    hazard: Hazard | None = None
    for event in events:
        hazard = evolve(hazard, event)
    if hazard is None:
        raise ValueError("a hazard's history begins with hazard.registered")
    return hazard


def _registered(event: HazardRegistered) -> Hazard:
    facts = event.hazard
    return Hazard(
        hazard_id=facts.hazard_id,
        number=facts.number,
        county=facts.county,
        reference=facts.reference,
        channel=facts.channel,
        sector=facts.sector,
        state=facts.state,
        enterprise=event.enterprise,
        place=event.place,
        description=event.description,
        found_on=event.found_on,
        suggested_grade=event.suggested_grade,
        township=event.township,
        version=1,
        registered_at=event.occurred_at,
        changed_at=event.occurred_at,
    )


def _particulars(hazard: Hazard, event: HazardEvent) -> dict[str, object]:  # noqa: PLR0911 - one per type
    """Return what an event changes beyond the facts that every event carries."""
    match event:
        case HazardCorrected():
            return {
                "enterprise": event.enterprise,
                "place": event.place,
                "description": event.description,
                "found_on": event.found_on,
                "suggested_grade": event.suggested_grade,
                "township": event.township,
            }
        case HazardConfirmed():
            return {"confirmed_at": event.occurred_at}
        case HazardPlanned():
            return {"plan_digest": plan_digest(event.measures, event.responsible_post)}
        case HazardSubmitted():
            return {
                "submitted_at": event.submitted_at,
                "submitted_by": event.actor.account,
                "submission_digest": submission_digest(event.measures, event.completed_on, event.evidence),
            }
        case HazardReturned():
            return {"returned_count": hazard.returned_count + 1}
        case HazardClosed():
            return {"closed_at": event.occurred_at, "closed_by": event.actor.account}
        case HazardReopened():
            return {"closed_at": None, "closed_by": None, "reopened_count": hazard.reopened_count + 1}
        case _:
            return {}
