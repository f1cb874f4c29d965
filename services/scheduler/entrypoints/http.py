"""The scheduler over HTTP: a hazard's reckoning, the deadlines, the self-audit. All of it is reading."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Query
from pydantic import AwareDatetime

from services.chassis.access.keys import Principal, require
from services.chassis.process.clock import Clock
from services.chassis.storage.database import Database
from services.chassis.web.problems import Problem
from services.scheduler.adapters import alarms as alarm_table
from services.scheduler.adapters import clocks as clock_table
from services.scheduler.adapters import deadlines as deadline_list
from services.scheduler.adapters import heartbeats
from services.scheduler.adapters.deadlines import DeadlineLine, Position, Wanted
from services.scheduler.application.audit_deadlines import Auditor
from services.scheduler.domain.alarms import AlarmState
from services.scheduler.entrypoints.documents import (
    AuditDocument,
    ClockDocument,
    DeadlinePage,
    audit_document,
    clock_document,
    deadline_page,
)

_CASE_ROLES: Final = (
    "county_regulator",
    "city_regulator",
    "county_office",
    "city_office",
    "committee_director",
    "supervision_group",
)
CaseReader = Annotated[Principal, Depends(require(*_CASE_ROLES))]
AuditReader = Annotated[Principal, Depends(require("operator", "city_office", "city_regulator"))]


@dataclass(frozen=True, slots=True)
class Desk:
    """What the routes stand on."""

    database: Database
    clock: Clock
    auditor: Auditor


def router(desk: Desk) -> APIRouter:
    """Return the routes of the scheduler."""
    routes = APIRouter(prefix="/v1", tags=["scheduler"])

    @routes.get("/clocks/{hazard_id}", summary="一条隐患的完整计时")
    async def read_clock(hazard_id: str, principal: CaseReader) -> ClockDocument:
        """Show the whole reckoning: deadlines, running and paused segments, alarms and when they were raised."""
        return await _clock(desk, hazard_id, principal)

    @routes.get("/deadlines", summary="期限清单，按到期时刻排列")
    async def list_deadlines(
        principal: CaseReader,
        state: Annotated[AlarmState | None, Query()] = None,
        due_before: Annotated[AwareDatetime | None, Query()] = None,
        after: Annotated[str | None, Query(max_length=400)] = None,
        limit: Annotated[int, Query(ge=1, le=500)] = 100,
    ) -> DeadlinePage:
        """List deadlines in the caller's area and sectors; `after` is the `next` of the page before."""
        position = None if after is None else _position(after)
        wanted = Wanted(_stem(principal.area), principal.sectors, state, due_before, position)
        async with desk.database.acquire() as connection:
            lines = await deadline_list.find(connection, wanted, limit + 1)
        shown = lines[:limit]
        return deadline_page(shown, _cursor(shown[-1]) if len(lines) > limit else None)

    @routes.get("/audit", summary="自查：已过期限而未督办的，以及计时与督办不一致的")
    async def read_audit(principal: AuditReader) -> AuditDocument:
        """Show deadlines that passed without their event, and clocks that contradict their alarms."""
        del principal
        return audit_document(await desk.auditor.look())

    return routes


async def _clock(desk: Desk, hazard_id: str, principal: Principal) -> ClockDocument:
    async with desk.database.acquire() as connection:
        clock = await clock_table.find(connection, hazard_id)
        alarms = await alarm_table.of_hazard(connection, hazard_id)
        applied_through = await heartbeats.applied_through(connection)
    # What lies outside the caller's area or sectors does not exist for the caller.
    if clock is None or not _may_see(principal, clock.facts.county, clock.facts.sector):
        raise Problem(404, "clock-not-found", "没有找到这条隐患的计时：隐患尚未确认，或不在您的管辖范围内。")
    return clock_document(clock, alarms, now=desk.clock.now(), applied_through=applied_through)


def _may_see(principal: Principal, county: str, sector: str) -> bool:
    return principal.covers(county) and (not principal.sectors or sector in principal.sectors)


def _stem(area: str) -> str:
    """Return the digits that all divisions of `area` share: a city's code ends in zeros, in pairs."""
    stem = area.rstrip("0")
    return stem + "0" * (len(stem) % 2)


def _cursor(line: DeadlineLine) -> str:
    text = f"{line.due_at.isoformat()}|{line.deadline_number}|{line.hazard_id}"
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _position(cursor: str) -> Position:
    try:
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
        due_at, number, hazard_id = text.split("|", 2)
        return Position(datetime.fromisoformat(due_at), hazard_id, int(number))
    except (binascii.Error, ValueError) as error:
        raise Problem(
            422, "invalid-field", "after 应为上一页给出的 next。", field="after", rule="a cursor from `next`"
        ) from error
