"""What HTTP says of letters. No address of an office stands in it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from uuid import UUID

from duban_contracts.events.types import LetterKindCode, Subject
from services.chassis.web.documents import Document
from services.notifications.delivery.documents import DeliveryDocument
from services.notifications.letters.model.letter import Letter, LetterState


class LetterDocument(Document, frozen=True, kw_only=True):
    """A letter without its text. `about` is what it is about; `due_on` the last day of what it asks for.

    `acknowledged_…` is the receiving office's receipt, `enterprise_acknowledged_…` that of the enterprise's principal.
    `recalled_at` says since when it no longer holds: its deadline had been set wrongly.
    """

    letter_id: UUID
    number: str
    kind: LetterKindCode
    title: str
    about: Subject
    county: str
    township: str | None
    sector: str | None
    unit: str
    enterprise: str | None
    addressee: str | None
    addressee_unit: str | None
    due_on: date | None
    issued_at: datetime
    state: LetterState
    acknowledged_at: datetime | None
    acknowledged_by: str | None
    enterprise_acknowledged_at: datetime | None
    enterprise_acknowledged_by: str | None
    recalled_at: datetime | None

    @classmethod
    def of(cls, letter: Letter) -> LetterDocument:
        """Return a letter as people see it in a list."""
        return cls(**{name: getattr(letter, name) for name in cls.__struct_fields__})


class WholeLetterDocument(LetterDocument, frozen=True, kw_only=True):
    """A letter with its text, its deliveries and every attempt."""

    body: str
    deliveries: list[DeliveryDocument]

    @classmethod
    def whole(cls, letter: Letter, deliveries: Iterable[DeliveryDocument]) -> WholeLetterDocument:
        """Return a letter as its reader sees it."""
        shown = {name: getattr(letter, name) for name in LetterDocument.__struct_fields__}
        return cls(**shown, body=letter.body, deliveries=list(deliveries))
