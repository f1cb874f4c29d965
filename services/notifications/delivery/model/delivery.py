"""One delivery: one letter over one channel to one office, as a state machine.

    pending -> sending -> delivered | failed | uncertain | pending (to be tried again)
    failed, uncertain -> pending (an operator retries)
    delivered, uncertain -> failed (the letter comes back after it was taken)
    pending -> failed (the letter is recalled before it was sent)
    pending -> pending, due at once (its channel is back, or an operator retries)
    uncertain -> delivered (an operator confirms), or whatever a late answer of the channel says

`uncertain` means: the message may have arrived, and sending it again may deliver it twice. A channel whose receivers
drop repeats doesn't know it: there an unknown outcome is simply tried again. On any other an unknown outcome is a
person's decision.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from duban_contracts.refusals import Refusal, refusal
from services.notifications.channels.model.answers import Answer, Away, Verdict
from services.notifications.delivery.model.retry import RetrySchedule


class DeliveryState(enum.StrEnum):
    """Where a delivery stands."""

    PENDING = "pending"
    SENDING = "sending"
    DELIVERED = "delivered"
    FAILED = "failed"
    UNCERTAIN = "uncertain"


class Decision(enum.StrEnum):
    """What an operator decides about a delivery that is stuck."""

    RETRY = "retry"
    CONFIRM = "confirm"


class Fact(enum.StrEnum):
    """What the rest of the platform is told about a delivery."""

    DELIVERED = "delivered"
    FAILED = "failed"


class StepNotAllowed(Exception):
    """A delivery in this state knows no such step: a defect of ours, since nobody outside can ask for it."""


@dataclass(frozen=True, slots=True)
class Awaited:
    """What a pending delivery waits for: the place that was away when it was last tried, at `since` (wall time)."""

    away: Away
    place: str
    since: datetime


@dataclass(frozen=True, slots=True)
class Delivery:
    """`attempts` counts all sends ever begun, `tries` those of the schedule since an operator last retried.

    `next_attempt_at` (wall time) is set while pending; `code` is the last answer's. One that is `recalled` is never sent
    again, whatever is under way. `early` counts the tries since then that the return of a channel gave it beside the
    schedule (`returning.py`), `awaited` is set where one more may come.
    """

    channel: str
    state: DeliveryState = DeliveryState.PENDING
    attempts: int = 0
    tries: int = 0
    next_attempt_at: datetime | None = None
    code: str | None = None
    recalled: bool = False
    early: int = 0
    awaited: Awaited | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """A delivery after a step, and the fact to publish with it, if any."""

    delivery: Delivery
    fact: Fact | None = None


RECALLED: Final = "recalled"
LOST: Final = Answer(Verdict.UNKNOWN, "lost", "the sender stopped before it recorded the answer")


def unrecordable(answer: Answer) -> Answer:
    """Return what is recorded in place of an answer that can't be; one that was taken is then no more than in doubt."""
    verdict = Verdict.UNKNOWN if answer.verdict is Verdict.ACCEPTED else answer.verdict
    return Answer(verdict, "unrecordable-answer", "the channel's answer could not be recorded")


def begin(delivery: Delivery) -> Delivery:
    """Count an attempt as begun, before anything is sent. Raises StepNotAllowed unless pending."""
    _require(delivery, "begin", DeliveryState.PENDING)
    return replace(
        delivery,
        state=DeliveryState.SENDING,
        attempts=delivery.attempts + 1,
        tries=delivery.tries + 1,
        next_attempt_at=None,
        awaited=None,
    )


