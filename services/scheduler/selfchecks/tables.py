"""SQL of self-checks: plants in their newest version, all their versions, and what was checked."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

import asyncpg
import msgspec

from services.chassis.access.scope import Dimension, Scope
from services.chassis.storage.database import Connection
from services.scheduler.selfchecks.model import Check, CheckFindings, Plant, PlantLayout

_LAID: Final = msgspec.json.Decoder(PlantLayout)
_FOUND: Final = msgspec.json.Decoder(CheckFindings)
_SCOPED: Final = {Dimension.COUNTY: "county", Dimension.SECTOR: "sector", Dimension.ENTERPRISE: "enterprise"}
_CHECK: Final = "check_id, plant_id, content, filed_on, withdrawn_reason"


@dataclass(frozen=True, slots=True)
class EntryStamp:
    """When (UTC, domain time) something was entered, and by which account."""

    at: datetime
    by: str


def _plant(row: asyncpg.Record) -> Plant:
    return Plant(
        plant_id=row["plant_id"],
        version=row["version"],
        enterprise=row["enterprise"],
        county=row["county"],
        sector=row["sector"],
        laid=_LAID.decode(row["content"]),
        recorded_at=row["recorded_at"],
        recorded_by=row["recorded_by"],
        reason=row["reason"],
    )


def _check(row: asyncpg.Record) -> Check:
    return Check(
        row["check_id"], row["plant_id"], _FOUND.decode(row["content"]), row["filed_on"], row["withdrawn_reason"]
    )


async def insert_plant(
    connection: Connection, laid: PlantLayout, *, enterprise: str, county: str, sector: str | None, stamp: EntryStamp
) -> Plant:
    """Write a new plant; return it with the id that it was given."""
    row = await connection.fetchrow(
        """INSERT INTO selfcheck_plant (version, enterprise, county, sector, content, recorded_at, recorded_by)
           VALUES (1, $1, $2, $3, $4, $5, $6) RETURNING *""",
        enterprise,
        county,
        sector,
        msgspec.json.encode(laid).decode(),
        stamp.at,
        stamp.by,
    )
    assert row is not None  # noqa: S101 - an INSERT returns its row
    made = _plant(row)
    await _keep(connection, made)
    return made


async def replace_plant(connection: Connection, plant: Plant) -> None:
    """Write a further version of a plant; the one before stays among the versions."""
    await connection.execute(
        """UPDATE selfcheck_plant SET version = $2, content = $3, recorded_at = $4, recorded_by = $5, reason = $6
            WHERE plant_id = $1""",
        plant.plant_id,
        plant.version,
        msgspec.json.encode(plant.laid).decode(),
        plant.recorded_at,
        plant.recorded_by,
        plant.reason,
    )
    await _keep(connection, plant)


async def _keep(connection: Connection, plant: Plant) -> None:
    await connection.execute(
        """INSERT INTO selfcheck_plant_version (plant_id, version, content, recorded_at, recorded_by, reason)
           VALUES ($1, $2, $3, $4, $5, $6)""",
        plant.plant_id,
        plant.version,
        msgspec.json.encode(plant.laid).decode(),
        plant.recorded_at,
        plant.recorded_by,
        plant.reason,
    )


async def find_plant(connection: Connection, plant_id: UUID, *, lock: bool = False) -> Plant | None:
    """Return a plant, or None; with `lock` nobody else changes it until the transaction ends."""
    row = await connection.fetchrow(
        f"SELECT * FROM selfcheck_plant WHERE plant_id = $1 {'FOR UPDATE' if lock else ''}",  # noqa: S608 - ours
        plant_id,
    )
    return None if row is None else _plant(row)


async def plants(
    connection: Connection, scope: Scope, *, enterprise: str | None, after: UUID | None, limit: int
) -> list[Plant]:
    """Return up to `limit` plants inside `scope` in order of their ids, behind `after`."""
    conditions, values = scope.narrowed(enterprise=enterprise).where(_SCOPED)
    if after is not None:
        values.append(after)
        conditions.append(f"plant_id > ${len(values)}")
    values.append(limit)
    where = " AND ".join(conditions) or "TRUE"
    rows = await connection.fetch(
        f"SELECT * FROM selfcheck_plant WHERE {where} ORDER BY plant_id LIMIT ${len(values)}",  # noqa: S608 - ours
        *values,
    )
    return [_plant(row) for row in rows]


async def insert_check(
    connection: Connection, plant: Plant, found: CheckFindings, *, filed_on: date, stamp: EntryStamp
) -> Check:
    """Write what was checked; return it with the id that it was given."""
    row = await connection.fetchrow(
        f"""INSERT INTO selfcheck (plant_id, held_on, content, filed_on, filed_at, filed_by)
            VALUES ($1, $2, $3, $4, $5, $6) RETURNING {_CHECK}""",  # noqa: S608 - ours
        plant.plant_id,
        found.held_on,
        msgspec.json.encode(found).decode(),
        filed_on,
        stamp.at,
        stamp.by,
    )
    assert row is not None  # noqa: S101 - an INSERT returns its row
    return _check(row)


async def withdraw(
    connection: Connection, plant_id: UUID, check_id: UUID, *, reason: str, stamp: EntryStamp
) -> Check | None:
    """Take a check back with the reason; return it, or None when there is none that stands."""
    row = await connection.fetchrow(
        f"""UPDATE selfcheck SET withdrawn_at = $3, withdrawn_by = $4, withdrawn_reason = $5
             WHERE plant_id = $1 AND check_id = $2 AND withdrawn_at IS NULL RETURNING {_CHECK}""",  # noqa: S608 - ours
        plant_id,
        check_id,
        stamp.at,
        stamp.by,
        reason,
    )
    return None if row is None else _check(row)


async def checks_within(
    connection: Connection, plant_ids: Collection[UUID], first: date, last: date
) -> dict[UUID, list[Check]]:
    """Return what was checked from `first` to `last`, by plant."""
    rows = await connection.fetch(
        f"SELECT {_CHECK} FROM selfcheck WHERE plant_id = ANY($1::uuid[]) AND held_on BETWEEN $2 AND $3",  # noqa: S608 - ours
        list(plant_ids),
        first,
        last,
    )
    found: dict[UUID, list[Check]] = {plant_id: [] for plant_id in plant_ids}
    for check in map(_check, rows):
        found[check.plant_id].append(check)
    return found


async def checks(connection: Connection, plant_id: UUID, *, after: tuple[date, UUID] | None, limit: int) -> list[Check]:
    """Return up to `limit` checks of a plant, the withdrawn ones among them, in order of their days, behind `after`."""
    day, check_id = after or (date.min, UUID(int=0))
    rows = await connection.fetch(
        f"""SELECT {_CHECK} FROM selfcheck WHERE plant_id = $1 AND (held_on, check_id) > ($2, $3)
             ORDER BY held_on, check_id LIMIT $4""",  # noqa: S608 - ours
        plant_id,
        day,
        check_id,
        limit,
    )
    return [_check(row) for row in rows]
