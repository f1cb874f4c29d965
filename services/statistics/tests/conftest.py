"""One city's statistics on real Kafka and PostgreSQL, in this process or in one that can be killed."""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import shutil
import signal
import sys
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import asyncpg
import pytest

from deploy.local.ephemeral import free_ports
from duban_contracts.cloudevents import CloudEvent
from duban_contracts.topics import city_topics
from services.chassis.process.service import Service
from services.chassis.testing.kafka import create_topics, publish
from services.statistics.bootstrap import build
from services.statistics.settings import Settings

ROOT = Path(__file__).parents[3]
PROFILE = ROOT / "deploy" / "profiles" / "jincheng"


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

    def wipe_table(self) -> None:
        shutil.rmtree(self.settings.data_directory)

    @contextlib.asynccontextmanager
    async def process(self, failpoint: str = "", worker: str = "") -> AsyncIterator[asyncio.subprocess.Process]:
        """Run the service as a process of its own (a further `worker` has its own data); killed if it still runs."""
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
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "services.statistics", cwd=ROOT, env=environment, stdout=asyncio.subprocess.DEVNULL
        )
        try:
            yield process
        finally:
            if process.returncode is None:
                process.send_signal(signal.SIGKILL)
                await process.wait()


@pytest.fixture
def settings(kafka_bootstrap: str, database: str, topic_prefix: str, tmp_path: Path) -> Settings:
    return Settings(
        kafka_bootstrap=kafka_bootstrap,
        postgres_dsn=database,
        topic_prefix=topic_prefix,
        data_directory=tmp_path / "statistics",
        http_port=free_ports(1)[0],
        profile=PROFILE,
        session_seconds=6,
    )


@pytest.fixture
async def bench(settings: Settings) -> Bench:
    bench = Bench(settings)
    await bench.make_topics()
    return bench


@pytest.fixture
def chance() -> random.Random:
    return random.Random(20261121)
