"""SQL of the pool of experts and of who goes along on which task."""

from __future__ import annotations

from datetime import date, datetime
from typing import Final

import asyncpg
import msgspec

from services.chassis.storage.database import Connection
from services.scheduler.experts.model import Expert
from services.scheduler.retention.model import Erased

_SECTORS: Final = msgspec.json.Decoder(tuple[str, ...])
_SELECT: Final = "SELECT expert_id, name, sectors, employer, valid_from, valid_until FROM expert "


class Assignment(msgspec.Struct, frozen=True, kw_only=True):
    """An expert who goes along on a task, to inspect this enterprise; `assigned_at` is UTC, domain time."""

    task_id: str
    expert_id: str
    enterprise: str
    assigned_at: datetime
    assigned_by: str


async def insert(connection: Connection, expert: Expert, *, at: datetime, by: str) -> bool:
    """Write an entry; return False when there is one of this id."""
    status: str = await connection.execute(
        """INSERT INTO expert (expert_id, name, sectors, employer, valid_from, valid_until, recorded_at, recorded_by)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (expert_id) DO NOTHING""",
        expert.expert_id,
        expert.name,
        msgspec.json.encode(expert.sectors).decode(),
        expert.employer,
        expert.valid_from,
        expert.valid_until,
        at,
        by,
    )
    return status == "INSERT 0 1"


async def retire(connection: Connection, expert_id: str, until: date) -> None:
    """Let an entry end on the day `until`."""
    await connection.execute("UPDATE expert SET valid_until = $2 WHERE expert_id = $1", expert_id, until)


async def erase(connection: Connection, before: date, limit: int) -> list[Erased]:
    """Delete up to `limit` entries that ended before a day. Assignments stay: their code stands for nobody any more."""
    rows = await connection.fetch(
        """DELETE FROM expert WHERE expert_id IN (
               SELECT expert_id FROM expert WHERE valid_until < $1
                ORDER BY valid_until, expert_id LIMIT $2 FOR UPDATE SKIP LOCKED)
           RETURNING expert_id, valid_until""",
        before,
        limit,
    )
    return [Erased(row["expert_id"], 1, row["valid_until"]) for row in rows]


async def find(connection: Connection, expert_id: str) -> Expert | None:
    """Return an entry, or None."""
    row = await connection.fetchrow(f"{_SELECT} WHERE expert_id = $1", expert_id)
    return None if row is None else _expert(row)


async def lock(connection: Connection, expert_id: str) -> Expert | None:
    """Return an entry, locked until the transaction ends, or None."""
    row = await connection.fetchrow(f"{_SELECT} WHERE expert_id = $1 FOR UPDATE", expert_id)
    return None if row is None else _expert(row)


async def page(connection: Connection, *, after: str, limit: int) -> list[Expert]:
    """Return up to `limit` entries in order of their ids, behind `after`."""
    rows = await connection.fetch(f"{_SELECT} WHERE expert_id > $1 ORDER BY expert_id LIMIT $2", after, limit)
    return [_expert(row) for row in rows]


async def assign(connection: Connection, new: Assignment) -> Assignment:
    """Write an assignment, or find that of the same expert to the same task; return what stands."""
    row = await connection.fetchrow(
        """INSERT INTO expert_assignment AS known (task_id, expert_id, enterprise, assigned_at, assigned_by)
           VALUES ($1, $2, $3, $4, $5)
           ON CONFLICT (task_id, expert_id) DO UPDATE SET enterprise = known.enterprise
           RETURNING task_id, expert_id, enterprise, assigned_at, assigned_by""",
        new.task_id,
        new.expert_id,
        new.enterprise,
        new.assigned_at,
        new.assigned_by,
    )
    assert row is not None  # noqa: S101 - an upsert returns its row
    return Assignment(**row)


async def assigned(connection: Connection, task_id: str) -> list[Assignment]:
    """Return who goes along on a task, in order of ids."""
    rows = await connection.fetch(
        """SELECT task_id, expert_id, enterprise, assigned_at, assigned_by
             FROM expert_assignment WHERE task_id = $1 ORDER BY expert_id""",
        task_id,
    )
    return [Assignment(**row) for row in rows]


def _expert(row: asyncpg.Record) -> Expert:
    return Expert(**{**row, "sectors": _SECTORS.decode(row["sectors"])})
