"""`POST /v1/events`: a county's events, one or many, and the answer to each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Final

import msgspec
from fastapi import Depends, Query, Request, Response

from duban_contracts.cloudevents import EnvelopeError, split_batch
from duban_contracts.profile import City
from duban_contracts.refusals import refusal
from duban_contracts.topics import claims_topic
from duban_contracts.validation import MOST_BATCH_EVENTS, envelope_violation
from services.chassis.access.policy import Action, Reach, allow
from services.chassis.access.refusals import Caller
from services.chassis.access.roles import INTEGRATORS
from services.chassis.telemetry import acts, tracing
from services.chassis.web.bodies import read_body
from services.chassis.web.documents import answer
from services.chassis.web.problems import Problem
from services.chassis.web.routes import Router
from services.gateway.intake.documents import Submission, problem_of
from services.gateway.intake.handlers.accept_events import Intake, NotAccepted, accept_events, rehearse_events
from services.gateway.intake.http import describing
from services.gateway.intake.http.allowance import Allowance
from services.gateway.intake.http.reading import Mode, mode_of
from services.gateway.intake.model.claims import Claim, RefusedEvent
from services.gateway.intake.model.examination import Examiner
from services.gateway.intake.model.outcomes import Outcome

RETRY_AFTER_SECONDS: Final = 5

# The key, not the payload, says whose topic is written.
PUBLISH: Final = Action("gateway.intake.publish", "报送事件", roles=INTEGRATORS, reach=Reach.COUNTY)
MayPublish = Annotated[Caller, Depends(allow(PUBLISH))]


async def _incoming(request: Request) -> Request:
    return request


Incoming = Annotated[Request, Depends(_incoming)]


async def _dry_run(
    *, dry_run: Annotated[bool, Query(description="只检查、不受理：答复各条事件会得到的结论，不留任何记录")] = False
) -> bool:
    acts.rehearsing(whether=dry_run)
    return dry_run


DryRun = Annotated[bool, Depends(_dry_run)]


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
    async def receive_events(caller: MayPublish, request: Incoming, *, dry_run: DryRun) -> Response:
        """Take one event or a batch; the answer comes after the broker's ack, with a receipt for each event.

        With `dry_run=true` everything is examined and answered the same way, and nothing is kept or sent on. Only then is
        a report refused as `reference-reserved`: of what is sent the ledger says so, which knows who held one before.
        """
        return await _receive(deps, request, caller, dry_run=dry_run)

    return routes


async def _receive(deps: Deps, request: Request, caller: Caller, *, dry_run: bool) -> Response:
    assert caller.county is not None  # noqa: S101 - Reach.COUNTY
    mode = mode_of(request.headers)
    body = await read_body(request, deps.max_body_bytes)
    documents = _documents(mode, body)
    # A rehearsal costs us an examination, too, but never what the county may send.
    await _spend(deps.allowance, f"{caller.account} (dry run)" if dry_run else caller.account, len(documents))
    topic = claims_topic(caller.county, deps.topic_prefix)
    present = deps.city.present(deps.intake.clock.now())
    examiner = Examiner(caller.county, topic, tracing.current_traceparent(), present, rehearsing=dry_run)
    examined: list[Claim | RefusedEvent]
    if mode is Mode.BINARY:
        examined = [examiner.binary(body, request.headers.raw)]
    else:
        examined = [examiner.structured(document) for document in documents]
    single = mode is not Mode.BATCH
    if dry_run:
        return _answer(await rehearse_events(examined, deps=deps.intake), single=single, dry_run=True)
    try:
        outcomes = await accept_events(examined, county=caller.county, topic=topic, deps=deps.intake)
    except NotAccepted:
        raise Problem("not-accepted", headers={"Retry-After": str(RETRY_AFTER_SECONDS)}) from None
    return _answer(outcomes, single=single)


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


async def _spend(allowance: Allowance, account: str, events: int) -> None:
    wait = await allowance.take(account, events)
    if wait is not None:
        raise Problem("rate-limited", seconds=wait, headers={"Retry-After": str(wait)})


def _answer(outcomes: list[Outcome], *, single: bool, dry_run: bool = False) -> Response:
    """Answer 202 (200 in a dry run), 207, or, when nothing was accepted, a problem that carries the results with it."""
    submission = Submission.of(outcomes, dry_run=dry_run)
    if submission.accepted or not submission.results:
        whole = 200 if dry_run else 202
        return answer(submission, status=207 if submission.rejected else whole)
    members = msgspec.structs.asdict(submission) | {"dry_run": dry_run or None}
    first = outcomes[0]
    if single and isinstance(first, RefusedEvent):
        # The answer is the event's own problem, with all that it says: `receipt_id`, too.
        raise Problem.of(first.refusals[0], **msgspec.structs.asdict(problem_of(first)), **members)
    raise Problem.of(refusal("nothing-accepted", count=submission.rejected), **members)
