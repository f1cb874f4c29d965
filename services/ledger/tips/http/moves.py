"""`POST /v1/tips/{name}/{move}`: verified or refuted on site, put right, then told to the reporter and answered upwards."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

import msgspec
from fastapi import Depends, Response

from duban_contracts.refusals import Refusal
from services.chassis.access.policy import Action, allow
from services.chassis.access.refusals import Caller
from services.chassis.access.roles import OFFICES, REGULATORS, TIP_OFFICERS, TOWNSHIP
from services.chassis.process.short_tries import TRY_SECONDS, in_short_tries
from services.chassis.storage.beginning import waiting_at_most
from services.chassis.storage.database import Database
from services.chassis.web.bodies import sent
from services.chassis.web.documents import answer
from services.chassis.web.idempotency import Once
from services.chassis.web.preconditions import Expecting
from services.chassis.web.problems import accepted, declares
from services.chassis.web.routes import Router
from services.ledger.hazards.moves import CORRECT
from services.ledger.tips import moves
from services.ledger.tips.documents import TipDocument, TipName
from services.ledger.tips.handlers.decide import correct_tip, move_tip, reach_vault, verify_tip
from services.ledger.tips.handlers.office import TipOffice
from services.ledger.tips.model.tip import Tip
from services.ledger.tips.moves import AnswerReferrer, CorrectVerification, Refute, Tell, Verify

VERIFY: Final = Action("ledger.tips.verify", "核查举报", roles=REGULATORS | TOWNSHIP)
TELL: Final = Action("ledger.tips.tell", "反馈举报结果", roles=TIP_OFFICERS | REGULATORS | OFFICES)


@dataclass(frozen=True, slots=True)
class Deps:
    """Dependencies of the routes."""

    database: Database
    office: TipOffice


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """One move over HTTP: its name in the address, what it is called, who may, what it takes, does and may refuse."""

    name: str
    summary: str
    action: Action
    command: type[msgspec.Struct]
    make: Callable[..., Awaitable[Tip | Refusal]]
    refusals: tuple[str, ...] = ()


WAYS: Final = (
    Way(
        name="verify",
        summary="查证属实，登记为隐患",
        action=VERIFY,
        command=Verify,
        make=verify_tip,
        refusals=("visited-in-future", "date-too-early"),
    ),
    Way(
        name="correct",
        summary="更正核查记录，隐患确认前随之更正",
        action=VERIFY,
        command=CorrectVerification,
        make=correct_tip,
        refusals=("visited-in-future", "date-too-early", "state-conflict", "handled-by-city", *CORRECT.refusals),
    ),
    Way(
        name="refute",
        summary="查无实据",
        action=VERIFY,
        command=Refute,
        make=partial(move_tip, move=moves.refute),
        refusals=("visited-in-future", "date-too-early"),
    ),
    Way(
        name="tell",
        summary="向举报人反馈结果",
        action=TELL,
        command=Tell,
        make=partial(move_tip, move=moves.tell),
    ),
    Way(
        name="answer",
        summary="答复上级转办",
        action=TELL,
        command=AnswerReferrer,
        make=partial(move_tip, move=moves.answer),
        refusals=("no-answer-due",),
    ),
)


def router(deps: Deps) -> Router:
    """Return one route a move."""
    routes = Router(prefix="/v1", tags=["tips"])
    for way in WAYS:
        routes.add_api_route(
            f"/tips/{{name}}/{way.name}",
            _endpoint(deps, way),
            methods=["POST"],
            summary=way.summary,
            name=f"tip-{way.name}",
            response_model=TipDocument,
            responses=declares(
                "tip-not-found", "tip-state-conflict", "identity-in-text", "vault-not-set-up", *way.refusals
            ),
        )
    return routes


def _endpoint(deps: Deps, way: Way) -> Callable[..., Awaitable[Response]]:
    admitted, given = Depends(allow(way.action)), Depends(sent(way.command))

    async def endpoint(
        name: TipName,
        expecting: Expecting,
        once: Once,
        caller: Caller = admitted,
        command: Any = given,
    ) -> Response:
        await reach_vault(deps.database, name, office=deps.office, caller=caller)
        now = partial(deps.office.acting, caller)

        async def try_it() -> Response:
            async with deps.database.transaction(settings=waiting_at_most(TRY_SECONDS)) as connection:
                await once.begin(connection, caller.account)
                said = accepted(
                    await way.make(connection, name, command, expecting=expecting, office=deps.office, now=now)
                )
                return await once.keep(connection, answer(TipDocument.of(said), version=said.version))

        # A tip, or its hazard, that somebody else holds is waited for without keeping a connection meanwhile.
        return await in_short_tries(deps.office.ledger.clock, try_it)

    return endpoint
