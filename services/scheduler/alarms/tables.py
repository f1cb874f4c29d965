"""The table of alarms. Three statements of the clock role live here whose cost must be what is due, not what exists."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import asyncpg

from duban_contracts.events.types import Subject
from services.chassis.storage.columns import Columns
from services.chassis.storage.database import Connection
from services.scheduler.alarms.model import Alarm, AlarmState, Due, Kind, Recall

# At 1 M rows the planner expects many due rows and takes a bitmap scan with a sort, which reads dead entries for ever
# and never marks them; an ordered index scan stops at the limit. Measured: select time 3 ms -> 60 ms over 15 rounds.
SESSION_SETTINGS: Final = {"enable_bitmapscan": "off"}

# Written out in the statements: with a parameter the driver's generic plan takes a tenth of the table for the limit
# and reads all of it.
BATCH: Final = 500

_KEY: Final = ("subject_kind", "subject_id", "deadline_number", "kind", "days_before")
_COLUMNS: Final = Columns[Alarm](
    {
        "subject_kind": ("text", "due.about.kind"),
        "subject_id": ("text", "due.about.id"),
        "subject_number": ("text", "due.about.number"),
        "deadline_number": ("int", "due.number"),
        "kind": ("text", "kind.value"),
        "days_before": "int",
        "deadline_on": ("date", "due.on"),
        "fires_at": "timestamptz",
        "due_at": ("timestamptz", "due.at"),
        "state": ("text", "state.value"),
        "raised_at": "timestamptz",
    }
)
_READ: Final = f"{_COLUMNS.names}, recalled_at"
_RECALLED: Final = {"deadline_number": ("int", "number"), "recalled_at": ("timestamptz", "at")}
_RECALL: Final = Columns[Recall]({"subject_kind": "text", "subject_id": "text", **_RECALLED})
_SAVE: Final = _COLUMNS.upsert(
    "alarm",
    _KEY,
    where="alarm.state <> 'raised' AND (alarm.state <> 'lapsed' OR alarm.fires_at <> EXCLUDED.fires_at)",
)

_IS_DUE: Final = " AND ".join(f"alarm.{name} = due.{name}" for name in _KEY)

# $1 kind of subject, $2 now, $3 known through, $4 subjects in doubt, $5 subjects that are held, or null for any
CLAIM_OVERDUE: Final = f"""
WITH due AS MATERIALIZED (
    SELECT subject_kind, subject_id, deadline_number, kind, days_before FROM alarm
     WHERE subject_kind = $1 AND kind = 'overdue' AND state = 'armed' AND fires_at <= $2 AND fires_at < $3
       AND subject_id <> ALL ($4::text[]) AND ($5::text[] IS NULL OR subject_id = ANY ($5::text[]))
     ORDER BY fires_at LIMIT 500 FOR UPDATE SKIP LOCKED
), claimed AS (
    UPDATE alarm SET state = 'raised', raised_at = $2 FROM due
     WHERE {_IS_DUE} RETURNING alarm.*
)
SELECT {_COLUMNS.names} FROM claimed ORDER BY fires_at
"""  # noqa: S608 - the names of our own columns

# $1 kind of subject, $2 now, $3 known through, or null for any, $4 subjects in doubt, $5 subjects that are held, or null for
# any. A reminder lapses when its deadline has passed, or when a nearer reminder of it is due as well: one word is enough
# after a long sleep.
CLAIM_DUE_SOON: Final = f"""
WITH due AS MATERIALIZED (
    SELECT subject_kind, subject_id, deadline_number, kind, days_before,
           due_at <= $2 OR EXISTS (
               SELECT FROM alarm nearer
                WHERE nearer.subject_kind = alarm.subject_kind AND nearer.subject_id = alarm.subject_id
                  AND nearer.deadline_number = alarm.deadline_number
                  AND nearer.kind = 'due_soon' AND nearer.state IN ('armed', 'raised')
                  AND nearer.fires_at > alarm.fires_at AND nearer.fires_at <= $2) AS useless
      FROM alarm
     WHERE subject_kind = $1 AND kind = 'due_soon' AND state = 'armed' AND fires_at <= $2
       AND ($3::timestamptz IS NULL OR due_at < $3) AND subject_id <> ALL ($4::text[])
       AND ($5::text[] IS NULL OR subject_id = ANY ($5::text[]))
     ORDER BY fires_at LIMIT 500 FOR UPDATE SKIP LOCKED
), claimed AS (
    UPDATE alarm SET state = CASE WHEN useless THEN 'lapsed' ELSE 'raised' END,
                     raised_at = CASE WHEN useless THEN NULL ELSE $2 END
      FROM due
     WHERE {_IS_DUE} RETURNING alarm.*
)
SELECT {_COLUMNS.names} FROM claimed ORDER BY fires_at
"""  # noqa: S608 - the names of our own columns

# The same. What is said after a deadline waits for what is known, as the word about it does.
CLAIM_STILL_DUE: Final = f"""
WITH due AS MATERIALIZED (
    SELECT subject_kind, subject_id, deadline_number, kind, days_before FROM alarm
     WHERE subject_kind = $1 AND kind = 'still_due' AND state = 'armed' AND fires_at <= $2
       AND ($3::timestamptz IS NULL OR due_at < $3) AND subject_id <> ALL ($4::text[])
       AND ($5::text[] IS NULL OR subject_id = ANY ($5::text[]))
     ORDER BY fires_at LIMIT 500 FOR UPDATE SKIP LOCKED
), claimed AS (
    UPDATE alarm SET state = 'raised', raised_at = $2 FROM due
     WHERE {_IS_DUE} RETURNING alarm.*
)
SELECT {_COLUMNS.names} FROM claimed ORDER BY fires_at
"""  # noqa: S608 - the names of our own columns

_CLAIM_REMINDERS: Final = {Kind.DUE_SOON: CLAIM_DUE_SOON, Kind.STILL_DUE: CLAIM_STILL_DUE}

# $1 kind of subject, $2 now, $3 known through, or null for any, $4 subjects in doubt. The kind is written out, so that its
# partial index is taken. What may not be said yet takes no place: it could fill the batch for as long as that lasts.
DUE_SUBJECTS: Final = {
    kind: f"""SELECT subject_id FROM alarm
 WHERE subject_kind = $1 AND kind = '{kind.value}' AND state = 'armed' AND fires_at <= $2
   AND ($3::timestamptz IS NULL OR due_at < $3) AND subject_id <> ALL ($4::text[])
 ORDER BY fires_at LIMIT 500"""  # noqa: S608 - our own codes
    for kind in Kind
}


# $1 kind of subject, $2 now. One statement for all kinds of alarms: a clock that has nothing to say looks twice a second.
DUE_SINCE: Final = " UNION ALL ".join(
    f"""(SELECT kind, fires_at FROM alarm WHERE subject_kind = $1 AND kind = '{kind.value}' AND state = 'armed'
           AND fires_at <= $2 ORDER BY fires_at LIMIT 1)"""  # noqa: S608 - our own codes
    for kind in Kind
)


async def due_subjects(
    connection: Connection,
    subject_kind: str,
    kind: Kind,
    *,
    now: datetime,
    known_through: datetime | None,
    in_doubt: Sequence[str],
) -> list[str]:
    """Return the subjects of up to BATCH alarms of this kind that may be said now, without keeping any row."""
    rows = await connection.fetch(DUE_SUBJECTS[kind], subject_kind, now, known_through, in_doubt)
    return sorted({row["subject_id"] for row in rows})


async def save(connection: Connection, alarms: Sequence[Alarm]) -> None:
    """Write alarms as they are called for; each key at most once. What was raised stays as it is.

    A lapsed reminder stays lapsed unless its moment has moved.
    """
    if alarms:
        await connection.execute(_SAVE, *_COLUMNS.arguments(alarms))


async def claim_overdue(
    connection: Connection,
    subject_kind: str,
    *,
    now: datetime,
    known_through: datetime,
    in_doubt: Sequence[str],
    held: Sequence[str] | None = None,
) -> list[Alarm]:
    """Mark up to BATCH passed deadlines as raised and return them, oldest first.

    `known_through` must have been read before, never after: then whatever it promises is visible to this statement.
    A claim may reach the broker at the very instant of the deadline and be in time; what is known is known of what
    came *before* that instant; so the deadline must lie strictly before it. With `held` only alarms about those.
    """
    rows = await connection.fetch(CLAIM_OVERDUE, subject_kind, now, known_through, in_doubt, held)
    return [_alarm(row) for row in rows]


async def claim_reminders(
    connection: Connection,
    subject_kind: str,
    kind: Kind,
    *,
    now: datetime,
    known_through: datetime | None,
    in_doubt: Sequence[str],
    held: Sequence[str] | None = None,
) -> list[Alarm]:
    """Mark up to BATCH reminders, of deadlines before `known_through`, as raised or as lapsed; return them, oldest first."""
    rows = await connection.fetch(_CLAIM_REMINDERS[kind], subject_kind, now, known_through, in_doubt, held)
    return [_alarm(row) for row in rows]


async def due_since(connection: Connection, subject_kind: str, now: datetime) -> dict[Kind, datetime]:
    """Return the kinds of which an alarm's instant has passed and nothing was said yet, with the oldest such instant."""
    rows = await connection.fetch(DUE_SINCE, subject_kind, now)
    return {Kind(row["kind"]): row["fires_at"] for row in rows}


