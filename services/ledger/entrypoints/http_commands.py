"""HTTP commands of the ledger: POST /v1/hazards/{name}/{move}. A 200 means committed."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Header, Response

from duban_contracts.events.types import Actor
from services.chassis.access.keys import Principal, require
from services.chassis.web.problems import Problem
from services.ledger.adapters.register import Scope
from services.ledger.application.commands import ExecuteCommand, NoSuchHazard, Refused
from services.ledger.application.scope import scope_of, within
from services.ledger.domain.authority import ROLES
from services.ledger.domain.hazard import Hazard
from services.ledger.domain.refusals import RefusalKind
from services.ledger.domain.transitions import Move
from services.ledger.entrypoints import documents
from services.ledger.entrypoints.documents import HazardDocument, Name
from services.ledger.entrypoints.problems import no_such_hazard, outside_scope

_STATUS: Final = {RefusalKind.INVALID: 422, RefusalKind.FORBIDDEN: 403, RefusalKind.CONFLICT: 409}
_ETAG: Final = re.compile(r'^(?:\*|"([1-9][0-9]*)")$')

IfMatch = Annotated[str | None, Header(description='the version the decision rests on, e.g. "3"')]


_BODIES: Final[Mapping[Move, tuple[type[documents.Body], str]]] = MappingProxyType(
    {
        Move.CONFIRM: (documents.ConfirmBody, "确认：定级、定责任单位、定期限"),
        Move.REJECT: (documents.RejectBody, "不予认定"),
        Move.PLAN: (documents.PlanBody, "报送整改方案"),
        Move.SUBMIT: (documents.SubmitBody, "提交整改完成，进入审核"),
        Move.RETURN: (documents.ReturnBody, "退回整改"),
        Move.CLOSE: (documents.CloseBody, "审核通过，销号"),
        Move.REOPEN: (documents.ReopenBody, "反弹，重新整改"),
        Move.EXTEND: (documents.ExtendBody, "延期"),
        Move.REGRADE: (documents.RegradeBody, "调级"),
    }
)


class Commands:
    """Carries commands from HTTP to the ledger and its refusals back."""

    def __init__(self, execute: ExecuteCommand, counties: Sequence[str]) -> None:
        self._execute = execute
        self._counties = counties

    async def carry_out(self, name: str, body: Any, principal: Principal, if_match: str | None) -> Response:
        """Answer one command; raises Problem."""
        actor = Actor(account=principal.account, role=principal.role, unit=principal.unit)
        admission = _Admission(scope_of(principal, self._counties), _expected_version(if_match))
        try:
            hazard = await self._execute(name, body.command, actor, admission)
        except NoSuchHazard:
            raise no_such_hazard(name) from None
        except Refused as refused:
            raise _problem(refused) from None
        return Response(
            HazardDocument.of(hazard).model_dump_json(),
            media_type="application/json",
            headers={"ETag": f'"{hazard.version}"'},
        )


class _Admission:
    """Checks the locked hazard before anything is decided on it."""

    def __init__(self, scope: Scope, version: int | None) -> None:
        self._scope = scope
        self._version = version

    def __call__(self, hazard: Hazard) -> None:
        if not within(self._scope, hazard):
            raise outside_scope()
        if self._version is not None and self._version != hazard.version:
            raise Problem(
                412,
                "version-mismatch",
                f"隐患已有更新（当前版本 {hazard.version}），请刷新后再操作",
                field="If-Match",
                rule="must be the present version",
                version=hazard.version,
                state=hazard.state,
            )


def _expected_version(if_match: str | None) -> int | None:
    if if_match is None:
        return None
    match = _ETAG.match(if_match)
    if match is None:
        raise Problem(400, "invalid-if-match", "If-Match 应为带双引号的版本号", field="If-Match", rule='"<version>"')
    return int(match.group(1)) if match.group(1) else None


def _problem(refused: Refused) -> Problem:
    refusal, hazard = refused.refusal, refused.hazard
    return Problem(
        _STATUS[refusal.kind],
        refusal.code,
        refusal.message,
        field=refusal.field,
        rule=refusal.rule,
        state=hazard.state,
        version=hazard.version,
    )


def router(execute: ExecuteCommand, counties: Sequence[str]) -> APIRouter:
    """Return one route per move."""
    routes = APIRouter(tags=["commands"])
    commands = Commands(execute, counties)
    for move, (body, summary) in _BODIES.items():
        routes.add_api_route(
            f"/v1/hazards/{{name}}/{move}",
            _endpoint(commands, move, body),
            methods=["POST"],
            summary=summary,
            name=move,
            response_model=HazardDocument,
        )
    return routes


def _endpoint(commands: Commands, move: Move, body_type: type[documents.Body]) -> Callable[..., Awaitable[Response]]:
    async def endpoint(name: Name, body: Any, principal: Any, if_match: IfMatch = None) -> Response:
        return await commands.carry_out(name, body, principal, if_match)

    # FastAPI reads the annotations; the body's model and the roles differ from move to move.
    endpoint.__annotations__ |= {
        "body": body_type,
        "principal": Annotated[Principal, Depends(require(*sorted(ROLES[move])))],
        "if_match": IfMatch,
    }
    return endpoint
