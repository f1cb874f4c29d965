"""`GET /v1/accountability-cases…`: cases of 责任倒查; `POST …/{case}/conclude`: what one came to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Final

from fastapi import Depends, Path, Query, Response

from services.chassis.access.policy import Action, allow
from services.chassis.access.refusals import Caller
from services.chassis.access.roles import CASE_STAFF, DIRECTORS, OFFICES
from services.chassis.storage.database import Database
from services.chassis.web.bodies import sent
from services.chassis.web.documents import answer
from services.chassis.web.idempotency import Once
from services.chassis.web.paging import After, Page, page_of
from services.chassis.web.parameters import Limit
from services.chassis.web.preconditions import Expecting
from services.chassis.web.problems import Problem, accepted, declares
from services.chassis.web.routes import Router
from services.ledger.accountability import tables
from services.ledger.accountability.documents import AccountabilityCase, ByCaseNumber
from services.ledger.accountability.handlers import conclude_case, find_case
from services.ledger.accountability.model import Conclude
from services.ledger.hazards.handlers.journal import Ledger

READ: Final = Action("ledger.accountability.read", "查看责任倒查案件", roles=CASE_STAFF)
# Whoever reviewed doesn't judge the review: the offices and the committee do.
CONCLUDE: Final = Action("ledger.accountability.conclude", "办结责任倒查案件", roles=OFFICES | DIRECTORS)

Reader = Annotated[Caller, Depends(allow(READ))]
CaseNumber = Annotated[str, Path(max_length=64, pattern=r"^[0-9A-Za-z-]+$", description="案件编号")]


@dataclass(frozen=True, slots=True)
class Deps:
    """Dependencies of the routes."""

    database: Database
    ledger: Ledger


def router(deps: Deps) -> Router:
    """Return the routes of the cases."""
    routes = Router(prefix="/v1", tags=["accountability"])
    missing = declares("case-not-found")

    @routes.get("/accountability-cases", summary="责任倒查案件")
    async def cases(
        caller: Reader,
        open: Annotated[bool | None, Query(description="true：未结案；false：已结案")] = None,  # noqa: A002 - the parameter's name
        after: After[ByCaseNumber] = None,
        limit: Limit = 100,
    ) -> Page[AccountabilityCase]:
        """Return the cases whose hazards the caller may see, by number."""
        last = after.case_number if after else None
        async with deps.database.reading(caller.scope, asks=True) as connection:
            rows = await tables.page(connection, caller.scope, open_only=open, after=last, limit=limit + 1)
        return page_of(
            rows, limit, item=AccountabilityCase.of, cursor=lambda case: ByCaseNumber(case_number=case.case_number)
        )

    @routes.get(
        "/accountability-cases/{case}",
        summary="一件责任倒查案件",
        response_model=AccountabilityCase,
        responses=missing,
    )
    async def one(caller: Reader, case: CaseNumber) -> Response:
        """Return one case by its number, and its version as ETag."""
        async with deps.database.reading(caller.scope) as connection:
            found = await find_case(deps.database, connection, case, caller)
        if found is None:
            raise Problem("case-not-found", field="case")
        return answer(AccountabilityCase.of(found), version=found.version)

    _concluding(routes, deps)
    return routes


def _concluding(routes: Router, deps: Deps) -> None:
    @routes.post(
        "/accountability-cases/{case}/conclude",
        summary="责任倒查结案",
        response_model=AccountabilityCase,
        responses=declares("case-not-found", "case-concluded", "unknown-term"),
    )
    async def conclude(
        case: CaseNumber,
        expecting: Expecting,
        once: Once,
        caller: Annotated[Caller, Depends(allow(CONCLUDE))],
        command: Annotated[Conclude, Depends(sent(Conclude))],
    ) -> Response:
        """Conclude a case with its result; a 200 means committed."""
        async with deps.database.transaction() as connection:
            await once.begin(connection, caller.account)
            said = accepted(
                await conclude_case(connection, case, command, caller, expecting=expecting, ledger=deps.ledger)
            )
            return await once.keep(connection, answer(AccountabilityCase.of(said), version=said.version))
