"""The table of alarms at its size: millions armed ahead, and those that fall due while somebody measures."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import asyncpg

from duban_contracts.cloudevents import CloudEvent
from duban_contracts.codec import decode
from duban_contracts.deadlines.calendar import load_days, load_policy
from duban_contracts.testing.calendar import ZONE
from duban_contracts.testing.stories import confirmed
from duban_contracts.topics import PARTITIONS, TopicFamily
from services.chassis.consuming.deliveries import Delivery, RawRecord
from services.scheduler.alarms.tables import BATCH, SESSION_SETTINGS
from services.scheduler.clocks.events import TakeHazards
from services.scheduler.clocks.model.policy import policy_of
from tests.load import armed_tasks
from tests.load.due import Due
from tests.load.rig import COUNTIES, PROFILE

_TEMPLATE: Final = "template"
_FAR: Final = timedelta(days=3650)
_BEAT_SECONDS: Final = 1.0

# $1 how many subjects, $2 first instant. Ids are scattered, as real ones are, and so are instants: the table's order says
# nothing about what falls due next. Each subject has its 督办逾期 and one reminder ahead of it.
_FILL: Final = """
INSERT INTO alarm (subject_kind, subject_id, subject_number, deadline_number, kind, days_before, deadline_on, fires_at,
                   due_at, state)
SELECT 'hazard', md5(n::text), 'JC-' || n, 1, kind, CASE kind WHEN 'overdue' THEN 0 ELSE 3 END, due::date,
       CASE kind WHEN 'overdue' THEN due ELSE due - interval '3 days' END, due, 'armed'
  FROM generate_series(1, $1::int) AS n,
       LATERAL (SELECT $2::timestamptz + interval '5 days'
                       + (n::bigint * 7919 % $1) * (interval '365 days' / $1) AS due) AS its,
       unnest(ARRAY['overdue', 'due_soon']) AS kind
"""
# $1 series, $2 how many, $3 first instant, $4 time between two, $5 kind of subject; of clocks the hazard they copy, $6 counties
_DUE: Final = """
INSERT INTO alarm (subject_kind, subject_id, subject_number, deadline_number, kind, days_before, deadline_on, fires_at,
                   due_at, state)
SELECT $5, md5($1 || n), $1 || n, 1, 'overdue', 0, at::date, at, at, 'armed'
  FROM generate_series(0, $2::int - 1) AS n, LATERAL (SELECT $3::timestamptz + n * $4::interval AS at) AS its
"""
_CLOCKS: Final = """
INSERT INTO hazard_clock (hazard_id, number, county, sector, township, responsible_unit, enterprise_uscc, version, state,
                          deadline_number, outcome, due_at, reckoning, facts, event_id, correlation_id, traceparent)
SELECT id, $1 || n, its.county, sector, township, responsible_unit, enterprise_uscc, version, 'running', 1, 'open',
       $3::timestamptz + n * $4::interval, jsonb_set(reckoning, '{hazard_id}', to_jsonb(id)),
       jsonb_set(jsonb_set(facts, '{hazard_id}', to_jsonb(id)), '{county}', to_jsonb(its.county)),
       event_id, correlation_id, traceparent
  FROM hazard_clock, generate_series(0, $2::int - 1) AS n,
       LATERAL (SELECT md5($1 || n) AS id, ($6::text[])[1 + n % cardinality($6::text[])] AS county) AS its
 WHERE hazard_id = $5
"""
_STOP: Final = "UPDATE hazard_clock SET state = 'stopped', outcome = 'cancelled' WHERE hazard_id = $1"
# $1 kind of subject, $2 now: the claim alone, as bare as PostgreSQL does it, as many at once as the clock role.
_CLAIM: Final = f"""
UPDATE alarm SET state = 'raised', raised_at = $2
  FROM (SELECT subject_kind, subject_id, deadline_number, kind, days_before FROM alarm
         WHERE subject_kind = $1 AND kind = 'overdue' AND state = 'armed' AND fires_at <= $2
         ORDER BY fires_at LIMIT {BATCH} FOR UPDATE SKIP LOCKED) AS due
 WHERE (alarm.subject_kind, alarm.subject_id, alarm.deadline_number, alarm.kind, alarm.days_before)
     = (due.subject_kind, due.subject_id, due.deadline_number, due.kind, due.days_before)
RETURNING alarm.subject_id
"""  # noqa: S608 - a constant
_HEARD: Final = """
INSERT INTO ledger_heartbeat (partition, applied_through, behind)
SELECT partition, $1, '{}' FROM generate_series(0, $2::int - 1) AS partition
    ON CONFLICT (partition) DO UPDATE SET applied_through = EXCLUDED.applied_through
"""


class _TooLate(Exception):
    """The first deadline would pass before all of them are armed."""


@asynccontextmanager
async def armed(dsn: str, counties: Sequence[str] = COUNTIES) -> AsyncIterator[Armed]:
    """Give the alarms of a scheduler's database, by a session like those of the clock role; hazards are of these counties in turn."""
    connection = await asyncpg.connect(dsn, server_settings=SESSION_SETTINGS)
    try:
        yield Armed(connection, dsn, counties)
    finally:
        await connection.close()


