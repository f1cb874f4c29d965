"""`/v1/inside-reports`: a worker reports, the enterprise sees what and never who, handles it, and rewards a code (SY36).

Sending takes no Idempotency-Key: its answers are kept under the account that sent them. The worker's own code does it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Final
from uuid import UUID

from fastapi import Depends, Response

from duban_contracts.refusals import Refusal
from services.chassis.access.acting import Acting
from services.chassis.access.policy import Action, allow
from services.chassis.access.reading import one_of
from services.chassis.access.refusals import Caller
from services.chassis.access.roles import ENTERPRISE, PRINCIPALS
from services.chassis.storage.database import Database
from services.chassis.web.bodies import JsonBody
from services.chassis.web.documents import answer
from services.chassis.web.idempotency import Attempt, Once
from services.chassis.web.paging import After, Page, page_of
from services.chassis.web.parameters import Limit
from services.chassis.web.preconditions import Expecting, Precondition
from services.chassis.web.problems import Problem, accepted, declares
from services.chassis.web.routes import Router
from services.ledger.insiders import tables
from services.ledger.insiders.documents import ByArrival, InsideReportDocument, ReportInside
from services.ledger.insiders.handlers import change_report, report_inside
from services.ledger.insiders.model import Handle, InsideReport, Reward, handle, reward
from services.ledger.tips.handlers.office import TipOffice

REPORT: Final = Action("ledger.insiders.report", "提交内部报告", roles=ENTERPRISE, veiled=True)
READ: Final = Action("ledger.insiders.read", "查看本企业内部报告", roles=ENTERPRISE)
HANDLE: Final = Action("ledger.insiders.handle", "处理内部报告", roles=PRINCIPALS)
REWARD: Final = Action("ledger.insiders.reward", "发放内部报告奖励", roles=PRINCIPALS)
Reader = Annotated[Caller, Depends(allow(READ))]


@dataclass(frozen=True, slots=True)
class Deps:
    """Dependencies of the routes."""

    database: Database
    office: TipOffice

    async def changed(
        self,
        report_id: UUID,
        change: Callable[[InsideReport, Acting], InsideReport | Refusal],
        expecting: Precondition,
        caller: Caller,
        once: Attempt,
    ) -> Response:
        """Return the answer to what was done to a report; raises the Problem of a refusal."""
        async with self.database.transaction() as connection:
            await once.begin(connection, caller.account)
            now = partial(self.office.acting, caller)
            said = accepted(await change_report(connection, str(report_id), change, expecting=expecting, now=now))
            return await once.keep(connection, answer(InsideReportDocument.of(said), version=said.version))


def router(deps: Deps) -> Router:
    """Return the routes of inside reports."""
    routes = Router(prefix="/v1", tags=["inside-reports"])
    _reporting(routes, deps)
    _reading(routes, deps)
    _answering(routes, deps)
    return routes


def _reporting(routes: Router, deps: Deps) -> None:
    @routes.post(
        "/inside-reports",
        summary="提交内部报告；姓名只进入保密库，账号不留存",
        status_code=201,
        response_model=InsideReportDocument,
        responses=declares(
            "inside-report-no-enterprise", "claim-code-used", "identity-empty", "identity-in-text", "vault-not-set-up"
        ),
    )
    async def report(command: JsonBody[ReportInside], caller: Annotated[Caller, Depends(allow(REPORT))]) -> Response:
        """Report to the own enterprise; the same code again is the same report."""
        if deps.office.vault is not None and command.reporter is not None:
            await deps.office.vault.reach()
        now = partial(deps.office.acting, caller)
        async with deps.database.transaction() as connection:
            said = await report_inside(connection, command, command.reporter, office=deps.office, now=now)
        return answer(InsideReportDocument.of(accepted(said)), status=201)


def _reading(routes: Router, deps: Deps) -> None:
    @routes.get("/inside-reports", summary="本企业内部报告列表")
    async def page(caller: Reader, after: After[ByArrival] = None, limit: Limit = 50) -> Page[InsideReportDocument]:
        """Return a page of the own enterprise's reports, those of the newest day first."""
        async with deps.database.reading(caller.scope, asks=True) as connection:
            found = await tables.page(
                connection,
                caller.scope,
                after=(after.received_on, after.report_id) if after else None,
                limit=limit + 1,
            )
        return page_of(
            found,
            limit,
            item=InsideReportDocument.of,
            cursor=lambda report: ByArrival(received_on=report.received_on, report_id=UUID(report.report_id)),
        )

    @routes.get(
        "/inside-reports/{report_id}",
        summary="一件内部报告",
        response_model=InsideReportDocument,
        responses=declares("inside-report-not-found"),
    )
    async def one(caller: Reader, report_id: UUID) -> Response:
        """Return one report of the own enterprise, and its version as ETag."""
        database, find = deps.database, partial(tables.find, report_id=str(report_id))
        async with database.reading(caller.scope) as connection:
            report = await one_of(database, connection, find, tables.facts_for(caller), caller)
        if report is None:
            raise Problem("inside-report-not-found", field="report_id")
        return answer(InsideReportDocument.of(report), version=report.version)


def _answering(routes: Router, deps: Deps) -> None:
    @routes.post(
        "/inside-reports/{report_id}/handle",
        summary="处理内部报告",
        response_model=InsideReportDocument,
        responses=declares("inside-report-not-found", "inside-report-handled"),
    )
    async def handled(
        report_id: UUID,
        command: JsonBody[Handle],
        caller: Annotated[Caller, Depends(allow(HANDLE))],
        expecting: Expecting,
        once: Once,
    ) -> Response:
        """Say what the enterprise did about it."""

        def change(report: InsideReport, acting: Acting) -> InsideReport | Refusal:
            return handle(report, command, account=acting.account, at=acting.at)

        return await deps.changed(report_id, change, expecting, caller, once)

    @routes.post(
        "/inside-reports/{report_id}/reward",
        summary="凭报告人出示的凭码发放奖励",
        response_model=InsideReportDocument,
        responses=declares("inside-report-not-found", "inside-report-rewarded", "claim-code-wrong"),
    )
    async def rewarded(
        report_id: UUID,
        command: JsonBody[Reward],
        caller: Annotated[Caller, Depends(allow(REWARD))],
        expecting: Expecting,
        once: Once,
    ) -> Response:
        """Note that whoever showed the code was rewarded."""

        def change(report: InsideReport, acting: Acting) -> InsideReport | Refusal:
            return reward(report, command, account=acting.account, at=acting.at)

        return await deps.changed(report_id, change, expecting, caller, once)
