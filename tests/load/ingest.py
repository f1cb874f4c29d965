"""(a) County topic to ledger committed, beside bare PostgreSQL with the same rows and bare Kafka with the same bytes."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

import asyncpg
from aiokafka import AIOKafkaConsumer, TopicPartition

from duban_contracts.cloudevents import CloudEvent
from duban_contracts.topics import COUNTY_PARTITIONS, claims_topic
from services.chassis.testing import kafka as testing
from tests.load import claims
from tests.load.rig import COUNTIES, Rig, Usage

PREFIX = "ingest."
BATCH = 500
_TEMPLATE = "ingest_empty"
_SAMPLE = "ingest_sample"
_GROUP = f"{PREFIX}ledger.claims"
_TOPICS = [claims_topic(county, PREFIX) for county in COUNTIES]
_PATIENCE_SECONDS = 180

# In an order that the foreign keys allow. The ledger's consumer also moves one counter and one progress row a batch.
_TABLES = ("inbox", "hazard", "hazard_history", "outbox")
_COLUMNS = """
SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute
 WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped AND attidentity = '' ORDER BY attnum"""
_FIRST_TO_LAST = """
WITH written AS (SELECT pg_xact_commit_timestamp(xmin) AS at FROM hazard), ends AS (SELECT min(at), max(at) FROM written)
SELECT count(*) FILTER (WHERE at > ends.min) AS after_first, extract(epoch FROM ends.max - ends.min)::float8 AS seconds,
       count(DISTINCT at) AS commits
  FROM written, ends GROUP BY ends.min, ends.max"""


@dataclass(frozen=True)
class Measured:
    """One run: events after the first commit, per second from first to last commit, and the cores used meanwhile."""

    rate: float
    cores: dict[str, float]
    transactions: int


class Ingest:
    """The three ways, run in turn on the same events."""

    def __init__(self, rig: Rig, events: int) -> None:
        self._rig = rig
        self._events = events
        self._inserts: list[tuple[str, list[list[list[Any]]]]] = []
        self.rows_per_event: dict[str, float] = {}
        self.mean_bytes = 0.0

    async def prepare(self) -> None:
        """Publish the events, run the ledger over them once, and keep the rows it wrote. Warms the servers."""
        await self._rig.create_topics(PREFIX)
        await self._rig.create_service_database("ledger", _TEMPLATE)
        events = list(claims.reports(self._events, series="a"))
        self.mean_bytes = sum(len(event.data) for event in events) / len(events)
        by_county: dict[str, list[CloudEvent]] = {county: [] for county in COUNTIES}
        for event in events:
            by_county[claims.county_of(event)].append(event)
        for county, its_events in by_county.items():
            for start in range(0, len(its_events), 5000):
                chunk = its_events[start : start + 5000]
                await testing.publish(self._rig.bootstrap, claims_topic(county, PREFIX), chunk)
        await self._ledger(_SAMPLE, keep=True)
        await self._load_rows()
        await self.bare_postgres("ingest_warm")
        await self.bare_kafka()

    async def ledger(self, database: str) -> Measured:
        """Start the ledger's consumer role and nothing else; from its first commit to its last."""
        return await self._ledger(database, keep=False)

    async def _ledger(self, database: str, *, keep: bool) -> Measured:
        dsn = await self._rig.create_database(database, _TEMPLATE)
        await self._rig.rewind(_GROUP, _TOPICS)
        watcher = await asyncpg.connect(dsn)
        try:
            async with self._rig.service("ledger", dsn, prefix=PREFIX, roles="consumer"):
                before = await self._until(watcher, lambda taken: taken > 0)
                after = await self._until(watcher, lambda taken: taken >= self._events)
            row = await watcher.fetchrow(_FIRST_TO_LAST)
            assert row is not None
        finally:
            await watcher.close()
        if not keep:
            await self._rig.drop_database(database)
        return Measured(row["after_first"] / row["seconds"], before.until(after), row["commits"])

    async def _until(self, watcher: asyncpg.Connection[asyncpg.Record], enough: Callable[[int], bool]) -> Usage:
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while True:
            # The counter of numbers tells it without reading the table that is being written.
            if enough(await watcher.fetchval("SELECT coalesce(sum(last), 0)::int FROM hazard_counter")):
                return self._rig.processor()
            self._rig.check()
            if time.monotonic() > deadline:
                raise TimeoutError("the ledger did not take the events in time")
            await asyncio.sleep(0.1)

    async def _load_rows(self) -> None:
        """Read what the ledger wrote, column by column, in chunks that belong to 500 events."""
        connection = await asyncpg.connect(self._rig.dsn.rpartition("/")[0] + f"/{_SAMPLE}")
        chunks = -(-self._events // BATCH)
        try:
            for table in _TABLES:
                columns = [tuple(row) for row in await connection.fetch(_COLUMNS, table)]
                names = ", ".join(f'"{name}"' for name, _ in columns)
                arrays = ", ".join(f"${nth}::{kind}[]" for nth, (_, kind) in enumerate(columns, start=1))
                order = {"hazard": "hazard_id", "hazard_history": "position", "outbox": "id", "inbox": "identity"}
                rows = await connection.fetch(f"SELECT {names} FROM {table} ORDER BY {order[table]}")  # noqa: S608
                if table == "hazard_history":
                    # A hazard and its first record go together, as the foreign key wants: both by hazard id.
                    rows.sort(key=lambda row: row["hazard_id"])
                self.rows_per_event[table] = len(rows) / self._events
                size = -(-len(rows) // chunks)
                parts = [rows[start : start + size] for start in range(0, len(rows), size)]
                data = [[list(column) for column in zip(*part, strict=True)] for part in parts]
                insert = f"INSERT INTO {table} ({names}) SELECT * FROM unnest({arrays})"  # noqa: S608
                self._inserts.append((insert, data))
        finally:
            await connection.close()
        await self._rig.drop_database(_SAMPLE)

    async def bare_postgres(self, database: str) -> Measured:
        """Insert the same rows into the same tables: 500 events a transaction, one connection, nothing else."""
        dsn = await self._rig.create_database(database, _TEMPLATE)
        connection = await asyncpg.connect(dsn)
        commits: list[float] = []
        before = self._rig.processor()
        try:
            for nth in range(-(-self._events // BATCH)):
                async with connection.transaction():
                    for insert, chunks in self._inserts:
                        if nth < len(chunks):
                            await connection.execute(insert, *chunks[nth])
                commits.append(time.perf_counter())
                if nth == 0:
                    before = self._rig.processor()
            after = self._rig.processor()
            assert await connection.fetchval("SELECT count(*) FROM hazard") == self._events
        finally:
            await connection.close()
        await self._rig.drop_database(database)
        rate = (self._events - BATCH) / (commits[-1] - commits[0])
        return Measured(rate, before.until(after), len(commits))

    async def bare_kafka(self) -> Measured:
        """Read the same records with aiokafka, up to 500 at a time, and do nothing with them."""
        consumer = AIOKafkaConsumer(bootstrap_servers=self._rig.bootstrap, fetch_max_wait_ms=100)
        await consumer.start()
        try:
            partitions = [TopicPartition(topic, number) for topic in _TOPICS for number in range(COUNTY_PARTITIONS)]
            consumer.assign(partitions)
            for partition in partitions:
                consumer.seek(partition, 0)
            read = first = batches = 0
            began, before = time.perf_counter(), self._rig.processor()
            while read < self._events:
                fetched = await consumer.getmany(timeout_ms=1000, max_records=BATCH)
                count = sum(map(len, fetched.values()))
                if not read and count:
                    first, began, before = count, time.perf_counter(), self._rig.processor()
                read += count
                batches += bool(count)
            elapsed = time.perf_counter() - began
            return Measured((read - first) / elapsed, before.until(self._rig.processor()), batches)
        finally:
            await consumer.stop()


async def measure(rig: Rig, *, events: int, rounds: int, say: Callable[[str], None]) -> dict[str, Any]:
    """Return the rounds of the three ways, interleaved A B C A B C …"""
    ingest = Ingest(rig, events)
    await ingest.prepare()
    ways: dict[str, Callable[[int], Awaitable[Measured]]] = {
        "ledger": lambda nth: ingest.ledger(f"ingest_ledger_{nth}"),
        "bare_postgres": lambda nth: ingest.bare_postgres(f"ingest_bare_{nth}"),
        "bare_kafka": lambda _: ingest.bare_kafka(),
    }
    results: dict[str, list[Measured]] = {way: [] for way in ways}
    for nth in range(rounds):
        for way, run in ways.items():
            results[way].append(await run(nth))
        say(f"(a) round {nth + 1}: " + ", ".join(f"{way} {runs[-1].rate:,.0f}/s" for way, runs in results.items()))
    return {
        "events": events,
        "mean_payload_bytes": round(ingest.mean_bytes),
        "rows_per_event": ingest.rows_per_event,
        "rounds": {way: _plain(runs) for way, runs in results.items()},
    }


def _plain(runs: Sequence[Measured]) -> list[dict[str, Any]]:
    return [
        {"events_per_second": round(run.rate), "transactions_or_fetches": run.transactions, "cores": run.cores}
        for run in runs
    ]
