"""`POST /v1/imports`: a table of duties as JSON or as a workbook. A rehearsal says what loading would do."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Annotated, Final

from fastapi import Depends, Query

from services.chassis.access.acting import Acting
from services.chassis.access.policy import Action, Reach, allow
from services.chassis.access.refusals import Caller
from services.chassis.access.roles import CITY_OFFICES
from services.chassis.process.clock import Clock
from services.chassis.storage.database import Database
from services.chassis.web.imports import CODES, DryRun, FileContent, file_body, refuse_faults
from services.chassis.web.problems import declares
from services.chassis.web.routes import Router
from services.scheduler.duties.handlers.plan import Planner
from services.scheduler.imports.documents import ImportDocument
from services.scheduler.imports.handlers import load, read_file
from services.scheduler.imports.model.units import Phrasebook

LOAD: Final = Action("scheduler.imports.load", "导入周期职责", roles=CITY_OFFICES, reach=Reach.CITY)


@dataclass(frozen=True, slots=True)
class Deps:
    """Dependencies of the route."""

    database: Database
    clock: Clock
    planner: Planner
    phrases: Phrasebook


def router(deps: Deps) -> Router:
    """Return the route of imports."""
    routes = Router(prefix="/v1", tags=["imports"])

    @routes.post(
        "/imports",
        summary="导入任务表、周期职责或专项行动（JSON 或 Excel）",
        responses=declares(*CODES),
        openapi_extra=file_body("a table, a list of duties, or campaigns"),
    )
    async def import_file(
        content: FileContent,
        caller: Annotated[Caller, Depends(allow(LOAD))],
        dry_run: DryRun,
        year: Annotated[int | None, Query(ge=2000, le=2999, description="文件未写年份时的年度")] = None,
    ) -> ImportDocument:
        """Load a whole file or nothing of it. Every fault is told at once: its cell, the rule, and the value there."""
        acting = Acting.now(caller, clock=deps.clock, zone=deps.planner.zone)
        # In a thread: a large workbook takes seconds, in which alarms would wait.
        found = await asyncio.to_thread(
            read_file,
            content,
            year=year,
            this_year=acting.today.year,
            phrases=deps.phrases,
            rosters=deps.planner.rosters,
        )
        refuse_faults(found)
        loaded = await load(deps.database, found, acting=acting, planner=deps.planner, rehearse=dry_run)
        return ImportDocument.of(loaded, dry_run=dry_run)

    return routes
