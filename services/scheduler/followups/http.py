"""`GET /v1/follow-ups`: what is owed after accidents and closings, as due work. All of it is reading."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import Depends, Query

from duban_contracts.events.types import SubjectKind
from services.chassis.access.acting import ActingDeps
from services.chassis.access.policy import Action, allow
from services.chassis.access.refusals import Caller
from services.chassis.access.roles import CASE_STAFF
from services.chassis.web.paging import After, Page, page_of
from services.chassis.web.parameters import Checked, County, Limit
from services.chassis.web.routes import Router
from services.scheduler.followups import tables
from services.scheduler.followups.documents import ByLastDay, FollowUpDocument
from services.scheduler.followups.tables import Filter

READ: Final = Action("scheduler.followups.read", "查看后续事项期限", roles=CASE_STAFF)
Reader = Annotated[Caller, Depends(allow(READ))]


def router(deps: ActingDeps) -> Router:
    """Return the route of the list."""
    routes = Router(prefix="/v1", tags=["follow-ups"])

    @routes.get("/follow-ups", summary="事故整改措施、整改评估和回头看的期限，按期限排列")
    async def follow_ups(
        caller: Reader,
        kind: Annotated[str, Checked(SubjectKind)] | None = None,
        open: Annotated[bool | None, Query(description="true：待办理；false：已办理")] = None,  # noqa: A002 - the parameter's name
        late: Annotated[bool, Query(description="只看已过期限（due_at）而未办理的")] = False,  # noqa: FBT002 - a query parameter
        county: County | None = None,
        after: After[ByLastDay] = None,
        limit: Limit = 100,
    ) -> Page[FollowUpDocument]:
        """List what is owed, or was done, those due first first."""
        scope, now = caller.scope.narrowed(county=county), deps.clock.now()
        wanted = Filter(kind=kind, is_owed=open, late_at=now if late else None)
        behind = after.position if after else None
        async with deps.database.asking() as connection:
            found = await tables.page(connection, scope, wanted, after=behind, limit=limit + 1)
        return page_of(found, limit, item=lambda each: FollowUpDocument.of(each, now), cursor=ByLastDay.of)

    return routes
