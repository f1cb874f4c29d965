"""`GET /v1/hazards/{name}/timeline`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Final

from fastapi import Depends

from services.chassis.access.policy import Action, allow
from services.chassis.access.refusals import Caller
from services.chassis.access.roles import CASE_STAFF, ENTERPRISE, INTEGRATORS, TOWNSHIP
from services.chassis.storage.database import Database
from services.chassis.web.problems import Problem, declares
from services.chassis.web.routes import Router
from services.ledger.hazards.documents import HazardName
from services.ledger.hazards.handlers.find_hazard import seen_hazard
from services.ledger.hazards.handlers.telling import READ_AHEAD
from services.ledger.supervision.documents import Timeline
from services.ledger.supervision.handlers import timeline_for

READ: Final = Action(
    "ledger.supervision.read", "查看隐患的历史与文书", roles=CASE_STAFF | TOWNSHIP | ENTERPRISE | INTEGRATORS
)


@dataclass(frozen=True, slots=True)
class Deps:
    """Dependencies of the routes."""

    database: Database


def router(deps: Deps) -> Router:
    """Return the route of the timeline."""
    routes = Router(prefix="/v1", tags=["hazards"])

    @routes.get("/hazards/{name}/timeline", summary="一条隐患的历史与文书", responses=declares("hazard-not-found"))
    async def timeline(
        caller: Annotated[Caller, Depends(allow(READ, beside=[READ_AHEAD]))], name: HazardName
    ) -> Timeline:
        """Return a hazard's history and the letters about it and its sources, in order of time.

        An enterprise is told neither when it is looked at again nor what is written among staff.
        """
        async with deps.database.reading(caller.scope) as connection:
            hazard = await seen_hazard(deps.database, connection, name, caller)
            if hazard is None:
                raise Problem("hazard-not-found", field="name")
            return Timeline.of(*await timeline_for(connection, hazard, caller))

    return routes
