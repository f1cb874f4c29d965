"""What HTTP says of claims that wait and claims that were refused."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Self

from msgspec import UNSET, UnsetType

from services.chassis.web.documents import Document


class KeptClaim(Document, frozen=True, kw_only=True):
    """A claim as it is kept: which it is, when the broker took it, and where from (`origin` is topic/partition/offset).

    `value_base64` holds the bytes; it is left out for whoever keeps the machines only.
    """

    id: int
    county: str
    reference: str | None
    event_id: str | None
    source: str | None
    type: str | None
    received_at: datetime
    origin: str
    value_base64: str | UnsetType | None = UNSET

    @classmethod
    def of(cls, row: Mapping[str, Any], *, with_bytes: bool) -> Self:
        """Return the document of a row of `tables.lists`."""
        values = dict(row)
        value: bytes | None = values.pop("value")
        if with_bytes:
            values["value_base64"] = None if value is None else base64.b64encode(value).decode()
        return cls(**values)


class WaitingClaimDocument(KeptClaim, frozen=True, kw_only=True):
    """A claim that waits for its report or its confirmation."""

    waiting_for: str


class RejectedClaimDocument(KeptClaim, frozen=True, kw_only=True):
    """A claim that was refused, and why. What was unreadable has no event id, source, type or reference."""

    code: str
    message: str
    field: str | None
    rule: str | None
    rejected_at: datetime
