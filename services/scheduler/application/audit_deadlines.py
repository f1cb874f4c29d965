"""The self-audit: nobody should have to notice that an alarm is missing."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

import structlog

from services.chassis.process.clock import Clock
from services.chassis.storage.database import Database
from services.scheduler import metrics
from services.scheduler.adapters import audit, heartbeats, history_gaps
from services.scheduler.adapters.audit import Comparison, Finding

_log = structlog.get_logger(__name__)
_PAGE: Final = 2000
_SHOWN: Final = 1000


@dataclass(frozen=True, slots=True)
class Audit:
    """What an audit found at `as_of` (domain time). `missed` shows the oldest of `missed_total` deadlines."""

    as_of: datetime
    ledger_applied_through: datetime | None
    missed_total: int
    missed: tuple[Finding, ...]
    excused_total: int
    comparison: Comparison | None


class Auditor:
    """Looks for deadlines that passed `missed_after` (wall) ago without their event, and for contradictions."""

    def __init__(self, *, database: Database, clock: Clock, consumer: str, missed_after: timedelta) -> None:
        self._database = database
        self._clock = clock
        self._consumer = consumer
        self._missed_after = missed_after

    async def look(self) -> Audit:
        """Return what is missing now, and the last comparison of clocks with alarms."""
        before = self._clock.at(self._clock.wall() - self._missed_after)
        async with self._database.acquire() as connection:
            applied_through = await heartbeats.applied_through(connection)
            gaps = set(await history_gaps.incomplete(connection, self._consumer))
            total, missed = await audit.passed_unraised(connection, before, _SHOWN)
            excused = await audit.excused(connection)
            comparison = await audit.last_comparison(connection)
        explained = tuple(replace(one, reason=_reason(one, applied_through, gaps)) for one in missed)
        return Audit(self._clock.now(), applied_through, total, explained, excused, comparison)

    async def run_once(self) -> Audit:
        """Compare all clocks with their alarms, look for what is missing, export the sum and log what is wrong."""
        findings: list[Finding] = []
        checked, after = 0, ""
        while True:
            async with self._database.acquire() as connection:
                count, last, wrong = await audit.compare_page(connection, after, _PAGE)
            findings += wrong
            checked += count
            if last is None:
                break
            after = last
        async with self._database.transaction() as connection:
            comparison = Comparison(self._clock.now(), checked, tuple(findings[:_SHOWN]))
            await audit.save_comparison(connection, comparison)
        result = await self.look()
        metrics.MISSED.set(result.missed_total + len(findings))
        for finding in (*result.missed[:10], *findings[:10]):
            _log.error("deadline audit", **{n: str(getattr(finding, n)) for n in ("hazard_id", "due_at", "reason")})
        return result


def _reason(finding: Finding, applied_through: datetime | None, gaps: set[str]) -> str:
    """Return why a passed deadline has no event: the ledger is behind, its history has a gap, or we failed."""
    if applied_through is None or finding.due_at >= applied_through:
        return "ledger_behind"
    return "history_incomplete" if finding.hazard_id in gaps else "not_raised"
