"""Whatever is asked of a hazard, in whatever order: its history folds to its state and breaks no rule."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from duban_contracts.cloudevents import CloudEvent
from duban_contracts.codec import decode, encode, type_of
from duban_contracts.events.hazards import HazardClosed, HazardEvent, HazardReturned, HazardSubmitted
from duban_contracts.events.types import Actor, Grade, HazardState
from services.ledger.domain import claims
from services.ledger.domain.claims import Recorded
from services.ledger.domain.commands import (
    Close,
    Command,
    Confirm,
    Extend,
    MarkOverdue,
    Plan,
    Regrade,
    Reject,
    Reopen,
    Return,
    Submit,
)
from services.ledger.domain.decisions import MOVES, Stamp, decide
from services.ledger.domain.evolution import evolve, fold
from services.ledger.domain.hazard import Hazard, facts
from services.ledger.domain.transitions import TRANSITIONS, Move
from services.ledger.tests.world import planned, rectified, reported

START = datetime(2026, 11, 21, 4, 0, tzinfo=UTC)
CONFIRMED = {HazardState.CONFIRMED, HazardState.RECTIFYING, HazardState.IN_REVIEW, HazardState.CLOSED}

actors = st.builds(
    Actor,
    account=st.sampled_from(["a", "b", "c"]),
    role=st.sampled_from(
        ["county_regulator", "city_regulator", "enterprise_user", "integrator", "city_office", "system"]
    ),
)
days = st.dates(date(2026, 11, 18), date(2026, 12, 10))
words = st.sampled_from(["甲", "乙"])
grades = st.sampled_from(Grade)
instants = st.integers(0, 20).map(lambda n: START + timedelta(days=n))
commands: st.SearchStrategy[Command] = st.one_of(
    st.builds(Confirm, grade=grades, responsible_unit=st.just("emergency_management"), deadline_on=days),
    st.builds(Reject, reason=words),
    st.builds(Plan, measures=words, responsible_post=words),
    st.builds(Submit, measures=words, completed_on=days, submitted_at=instants),
    st.builds(Return, reason=words),
    st.builds(Close, review=words),
    st.builds(Reopen, reason=words, deadline_on=days),
    st.builds(Extend, reason=words, deadline_on=days),
    st.builds(Regrade, grade=grades, reason=words),
    st.builds(MarkOverdue, deadline_on=days, due_at=instants),
)
follow_ups: st.SearchStrategy[claims.FollowUp] = st.one_of(
    st.builds(lambda m, d: rectified("R-1", measures=m, completed_on=d, submitted_by="a"), words, days),
    st.builds(lambda m: planned("R-1", measures=m, submitted_by="a"), words),
)


_STEPS: Mapping[Move, Callable[[str, date, Grade, datetime], Command]] = {
    Move.CONFIRM: lambda _, day, grade, __: Confirm(grade=grade, responsible_unit="fire_rescue", deadline_on=day),
    Move.PLAN: lambda word, *_: Plan(measures=word, responsible_post=word),
    Move.SUBMIT: lambda word, _, __, now: Submit(measures=word, completed_on=now.date(), submitted_at=now),
    Move.RETURN: lambda word, *_: Return(reason=word),
    Move.CLOSE: lambda word, *_: Close(review=word),
    Move.REOPEN: lambda word, day, *_: Reopen(reason=word, deadline_on=day),
    Move.EXTEND: lambda word, day, *_: Extend(reason=word, deadline_on=day),
    Move.REGRADE: lambda word, _, grade, __: Regrade(grade=grade, reason=word),
}


class HazardLife(RuleBasedStateMachine):
    """Asks at random and keeps what was recorded."""

    hazard: Hazard
    events: list[HazardEvent]
    moves: list[tuple[HazardState, Move, HazardState]]

    @initialize()
    def is_reported(self) -> None:
        self.now = START
        event = claims.register(reported("R-1"), "h-1", "140502-2026-000001", self.now).event
        self.hazard, self.events, self.moves = evolve(None, event), [event], []

    @rule(hours=st.integers(0, 30))
    def time_passes(self, hours: int) -> None:
        self.now += timedelta(hours=hours)

    @rule(command=commands, actor=actors)
    def somebody_commands(self, command: Command, actor: Actor) -> None:
        decision = decide(self.hazard, command, Stamp(actor, self.now))
        if isinstance(decision, HazardEvent):
            self._record(decision, MOVES[type(command)])

    @rule(account=st.sampled_from(["a", "b"]), grade=grades, ahead=st.integers(1, 9), word=words, data=st.data())
    def the_city_takes_a_step_that_the_state_knows(
        self, account: str, grade: Grade, ahead: int, word: str, data: st.DataObject
    ) -> None:
        # Chance alone seldom leads a hazard to its close-out; what is asked here is asked rightly but for the account.
        known = sorted({move for state, move in TRANSITIONS if state is self.hazard.state} & _STEPS.keys())
        if not known:
            return
        last_day = self.hazard.deadline_on or self.now.date()
        day = max(last_day, self.now.date()) + timedelta(days=ahead)
        command = _STEPS[data.draw(st.sampled_from(known))](word, day, grade, self.now)
        self.somebody_commands(command, Actor(account=account, role="city_regulator"))

    @rule(claim=follow_ups)
    def the_county_follows_up(self, claim: claims.FollowUp) -> None:
        decision = claims.follow_up(self.hazard, claim, self.now, self.now)
        if isinstance(decision, Recorded):
            self._record(decision.event, Move.SUBMIT if isinstance(decision.event, HazardSubmitted) else Move.PLAN)

    @rule(place=words)
    def the_county_reports_again(self, place: str) -> None:
        decision = claims.report_again(self.hazard, reported("R-1", place=place), self.now)
        if isinstance(decision, Recorded):
            self._record(decision.event, Move.CORRECT)

    def _record(self, event: HazardEvent, move: Move) -> None:
        before = self.hazard
        if isinstance(event, HazardClosed | HazardReturned):
            assert event.actor.account != before.submitted_by
            assert event.actor.role in {"county_regulator", "city_regulator"}
        if isinstance(event, HazardClosed) and before.grade is Grade.MAJOR:
            assert event.actor.role == "city_regulator"
        if isinstance(event, HazardSubmitted):
            assert before.grade is not Grade.MAJOR or before.plan_digest is not None
        self.hazard = evolve(before, event)
        self.events.append(event)
        self.moves.append((before.state, move, self.hazard.state))

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
    def the_last_event_carries_the_facts(self) -> None:
        assert self.events[-1].hazard == facts(self.hazard)

    @invariant()
    def every_move_is_in_the_table(self) -> None:
        assert all(TRANSITIONS.get((before, move)) is after for before, move, after in self.moves)

    @invariant()
    def what_confirmation_sets_is_there_from_then_on_and_never_before(self) -> None:
        hazard = self.hazard
        set_by_it = (hazard.grade, hazard.responsible_unit, hazard.deadline_on, hazard.confirmed_at)
        assert [value is not None for value in set_by_it] == [hazard.state in CONFIRMED] * 4
        assert (hazard.closed_at is not None) == (hazard.state is HazardState.CLOSED)
        assert hazard.closed_by is None or hazard.closed_by != hazard.submitted_by
        assert not hazard.overdue or hazard.deadline_on is not None


TestHazardLife = HazardLife.TestCase
TestHazardLife.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
