"""A city with two counties, and its ledger: in this process on PostgreSQL alone, or running on real Kafka too."""

from __future__ import annotations

import secrets
import shutil
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import httpx
import msgspec
import pytest
import pytest_asyncio

from deploy.local.ports import free_ports
from duban_contracts.topics import city_topics, county_of
from services.chassis.publishing import topics as topic_administration
from services.chassis.storage.database import Database
from services.chassis.testing import kafka as chassis_testing
from services.ledger.bootstrap import build
from services.ledger.checkpoints.handlers.keys import fresh_key
from services.ledger.mechanisms.handlers import FILE as MECHANISMS
from services.ledger.settings import Settings
from services.ledger.tests.in_process import InProcess, in_process, provision
from services.ledger.tests.people import CITY, COUNTIES, give_keys
from services.ledger.tests.vaults import InstalledVault, installed_vault
from services.ledger.tests.world import World, reading

JINCHENG = Path(__file__).parents[3] / "deploy" / "profiles" / "jincheng"


@pytest.fixture(scope="package")
def profile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The profile of the city with two counties."""
    directory = tmp_path_factory.mktemp("profile")
    (directory / "city.json").write_bytes(msgspec.json.encode(CITY))
    shutil.copy(JINCHENG / MECHANISMS, directory)
    return directory


@pytest_asyncio.fixture(scope="package")
async def shared_database(postgres_dsn: str) -> AsyncIterator[str]:
    """DSN of one database for all tests without Kafka; each looks at its own rows only."""
    name = f"ledger_{secrets.token_hex(4)}"
    admin = await asyncpg.connect(postgres_dsn)
    await admin.execute(f"CREATE DATABASE {name}")
    try:
        yield urlunsplit(urlsplit(postgres_dsn)._replace(path=f"/{name}"))
    finally:
        await admin.execute(f"DROP DATABASE {name} WITH (FORCE)")
        await admin.close()


@pytest_asyncio.fixture(scope="package")
async def vault(postgres_dsn: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[InstalledVault]:
    """The vault beside the ledger in this process."""
    async with installed_vault(postgres_dsn, tmp_path_factory.mktemp("vault")) as found:
        yield found


@pytest.fixture(scope="package")
def checkpoint_key(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What checkpoints are signed with."""
    file = tmp_path_factory.mktemp("checkpoints") / "key.pem"
    file.write_bytes(fresh_key())
    return file


@pytest_asyncio.fixture(scope="package")
async def ledger(
    shared_database: str, profile: Path, vault: InstalledVault, checkpoint_key: Path
) -> AsyncIterator[InProcess]:
    """The ledger in this process with its vault, at noon on 1 June 2026."""
    async with in_process(shared_database, profile, vault, checkpoint_key) as found:
        yield found


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Requests wait for what a test holds until it lets go, however slow the machine is."""
    monkeypatch.setattr(Database, "for_a_request", {})


@pytest_asyncio.fixture(scope="package")
async def world(postgres_dsn: str, kafka_bootstrap: str, profile: Path) -> AsyncIterator[World]:
    """The ledger as it runs, on Kafka and PostgreSQL, with a key for everybody and every topic read along."""
    name, prefix = f"ledger_{secrets.token_hex(4)}", f"l{secrets.token_hex(4)}."
    await (admin := await asyncpg.connect(postgres_dsn)).execute(f"CREATE DATABASE {name}")
    settings = Settings(
        kafka_bootstrap=kafka_bootstrap,
        postgres_dsn=urlunsplit(urlsplit(postgres_dsn)._replace(path=f"/{name}")),
        http_port=free_ports(1)[0],
        topic_prefix=prefix,
        profile=profile,
    )
    topics = [topic for topic in city_topics(COUNTIES, prefix) if "statistics" not in topic.name]
    names = [topic.name for topic in topics]
    await topic_administration.apply(kafka_bootstrap, topics)
    await provision(settings.postgres_dsn)
    service = await build(settings)
    pool = await asyncpg.create_pool(settings.postgres_dsn, min_size=1, max_size=4)
    async with pool.acquire() as connection:
        tokens = await give_keys(connection)
    try:
        async with (
            reading(kafka_bootstrap, [name for name in names if county_of(name) is None and "dlq" not in name]) as read,
            chassis_testing.running(service),
            httpx.AsyncClient(base_url=f"http://127.0.0.1:{settings.http_port}", timeout=120) as client,
        ):
            world = World(
                client=client,
                tokens=tokens,
                now=datetime.now(UTC),
                settings=settings,
                service=service,
                pool=pool,
                read=read,
            )
            await chassis_testing.eventually(world.is_up)
            yield world
    finally:
        await pool.close()
        await admin.execute(f"DROP DATABASE {name} WITH (FORCE)")
        await admin.close()
