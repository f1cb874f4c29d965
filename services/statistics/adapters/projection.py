"""Writing the books into PostgreSQL: absolute records, and counts that enter exactly once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import msgspec

from services.chassis.storage.database import Connection
from services.statistics.domain.cell import Cell
from services.statistics.domain.record import HazardRecord, Measure, Step

_ENCODER: Final = msgspec.json.Encoder()
_DECODER: Final = msgspec.json.Decoder(HazardRecord)


@dataclass(frozen=True, slots=True)
class Change:
    """A record to be saved; its steps from version `since` on may not be in the database yet."""

    record: HazardRecord
    since: int


@dataclass(frozen=True, slots=True)
class PartitionProgress:
    """How far one partition is: the last offset, its broker time, the newest heartbeat and event it brought."""

    offset: int
    recorded_at: datetime
    applied_through: datetime | None = None
    last_event_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Counted:
    """A count that entered the books just now, and never before."""

    hazard_id: str
    version: int
    measure: Measure
    cell: Cell


def encode(record: HazardRecord) -> bytes:
    """Return the record as the bytes that the stream table and `hazard_fact.record` hold."""
    return _ENCODER.encode(record)


def decode(document: bytes) -> HazardRecord:
    """Return the record from its bytes; raises msgspec.DecodeError."""
    return _DECODER.decode(document)


async def save(connection: Connection, changes: Iterable[Change]) -> list[Counted]:
    """Write the changes inside the caller's transaction; return the counts that are new. Safe to repeat."""
    newest = _newest(changes)
    if not newest:
        return []
    steps = [(change.record.hazard_id, step) for change in newest for step in change.record.steps_from(change.since)]
    await _save_facts(connection, [change.record for change in newest])
    await _save_steps(connection, steps)
    return await _save_flows(connection, steps)


def _newest(changes: Iterable[Change]) -> list[Change]:
    """Return one change a hazard, in order of hazard id so that two writers never lock in opposite order."""
    by_hazard: dict[str, Change] = {}
    for change in changes:
        known = by_hazard.get(change.record.hazard_id)
        since = change.since if known is None else min(known.since, change.since)
        by_hazard[change.record.hazard_id] = Change(change.record, since)
    return [by_hazard[key] for key in sorted(by_hazard)]


def _columns(rows: Sequence[tuple[Any, ...]], width: int) -> list[list[Any]]:
    return [list(column) for column in zip(*rows, strict=True)] if rows else [[] for _ in range(width)]


_FACT: Final = """
INSERT INTO hazard_fact AS known (hazard_id, version, parked, record, county, sector, grade, channel, state, open,
                                  overdue, deadline_on, confirmed_at, closed_at)
SELECT * FROM unnest($1::text[], $2::bigint[], $3::integer[], $4::bytea[], $5::text[], $6::text[], $7::text[],
                     $8::text[], $9::text[], $10::boolean[], $11::boolean[], $12::date[], $13::timestamptz[],
                     $14::timestamptz[])
ON CONFLICT (hazard_id) DO UPDATE SET
    version = excluded.version, parked = excluded.parked, record = excluded.record, county = excluded.county,
    sector = excluded.sector, grade = excluded.grade, channel = excluded.channel, state = excluded.state,
    open = excluded.open, overdue = excluded.overdue, deadline_on = excluded.deadline_on,
    confirmed_at = excluded.confirmed_at, closed_at = excluded.closed_at
WHERE (known.version, known.parked) < (excluded.version, excluded.parked)"""


async def _save_facts(connection: Connection, records: Sequence[HazardRecord]) -> None:
    rows = [_fact(record) for record in records]
    await connection.execute(_FACT, *_columns(rows, 14))


def _fact(record: HazardRecord) -> tuple[Any, ...]:
    head = (record.hazard_id, record.version, len(record.parked), encode(record))
    if not record.steps:
        return (*head, None, None, None, None, None, False, False, None, None, None)
    step = record.steps[-1]
    return (
        *head,
        *_cell(step.cell),
        step.state,
        step.open,
        step.overdue,
        step.deadline_on,
        step.confirmed_at,
        step.closed_at,
    )


def _cell(cell: Cell) -> tuple[str, str, str, str]:
    return cell.county, cell.sector, cell.grade, cell.channel


