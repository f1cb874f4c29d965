"""SQL of training sessions: the newest version, every version, and whose file each stands in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

import asyncpg
import msgspec

from services.chassis.access.scope import Dimension, Scope
from services.chassis.storage.columns import Columns
from services.chassis.storage.database import Connection
from services.scheduler.retention.model import Erased
from services.scheduler.training.model import Entered, Placed, Session

_ENTERED: Final = msgspec.json.Decoder(Entered)
_SCOPED: Final = {Dimension.COUNTY: "county", Dimension.SECTOR: "sector", Dimension.ENTERPRISE: "enterprise"}
_SESSION: Final = """session_id, training_session.version, enterprise, county, sector, task_id, content, recorded_at, recorded_by,
       reason"""


@dataclass(frozen=True, slots=True)
class Trainee:
    """Whose file it is: the person that the enterprise calls by this number."""

    enterprise: str
    number: str


_UNLISTED: Final = """NOT EXISTS (
           SELECT FROM training_attendance WHERE training_attendance.trainee_id = trainee.trainee_id)"""
_HOLD_UNLISTED: Final = f"""
SELECT trainee_id FROM trainee WHERE enterprise = ANY($1::text[]) AND {_UNLISTED}
 ORDER BY enterprise, number FOR UPDATE"""  # noqa: S608 - the condition above
_DELETE_UNLISTED: Final = f"DELETE FROM trainee WHERE trainee_id = ANY($1::uuid[]) AND {_UNLISTED}"  # noqa: S608
_TRAINEES: Final = Columns[Trainee]({"enterprise": "text", "number": "text"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """What a reader asks for; None = no filter. `since` and `until` are inclusive."""

    enterprise: str | None = None
    task: str | None = None
    since: date | None = None
    until: date | None = None


def _session(row: asyncpg.Record) -> Session:
    return Session(
        session_id=row["session_id"],
        version=row["version"],
        of=Placed(enterprise=row["enterprise"], county=row["county"], sector=row["sector"]),
        entered=_ENTERED.decode(row["content"]),
        task_id=row["task_id"],
        recorded_at=row["recorded_at"],
        recorded_by=row["recorded_by"],
        reason=row["reason"],
    )


async def insert(
    connection: Connection, of: Placed, entered: Entered, *, task_id: str | None, at: datetime, by: str
) -> Session:
    """Write a new session; return it with the id that it was given."""
    session_id = await connection.fetchval(
        """INSERT INTO training_session (version, enterprise, county, sector, held_on, task_id, content, recorded_at,
                                         recorded_by)
           VALUES (1, $1, $2, $3, $4, $5, $6, $7, $8) RETURNING session_id""",
        of.enterprise,
        of.county,
        of.sector,
        entered.held_on,
        task_id,
        msgspec.json.encode(entered).decode(),
        at,
        by,
    )
    made = Session(session_id, 1, of, entered, task_id, at, by)
    await _keep(connection, made)
    return made


async def replace(connection: Connection, session: Session) -> None:
    """Write a further version in the place of the one before, which stays among the versions."""
    await connection.execute(
        """UPDATE training_session
              SET version = $2, held_on = $3, task_id = $4, content = $5, recorded_at = $6, recorded_by = $7, reason = $8
            WHERE session_id = $1""",
        session.session_id,
        session.version,
        session.entered.held_on,
        session.task_id,
        msgspec.json.encode(session.entered).decode(),
        session.recorded_at,
        session.recorded_by,
        session.reason,
    )
    await connection.execute("DELETE FROM training_attendance WHERE session_id = $1", session.session_id)
    await _keep(connection, session)


async def _keep(connection: Connection, session: Session) -> None:
    await connection.execute(
        """INSERT INTO training_session_version (session_id, version, task_id, content, recorded_at, recorded_by, reason)
           VALUES ($1, $2, $3, $4, $5, $6, $7)""",
        session.session_id,
        session.version,
        session.task_id,
        msgspec.json.encode(session.entered).decode(),
        session.recorded_at,
        session.recorded_by,
        session.reason,
    )
    # In order: two sessions of one enterprise that are entered at once take the same rows in the same order.
    numbers = sorted(each.number for each in session.entered.attendees)
    # Somebody who is there already is held: no erasure takes the row away before the session refers to it.
    await connection.execute(
        f"{_TRAINEES.insert('trainee')} ON CONFLICT (enterprise, number) DO UPDATE SET number = EXCLUDED.number",
        *_TRAINEES.arguments(Trainee(session.of.enterprise, number) for number in numbers),
    )
    await connection.execute(
        """INSERT INTO training_attendance (trainee_id, session_id)
           SELECT trainee_id, $1 FROM trainee WHERE enterprise = $2 AND number = ANY($3::text[])""",
        session.session_id,
        session.of.enterprise,
        numbers,
    )


async def find(connection: Connection, session_id: UUID, *, lock: bool = False) -> Session | None:
    """Return a session in its newest version, or None; with `lock` nobody else changes it until the transaction ends."""
    row = await connection.fetchrow(
        f"SELECT {_SESSION} FROM training_session WHERE session_id = $1 {'FOR UPDATE' if lock else ''}",  # noqa: S608 - ours
        session_id,
    )
    return None if row is None else _session(row)


async def versions(connection: Connection, session: Session) -> list[Session]:
    """Return every version of a session, oldest first."""
    rows = await connection.fetch(
        """SELECT kept.session_id, kept.version, enterprise, county, sector, kept.task_id, kept.content, kept.recorded_at,
                  kept.recorded_by, kept.reason
             FROM training_session_version kept JOIN training_session USING (session_id)
            WHERE session_id = $1 ORDER BY kept.version""",
        session.session_id,
    )
    return [_session(row) for row in rows]


async def of_enterprise(connection: Connection, enterprise: str) -> list[Session]:
    """Return all sessions of an enterprise in their newest versions, oldest first."""
    rows = await connection.fetch(
        f"SELECT {_SESSION} FROM training_session WHERE enterprise = $1 ORDER BY held_on, session_id",  # noqa: S608 - ours
        enterprise,
    )
    return [_session(row) for row in rows]


async def page(
    connection: Connection, scope: Scope, wanted: Filter, *, after: tuple[date, UUID] | None, limit: int
) -> list[Session]:
    """Return up to `limit` sessions inside `scope` in order of their days, behind `after`."""
    conditions, values = scope.where(_SCOPED)
    asked = (
        ("enterprise = ${}", wanted.enterprise),
        ("task_id = ${}", wanted.task),
        ("held_on >= ${}", wanted.since),
        ("held_on <= ${}", wanted.until),
    )
    for condition, value in asked:
        if value is not None:
            values.append(value)
            conditions.append(condition.format(len(values)))
    if after is not None:
        values.extend(after)
        conditions.append(f"(held_on, session_id) > (${len(values) - 1}, ${len(values)})")
    values.append(limit)
    where = " AND ".join(conditions) or "TRUE"
    rows = await connection.fetch(
        f"""SELECT {_SESSION} FROM training_session WHERE {where}
             ORDER BY held_on, session_id LIMIT ${len(values)}""",  # noqa: S608 - ours
        *values,
    )
    return [_session(row) for row in rows]


async def trainee(connection: Connection, trainee_id: UUID) -> Trainee | None:
    """Return whose file has this id, or None."""
    row = await connection.fetchrow("SELECT enterprise, number FROM trainee WHERE trainee_id = $1", trainee_id)
    return None if row is None else Trainee(**row)


async def trainees(connection: Connection, enterprise: str) -> dict[str, UUID]:
    """Return the ids of the files of an enterprise's people, by staff number."""
    rows = await connection.fetch("SELECT number, trainee_id FROM trainee WHERE enterprise = $1", enterprise)
    return {row["number"]: row["trainee_id"] for row in rows}