async def of_subject(connection: Connection, subject_kind: str, subject_id: str) -> list[Alarm]:
    """Return all alarms about one subject, in order."""
    return sorted(
        await of_subjects(connection, subject_kind, [subject_id]),
        key=lambda alarm: (alarm.due.number, alarm.fires_at, alarm.kind),
    )


async def of_subjects(connection: Connection, subject_kind: str, subject_ids: Sequence[str]) -> list[Alarm]:
    """Return all alarms about these subjects."""
    rows = await connection.fetch(
        f"SELECT {_READ} FROM alarm WHERE subject_kind = $1 AND subject_id = ANY($2::text[])",  # noqa: S608 - our own columns
        subject_kind,
        subject_ids,
    )
    return [_alarm(row) for row in rows]


async def recall(connection: Connection, recalls: Sequence[Recall]) -> list[Alarm]:
    """Take back what was raised about these deadlines, and return it; what was taken back before is not among it.

    To be called after `save` in the same transaction: then nothing about them can be raised any more.
    """
    rows = await connection.fetch(
        f"""UPDATE alarm SET recalled_at = wrong.recalled_at FROM {_RECALL.rows("wrong")}
             WHERE alarm.subject_kind = wrong.subject_kind AND alarm.subject_id = wrong.subject_id
               AND alarm.deadline_number = wrong.deadline_number
               AND alarm.state = 'raised' AND alarm.recalled_at IS NULL
            RETURNING alarm.*""",  # noqa: S608 - the names of our own columns
        *_RECALL.arguments(recalls),
    )
    return [_alarm(row) for row in rows]


async def forget_reminders(
    connection: Connection, subject_kind: str, subject_ids: Sequence[str], now: datetime | None = None
) -> list[Alarm]:
    """Withdraw the reminders of these subjects before they are planned afresh, and return them.

    With `now` only those whose moment is still ahead.
    """
    rows = await connection.fetch(
        f"""UPDATE alarm SET state = 'withdrawn'
            WHERE subject_kind = $1 AND subject_id = ANY($2::text[]) AND kind = 'due_soon'
              AND state IN ('armed', 'held') AND ($3::timestamptz IS NULL OR fires_at > $3)
            RETURNING {_COLUMNS.names}""",  # noqa: S608 - the names of our own columns
        subject_kind,
        subject_ids,
        now,
    )
    return [_alarm(row) for row in rows]


def _alarm(row: asyncpg.Record) -> Alarm:
    about = Subject(kind=row["subject_kind"], id=row["subject_id"], number=row["subject_number"])
    due = Due(about, row["deadline_number"], row["deadline_on"], row["due_at"])
    kind, state, recalled_at = Kind(row["kind"]), AlarmState(row["state"]), row.get("recalled_at")
    return Alarm(due, kind, row["days_before"], row["fires_at"], state, row["raised_at"], recalled_at)
