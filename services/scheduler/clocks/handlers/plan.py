"""Plan reminders afresh after somebody edited the calendar or the policy.

Deadlines keep the instant they were given; only what was not yet sent moves. What moves into the past is sent at once: a
dropped reminder would let the office hear first when it is late.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from typing import Final

import structlog

from duban_contracts.events.types import HAZARD
from services.chassis.storage.database import Connection, Database
from services.scheduler.alarms import tables as alarm_table
from services.scheduler.alarms.model import Alarm, Kind
from services.scheduler.clocks.model.called_for import called_for, overtaken_by_plan
from services.scheduler.clocks.model.policy import Policy
from services.scheduler.clocks.tables import clocks as clock_table
from services.scheduler.clocks.tables import planning

_log = structlog.get_logger(__name__)
_PAGE: Final = 1000


async def plan_reminders(database: Database, policy: Policy, fingerprint: bytes, now: datetime) -> int:
    """Bring the reminders ahead in line with `policy` unless that was done for `fingerprint`.

    Returns how many clocks were planned. Safe to run in several processes at once.
    """
    async with database.acquire() as connection:
        if await planning.load(connection) == fingerprint:
            return 0
    planned = 0
    after: str | None = ""
    while after is not None:
        async with database.transaction() as connection:
            after, count = await _plan_page(connection, policy, after, now)
        planned += count
    async with database.transaction() as connection:
        await planning.save(connection, fingerprint)
    _log.info("reminders planned by the present calendar and policy", clocks=planned)
    return planned


async def _plan_page(connection: Connection, policy: Policy, after: str, now: datetime) -> tuple[str | None, int]:
    page = await clock_table.load_page(connection, after, _PAGE)
    if not page:
        return None, 0
    hazard_ids = [clock.facts.hazard_id for clock in page]
    planned: dict[str, list[Alarm]] = defaultdict(list)
    for alarm in await alarm_table.forget_reminders(connection, HAZARD, hazard_ids, now):
        planned[alarm.due.about.id].append(alarm)
    called = [alarm for clock in page for alarm in called_for(clock.reckoning, clock.facts.number, policy)]
    await alarm_table.save(connection, [a for a in called if a.kind is Kind.DUE_SOON and a.fires_at > now])
    over = [a for c in page for a in overtaken_by_plan(c.reckoning, planned[c.facts.hazard_id], policy, now)]
    await alarm_table.save(connection, over)
    return hazard_ids[-1], len(page)
