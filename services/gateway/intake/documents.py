"""The JSON documents that say what became of a request's events."""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any, Final, Literal
from uuid import UUID

import msgspec

from services.gateway.intake.model.claims import Refusal, RefusalCode
from services.gateway.intake.model.outcomes import Outcome, Queued

STATUS_OF: Final[dict[RefusalCode, int]] = {
    RefusalCode.INVALID_EVENT: 422,
    RefusalCode.UNKNOWN_EVENT_TYPE: 422,
    RefusalCode.NOT_A_CLAIM: 422,
    RefusalCode.INVALID_PAYLOAD: 422,
    RefusalCode.EVENT_TOO_LARGE: 422,
    RefusalCode.COUNTY_MISMATCH: 403,
    RefusalCode.EVENT_ID_REUSED: 409,
}


class ErrorDocument(msgspec.Struct, frozen=True, kw_only=True):
    """One broken rule; an event may break several."""

    code: str
    field: str
    rule: str
    detail: str


class ProblemDocument(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Why one event was refused, as RFC 9457 words it."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    field: str | None = None
    rule: str | None = None
    receipt_id: UUID | None = None
    errors: tuple[ErrorDocument, ...] = ()


class ResultDocument(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What became of one event; `index` counts from 0 in the order sent."""

    index: int
    status: Literal["queued", "rejected"]
    id: str | None = None
    receipt_id: UUID | None = None
    problem: ProblemDocument | None = None


class SubmissionDocument(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a request's events."""

    accepted: int
    rejected: int
    results: list[ResultDocument]


def problem_of(refusal: Refusal) -> ProblemDocument:
    """Return a refusal as a problem document."""
    return ProblemDocument(
        type=f"urn:duban:problem:{refusal.code}",
        title=HTTPStatus(STATUS_OF[refusal.code]).phrase,
        status=STATUS_OF[refusal.code],
        detail=refusal.message,
        code=refusal.code,
        field=refusal.field,
        rule=refusal.rule,
        receipt_id=refusal.receipt_id,
        errors=tuple(
            ErrorDocument(code=broken.code, field=broken.field, rule=broken.rule, detail=broken.message)
            for broken in refusal.violations
        ),
    )


def submission_of(outcomes: Sequence[Outcome]) -> SubmissionDocument:
    """Return what became of each event."""
    results = [_result_of(index, outcome) for index, outcome in enumerate(outcomes)]
    accepted = sum(result.status == "queued" for result in results)
    return SubmissionDocument(accepted=accepted, rejected=len(results) - accepted, results=results)


def _result_of(index: int, outcome: Outcome) -> ResultDocument:
    if isinstance(outcome, Queued):
        return ResultDocument(index=index, id=outcome.event_id, receipt_id=outcome.receipt_id, status="queued")
    return ResultDocument(index=index, id=outcome.event_id, status="rejected", problem=problem_of(outcome.refusal))


def plain(value: Any) -> Any:
    """Return a document as plain JSON types."""
    return msgspec.to_builtins(value)
