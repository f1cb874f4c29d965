"""The edge over HTTP: `POST /v1/events` and the receipts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Final
from uuid import UUID

import msgspec
import structlog
from fastapi import APIRouter, Depends, Query, Request, Response

from duban_contracts.cloudevents import EnvelopeError, split_batch
from duban_contracts.topics import claims_topic
from services.chassis.access.keys import Principal, require
from services.chassis.telemetry import tracing
from services.chassis.web.problems import Problem
from services.gateway.adapters.allowance import Allowance
from services.gateway.adapters.receipt_table import ReceiptTable
from services.gateway.application.accept_events import EventIntake, NotAccepted
from services.gateway.domain.claims import Claim, Refused, malformed
from services.gateway.domain.examination import MAX_BATCH, Examiner
from services.gateway.domain.receipts import ReceiptStatus
from services.gateway.entrypoints import openapi
from services.gateway.entrypoints.documents import (
    ReceiptPage,
    SubmissionDocument,
    plain,
    receipt_of,
    submission_of,
)
from services.gateway.entrypoints.request_body import Mode, binary_attributes, mode_of, read_body

_log = structlog.get_logger(__name__)

RETRY_AFTER_SECONDS: Final = 5

Integrator = Annotated[Principal, Depends(require("integrator"))]


@dataclass(frozen=True, slots=True)
class Edge:
    """What the routes stand on."""

    intake: EventIntake
    receipts: ReceiptTable
    allowance: Allowance
    counties: frozenset[str]
    topic_prefix: str
    max_body_bytes: int


def router(edge: Edge) -> APIRouter:
    """Return the routes of the gateway."""
    routes = APIRouter()

    @routes.post("/v1/events", **openapi.EVENTS)
    async def receive_events(request: Request, principal: Integrator) -> Response:
        """Take one event or a batch; the answer comes after the broker's ack, with a receipt for each event."""
        return await _receive(edge, request, principal)

    @routes.get("/v1/receipts/{receipt_id}", **openapi.RECEIPT)
    async def read_receipt(receipt_id: UUID, principal: Integrator) -> Response:
        """Say where one event stands: queued, recorded or rejected."""
        receipt = await edge.receipts.find(_county(edge, principal), receipt_id)
        if receipt is None:
            raise Problem(404, "receipt-not-found", "没有这张回执。")
        return _json(200, receipt_of(receipt))

    @routes.get("/v1/receipts", **openapi.RECEIPTS)
    async def list_receipts(
        principal: Integrator,
        status: Annotated[ReceiptStatus | None, Query()] = None,
        after: Annotated[int | None, Query(ge=0, le=2**63 - 1)] = None,
        limit: Annotated[int, Query(ge=1, le=500)] = 100,
    ) -> Response:
        """List the county's own receipts, newest first; `after` is the `next` of the page before."""
        receipts = await edge.receipts.newest(_county(edge, principal), status=status, before=after, limit=limit + 1)
        following = str(receipts[limit - 1].position) if len(receipts) > limit else None
        return _json(200, ReceiptPage(items=[receipt_of(item) for item in receipts[:limit]], next=following))

    return routes


async def _receive(edge: Edge, request: Request, principal: Principal) -> Response:
    county = _county(edge, principal)
    mode = mode_of(request.headers)
    body = await read_body(request, edge.max_body_bytes)
    documents = _documents(mode, body)
    await _spend(edge, principal, len(documents))
    topic = claims_topic(county, edge.topic_prefix)
    examiner = Examiner(county, topic, tracing.current_traceparent())
    examined: list[Claim | Refused]
    if mode is Mode.BINARY:
        examined = [examiner.binary(body, binary_attributes(request.headers))]
    else:
        examined = [examiner.structured(document) for document in documents]
    try:
        outcomes = await edge.intake.accept(county, topic, examined)
    except NotAccepted:
        raise _unavailable() from None
    return _answer(submission_of(outcomes), single=mode is not Mode.BATCH)


def _county(edge: Edge, principal: Principal) -> str:
    if principal.area not in edge.counties:
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


async def _spend(edge: Edge, principal: Principal, events: int) -> None:
    wait = await edge.allowance.take(principal.account, events)
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
