"""`GET /v1/hazards/{name}/mechanisms`: which steps of the city's named mechanisms a hazard has done."""

from __future__ import annotations

from collections.abc import Sequence
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
from services.ledger.mechanisms.documents import MechanismDocument, MechanismsDocument
from services.ledger.mechanisms.handlers import shown
from services.ledger.mechanisms.model import Mechanism

READ: Final = Action(
    "ledger.mechanisms.read", "查看隐患的机制标签", roles=CASE_STAFF | TOWNSHIP | ENTERPRISE | INTEGRATORS
)


@dataclass(frozen=True, slots=True)
class Deps:
    """Dependencies of the routes."""

    database: Database
    mechanisms: Sequence[Mechanism]


def router(deps: Deps) -> Router:
    """Return the route of the mechanisms."""
    routes = Router(prefix="/v1", tags=["mechanisms"])

    @routes.get("/hazards/{name}/mechanisms", summary="一条隐患的机制标签", responses=declares("hazard-not-found"))
    async def mechanisms(
        caller: Annotated[Caller, Depends(allow(READ, beside=[READ_AHEAD]))], name: HazardName
    ) -> MechanismsDocument:
        """Return the mechanisms that the city has switched on, with the steps that the hazard has done.

        A letter about a source of it counts, and none does that the caller is not shown on the timeline.
        """
        async with deps.database.reading(caller.scope) as connection:
            hazard = await seen_hazard(deps.database, connection, name, caller)
            if hazard is None:
                raise Problem("hazard-not-found", field="name")
            found = await shown(connection, hazard, deps.mechanisms, caller)
        return MechanismsDocument(items=[MechanismDocument.of(mechanism, steps) for mechanism, steps in found])

    return routes
