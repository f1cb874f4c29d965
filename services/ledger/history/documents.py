"""What HTTP says of history."""

from __future__ import annotations

from typing import Self

import msgspec

from duban_contracts.codec import lookup
from services.chassis.web.documents import Document
from services.ledger.history.model import ALGORITHM, Record


class HistoryItem(Document, frozen=True, kw_only=True):
    """One event of a hazard: what it was called, what it said, and its digest, chained to the one before."""

    version: int
    event_id: str
    type: str
    title: str
    time: str
    cause_id: str | None
    payload: msgspec.Raw
    digest: str

    @classmethod
    def of(cls, record: Record) -> Self:
        """Return the item of a record."""
        return cls(
            version=record.version,
            event_id=record.event_id,
            type=record.type,
            title=lookup(record.type).title_zh,
            time=record.time,
            cause_id=record.cause_id or None,
            payload=msgspec.Raw(record.payload),
            digest=record.digest.hex(),
        )


class ExportedRecord(Document, frozen=True, kw_only=True, gc=False):
    """One record of the whole history. `payload` is the published JSON as text: the digest is made over its bytes."""

    position: int
    algorithm: str
    hazard_id: str
    version: int
    event_id: str
    type: str
    time: str
    cause_id: str
    payload: str
    digest: str

    @classmethod
    def of(cls, position: int, record: Record) -> Self:
        """Return the record that stands at `position`."""
        return cls(
            position=position,
            algorithm=ALGORITHM,
            hazard_id=record.hazard_id,
            version=record.version,
            event_id=record.event_id,
            type=record.type,
            time=record.time,
            cause_id=record.cause_id,
            payload=record.payload.decode(),
            digest=record.digest.hex(),
        )


class ExportPage(Document, frozen=True, kw_only=True):
    """A page of the whole history; `next` is a position, as each record has one, and null on a page that isn't full."""

    items: list[ExportedRecord]
    next: int | None
