"""The JSON document that says where an event stands."""

from __future__ import annotations

from datetime import datetime
from typing import Self
from uuid import UUID

from services.chassis.web.documents import Document
from services.gateway.receipts.model import Receipt, ReceiptStatus


class ReceiptDocument(Document, frozen=True, kw_only=True, omit_defaults=True):
    """A receipt as its county reads it; what is not known is left out.

    `linked_reference` is the hazard's own reference where the claim wrote it otherwise. `number` is that of the hazard,
    or of the task where there is a `task_id`.
    """

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
    task_id: str | None = None
    number: str | None = None
    linked_reference: str | None = None
    code: str | None = None
    message: str | None = None
    field: str | None = None
    rule: str | None = None
    queued_at: datetime | None = None
    answered_at: datetime | None = None

    @classmethod
    def of(cls, receipt: Receipt) -> Self:
        """Return a receipt as its county reads it."""
        return cls(**{name: getattr(receipt, name) for name in cls.__struct_fields__})
