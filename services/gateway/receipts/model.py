"""A receipt follows one county event: queued once the broker has it, then recorded or rejected by who takes it."""

from __future__ import annotations

import enum
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, NamedTuple
from uuid import UUID, uuid5

from duban_contracts.catalogue import EventData
from duban_contracts.events.feedback import ClaimEvent, ClaimRejected, ClaimWaiting, SettledClaim

# Receipts of records that were no readable event: they have no id of their own, only a place in the log.
_ORIGIN_NAMESPACE: Final = UUID("c1b7f0f2-0f6a-5b57-8a55-6f726967696e")


# What only some answers say.
_SAID: Final = (
    "waiting_for",
    "outcome",
    "hazard_id",
    "task_id",
    "number",
    "linked_reference",
    "code",
    "message",
    "field",
    "rule",
)


class ReceiptStatus(enum.StrEnum):
    """Where an event stands: 已入队, 已入账 or 不予受理."""

    QUEUED = "queued"
    RECORDED = "recorded"
    REJECTED = "rejected"


class Stamp(NamedTuple):
    """What is another with every answer to an event."""

    status: ReceiptStatus
    answered_at: datetime | None


@dataclass(frozen=True, slots=True)
class Reservation:
    """An event id that a county wants to use, for the content with this `digest` (SHA-256)."""

    receipt_id: UUID
    county: str
    event_id: str
    source: str
    type: str
    reference: str
    digest: bytes


@dataclass(frozen=True, slots=True)
class Earlier:
    """What is known of an event id that was used before. `digest` is None where only the topic knows its content."""

    digest: bytes | None
    answered: bool


@dataclass(frozen=True, slots=True)
class Answer:
    """What the ledger, or of a task the scheduler, said about one claim; a waiting one is answered but still queued."""

    receipt_id: UUID
    county: str
    origin: str
    status: ReceiptStatus
    answered_at: datetime
    event_id: str | None = None
    source: str | None = None
    type: str | None = None
    reference: str | None = None
    waiting_for: str | None = None
    outcome: str | None = None
    hazard_id: str | None = None
    task_id: str | None = None
    number: str | None = None
    linked_reference: str | None = None
    code: str | None = None
    message: str | None = None
    field: str | None = None
    rule: str | None = None

    def supersedes(self, other: Answer) -> bool:
        """Tell whether this answer stands when both are known, whichever arrived first.

        A final answer outlasts a waiting one; of two of the same kind the later stands, since a replayed dead
        letter is answered again.
        """
        return (self.is_final, self.answered_at) >= (other.is_final, other.answered_at)

    @property
    def is_final(self) -> bool:
        """Tell whether the ledger is done with the claim."""
        return self.status is not ReceiptStatus.QUEUED

    @property
    def stamp(self) -> Stamp:
        """Return what the receipt has of this answer where it stands."""
        return Stamp(self.status, self.answered_at)


@dataclass(frozen=True, slots=True)
class Receipt:
    """One receipt as its county sees it. `queued_at` is None where the county wrote to its topic itself."""

    receipt_id: UUID
    county: str
    position: int
    status: ReceiptStatus
    event_id: str | None
    source: str | None
    type: str | None
    reference: str | None
    origin: str | None
    waiting_for: str | None
    outcome: str | None
    hazard_id: str | None
    task_id: str | None
    number: str | None
    linked_reference: str | None
    code: str | None
    message: str | None
    field: str | None
    rule: str | None
    queued_at: datetime | None
    answered_at: datetime | None

    @property
    def is_final(self) -> bool:
        """Tell whether the ledger is done with the event."""
        return self.status is not ReceiptStatus.QUEUED

    @property
    def stamp(self) -> Stamp:
        """Return what changes with the next answer."""
        return Stamp(self.status, self.answered_at)


def answer_of(data: EventData) -> Answer | None:
    """Return the answer that a feedback event carries, or None for the copies of other events beside them."""
    match data:
        case SettledClaim():
            status = ReceiptStatus.RECORDED
        case ClaimRejected():
            status = ReceiptStatus.REJECTED
        case ClaimWaiting():
            status = ReceiptStatus.QUEUED
        case _:
            return None
    return Answer(
        receipt_id=_receipt_id(data),
        county=data.county,
        origin=data.origin,
        status=status,
        answered_at=data.answered_at.astimezone(UTC),
        event_id=data.claim_id,
        source=data.claim_source,
        type=data.claim_type,
        reference=data.reference,
        **{name: getattr(data, name, None) for name in _SAID},
    )


def is_misnamed(data: EventData) -> bool:
    """Tell whether an answer names a receipt by what is no id of one: a defect of whoever wrote it."""
    return isinstance(data, ClaimEvent) and data.receipt_id is not None and _uuid(data.receipt_id) is None


def _receipt_id(data: ClaimEvent) -> UUID:
    """Return the receipt's id; an unreadable record, or one that is misnamed, gets one from its place in the log."""
    named = None if data.receipt_id is None else _uuid(data.receipt_id)
    return named or uuid5(_ORIGIN_NAMESPACE, data.origin)


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def standing(answers: Iterable[Answer]) -> list[Answer]:
    """Return one answer for each receipt, the one that stands, in order of receipt id."""
    newest: dict[UUID, Answer] = {}
    for answer in answers:
        known = newest.get(answer.receipt_id)
        if known is None or answer.supersedes(known):
            newest[answer.receipt_id] = answer
    return [newest[receipt_id] for receipt_id in sorted(newest)]
