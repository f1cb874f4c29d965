"""Tell the alarms about listings: 督办逾期 and 到期提醒 of the listing's own deadline."""

from __future__ import annotations

from collections.abc import Sequence

from duban_contracts.cloudevents import CloudEvent
from duban_contracts.deadlines.calendar import CityDays
from duban_contracts.events.types import LISTING
from services.chassis.consuming import dead_letters
from services.chassis.storage.database import Connection
from services.scheduler.alarms.handlers import Known, Source
from services.scheduler.alarms.model import Alarm
from services.scheduler.clocks.handlers.tell import event_of
from services.scheduler.clocks.model.listings import NAMESPACE
from services.scheduler.clocks.tables import listings as table
from services.scheduler.freshness import tables as freshness


def listing_alarms(*, topic: str, consumer: str, days: CityDays) -> Source:
    """Return the source of alarms about listings, whose events go to `topic`.

    They stand behind the fence of hazards: 整改完成 and 解除挂牌 that came in time are applied before anything is raised,
    and nothing is said of hazards of which `consumer` lacks an event, nor of counties that are behind.
    """

    async def known(connection: Connection) -> Known:
        incomplete = await table.ids_of(connection, await dead_letters.incomplete_aggregates(connection, consumer))
        found = await freshness.known(connection)
        if found is None or not found.behind:
            return Known(found.applied_through if found else None, incomplete)
        passed = await table.passed_beyond(connection, found.behind, found.applied_through)
        return Known(found.applied_through, [*incomplete, *passed])

    async def tell(connection: Connection, alarms: Sequence[Alarm]) -> Sequence[CloudEvent]:
        said = await table.find_said(connection, [alarm.due.about.id for alarm in alarms])
        return [event_of(alarm, said[alarm.due.about.id], days, namespace=NAMESPACE) for alarm in alarms]

    return Source(subject_kind=LISTING, topic=topic, known=known, tell=tell)
