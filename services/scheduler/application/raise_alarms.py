"""Raise alarms: 督办逾期 once for each deadline that passed, 到期提醒 ahead of it (promise P3)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from duban_contracts.cloudevents import CloudEvent
from duban_contracts.events.supervision import SupervisionDueSoon, SupervisionEvent, SupervisionOverdue
from services.chassis.process.clock import Clock
from services.chassis.process.failpoints import reach
from services.chassis.publishing import outbox
from services.chassis.publishing.envelopes import new_event
from services.chassis.storage.database import Database
from services.scheduler import metrics
from services.scheduler.adapters import alarms as alarm_table
from services.scheduler.adapters import heartbeats, history_gaps
from services.scheduler.adapters.alarms import Claimed
from services.scheduler.domain.alarms import AlarmState, Kind
from services.scheduler.domain.policy import days_left

SOURCE: Final = "/duban/scheduler"


class AlarmRaiser:
    """Takes what is due, marks it raised and writes its event to the outbox, all in one transaction."""

    def __init__(self, *, database: Database, clock: Clock, consumer: str, topic: str) -> None:
        self._database = database
        self._clock = clock
        self._consumer = consumer
        self._topic = topic

    async def raise_overdue(self) -> int:
        """Raise one batch of passed deadlines as far as the ledger's heartbeats reach; return how many."""
        async with self._database.transaction() as connection:
            applied_through = await heartbeats.applied_through(connection)
            if applied_through is None:
                return 0
            claimed = await alarm_table.claim_overdue(
                connection,
                now=self._clock.now(),
                applied_through=applied_through,
                incomplete=await history_gaps.incomplete(connection, self._consumer),
            )
            reach("scheduler.claimed")
            await outbox.append(connection, [outbox.outgoing(self._topic, _event(one)) for one in claimed])
            reach("scheduler.appended")
        self._measure(claimed)
        return len(claimed)

    async def raise_due_soon(self) -> int:
        """Send one batch of reminders whose moment has come; return how many were sent or let lapse."""
        async with self._database.transaction() as connection:
            claimed = await alarm_table.claim_due_soon(
                connection,
                now=self._clock.now(),
                incomplete=await history_gaps.incomplete(connection, self._consumer),
            )
            sent = [one for one in claimed if one.alarm.state is AlarmState.RAISED]
            await outbox.append(connection, [outbox.outgoing(self._topic, _event(one)) for one in sent])
        metrics.RAISED.labels(Kind.DUE_SOON).inc(len(sent))
        return len(claimed)

    async def report(self) -> None:
        """Export how long the oldest passed deadline has been waiting for its alarm."""
        async with self._database.acquire() as connection:
            oldest = await alarm_table.oldest_unraised(connection, self._clock.now())
        waiting_since = self._clock.wall() if oldest is None else self._clock.wall_at(oldest)
        metrics.OLDEST_UNRAISED.set(waiting_since.timestamp())

    def _measure(self, claimed: Sequence[Claimed]) -> None:
        wall = self._clock.wall()
        metrics.RAISED.labels(Kind.OVERDUE).inc(len(claimed))
        for one in claimed:
            delay = wall - self._clock.wall_at(one.alarm.due_at)
            metrics.DELAY.observe(max(delay.total_seconds(), 0))


def _event(claimed: Claimed) -> CloudEvent:
    """Return the alarm's event. Its id follows from what it says, so that even a repetition is a duplicate."""
    alarm, facts = claimed.alarm, claimed.clock.facts
    raised_at = alarm.raised_at
    assert raised_at is not None  # noqa: S101 - only raised alarms become events
    return new_event(
        _payload(claimed, raised_at),
        source=SOURCE,
        subject=facts.hazard_id,
        key=facts.hazard_id,
        time=raised_at,
        cause=claimed.clock.cause.envelope(),
        event_id=str(alarm.key.event_id),
    )


def _payload(claimed: Claimed, raised_at: datetime) -> SupervisionEvent:
    alarm, clock = claimed.alarm, claimed.clock
    deadline = clock.reckoning.deadlines[alarm.key.deadline_number - 1]
    if alarm.key.kind is Kind.OVERDUE:
        return SupervisionOverdue(
            hazard=clock.facts,
            deadline_number=deadline.number,
            deadline_on=deadline.deadline_on,
            due_at=alarm.due_at,
            raised_at=raised_at,
        )
    return SupervisionDueSoon(
        hazard=clock.facts,
        deadline_number=deadline.number,
        deadline_on=deadline.deadline_on,
        due_at=alarm.due_at,
        raised_at=raised_at,
        days_left=days_left(alarm.due_at, raised_at),
    )
