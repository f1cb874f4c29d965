"""Tell the alarms about hazards: 督办逾期 and 到期提醒 as events, and how far they may be raised."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any, Final
from uuid import UUID

from duban_contracts.cloudevents import CloudEvent
from duban_contracts.deadlines.calendar import CityDays
from duban_contracts.events.supervision import SupervisionDueSoon, SupervisionEvent, SupervisionOverdue
from duban_contracts.events.types import HAZARD
from services.chassis.consuming import dead_letters
from services.chassis.publishing.envelopes import new_event
from services.chassis.storage.database import Connection
from services.scheduler.alarms.handlers import Known, Source
from services.scheduler.alarms.model import Alarm, Kind
from services.scheduler.clocks.model.called_for import NAMESPACE
from services.scheduler.clocks.tables import clocks as clock_table
from services.scheduler.clocks.tables.clocks import LastWord
from services.scheduler.freshness.handlers import known_then_missing

SOURCE: Final = "/duban/scheduler"


def hazard_alarms(*, topic: str, consumer: str, days: CityDays) -> Source:
    """Return the source of alarms about hazards, whose events go to `topic`.

    A deadline is raised only before the heartbeats of all partitions: then every claim that reached the broker in time
    is applied here. A hazard of which `consumer` has parked or given up an event is in doubt: a 整改完成 may be among
    what is missing. So is one of a county that is behind, from the instant on that is not known of that county.
    """
    return behind_the_fence(
        HAZARD,
        topic=topic,
        days=days,
        namespace=NAMESPACE,
        in_doubt=partial(dead_letters.incomplete_aggregates, consumer=consumer),
        passed_beyond=clock_table.passed_beyond,
        find_said=clock_table.find_said,
    )


def behind_the_fence(
    subject_kind: str,
    *,
    topic: str,
    days: CityDays,
    namespace: UUID,
    in_doubt: Callable[[Connection], Awaitable[list[str]]],
    passed_beyond: Callable[[Connection, Mapping[str, datetime], datetime], Awaitable[list[str]]],
    find_said: Callable[[Connection, Sequence[str]], Awaitable[Mapping[str, LastWord]]],
) -> Source:
    """Return a source of alarms that the ledger's heartbeats hold back (promise P3).

    `in_doubt` are the subjects of which an event is missing here, `passed_beyond` those whose time passed since what is
    known of their county, `find_said` what the ledger said last about subjects.
    """

    async def known(connection: Connection) -> Known:
        found, incomplete = await known_then_missing(connection, in_doubt)
        if found is None or not found.behind:
            return Known(found.applied_through if found else None, incomplete)
        passed = await passed_beyond(connection, found.behind, found.applied_through)
        return Known(found.applied_through, [*incomplete, *passed])

    async def tell(connection: Connection, alarms: Sequence[Alarm]) -> Sequence[CloudEvent]:
        said = await find_said(connection, [alarm.due.about.id for alarm in alarms])
        return [event_of(alarm, said[alarm.due.about.id], days, namespace=namespace) for alarm in alarms]

    return Source(subject_kind=subject_kind, topic=topic, known=known, tell=tell)


def event_of(alarm: Alarm, said: LastWord, days: CityDays, *, namespace: UUID) -> CloudEvent:
    """Return a raised alarm's event. Its id follows from what it says, so that even a repetition is a duplicate.

    `namespace` is that of its kind of subject.
    """
    payload = payload_of(alarm, said, days)
    return new_event(
        payload,
        source=SOURCE,
        subject=alarm.due.about.id,
        key=alarm.due.about.id,
        time=payload.raised_at,
        cause=said.cause.envelope(),
        event_id=str(alarm.key.event_id(namespace)),
    )


def payload_of(alarm: Alarm, said: LastWord, days: CityDays) -> SupervisionEvent:
    """Return what a raised alarm says: the day as it was set, the day that counts, and what became of the claims."""
    due, facts, raised_at = alarm.due, said.facts, alarm.raised_at
    assert raised_at is not None  # noqa: S101 - only raised alarms become events
    last_day = days.last_day(due.at)
    shared: dict[str, Any] = {
        "about": due.about,
        "county": facts.county,
        "sector": facts.sector,
        "unit": facts.responsible_unit,
        "hazard": facts,
        "deadline_number": due.number,
        "deadline_on": due.on,
        "due_at": due.at,
        "raised_at": raised_at,
        "last_day": last_day,
        "moved_by_review": due.at > days.passes_at(due.on, said.set_at),
        "returned_on": days.zone.day_of(said.returned_at) if said.returned_at else None,
    }
    if alarm.kind is Kind.OVERDUE:
        return SupervisionOverdue(**shared)
    return SupervisionDueSoon(**shared, days_left=days.days_left(due.at, raised_at))
