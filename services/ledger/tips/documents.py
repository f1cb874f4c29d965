"""What HTTP says of tips and of look-ups. Only `ReceiveTip` and `ReporterDocument` hold a person's data."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from fastapi import Path
from msgspec import Meta

from services.chassis.web.documents import Document
from services.chassis.web.paging import Cursor
from services.ledger.tips.model.tip import STATES_ZH, Doing, Tip, TipFacts, TipRecord
from services.ledger.tips.moves import Receive
from services.ledger.vault.model.identity import Identity
from services.ledger.vault.model.lookups import Lookup, Reason

TipName = Annotated[str, Path(max_length=64, pattern=r"^[0-9A-Za-z-]+$", description="举报标识或编号")]
"""A tip's id or number, as a path names it."""


class ReceiveTip(Receive, frozen=True, kw_only=True):
    """受理举报: what was reported; `reporter` goes into the vault and is shown by no read. Without it the tip is anonymous."""

    reporter: Identity | None = None


class TipDocument(TipFacts, Document, frozen=True, kw_only=True):
    """One tip; instants are UTC, days the city's."""

    state_zh: str

    @classmethod
    def of(cls, tip: Tip) -> Self:
        """Return the document of a tip."""
        return cls(**{name: getattr(tip, name) for name in TipFacts.__struct_fields__}, state_zh=STATES_ZH[tip.state])


class TipRecordDocument(Document, frozen=True, kw_only=True):
    """What was done to a tip, by which account and when."""

    version: int
    doing: Doing
    at: datetime
    account: str
    text: str

    @classmethod
    def of(cls, record: TipRecord) -> Self:
        """Return the document of a record."""
        return cls(**{name: getattr(record, name) for name in cls.__struct_fields__})


class TipHistory(Document, frozen=True, kw_only=True):
    """Everything that was done to a tip, oldest first."""

    items: list[TipRecordDocument]


class LookupDocument(Document, frozen=True, kw_only=True):
    """A look-up of a reporter's identity, without the identity."""

    lookup_id: str
    tip_id: str
    tip_number: str
    reason: Reason
    note: Annotated[str | None, Meta(description="null outside the tip office")]
    asked_by: str
    asked_at: datetime
    needs_release: bool
    released_by: str | None
    released_at: datetime | None
    readable_until: datetime | None
    read: Annotated[int, Meta(description="how often the identity was shown")]
    last_read_at: datetime | None

    @classmethod
    def of(cls, lookup: Lookup, *, with_note: bool) -> Self:
        """Return the document of a look-up."""
        same = ("lookup_id", "reason", "asked_by", "asked_at", "needs_release", "released_by", "released_at")
        return cls(
            **{name: getattr(lookup, name) for name in same},
            tip_id=lookup.about.subject_id,
            tip_number=lookup.about.number,
            note=lookup.note if with_note else None,
            readable_until=lookup.readable_until,
            read=lookup.read,
            last_read_at=lookup.last_read_at,
        )


class LookupsOfAccount(Document, frozen=True, kw_only=True):
    """How many identities an account asked for, and how often it read one."""

    account: str
    asked: int
    read: int


class LookupCount(Document, frozen=True, kw_only=True):
    """Look-ups within the caller's area, in all and by account."""

    asked: int
    read: int
    accounts: list[LookupsOfAccount]


class ReporterDocument(Document, frozen=True, kw_only=True):
    """Who reported: shown to whoever asked, and recorded each time."""

    lookup: LookupDocument
    reporter: Identity

    def __repr__(self) -> str:
        """Return nothing of it."""
        return "ReporterDocument(…)"


class ByArrival(Cursor, frozen=True, tag="tips"):
    """Where a page of tips ends. Ids grow with time."""

    tip_id: UUID


class ByAsking(Cursor, frozen=True, tag="lookups"):
    """Where a page of look-ups ends. Ids grow with time."""

    lookup_id: UUID
