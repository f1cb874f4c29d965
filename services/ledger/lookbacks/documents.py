"""What HTTP says of look-backs."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Self

from msgspec import Meta

from services.chassis.web.documents import Document
from services.chassis.web.paging import Cursor
from services.ledger.lookbacks.model import ShownLookBack
from services.ledger.lookbacks.tables import Position


class LookBackDocument(ShownLookBack, Document, frozen=True, kw_only=True):
    """One 回头看: of which closure of which hazard, until when (inclusive), and what came of it."""

    late: Annotated[bool, Meta(description="已过期限而未办理")]

    @classmethod
    def of(cls, shown: ShownLookBack, today: date) -> Self:
        """Return a look-back as HTTP shows it on `today`."""
        said = {name: getattr(shown, name) for name in ShownLookBack.__struct_fields__}
        return cls(**said, late=shown.outcome is None and shown.due_on < today)


class ByDueDay(Cursor, frozen=True, tag="look-backs"):
    """Where a page of look-backs ends."""

    due_on: date
    hazard_id: str
    closure: int

    @classmethod
    def of(cls, shown: ShownLookBack) -> Self:
        """Return the cursor behind a look-back."""
        return cls(due_on=shown.due_on, hazard_id=shown.hazard_id, closure=shown.closure)

    @property
    def position(self) -> Position:
        """The position as the table takes it."""
        return self.due_on, self.hazard_id, self.closure