def settle(
    delivery: Delivery,
    answer: Answer,
    *,
    drops_repeats: bool,
    now: datetime,
    schedule: RetrySchedule,
    draw: float,
    awaited: Awaited | None = None,
) -> Step:
    """Apply the channel's answer to a begun attempt; `drops_repeats` is what the channel declares, `draw` in [0, 1).

    `awaited` is what was away, where the answer says that something was. An answer may still come after the attempt
    was given up as uncertain; it then settles the doubt. Raises StepNotAllowed in any other state.
    """
    _require(delivery, "settle", DeliveryState.SENDING, DeliveryState.UNCERTAIN)
    settled = replace(delivery, code=answer.code)
    if answer.verdict is Verdict.ACCEPTED:
        return Step(replace(settled, state=DeliveryState.DELIVERED), Fact.DELIVERED)
    if answer.verdict is Verdict.UNKNOWN and not drops_repeats:
        return Step(replace(settled, state=DeliveryState.UNCERTAIN))
    if delivery.recalled:
        return Step(replace(settled, state=DeliveryState.FAILED, code=RECALLED), Fact.FAILED)
    if not answer.asked:
        # The channel began to rest after this was begun: it is as though it had not been, and due when that is over.
        attempts, tries = delivery.attempts - 1, max(0, delivery.tries - 1)
        return Step(replace(delivery, state=DeliveryState.PENDING, attempts=attempts, tries=tries, next_attempt_at=now))
    wait = schedule.wait_after(delivery.tries, draw, answer.retry_after)
    if answer.verdict is Verdict.PERMANENT or wait is None:
        return Step(replace(settled, state=DeliveryState.FAILED), Fact.FAILED)
    again = now + timedelta(seconds=wait)
    return Step(replace(settled, state=DeliveryState.PENDING, next_attempt_at=again, awaited=awaited))


def bounced(delivery: Delivery, code: str) -> Step | None:
    """Apply a mail server's later word that a letter did not arrive; None where that changes nothing.

    It speaks of what it took before: a letter that is still to be sent, or failed already, is no other for it.
    """
    if delivery.state not in (DeliveryState.DELIVERED, DeliveryState.UNCERTAIN):
        return None
    return Step(replace(delivery, state=DeliveryState.FAILED, code=code), Fact.FAILED)


def recalled(delivery: Delivery) -> Step | None:
    """Stop a delivery that is still to be sent, because its letter no longer holds; None where it is on its way or over."""
    if delivery.state is not DeliveryState.PENDING:
        return None
    stopped = replace(
        delivery, state=DeliveryState.FAILED, next_attempt_at=None, code=RECALLED, recalled=True, awaited=None
    )
    return Step(stopped, Fact.FAILED)


def retry(delivery: Delivery, *, now: datetime) -> Step | Refusal:
    """Let an operator send a failed or uncertain delivery again, on a fresh schedule, or a pending one at once.

    What waits keeps its schedule: the try that it is given is none of it.
    """
    if delivery.state is DeliveryState.PENDING:
        return Step(at_once(delivery, now))
    if delivery.state not in (DeliveryState.FAILED, DeliveryState.UNCERTAIN):
        return _conflict(delivery, Decision.RETRY)
    if delivery.recalled:
        return refusal("delivery-state-conflict", step=Decision.RETRY, state=RECALLED)
    return Step(replace(delivery, state=DeliveryState.PENDING, tries=0, early=0, next_attempt_at=now))


def at_once(delivery: Delivery, at: datetime) -> Delivery:
    """Return a pending delivery due at `at` (wall time) by a try that its schedule doesn't count; as it is if due before."""
    if delivery.next_attempt_at is None or delivery.next_attempt_at <= at:
        return delivery
    return replace(delivery, tries=max(0, delivery.tries - 1), next_attempt_at=at, awaited=None)


def confirm(delivery: Delivery) -> Step | Refusal:
    """Let an operator state that an uncertain message did arrive."""
    if delivery.state is not DeliveryState.UNCERTAIN:
        return _conflict(delivery, Decision.CONFIRM)
    return Step(replace(delivery, state=DeliveryState.DELIVERED), Fact.DELIVERED)


def _conflict(delivery: Delivery, decision: Decision) -> Refusal:
    return refusal("delivery-state-conflict", step=decision, state=delivery.state)


def _require(delivery: Delivery, step: str, *states: DeliveryState) -> None:
    if delivery.state not in states:
        raise StepNotAllowed(f"a delivery that is {delivery.state} can't {step}")
