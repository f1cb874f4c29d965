"""The JSON documents that say where an event stands."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import msgspec

from services.gateway.receipts.model import Receipt, ReceiptStatus


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


def receipt_of(receipt: Receipt) -> ReceiptDocument:
    """Return a receipt as its county reads it."""
    known = {name: getattr(receipt, name) for name in ReceiptDocument.__struct_fields__}
    return ReceiptDocument(**known)
