"""The table of alarms. Two statements of the clock role live here whose cost must be what is due, not what exists."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import asyncpg

from services.chassis.storage.database import Connection
from services.scheduler.adapters.clocks import HazardClock, clock_of
from services.scheduler.domain.alarms import Alarm, AlarmKey, AlarmState, Kind

# At 1 M rows the planner expects many due rows and takes a bitmap scan with a sort, which reads dead entries for ever
# and never marks them; an ordered index scan stops at the limit. Measured: select time 3 ms -> 60 ms over 15 rounds.
SESSION_SETTINGS: Final = {"enable_bitmapscan": "off"}

# Written out in the statements: with a parameter the driver's generic plan takes a tenth of the table for the limit
# and reads all of it.
BATCH: Final = 500

# $1 now, $2 applied through, $3 hazards with an incomplete history
CLAIM_OVERDUE: Final = """
WITH due AS MATERIALIZED (
    SELECT hazard_id, deadline_number, kind, days_before FROM alarm
     WHERE kind = 'overdue' AND state = 'armed' AND fires_at <= $1 AND fires_at < $2
       AND hazard_id <> ALL ($3::text[])
     ORDER BY fires_at LIMIT 500 FOR UPDATE SKIP LOCKED
), claimed AS (
    UPDATE alarm SET state = 'raised', raised_at = $1 FROM due
     WHERE alarm.hazard_id = due.hazard_id AND alarm.deadline_number = due.deadline_number
       AND alarm.kind = due.kind AND alarm.days_before = due.days_before
    RETURNING alarm.*
)
SELECT claimed.hazard_id, claimed.deadline_number, claimed.kind, claimed.days_before, claimed.fires_at,
       claimed.due_at, claimed.state, claimed.raised_at,
       reckoning, facts, event_id, correlation_id, traceparent
  FROM claimed JOIN hazard_clock USING (hazard_id) ORDER BY claimed.fires_at
"""

# $1 now, $2 hazards with an incomplete history. A reminder lapses when its deadline has passed, or when
# a nearer reminder of the same deadline is due as well: one word is enough after a long sleep.
CLAIM_DUE_SOON: Final = """
WITH due AS MATERIALIZED (
    SELECT hazard_id, deadline_number, kind, days_before,
           due_at <= $1 OR EXISTS (
               SELECT FROM alarm nearer
                WHERE nearer.hazard_id = alarm.hazard_id AND nearer.deadline_number = alarm.deadline_number
                  AND nearer.kind = 'due_soon' AND nearer.state IN ('armed', 'raised')
                  AND nearer.fires_at > alarm.fires_at AND nearer.fires_at <= $1) AS useless
      FROM alarm
     WHERE kind = 'due_soon' AND state = 'armed' AND fires_at <= $1 AND hazard_id <> ALL ($2::text[])
     ORDER BY fires_at LIMIT 500 FOR UPDATE SKIP LOCKED
), claimed AS (
    UPDATE alarm SET state = CASE WHEN useless THEN 'lapsed' ELSE 'raised' END,
                     raised_at = CASE WHEN useless THEN NULL ELSE $1 END
      FROM due
     WHERE alarm.hazard_id = due.hazard_id AND alarm.deadline_number = due.deadline_number
       AND alarm.kind = due.kind AND alarm.days_before = due.days_before
    RETURNING alarm.*
)
SELECT claimed.hazard_id, claimed.deadline_number, claimed.kind, claimed.days_before, claimed.fires_at,
       claimed.due_at, claimed.state, claimed.raised_at,
       reckoning, facts, event_id, correlation_id, traceparent
  FROM claimed JOIN hazard_clock USING (hazard_id) ORDER BY claimed.fires_at
