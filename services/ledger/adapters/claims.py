"""Claims that wait and claims that were refused."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import asyncpg

from duban_contracts.cloudevents import CloudEvent
from services.chassis.consuming.deliveries import Delivery, RawRecord, Refusal, read
from services.chassis.publishing.outbox import pack_headers, unpack_headers
from services.chassis.storage.database import Connection
from services.ledger.domain.claims import WaitingFor


@dataclass(slots=True)
class WaitingClaim:
    """A claim kept for later. `row_id` is None while it isn't stored; `was` is what the row says."""

    county: str
    reference: str
    delivery: Delivery
    waiting_for: WaitingFor
    row_id: int | None = None
    was: WaitingFor | None = None
    done: bool = False


@dataclass(frozen=True, slots=True)
class RejectedClaim:
    """A refused claim: the record with its bytes, the event as far as it was readable, and the reason."""

    county: str
    record: RawRecord
    event: CloudEvent | None
    reference: str | None
    code: str
    message: str
    field: str | None
    rule: str | None
    rejected_at: datetime


async def waiting_for(
    connection: Connection, references: Sequence[tuple[str, str]]
) -> dict[tuple[str, str], list[WaitingClaim]]:
    """Return the claims that wait under these (county, reference) pairs, in the order they came."""
    rows = await connection.fetch(
        """SELECT waiting_claim.* FROM waiting_claim
             JOIN unnest($1::text[], $2::text[]) AS wanted (county, reference) USING (county, reference)
            ORDER BY id FOR UPDATE OF waiting_claim""",
        [county for county, _ in references],
        [reference for _, reference in references],
    )
    found: dict[tuple[str, str], list[WaitingClaim]] = {}
    for row in rows:
        found.setdefault((row["county"], row["reference"]), []).append(_waiting(row))
    return found


def _waiting(row: asyncpg.Record) -> WaitingClaim:
    record = RawRecord(
        row["topic"],
        row["partition"],
        row["offset"],
        row["received_at"],
        row["key"],
        row["value"],
        unpack_headers(row["headers"]),
    )
    event, data = read(record)
    if event is None or isinstance(data, Refusal):
        raise ValueError(f"waiting claim {row['id']} can no longer be read")
    stage = WaitingFor(row["waiting_for"])
    return WaitingClaim(row["county"], row["reference"], Delivery(record, event, data), stage, row["id"], stage)


async def save_waiting(connection: Connection, claims: Sequence[WaitingClaim]) -> None:
    """Store new waiting claims, note what stored ones now wait for, and remove those that are done."""
    new = [claim for claim in claims if claim.row_id is None and not claim.done]
    moved = [c for c in claims if c.row_id is not None and not c.done and c.was is not c.waiting_for]
    done = [claim.row_id for claim in claims if claim.row_id is not None and claim.done]
    if new:
        await _insert_waiting(connection, new)
    if moved:
        await connection.execute(
            """UPDATE waiting_claim SET waiting_for = new.waiting_for
                 FROM unnest($1::bigint[], $2::text[]) AS new (id, waiting_for)
                WHERE waiting_claim.id = new.id""",
            [claim.row_id for claim in moved],
            [claim.waiting_for for claim in moved],
        )
    if done:
        await connection.execute("DELETE FROM waiting_claim WHERE id = ANY($1::bigint[])", done)


async def _insert_waiting(connection: Connection, claims: Sequence[WaitingClaim]) -> None:
    records = [claim.delivery.record for claim in claims]
    events = [claim.delivery.event for claim in claims]
    await connection.execute(
        """INSERT INTO waiting_claim (county, reference, waiting_for, topic, partition, "offset", received_at,
                                      key, value, headers, event_id, source, type)
           SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::int[], $6::bigint[],
                                $7::timestamptz[], $8::bytea[], $9::bytea[], $10::bytea[], $11::text[],
                                $12::text[], $13::text[])""",
        [claim.county for claim in claims],
        [claim.reference for claim in claims],
        [claim.waiting_for for claim in claims],
        [record.topic for record in records],
        [record.partition for record in records],
        [record.offset for record in records],
        [record.timestamp for record in records],
        [record.key for record in records],
        [record.value for record in records],
        [pack_headers(record.headers) for record in records],
        [event.id for event in events],
        [event.source for event in events],
        [event.type for event in events],
    )


async def is_rejected(connection: Connection, record: RawRecord) -> bool:
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


async def save_rejected(connection: Connection, claims: Sequence[RejectedClaim]) -> None:
    """Keep refused claims for good; a record that is refused twice is kept once."""
    if not claims:
        return
    records = [claim.record for claim in claims]
    await connection.execute(
        """INSERT INTO rejected_claim (county, topic, partition, "offset", received_at, key, value, headers,
                                       event_id, source, type, reference, code, message, field, rule, rejected_at)
           SELECT * FROM unnest($1::text[], $2::text[], $3::int[], $4::bigint[], $5::timestamptz[], $6::bytea[],
                                $7::bytea[], $8::bytea[], $9::text[], $10::text[], $11::text[], $12::text[],
                                $13::text[], $14::text[], $15::text[], $16::text[], $17::timestamptz[])
           ON CONFLICT (topic, partition, "offset") DO NOTHING""",
        [claim.county for claim in claims],
        [record.topic for record in records],
        [record.partition for record in records],
        [record.offset for record in records],
        [record.timestamp for record in records],
        [record.key for record in records],
        [record.value for record in records],
        [pack_headers(record.headers) for record in records],
        [claim.event.id if claim.event else None for claim in claims],
        [claim.event.source if claim.event else None for claim in claims],
        [claim.event.type if claim.event else None for claim in claims],
        [claim.reference for claim in claims],
        [claim.code for claim in claims],
        [claim.message for claim in claims],
        [claim.field for claim in claims],
        [claim.rule for claim in claims],
        [claim.rejected_at for claim in claims],
    )
