"""Record what became of an attempt: attempt, delivery and what the letter's writer makes of it, in one transaction.

Whoever finds an attempt begun and its lease over knows only that the message may have been sent. Where receivers drop
repeats it is sent again; elsewhere the delivery becomes `uncertain` and waits for an operator.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final
from uuid import UUID

import structlog

from services.chassis.storage.database import Connection, is_retryable
from services.chassis.telemetry.metrics import STAGE_DURATION
from services.notifications.channels.model.answers import Answer
from services.notifications.delivery.handlers.deps import Deps
from services.notifications.delivery.model.delivery import LOST, Awaited, DeliveryState, Step, settle, unrecordable
from services.notifications.delivery.model.rows import Attempt, OpenDelivery, Settlement
from services.notifications.delivery.tables import forgetting, queue
from services.notifications.metrics import NOTICE_DELIVERIES

_log = structlog.get_logger(__name__)

_OPEN: Final = (DeliveryState.SENDING, DeliveryState.UNCERTAIN)


async def settle_attempt(attempt: Attempt, answer: Answer, deps: Deps) -> None:
    """Record the channel's answer to an attempt; raises only what trying again can mend."""
    await _settle_surely(attempt.letter_id, attempt.delivery_id, attempt.attempt, answer, deps)


async def settle_lost(deps: Deps) -> int:
    """Settle begun attempts whose lease is over as lost; return how many there were."""
    async with deps.database.acquire() as connection:
        lost = await queue.expired(connection, deps.clock.wall())
    for letter_id, delivery_id in lost:
        await _settle_surely(letter_id, delivery_id, None, LOST, deps)
    return len(lost)


async def record_outcome(
    connection: Connection, deliveries: Mapping[UUID, OpenDelivery], settled: UUID, step: Step, deps: Deps
) -> None:
    """Store the step of the delivery `settled` and tell the letter's writer; `deliveries` are all of the letter's.

    The caller has locked them, which makes each fact told once and in order.
    """
    await queue.store(connection, settled, step.delivery, deps.clock.wall())
    states = [step.delivery.state if key == settled else other.state.state for key, other in deliveries.items()]
    letter_id = deliveries[settled].letter_id
    await deps.sender.told(connection, Settlement(letter_id, step.delivery, step.fact, states))


async def _settle_surely(letter_id: UUID, delivery_id: UUID, number: int | None, answer: Answer, deps: Deps) -> None:
    """Record an answer, or that it can't be recorded: one delivery's trouble never becomes another's.

    A delivery of which not even that can be told is left in doubt by itself, for an operator to see.
    """
    for each in (answer, unrecordable(answer)):
        try:
            return await _settle(letter_id, delivery_id, number, each, deps)
        except Exception as error:
            if is_retryable(error):
                raise
            # No message: it may quote the row, and with it an office's address.
            _log.error("answer can't be recorded", delivery_id=str(delivery_id), error=type(error).__name__)
    async with deps.database.transaction() as connection:
        await queue.set_aside(connection, delivery_id, number, unrecordable(answer).code, deps.clock.wall())
    return None


async def _settle(letter_id: UUID, delivery_id: UUID, number: int | None, answer: Answer, deps: Deps) -> None:
    """Record an answer; `number` is the attempt's, None for one that was lost with its sender."""
    wall = deps.clock.wall()
    async with deps.database.transaction() as connection:
        deliveries = await queue.lock_all(connection, letter_id)
        found = deliveries.get(delivery_id)
        if found is None or (number is None and (found.lease_until is None or found.lease_until > wall)):
            return
        number = number or found.state.attempts
        await queue.close_attempt(connection, delivery_id, number, answer, wall)
        # A later attempt has begun meanwhile: this late answer is history, not the delivery's state.
        if number != found.state.attempts or found.state.state not in _OPEN:
            return
        line = deps.lines.get(found.state.channel)
        step = settle(
            found.state,
            answer,
            drops_repeats=line is not None and line.channel.drops_repeats,
            now=wall,
            schedule=deps.schedule,
            draw=deps.draw(),
            awaited=_awaited(found, answer, wall, deps),
        )
        if answer.closes_endpoint and found.endpoint:
            await queue.close_endpoint(connection, found.state.channel, found.endpoint, wall)
        await record_outcome(connection, deliveries, delivery_id, step, deps)
        if step.delivery.attempts < number:
            await forgetting.take_back(connection, delivery_id, number)
            return
    _tell(found, number, answer, step, wall)


def _tell(found: OpenDelivery, number: int, answer: Answer, step: Step, wall: datetime) -> None:
    outcome = "retried" if step.delivery.state is DeliveryState.PENDING else step.delivery.state.value
    NOTICE_DELIVERIES.labels(found.state.channel, outcome).inc()
    if step.delivery.state is DeliveryState.DELIVERED:
        STAGE_DURATION.labels("delivery").observe(max(0.0, (wall - found.pending_since).total_seconds()))
    _log.info(
        "letter attempted",
        letter_id=str(found.letter_id),
        channel=found.state.channel,
        attempt=number,
        outcome=outcome,
        code=answer.code,
    )


def _awaited(found: OpenDelivery, answer: Answer, wall: datetime, deps: Deps) -> Awaited | None:
    line = deps.lines.get(found.state.channel)
    if answer.away is None or line is None or found.address is None:
        return None
    return Awaited(answer.away, line.carrier.place(found.address, answer.away), wall)
