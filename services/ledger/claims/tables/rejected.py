"""Claims that were refused: kept for good, with their bytes, the reason and the origin (promise P7)."""

from __future__ import annotations

from collections.abc import Sequence
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
_INSERT: Final = f'{_COLUMNS.insert("rejected_claim")} ON CONFLICT (topic, partition, "offset") DO NOTHING'


async def is_kept(connection: Connection, record: RawRecord) -> bool:
    """Say whether this record was refused before: what can't be read has no identity but its origin."""
    return (
        await connection.fetchval(
            'SELECT true FROM rejected_claim WHERE topic = $1 AND partition = $2 AND "offset" = $3',
            record.topic,
            record.partition,
            record.offset,
        )
        is True
    )


async def save(connection: Connection, claims: Sequence[RejectedClaim]) -> None:
    """Keep refused claims; a record that is refused twice is kept once."""
    if claims:
        await connection.execute(_INSERT, *_COLUMNS.arguments(claims))
