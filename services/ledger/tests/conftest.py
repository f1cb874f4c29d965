"""A running ledger on real parts: its own database, its own topics of a city with two counties."""

from __future__ import annotations

import json
import secrets
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import httpx
import pytest
import pytest_asyncio

from deploy.local.ephemeral import free_ports
from duban_contracts.topics import city_topics, county_of
from services.chassis.access import keys as api_keys
from services.chassis.process.clock import SystemClock
from services.chassis.publishing import topics as topic_administration
from services.chassis.storage.database import connect
from services.chassis.storage.schema import migrate
from services.chassis.testing import kafka as chassis_testing
from services.ledger.application.commands import ExecuteCommand
from services.ledger.application.take_claims import TakeClaims
from services.ledger.bootstrap import MIGRATIONS, build
from services.ledger.settings import Settings
from services.ledger.tests.desk import Desk
from services.ledger.tests.world import COUNTIES, FOREIGN, HOME, World, reading

PEOPLE = {
    "city": api_keys.Principal("city-regulator-1", "city_regulator", "140500"),
    "city-2": api_keys.Principal("city-regulator-2", "city_regulator", "140500"),
    "county": api_keys.Principal("regulator-140502-1", "county_regulator", HOME),
    "county-2": api_keys.Principal("regulator-140502-2", "county_regulator", HOME),
    "foreign": api_keys.Principal("regulator-140521-1", "county_regulator", FOREIGN),
    "coal": api_keys.Principal("regulator-140502-3", "county_regulator", HOME, sectors=("coal_mine",)),
    "office": api_keys.Principal("city-office-1", "city_office", "140500"),
    "machine": api_keys.Principal("county-140502", "integrator", HOME),
    "operator": api_keys.Principal("operator-1", "operator", "140500"),
}


@pytest.fixture(scope="package")
def profile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("profile")
    regions = [{"code": "140500", "name": "晋城市", "level": "city"}]
    regions += [{"code": code, "name": name, "level": "county"} for code, name in COUNTIES.items()]
    city = {"code": "140500", "name": "晋城市", "timezone": "Asia/Shanghai", "regions": regions}
    (directory / "city.json").write_text(json.dumps(city), encoding="utf-8")
    return directory


@pytest_asyncio.fixture(scope="package")
async def world(postgres_dsn: str, kafka_bootstrap: str, profile: Path) -> AsyncIterator[World]:
    name, prefix = f"ledger_{secrets.token_hex(4)}", f"l{secrets.token_hex(4)}."
    admin = await asyncpg.connect(postgres_dsn)
    await admin.execute(f"CREATE DATABASE {name}")
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
    service = await build(settings)
    tokens = {who: api_keys.new_token() for who in PEOPLE}
    pool = await asyncpg.create_pool(settings.postgres_dsn, min_size=1, max_size=4)
    async with pool.acquire() as connection:
        await api_keys.store(connection, [api_keys.NewKey(PEOPLE[who], tokens[who]) for who in PEOPLE])
    base = f"http://127.0.0.1:{settings.http_port}"
    try:
        async with (
            reading(kafka_bootstrap, [name for name in names if county_of(name) is None and "dlq" not in name]) as read,
            chassis_testing.running(service),
            httpx.AsyncClient(base_url=base, timeout=30) as client,
        ):
            world = World(settings, service, client, pool, tokens, read)
            await chassis_testing.eventually(world.is_up)
            yield world
    finally:
        await pool.close()
        await admin.execute(f"DROP DATABASE {name} WITH (FORCE)")
        await admin.close()


@pytest_asyncio.fixture
async def desk(database: str) -> AsyncIterator[Desk]:
    """The taking of claims on a fresh database, without Kafka."""
    await migrate(database, MIGRATIONS)
    connected = await connect(database, application_name="test", max_size=20)
    try:
        yield Desk(connected, TakeClaims(SystemClock(), COUNTIES, ""), ExecuteCommand(connected, SystemClock(), ""))
    finally:
        await connected.close()
