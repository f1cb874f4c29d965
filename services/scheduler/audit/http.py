"""The audit over HTTP."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import Depends

from services.chassis.access.policy import Action, Reach, allow
from services.chassis.access.refusals import Caller
from services.chassis.access.roles import CITY_OFFICES, CITY_REGULATORS, OPERATORS
from services.chassis.web.routes import Router
from services.scheduler.audit.documents import AuditDocument
from services.scheduler.audit.handlers import Deps, look

READ: Final = Action(
    "scheduler.audit.read", "查看到期自查", roles=OPERATORS | CITY_OFFICES | CITY_REGULATORS, reach=Reach.CITY
)


def router(deps: Deps) -> Router:
    """Return the routes of the audit."""
    routes = Router(prefix="/v1", tags=["audit"])

    @routes.get("/audit", summary="自查：已过期限而未督办的，以及计时与督办不一致的")
    async def read_audit(caller: Annotated[Caller, Depends(allow(READ))]) -> AuditDocument:
        """Show deadlines that passed without their event, and clocks that contradict their alarms."""
        del caller
        return AuditDocument.of(await look(deps=deps))

    return routes
