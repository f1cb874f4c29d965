"""SQL of plans and campaigns: what was loaded last of each."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Final

import msgspec

from services.chassis.storage.columns import Columns
from services.chassis.storage.database import Connection
from services.scheduler.campaigns.model.campaign import Campaign
from services.scheduler.campaigns.model.plan import Plan

_PLAN: Final = msgspec.json.Decoder(Plan)
_CAMPAIGN: Final = msgspec.json.Decoder(Campaign)


class Recorded(msgspec.Struct, frozen=True):
    """A plan or a campaign with when (UTC, domain time) and by which account it was recorded."""

    of: Plan | Campaign
    at: datetime
    by: str


_STAMP: Final = Columns[Recorded]({"recorded_at": ("timestamptz", "at"), "recorded_by": ("text", "by")})
_PLANS: Final = (
    Columns[Recorded](
        {
            "code": ("text", "of.code"),
            "title": ("text", "of.title"),
            "document": ("text", "of.document"),
            "starts_on": ("date", "of.starts_on"),
            "ends_on": ("date", "of.ends_on"),
            "content": ("jsonb", lambda each: msgspec.json.encode(each.of).decode()),
        }
    )
    | _STAMP
)
_CAMPAIGNS: Final = (
    Columns[Recorded](
        {
            "code": ("text", "of.code"),
            "name": ("text", "of.name"),
            "document": ("text", "of.document"),
            "starts_on": ("date", "of.starts_on"),
            "ends_on": ("date", "of.ends_on"),
            "content": ("jsonb", lambda each: msgspec.json.encode(each.of).decode()),
        }
    )
    | _STAMP
)
_SAVE_PLANS: Final = _PLANS.upsert("plan", ["code"], where="plan.content <> EXCLUDED.content")
_SAVE_CAMPAIGNS: Final = _CAMPAIGNS.upsert("campaign", ["code"], where="campaign.content <> EXCLUDED.content")


async def save_plans(connection: Connection, plans: Sequence[Plan], *, at: datetime, by: str) -> None:
    """Write these plans; one that is there already is replaced. Each code at most once."""
    if plans:
        await connection.execute(_SAVE_PLANS, *_PLANS.arguments(Recorded(plan, at, by) for plan in plans))


async def save_campaigns(connection: Connection, campaigns: Sequence[Campaign], *, at: datetime, by: str) -> None:
    """Write these campaigns; one that is there already is replaced. Each code at most once."""
    if campaigns:
        rows = [Recorded(campaign, at, by) for campaign in campaigns]
        await connection.execute(_SAVE_CAMPAIGNS, *_CAMPAIGNS.arguments(rows))


async def plan(connection: Connection, code: str) -> Plan | None:
    """Return a plan, or None."""
    content = await connection.fetchval("SELECT content FROM plan WHERE code = $1", code)
    return None if content is None else _PLAN.decode(content)


async def plans(connection: Connection, *, after: str, limit: int) -> list[Plan]:
    """Return up to `limit` plans in order of their codes, behind `after`."""
    rows = await connection.fetch("SELECT content FROM plan WHERE code > $1 ORDER BY code LIMIT $2", after, limit)
    return [_PLAN.decode(row["content"]) for row in rows]


async def plans_on(connection: Connection, day: date) -> list[Plan]:
    """Return the plans that `day` lies in, in order of their codes."""
    rows = await connection.fetch("SELECT content FROM plan WHERE $1 BETWEEN starts_on AND ends_on ORDER BY code", day)
    return [_PLAN.decode(row["content"]) for row in rows]


async def campaign(connection: Connection, code: str) -> Campaign | None:
    """Return a campaign, or None."""
    content = await connection.fetchval("SELECT content FROM campaign WHERE code = $1", code)
    return None if content is None else _CAMPAIGN.decode(content)


async def campaigns(connection: Connection, *, after: str, limit: int) -> list[Campaign]:
    """Return up to `limit` campaigns in order of their codes, behind `after`."""
    rows = await connection.fetch("SELECT content FROM campaign WHERE code > $1 ORDER BY code LIMIT $2", after, limit)
    return [_CAMPAIGN.decode(row["content"]) for row in rows]
