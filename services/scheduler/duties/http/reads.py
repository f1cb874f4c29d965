"""`GET /v1/duties…` and `GET /v1/occasions`: the list, counts, one duty with its versions, and how it was fulfilled."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import Depends, Query, Response

from duban_contracts.events.types import Code, Unit
from services.chassis.web.documents import answer
from services.chassis.web.paging import After, Page, page_of
from services.chassis.web.parameters import Checked, Day, Limit, Text
from services.chassis.web.problems import Problem, declares
from services.chassis.web.routes import Router
from services.scheduler.duties.documents import (
    ByDutyId,
    DutyCount,
    DutyCountGroup,
    DutyDocument,
    DutyFulfilment,
    DutyVersions,
    FulfilmentDocument,
    OccasionDocument,
    Occasions,
)
from services.scheduler.duties.handlers.fulfil import fulfilment_of
from services.scheduler.duties.handlers.occasions import occasions_of
from services.scheduler.duties.http.deps import Deps, FulfilmentReader, Name, Reader
from services.scheduler.duties.model.duty import DutyState, PlanCode
from services.scheduler.duties.tables import duties, register
from services.scheduler.duties.tables.register import Filter, Group

RuleName = Literal["quota", "recurrence", "deadline", "season", "occasion", "unscheduled"]


async def _filter(
    kind: Annotated[str, Checked(Code)] | None = None,
    rule: RuleName | None = None,
    lead_unit: Annotated[str, Checked(Unit)] | None = None,
    roster: Annotated[str, Checked(Code)] | None = None,
    plan: Annotated[str, Checked(PlanCode)] | None = None,
    campaign: Annotated[str, Checked(PlanCode)] | None = None,
    state: DutyState | None = None,
    assumed: Annotated[bool | None, Query(description="含有推定内容")] = None,
    q: Annotated[Text | None, Query(description="在名称中查找")] = None,
) -> Filter:
    return Filter(
        kind=kind,
        rule=rule,
        lead_unit=lead_unit,
        roster=roster,
        plan=plan,
        campaign=campaign,
        state=state,
        assumed=assumed,
        q=q,
    )


Filters = Annotated[Filter, Depends(_filter)]


def add_reads(routes: Router, deps: Deps) -> None:
    """Add the routes that read."""
    _many(routes, deps)
    _one(routes, deps)
    _occasions(routes, deps)


def _many(routes: Router, deps: Deps) -> None:
    @routes.get("/duties", summary="周期职责清单")
    async def list_duties(
        _: Reader, wanted: Filters, after: After[ByDutyId] = None, limit: Limit = 100
    ) -> Page[DutyDocument]:
        """List duties in order of their ids, each in its newest version."""
        async with deps.database.asking() as connection:
            rows = await register.page(connection, wanted, after=after.duty_id if after else None, limit=limit + 1)
        return page_of(rows, limit, item=DutyDocument.of, cursor=ByDutyId.of)

    # Before the single duty: `count` must not be taken for a duty of that name.
    @routes.get("/duties/count", summary="周期职责计数")
    async def count_duties(_: Reader, wanted: Filters, group_by: Group | None = None) -> DutyCount:
        """Return how many duties there are, by value of `group_by`."""
        async with deps.database.asking() as connection:
            rows = await register.count(connection, wanted, group_by)
        groups = [DutyCountGroup(value=value, count=number) for value, number in rows] if group_by else []
        return DutyCount(total=sum(number for _, number in rows), groups=groups)


def _one(routes: Router, deps: Deps) -> None:
    missing = declares("duty-not-found")

    @routes.get("/duties/{duty_id}", summary="一项周期职责", response_model=DutyDocument, responses=missing)
    async def read_duty(_: Reader, duty_id: Name) -> Response:
        """Return a duty in its newest version, with the version as ETag."""
        async with deps.database.acquire() as connection:
            found = await duties.newest(connection, duty_id)
        if found is None:
            raise Problem("duty-not-found", field="duty_id")
        return answer(DutyDocument.of(found), version=found.version)

    @routes.get("/duties/{duty_id}/versions", summary="一项周期职责的全部版本", responses=missing)
    async def read_versions(_: Reader, duty_id: Name) -> DutyVersions:
        """Return every version of a duty, oldest first: none is ever changed."""
        async with deps.database.acquire() as connection:
            found = await duties.versions(connection, duty_id)
        if not found:
            raise Problem("duty-not-found", field="duty_id")
        return DutyVersions(items=[DutyDocument.of(each) for each in found])

    @routes.get("/duties/{duty_id}/fulfilment", summary="一项周期职责各周期的完成情况", responses=missing)
    async def read_fulfilment(caller: FulfilmentReader, duty_id: Name, on: Day | None = None) -> DutyFulfilment:
        """Return, for each period, what was required and what was done by the day `on` (today): met, open or missed.

        Counted are the tasks in the caller's own area.
        """
        today = on or deps.planner.zone.day_of(deps.clock.now())
        async with deps.database.acquire() as connection:
            if await duties.newest(connection, duty_id) is None:
                raise Problem("duty-not-found", field="duty_id")
            found = await fulfilment_of(connection, duty_id, scope=caller.scope, today=today, zone=deps.planner.zone)
        return DutyFulfilment(duty_id=duty_id, on=today, items=[FulfilmentDocument.of(each) for each in found])


def _occasions(routes: Router, deps: Deps) -> None:
    @routes.get("/occasions", summary="一年的节假日、重要时段和重大活动")
    async def list_occasions(
        _: Reader, year: Annotated[int | None, Query(ge=1950, le=2999, description="默认本年")] = None
    ) -> Occasions:
        """List the occasions that touch a year, in order of their first day."""
        wanted = year or deps.planner.zone.day_of(deps.clock.now()).year
        async with deps.database.acquire() as connection:
            found = await occasions_of(connection, wanted, planner=deps.planner)
        return Occasions(items=[OccasionDocument.of(each, from_calendar=by_calendar) for each, by_calendar in found])
