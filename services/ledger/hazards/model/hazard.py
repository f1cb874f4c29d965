"""A hazard as the fold of its events. Its fields stand in `shown`, and what each event changes of them in `particulars`."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from duban_contracts.admissible.texts import folded
from duban_contracts.events.hazards import HazardEvent, HazardRegistered
from duban_contracts.events.scalars import OF_TIPS
from duban_contracts.events.types import HazardFacts
from services.chassis.access.roles import INTEGRATORS, holds
from services.ledger.hazards.model.particulars import particulars
from services.ledger.hazards.model.shown import Hazard


def facts(hazard: Hazard) -> HazardFacts:
    """Return what every event of the contract says about the hazard."""
    return HazardFacts(
        hazard_id=hazard.hazard_id,
        number=hazard.number,
        county=hazard.county,
        reference=hazard.reference,
        channel=hazard.channel,
        sector=hazard.sector,
        state=hazard.state,
        grade=hazard.grade,
        responsible_unit=hazard.responsible_unit,
        deadline_on=hazard.deadline_on,
        overdue=hazard.overdue,
        township=hazard.township_code,
        enterprise_uscc=hazard.enterprise.uscc,
        doubts=hazard.doubts,
        listing=hazard.listing,
        stopped=hazard.stopped,
        found_by=hazard.found_by,
    )


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
    said = event.hazard
    if said.hazard_id != hazard.hazard_id:
        raise ValueError(f"event of hazard {said.hazard_id} applied to {hazard.hazard_id}")
    return msgspec.structs.replace(
        hazard,
        version=hazard.version + 1,
        changed_at=event.occurred_at,
        channel=said.channel,
        sector=said.sector,
        state=said.state,
        grade=said.grade,
        responsible_unit=said.responsible_unit,
        deadline_on=said.deadline_on,
        overdue=said.overdue,
        township_code=said.township,
        doubts=said.doubts,
        listing=said.listing,
        stopped=said.stopped,
        **particulars(hazard, event),
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
    said = event.hazard
    return Hazard(
        hazard_id=said.hazard_id,
        number=said.number,
        county=said.county,
        reference=said.reference,
        reference_key=folded(said.reference),
        # Before such references were kept for tips, a county may have taken one for its own.
        is_of_tip=said.reference.startswith(OF_TIPS) and said.found_by is None and not holds(event.actor, INTEGRATORS),
        channel=said.channel,
        sector=said.sector,
        state=said.state,
        version=1,
        registered_at=event.occurred_at,
        reported_at=event.reported_at,
        changed_at=event.occurred_at,
        enterprise=event.enterprise,
        place=event.place,
        description=event.description,
        found_on=event.found_on,
        suggested_grade=event.suggested_grade,
        township=event.township,
        township_code=said.township,
        doubts=said.doubts,
        found_by=said.found_by,
    )