"""


@dataclass(frozen=True, slots=True)
class Claimed:
    """An alarm that this transaction took, with the clock it belongs to."""

    alarm: Alarm
    clock: HazardClock


async def save(connection: Connection, alarms: Sequence[Alarm]) -> None:
    """Write alarms as they are called for; each key at most once. What was raised stays as it is.

    A lapsed reminder stays lapsed unless its moment has moved.
    """
    if not alarms:
        return
    columns = [(*_key(alarm.key), alarm.fires_at, alarm.due_at, alarm.state.value, alarm.raised_at) for alarm in alarms]
    await connection.execute(
        """INSERT INTO alarm (hazard_id, deadline_number, kind, days_before, fires_at, due_at, state, raised_at)
           SELECT * FROM unnest($1::text[], $2::int[], $3::text[], $4::int[], $5::timestamptz[],
                                $6::timestamptz[], $7::text[], $8::timestamptz[])
           ON CONFLICT (hazard_id, deadline_number, kind, days_before) DO UPDATE
              SET fires_at = excluded.fires_at, due_at = excluded.due_at, state = excluded.state,
                  raised_at = excluded.raised_at
            WHERE alarm.state <> 'raised'
              AND (alarm.state <> 'lapsed' OR alarm.fires_at <> excluded.fires_at)""",
        *zip(*columns, strict=True),
    )


async def claim_overdue(
    connection: Connection, *, now: datetime, applied_through: datetime, incomplete: Sequence[str]
) -> list[Claimed]:
    """Mark up to BATCH passed deadlines as raised and return them, oldest first.

    `applied_through` must have been read before, never after: then whatever it promises is visible to this statement.
    A claim may reach the broker at the very instant of the deadline and be in time; heartbeats speak for what came
    *before* them; so the deadline must lie strictly before the heartbeats.
    """
    rows = await connection.fetch(CLAIM_OVERDUE, now, applied_through, incomplete)
    return [_claimed(row) for row in rows]


async def claim_due_soon(connection: Connection, *, now: datetime, incomplete: Sequence[str]) -> list[Claimed]:
    """Mark up to BATCH reminders whose moment has come as raised or lapsed and return them, oldest first."""
    return [_claimed(row) for row in await connection.fetch(CLAIM_DUE_SOON, now, incomplete)]


async def oldest_unraised(connection: Connection, now: datetime) -> datetime | None:
    """Return the due instant of the oldest deadline that has passed and is not raised; None when there is none."""
    instant: datetime | None = await connection.fetchval(
        """SELECT fires_at FROM alarm WHERE kind = 'overdue' AND state = 'armed' AND fires_at <= $1
            ORDER BY fires_at LIMIT 1""",
        now,
    )
    return instant


async def of_hazard(connection: Connection, hazard_id: str) -> list[Alarm]:
    """Return all alarms of one hazard, in order."""
    rows = await connection.fetch(
        "SELECT * FROM alarm WHERE hazard_id = $1 ORDER BY deadline_number, fires_at, kind", hazard_id
    )
    return [_alarm(row) for row in rows]


async def forget_reminders(connection: Connection, hazard_ids: Sequence[str], now: datetime) -> None:
    """Withdraw the reminders of these hazards whose moment is still ahead, before they are planned afresh."""
    await connection.execute(
        """UPDATE alarm SET state = 'withdrawn'
            WHERE hazard_id = ANY($1::text[]) AND kind = 'due_soon' AND state IN ('armed', 'held')
              AND fires_at > $2""",
        hazard_ids,
        now,
    )


def _key(key: AlarmKey) -> tuple[str, int, str, int]:
    return key.hazard_id, key.deadline_number, key.kind.value, key.days_before


def _alarm(row: asyncpg.Record) -> Alarm:
    key = AlarmKey(row["hazard_id"], row["deadline_number"], Kind(row["kind"]), row["days_before"])
    return Alarm(key, row["fires_at"], row["due_at"], AlarmState(row["state"]), row["raised_at"])


def _claimed(row: asyncpg.Record) -> Claimed:
    return Claimed(_alarm(row), clock_of(row))
