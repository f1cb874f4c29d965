"""What no event of a hazard may break, said without asking its fold: for tests that move hazards at random."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from duban_contracts.events.gathering import HazardMerged
from duban_contracts.events.hazards import (
    HazardClosed,
    HazardConfirmed,
    HazardCorrected,
    HazardDeadlineCorrected,
    HazardEvent,
    HazardExtended,
    HazardFirstConfirmed,
    HazardListed,
    HazardOverdue,
    HazardPlanned,
    HazardRegraded,
    HazardReopened,
    HazardReturned,
    HazardSubmitted,
)
from duban_contracts.events.stops import EnterpriseResumed
from duban_contracts.events.types import Channel, Grade, HazardState
from services.chassis.access.roles import Role
from services.ledger.hazards.model import Hazard, facts

_PLANNED: Final = {HazardState.RECTIFYING, HazardState.IN_REVIEW, HazardState.CLOSED}
_OF_LEVELS: Final = (HazardFirstConfirmed, HazardCorrected, HazardConfirmed, HazardRegraded)


def keeps_the_rules(before: Hazard, event: HazardEvent, history: Sequence[HazardEvent]) -> None:
    """Assert what has to hold of `event`, which `before` and its whole `history` led to."""
    if isinstance(event, HazardConfirmed | HazardRegraded):
        _is_the_second_level(event, history)
    if isinstance(event, HazardFirstConfirmed):
        assert event.hazard == facts(before)
    if isinstance(event, HazardClosed | HazardMerged):
        assert (before.listing, before.stopped) == (None, None)
    if isinstance(event, HazardClosed | HazardReturned):
        assert event.actor.account != before.submitted_by
        assert event.actor.role in {Role.COUNTY_REGULATOR, Role.CITY_REGULATOR}
    if isinstance(event, HazardClosed) and before.grade is Grade.MAJOR:
        assert event.actor.role == Role.CITY_REGULATOR
    if isinstance(event, HazardPlanned) and before.grade is Grade.MAJOR:
        assert None not in {event.funds_yuan, event.contingency}
    if isinstance(event, HazardDeadlineCorrected | HazardExtended):
        assert before.extension_wanted_on is None or event.actor.account != before.extension_asked_by
    if isinstance(event, HazardDeadlineCorrected):
        assert event.previous_deadline_on == before.deadline_on != event.deadline_on
        assert event.actor.role == Role.CITY_REGULATOR
    if isinstance(event, HazardOverdue):
        assert not before.overdue
        assert event.deadline_on == before.deadline_on
    _no_hand_reviews_twice(before, event, history)
    _stays_its_townships(before, event)
    _major_has_its_list(before, event)
    _listed_is_major(before, event)
    _deadlines_stay_readable(before, event)


def _stays_its_townships(before: Hazard, event: HazardEvent) -> None:
    if before.sent_up_to is not None:
        assert before.township_code in {None, event.hazard.township}


def _major_has_its_list(before: Hazard, event: HazardEvent) -> None:
    # SY28, as the event left it: whatever it was, and by whichever move.
    said = event.hazard
    if said.grade is Grade.MAJOR and said.state in _PLANNED:
        planned = event if isinstance(event, HazardPlanned) else before
        assert None not in {said.responsible_unit, said.deadline_on, planned.responsible_post}
        assert None not in {planned.funds_yuan, planned.contingency}


def _listed_is_major(before: Hazard, event: HazardEvent) -> None:
    assert event.hazard.listing is None or event.hazard.grade is Grade.MAJOR
    if isinstance(event, HazardListed):
        assert (before.listing, before.grade, event.listing.number) == (None, Grade.MAJOR, before.listing_count + 1)


def _deadlines_stay_readable(before: Hazard, event: HazardEvent) -> None:
    if event.hazard.deadline_on != before.deadline_on:
        # DOMAIN §10: no county's alone.
        assert event.hazard.grade is not Grade.MAJOR or event.actor.role != Role.COUNTY_REGULATOR
        assert isinstance(event, HazardConfirmed | HazardExtended | HazardDeadlineCorrected | HazardReopened)
        # Only an extension and a correction put one deadline in another's place, and both say which.
        assert before.deadline_on is None or not isinstance(event, HazardConfirmed)
    if isinstance(event, HazardExtended):
        assert event.previous_deadline_on == before.deadline_on
        assert before.deadline_on is not None
        assert before.deadline_on < event.deadline_on


def _no_hand_reviews_twice(before: Hazard, event: HazardEvent, history: Sequence[HazardEvent]) -> None:
    """Assert it of whatever reviews there are, and that what is struck off had as many as the rule asks."""
    if not _reviews(event) or before.state is not HazardState.IN_REVIEW:
        return
    # Of the newest submission, and not of one that was returned.
    newest = max(place for place, each in enumerate(history) if isinstance(each, HazardSubmitted))
    hands = [each.actor.account for each in (*history[newest:], event) if each is history[newest] or _reviews(each)]
    assert len(hands) == len(set(hands))
    # The rule as delivered (SY30), and not what the move says of itself.
    asked = 2 if before.grade is Grade.MAJOR else 1
    assert event.hazard.state is not HazardState.CLOSED or len(hands) > asked


def _reviews(event: HazardEvent) -> bool:
    # What was stopped is looked at for itself: whoever lets it resume may find it mended, too.
    return "review" in event.__struct_fields__ and not isinstance(event, EnterpriseResumed)


def _is_the_second_level(event: HazardEvent, history: Sequence[HazardEvent]) -> None:
    if event.hazard.channel is Channel.SELF_REPORT and event.hazard.grade is Grade.MAJOR:
        # What the county corrected had to be confirmed anew, and a first level counts once.
        first = [e for e in history if isinstance(e, _OF_LEVELS)][-1]
        assert isinstance(first, HazardFirstConfirmed)
        assert first.grade is Grade.MAJOR
        assert first.actor.account != event.actor.account
        assert (first.actor.role, first.actor.unit) != (event.actor.role, event.actor.unit)
