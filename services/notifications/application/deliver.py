"""Deliver letters: take what is due, send it, record the channel's answer; find attempts whose sender died.

An attempt is recorded as begun before anything is sent. Whoever finds it begun and its lease over knows
only that the message may have been sent: a webhook is sent again under the same `webhook-id`, which its
receiver drops if it already has it; an e-mail becomes `uncertain` and waits for an operator, because a
mail server takes every copy.
"""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final
from uuid import UUID

import structlog

from duban_contracts.events.notices import DeliveryChannel
from services.chassis.process import failpoints
from services.chassis.storage.database import RETRYABLE, Database
from services.notifications.application.outcome import Books, enter
from services.notifications.application.ports import Channel
from services.notifications.domain.delivery import LOST, Answer, DeliveryState, Verdict, settle
from services.notifications.domain.records import Parcel
from services.notifications.domain.retry import RetrySchedule
from services.notifications.metrics import NOTICE_DELIVERIES

_log = structlog.get_logger(__name__)

NO_CONTACT: Final = Answer(Verdict.PERMANENT, "no-contact", "the profile names nobody for this county and unit")
ENDPOINT_CLOSED: Final = Answer(Verdict.PERMANENT, "endpoint-closed", "the endpoint answered 410 before")

_WAITS_FOR_DATABASE: Final = (0.2, 0.5, 1.0, 2.0, 5.0, 5.0, 5.0, 5.0)


@dataclass(frozen=True, slots=True)
class CourierOptions:
    """`concurrency` letters travel at once; seconds are wall time. A lease outlives every channel's time limit."""

    concurrency: int = 8
    lease_seconds: float = 60.0
    poll_seconds: float = 0.3


class Courier:
    """Carries letters over their channels. Any number may run: rows are taken with SKIP LOCKED."""

    def __init__(
        self,
        *,
        database: Database,
        books: Books,
        channels: Mapping[DeliveryChannel, Channel],
        schedule: RetrySchedule,
        chance: Callable[[], float],
        options: CourierOptions = CourierOptions(),
    ) -> None:
        self._database = database
        self._books = books
        self._channels = channels
        self._schedule = schedule
        self._chance = chance
        self._options = options

    async def run(self, stopping: asyncio.Event) -> None:
        """Carry letters until `stopping`; letters on their way are waited for, none is begun any more."""
        on_their_way: set[asyncio.Task[None]] = set()
        try:
            while not stopping.is_set():
                try:
                    await self.recover()
                    parcels = await self._begin(self._options.concurrency - len(on_their_way))
                except RETRYABLE as error:
                    _log.warning("deliveries not readable yet", reason=type(error).__name__)
                    parcels = []
                on_their_way |= {asyncio.create_task(self._carry(parcel)) for parcel in parcels}
                on_their_way = await self._wait(on_their_way, stopping)
        finally:
            await asyncio.gather(*on_their_way)

    async def round(self) -> int:
        """Carry everything that is due now and return how many attempts that were."""
        count = 0
        while parcels := await self._begin(self._options.concurrency):
            await asyncio.gather(*(self._carry(parcel) for parcel in parcels))
            count += len(parcels)
        return count

    async def recover(self) -> int:
        """Settle begun attempts whose lease is over as lost; return how many there were."""
        async with self._database.acquire() as connection:
            lost = await self._books.deliveries.expired(connection, self._books.clock.wall())
        for letter_id, delivery_id in lost:
            await self._record(letter_id, delivery_id, None, LOST)
        return len(lost)

    async def _begin(self, limit: int) -> Sequence[Parcel]:
        if limit <= 0:
            return []
        now = self._books.clock.wall()
        lease = now + timedelta(seconds=self._options.lease_seconds)
        async with self._database.transaction() as connection:
            parcels = await self._books.deliveries.begin_due(connection, now=now, lease_until=lease, limit=limit)
        if parcels:
            failpoints.reach("notifications.after_begin")
        return parcels

    async def _carry(self, parcel: Parcel) -> None:
        answer = await self._send(parcel)
        failpoints.reach("notifications.after_send")
        # An answer that can't be written down makes an e-mail uncertain, so a database restart is waited out.
        for wait in _WAITS_FOR_DATABASE:
            try:
                await self._record(parcel.letter_id, parcel.delivery_id, parcel.attempt, answer)
            except RETRYABLE as error:
                _log.warning("answer not recorded yet", reason=type(error).__name__)
                await asyncio.sleep(wait)
            else:
                return
        await self._record(parcel.letter_id, parcel.delivery_id, parcel.attempt, answer)

    async def _send(self, parcel: Parcel) -> Answer:
        if parcel.address is None:
            return NO_CONTACT
        if parcel.endpoint_closed:
            return ENDPOINT_CLOSED
        try:
            return await self._channels[parcel.channel].send(parcel, parcel.address)
        except Exception as error:  # noqa: BLE001 - a channel's bug must not stop the others' letters
            # Neither message nor locals: both may hold an office's address.
            where = traceback.extract_tb(error.__traceback__)[-1]
            place = f"{Path(where.filename).name}:{where.lineno}"
            _log.error("channel failed", channel=parcel.channel, error=type(error).__name__, place=place)
            return Answer(Verdict.UNKNOWN, "internal-error", type(error).__name__)

    async def _record(self, letter_id: UUID, delivery_id: UUID, attempt: int | None, answer: Answer) -> None:
        """Record an answer; `attempt` is None for one that was lost with its sender."""
        wall = self._books.clock.wall()
        async with self._database.transaction() as connection:
            letter = await self._books.letters.lock(connection, letter_id)
            found = letter and await self._books.deliveries.lock(connection, letter, delivery_id)
            if not found:
                return
            number = found.state.attempts if attempt is None else attempt
            if attempt is None and (found.lease_until is None or found.lease_until > wall):
                return
            await self._books.deliveries.close_attempt(connection, delivery_id, number, answer, wall)
            # A later attempt has begun meanwhile: this late answer is history, not the delivery's state.
            if number != found.state.attempts or found.state.state not in (
                DeliveryState.SENDING,
                DeliveryState.UNCERTAIN,
            ):
                return
            step = settle(found.state, answer, now=wall, schedule=self._schedule, chance=self._chance())
            if answer.closes_endpoint and found.endpoint:
                await self._books.deliveries.close_endpoint(connection, found.endpoint, wall)
            await enter(connection, found, step, books=self._books)
        outcome = "retried" if step.delivery.state is DeliveryState.PENDING else step.delivery.state.value
        NOTICE_DELIVERIES.labels(found.state.channel, outcome).inc()
        _log.info(
            "letter attempted",
            letter_id=str(letter_id),
            channel=found.state.channel,
            attempt=number,
            outcome=outcome,
            code=answer.code,
        )

    async def _wait(self, tasks: set[asyncio.Task[None]], stopping: asyncio.Event) -> set[asyncio.Task[None]]:
        """Wait for a letter to arrive, for a stop, or for the next poll; raise what a task raised."""
        stop = asyncio.create_task(stopping.wait())
        try:
            done, _ = await asyncio.wait(
                {*tasks, stop}, timeout=self._options.poll_seconds, return_when=asyncio.FIRST_COMPLETED
            )
        finally:
            stop.cancel()
        for task in done - {stop}:
            task.result()
        return tasks - done
