"""SQL of inside reports."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import replace
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

import asyncpg

from services.chassis.access.refusals import Caller
from services.chassis.access.scope import Dimension, Facts, Scope
from services.chassis.storage.columns import Columns
from services.chassis.storage.database import Connection
from services.ledger.insiders.model import InsideReport, ReportState

_ROW: Final = Columns[InsideReport](
    {
        "report_id": "uuid",
        "number": "text",
        "version": "integer",
        "state": "text",
        "enterprise": "text",
        "county": "text",
        "place": "text",
        "content": "text",
        "received_on": "date",
        "has_reporter": "boolean",
        "code_digest": "bytea",
        "measures": "text",
        "handled_by": "text",
        "handled_at": "timestamptz",
        "reward": "integer",
        "rewarded_by": "text",
        "rewarded_at": "timestamptz",
    }
)
_COLUMNS: Final = f"{_ROW.names}, erased_at"
_UPDATE: Final = _ROW.update("inside_report", ["report_id"])
_SCOPED: Final = {Dimension.COUNTY: "county", Dimension.ENTERPRISE: "enterprise"}


def facts_for(caller: Caller) -> Callable[[InsideReport], Facts]:
    """Return what decides whether the caller may see a report: the enterprise whose it is.

    It is of no township and no sector: an account that is bound to some is the enterprise's all the same.
    """
    township, sector = (min(codes) if codes else None for codes in (caller.scope.township, caller.scope.sector))

    def facts(report: InsideReport) -> Facts:
        return Facts(county=report.county, township=township, sector=sector, enterprise=report.enterprise)

    return facts


async def is_taken(connection: Connection, number: str) -> bool:
    """Return whether a report has this number."""
    found: bool = await connection.fetchval("SELECT EXISTS (SELECT FROM inside_report WHERE number = $1)", number)
    return found


async def insert(connection: Connection, report: InsideReport) -> None:
    """Write a new report; the transaction holds its code, so that there is none of the same."""
    await _ROW.put(connection, "inside_report", [report])


async def update(connection: Connection, report: InsideReport) -> None:
    """Write what was done to a report that the transaction holds locked."""
    await connection.execute(_UPDATE, *_ROW.arguments([report]))


async def find(connection: Connection, report_id: str) -> InsideReport | None:
    """Return a report, or None."""
    row = await connection.fetchrow(f"SELECT {_COLUMNS} FROM inside_report WHERE report_id = $1", report_id)  # noqa: S608
    return None if row is None else _report(row)


async def lock(connection: Connection, report_id: str) -> InsideReport | None:
    """Return a report, locked until the transaction ends, or None."""
    statement = f"SELECT {_COLUMNS} FROM inside_report WHERE report_id = $1 FOR UPDATE"  # noqa: S608
    row = await connection.fetchrow(statement, report_id)
    return None if row is None else _report(row)


async def of_code(connection: Connection, enterprise: str, digest: bytes) -> InsideReport | None:
    """Return an enterprise's report of this code, or None."""
    statement = f"SELECT {_COLUMNS} FROM inside_report WHERE enterprise = $1 AND code_digest = $2"  # noqa: S608
    row = await connection.fetchrow(statement, enterprise, digest)
    return None if row is None else _report(row)


async def page(
    connection: Connection, scope: Scope, *, after: tuple[date, UUID] | None, limit: int
) -> list[InsideReport]:
    """Return up to `limit` reports, those of the newest day first, after the one of this day and id."""
    conditions, values = replace(scope, township=None, sector=None).where(_SCOPED, first=4 if after else 2)
    if after:
        conditions.append("(received_on, report_id) < ($2::date, $3::uuid)")
    rows = await connection.fetch(
        f"""SELECT {_COLUMNS} FROM inside_report WHERE {" AND ".join(conditions) or "TRUE"}
             ORDER BY received_on DESC, report_id DESC LIMIT $1""",  # noqa: S608
        limit,
        *(after or ()),
        *values,
    )
    return [_report(row) for row in rows]


async def known(connection: Connection, report_ids: Collection[str]) -> set[str]:
    """Return those of these ids that are inside reports."""
    statement = "SELECT report_id FROM inside_report WHERE report_id = ANY($1::uuid[])"
    return {str(row["report_id"]) for row in await connection.fetch(statement, list(report_ids))}


async def to_erase(connection: Connection, before: datetime, limit: int) -> list[str]:
    """Return up to `limit` reports that were handled before an instant and whose reporter's identity is still kept."""
    rows = await connection.fetch(
        """SELECT report_id FROM inside_report WHERE has_reporter AND erased_at IS NULL AND handled_at < $1
            ORDER BY handled_at LIMIT $2""",
        before,
        limit,
    )
    return [str(row["report_id"]) for row in rows]


async def note_erased(connection: Connection, report_ids: Collection[str], at: datetime) -> None:
    """Note that the identities behind these reports are gone."""
    statement = "UPDATE inside_report SET erased_at = $2 WHERE report_id = ANY($1::uuid[])"
    await connection.execute(statement, list(report_ids), at)


def _report(row: asyncpg.Record) -> InsideReport:
    values: dict[str, Any] = dict(row)
    return InsideReport(**{**values, "report_id": str(values["report_id"]), "state": ReportState(values["state"])})
