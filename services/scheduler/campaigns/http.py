"""`GET /v1/plans…` and `/v1/campaigns…`: what there is, what a plan lacks, and which phase a day lies in."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Annotated, Final

from fastapi import Depends, Path, Query, Response

from duban_contracts.days import Zone
from duban_contracts.refusals import violation
from services.chassis.access.policy import Action, Reach, allow
from services.chassis.access.refusals import Caller
from services.chassis.access.roles import CASE_STAFF, CITY_OFFICES, OBSERVERS, TOWNSHIP
from services.chassis.process.clock import Clock
from services.chassis.storage.database import Database
from services.chassis.web.bodies import JsonBody
from services.chassis.web.documents import answer
from services.chassis.web.paging import After, Page, page_of
from services.chassis.web.parameters import Checked, Day, Limit
from services.chassis.web.problems import Problem, declares
from services.chassis.web.routes import Router
from services.scheduler.campaigns import tables
from services.scheduler.campaigns.documents import ByCode, CampaignDocument, PlanDocument, PlanGaps
from services.scheduler.campaigns.handlers import gaps, rows_of
from services.scheduler.campaigns.model.campaign import Campaign
from services.scheduler.campaigns.model.gaps import Severity
from services.scheduler.campaigns.model.picture import picture
from services.scheduler.campaigns.model.printed import Line, lines_of, markdown, workbook
from services.scheduler.duties.model.checks import check_days
from services.scheduler.duties.model.duty import PlanCode

READ: Final = Action(
    "scheduler.campaigns.read", "查看任务表和专项行动", roles=CASE_STAFF | TOWNSHIP | OBSERVERS, reach=Reach.NOTHING
)
WRITE: Final = Action("scheduler.campaigns.write", "登记专项行动", roles=CITY_OFFICES, reach=Reach.CITY)
Reader = Annotated[Caller, Depends(allow(READ))]
Writer = Annotated[Caller, Depends(allow(WRITE))]
Code = Annotated[str, Checked(PlanCode), Path(description="任务表或专项行动的代码")]


MonthOfPlan = Annotated[str | None, Query(pattern=r"^[0-9]{4}-(0[1-9]|1[0-2])$", description="只要一个月，如 2024-06")]
_XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_MARKDOWN: Final = "text/markdown; charset=utf-8"
_SVG: Final = "image/svg+xml"
_NOTHING_LOADED: Final = "default-src 'none'; style-src 'unsafe-inline'"
YearOfPlan = Annotated[int | None, Query(ge=1900, le=2999, description="年度，不写即任务表开始的年度")]


@dataclass(frozen=True, slots=True)
class Deps:
    """Dependencies of the routes."""

    database: Database
    clock: Clock
    zone: Zone


def router(deps: Deps) -> Router:
    """Return the routes of plans and campaigns."""
    routes = Router(prefix="/v1", tags=["campaigns"])
    _plans(routes, deps)
    _campaigns(routes, deps)
    return routes


def _plans(routes: Router, deps: Deps) -> None:
    missing = declares("plan-not-found")

    @routes.get("/plans", summary="任务表和要点清单")
    async def list_plans(_: Reader, after: After[ByCode] = None, limit: Limit = 100) -> Page[PlanDocument]:
        """List plans in order of their codes."""
        async with deps.database.acquire() as connection:
            rows = await tables.plans(connection, after=after.code if after else "", limit=limit + 1)
        return page_of(rows, limit, item=PlanDocument.of, cursor=ByCode.of)

    @routes.get("/plans/{code}", summary="一份任务表", responses=missing)
    async def read_plan(_: Reader, code: Code) -> PlanDocument:
        """Return a plan with what it requires of itself; its rows are the duties and tasks of that plan."""
        async with deps.database.acquire() as connection:
            plan = await tables.plan(connection, code)
        if plan is None:
            raise Problem("plan-not-found", field="code")
        return PlanDocument.of(plan)

    @routes.get("/plans/{code}/gaps", summary="一份任务表的缺口", responses=missing)
    async def read_gaps(_: Reader, code: Code, severity: Severity | None = None) -> PlanGaps:
        """Return what a plan lacks by its own requirements, before anything of it is done; the hardest first."""
        async with deps.database.acquire() as connection:
            plan = await tables.plan(connection, code)
            if plan is None:
                raise Problem("plan-not-found", field="code")
            found = await gaps(connection, plan)
        return PlanGaps.of(plan, found, severity)

    _tables(routes, deps)
    _picture(routes, deps)


def _tables(routes: Router, deps: Deps) -> None:
    async def lines(code: str, month: str | None) -> tuple[str, list[Line]]:
        async with deps.database.acquire() as connection:
            plan = await tables.plan(connection, code)
            if plan is None:
                raise Problem("plan-not-found", field="code")
            return plan.title, lines_of(await rows_of(connection, plan), month)

    @routes.get(
        "/plans/{code}/table.xlsx",
        summary="一年或一月的任务表（Excel，按印发版式）",
        responses={
            **declares("plan-not-found"),
            200: {"content": {_XLSX: {"schema": {"type": "string", "format": "binary"}}}},
        },
        response_class=Response,
    )
    async def as_workbook(_: Reader, code: Code, month: MonthOfPlan = None) -> Response:
        """Return the plan of a year, or of a month, in the printed layout; it can be loaded again."""
        # Thousands of rows take their time, and other requests do not wait for it.
        return Response(await asyncio.to_thread(workbook, *await lines(code, month)), media_type=_XLSX)

    @routes.get(
        "/plans/{code}/table.md",
        summary="一年或一月的任务表（Markdown，按印发版式）",
        responses={**declares("plan-not-found"), 200: {"content": {_MARKDOWN: {"schema": {"type": "string"}}}}},
        response_class=Response,
    )
    async def as_markdown(_: Reader, code: Code, month: MonthOfPlan = None) -> Response:
        """Return the plan of a year, or of a month, in the printed layout as Markdown."""
        return Response(markdown(*await lines(code, month)), media_type=_MARKDOWN)


def _picture(routes: Router, deps: Deps) -> None:
    @routes.get(
        "/plans/{code}/year.svg",
        summary="一年的任务图（谁、何时、做什么）",
        responses={**declares("plan-not-found"), 200: {"content": {_SVG: {"schema": {"type": "string"}}}}},
        response_class=Response,
    )
    async def as_picture(_: Reader, code: Code, year: YearOfPlan = None) -> Response:
        """Return a year of the plan as a picture: under each unit its duties, with the days on which they are to be done."""
        async with deps.database.acquire() as connection:
            plan = await tables.plan(connection, code)
            if plan is None:
                raise Problem("plan-not-found", field="code")
            rows = await rows_of(connection, plan)
        drawn = picture(plan.title, plan.starts_on.year if year is None else year, rows)
        return Response(drawn, media_type=_SVG, headers={"Content-Security-Policy": _NOTHING_LOADED})


def _campaigns(routes: Router, deps: Deps) -> None:
    @routes.get("/campaigns", summary="专项行动清单")
    async def list_campaigns(
        _: Reader, on: Day | None = None, after: After[ByCode] = None, limit: Limit = 100
    ) -> Page[CampaignDocument]:
        """List campaigns in order of their codes, as they stand on the day `on` (today)."""
        day = on or deps.zone.day_of(deps.clock.now())
        async with deps.database.acquire() as connection:
            rows = await tables.campaigns(connection, after=after.code if after else "", limit=limit + 1)
        return page_of(rows, limit, item=lambda each: CampaignDocument.of(each, day), cursor=ByCode.of)

    @routes.get("/campaigns/{code}", summary="一个专项行动", responses=declares("campaign-not-found"))
    async def read_campaign(_: Reader, code: Code, on: Day | None = None) -> CampaignDocument:
        """Return a campaign as it stands on the day `on` (today): its phases, which of them is current, its goals."""
        async with deps.database.acquire() as connection:
            found = await tables.campaign(connection, code)
        if found is None:
            raise Problem("campaign-not-found", field="code")
        return CampaignDocument.of(found, on or deps.zone.day_of(deps.clock.now()))

    @routes.post(
        "/campaigns",
        summary="登记一个专项行动",
        response_model=CampaignDocument,
        responses=declares("duty-ends-before-it-begins", "out-of-range"),
    )
    async def record(campaign: JsonBody[Campaign], caller: Writer) -> Response:
        """Record a campaign, or record it anew under its code; the same again changes nothing."""
        now = deps.clock.now()
        ends = [(each.starts_on, each.ends_on, f"$.phases[{at}].ends_on") for at, each in enumerate(campaign.phases)]
        if broken := next(check_days({"$.starts_on": campaign.starts_on, "$.ends_on": campaign.ends_on}), None):
            raise Problem.of(broken)
        for starts_on, ends_on, field in [(campaign.starts_on, campaign.ends_on, "$.ends_on"), *ends]:
            if ends_on is not None and ends_on < starts_on:
                raise Problem.of(violation("duty-ends-before-it-begins", field, first=starts_on))
        async with deps.database.transaction() as connection:
            await tables.save_campaigns(connection, [campaign], at=now, by=caller.account)
        return answer(CampaignDocument.of(campaign, deps.zone.day_of(now)))
