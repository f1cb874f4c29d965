"""Whatever is asked of a hazard, in whatever order: its history folds to its state and breaks no rule."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, Final

import msgspec
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from duban_contracts.cloudevents import CloudEvent
from duban_contracts.codec import decode, encode, lookup, type_of
from duban_contracts.events.consultation import Tier
from duban_contracts.events.hazards import (
    HazardDelisted,
    HazardEvent,
    HazardListed,
    HazardSubmitted,
)
from duban_contracts.events.types import Actor, Channel, Grade, HazardState
from duban_contracts.refusals import Refusal
from duban_contracts.testing.claims import report
from duban_contracts.validation import check_payload
from services.chassis.access.roles import Role
from services.chassis.testing.tries import tries
from services.ledger.claims.model import decisions
from services.ledger.claims.model.decisions import FollowUp, Recorded
from services.ledger.hazards.model import Hazard, evolve, facts, fold
from services.ledger.hazards.moves import (
    SCHEDULER,
    Correct,
    Door,
    FirstConfirm,
    MarkListingOverdue,
    MarkOverdue,
    Move,
    Plan,
    Submit,
    decide,
    move_of,
)
from services.ledger.tests.hazards.asked import (
    COMMANDED,
    actors,
    commands,
    follow_ups,
    grades,
    right_contents,
    said_of,
    words,
)
from services.ledger.tests.hazards.rules_kept import keeps_the_rules
from services.ledger.tests.telling import NOON, by

CONFIRMED: Final = {HazardState.CONFIRMED, HazardState.RECTIFYING, HazardState.IN_REVIEW, HazardState.CLOSED}
# What a move may be refused with before its own content is looked at.
COMMON: Final = {"role-not-allowed", "city-regulator-required", "handled-by-city", "state-conflict"}


class HazardLife(RuleBasedStateMachine):
    """Asks at random and keeps what was recorded."""

    hazard: Hazard
    events: list[HazardEvent]

    @initialize(channel=st.sampled_from(Channel))
    def is_reported(self, channel: Channel) -> None:
        self.now, self.channel = NOON, channel
        stamp = by(decisions.integrator("140502"), self.now)
        event = decisions.report(report(channel=channel), "h-1", "140502-2026-000001", "140502001", stamp).event
        self.hazard, self.events = evolve(None, event), [event]

    @rule(hours=st.integers(0, 30))
    def time_passes(self, hours: int) -> None:
        self.now += timedelta(hours=hours)

    @rule(command=commands, actor=actors)
    def somebody_commands(self, command: msgspec.Struct, actor: Actor) -> None:
        move = move_of(command)
        decision = decide(self.hazard, command, by(actor, self.now))
        if isinstance(decision, Refusal):
            assert decision.code in COMMON | set(move.refusals)
            assert decision.message
        else:
            self._record(decision, move)

    @rule(account=st.sampled_from(["a", "b"]), grade=grades, ahead=st.integers(1, 9), word=words, data=st.data())
    def the_city_takes_a_step_that_the_state_knows(
        self, account: str, grade: Grade, ahead: int, word: str, data: st.DataObject
    ) -> None:
        # Chance alone seldom leads a hazard to its close-out; what is asked here is asked rightly but for the account.
        known = [move for move in COMMANDED if self.hazard.state in move.leads and Door.HTTP in move.doors]
        if not known:
            return
        contents = right_contents(self.hazard, self.now.date(), grade, ahead, word)
        command = data.draw(st.sampled_from(known)).command
        right = command(**said_of(command, contents, word))
        self.somebody_commands(right, Actor(account=account, role=Role.CITY_REGULATOR))

    @rule(account=st.sampled_from(["a", "b"]), word=words)
    def the_enterprise_confirms_first(self, account: str, word: str) -> None:
        self.somebody_commands(
            FirstConfirm(grade=Grade.MAJOR, reason=word), Actor(account=account, role=Role.ENTERPRISE_PRINCIPAL)
        )

    @rule(hours=st.integers(-300, 300))
    def the_scheduler_says_that_the_deadline_passed(self, hours: int) -> None:
        due_at = self.now + timedelta(hours=hours)
        if self.hazard.deadline_on is not None:
            self.somebody_commands(MarkOverdue(deadline_on=self.hazard.deadline_on, due_at=due_at), SCHEDULER)
        if self.hazard.listing is not None:
            self.somebody_commands(MarkListingOverdue(number=self.hazard.listing.number, due_at=due_at), SCHEDULER)

    @rule(claim=follow_ups)
    def the_county_follows_up(self, claim: FollowUp) -> None:
        decision = decisions.follow_up(self.hazard, claim, by(decisions.submitter(claim), self.now))
        if isinstance(decision, Recorded):
            self._record(decision.event, move_of(Submit if isinstance(decision.event, HazardSubmitted) else Plan))

    @rule(place=words, township=st.sampled_from([None, "140502001"]))
    def the_county_reports_again(self, place: str, township: str | None) -> None:
        stamp = by(decisions.integrator("140502"), self.now)
        decision = decisions.report_again(self.hazard, report(place=place, channel=self.channel), township, stamp)
        if isinstance(decision, Recorded):
            self._record(decision.event, move_of(Correct))

    def _record(self, event: HazardEvent, move: Move[Any]) -> None:
        before = self.hazard
        keeps_the_rules(before, event, self.events)
        self.hazard = evolve(before, event)
        self.events.append(event)
        otherwise = move.otherwise.get(before.state) is self.hazard.state
        if before.sent_up_to is Tier.CITY and before.state is not HazardState.CLOSED and move.decides:
            assert event.actor.role != Role.COUNTY_REGULATOR
        leads = before.merged_from if move.restores else move.leads[before.state]
        assert otherwise or leads is self.hazard.state
        assert event.actor.role in move.roles
        # What we publish is held to the contract as any county's claim is.
        assert check_payload(lookup(type_of(type(event)).name), encode(event)) == []

    @invariant()
    def versions_have_no_gaps(self) -> None:
        assert self.hazard.version == len(self.events)

    @invariant()
    def the_fold_of_the_published_events_is_the_state(self) -> None:
        published = [
            decode(CloudEvent(id="1", source="/", type=type_of(type(e)).name, data=encode(e))) for e in self.events
        ]
        assert fold(e for e in published if isinstance(e, HazardEvent)) == self.hazard

    @invariant()
    def what_is_wanted_is_more_time(self) -> None:
        hazard = self.hazard
        assert hazard.extension_wanted_on is None or hazard.extension_wanted_on > (hazard.deadline_on or date.max)

    @invariant()
    def no_hand_is_two_hands(self) -> None:
        # As the database's constraints have it.
        hazard = self.hazard
        used_up = hazard.first_confirmed_grade is None
        if hazard.grade is Grade.MAJOR and hazard.first_confirmed_by is not None and used_up:
            assert hazard.confirmed_by != hazard.first_confirmed_by
        hands = [hazard.submitted_by, *hazard.reviewers]
        assert len(hands) == len(set(hands))
        assert hazard.looked_back_at is None or hazard.closed_at is not None

    @invariant()
    def the_last_event_carries_the_facts(self) -> None:
        assert self.events[-1].hazard == facts(self.hazard)

    @invariant()
    def what_confirmation_sets_is_there_from_then_on_and_never_before(self) -> None:
        hazard = self.hazard
        set_by_it = (hazard.grade, hazard.responsible_unit, hazard.deadline_on, hazard.confirmed_at)
        assert [value is not None for value in set_by_it] == [(hazard.merged_from or hazard.state) in CONFIRMED] * 4
        merged = (hazard.merged_into, hazard.merged_into_number, hazard.merged_from)
        assert [value is not None for value in merged] == [hazard.state is HazardState.DUPLICATE] * 3
        assert (hazard.closed_at is not None) == (hazard.state is HazardState.CLOSED)
        assert not hazard.overdue or hazard.deadline_on is not None

    @invariant()
    def what_is_listed_is_open_until_who_listed_it_lifts_that(self) -> None:
        assert self.hazard.listing is None or self.hazard.state in CONFIRMED - {HazardState.CLOSED}
        said = [event for event in self.events if isinstance(event, HazardListed | HazardDelisted)]
        for listed, lifted in zip(said[::2], said[1::2], strict=False):
            assert (type(listed), type(lifted)) == (HazardListed, HazardDelisted)
            assert listed.actor.role == lifted.actor.role
        assert (self.hazard.listing is not None) == (len(said) % 2 == 1)


TestHazardLife = pytest.mark.promise("P2")(HazardLife.TestCase)
TestHazardLife.settings = settings(max_examples=tries(60), stateful_step_count=40, deadline=None)
