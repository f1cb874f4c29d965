"""Cases: written as they are opened and concluded, read one by one and as a list."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import asyncpg
import msgspec

from duban_contracts.events.accountability import HazardAccountabilityConcluded, HazardAccountabilityOpened
from duban_contracts.events.types import Enterprise
from services.chassis.access.scope import Dimension, Scope
from services.chassis.storage.columns import Columns
from services.chassis.storage.database import Connection
from services.ledger.accountability.model import Case
from services.ledger.hazards.model import Post


def _posts(event: HazardAccountabilityOpened) -> str:
    # An array column can't travel in a batch of columns.
    return " ".join(str(Post(*msgspec.structs.astuple(post))) for post in event.reviewer_posts)


_OPENED: Final = Columns[HazardAccountabilityOpened](
    {
        "case_number": "text",
        "hazard_id": ("uuid", "hazard.hazard_id"),
        "reason": "text",
        "opened_at": ("timestamptz", "occurred_at"),
        "enterprise_name": ("text", "enterprise.name"),
        "enterprise_uscc": ("text", "enterprise.uscc"),
        "owner_unit": "text",
        "owner_post": "text",
        "reviewer_posts": ("text", _posts),
        # Repeated here, since nothing changes them once a hazard is confirmed: a scope's list reads its own rows.
        "hazard_county": ("text", "hazard.county"),
        "hazard_township": ("text", "hazard.township"),
        "hazard_sector": ("text", "hazard.sector"),
    }
)
_CONCLUDED: Final = Columns[HazardAccountabilityConcluded](
    {
        "case_number": "text",
        "result": "text",
        "conclusion": "text",
        "concluded_at": ("timestamptz", "occurred_at"),
    }
)
_SCOPED: Final = {
    Dimension.COUNTY: "kept.hazard_county",
    Dimension.TOWNSHIP: "kept.hazard_township",
    Dimension.SECTOR: "kept.hazard_sector",
    Dimension.ENTERPRISE: "kept.enterprise_uscc",
}
_SHOWN: Final = """case_number, hazard_id::text, number, county, sector, reason, opened_at, kept.enterprise_name,
       kept.enterprise_uscc, owner_unit, owner_post, reviewer_posts, result, conclusion, concluded_at"""
_FROM: Final = "accountability_case AS kept JOIN hazard USING (hazard_id)"


async def open_cases(connection: Connection, opened: Sequence[HazardAccountabilityOpened]) -> None:
    """Write new cases."""
    await _OPENED.put(connection, "accountability_case", opened)


async def conclude_cases(connection: Connection, concluded: Sequence[HazardAccountabilityConcluded]) -> None:
    """Write what cases came to."""
    if concluded:
        statement = _CONCLUDED.update("accountability_case", ["case_number"])
        await connection.execute(statement, *_CONCLUDED.arguments(concluded))


async def one(connection: Connection, case_number: str) -> Case | None:
    """Return the case of this number, or None."""
    row = await connection.fetchrow(f"SELECT {_SHOWN} FROM {_FROM} WHERE case_number = $1", case_number)  # noqa: S608
    return _case_of(row) if row else None


async def page(
    connection: Connection, scope: Scope, *, open_only: bool | None, after: str | None, limit: int
) -> list[Case]:
    """Return up to `limit` cases by number after the one of `after`; `open_only` keeps those without (or with) a result."""
    conditions, values = scope.where(_SCOPED, first=4)
    conditions += [
        "($1::boolean IS NULL OR (concluded_at IS NULL) = $1)",
        "($2::text IS NULL OR case_number > $2)",
    ]
    rows = await connection.fetch(
        f"SELECT {_SHOWN} FROM {_FROM} WHERE {' AND '.join(conditions)} ORDER BY case_number LIMIT $3",  # noqa: S608
        open_only,
        after,
        limit,
        *values,
    )
    return [_case_of(row) for row in rows]


def _case_of(row: asyncpg.Record) -> Case:
    said: dict[str, Any] = dict(row)
    enterprise = Enterprise(name=said.pop("enterprise_name"), uscc=said.pop("enterprise_uscc"))
    posts = tuple(Post.parse(text) for text in said.pop("reviewer_posts").split())
    return Case(**said, enterprise=enterprise, reviewer_posts=posts)
