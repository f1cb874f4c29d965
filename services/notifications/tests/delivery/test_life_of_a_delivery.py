"""The life of a delivery, as a state machine and in single steps."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from duban_contracts.refusals import Refusal, refusal
from services.notifications.channels.model.answers import Answer, Verdict
from services.notifications.delivery.model.delivery import (
    LOST,
    Delivery,
    DeliveryState,
    Fact,
    Step,
    StepNotAllowed,
    begin,
    confirm,
    retry,
    settle,
)
from services.notifications.delivery.model.retry import RetrySchedule

NOW = datetime(2026, 3, 6, 1, tzinfo=UTC)
SCHEDULE = RetrySchedule((2.0, 10.0, 60.0), 0.2)


def settled(delivery: Delivery, answer: Answer, *, drops_repeats: bool = False, draw: float = 0.5) -> Step:
    return settle(delivery, answer, drops_repeats=drops_repeats, now=NOW, schedule=SCHEDULE, draw=draw)


def done(step: Step | Refusal) -> Step:
    assert isinstance(step, Step)
    return step


class DeliveryLife(RuleBasedStateMachine):
    """Any order of answers, crashes and decisions of operators."""

    def __init__(self) -> None:
        super().__init__()
        self.delivery = Delivery("email", next_attempt_at=NOW)
        self.drops_repeats = False
        self.facts: list[Fact] = []
        self.begun = 0
        self.rounds = 1

    @rule(drops_repeats=st.booleans())
    @precondition(lambda self: self.begun == 0)
    def start(self, drops_repeats: bool) -> None:  # noqa: FBT001 - hypothesis hands it in by name
        self.drops_repeats = drops_repeats

    @rule()
    @precondition(lambda self: self.delivery.state is DeliveryState.PENDING)
    def send(self) -> None:
        self.delivery = begin(self.delivery)
        self.begun += 1

    @rule(verdict=st.sampled_from(Verdict), draw=st.floats(0, 1, exclude_max=True))
    @precondition(lambda self: self.delivery.state in (DeliveryState.SENDING, DeliveryState.UNCERTAIN))
    def answer(self, verdict: Verdict, draw: float) -> None:
        step = settled(self.delivery, Answer(verdict, "code"), drops_repeats=self.drops_repeats, draw=draw)
        self.delivery = step.delivery
        self.facts += [step.fact] if step.fact else []

    @rule()
    @precondition(lambda self: self.delivery.state is DeliveryState.SENDING)
    def crash(self) -> None:
        step = settled(self.delivery, LOST, drops_repeats=self.drops_repeats)
        assert (step.delivery.state is DeliveryState.UNCERTAIN) == (not self.drops_repeats)
        self.delivery = step.delivery
        self.facts += [step.fact] if step.fact else []

    @rule()
    @precondition(lambda self: self.delivery.state in (DeliveryState.FAILED, DeliveryState.UNCERTAIN))
    def operator_retries(self) -> None:
        self.rounds += self.delivery.state is DeliveryState.FAILED
        self.delivery = done(retry(self.delivery, now=NOW)).delivery

    @rule()
    @precondition(lambda self: self.delivery.state is DeliveryState.UNCERTAIN)
    def operator_confirms(self) -> None:
        step = done(confirm(self.delivery))
        self.delivery = step.delivery
        self.facts += [step.fact] if step.fact else []

    @rule()
    @precondition(lambda self: self.delivery.state is DeliveryState.DELIVERED)
    def nothing_moves_what_was_delivered(self) -> None:
        with pytest.raises(StepNotAllowed):
            begin(self.delivery)
        with pytest.raises(StepNotAllowed):
            settled(self.delivery, LOST)
        assert isinstance(retry(self.delivery, now=NOW), Refusal)
        assert isinstance(confirm(self.delivery), Refusal)

    @invariant()
    def delivered_is_told_once_and_last(self) -> None:
        assert self.facts.count(Fact.DELIVERED) == (self.delivery.state is DeliveryState.DELIVERED)
        if Fact.DELIVERED in self.facts:
            assert self.facts[-1] is Fact.DELIVERED

    @invariant()
    def failed_is_told_once_for_each_round(self) -> None:
        expected = self.rounds - (self.delivery.state is not DeliveryState.FAILED)
        assert self.facts.count(Fact.FAILED) == expected

    @invariant()
    def attempts_count_every_send_and_tries_stay_within_the_schedule(self) -> None:
        assert self.delivery.attempts == self.begun
        assert self.delivery.tries <= len(SCHEDULE.waits) + 1

    @invariant()
    def only_a_pending_delivery_has_a_time_to_be_sent(self) -> None:
        assert (self.delivery.next_attempt_at is not None) == (self.delivery.state is DeliveryState.PENDING)


TestDeliveryLife = DeliveryLife.TestCase


def sending() -> Delivery:
    return begin(Delivery("email", next_attempt_at=NOW))


def test_begun_counts_before_anything_is_sent() -> None:
    delivery = Delivery("email", attempts=3, tries=1, next_attempt_at=NOW, code="452 4.2.2")
    assert begin(delivery) == Delivery("email", DeliveryState.SENDING, attempts=4, tries=2, code="452 4.2.2")


def test_an_unknown_outcome_is_tried_again_where_receivers_drop_repeats() -> None:
    step = settled(sending(), LOST, drops_repeats=True)
    assert step.delivery.state is DeliveryState.PENDING
    assert step.delivery.next_attempt_at == NOW + timedelta(seconds=2)
    assert (step.delivery.code, step.fact) == ("lost", None)


@pytest.mark.promise("P9")
def test_an_unknown_outcome_is_never_tried_again_by_itself_where_a_repeat_would_arrive_twice() -> None:
    step = settled(sending(), LOST)
    assert step.delivery.state is DeliveryState.UNCERTAIN
    assert step.fact is None
    with pytest.raises(StepNotAllowed, match="uncertain can't begin"):
        begin(step.delivery)


def test_a_late_answer_settles_the_doubt() -> None:
    lost = settled(sending(), LOST).delivery
    step = settled(lost, Answer(Verdict.ACCEPTED, "250 2.0.0"))
    assert (step.delivery.state, step.delivery.code, step.fact) == (
        DeliveryState.DELIVERED,
        "250 2.0.0",
        Fact.DELIVERED,
    )


def test_a_refusal_for_good_fails_at_once_and_a_passing_trouble_after_the_last_try() -> None:
    refused = settled(sending(), Answer(Verdict.PERMANENT, "550 5.1.1"))
    assert (refused.delivery.state, refused.delivery.next_attempt_at) == (DeliveryState.FAILED, None)
    assert refused.fact is Fact.FAILED
    busy = Answer(Verdict.TRANSIENT, "452 4.2.2")
    waits = []
    step = settled(sending(), busy)
    while step.delivery.next_attempt_at is not None:
        waits.append((step.delivery.next_attempt_at - NOW).total_seconds())
        step = settled(begin(step.delivery), busy)
    assert waits == [2, 10, 60]
    assert (step.delivery.state, step.fact) == (DeliveryState.FAILED, Fact.FAILED)


def test_a_receivers_retry_after_is_heard() -> None:
    step = settled(sending(), Answer(Verdict.TRANSIENT, "503", retry_after=30))
    assert step.delivery.next_attempt_at == NOW + timedelta(seconds=30)


def test_a_retry_begins_a_fresh_schedule_and_counts_attempts_on() -> None:
    failed = Delivery("email", DeliveryState.FAILED, attempts=4, tries=4, code="452 4.2.2")
    again = done(retry(failed, now=NOW))
    assert again.delivery == Delivery("email", DeliveryState.PENDING, 4, 0, NOW, "452 4.2.2")
    assert again.fact is None


def test_an_operator_states_that_a_letter_arrived() -> None:
    step = done(confirm(Delivery("email", DeliveryState.UNCERTAIN, attempts=1, tries=1)))
    assert (step.delivery.state, step.fact) == (DeliveryState.DELIVERED, Fact.DELIVERED)


@pytest.mark.parametrize("tries", [0, 1, 3])
def test_an_operator_has_a_waiting_delivery_sent_now_and_its_schedule_stays(tries: int) -> None:
    waiting = Delivery("email", attempts=tries, tries=tries, next_attempt_at=NOW + timedelta(hours=2))
    sooner = done(retry(waiting, now=NOW))
    assert sooner == Step(replace(waiting, tries=max(0, tries - 1), next_attempt_at=NOW))
    assert retry(sooner.delivery, now=NOW) == sooner, "what is due is due"


@pytest.mark.parametrize("state", [DeliveryState.SENDING, DeliveryState.DELIVERED])
def test_an_operator_can_decide_only_about_what_waits_or_is_stuck(state: DeliveryState) -> None:
    refused = [retry(Delivery("email", state), now=NOW), confirm(Delivery("email", state))]
    assert refused == [
        refusal("delivery-state-conflict", step="retry", state=state),
        refusal("delivery-state-conflict", step="confirm", state=state),
    ]


@pytest.mark.parametrize("state", [DeliveryState.PENDING, DeliveryState.DELIVERED, DeliveryState.FAILED])
def test_an_answer_to_what_was_not_begun_is_a_defect(state: DeliveryState) -> None:
    with pytest.raises(StepNotAllowed, match=f"^a delivery that is {state} can't settle$"):
        settled(Delivery("email", state), LOST)


def test_a_delivery_that_failed_for_good_cant_be_confirmed() -> None:
    assert isinstance(confirm(Delivery("email", DeliveryState.FAILED)), Refusal)
