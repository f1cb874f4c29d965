"""HTTP: read letters, sign for them."""

from __future__ import annotations

from typing import Annotated, Final
from uuid import UUID

from fastapi import Depends, Response

from duban_contracts.events.types import Identifier, LetterKindCode, SubjectKind, Unit
from services.chassis.access.policy import Action, Reach, allow
from services.chassis.access.refusals import Caller, found_in_scope
from services.chassis.access.roles import CASE_STAFF, INTEGRATORS, OBSERVERS, PRINCIPALS, TOWNSHIP, Role, Roles, holds
from services.chassis.storage.database import Connection
from services.chassis.web.documents import answer
from services.chassis.web.idempotency import Once
from services.chassis.web.paging import After, Cursor, Page, page_of
from services.chassis.web.parameters import Checked, County, Limit
from services.chassis.web.problems import Problem, accepted, declares
from services.chassis.web.routes import Router
from services.notifications.delivery.documents import with_history
from services.notifications.delivery.handlers.read import deliveries_of
from services.notifications.letters import tables
from services.notifications.letters.documents import LetterDocument, WholeLetterDocument
from services.notifications.letters.handlers.acknowledge import acknowledge_letter
from services.notifications.letters.handlers.deps import Deps
from services.notifications.letters.model.letter import Letter, LetterState, Signatory
from services.notifications.letters.tables import Filter

# The county's officials and its system; and an enterprise's principal for letters about its own hazards (DOMAIN §10), whose
# receipt stands beside the office's and never for it.
_COUNTY_STAFF: Final[Roles] = frozenset({Role.COUNTY_REGULATOR, Role.COUNTY_OFFICE})

# Letters are case data: an operator keeps the platform healthy and does not read them (DOMAIN §10).
READ: Final = Action(
    "notifications.letters.read", "查看文书", roles=CASE_STAFF | TOWNSHIP | PRINCIPALS | OBSERVERS | INTEGRATORS
)
# The city can't sign for a county.
SIGN: Final = Action(
    "notifications.letters.sign", "签收文书", roles=_COUNTY_STAFF | INTEGRATORS | PRINCIPALS, reach=Reach.COUNTY
)

Reader = Annotated[Caller, Depends(allow(READ))]
Signer = Annotated[Caller, Depends(allow(SIGN))]


class ByPosition(Cursor, frozen=True, tag="letters"):
    """Newest first."""

    position: int


def router(deps: Deps) -> Router:
    """Return the routes of letters."""
    routes = Router(prefix="/v1", tags=["letters"])
    _add_reading(routes, deps)
    _add_signing(routes, deps)
    return routes


def _add_reading(routes: Router, deps: Deps) -> None:
    @routes.get("/letters", summary="文书列表，最新在前")
    async def list_letters(
        caller: Reader,
        about_kind: Annotated[str | None, Checked(SubjectKind)] = None,
        about_id: Annotated[str | None, Checked(Identifier)] = None,
        unit: Annotated[str | None, Checked(Unit)] = None,
        county: County | None = None,
        kind: Annotated[str | None, Checked(LetterKindCode)] = None,
        state: LetterState | None = None,
        after: After[ByPosition] = None,
        limit: Limit = 50,
    ) -> Page[LetterDocument]:
        wanted = Filter(about_kind=about_kind, about_id=about_id, unit=unit, kind=kind, state=state)
        position = after.position if after else None
        async with deps.database.asking() as connection:
            scope = caller.scope.narrowed(county=county)
            rows = await tables.page(connection, scope, wanted, after=position, limit=limit + 1)
        return page_of(
            rows,
            limit,
            item=lambda row: LetterDocument.of(tables.letter_of(row)),
            cursor=lambda row: ByPosition(position=row["position"]),
        )

    @routes.get("/letters/{letter_id}", summary="文书全文与送达情况", responses=declares("letter-not-found"))
    async def read_letter(letter_id: UUID, caller: Reader) -> WholeLetterDocument:
        # One snapshot: a letter never stands beside deliveries of a moment later.
        async with (
            deps.database.acquire() as connection,
            connection.transaction(isolation="repeatable_read", readonly=True),
        ):
            return await _whole(connection, await _found(connection, letter_id, caller))


def _add_signing(routes: Router, deps: Deps) -> None:
    @routes.post(
        "/letters/{letter_id}/acknowledge",
        summary="签收",
        response_model=WholeLetterDocument,
        responses=declares("letter-not-found", "not-the-receiver"),
    )
    async def acknowledge(letter_id: UUID, caller: Signer, once: Once) -> Response:
        enterprise = caller.principal.enterprise if holds(caller.principal, PRINCIPALS) else None
        by = Signatory(caller.account, caller.county, caller.unit, enterprise)
        async with deps.database.transaction() as connection:
            await once.begin(connection, caller.account)
            await _found(connection, letter_id, caller)
            letter = accepted(await acknowledge_letter(connection, letter_id, by=by, deps=deps))
            return await once.keep(connection, answer(await _whole(connection, letter)))


async def _found(connection: Connection, letter_id: UUID, caller: Caller) -> Letter:
    """Return the letter; another's is as unknown to the caller as one that does not exist."""
    missing = Problem("letter-not-found", field="letter_id")
    return found_in_scope(await tables.one(connection, letter_id), tables.facts_of, caller, missing)


async def _whole(connection: Connection, letter: Letter) -> WholeLetterDocument:
    deliveries, attempts = await deliveries_of(connection, letter.letter_id)
    return WholeLetterDocument.whole(letter, with_history(deliveries, attempts))
