"""The life of a delivery, as a state machine and in single steps."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from duban_contracts.events.notices import DeliveryChannel
from services.notifications.domain.delivery import (
    LOST,
    Answer,
    Delivery,
    DeliveryState,
    Fact,
    StepNotAllowedError,
    Verdict,
    begin,
    confirm,
    retry,
    settle,
)
from services.notifications.domain.retry import RetrySchedule

NOW = datetime(2026, 3, 6, 1, tzinfo=UTC)
SCHEDULE = RetrySchedule((2.0, 10.0, 60.0), 0.2)
OPEN = (DeliveryState.PENDING, DeliveryState.SENDING)


class DeliveryLife(RuleBasedStateMachine):
    """Any order of answers, crashes and decisions of operators."""

    def __init__(self) -> None:
        super().__init__()
        self.delivery = Delivery(DeliveryChannel.EMAIL, next_attempt_at=NOW)
        self.facts: list[Fact] = []
        self.begun = 0
        self.rounds = 1

    @rule(channel=st.sampled_from(DeliveryChannel))
    @precondition(lambda self: self.begun == 0)
    def start(self, channel: DeliveryChannel) -> None:
        self.delivery = Delivery(channel, next_attempt_at=NOW)

    @rule()
    @precondition(lambda self: self.delivery.state is DeliveryState.PENDING)
    def send(self) -> None:
        self.delivery = begin(self.delivery)
        self.begun += 1

    @rule(verdict=st.sampled_from(Verdict), chance=st.floats(0, 1, exclude_max=True))
    @precondition(lambda self: self.delivery.state in (DeliveryState.SENDING, DeliveryState.UNCERTAIN))
    def answer(self, verdict: Verdict, chance: float) -> None:
        step = settle(self.delivery, Answer(verdict, "code"), now=NOW, schedule=SCHEDULE, chance=chance)
        self.delivery = step.delivery
        self.facts += [step.fact] if step.fact else []

    @rule()
    @precondition(lambda self: self.delivery.state is DeliveryState.SENDING)
    def crash(self) -> None:
        step = settle(self.delivery, LOST, now=NOW, schedule=SCHEDULE, chance=0.5)
        if self.delivery.channel is DeliveryChannel.EMAIL:
            assert step.delivery.state is DeliveryState.UNCERTAIN
        self.delivery = step.delivery
        self.facts += [step.fact] if step.fact else []

    @rule()
    @precondition(lambda self: self.delivery.state in (DeliveryState.FAILED, DeliveryState.UNCERTAIN))
    def operator_retries(self) -> None:
        self.rounds += self.delivery.state is DeliveryState.FAILED
        self.delivery = retry(self.delivery, now=NOW).delivery

    @rule()
    @precondition(lambda self: self.delivery.state is DeliveryState.UNCERTAIN)
    def operator_confirms(self) -> None:
        step = confirm(self.delivery)
        self.delivery = step.delivery
        self.facts += [step.fact] if step.fact else []

    @rule()
    @precondition(lambda self: self.delivery.state is DeliveryState.DELIVERED)
    def nothing_moves_what_was_delivered(self) -> None:
        for step in (begin, confirm):
            with pytest.raises(StepNotAllowedError):
                step(self.delivery)
        with pytest.raises(StepNotAllowedError):
            settle(self.delivery, LOST, now=NOW, schedule=SCHEDULE, chance=0.5)
        with pytest.raises(StepNotAllowedError):
            retry(self.delivery, now=NOW)

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


def sending(channel: DeliveryChannel) -> Delivery:
    return begin(Delivery(channel, next_attempt_at=NOW))


def test_a_lost_webhook_is_sent_again_because_its_receiver_drops_repeats() -> None:
    step = settle(sending(DeliveryChannel.WEBHOOK), LOST, now=NOW, schedule=SCHEDULE, chance=0.5)
    assert step.delivery.state is DeliveryState.PENDING
    assert step.delivery.next_attempt_at == NOW + timedelta(seconds=2)


def test_a_lost_email_is_never_sent_again_by_itself() -> None:
    step = settle(sending(DeliveryChannel.EMAIL), LOST, now=NOW, schedule=SCHEDULE, chance=0.5)
    assert step.delivery.state is DeliveryState.UNCERTAIN
    assert step.fact is None
    with pytest.raises(StepNotAllowedError):
        begin(step.delivery)


def test_a_late_answer_settles_the_doubt() -> None:
    lost = settle(sending(DeliveryChannel.EMAIL), LOST, now=NOW, schedule=SCHEDULE, chance=0.5).delivery
    step = settle(lost, Answer(Verdict.ACCEPTED, "250 2.0.0"), now=NOW, schedule=SCHEDULE, chance=0.5)
    assert (step.delivery.state, step.fact) == (DeliveryState.DELIVERED, Fact.DELIVERED)


@pytest.mark.parametrize("state", [*OPEN, DeliveryState.DELIVERED])
def test_an_operator_can_decide_only_about_what_is_stuck(state: DeliveryState) -> None:
    delivery = Delivery(DeliveryChannel.EMAIL, state=state)
    with pytest.raises(StepNotAllowedError):
        retry(delivery, now=NOW)
    with pytest.raises(StepNotAllowedError):
        confirm(delivery)


def test_a_delivery_that_failed_for_good_cant_be_confirmed() -> None:
    with pytest.raises(StepNotAllowedError):
        confirm(Delivery(DeliveryChannel.EMAIL, state=DeliveryState.FAILED))
