"""`POST /v1/events`: a county's events, one or many, and the answer to each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Final

import msgspec
from fastapi import APIRouter, Depends, Request, Response

from duban_contracts.cloudevents import EnvelopeError, split_batch
from duban_contracts.topics import claims_topic
from services.chassis.access.keys import Principal, require
from services.chassis.telemetry import tracing
from services.chassis.web.problems import Problem
from services.gateway.intake.documents import SubmissionDocument, plain, submission_of
from services.gateway.intake.handlers import Intake, NotAccepted, accept_events
from services.gateway.intake.http import describing
from services.gateway.intake.http.allowance import Allowance
from services.gateway.intake.http.reading import Mode, binary_attributes, mode_of, read_body
from services.gateway.intake.model.claims import Claim, Refused, malformed
from services.gateway.intake.model.examination import MAX_BATCH, Examiner

RETRY_AFTER_SECONDS: Final = 5

Integrator = Annotated[Principal, Depends(require("integrator"))]


@dataclass(frozen=True, slots=True)
class Deps:
    """Dependencies of the route; `counties` are the city's."""

    intake: Intake
    allowance: Allowance
    counties: frozenset[str]
    topic_prefix: str
    max_body_bytes: int


def router(deps: Deps) -> APIRouter:
    """Return the route by which events come in."""
    routes = APIRouter()

    @routes.post("/v1/events", **describing.EVENTS)
    async def receive_events(request: Request, principal: Integrator) -> Response:
        """Take one event or a batch; the answer comes after the broker's ack, with a receipt for each event."""
        return await _receive(deps, request, principal)

    return routes


async def _receive(deps: Deps, request: Request, principal: Principal) -> Response:
    county = _county(deps, principal)
    mode = mode_of(request.headers)
    body = await read_body(request, deps.max_body_bytes)
    documents = _documents(mode, body)
    await _spend(deps, principal, len(documents))
    topic = claims_topic(county, deps.topic_prefix)
    examiner = Examiner(county, topic, tracing.current_traceparent())
    examined: list[Claim | Refused]
    if mode is Mode.BINARY:
        examined = [examiner.binary(body, binary_attributes(request.headers))]
    else:
        examined = [examiner.structured(document) for document in documents]
    try:
        outcomes = await accept_events(examined, county=county, topic=topic, deps=deps.intake)
    except NotAccepted:
        raise _unavailable() from None
    return _answer(submission_of(outcomes), single=mode is not Mode.BATCH)


def _county(deps: Deps, principal: Principal) -> str:
    if principal.area not in deps.counties:
        raise Problem(403, "no-county", "该密钥未绑定本市的县（市、区），不能报送事件。")
    return principal.area


def _documents(mode: Mode, body: bytes) -> list[bytes | msgspec.Raw]:
    if mode is not Mode.BATCH:
        return [body]
    try:
        documents = split_batch(body)
    except EnvelopeError as error:
        refusal = malformed(error)
        raise Problem(422, "malformed-batch", refusal.message, field="$", rule=error.rule) from error
    if len(documents) > MAX_BATCH:
        raise Problem(
            413, "batch-too-large", f"一批最多 {MAX_BATCH} 条事件，请分批发送。", rule=f"events <= {MAX_BATCH}"
        )
    return list(documents)


async def _spend(deps: Deps, principal: Principal, events: int) -> None:
    wait = await deps.allowance.take(principal.account, events)
    if wait is not None:
        raise Problem(
            429,
            "too-many-events",
            f"发送过快，请在 {wait} 秒后重试。",
            headers={"Retry-After": str(wait)},
        )


def _unavailable() -> Problem:
    return Problem(
        503,
        "not-accepted",
        "平台暂时无法受理，事件未获确认；请稍后以相同的事件编号原样重发，不会重复入账。",
        headers={"Retry-After": str(RETRY_AFTER_SECONDS)},
    )


def _answer(submission: SubmissionDocument, *, single: bool) -> Response:
    """Answer 202, 207, or, when nothing was accepted, a problem that carries the results with it."""
    if submission.accepted or not submission.results:
        return _json(207 if submission.rejected else 202, submission)
    problems = [result.problem for result in submission.results if result.problem is not None]
    statuses = {problem.status for problem in problems}
    first = problems[0]
    extra: dict[str, Any] = plain(submission)
    if single:
        raise Problem(first.status, first.code, first.detail, field=first.field, rule=first.rule, **extra)
    raise Problem(
        statuses.pop() if len(statuses) == 1 else 422,
        "nothing-accepted",
        f"{len(problems)} 条事件均未受理，原因见 results。",
        **extra,
    )


def _json(status: int, document: msgspec.Struct) -> Response:
    return Response(msgspec.json.encode(document), status_code=status, media_type="application/json")
