"""`GET /v1/criteria…`: versions and their clauses; `POST /v1/criteria/imports`: a file of them, after a rehearsal if wanted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Final

from fastapi import Depends, Path, Query

from duban_contracts.days import Zone
from services.chassis.access.acting import Acting
from services.chassis.access.policy import Action, Reach, allow
from services.chassis.access.refusals import Caller
from services.chassis.access.roles import CASE_STAFF, CITY_OFFICES, ENTERPRISE, INTEGRATORS, OBSERVERS, TOWNSHIP
from services.chassis.process.clock import Clock
from services.chassis.storage.database import Database
from services.chassis.web.imports import CODES, DryRun, FileContent, file_body, refuse_faults
from services.chassis.web.paging import After, Cursor, Page, page_of
from services.chassis.web.parameters import Day, Limit, Text
from services.chassis.web.problems import Problem, declares
from services.chassis.web.routes import Router
from services.ledger.criteria import tables
from services.ledger.criteria.documents import CriteriaDocument, CriteriaLoaded, CriteriaVersion
from services.ledger.criteria.handlers import load_criteria
from services.ledger.criteria.model.standards import VERSION

# Criteria are published; whoever reports or decides has to know them.
READ: Final = Action(
    "ledger.criteria.read",
    "查看判定标准",
    roles=CASE_STAFF | TOWNSHIP | ENTERPRISE | INTEGRATORS | OBSERVERS,
    reach=Reach.NOTHING,
)
LOAD: Final = Action("ledger.criteria.load", "导入判定标准", roles=CITY_OFFICES, reach=Reach.CITY)

SectorName = Annotated[str, Path(max_length=64, pattern=r"^[a-z][a-z0-9_]+$", description="行业代码")]
VersionPath = Annotated[str, Path(max_length=64, pattern=VERSION, description="版本")]


class ByVersion(Cursor, frozen=True, tag="criteria"):
    """Where a page of versions ends."""

    sector: str
    version: str


@dataclass(frozen=True, slots=True)
class Deps:
    """Dependencies of the routes."""

    database: Database
    clock: Clock
    zone: Zone


def router(deps: Deps) -> Router:
    """Return the routes of the criteria."""
    routes = Router(prefix="/v1", tags=["criteria"])
    _reads(routes, deps.database)

    @routes.post(
        "/criteria/imports",
        summary="导入判定标准（JSON 或 Excel）",
        responses=declares(*CODES),
        openapi_extra=file_body("versions with their clauses"),
    )
    async def import_criteria(
        content: FileContent,
        caller: Annotated[Caller, Depends(allow(LOAD))],
        dry_run: DryRun,
    ) -> CriteriaLoaded:
        """Load a whole file or nothing of it. Every fault is told at once: its cell, the rule, and the value there."""
        acting = Acting.now(caller, clock=deps.clock, zone=deps.zone)
        loaded = await load_criteria(deps.database, content, acting=acting, rehearse=dry_run)
        refuse_faults(loaded.faults)
        return CriteriaLoaded.of(loaded, dry_run=dry_run)

    return routes


def _reads(routes: Router, database: Database) -> None:
    @routes.get("/criteria", summary="判定标准各版本", dependencies=[Depends(allow(READ))])
    async def versions(
        sector: Text | None = None,
        on: Annotated[Day | None, Query(description="该日施行的版本")] = None,
        after: After[ByVersion] = None,
        limit: Limit = 100,
    ) -> Page[CriteriaVersion]:
        """Return versions by sector and name; with `on` those that hold on that day."""
        last = (after.sector, after.version) if after else None
        async with database.asking() as connection:
            rows = await tables.page(connection, sector=sector, on=on, after=last, limit=limit + 1)
        return page_of(
            rows,
            limit,
            item=CriteriaVersion.of,
            cursor=lambda row: ByVersion(sector=row["sector"], version=row["version"]),
        )

    @routes.get(
        "/criteria/{sector}/{version}",
        summary="判定标准一个版本的全部条款",
        dependencies=[Depends(allow(READ))],
        responses=declares("criteria-not-found"),
    )
    async def one(sector: SectorName, version: VersionPath) -> CriteriaDocument:
        """Return one version with its clauses, whether it holds or held."""
        async with database.acquire() as connection:
            standard = await tables.one(connection, sector, version)
        if standard is None:
            raise Problem("criteria-not-found", field="version")
        return CriteriaDocument.of(standard)
