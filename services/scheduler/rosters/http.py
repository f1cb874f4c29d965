"""Rosters over HTTP: who is meant by every county, on any day."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Final

from fastapi import Depends

from duban_contracts.days import Zone
from services.chassis.access.policy import Action, allow
from services.chassis.access.refusals import Caller
from services.chassis.access.roles import CASE_STAFF, INTEGRATORS
from services.chassis.process.clock import Clock
from services.chassis.web.parameters import Checked, Day
from services.chassis.web.problems import Problem, declares
from services.chassis.web.routes import Router
from services.scheduler.rosters.documents import RosterDocument, RosterItem, RosterList
from services.scheduler.rosters.handlers import inside
from services.scheduler.rosters.model import NoSuchRoster, RosterCode, Rosters

READ: Final = Action("scheduler.rosters.read", "查看名册", roles=CASE_STAFF | INTEGRATORS)
Reader = Annotated[Caller, Depends(allow(READ))]


@dataclass(frozen=True, slots=True)
class Deps:
    """Dependencies of the routes."""

    rosters: Rosters
    clock: Clock
    zone: Zone


def router(deps: Deps) -> Router:
    """Return the routes of rosters."""
    routes = Router(prefix="/v1", tags=["rosters"])

    @routes.get("/rosters", summary="名册清单")
    async def all_rosters(caller: Reader) -> RosterList:
        """List the rosters of the city."""
        del caller
        listed = sorted(deps.rosters.by_code.items())
        return RosterList(
            items=[RosterItem(code=code, name=roster.name, ever=len(roster.members)) for code, roster in listed]
        )

    @routes.get("/rosters/{code}", summary="一份名册在某日的成员", responses=declares("roster-not-found"))
    async def one(caller: Reader, code: Annotated[str, Checked(RosterCode)], on: Day | None = None) -> RosterDocument:
        """Show who of the caller's area is on the roster `on` a day, today where nothing is said."""
        day = on or deps.zone.today(deps.clock.now())
        try:
            members = deps.rosters.on(code, day)
        except NoSuchRoster:
            raise Problem("roster-not-found", field="code") from None
        shown = tuple(each for each in members if inside(each, caller.scope))
        return RosterDocument.of(code, deps.rosters.roster(code), shown, day)

    return routes
