"""Keep the clocks: apply a batch of ledger events to the clocks, the alarms and the heartbeats, in one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import structlog

from duban_contracts.events.hazards import HazardEvent
from duban_contracts.events.heartbeat import LedgerHeartbeat
from services.chassis.consuming.deliveries import Delivery
from services.chassis.storage.database import Connection
from services.scheduler.adapters import alarms as alarm_table
from services.scheduler.adapters import clocks as clock_table
from services.scheduler.adapters import heartbeats as heartbeat_table
from services.scheduler.adapters.clocks import Cause, HazardClock
from services.scheduler.domain.alarms import Alarm, AlarmKey, changes
from services.scheduler.domain.fold import advance
from services.scheduler.domain.instants import last_day_before
from services.scheduler.domain.policy import Policy

_log = structlog.get_logger(__name__)


class ClockKeeper:
    """Applies what the ledger recorded; the policy decides on rolling and reminders."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self._warned: set[int] = set()

    async def apply(self, connection: Connection, deliveries: Sequence[Delivery]) -> None:
        """Apply new events in their order. Heartbeats commit with everything that stood ahead of them."""
        heartbeats: dict[int, datetime] = {}
        events: list[tuple[Delivery, HazardEvent]] = []
        for delivery in deliveries:
            if isinstance(delivery.data, LedgerHeartbeat):
                seen = heartbeats.get(delivery.partition, delivery.data.applied_through)
                heartbeats[delivery.partition] = max(seen, delivery.data.applied_through)
            elif isinstance(delivery.data, HazardEvent):
                events.append((delivery, delivery.data))
        if events:
            await self._move_clocks(connection, events)
        if heartbeats:
            await heartbeat_table.save(connection, heartbeats)

    async def _move_clocks(self, connection: Connection, events: Sequence[tuple[Delivery, HazardEvent]]) -> None:
        clocks = await clock_table.load(connection, sorted({event.hazard.hazard_id for _, event in events}))
        moved: dict[str, HazardClock] = {}
        alarms: dict[AlarmKey, Alarm] = {}
        for delivery, event in events:
            hazard_id = event.hazard.hazard_id
            before = clocks[hazard_id].reckoning if hazard_id in clocks else None
            version = delivery.event.aggregateversion or 0
            after = advance(before, event, version=version, policy=self._policy)
            if after is None or after is before:
                continue
            envelope = delivery.event
            cause = Cause(envelope.id, envelope.correlationid, envelope.traceparent)
            clocks[hazard_id] = moved[hazard_id] = HazardClock(after, event.hazard, cause)
            alarms |= {alarm.key: alarm for alarm in changes(before, after, self._policy)}
            self._warn_beyond_calendar(after.deadline.due_at)
        await clock_table.save(connection, list(moved.values()))
        await alarm_table.save(connection, list(alarms.values()))

    def _warn_beyond_calendar(self, due_at: datetime) -> None:
        day = last_day_before(due_at)
        if not self._policy.calendar.covers(day) and day.year not in self._warned:
            self._warned.add(day.year)
            _log.warning("the holidays of a year are not entered; only weekends are known", year=day.year)
