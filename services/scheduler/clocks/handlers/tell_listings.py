"""Tell the alarms about listings: 督办逾期 and 到期提醒 of the listing's own deadline."""

from __future__ import annotations

from duban_contracts.deadlines.calendar import CityDays
from duban_contracts.events.types import LISTING
from services.chassis.consuming import dead_letters
from services.chassis.storage.database import Connection
from services.scheduler.alarms.handlers import Source
from services.scheduler.clocks.handlers.tell import behind_the_fence
from services.scheduler.clocks.model.listings import NAMESPACE
from services.scheduler.clocks.tables import listings as table


def listing_alarms(*, topic: str, consumer: str, days: CityDays) -> Source:
    """Return the source of alarms about listings, whose events go to `topic`.

    They stand behind the fence of hazards: 整改完成 and 解除挂牌 that came in time are applied before anything is raised,
    and nothing is said of hazards of which `consumer` lacks an event, nor of counties that are behind.
    """

    async def in_doubt(connection: Connection) -> list[str]:
        return await table.ids_of(connection, await dead_letters.incomplete_aggregates(connection, consumer))

    return behind_the_fence(
        LISTING,
        topic=topic,
        days=days,
        namespace=NAMESPACE,
        in_doubt=in_doubt,
        passed_beyond=table.passed_beyond,
        find_said=table.find_said,
    )
