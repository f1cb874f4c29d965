"""Who reported a tip: asked for with a reason, released by another officer, read, and all of it recorded (SY34, P8).

An identity is only ever in the answer to `read`, a POST: it is no page that a browser or a proxy keeps. No step takes an
Idempotency-Key: answers under one are kept in the ledger's own database, where neither an identity nor a note about one may
stand. Whoever's answer was lost asks or reads again, which stands on record, too; a release is made once. What these
commands do is committed in the vault; their rows of the audit trail follow before anything is answered.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Annotated, Final
from uuid import UUID

from fastapi import Depends, Response

from services.chassis.access.policy import Action, allow, permits
from services.chassis.access.refusals import Caller
from services.chassis.access.roles import DIRECTORS, TIP_OFFICERS
from services.chassis.storage.database import Database
from services.chassis.web.bodies import JsonBody
from services.chassis.web.documents import answer
from services.chassis.web.paging import After, Page, page_of
from services.chassis.web.parameters import Limit
from services.chassis.web.problems import Problem, accepted, declares
from services.chassis.web.routes import Router
from services.ledger.tips.documents import (
    ByAsking,
    LookupCount,
    LookupDocument,
    LookupsOfAccount,
    ReporterDocument,
    TipName,
)
from services.ledger.tips.handlers.office import TipOffice
from services.ledger.tips.http.reads import seen
from services.ledger.vault.handlers import lookups
from services.ledger.vault.handlers.vault import Vault
from services.ledger.vault.model.lookups import Ask

ASK: Final = Action("ledger.vault.ask", "申请查询举报人信息", roles=TIP_OFFICERS)
RELEASE: Final = Action("ledger.vault.release", "批准查询举报人信息", roles=TIP_OFFICERS)
READ: Final = Action("ledger.vault.read", "查询举报人信息", roles=TIP_OFFICERS)
# Who asked whom and how often is for whoever watches over the office; why is the office's own.
RECORD: Final = Action("ledger.vault.record", "查看举报人信息查询记录", roles=TIP_OFFICERS | DIRECTORS)
NOTES: Final = Action("ledger.vault.notes", "查看查询事由", roles=TIP_OFFICERS)
Recorder = Annotated[Caller, Depends(allow(RECORD, beside=[NOTES]))]
_NO_STORE: Final = {"Cache-Control": "no-store"}


@dataclass(frozen=True, slots=True)
class Deps:
    """Dependencies of the routes."""

    database: Database
    office: TipOffice

    @property
    def vault(self) -> Vault:
        """The vault; raises Problem where there is none."""
        if self.office.vault is None:
            raise Problem("vault-not-set-up")
        return self.office.vault


def router(deps: Deps) -> Router:
    """Return the routes of look-ups."""
    routes = Router(prefix="/v1", tags=["vault"])
    _asking(routes, deps)
    _answering(routes, deps)
    _record(routes, deps)
    return routes


def _asking(routes: Router, deps: Deps) -> None:
    @routes.post(
        "/tips/{name}/lookups",
        summary="申请查询举报人信息，写明事由",
        status_code=201,
        response_model=LookupDocument,
        responses=declares("tip-not-found", "reporter-unknown", "reporter-erased", "vault-not-set-up"),
    )
    async def ask(name: TipName, command: JsonBody[Ask], caller: Annotated[Caller, Depends(allow(ASK))]) -> Response:
        """Ask who reported a tip."""
        async with deps.database.reading(caller.scope) as connection:
            tip = await seen(deps.database, connection, name, caller)
        needs_release = deps.office.policy.second_release
        acting = deps.office.acting(caller)
        said = accepted(await lookups.ask(deps.vault, tip.about, command, needs_release=needs_release, acting=acting))
        await deps.database.tell()
        return answer(LookupDocument.of(said, with_note=True), status=201)


def _answering(routes: Router, deps: Deps) -> None:
    common = ("lookup-not-found", "vault-not-set-up")

    @routes.post(
        "/lookups/{lookup_id}/release",
        summary="由另一名举报受理人员批准查询",
        responses=declares(*common, "lookup-own-release", "lookup-needs-no-release"),
    )
    async def release(lookup_id: UUID, caller: Annotated[Caller, Depends(allow(RELEASE))]) -> LookupDocument:
        """Let whoever asked read; whoever released it already is answered the same."""
        said = accepted(await lookups.release(deps.vault, str(lookup_id), now=partial(deps.office.acting, caller)))
        await deps.database.tell()
        return LookupDocument.of(said, with_note=True)

    @routes.post(
        "/lookups/{lookup_id}/read",
        summary="查询举报人信息；每次查询均留痕",
        response_model=ReporterDocument,
        responses=declares(*common, "lookup-of-another", "lookup-not-released", "lookup-expired", "reporter-erased"),
    )
    async def read(lookup_id: UUID, caller: Annotated[Caller, Depends(allow(READ))]) -> Response:
        """Return who reported, once that this was read is on record."""
        said = accepted(await lookups.read(deps.vault, str(lookup_id), acting=deps.office.acting(caller)))
        await deps.database.tell()
        lookup, reporter = said
        shown = ReporterDocument(lookup=LookupDocument.of(lookup, with_note=True), reporter=reporter)
        return answer(shown, headers=_NO_STORE)


def _record(routes: Router, deps: Deps) -> None:
    declared = declares("vault-not-set-up")

    @routes.get("/lookups", summary="举报人信息查询记录", responses=declared)
    async def page(caller: Recorder, after: After[ByAsking] = None, limit: Limit = 50) -> Page[LookupDocument]:
        """Return a page of look-ups, newest first."""
        before = str(after.lookup_id) if after else None
        found = await lookups.page(deps.vault, caller, before=before, limit=limit + 1)
        with_note = permits(caller, NOTES)
        return page_of(
            found,
            limit,
            item=lambda lookup: LookupDocument.of(lookup, with_note=with_note),
            cursor=lambda lookup: ByAsking(lookup_id=UUID(lookup.lookup_id)),
        )

    @routes.get("/lookups/count", summary="举报人信息查询次数", responses=declared)
    async def count(caller: Recorder) -> LookupCount:
        """Return how often identities were asked for and read, by account."""
        found = await lookups.count(deps.vault, caller)
        accounts = [LookupsOfAccount(account=account, asked=asked, read=read) for account, asked, read in found]
        return LookupCount(
            asked=sum(each.asked for each in accounts), read=sum(each.read for each in accounts), accounts=accounts
        )
