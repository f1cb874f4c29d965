"""A hazard as the fold of its events: its fields, and what each event changes of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, Final, TypeVar

import msgspec

from duban_contracts.admissible.texts import folded
from duban_contracts.events.consultation import HazardEscalated, HazardHandedBack
from duban_contracts.events.gathering import HazardMerged, HazardSourceAdded, HazardSourceRemoved, HazardUnmerged
from duban_contracts.events.hazards import (
    HazardClosed,
    HazardConfirmed,
    HazardCorrected,
    HazardEvent,
    HazardFirstConfirmed,
    HazardListed,
    HazardPlanned,
    HazardRegistered,
    HazardRegraded,
    HazardReopened,
    HazardReturned,
    HazardSubmitted,
)
from duban_contracts.events.types import HazardFacts, HazardState
from services.ledger.hazards.model.digests import plan_digest, submission_digest
from services.ledger.hazards.model.posts import Post
from services.ledger.hazards.model.shown import ShownHazard

_E = TypeVar("_E", bound=HazardEvent)
_Kept = dict[str, object]


class Hazard(ShownHazard, frozen=True, kw_only=True, gc=False):
    """One entry of the ledger, folded from its events, with what rules need and no reader is shown.

    `reference_key` is the reference as references are compared; `reported_at` is when the report that stands reached the
    broker. `submitted_by` and `submission_digest` belong to the newest submission. `listing_count` counts 挂牌督办, lifted
    ones too. `merged_from` is where it stood when it was merged into another. The columns of the row follow from these
    fields; a new one needs its migration, and an entry in `_KEEPS` for each event that changes it.
    """

    reference_key: str
    reported_at: datetime | None = None
    changed_at: datetime
    first_confirmed_by: str | None = None
    first_confirmed_post: str | None = None
    confirmed_by: str | None = None
    plan_digest: bytes | None = None
    submitted_by: str | None = None
    submission_digest: bytes | None = None
    closed_by: str | None = None
    merged_from: HazardState | None = None
    listing_count: int = 0


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
    said = event.hazard
    return Hazard(
        hazard_id=said.hazard_id,
        number=said.number,
        county=said.county,
        reference=said.reference,
        reference_key=folded(said.reference),
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


def _particulars(hazard: Hazard, event: HazardEvent) -> _Kept:
    """Return what an event changes beyond the facts that every event carries."""
    keeps = _KEEPS.get(type(event))
    return keeps(hazard, event) if keeps else {}


def _keeps(
    event_type: type[_E], keeps: Callable[[Hazard, _E], _Kept]
) -> tuple[type[HazardEvent], Callable[[Hazard, Any], _Kept]]:
    return event_type, keeps


# Event type -> the fields that it changes, by name. A type without an entry changes no more than the facts.
_KEEPS: Final = dict(
    (
        _keeps(
            HazardCorrected,
            lambda _, event: {
                "enterprise": event.enterprise,
                "place": event.place,
                "description": event.description,
                "found_on": event.found_on,
                "suggested_grade": event.suggested_grade,
                "township": event.township,
                "reported_at": event.reported_at,
                # What was confirmed is no longer what is reported.
                "first_confirmed_at": None,
                "first_confirmed_by": None,
                "first_confirmed_post": None,
            },
        ),
        _keeps(
            HazardFirstConfirmed,
            lambda _, event: {
                "first_confirmed_at": event.occurred_at,
                "first_confirmed_by": event.actor.account,
                "first_confirmed_post": str(Post.of(event.actor)),
            },
        ),
        _keeps(
            HazardConfirmed,
            lambda _, event: {
                "confirmed_at": event.occurred_at,
                "confirmed_by": event.actor.account,
                "criterion": event.criterion,
                "criterion_version": event.criterion_version,
            },
        ),
        _keeps(
            HazardRegraded,
            lambda _, event: {
                "confirmed_by": event.actor.account,
                "criterion": event.criterion,
                "criterion_version": event.criterion_version,
            },
        ),
        _keeps(HazardPlanned, lambda _, event: {"plan_digest": plan_digest(event.measures, event.responsible_post)}),
        _keeps(
            HazardSubmitted,
            lambda _, event: {
                "submitted_at": event.submitted_at,
                "submitted_by": event.actor.account,
                "submission_digest": submission_digest(event.measures, event.completed_on, event.evidence),
            },
        ),
        _keeps(HazardReturned, lambda hazard, _: {"returned_count": hazard.returned_count + 1}),
        _keeps(HazardClosed, lambda _, event: {"closed_at": event.occurred_at, "closed_by": event.actor.account}),
        _keeps(
            HazardReopened,
            lambda hazard, _: {"closed_at": None, "closed_by": None, "reopened_count": hazard.reopened_count + 1},
        ),
        _keeps(
            HazardMerged,
            lambda _, event: {
                "merged_into": event.survivor.id,
                "merged_into_number": event.survivor.number,
                "merged_from": event.previous_state,
            },
        ),
        _keeps(HazardUnmerged, lambda *_: dict.fromkeys(("merged_into", "merged_into_number", "merged_from"))),
        _keeps(HazardEscalated, lambda _, event: {"sent_up_to": event.to, "sent_up_at": event.occurred_at}),
        _keeps(HazardHandedBack, lambda *_: dict.fromkeys(("sent_up_to", "sent_up_at"))),
        _keeps(HazardSourceAdded, lambda hazard, _: {"source_count": hazard.source_count + 1}),
        _keeps(HazardSourceRemoved, lambda hazard, _: {"source_count": hazard.source_count - 1}),
        _keeps(HazardListed, lambda _, event: {"listing_count": event.listing.number}),
    )
)
