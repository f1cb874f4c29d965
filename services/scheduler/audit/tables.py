"""What the self-audit reads: passed deadlines without their event, and clocks that disagree with their alarms."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

import asyncpg
import msgspec

from duban_contracts.events.hazards import HazardEvent
from duban_contracts.events.types import HAZARD, LISTING, HazardFacts
from services.chassis.consuming.deliveries import RawRecord, read
from services.chassis.consuming.stored_records import RECORD, record_of
from services.chassis.storage.database import Connection
from services.scheduler.audit.model import ClockDiscrepancy, Comparison, Reason, Unapplied
from services.scheduler.followups.model import KINDS as FOLLOW_UPS

# A task's deadline is audited where tasks are (`tasks`).
_KINDS: Final = (HAZARD, LISTING, *FOLLOW_UPS)
_UNRAISED: Final = (
    "subject_kind = ANY($1::text[]) AND alarm.kind = 'overdue' AND alarm.state = 'armed' AND fires_at < $2"
)
_FINDINGS: Final = msgspec.json.Decoder(tuple[ClockDiscrepancy, ...])


async def passed_unraised(connection: Connection, before: datetime, limit: int) -> tuple[int, list[ClockDiscrepancy]]:
    """Return how many deadlines that the ledger's events set passed before `before` and are not raised, and the oldest."""
    total: int = await connection.fetchval(
        f"SELECT count(*) FROM alarm WHERE {_UNRAISED}",  # noqa: S608 - our own condition
        _KINDS,
        before,
    )
    rows = await connection.fetch(
        f"""SELECT coalesce(owed.aggregate, clock.hazard_id, subject_id) AS hazard_id,
                   coalesce(owed.subject_number, clock.number, '') AS number, coalesce(owed.county, clock.county, '') AS county,
                   alarm.deadline_number, alarm.due_at, 'not_raised' AS reason
              FROM alarm
              LEFT JOIN follow_up AS owed USING (subject_kind, subject_id)
              LEFT JOIN hazard_clock AS clock
                ON subject_kind IN ('hazard', 'listing') AND clock.hazard_id = split_part(subject_id, '/', 1)
             WHERE {_UNRAISED} ORDER BY fires_at LIMIT $3""",  # noqa: S608 - our own condition
        _KINDS,
        before,
        limit,
    )
    return total, [_finding(row) for row in rows]


async def compare_page(
    connection: Connection, after: str, limit: int
) -> tuple[int, str | None, list[ClockDiscrepancy]]:
    """Compare the next `limit` clocks with their alarms; return how many, the last hazard id, and what is wrong.

    Pages are short on purpose: a long snapshot would slow every poll of the clock role.
    """
    page = await connection.fetch(
        "SELECT hazard_id FROM hazard_clock WHERE hazard_id > $1 ORDER BY hazard_id LIMIT $2", after, limit
    )
    if not page:
        return 0, None, []
    last: str = page[-1]["hazard_id"]
    rows = await connection.fetch(
        """SELECT * FROM (
             SELECT clock.hazard_id, clock.number, clock.county, clock.deadline_number, clock.due_at,
                    CASE
                      WHEN alarm.state = 'raised' AND clock.outcome IN ('met', 'cancelled') THEN 'raised_in_error'
                      WHEN alarm.state = 'raised' AND clock.outcome = 'open'
                           AND (clock.state = 'paused' OR clock.due_at > alarm.raised_at) THEN 'raised_in_error'
                      WHEN alarm.state = 'raised' THEN NULL
                      WHEN clock.state = 'stopped' AND alarm.state IN ('armed', 'held') THEN 'armed_though_stopped'
                      WHEN clock.state = 'stopped' THEN NULL
                      WHEN alarm.state IS NULL THEN 'alarm_missing'
                      WHEN alarm.due_at <> clock.due_at THEN 'due_differs'
                      WHEN clock.state = 'paused' AND clock.outcome = 'open' AND alarm.state <> 'held'
                           THEN 'armed_though_paused'
                      WHEN (clock.state = 'running' OR clock.outcome = 'passed') AND alarm.state <> 'armed'
                           THEN 'not_armed'
                    END AS reason
               FROM hazard_clock AS clock
               LEFT JOIN alarm ON alarm.subject_kind = 'hazard' AND alarm.subject_id = clock.hazard_id
                              AND alarm.kind = 'overdue' AND alarm.days_before = 0
                              AND alarm.deadline_number = clock.deadline_number
              WHERE clock.hazard_id > $1 AND clock.hazard_id <= $2) AS compared
            WHERE reason IS NOT NULL ORDER BY hazard_id""",
        after,
        last,
    )
    return len(page), last, [_finding(row) for row in rows]


async def unapplied(connection: Connection, consumer: str, waited: timedelta, limit: int) -> list[Unapplied]:
    """Return up to `limit` events that `consumer` gave up, or that have been parked for `waited` (wall), by hazard."""
    columns = RECORD.names
    rows = await connection.fetch(
        f"""SELECT coalesce(key, ''::bytea) AS aggregate, {columns} FROM dead_letter
             WHERE consumer = $1 AND state = 'held' AND key IS NOT NULL
            UNION ALL
            SELECT convert_to(aggregate, 'UTF8'), {columns} FROM parked_event
             WHERE consumer = $1 AND parked_at <= now() - $2::interval AND value <> ''
            LIMIT $3""",  # noqa: S608 - the names of the chassis' columns
        consumer,
        waited,
        limit,
    )
    return [Unapplied(row["aggregate"].decode(errors="replace"), _facts(record_of(row))) for row in rows]


def _facts(record: RawRecord) -> HazardFacts | None:
    _, data = read(record)
    return data.hazard if isinstance(data, HazardEvent) else None


async def clocks(connection: Connection, hazard_ids: Sequence[str]) -> dict[str, ClockDiscrepancy]:
    """Return what is known of the clocks of these hazards, of those that have one."""
    rows = await connection.fetch(
        """SELECT hazard_id, number, county, deadline_number, due_at, 'clock_behind' AS reason
             FROM hazard_clock WHERE hazard_id = ANY($1::text[])""",
        hazard_ids,
    )
    return {row["hazard_id"]: _finding(row) for row in rows}


async def excused(connection: Connection) -> int:
    """Return how many passed deadlines got no alarm because the hazard was extended or closed before it."""
    count: int = await connection.fetchval(
        "SELECT count(*) FROM alarm WHERE subject_kind = 'hazard' AND kind = 'overdue' AND state = 'excused'"
    )
    return count


async def save_comparison(connection: Connection, comparison: Comparison) -> None:
    """Keep the comparison for those who ask."""
    await connection.execute(
        """INSERT INTO audit_result (finished_at, clocks_checked, findings) VALUES ($1, $2, $3)
           ON CONFLICT (singleton) DO UPDATE SET finished_at = excluded.finished_at,
                  clocks_checked = excluded.clocks_checked, findings = excluded.findings""",
        comparison.finished_at,
        comparison.clocks_checked,
        msgspec.json.encode(comparison.findings).decode(),
    )


async def last_comparison(connection: Connection) -> Comparison | None:
    """Return the last comparison, or None before the first."""
    row = await connection.fetchrow("SELECT finished_at, clocks_checked, findings FROM audit_result")
    if row is None:
        return None
    return Comparison(row["finished_at"], row["clocks_checked"], _FINDINGS.decode(row["findings"]))


def _finding(row: asyncpg.Record) -> ClockDiscrepancy:
    return ClockDiscrepancy(
        row["hazard_id"],
        row["number"],
        row["county"],
        row["deadline_number"],
        row["due_at"],
        Reason(row["reason"]),
    )
