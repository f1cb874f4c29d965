"""Claims that came before what they need."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from operator import attrgetter, itemgetter
from typing import Final

import asyncpg

from duban_contracts.catalogue import EventData
from services.chassis.consuming.deliveries import Delivery, RawRecord, read
from services.chassis.publishing.outbox import pack_headers, unpack_headers
from services.chassis.storage.columns import Columns
from services.chassis.storage.database import Connection
from services.ledger.claims.model.decisions import WaitingFor
from services.ledger.hazards.model import Hazard
from services.ledger.hazards.tables.hazard_rows import Reference


@dataclass(slots=True)
class WaitingClaim:
    """A claim kept for later, under the reference as it is written and as references are compared.

    `row_id` and `stored_stage` say what its row holds; both are None while it has none.
    """

    county: str
    reference: str
    reference_key: str
    delivery: Delivery
    waiting_for: WaitingFor
    row_id: int | None = None
    stored_stage: WaitingFor | None = None
    done: bool = False


_COLUMNS: Final = Columns[WaitingClaim](
    {
        "county": "text",
        "reference": "text",
        "reference_key": "text",
        "waiting_for": "text",
        "topic": ("text", "delivery.record.topic"),
        "partition": ("integer", "delivery.record.partition"),
        "offset": ("bigint", "delivery.record.offset"),
        "received_at": ("timestamptz", "delivery.record.timestamp"),
        "key": ("bytea", "delivery.record.key"),
        "value": ("bytea", "delivery.record.value"),
        "headers": ("bytea", lambda claim: pack_headers(claim.delivery.record.headers)),
        "event_id": ("text", "delivery.event.id"),
        "source": ("text", "delivery.event.source"),
        "type": ("text", "delivery.event.type"),
    }
)
_REFERENCES: Final = Columns[Reference]({"county": ("text", itemgetter(0)), "reference_key": ("text", itemgetter(1))})
_STAGES: Final = Columns[WaitingClaim]({"id": ("bigint", attrgetter("row_id")), "waiting_for": "text"})
_SELECT: Final = f"""
SELECT waiting_claim.* FROM waiting_claim JOIN {_REFERENCES.rows("wanted")} USING (county, reference_key)
 ORDER BY id FOR UPDATE OF waiting_claim"""  # noqa: S608
_INSERT: Final = _COLUMNS.insert("waiting_claim")
_MOVE_ON: Final = _STAGES.update("waiting_claim", ["id"])


async def under(connection: Connection, references: Iterable[Reference]) -> dict[Reference, list[WaitingClaim]]:
    """Return the claims that wait under these references, in the order they came, locked."""
    found: dict[Reference, list[WaitingClaim]] = {}
    for row in await connection.fetch(_SELECT, *_REFERENCES.arguments(references)):
        found.setdefault((row["county"], row["reference_key"]), []).append(_claim_of(row))
    return found


async def save(connection: Connection, claims: Sequence[WaitingClaim]) -> None:
    """Store new waiting claims, note what stored ones now wait for, and remove those that are done."""
    new = [claim for claim in claims if claim.row_id is None and not claim.done]
    stored = [claim for claim in claims if claim.row_id is not None]
    moved = [claim for claim in stored if not claim.done and claim.stored_stage is not claim.waiting_for]
    done = [claim.row_id for claim in stored if claim.done]
    if new:
        await connection.execute(_INSERT, *_COLUMNS.arguments(new))
    if moved:
        await connection.execute(_MOVE_ON, *_STAGES.arguments(moved))
    if done:
        await connection.execute("DELETE FROM waiting_claim WHERE id = ANY($1::bigint[])", done)


async def rehome(connection: Connection, hazard: Hazard, home: Hazard) -> None:
    """Let what waits under the reference of `hazard` wait under that of `home`, wherever it waits now, in one county."""
    await connection.execute(
        "UPDATE waiting_claim SET reference_key = $3 WHERE county = $1 AND folded_reference(reference) = $2",
        hazard.county,
        hazard.reference_key,
        home.reference_key,
    )


async def count_by_county(connection: Connection) -> dict[str, int]:
    """Return how many claims wait, by county."""
    rows = await connection.fetch("SELECT county, count(*) AS number FROM waiting_claim GROUP BY county")
    return {row["county"]: row["number"] for row in rows}


def _claim_of(row: asyncpg.Record) -> WaitingClaim:
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
    if event is None or not isinstance(data, EventData):
        raise ValueError(f"waiting claim {row['id']} can no longer be read")
    stage = WaitingFor(row["waiting_for"])
    return WaitingClaim(
        row["county"], row["reference"], row["reference_key"], Delivery(record, event, data), stage, row["id"], stage
    )
