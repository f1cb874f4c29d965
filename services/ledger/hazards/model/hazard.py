"""A hazard as the fold of its events: its fields, and what each event changes of them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import msgspec

from duban_contracts.admissible.texts import folded
from duban_contracts.events.hazards import (
    HazardEvent,
    HazardRegistered,
)
from duban_contracts.events.types import HazardFacts, HazardState
from services.chassis.access.roles import INTEGRATORS, holds
from services.ledger.hazards.model.closure import Closure
from services.ledger.hazards.model.particulars import particulars
from services.ledger.hazards.model.shown import OF_TIPS, ShownHazard


class Hazard(ShownHazard, frozen=True, kw_only=True, gc=False):
    """One entry of the ledger, folded from its events, with what rules need and no reader is shown.

    `reference_key` is the reference as references are compared; `reported_at` is when the report that stands reached the
    broker. `undone_closure` is the last 销号, once it was undone and while nobody found it false. `submitted_by` and `submission_digest` belong to the newest submission. `listing_count` counts 挂牌督办, lifted
    ones too, and `stop_count` 责令停产停业. `is_of_tip`: a verified tip made it; no county reported it, and none corrects it.
    `merged_from` is where it stood when it was merged into another, at `merged_at`. The columns of the row follow from these
    fields; a new one needs its migration, and an entry in `KEEPS` of
    `particulars` for each event that changes it.
    """

    reference_key: str
    is_of_tip: bool = False
    reported_at: datetime | None = None
    changed_at: datetime
    first_confirmed_by: str | None = None
    first_confirmed_post: str | None = None
    confirmed_by: str | None = None
    plan_digest: bytes | None = None
    extension_asked_by: str | None = None
    extension_digest: bytes | None = None
    submitted_by: str | None = None
    submission_digest: bytes | None = None
    reviewed_by: str | None = None
    reviewed_post: str | None = None
    closed_by: str | None = None
    closed_post: str | None = None
    merged_from: HazardState | None = None
    merged_at: datetime | None = None
    undone_closure: Closure | None = None
    listing_count: int = 0
    stop_count: int = 0


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
