"""Keep the clocks: apply what the ledger recorded to the clocks and their alarms."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Final

import structlog

from duban_contracts.deadlines.fold import advance
from duban_contracts.events.hazards import HazardEvent
from duban_contracts.events.types import HAZARD
from duban_contracts.topics import consumer
from services.chassis.consuming.deliveries import Delivery
from services.chassis.storage.database import Connection
from services.scheduler.alarms import tables as alarm_table
from services.scheduler.alarms.model import Alarm, AlarmKey, Cause
from services.scheduler.clocks.handlers.recall import Corrected, recall
from services.scheduler.clocks.model.called_for import changes, corrected, turned
from services.scheduler.clocks.model.policy import Policy
from services.scheduler.clocks.tables import clocks as clock_table
from services.scheduler.clocks.tables.clocks import HazardClock

_log = structlog.get_logger(__name__)
CONSUMER: Final = consumer("scheduler.hazards").name


async def keep_clocks(connection: Connection, deliveries: Sequence[Delivery], *, policy: Policy, topic: str) -> None:
    """Apply hazard events in their order; other records are passed over. `policy` decides on rolling and reminders.

    What was said about a deadline that turns out to have been wrong is taken back on `topic`.
    """
    events = [(delivery, delivery.data) for delivery in deliveries if isinstance(delivery.data, HazardEvent)]
    if not events:
        return
    clocks = await clock_table.lock(connection, sorted({event.hazard.hazard_id for _, event in events}))
    moved: dict[str, HazardClock] = {}
    turning: set[str] = set()
    alarms: dict[AlarmKey, Alarm] = {}
    corrections: list[Corrected] = []
    for delivery, event in events:
        facts, envelope = event.hazard, delivery.event
        before = clocks[facts.hazard_id].reckoning if facts.hazard_id in clocks else None
        after = advance(before, event, version=envelope.aggregateversion or 0, days=policy.days)
        if after is None or after is before:
            continue
        cause = Cause(envelope.id, envelope.correlationid, envelope.traceparent)
        clocks[facts.hazard_id] = moved[facts.hazard_id] = HazardClock(after, facts, cause)
        if turned(before, after):
            turning.add(facts.hazard_id)
        if wrong := corrected(before, after):
            corrections.append(Corrected(wrong, after.deadline, facts, envelope))
        alarms |= {alarm.key: alarm for alarm in changes(before, after, facts.number, policy)}
    for last_day in {policy.days.last_day(clock.reckoning.deadline.due_at) for clock in moved.values()}:
        if not policy.days.calendar.covers(last_day):
            _warn(last_day.year)
    await clock_table.save(connection, list(moved.values()))
    if turning:
        # Also those that only an edit of the calendar called for, which `changes` can't know.
        await alarm_table.forget_reminders(connection, HAZARD, sorted(turning))
    await alarm_table.save(connection, list(alarms.values()))
    await recall(connection, corrections, days=policy.days, topic=topic)


@functools.cache
def _warn(year: int) -> None:
    """Say, once in the life of a process, that a deadline is set into a year whose holidays are not entered."""
    _log.warning("the holidays of a year are not entered; only weekends are known", year=year)
