"""What HTTP says of deliveries. No address of an office stands in it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from itertools import groupby
from uuid import UUID

import asyncpg
from msgspec import structs

from duban_contracts.events.types import DeliveryChannelCode
from services.chassis.web.documents import Document
from services.notifications.channels.model.answers import Verdict
from services.notifications.delivery.model.delivery import DeliveryState

Row = asyncpg.Record


class AttemptDocument(Document, frozen=True, kw_only=True):
    """One send, in wall time: `verdict` is null while its answer is awaited."""

    attempt: int
    begun_at: datetime
    ended_at: datetime | None
    verdict: Verdict | None
    code: str | None
    detail: str | None

    @classmethod
    def of(cls, row: Row) -> AttemptDocument:
        """Return an attempt's row as people see it."""
        return cls(**{name: row[name] for name in cls.__struct_fields__})


class DeliveryDocument(Document, frozen=True, kw_only=True):
    """One letter over one channel; `code` and `detail` are the channel's own last answer. Times are wall time.

    `history` holds the attempts where one delivery is shown, and is null in lists.
    """

    delivery_id: UUID
    letter_id: UUID
    number: str
    county: str
    unit: str
    addressee: str | None
    channel: DeliveryChannelCode
    state: DeliveryState
    attempts: int
    next_attempt_at: datetime | None
    code: str | None
    detail: str | None
    history: list[AttemptDocument] | None = None

    @classmethod
    def of(cls, row: Row) -> DeliveryDocument:
        """Return a delivery's row as a list shows it."""
        return cls(**{name: row[name] for name in cls.__struct_fields__ if name != "history"})


def with_history(deliveries: Iterable[Row], attempts: Iterable[Row]) -> list[DeliveryDocument]:
    """Return deliveries with their attempts, which come in the order of their deliveries' ids."""
    groups = groupby(attempts, key=lambda row: row["delivery_id"])
    history = {key: [AttemptDocument.of(row) for row in group] for key, group in groups}
    return [
        structs.replace(DeliveryDocument.of(row), history=history.get(row["delivery_id"], [])) for row in deliveries
    ]
