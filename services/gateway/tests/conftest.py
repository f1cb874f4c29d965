"""A running gateway on real parts: its own database, its own topics of a city with two counties."""

from __future__ import annotations

import dataclasses
import json
import secrets
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import httpx
import pytest
import pytest_asyncio

from deploy.local.ports import free_ports
from duban_contracts.topics import city_topics
from services.chassis.access import keys as api_keys
from services.chassis.access.principal import Principal
from services.chassis.testing import kafka as chassis_testing
from services.gateway.bootstrap import build
from services.gateway.settings import Settings
from services.gateway.tests.world import COUNTIES, FOREIGN, HOME, World


@pytest.fixture(scope="package")
def profile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The profile of the city with two counties."""
    directory = tmp_path_factory.mktemp("profile")
    regions = [{"code": "140500", "name": "晋城市", "level": "city"}]
    regions += [{"code": code, "name": name, "level": "county"} for code, name in COUNTIES.items()]
    city = {"code": "140500", "name": "晋城市", "timezone": "Asia/Shanghai", "regions": regions}
    (directory / "city.json").write_text(json.dumps(city), encoding="utf-8")
    return directory


@pytest_asyncio.fixture(scope="package")
async def world(postgres_dsn: str, kafka_bootstrap: str, profile: Path) -> AsyncIterator[World]:
    """The gateway as it runs, on Kafka and PostgreSQL, with the keys of two counties, of a regulator and of nobody's county."""
    name, prefix = f"gateway_{secrets.token_hex(4)}", f"g{secrets.token_hex(4)}."
    admin = await asyncpg.connect(postgres_dsn)
    await admin.execute(f"CREATE DATABASE {name}")
    settings = Settings(
        kafka_bootstrap=kafka_bootstrap,
        postgres_dsn=urlunsplit(urlsplit(postgres_dsn)._replace(path=f"/{name}")),
        http_port=free_ports(1)[0],
        topic_prefix=prefix,
        profile=profile,
        allowance_events=1_000_000,
    )
    wanted = [topic for topic in city_topics(COUNTIES, prefix) if "county." in topic.name or "gateway." in topic.name]
    await chassis_testing.create_topics(kafka_bootstrap, [dataclasses.replace(topic, partitions=2) for topic in wanted])
    service = await build(settings)
    keys = {
        "home": Principal("county-140502", "integrator", HOME),
        "foreign": Principal("county-140521", "integrator", FOREIGN),
        "regulator": Principal("regulator-140502-1", "county_regulator", HOME),
        "astray": Principal("county-999999", "integrator", "999999"),
    }
    tokens = {who: api_keys.new_token() for who in keys}
    connection = await asyncpg.connect(settings.postgres_dsn)
    await api_keys.store(connection, [api_keys.NewKey(keys[who], tokens[who]) for who in keys])
    base = f"http://127.0.0.1:{settings.http_port}"
    try:
        async with chassis_testing.running(service), httpx.AsyncClient(base_url=base, timeout=120) as client:
            world = World(settings, client, connection, tokens)
            await chassis_testing.eventually(world.is_up)
            yield world
    finally:
        await connection.close()
        await admin.execute(f"DROP DATABASE {name} WITH (FORCE)")
        await admin.close()
