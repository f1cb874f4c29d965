"""`POST /v1/events`: a county's events, one or many, and the answer to each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Final

import msgspec
from fastapi import Depends, Request, Response

from duban_contracts.cloudevents import EnvelopeError, split_batch
from duban_contracts.profile import City
from duban_contracts.refusals import refusal
from duban_contracts.topics import claims_topic
from duban_contracts.validation import MOST_BATCH_EVENTS, envelope_violation
from services.chassis.access.policy import Action, Reach, allow
from services.chassis.access.refusals import Caller
from services.chassis.access.roles import INTEGRATORS
from services.chassis.telemetry import tracing
from services.chassis.web.documents import answer
from services.chassis.web.problems import Problem
from services.chassis.web.routes import Router
from services.gateway.intake.documents import Submission, problem_of
from services.gateway.intake.handlers import Intake, NotAccepted, accept_events
from services.gateway.intake.http import describing
from services.gateway.intake.http.allowance import Allowance
from services.gateway.intake.http.reading import Mode, mode_of, read_body
from services.gateway.intake.model.claims import Claim, Refused
from services.gateway.intake.model.examination import Examiner
from services.gateway.intake.model.outcomes import Outcome

RETRY_AFTER_SECONDS: Final = 5

# The key, not the payload, says whose topic is written.
PUBLISH: Final = Action("gateway.intake.publish", "报送事件", roles=INTEGRATORS, reach=Reach.COUNTY)
MayPublish = Annotated[Caller, Depends(allow(PUBLISH))]


async def _incoming(request: Request) -> Request:
    return request


Incoming = Annotated[Request, Depends(_incoming)]


@dataclass(frozen=True, slots=True)
class Deps:
    """Dependencies of the route."""

    intake: Intake
    allowance: Allowance
    city: City
    topic_prefix: str
    max_body_bytes: int


def router(deps: Deps) -> Router:
    """Return the route by which events come in."""
    routes = Router(prefix="/v1", tags=["events"])

    @routes.post("/events", **describing.EVENTS)
    async def receive_events(caller: MayPublish, request: Incoming) -> Response:
        """Take one event or a batch; the answer comes after the broker's ack, with a receipt for each event."""
        return await _receive(deps, request, caller)

    return routes


async def _receive(deps: Deps, request: Request, caller: Caller) -> Response:
    assert caller.county is not None  # noqa: S101 - Reach.COUNTY
    mode = mode_of(request.headers)
    body = await read_body(request, deps.max_body_bytes)
    documents = _documents(mode, body)
    await _spend(deps.allowance, caller, len(documents))
    topic = claims_topic(caller.county, deps.topic_prefix)
    present = deps.city.present(deps.intake.clock.now())
    examiner = Examiner(caller.county, topic, tracing.current_traceparent(), present)
    examined: list[Claim | Refused]
    if mode is Mode.BINARY:
        examined = [examiner.binary(body, request.headers.raw)]
    else:
        examined = [examiner.structured(document) for document in documents]
    try:
        outcomes = await accept_events(examined, county=caller.county, topic=topic, deps=deps.intake)
    except NotAccepted:
        raise Problem("not-accepted", headers={"Retry-After": str(RETRY_AFTER_SECONDS)}) from None
    return _answer(outcomes, single=mode is not Mode.BATCH)


def _documents(mode: Mode, body: bytes) -> list[bytes | msgspec.Raw]:
    if mode is not Mode.BATCH:
        return [body]
    try:
        documents = split_batch(body)
    except EnvelopeError as error:
        if error.code == "bad-encoding":
            raise Problem.of(envelope_violation(error)) from error
        raise Problem("malformed-batch", field="$", rule=error.rule) from error
    if len(documents) > MOST_BATCH_EVENTS:
        raise Problem("batch-too-large", limit=MOST_BATCH_EVENTS)
    return list(documents)


async def _spend(allowance: Allowance, caller: Caller, events: int) -> None:
    wait = await allowance.take(caller.account, events)
    if wait is not None:
        raise Problem("rate-limited", seconds=wait, headers={"Retry-After": str(wait)})


def _answer(outcomes: list[Outcome], *, single: bool) -> Response:
    """Answer 202, 207, or, when nothing was accepted, a problem that carries the results with it."""
    submission = Submission.of(outcomes)
    if submission.accepted or not submission.results:
        return answer(submission, status=207 if submission.rejected else 202)
    members = msgspec.structs.asdict(submission)
    first = outcomes[0]
    if single and isinstance(first, Refused):
        raise Problem.of(first.refusals[0], errors=problem_of(first).errors, **members)
    raise Problem.of(refusal("nothing-accepted", count=submission.rejected), **members)
