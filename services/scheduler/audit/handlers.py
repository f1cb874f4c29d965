"""The self-audit: nobody should have to notice that an alarm is missing."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import structlog

from services.chassis.consuming import dead_letters
from services.chassis.process.clock import Clock
from services.chassis.storage.database import Connection, Database
from services.scheduler import metrics
from services.scheduler.audit import tables
from services.scheduler.audit.model import Audit, ClockDiscrepancy, Comparison, Reason, explained, unreckoned
from services.scheduler.freshness import tables as freshness

_log = structlog.get_logger(__name__)
_PAGE: Final = 2000
_SHOWN: Final = 1000
_LOGGED: Final = 10


@dataclass(frozen=True, slots=True)
class Deps:
    """Dependencies of the audit. A deadline is missed when it passed `missed_after` (wall) ago without its event."""

    database: Database
    clock: Clock
    consumer: str
    missed_after: timedelta


async def look(*, deps: Deps) -> Audit:
    """Return what is missing now, and the last comparison of clocks with alarms."""
    before = deps.clock.at(deps.clock.wall() - deps.missed_after)
    async with deps.database.acquire() as connection:
        known = await freshness.known(connection)
        in_doubt = set(await dead_letters.incomplete_aggregates(connection, deps.consumer))
        total, missed = await tables.passed_unraised(connection, before, _SHOWN)
        excused = await tables.excused(connection)
        comparison = await tables.last_comparison(connection)
        without = await _unreckoned(connection, deps)
    reasons = tuple(explained(finding, known.of(finding.county) if known else None, in_doubt) for finding in missed)
    through = known.applied_through if known else None
    return Audit(deps.clock.now(), through, total, reasons, excused, comparison, tuple(without))


async def audit(*, deps: Deps) -> Audit:
    """Compare all clocks with their alarms, look for what is missing, export the sum and log what is wrong."""
    contradictions = await _compare(deps)
    found = await look(deps=deps)
    reasons = Counter(finding.reason for finding in (*found.missed, *contradictions, *found.unreckoned))
    # Those beyond the shown ones are of the kind of the newest that is shown: they passed later than it did.
    if found.missed:
        reasons[found.missed[-1].reason] += found.missed_total - len(found.missed)
    for reason in Reason:
        metrics.MISSED.labels(reason).set(reasons[reason])
    for finding in (*found.missed[:_LOGGED], *contradictions[:_LOGGED], *found.unreckoned[:_LOGGED]):
        due_at = finding.due_at.isoformat() if finding.due_at else None
        _log.error("deadline audit", hazard_id=finding.hazard_id, due_at=due_at, reason=finding.reason)
    return found


async def _unreckoned(connection: Connection, deps: Deps) -> list[ClockDiscrepancy]:
    """Return the hazards without a clock that can be trusted; what is only out of order for a moment is no finding."""
    events = await tables.unapplied(connection, deps.consumer, deps.missed_after, _SHOWN)
    clocks = await tables.clocks(connection, sorted({event.hazard_id for event in events}))
    return unreckoned(events, clocks)


async def _compare(deps: Deps) -> list[ClockDiscrepancy]:
    """Compare all clocks with their alarms, page by page, keep the result and return every contradiction."""
    findings: list[ClockDiscrepancy] = []
    checked = 0
    after: str | None = ""
    while after is not None:
        async with deps.database.acquire() as connection:
            count, after, wrong = await tables.compare_page(connection, after, _PAGE)
        findings += wrong
        checked += count
    async with deps.database.transaction() as connection:
        await tables.save_comparison(connection, Comparison(deps.clock.now(), checked, tuple(findings[:_SHOWN])))
    return findings
