"""Who was served in a year, by what accepted tasks recorded: `GET /v1/tasks/trainings`, `GET /v1/tasks/drills`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Final

from fastapi import Query

from services.chassis.storage.database import Database
from services.chassis.web.parameters import Checked
from services.chassis.web.problems import Problem, declares
from services.chassis.web.routes import Router
from services.scheduler.rosters.handlers import inside
from services.scheduler.rosters.model import ENTERPRISES, NoSuchRoster, RosterCode, RosterMember, Rosters
from services.scheduler.tasks.documents.served import DrillRegister, DrillSite, TrainingCoverage
from services.scheduler.tasks.http.reads import Reader
from services.scheduler.tasks.model.served import drilled, trained
from services.scheduler.tasks.tables.served import accepted_forms

TRAINING: Final = "training"
DRILL: Final = "drill"
Year = Annotated[int, Query(ge=2000, le=2999, description="年度")]
Code = Annotated[str, Checked(RosterCode)]


@dataclass(frozen=True, slots=True)
class Deps:
    """Dependencies of the routes."""

    database: Database
    rosters: Rosters
    city: str

    def members(self, roster: str, year: int) -> Sequence[RosterMember]:
        """Return who is on the roster at the end of a year; raises Problem 404."""
        try:
            return self.rosters.on(roster, date(year, 12, 31))
        except NoSuchRoster:
            raise Problem("roster-not-found", field="roster") from None


def router(deps: Deps) -> Router:
    """Return the routes; they stand before the single task."""
    routes = Router(prefix="/v1", tags=["tasks"])
    missing = declares("roster-not-found")

    @routes.get("/tasks/trainings", summary="主要负责人培训全覆盖：已训、应训、未训名单", responses=missing)
    async def trainings(caller: Reader, year: Year, roster: Code = ENTERPRISES) -> TrainingCoverage:
        """Show how many of the target group were trained in accepted trainings of a year, and who is missing."""
        members = [each for each in deps.members(roster, year) if inside(each, caller.scope)]
        async with deps.database.acquire() as connection:
            forms = await accepted_forms(connection, TRAINING, year)
        return TrainingCoverage.of(year, roster, trained(members, forms))

    @routes.get("/tasks/drills", summary="应急演练登记：各场所已演练和未演练的区域", responses=missing)
    async def drills(caller: Reader, year: Year, roster: Code = ENTERPRISES) -> DrillRegister:
        """Show each site of the roster with its areas that had a drill in a year, and those that had none."""
        members = deps.members(roster, year)
        async with deps.database.acquire() as connection:
            forms = await accepted_forms(connection, DRILL, year)
        sites = [each for each in drilled(members, forms, city=deps.city) if inside(each.site, caller.scope)]
        return DrillRegister(year=year, roster=roster, sites=[DrillSite.of(site) for site in sites])

    return routes
