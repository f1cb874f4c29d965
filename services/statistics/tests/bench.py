"""What the tests of statistics work with: the books in PostgreSQL alone, or the whole service on Kafka."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import AsyncIterator, Sequence
from datetime import date
from pathlib import Path
from typing import Any, Final

import asyncpg

from deploy.local.ports import free_ports
from duban_contracts.cloudevents import CloudEvent
from duban_contracts.testing.stories import Story
from duban_contracts.topics import city_topics
from services.chassis.process.service import Service
from services.chassis.storage.database import Database
from services.chassis.testing.kafka import create_topics, eventually, publish, running
from services.statistics.books.model.changes import Change, Counted
from services.statistics.books.model.record import HazardRecord
from services.statistics.books.tables import records
from services.statistics.bootstrap import build
from services.statistics.recompute.model import books_of
from services.statistics.settings import Settings
from services.statistics.tests.stories import entry_of, fold_all, history_of

ROOT: Final = Path(__file__).parents[3]
ROLES: Final = ("consumer", "relay")
# Characters.
_SAID_LAST: Final = 8000
PROFILE: Final = ROOT / "deploy" / "profiles" / "jincheng"


class Books:
    """Folds and saves events as the stream does, in batches of a chosen size."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.records: dict[str, HazardRecord] = {}

    def fold(self, events: Sequence[CloudEvent]) -> list[Change]:
        """Fold events and return what is to be saved of each."""
        changes = []
        for entry in map(entry_of, events):
            fold_all([entry], self.records)
            changes.append(Change(self.records[entry.hazard_id], entry.version))
        return changes

    async def take(self, events: Sequence[CloudEvent], batch: int = 100) -> list[Counted]:
        """Fold and save events; return the counts that were new."""
        counted: list[Counted] = []
        for start in range(0, len(events), batch):
            changes = self.fold(events[start : start + batch])
            async with self.database.transaction() as connection:
                counted += await records.save(connection, changes)
        return counted

    async def value(self, query: str) -> Any:
        """Return the one value of a query."""
        async with self.database.acquire() as connection:
            return await connection.fetchval(query)

    async def flows(self) -> dict[tuple[date, tuple[str, str, str, str], str], int]:
        """Return the roll-up."""
        async with self.database.acquire() as connection:
            return flows_of(await connection.fetch(ROLL_UP))


ROLL_UP: Final = "SELECT day, county, sector, grade, channel, measure, count FROM daily_flow"


def flows_of(rows: Sequence[asyncpg.Record]) -> dict[tuple[date, tuple[str, str, str, str], str], int]:
    """Return the rows of ROLL_UP as the recomputed books hold them."""
    return {
        (row["day"], (row["county"], row["sector"], row["grade"], row["channel"]), row["measure"]): row["count"]
        for row in rows
    }


class Bench:
    """Topics, a database, a data directory; publishes stories and runs the service."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.topic = f"{settings.topic_prefix}ledger.hazard.v1"

    async def make_topics(self) -> None:
        prefix = self.settings.topic_prefix
        wanted = [self.topic, f"{prefix}statistics-hazards-changelog", f"{prefix}statistics.hazards.dlq.v1"]
        topics = [topic for topic in city_topics([], prefix) if topic.name in wanted]
        await create_topics(self.settings.kafka_bootstrap, topics)

    async def publish(self, events: Sequence[CloudEvent]) -> None:
        await publish(self.settings.kafka_bootstrap, self.topic, events)

    async def service(self) -> Service:
        return await build(self.settings)

    async def fetch(self, query: str, *arguments: object) -> list[asyncpg.Record]:
        connection = await asyncpg.connect(self.settings.postgres_dsn)
        try:
            return list(await connection.fetch(query, *arguments))
        finally:
            await connection.close()

    async def booked(self) -> int:
        try:
            return int((await self.fetch("SELECT count(*) FROM hazard_step"))[0][0])
        except asyncpg.UndefinedTableError:
            return 0

    async def expect_booked(self, number: int) -> None:
        booked = await self.booked()
        assert booked == number, f"{booked} of {number} events are booked"

    async def book(self, number: int, seconds: float = 150) -> None:
        """Run the service in this process until so many events are booked, then stop it cleanly."""
        async with running(await self.service(), *ROLES):
            await eventually(lambda: self.expect_booked(number), seconds)

    async def expect_equal_books(self, city: Sequence[Story]) -> None:
        """Expect the roll-up that the second reckoning makes of the city's history."""
        assert flows_of(await self.fetch(ROLL_UP)) == dict(books_of(history_of(city)).flows)

    def wipe_table(self) -> None:
        shutil.rmtree(self.settings.data_directory)

    @contextlib.asynccontextmanager
    async def process(self, failpoint: str = "", worker: str = "") -> AsyncIterator[asyncio.subprocess.Process]:
        """Run the service as a process of its own (a further `worker` has its own data); killed if it still runs.

        When the block fails, what the process said last is printed, and how it ended where it did.
        """
        environment = os.environ | {
            "DUBAN_KAFKA_BOOTSTRAP": self.settings.kafka_bootstrap,
            "DUBAN_POSTGRES_DSN": self.settings.postgres_dsn,
            "DUBAN_TOPIC_PREFIX": self.settings.topic_prefix,
            "DUBAN_DATA_DIRECTORY": f"{self.settings.data_directory}{worker}",
            "DUBAN_HTTP_PORT": str(free_ports(1)[0]),
            "DUBAN_PROFILE": str(PROFILE),
            "DUBAN_SESSION_SECONDS": str(self.settings.session_seconds),
            "DUBAN_FAILPOINT": failpoint,
        }
        with tempfile.TemporaryFile() as log:
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "services.statistics", cwd=ROOT, env=environment, stdout=log, stderr=log
            )
            try:
                yield process
            except BaseException:
                log.seek(0)
                said = log.read().decode(errors="replace")[-_SAID_LAST:]
                sys.stdout.write(
                    f"a process of statistics ended by {process.returncode} (None: not at all) and said last:\n{said}\n"
                )
                raise
            finally:
                if process.returncode is None:
                    process.send_signal(signal.SIGKILL)
                    await process.wait()
