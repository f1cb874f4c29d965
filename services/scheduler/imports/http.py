"""`POST /v1/imports`: a table of duties as JSON or as a workbook. A rehearsal says what loading would do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Final

from fastapi import Depends, Query, Request

from duban_contracts.refusals import refusal
from services.chassis.access.acting import Acting
from services.chassis.access.policy import Action, Reach, allow
from services.chassis.access.refusals import Caller
from services.chassis.access.roles import CITY_OFFICES
from services.chassis.process.clock import Clock
from services.chassis.storage.database import Database
from services.chassis.web.bodies import read_body
from services.chassis.web.findings import FindingDocument
from services.chassis.web.problems import Problem, declares
from services.chassis.web.routes import Router
from services.scheduler.duties.handlers.plan import Planner
from services.scheduler.imports.documents import ImportDocument
from services.scheduler.imports.handlers import load, read_file
from services.scheduler.imports.model.units import Phrasebook

LOAD: Final = Action("scheduler.imports.load", "导入周期职责", roles=CITY_OFFICES, reach=Reach.CITY)
MOST_BYTES: Final = 4 * 1024 * 1024
_XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_BODY: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {"type": "object", "description": "a table, a list of duties, or campaigns"}
            },
            _XLSX: {"schema": {"type": "string", "format": "binary"}},
        },
    }
}


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
        responses=declares("import-refused", "body-too-large"),
        openapi_extra=_BODY,
    )
    async def import_file(
        content: Annotated[bytes, Depends(_content)],
        caller: Annotated[Caller, Depends(allow(LOAD))],
        dry_run: Annotated[bool, Query(description="只校验并说明将会怎样，不保存")] = False,  # noqa: FBT002 - a query parameter
        year: Annotated[int | None, Query(ge=2000, le=2999, description="文件未写年份时的年度")] = None,
    ) -> ImportDocument:
        """Load a whole file or nothing of it. Every fault is told at once: its cell, the rule, and the value there."""
        acting = Acting.now(caller, clock=deps.clock, zone=deps.planner.zone)
        found = read_file(
            content,
            year=year,
            this_year=acting.today.year,
            phrases=deps.phrases,
            rosters=deps.planner.rosters,
        )
        if found.errors:
            said = refusal("import-refused", count=len(found.errors), rule=None)
            raise Problem.of(said, findings=[FindingDocument.of(each) for each in found.findings])
        loaded = await load(deps.database, found, acting=acting, planner=deps.planner, rehearse=dry_run)
        return ImportDocument.of(loaded, dry_run=dry_run)

    return routes


async def _content(request: Request) -> bytes:
    return await read_body(request, MOST_BYTES)
