"""Claims that were refused: kept for good, with their bytes, the reason and the origin (promise P7)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from duban_contracts.cloudevents import CloudEvent
from duban_contracts.refusals import Refusal
from services.chassis.consuming.deliveries import RawRecord
from services.chassis.publishing.outbox import pack_headers
from services.chassis.storage.columns import Columns
from services.chassis.storage.database import Connection


@dataclass(frozen=True, slots=True)
class RejectedClaim:
    """A refused claim: the record with its bytes, the event as far as it was readable, and the reason."""

    county: str
    record: RawRecord
    event: CloudEvent | None
    reference: str | None
    refusal: Refusal
    rejected_at: datetime


_COLUMNS: Final = Columns[RejectedClaim](
    {
        "county": "text",
        "topic": ("text", "record.topic"),
        "partition": ("integer", "record.partition"),
        "offset": ("bigint", "record.offset"),
        "received_at": ("timestamptz", "record.timestamp"),
        "key": ("bytea", "record.key"),
        "value": ("bytea", "record.value"),
        "headers": ("bytea", lambda claim: pack_headers(claim.record.headers)),
        "event_id": ("text", lambda claim: claim.event.id if claim.event else None),
        "source": ("text", lambda claim: claim.event.source if claim.event else None),
        "type": ("text", lambda claim: (claim.event.type or None) if claim.event else None),
        "reference": "text",
        "code": ("text", "refusal.code"),
        "message": ("text", "refusal.message"),
        "field": ("text", "refusal.field"),
        "rule": ("text", "refusal.rule"),
        "rejected_at": "timestamptz",
    }
)
_PLACES: Final = Columns[RawRecord]({"topic": "text", "partition": "integer", "offset": "bigint"})
_KEPT: Final = f"SELECT {_PLACES.names} FROM rejected_claim JOIN {_PLACES.rows('place')} USING ({_PLACES.names})"  # noqa: S608
_INSERT: Final = f'{_COLUMNS.insert("rejected_claim")} ON CONFLICT (topic, partition, "offset") DO NOTHING'


async def kept(connection: Connection, records: Sequence[RawRecord]) -> Collection[str]:
    """Return the origins of those that were refused before: what can't be read has no identity but its origin."""
    rows = await connection.fetch(_KEPT, *_PLACES.arguments(records))
    return {f"{row['topic']}/{row['partition']}/{row['offset']}" for row in rows}


async def save(connection: Connection, claims: Sequence[RejectedClaim]) -> None:
    """Keep refused claims; a record that is refused twice is kept once."""
    if claims:
        await connection.execute(_INSERT, *_COLUMNS.arguments(claims))
