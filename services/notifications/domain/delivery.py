"""One delivery: one letter over one channel to one office, as a state machine.

    pending -> sending -> delivered | failed | uncertain | pending (to be tried again)
    failed, uncertain -> pending (an operator retries)
    uncertain -> delivered (an operator confirms), or whatever a late answer of the channel says

`uncertain` means: the message may have arrived, and sending it again may deliver it twice. Only e-mail
knows it: SMTP has no idempotency key, so an unknown outcome is a person's decision. A webhook carries the
same `webhook-id` on every try and its receiver drops repetitions (standard-webhooks), so there an unknown
outcome is simply tried again.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from duban_contracts.events.notices import DeliveryChannel
from services.notifications.domain.retry import RetrySchedule


class DeliveryState(enum.StrEnum):
    """Where a delivery stands."""

    PENDING = "pending"
    SENDING = "sending"
    DELIVERED = "delivered"
    FAILED = "failed"
    UNCERTAIN = "uncertain"


class Verdict(enum.StrEnum):
    """What the channel's answer means: taken, not now, never, or nobody knows."""

    ACCEPTED = "accepted"
    TRANSIENT = "transient"
    PERMANENT = "permanent"
    UNKNOWN = "unknown"


class Fact(enum.StrEnum):
    """What the rest of the platform is told about a delivery."""

    DELIVERED = "delivered"
    FAILED = "failed"


class StepNotAllowedError(Exception):
    """The delivery's state does not allow this step."""

    def __init__(self, state: DeliveryState, step: str) -> None:
        super().__init__(f"a delivery that is {state} can't {step}")
        self.state = state
        self.step = step


@dataclass(frozen=True, slots=True)
class Answer:
    """The channel's own answer: `code` as the channel writes it (`550 5.1.1`, `503`, `errcode-93000`).

    `wish` is the receiver's Retry-After in seconds; `closes_endpoint` says that it wants no more messages
    at all.
    """

    verdict: Verdict
    code: str
    detail: str = ""
    wish: float | None = None
    closes_endpoint: bool = False


@dataclass(frozen=True, slots=True)
class Delivery:
    """`attempts` counts all sends ever begun, `tries` those since an operator last retried.

    `next_attempt_at` (wall time) is set while pending; `code` is the last answer's.
    """

    channel: DeliveryChannel
    state: DeliveryState = DeliveryState.PENDING
    attempts: int = 0
    tries: int = 0
    next_attempt_at: datetime | None = None
    code: str | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """A delivery after a step, and the fact to publish with it, if any."""

    delivery: Delivery
    fact: Fact | None = None


LOST = Answer(Verdict.UNKNOWN, "lost", "the sender stopped before it recorded the answer")


def begin(delivery: Delivery) -> Delivery:
    """Count an attempt as begun, before anything is sent. Raises StepNotAllowedError unless pending."""
    _require(delivery, "begin", DeliveryState.PENDING)
    return replace(
        delivery,
        state=DeliveryState.SENDING,
        attempts=delivery.attempts + 1,
        tries=delivery.tries + 1,
        next_attempt_at=None,
    )


def settle(delivery: Delivery, answer: Answer, *, now: datetime, schedule: RetrySchedule, chance: float) -> Step:
    """Apply the channel's answer to a begun attempt.

    An answer may still come after the attempt was given up as uncertain; it then settles the doubt. Raises
    StepNotAllowedError in any other state.
    """
    _require(delivery, "settle", DeliveryState.SENDING, DeliveryState.UNCERTAIN)
    settled = replace(delivery, code=answer.code)
    if answer.verdict is Verdict.ACCEPTED:
        return Step(replace(settled, state=DeliveryState.DELIVERED), Fact.DELIVERED)
    if answer.verdict is Verdict.UNKNOWN and delivery.channel is DeliveryChannel.EMAIL:
        return Step(replace(settled, state=DeliveryState.UNCERTAIN))
    wait = schedule.wait_after(delivery.tries, chance, answer.wish)
    if answer.verdict is Verdict.PERMANENT or wait is None:
        return Step(replace(settled, state=DeliveryState.FAILED), Fact.FAILED)
    again = now + timedelta(seconds=wait)
    return Step(replace(settled, state=DeliveryState.PENDING, next_attempt_at=again))


def retry(delivery: Delivery, *, now: datetime) -> Step:
    """Let an operator send again on a fresh schedule; StepNotAllowedError unless failed or uncertain."""
    _require(delivery, "retry", DeliveryState.FAILED, DeliveryState.UNCERTAIN)
    return Step(replace(delivery, state=DeliveryState.PENDING, tries=0, next_attempt_at=now))


def confirm(delivery: Delivery) -> Step:
    """Let an operator state that an uncertain message did arrive. Raises StepNotAllowedError otherwise."""
    _require(delivery, "confirm", DeliveryState.UNCERTAIN)
    return Step(replace(delivery, state=DeliveryState.DELIVERED), Fact.DELIVERED)


def _require(delivery: Delivery, step: str, *states: DeliveryState) -> None:
    if delivery.state not in states:
        raise StepNotAllowedError(delivery.state, step)
