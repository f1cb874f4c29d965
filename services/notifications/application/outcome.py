"""Record what became of an attempt: attempt, delivery, letter and notice events, in one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from duban_contracts.events.notices import NoticeDelivered, NoticeEvent, NoticeFailed
from services.chassis.process.clock import Clock
from services.chassis.publishing import outbox
from services.chassis.storage.database import Connection
from services.notifications.application.announce import notice
from services.notifications.application.ports import DeliveryStore, LetterStore
from services.notifications.domain.delivery import Fact, Step
from services.notifications.domain.letters import letter_state
from services.notifications.domain.records import OpenDelivery


@dataclass(frozen=True, slots=True)
class Books:
    """Where letters and deliveries are kept, and what time it is."""

    letters: LetterStore
    deliveries: DeliveryStore
    clock: Clock
    topic_prefix: str = ""


async def enter(connection: Connection, open_delivery: OpenDelivery, step: Step, *, books: Books) -> None:
    """Store a delivery's step and what it means for its letter; publish its fact, if it has one.

    The caller holds the locks of letter and delivery, which makes each fact published once and in order.
    """
    letter = open_delivery.letter
    await books.deliveries.store(connection, open_delivery.delivery_id, step.delivery, books.clock.wall())
    states = await books.deliveries.states_of(connection, letter.head.letter_id)
    acknowledged = letter.acknowledged_at is not None
    messages = _messages(open_delivery, step, books)
    state = letter_state(states, acknowledged=acknowledged)
    await books.letters.advance(connection, letter, state, len(messages))
    await outbox.append(connection, messages)


def _messages(open_delivery: OpenDelivery, step: Step, books: Books) -> Sequence[outbox.OutboxMessage]:
    if step.fact is None:
        return []
    model: type[NoticeEvent] = NoticeDelivered
    more: dict[str, Any] = {"channel": step.delivery.channel, "attempts": step.delivery.attempts}
    if step.fact is Fact.FAILED:
        model = NoticeFailed
        more["error_code"] = step.delivery.code or "unknown"
    letter = open_delivery.letter
    message = notice(
        model,
        letter.head,
        topic_prefix=books.topic_prefix,
        version=letter.version + 1,
        at=books.clock.now(),
        **more,
    )
    return [message]
