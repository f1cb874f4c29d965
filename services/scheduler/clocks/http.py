"""Clocks over HTTP: a hazard's whole reckoning, and the list of deadlines. All of it is reading."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Final

from fastapi import Depends, Query

from duban_contracts.days import Zone
from duban_contracts.events.types import Identifier, Sector
from services.chassis.access.policy import Action, allow
from services.chassis.access.refusals import Caller, found_in_scope
from services.chassis.access.roles import CASE_STAFF
from services.chassis.access.scope import Facts
from services.chassis.process.clock import Clock
from services.chassis.storage.database import Database
from services.chassis.web.paging import After, Page, page_of
from services.chassis.web.parameters import Checked, County, Limit, Moment
from services.chassis.web.problems import Problem, declares
from services.chassis.web.routes import Router
from services.scheduler.alarms.model import AlarmState
from services.scheduler.clocks.documents import ByDueInstant, ClockDocument, DeadlineItem, ListingClockDocument
from services.scheduler.clocks.handlers.read import surroundings_of
from services.scheduler.clocks.tables import clocks as clock_table
from services.scheduler.clocks.tables import deadlines as deadline_list
from services.scheduler.clocks.tables.clocks import HazardClock
from services.scheduler.clocks.tables.deadlines import Filter

READ: Final = Action("scheduler.clocks.read", "查看隐患计时和期限", roles=CASE_STAFF)
Reader = Annotated[Caller, Depends(allow(READ))]
Name = Annotated[str, Checked(Identifier)]


@dataclass(frozen=True, slots=True)
class Deps:
    """Dependencies of the routes."""

    database: Database
    clock: Clock
    zone: Zone


def facts_of(clock: HazardClock) -> Facts:
    """Return what decides who may see a clock."""
    facts = clock.facts
    return Facts(facts.county, facts.township, facts.sector, facts.responsible_unit, facts.enterprise_uscc)


def router(deps: Deps) -> Router:
    """Return the routes of clocks."""
    routes = Router(prefix="/v1", tags=["clocks"])
    _one(routes, deps)
    _many(routes, deps)
    return routes


def _one(routes: Router, deps: Deps) -> None:
    @routes.get("/clocks/{name}", summary="一条隐患的完整计时", responses=declares("clock-not-found"))
    async def read_clock(name: Name, caller: Reader) -> ClockDocument:
        """Show the whole reckoning: deadlines, running and paused segments, alarms and when they were raised.

        `name` is the hazard's id or its number.
        """
        async with deps.database.acquire() as connection:
            found = await clock_table.find(connection, name)
            clock = found_in_scope(found, facts_of, caller, Problem("clock-not-found", field="name"))
            beside = await surroundings_of(connection, clock.facts.hazard_id)
        return ClockDocument.of(
            clock,
            beside.alarms,
            [ListingClockDocument.of(each, beside.listing_alarms) for each in beside.listings],
            now=deps.clock.now(),
            applied_through=beside.applied_through,
            zone=deps.zone,
        )


def _many(routes: Router, deps: Deps) -> None:
    @routes.get("/deadlines", summary="期限清单，按到期时刻排列")
    async def list_deadlines(
        caller: Reader,
        state: Annotated[AlarmState | None, Query(description="督办逾期的状态")] = None,
        due_before: Moment | None = None,
        county: County | None = None,
        sector: Annotated[str, Checked(Sector)] | None = None,
        after: After[ByDueInstant] = None,
        limit: Limit = 100,
    ) -> Page[DeadlineItem]:
        """List the deadlines that the caller may see, or those of a county or sector among them."""
        scope = caller.scope.narrowed(county=county, sector=sector)
        async with deps.database.asking() as connection:
            rows = await deadline_list.find(
                connection,
                scope,
                Filter(state, due_before),
                after=after.position if after else None,
                limit=limit + 1,
            )
        return page_of(rows, limit, item=DeadlineItem.of, cursor=ByDueInstant.of)
