from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from duban_contracts.codec import decode, lookup
from duban_contracts.events.hazards import HazardEvent, HazardSubmitted
from duban_contracts.events.types import Grade, HazardState
from duban_contracts.terms import check_terms
from duban_contracts.testing.calendar import june, local
from duban_contracts.testing.claims import plan, rectification, report, sent
from duban_contracts.testing.listings import delisted, listed, listing_overdue
from duban_contracts.testing.stories import ENTERPRISE, Story, confirmed, hazard, heartbeat, in_waves, registered
from duban_contracts.validation import check_claim, check_payload

MOVES: Final[Mapping[str, Callable[[Story, datetime], Story]]] = {
    "corrected": lambda story, at: story.corrected(at),
    "confirmed": lambda story, at: story.confirmed(at, june(20)),
    "rejected": lambda story, at: story.rejected(at),
    "planned": lambda story, at: story.planned(at),
    "submitted": lambda story, at: story.submitted(at, at + timedelta(hours=2)),
    "returned": lambda story, at: story.returned(at),
    "closed": lambda story, at: story.closed(at),
    "reopened": lambda story, at: story.reopened(at, june(25)),
    "extended": lambda story, at: story.extended(at, june(28)),
    "deadline_corrected": lambda story, at: (
        story.deadline_corrected(at, june(27)) if story.facts.deadline_on else story.planned(at)
    ),
    "regraded": lambda story, at: story.regraded(at, Grade.MAJOR),
    "overdue": lambda story, at: story.overdue(at, june(20)),
    "listed": lambda story, at: listed(story, at, june(26)),
    "delisted": lambda story, at: delisted(story, at) if story.facts.listing else listed(story, at, june(24)),
    "listing_overdue": lambda story, at: listing_overdue(story, at) if story.facts.listing else story.planned(at),
}
tellings = st.lists(st.sampled_from(sorted(MOVES)), max_size=12)


def told(moves: list[str]) -> Story:
    story = registered()
    for number, move in enumerate(moves, start=1):
        story = MOVES[move](story, local(1, 8) + timedelta(hours=number))
    return story


@given(tellings)
def test_whatever_is_told_keeps_the_contract_and_has_gapless_versions(moves: list[str]) -> None:
    story = told(moves)
    records = story.records()
    assert [record.aggregateversion for record in records] == list(range(1, len(moves) + 2))
    assert len({record.id for record in records}) == len(records)
    for record, event in zip(records, story.events, strict=True):
        assert decode(record) == event
        assert check_terms(event) == []


@given(tellings)
def test_each_event_carries_the_facts_after_it_and_the_story_those_after_the_last(moves: list[str]) -> None:
    story = told(moves)
    assert story.facts == story.last.hazard
    assert {event.hazard.hazard_id for event in story.events} == {"hz-1"}


@given(tellings, st.sampled_from(sorted(MOVES)), st.sampled_from(sorted(MOVES)))
def test_a_story_can_be_told_on_in_two_ways(moves: list[str], one: str, other: str) -> None:
    begun = told(moves)
    before = begun.events
    left, right = (MOVES[move](begun, local(30)) for move in (one, other))
    assert begun.events == before
    assert left.events[:-1] == right.events[:-1] == before


@given(tellings, st.integers(1, 14))
def test_a_story_can_be_read_from_any_version(moves: list[str], first: int) -> None:
    story = told(moves)
    assert story.records(first) == story.records()[first - 1 :]


def test_a_line_tells_a_hazard() -> None:
    story = confirmed().submitted(local(2, 23, 59)).returned(local(4, 9))
    assert story.version == 4
    assert (story.facts.state, story.facts.deadline_on) == (HazardState.RECTIFYING, june(3))
    submission = story.events[2]
    assert isinstance(submission, HazardSubmitted)
    assert submission.submitted_at == local(2, 23, 59)
    assert submission.completed_on == june(2)


def test_lateness_ends_with_a_new_deadline() -> None:
    late = confirmed().overdue(local(4))
    assert late.facts.overdue
    assert late.closed(local(5)).facts.overdue
    assert not late.extended(local(5), june(9)).facts.overdue
    assert not late.deadline_corrected(local(5), june(9)).facts.overdue
    assert not late.closed(local(5)).reopened(local(6), june(12)).facts.overdue


def test_the_scheduler_speaks_about_the_storys_deadline() -> None:
    story = confirmed(county="140581", sector="coal_mine")
    alarm = story.overdue_raised()
    assert (alarm.about.kind, alarm.about.id, alarm.about.number) == ("hazard", "hz-1", "JC-hz-1")
    assert (alarm.county, alarm.sector, alarm.unit) == ("140581", "coal_mine", "emergency_management")
    assert alarm.due_at == alarm.raised_at == local(4)
    reminder = story.due_soon_raised(local(2, 9), days_left=2)
    assert (reminder.days_left, reminder.raised_at, reminder.hazard) == (2, local(2, 9), story.facts)


def test_a_deadline_that_is_not_there_is_a_mistake_of_the_teller() -> None:
    for speak in (
        registered().overdue_raised,
        lambda: registered().overdue(local(2)),
        lambda: registered().deadline_corrected(local(2), june(3)),
    ):
        with pytest.raises(ValueError, match="no deadline"):
            speak()


def test_who_acts_can_be_said() -> None:
    story = confirmed().acting(ENTERPRISE).submitted(local(2))
    assert [event.actor.role for event in story.events] == ["county_regulator", "county_regulator", "enterprise_user"]


def test_several_stories_are_mixed_with_each_in_order() -> None:
    stories = [registered("a"), confirmed("b"), confirmed("c").closed(local(9))]
    mixed = in_waves(stories)
    assert [record.id for record in mixed] == ["a-1", "b-1", "c-1", "b-2", "c-2", "c-3"]


def test_a_story_begins_before_its_first_event() -> None:
    begun = hazard("hz-9", township="140502001")
    assert begun.version == 0
    assert begun.records() == []
    assert begun.facts.township == "140502001"


def test_a_heartbeat_is_read() -> None:
    assert decode(heartbeat(local(1))).applied_through == local(1)  # type: ignore[attr-defined]


@pytest.mark.parametrize("claim", [report(), plan(), rectification(), report(township="东街街道", sector="coal_mine")])
def test_a_countys_claims_would_be_taken(claim: HazardEvent) -> None:
    event = sent(claim, event_id="e-1")
    assert check_claim(event, "140502") == []
    assert event.partitionkey == "AQ-1"


def test_every_event_of_a_story_may_be_published() -> None:
    for record in told(sorted(MOVES)).records():
        assert check_payload(lookup(record.type), record.data) == []
