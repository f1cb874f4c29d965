"""The list of deadlines, in order of due instant, for those who ask over HTTP."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from services.chassis.storage.database import Connection


@dataclass(frozen=True, slots=True)
class Position:
    """Where a page ended; the next one begins after it."""

    due_at: datetime
    hazard_id: str
    deadline_number: int


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which deadlines: `area` is a prefix of division codes, no `sectors` means all of them."""

    area: str
    sectors: tuple[str, ...] = ()
    state: str | None = None
    due_before: datetime | None = None
    after: Position | None = None


@dataclass(frozen=True, slots=True)
class DeadlineLine:
    """One deadline in a list; `state` is that of its 督办逾期."""

    hazard_id: str
    number: str
    county: str
    sector: str
    deadline_number: int
    deadline_on: date
    due_at: datetime
    state: str
    raised_at: datetime | None


async def find(connection: Connection, wanted: Wanted, limit: int) -> list[DeadlineLine]:
    """Return up to `limit` deadlines in order of due instant."""
    after = wanted.after
    rows = await connection.fetch(
        """SELECT alarm.hazard_id, number, county, sector, alarm.deadline_number,
                  (reckoning -> 'deadlines' -> (alarm.deadline_number - 1) ->> 'deadline_on')::date AS deadline_on,
                  alarm.due_at, alarm.state, alarm.raised_at
             FROM alarm JOIN hazard_clock USING (hazard_id)
            WHERE alarm.kind = 'overdue'
              AND starts_with(county, $1)
              AND (cardinality($2::text[]) = 0 OR sector = ANY($2::text[]))
              AND ($3::text IS NULL OR alarm.state = $3)
              AND alarm.due_at < coalesce($4::timestamptz, 'infinity')
              AND (alarm.due_at, alarm.hazard_id, alarm.deadline_number)
                  > (coalesce($5::timestamptz, '-infinity'), coalesce($6::text, ''), coalesce($7::int, 0))
            ORDER BY alarm.due_at, alarm.hazard_id, alarm.deadline_number
            LIMIT $8""",
        wanted.area,
        list(wanted.sectors),
        wanted.state,
        wanted.due_before,
        after.due_at if after else None,
        after.hazard_id if after else None,
        after.deadline_number if after else None,
        limit,
    )
    return [DeadlineLine(**{name: row[name] for name in DeadlineLine.__dataclass_fields__}) for row in rows]