class Armed:
    """The alarms of one scheduler's database."""

    def __init__(self, connection: asyncpg.Connection[Any], dsn: str, counties: Sequence[str]) -> None:
        self._connection = connection
        self._counties = list(counties)
        self._dsn = dsn

    async def now(self) -> datetime:
        """Return the server's time."""
        found: datetime = await self._connection.fetchval("SELECT clock_timestamp()")
        return found

    async def fill(self, alarms: int) -> None:
        """Arm so many alarms, none of which falls due within days. Indexes are dropped before and built again after."""
        await self._template()
        if alarms:
            keys = await self._connection.fetch(
                "SELECT indexname, indexdef FROM pg_indexes WHERE tablename = 'alarm' AND indexname <> 'alarm_pkey'"
            )
            primary = await self._connection.fetchval(
                "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = 'alarm_pkey'"
            )
            for key in keys:
                await self._connection.execute(f"DROP INDEX {key['indexname']}")
            await self._connection.execute("ALTER TABLE alarm DROP CONSTRAINT alarm_pkey")
            await self._connection.execute(_FILL, alarms // 2, await self.now())
            await self._connection.execute(f"ALTER TABLE alarm ADD CONSTRAINT alarm_pkey {primary}")
            for key in keys:
                await self._connection.execute(key["indexdef"])
        await self._connection.execute("VACUUM ANALYZE alarm")
        await self._connection.execute("CHECKPOINT")

    async def _template(self) -> None:
        """Keep the clock of one hazard as the consumer does; those of the others are copies of it."""
        policy = policy_of(load_days(PROFILE, ZONE), load_policy(PROFILE).reminders)
        take = TakeHazards(policy, TopicFamily.SUPERVISION)
        async with self._connection.transaction():
            await take.apply(self._connection, [_delivery(each) for each in confirmed(_TEMPLATE).records()])
            # It is no hazard of its own: nothing is said about it, and no audit misses that.
            await self._connection.execute("DELETE FROM alarm WHERE subject_id = $1", _TEMPLATE)
            await self._connection.execute(_STOP, _TEMPLATE)

    async def arm(self, series: str, number: int, seconds: float) -> Due:
        """Arm the alarms of so many deadlines that pass within `seconds`, with the clocks from which their facts come.

        The first of them passes when all of them stand: where the machine is too slow for that, they are armed anew.
        """
        lead = timedelta(seconds=1 + number / 2000)
        while True:
            due = Due(series, number, await self.now() + lead, timedelta(seconds=seconds / number))
            with suppress(_TooLate):
                async with self._connection.transaction():
                    await self._connection.execute(
                        _CLOCKS, series, number, due.starts_at, due.apart, _TEMPLATE, self._counties
                    )
                    await self._connection.execute(_DUE, series, number, due.starts_at, due.apart, "hazard")
                    if await self.now() >= due.starts_at - lead / 4:
                        raise _TooLate
                return due
            lead *= 2

    async def waits(self, until: datetime, kind: str = "hazard") -> bool:
        """Return whether a deadline until this instant waits for its word, or to be carried to the topic; it counts none."""
        found: bool = await self._connection.fetchval(
            """SELECT EXISTS (SELECT FROM outbox)
                   OR EXISTS (SELECT FROM alarm WHERE subject_kind = $2 AND kind = 'overdue' AND state = 'armed'
                                 AND fires_at <= $1)""",
            until,
            kind,
        )
        return found

    async def end_tasks(self, number: int) -> Due:
        """Let the last day of all tasks that are owed end in some seconds, at one instant."""
        return await armed_tasks.end(self._connection, number)

    async def ledger_is_through(self) -> None:
        """Let everything be known for years: what is measured is the scheduler's own time."""
        await self._connection.execute(_HEARD, await self.now() + _FAR, PARTITIONS)

    @asynccontextmanager
    async def ledger_beats(self) -> AsyncIterator[None]:
        """Let the ledger say once a second that it is up to date, as it does."""
        connection = await asyncpg.connect(self._dsn)

        async def beat() -> None:
            while True:
                await connection.execute(_HEARD, await connection.fetchval("SELECT clock_timestamp()"), PARTITIONS)
                await asyncio.sleep(_BEAT_SECONDS)

        beating = asyncio.create_task(beat())
        try:
            yield
        finally:
            beating.cancel()
            with suppress(asyncio.CancelledError):
                await beating
            connection.terminate()

    async def claim_bare(self, series: str, number: int) -> float:
        """Claim so many due rows in a bare loop, nothing else; return its seconds."""
        at = await self.now()
        await self._connection.execute(_DUE, series, number, at, timedelta(0), "bare")
        claimed, began = 0, time.perf_counter()
        while rows := await self._connection.fetch(_CLAIM, "bare", await self.now()):
            claimed += len(rows)
        took = time.perf_counter() - began
        if claimed != number:
            raise RuntimeError(f"{claimed} of {number} rows were claimed")
        return took


def _delivery(event: CloudEvent) -> Delivery:
    record = RawRecord(TopicFamily.HAZARD, 0, event.aggregateversion or 0, datetime.now(UTC), b"", b"", ())
    return Delivery(record, event, decode(event))
