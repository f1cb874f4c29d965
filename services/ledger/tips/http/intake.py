"""`POST /v1/tips`: the one door of a reporter's identity. No answer, list or event gives it back."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Final

from fastapi import Depends, Response

from services.chassis.access.policy import Action, Reach, allow
from services.chassis.access.refusals import Caller
from services.chassis.access.roles import OFFICES, REGULATORS, TIP_OFFICERS, TOWNSHIP
from services.chassis.storage.database import Database
from services.chassis.web.bodies import JsonBody
from services.chassis.web.documents import answer
from services.chassis.web.idempotency import Once
from services.chassis.web.problems import accepted, declares
from services.chassis.web.routes import Router
from services.ledger.tips.documents import ReceiveTip, TipDocument
from services.ledger.tips.handlers.office import TipOffice
from services.ledger.tips.handlers.receive import receive_tip
from services.ledger.vault.model.envelope import keyed

# Every office takes in what concerns the city; whose area it is, sees it.
RECEIVE: Final = Action(
    "ledger.tips.receive", "受理举报", roles=TIP_OFFICERS | REGULATORS | OFFICES | TOWNSHIP, reach=Reach.NOTHING
)
Receiver = Annotated[Caller, Depends(allow(RECEIVE))]


def router(database: Database, office: TipOffice) -> Router:
    """Return the route of intake."""
    routes = Router(prefix="/v1", tags=["tips"])

    @routes.post(
        "/tips",
        summary="受理举报；举报人信息只进入保密库",
        status_code=201,
        response_model=TipDocument,
        responses=declares(
            "answer-day-required", "tip-outside-area", "identity-empty", "identity-in-text", "vault-not-set-up"
        ),
    )
    async def receive(command: JsonBody[ReceiveTip], caller: Receiver, once: Once) -> Response:
        """Take a tip in."""
        if office.vault is not None and command.reporter is not None:
            # A plain digest of a body that names somebody would let guesses be tried against it.
            once.fingerprint = keyed(once.fingerprint, office.vault.keyring())
            await office.vault.reach()
        async with database.transaction() as connection:
            await once.begin(connection, caller.account)
            now = partial(office.acting, caller)
            said = accepted(await receive_tip(connection, command, command.reporter, office=office, now=now))
            return await once.keep(connection, answer(TipDocument.of(said), status=201, version=said.version))

    return routes
