"""Keep follow-ups and their alarms as the ledger's events tell of them, and say that a day has passed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from duban_contracts.cloudevents import CloudEvent
from duban_contracts.deadlines.calendar import CityDays
from duban_contracts.events.supervision import SupervisionOverdue
from services.chassis.consuming import dead_letters
from services.chassis.consuming.deliveries import Delivery
from services.chassis.publishing.envelopes import new_event
from services.chassis.storage.database import Connection
from services.scheduler.alarms import tables as alarm_table
from services.scheduler.alarms.handlers import Known, Source
from services.scheduler.alarms.model import Alarm, AlarmKey, Cause
from services.scheduler.followups import tables
from services.scheduler.followups.model import NAMESPACE, FollowUp, after, changes, told_of
from services.scheduler.freshness.handlers import known_then_missing

_SOURCE = "/duban/scheduler"


async def keep_follow_ups(connection: Connection, deliveries: Sequence[Delivery], *, days: CityDays) -> None:
    """Apply events that tell of follow-ups, in their order; other records are passed over."""
    found = [told_of(each.data, each.event.aggregateversion, _cause(each.event)) for each in deliveries]
    told = [each for each in found if each is not None]
    if not told:
        return
    known: dict[str, dict[str, FollowUp]] = defaultdict(dict)
    for follow_up in await tables.of_aggregates(connection, sorted({each.aggregate for each in told})):
        known[follow_up.aggregate][follow_up.about.id] = follow_up
    changed: dict[tuple[str, str], FollowUp] = {}
    alarms: dict[AlarmKey, Alarm] = {}
    for each in told:
        own = known[each.aggregate]
        for now in after(own, each, days):
            alarms |= {alarm.key: alarm for alarm in changes(own.get(now.about.id), now)}
            own[now.about.id] = changed[now.about.kind, now.about.id] = now
    await tables.save(connection, list(changed.values()))
    await alarm_table.save(connection, list(alarms.values()))


def follow_up_alarms(kind: str, *, topic: str, consumer: str, days: CityDays) -> Source:
    """Return the source of alarms about follow-ups of one kind of subject, whose events go to `topic`.

    Only people's commands meet them, so the heartbeats of the whole ledger hold them back, and no county's own. Nothing is
    said of hazards and accidents of which `consumer` lacks an event.
    """

    async def lacking(connection: Connection) -> list[str]:
        return await tables.ids_of(connection, kind, await dead_letters.incomplete_aggregates(connection, consumer))

    async def known(connection: Connection) -> Known:
        found, in_doubt = await known_then_missing(connection, lacking)
        return Known(found.applied_through if found else None, in_doubt)

    async def tell(connection: Connection, alarms: Sequence[Alarm]) -> Sequence[CloudEvent]:
        found = await tables.find(connection, kind, [alarm.due.about.id for alarm in alarms])
        return [event_of(alarm, found[alarm.due.about.id], days) for alarm in alarms]

    return Source(subject_kind=kind, topic=topic, known=known, tell=tell)


def event_of(alarm: Alarm, follow_up: FollowUp, days: CityDays) -> CloudEvent:
    """Return what is said when a day has passed. Its id follows from what it says, so that a repetition is a duplicate."""
    due, raised_at = alarm.due, alarm.raised_at
    assert raised_at is not None  # noqa: S101 - only raised alarms become events
    payload = SupervisionOverdue(
        about=due.about,
        county=follow_up.county,
        sector=follow_up.sector,
        unit=follow_up.unit,
        of_city=follow_up.of_city,
        deadline_number=due.number,
        deadline_on=due.on,
        due_at=due.at,
        raised_at=raised_at,
        last_day=days.last_day(due.at),
    )
    return new_event(
        payload,
        source=_SOURCE,
        subject=due.about.id,
        key=due.about.id,
        time=raised_at,
        cause=follow_up.cause.envelope(),
        event_id=str(alarm.key.event_id(NAMESPACE)),
    )


def _cause(event: CloudEvent) -> Cause:
    return Cause(event.id, event.correlationid, event.traceparent)
