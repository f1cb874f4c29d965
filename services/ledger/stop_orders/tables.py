"""SQL of the book of stop orders."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

import msgspec

from duban_contracts.events.stops import EnterpriseResumed, EnterpriseStopped
from services.chassis.access.scope import Dimension, Scope
from services.chassis.storage.columns import Columns
from services.chassis.storage.database import Connection
from services.ledger.stop_orders.model import KeptOrder

Position = tuple[date, str, int]
"""Where a page ended: the day from which it holds, hazard id, which of its orders."""
_GIVEN: Final = Columns[EnterpriseStopped](
    {
        "hazard_id": ("uuid", "hazard.hazard_id"),
        "number": ("integer", "order.number"),
        "kind": ("text", "order.kind.value"),
        "scope": ("text", "order.scope.value"),
        "part": ("text", "order.part"),
        "authority": ("text", "order.authority"),
        "authority_county": ("text", "order.county"),
        "document": ("text", "order.document"),
        "since": ("date", "order.since"),
        "ordered_at": ("timestamptz", "occurred_at"),
    }
)
_LIFTED: Final = Columns[EnterpriseResumed](
    {
        "hazard_id": ("uuid", "hazard.hazard_id"),
        "number": ("integer", "order.number"),
        "lifted_at": ("timestamptz", "occurred_at"),
        "review": "text",
    }
)
_SHOWN: Final = """hazard_id::text, hazard.number, hazard.county, hazard.sector, hazard.state, hazard.enterprise_name,
       kept.number AS order, kind, scope, part, authority, authority_county, document, since, ordered_at, lifted_at, review"""
_SCOPED: Final = {
    Dimension.COUNTY: "hazard.county",
    Dimension.TOWNSHIP: "hazard.township_code",
    Dimension.SECTOR: "hazard.sector",
    Dimension.ENTERPRISE: "hazard.enterprise_uscc",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """What held at some time from the day `first` to the day `last`; `begins` is the instant at which the first begins."""

    last: date
    begins: datetime


async def give(connection: Connection, given: Sequence[EnterpriseStopped]) -> None:
    """Write new orders."""
    await _GIVEN.put(connection, "stop_order", given)


async def lift(connection: Connection, lifted: Sequence[EnterpriseResumed]) -> None:
    """Note which orders were lifted, and after what review."""
    if lifted:
        await connection.execute(_LIFTED.update("stop_order", ["hazard_id", "number"]), *_LIFTED.arguments(lifted))


async def page(
    connection: Connection,
    scope: Scope,
    *,
    is_open: bool | None = None,
    alive_in: Span | None = None,
    after: Position | None,
    limit: int,
) -> list[KeptOrder]:
    """Return up to `limit` orders in order of the days from which they hold, behind `after`."""
    conditions, values = scope.where(_SCOPED)

    def add(condition: str, *asked: Any) -> None:
        conditions.append(condition.format(*(f"${len(values) + index}" for index in range(1, len(asked) + 1))))
        values.extend(asked)

    if is_open is not None:
        add(f"lifted_at IS {'' if is_open else 'NOT '}NULL")
    if alive_in is not None:
        add("since <= {} AND (lifted_at IS NULL OR lifted_at >= {})", alive_in.last, alive_in.begins)
    if after is not None:
        add("(since, hazard_id, kept.number) > ({}, {}::uuid, {})", *after)
    rows = await connection.fetch(
        f"""SELECT {_SHOWN} FROM stop_order AS kept JOIN hazard USING (hazard_id)
             WHERE {" AND ".join(["true", *conditions])}
             ORDER BY since, hazard_id, kept.number LIMIT ${len(values) + 1}""",  # noqa: S608 - our own columns
        *values,
        limit,
    )
    return [msgspec.convert(dict(row), KeptOrder) for row in rows]