async def of_trainee(connection: Connection, trainee_id: UUID) -> list[Session]:
    """Return the sessions that a person attended, in their newest versions."""
    rows = await connection.fetch(
        f"""SELECT {_SESSION} FROM training_attendance JOIN training_session USING (session_id)
             WHERE trainee_id = $1 ORDER BY held_on, session_id""",  # noqa: S608 - ours
        trainee_id,
    )
    return [_session(row) for row in rows]


async def erase(connection: Connection, before: date, limit: int) -> list[Erased]:
    """Delete up to `limit` sessions that were held before a day, with all versions, and whoever is in no session any more."""
    rows = await connection.fetch(
        """DELETE FROM training_session WHERE session_id IN (
               SELECT session_id FROM training_session WHERE held_on < $1
                ORDER BY held_on, session_id LIMIT $2 FOR UPDATE SKIP LOCKED)
           RETURNING session_id::text, enterprise, held_on, jsonb_array_length(content -> 'attendees') AS persons""",
        before,
        limit,
    )
    enterprises = sorted({row["enterprise"] for row in rows})
    # Held first: a session that has just found somebody is over then, and the DELETE sees whom it refers to.
    held = await connection.fetch(_HOLD_UNLISTED, enterprises)
    await connection.execute(_DELETE_UNLISTED, [row["trainee_id"] for row in held])
    return [Erased(row["session_id"], row["persons"], row["held_on"]) for row in rows]