_STEP: Final = """
INSERT INTO hazard_step (hazard_id, version, day, occurred_at, county, sector, grade, channel, state, open, overdue,
                         deadline_on, confirmed_at, confirmed_on, rectified_on, closed_at, closed_on)
SELECT * FROM unnest($1::text[], $2::bigint[], $3::date[], $4::timestamptz[], $5::text[], $6::text[], $7::text[],
                     $8::text[], $9::text[], $10::boolean[], $11::boolean[], $12::date[], $13::timestamptz[],
                     $14::date[], $15::date[], $16::timestamptz[], $17::date[])
ON CONFLICT DO NOTHING"""


async def _save_steps(connection: Connection, steps: Sequence[tuple[str, Step]]) -> None:
    rows = [
        (
            hazard_id,
            step.version,
            step.day,
            step.occurred_at,
            *_cell(step.cell),
            step.state,
            step.open,
            step.overdue,
            step.deadline_on,
            step.confirmed_at,
            step.confirmed_on,
            step.rectified_on,
            step.closed_at,
            step.closed_on,
        )
        for hazard_id, step in steps
    ]
    await connection.execute(_STEP, *_columns(rows, 17))


# The roll-up counts what RETURNING says was really inserted: a redelivered or replayed event raises nothing.
_FLOW: Final = """
WITH inserted AS (
    INSERT INTO hazard_flow (hazard_id, version, ordinal, measure, day, county, sector, grade, channel)
    SELECT * FROM unnest($1::text[], $2::bigint[], $3::smallint[], $4::text[], $5::date[], $6::text[], $7::text[],
                         $8::text[], $9::text[])
    ON CONFLICT DO NOTHING
    RETURNING *
), rolled AS (
    INSERT INTO daily_flow AS known (day, county, sector, grade, channel, measure, count)
    SELECT day, county, sector, grade, channel, measure, count(*) FROM inserted
    GROUP BY day, county, sector, grade, channel, measure
    ORDER BY day, county, sector, grade, channel, measure
    ON CONFLICT (day, county, sector, grade, channel, measure) DO UPDATE SET count = known.count + excluded.count
)
SELECT hazard_id, version, measure, county, sector, grade, channel FROM inserted"""


async def _save_flows(connection: Connection, steps: Sequence[tuple[str, Step]]) -> list[Counted]:
    rows = [
        (hazard_id, step.version, ordinal, flow.measure.value, step.day, *_cell(flow.cell))
        for hazard_id, step in steps
        for ordinal, flow in enumerate(step.flows)
    ]
    if not rows:
        return []
    inserted = await connection.fetch(_FLOW, *_columns(rows, 9))
    return [
        Counted(
            row["hazard_id"],
            row["version"],
            Measure(row["measure"]),
            Cell(row["county"], row["sector"], row["grade"], row["channel"]),
        )
        for row in inserted
    ]


_PROGRESS: Final = """
INSERT INTO progress AS known (partition, "offset", recorded_at, applied_through, last_event_at)
SELECT * FROM unnest($1::integer[], $2::bigint[], $3::timestamptz[], $4::timestamptz[], $5::timestamptz[])
ON CONFLICT (partition) DO UPDATE SET
    "offset" = greatest(known."offset", excluded."offset"),
    recorded_at = greatest(known.recorded_at, excluded.recorded_at),
    applied_through = greatest(known.applied_through, excluded.applied_through),
    last_event_at = greatest(known.last_event_at, excluded.last_event_at)"""


async def save_progress(connection: Connection, progress: Mapping[int, PartitionProgress]) -> None:
    """Note how far each partition is, in the transaction that took it there."""
    rows = [
        (partition, at.offset, at.recorded_at, at.applied_through, at.last_event_at)
        for partition, at in sorted(progress.items())
    ]
    if rows:
        await connection.execute(_PROGRESS, *_columns(rows, 5))


async def load_record(connection: Connection, hazard_id: str) -> HazardRecord | None:
    """Return the record of a hazard as the database holds it, or None."""
    document = await connection.fetchval("SELECT record FROM hazard_fact WHERE hazard_id = $1", hazard_id)
    return None if document is None else decode(document)


async def open_and_overdue(connection: Connection) -> list[tuple[str, str, int, int]]:
    """Return (county, grade, open, overdue) of the present stock."""
    rows = await connection.fetch(
        """SELECT county, grade, count(*) AS open, count(*) FILTER (WHERE overdue) AS overdue
           FROM hazard_fact WHERE open GROUP BY county, grade"""
    )
    return [(row["county"], row["grade"], row["open"], row["overdue"]) for row in rows]


async def parked_events(connection: Connection) -> int:
    """Return how many events wait for a missing version."""
    return int(await connection.fetchval("SELECT coalesce(sum(parked), 0) FROM hazard_fact WHERE parked > 0"))
