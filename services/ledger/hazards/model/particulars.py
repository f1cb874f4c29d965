"""What an event changes of a hazard beyond the facts that every event carries."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any, Final, TypeVar

from duban_contracts.events.accountability import HazardAccountabilityOpened
from duban_contracts.events.consultation import HazardEscalated, HazardHandedBack
from duban_contracts.events.gathering import HazardMerged, HazardSourceAdded, HazardSourceRemoved, HazardUnmerged
from duban_contracts.events.hazards import (
    HazardClosed,
    HazardConfirmed,
    HazardCorrected,
    HazardDeadlineCorrected,
    HazardEvent,
    HazardExtended,
    HazardExtensionRefused,
    HazardExtensionRequested,
    HazardFirstConfirmed,
    HazardListed,
    HazardLookBackPassed,
    HazardPlanned,
    HazardRegraded,
    HazardReopened,
    HazardReturned,
    HazardReviewed,
    HazardSubmitted,
)
from duban_contracts.events.stops import EnterpriseStopped
from duban_contracts.events.types import Grade
from services.ledger.hazards.model.digests import extension_digest, plan_digest, submission_digest
from services.ledger.hazards.model.posts import Post
from services.ledger.hazards.model.shown import Hazard

_E = TypeVar("_E", bound=HazardEvent)
_Kept = dict[str, object]


def particulars(hazard: Hazard, event: HazardEvent) -> _Kept:
    """Return what an event changes beyond the facts that every event carries."""
    keeps = KEEPS.get(type(event))
    return keeps(hazard, event) if keeps else {}


def _keeps(
    event_type: type[_E], keeps: Callable[[Hazard, _E], _Kept]
) -> tuple[type[HazardEvent], Callable[[Hazard, Any], _Kept]]:
    return event_type, keeps


# A request stands until somebody decides; what it said is still known when it is sent again.
_DECIDED: Final[_Kept] = {"extension_wanted_on": None, "extension_asked_by": None}
_UNREVIEWED: Final = dict.fromkeys(("reviewed_at", "reviewed_by", "reviewed_post"))
_UNCONFIRMED: Final[_Kept] = dict.fromkeys(
    ("first_confirmed_at", "first_confirmed_by", "first_confirmed_post", "first_confirmed_grade")
)


def _second_level(hazard: Hazard, grade: Grade | None) -> _Kept:
    """Return what a confirmation of `grade` leaves of the first level: who it was, where it said the same; it counts once."""
    stood = hazard.first_confirmed_grade
    return {"first_confirmed_grade": None} if stood is not None and stood is grade else _UNCONFIRMED


def _unanswered(hazard: Hazard) -> _Kept:
    """Return what 销号 leaves of a first level that still waits: nothing, its hazard is gone. A confirmed one stays."""
    return {} if hazard.first_confirmed_grade is None else _UNCONFIRMED


def _still_wanted(hazard: Hazard, deadline_on: date) -> _Kept:
    """Return what a corrected deadline leaves of a request for a later one: nothing, where that isn't later any more."""
    wanted = hazard.extension_wanted_on
    return {} if wanted is not None and wanted > deadline_on else _DECIDED


