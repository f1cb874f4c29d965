"""The JSON documents that the gateway answers with."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from http import HTTPStatus
from typing import Any, Final, Literal
from uuid import UUID

import msgspec

from services.gateway.application.accept_events import Outcome, Queued
from services.gateway.domain.claims import Refusal, RefusalCode
from services.gateway.domain.receipts import Receipt, ReceiptStatus

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


class ReceiptDocument(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A receipt as its county reads it; what is not known is left out."""

    receipt_id: UUID
    status: ReceiptStatus
    event_id: str | None = None
    source: str | None = None
    type: str | None = None
    reference: str | None = None
    origin: str | None = None
    waiting_for: str | None = None
    outcome: str | None = None
    hazard_id: str | None = None
    number: str | None = None
    code: str | None = None
    message: str | None = None
    field: str | None = None
    rule: str | None = None
    queued_at: datetime | None = None
    answered_at: datetime | None = None


class ReceiptPage(msgspec.Struct, frozen=True, kw_only=True):
    """Receipts, newest first; `next` is the `after` of the following page."""

    items: list[ReceiptDocument]
    next: str | None


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
            ErrorDocument(code=broken.code, field=broken.field, rule=broken.rule, detail=broken.message_zh)
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


def receipt_of(receipt: Receipt) -> ReceiptDocument:
    """Return a receipt as its county reads it."""
    known = {name: getattr(receipt, name) for name in ReceiptDocument.__struct_fields__}
    return ReceiptDocument(**known)


def plain(value: Any) -> Any:
    """Return a document as plain JSON types."""
    return msgspec.to_builtins(value)
