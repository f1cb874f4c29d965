"""SQL of rewards."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Final
from uuid import UUID

import asyncpg
import msgspec

from duban_contracts.events.types import Grade
from services.chassis.access.scope import Dimension, Facts, Scope
from services.chassis.storage.columns import Columns
from services.chassis.storage.database import Connection
from services.ledger.rewards.model import Double, Matter, Reward, RewardState

_ROW: Final = Columns[Reward](
    {
        "reward_id": "uuid",
        "version": "integer",
        "state": "text",
        "tip_id": "uuid",
        "tip_number": "text",
        "hazard_id": "uuid",
        "hazard_number": "text",
        "county": "text",
        "township": "text",
        "sector": "text",
        "unit": "text",
        "grade": "text",
        "amount": "integer",
        "doubles": ("jsonb", lambda reward: msgspec.json.encode(reward.doubles).decode()),
        "decided_by": "text",
        "decided_at": "timestamptz",
        "resolved_by": "text",
        "resolved_at": "timestamptz",
        "resolution": "text",
        "paid_by": "text",
        "paid_on": "date",
        "voucher": "text",
    }
)
_UPDATE: Final = _ROW.update("reward", ["reward_id"])
_DOUBLES: Final = msgspec.json.Decoder(tuple[Double, ...])
_SCOPED: Final = {Dimension.COUNTY: "county", Dimension.TOWNSHIP: "township", Dimension.SECTOR: "sector"}


def facts_of(reward: Reward) -> Facts:
    """Return what decides who may see a reward."""
    return Facts(county=reward.county, township=reward.township, sector=reward.sector, unit=reward.unit)


async def insert(connection: Connection, reward: Reward) -> None:
    """Write a new reward."""
    await _ROW.put(connection, "reward", [reward])


async def update(connection: Connection, reward: Reward) -> None:
    """Write what was done to a reward that the transaction holds locked."""
    await connection.execute(_UPDATE, *_ROW.arguments([reward]))


async def of_tip(connection: Connection, tip_id: str) -> Reward | None:
    """Return the reward of a tip, or None."""
    return await _one(connection, "tip_id", tip_id, "")


async def lock(connection: Connection, reward_id: str) -> Reward | None:
    """Return a reward, locked until the transaction ends, or None."""
    return await _one(connection, "reward_id", reward_id, "FOR UPDATE")


async def page(
    connection: Connection, scope: Scope, state: str | None, *, after: UUID | None, limit: int
) -> list[Reward]:
    """Return up to `limit` rewards, newest first, after reward `after`. Ids grow with time."""
    conditions, values = scope.where(_SCOPED, first=4)
    where = " AND ".join(["($1::text IS NULL OR state = $1)", "($2::uuid IS NULL OR reward_id < $2)", *conditions])
    rows = await connection.fetch(
        f"SELECT {_ROW.names} FROM reward WHERE {where} ORDER BY reward_id DESC LIMIT $3",  # noqa: S608
        state,
        after,
        limit,
        *values,
    )
    return [_reward(row) for row in rows]


async def claimed(connection: Connection, tip_ids: Collection[str]) -> list[Matter]:
    """Return what those of these tips are about that have a reward which was not refused, oldest first."""
    rows = await connection.fetch(
        """SELECT tip_id, tip_number, unit, coalesce(hazard.merged_into, hazard.hazard_id) AS hazard_id,
                  hazard.enterprise_name, hazard.enterprise_uscc
             FROM reward JOIN hazard USING (hazard_id)
            WHERE tip_id = ANY($1::uuid[]) AND reward.state <> 'refused' ORDER BY reward_id""",
        list(tip_ids),
    )
    return [Matter(**{**row, "tip_id": str(row["tip_id"]), "hazard_id": str(row["hazard_id"])}) for row in rows]


async def _one(connection: Connection, column: str, value: str, lock: str) -> Reward | None:
    statement = f"SELECT {_ROW.names} FROM reward WHERE {column} = $1 {lock}"  # noqa: S608 - our own words
    row = await connection.fetchrow(statement, value)
    return None if row is None else _reward(row)


def _reward(row: asyncpg.Record) -> Reward:
    values: dict[str, Any] = dict(row)
    for name in ("reward_id", "tip_id", "hazard_id"):
        values[name] = str(values[name])
    return Reward(
        **{
            **values,
            "state": RewardState(values["state"]),
            "grade": Grade(values["grade"]),
            "doubles": _DOUBLES.decode(values["doubles"]),
        }
    )
