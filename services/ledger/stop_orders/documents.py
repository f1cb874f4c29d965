"""What HTTP says of stop orders."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Self

from msgspec import Meta

from duban_contracts.days import Zone
from services.chassis.web.documents import Document
from services.chassis.web.paging import Cursor
from services.ledger.stop_orders.model import KeptOrder
from services.ledger.stop_orders.tables import Position


class StopOrderDocument(KeptOrder, Document, frozen=True, kw_only=True):
    """One 责令停产停业 or 停止使用, with its document, what became of it, and how its hazard stands."""

    open: Annotated[bool, Meta(description="尚未准予恢复；在月度清单中指月末仍未恢复")]
    days_open: Annotated[int, Meta(description="自起始之日起的天数，已恢复的算至恢复之日")]

    @classmethod
    def of(cls, kept: KeptOrder, on: date, zone: Zone) -> Self:
        """Return an order as it stood at the end of the city's day `on`."""
        values = {name: getattr(kept, name) for name in KeptOrder.__struct_fields__}
        return cls(**values, open=kept.was_open(on, zone), days_open=kept.days_held(on, zone))


class BySince(Cursor, frozen=True, tag="stop-orders"):
    """Where a page of stop orders ends. The day from which an order holds never changes."""

    since: date
    hazard_id: str
    order: int

    @classmethod
    def of(cls, kept: KeptOrder) -> Self:
        """Return the cursor behind an order."""
        return cls(since=kept.since, hazard_id=kept.hazard_id, order=kept.order)

    @property
    def position(self) -> Position:
        """The position as the table takes it."""
        return self.since, self.hazard_id, self.order
