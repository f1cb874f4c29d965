"""The versions of duties."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final

import asyncpg
import msgspec

from services.chassis.storage.columns import Columns
from services.chassis.storage.database import Connection
from services.chassis.storage.locks import hold_names
from services.scheduler.duties.model.duty import Duty, DutyState, DutyVersion

_DUTY: Final = msgspec.json.Decoder(Duty)
_COLUMNS: Final = Columns[DutyVersion](
    {
        "duty_id": ("text", "duty.duty_id"),
        "version": "integer",
        "state": ("text", "state.value"),
        "effective_on": "date",
        "recorded_at": "timestamptz",
        "recorded_by": "text",
        "reason": "text",
        "title": ("text", "duty.title"),
        "kind": ("text", "duty.kind"),
        "rule": ("text", lambda each: each.duty.rule.__struct_config__.tag),
        "lead_unit": ("text", "duty.lead"),
        "roster": ("text", "duty.per"),
        "plan": ("text", "duty.plan"),
        "campaign": ("text", "duty.campaign"),
        "document": ("text", "duty.source.document"),
        "kept_by": ("text", "duty.kept_by"),
        "assumed": ("boolean", lambda each: bool(each.duty.assumed)),
        "content": ("jsonb", lambda each: msgspec.json.encode(each.duty).decode()),
    }
)
_INSERT: Final = _COLUMNS.insert("duty")
SHOWN: Final = "version, state, effective_on, recorded_at, recorded_by, reason, content"


async def append(connection: Connection, versions: Sequence[DutyVersion]) -> None:
    """Write new versions; each is written once and never changed."""
    if versions:
        await connection.execute(_INSERT, *_COLUMNS.arguments(versions))


async def lock(connection: Connection, duty_ids: Collection[str]) -> None:
    """Keep whoever else changes or plans these duties out until the transaction ends, in one order for everybody.

    A duty that isn't there yet has no row to hold, so the lock is on its name.
    """
    await hold_names(connection, "duty", duty_ids)


async def newest(connection: Connection, duty_id: str) -> DutyVersion | None:
    """Return the newest version of a duty, or None."""
    row = await connection.fetchrow(
        f"SELECT {SHOWN} FROM duty WHERE duty_id = $1 ORDER BY version DESC LIMIT 1",  # noqa: S608 - our own columns
        duty_id,
    )
    return None if row is None else version_of(row)


async def versions(connection: Connection, duty_id: str) -> list[DutyVersion]:
    """Return every version of a duty, oldest first."""
    found = await versions_of(connection, [duty_id])
    return found.get(duty_id, [])


async def versions_of(connection: Connection, duty_ids: Collection[str] | None = None) -> dict[str, list[DutyVersion]]:
    """Return every version of these duties (None: of all), oldest first, by duty in order of their ids."""
    rows = await connection.fetch(
        f"""SELECT duty_id, {SHOWN} FROM duty
             WHERE $1::text[] IS NULL OR duty_id = ANY($1::text[]) ORDER BY duty_id, version""",  # noqa: S608 - ours
        None if duty_ids is None else sorted(duty_ids),
    )
    found: dict[str, list[DutyVersion]] = {}
    for row in rows:
        found.setdefault(row["duty_id"], []).append(version_of(row))
    return found


async def of_plan(connection: Connection, plan: str) -> dict[str, list[DutyVersion]]:
    """Return every version of the duties that belong to a plan in their newest version, by duty."""
    rows = await connection.fetch(
        """SELECT DISTINCT ON (duty_id) duty_id, plan FROM duty
            WHERE duty_id IN (SELECT duty_id FROM duty WHERE plan = $1) ORDER BY duty_id, version DESC""",
        plan,
    )
    return await versions_of(connection, [row["duty_id"] for row in rows if row["plan"] == plan])


async def occasional(connection: Connection) -> list[str]:
    """Return the duties that have a version which falls due at occasions."""
    rows = await connection.fetch("SELECT DISTINCT duty_id FROM duty WHERE rule = 'occasion' ORDER BY duty_id")
    return [row["duty_id"] for row in rows]


def version_of(row: asyncpg.Record) -> DutyVersion:
    """Return the version that a row of `SHOWN` holds."""
    return DutyVersion(
        version=row["version"],
        state=DutyState(row["state"]),
        duty=_DUTY.decode(row["content"]),
        effective_on=row["effective_on"],
        recorded_at=row["recorded_at"],
        recorded_by=row["recorded_by"],
        reason=row["reason"],
    )
