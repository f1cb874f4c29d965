"""Plan reminders afresh after somebody edited the calendar or the policy.

Deadlines keep the instant they were given; only what was not yet sent moves. What moves into the past is sent at once: a
dropped reminder would let the office hear first when it is late.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Final

import structlog

from duban_contracts.events.types import HAZARD, LISTING
from services.chassis.storage.database import Connection, Database
from services.scheduler.alarms import tables as alarm_table
from services.scheduler.alarms.model import Alarm, Kind
from services.scheduler.clocks.model.called_for import called_for, overtaken_by_plan
from services.scheduler.clocks.model.policy import Policy
from services.scheduler.clocks.tables import clocks as clock_table
from services.scheduler.clocks.tables import listings as listing_table
from services.scheduler.clocks.tables import planning
from services.scheduler.clocks.tables.clocks import HazardClock
from services.scheduler.clocks.tables.listings import ListingClock

_log = structlog.get_logger(__name__)
_PAGE: Final = 1000
_TABLES: Final = ((HAZARD, clock_table.lock_page), (LISTING, listing_table.lock_page))


async def plan_reminders(database: Database, policy: Policy, fingerprint: bytes, now: datetime) -> int:
    """Bring the reminders ahead in line with `policy` unless that was done for `fingerprint`.

    Returns how many clocks were planned. Safe to run in several processes at once.
    """
    async with database.acquire() as connection:
        if await planning.load(connection) == fingerprint:
            return 0
    planned = 0
    for kind, lock_page in _TABLES:
        after: str | None = ""
        while after is not None:
            async with database.transaction() as connection:
                page = await lock_page(connection, after, _PAGE)
                await _plan(connection, kind, page, policy, now)
            after, planned = page[-1].about.id if page else None, planned + len(page)
    async with database.transaction() as connection:
        await planning.save(connection, fingerprint)
    _log.info("reminders planned by the present calendar and policy", clocks=planned)
    return planned


async def _plan(
    connection: Connection, kind: str, page: Sequence[HazardClock | ListingClock], policy: Policy, now: datetime
) -> None:
    if not page:
        return
    planned: dict[str, list[Alarm]] = defaultdict(list)
    for alarm in await alarm_table.forget_reminders(connection, kind, [clock.about.id for clock in page], now):
        planned[alarm.due.about.id].append(alarm)
    called = [a for clock in page for a in called_for(clock.reckoning, clock.about.number, policy, kind=kind)]
    await alarm_table.save(connection, [a for a in called if a.kind is Kind.DUE_SOON and a.fires_at > now])
    over = [a for clock in page for a in overtaken_by_plan(clock.reckoning, planned[clock.about.id], policy, now)]
    await alarm_table.save(connection, over)