_MERGED: Final = ("merged_into", "merged_into_number", "merged_from", "merged_at")
# Event type -> the fields that it changes, by name. A type without an entry changes no more than the facts.
KEEPS: Final = dict(
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
                **_UNCONFIRMED,
            },
        ),
        _keeps(
            HazardFirstConfirmed,
            lambda _, event: {
                "first_confirmed_at": event.occurred_at,
                "first_confirmed_by": event.actor.account,
                "first_confirmed_post": str(Post.of(event.actor)),
                "first_confirmed_grade": event.grade,
            },
        ),
        _keeps(
            HazardConfirmed,
            lambda hazard, event: {
                **_second_level(hazard, event.grade),
                "confirmed_at": event.occurred_at,
                "confirmed_by": event.actor.account,
                "criterion": event.criterion,
                "criterion_version": event.criterion_version,
            },
        ),
        _keeps(
            HazardRegraded,
            lambda hazard, event: {
                **_second_level(hazard, event.hazard.grade),
                "confirmed_by": event.actor.account,
                "criterion": event.criterion,
                "criterion_version": event.criterion_version,
            },
        ),
        _keeps(
            HazardPlanned,
            lambda _, event: {
                "plan_digest": plan_digest(event.measures, event.responsible_post, event.funds_yuan, event.contingency),
                "planned_measures": event.measures,
                "responsible_post": event.responsible_post,
                "funds_yuan": event.funds_yuan,
                "contingency": event.contingency,
            },
        ),
        _keeps(
            HazardSubmitted,
            lambda _, event: {
                "submitted_at": event.submitted_at,
                "submitted_by": event.actor.account,
                "submission_digest": submission_digest(event.measures, event.completed_on, event.evidence),
                # What is mended needs no more time.
                **_DECIDED,
                **_UNREVIEWED,
            },
        ),
        _keeps(
            HazardReviewed,
            lambda _, event: {
                "reviewed_at": event.occurred_at,
                "reviewed_by": event.actor.account,
                "reviewed_post": str(Post.of(event.actor)),
            },
        ),
        _keeps(HazardReturned, lambda hazard, _: {"returned_count": hazard.returned_count + 1, **_UNREVIEWED}),
        _keeps(
            HazardClosed,
            lambda hazard, event: {
                **_unanswered(hazard),
                "undone_closure": None,
                "closed_at": event.occurred_at,
                "closed_by": event.actor.account,
                "closed_post": str(Post.of(event.actor)),
            },
        ),
        _keeps(HazardAccountabilityOpened, lambda *_: {"undone_closure": None}),
        _keeps(HazardLookBackPassed, lambda _, event: {"looked_back_at": event.occurred_at}),
        _keeps(
            HazardReopened,
            lambda hazard, event: {
                "undone_closure": None if event.false_rectification else hazard.closure,
                "closed_at": None,
                "closed_by": None,
                "closed_post": None,
                "looked_back_at": None,
                "reopened_count": hazard.reopened_count + 1,
                # A row that was closed by an older version may still have one.
                **_unanswered(hazard),
                **_UNREVIEWED,
            },
        ),
        _keeps(
            HazardMerged,
            lambda _, event: {
                "merged_into": event.survivor.id,
                "merged_into_number": event.survivor.number,
                "merged_from": event.previous_state,
                "merged_at": event.occurred_at,
            },
        ),
        _keeps(HazardUnmerged, lambda *_: dict.fromkeys(_MERGED)),
        _keeps(
            HazardExtensionRequested,
            lambda _, event: {
                "extension_wanted_on": event.deadline_on,
                "extension_asked_by": event.actor.account,
                "extension_digest": extension_digest(event.reason, event.deadline_on),
            },
        ),
        _keeps(HazardExtended, lambda *_: _DECIDED),
        _keeps(HazardExtensionRefused, lambda *_: _DECIDED),
        _keeps(HazardDeadlineCorrected, lambda hazard, event: _still_wanted(hazard, event.deadline_on)),
        _keeps(HazardEscalated, lambda _, event: {"sent_up_to": event.to, "sent_up_at": event.occurred_at}),
        _keeps(HazardHandedBack, lambda *_: dict.fromkeys(("sent_up_to", "sent_up_at"))),
        _keeps(HazardSourceAdded, lambda hazard, _: {"source_count": hazard.source_count + 1}),
        _keeps(HazardSourceRemoved, lambda hazard, _: {"source_count": hazard.source_count - 1}),
        _keeps(HazardListed, lambda _, event: {"listing_count": event.listing.number}),
        _keeps(EnterpriseStopped, lambda _, event: {"stop_count": event.order.number}),
    )
)
