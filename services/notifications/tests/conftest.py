"""Notifications on real parts: PostgreSQL, Kafka, an SMTP server and a webhook receiver."""

from __future__ import annotations

import asyncio
import dataclasses
import json
import shutil
import socket
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import asyncpg
import httpx
import pytest
import pytest_asyncio
import uvicorn
from pydantic import SecretStr

from deploy.local.receivers import hooks, mail
from deploy.local.receivers.store import Store
from duban_contracts.topics import city_topics
from services.chassis import api_keys
from services.chassis import database as chassis_database
from services.chassis import testing as chassis_testing
from services.chassis.migrations import migrate
from services.notifications.bootstrap import MIGRATIONS, build
from services.notifications.settings import Settings
from services.notifications.tests.world import COUNTY, FOREIGN, OFFICES, PROFILE, SECRET, Receivers, World

PRINCIPALS = {
    "county": api_keys.Principal("county-140502", "integrator", COUNTY, "county_safety_committee"),
    "unit": api_keys.Principal("regulator-140502-1", "county_regulator", COUNTY, "fire_rescue"),
    "sibling": api_keys.Principal("regulator-140502-9", "county_regulator", COUNTY, "education_bureau"),
    "foreign": api_keys.Principal("county-140521", "integrator", FOREIGN, "county_safety_committee"),
    "city": api_keys.Principal("city-office-1", "city_office", "140500"),
    "operator": api_keys.Principal("operator-1", "operator", "140500"),
}


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


@pytest.fixture
def profile(tmp_path: Path) -> Path:
    """The example city with offices that take, refuse and hesitate, and retries that a test can wait for."""
    directory = tmp_path / "profile"
    shutil.copytree(PROFILE, directory)
    contacts = json.loads((PROFILE / "contacts.json").read_bytes())
    contacts["offices"] = OFFICES
    contacts["retries"] = {"waits_seconds": [0.2, 0.3, 0.4], "jitter": 0.1}
    (directory / "contacts.json").write_text(json.dumps(contacts), encoding="utf-8")
    return directory


@pytest_asyncio.fixture
async def receivers(tmp_path: Path) -> AsyncIterator[Receivers]:
    directory = tmp_path / "received"
    smtp = await mail.listen(Store(directory / "mail", ".eml"), host="127.0.0.1", port=0)
    app = hooks.create_app(directory, SECRET)
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="warning", timeout_graceful_shutdown=1))
    serving = asyncio.create_task(server.serve())

    def started() -> None:
        assert server.started

    await chassis_testing.eventually(started)
    webhook_port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield Receivers(directory, smtp.sockets[0].getsockname()[1], webhook_port, app.state.hooks)
    finally:
        server.should_exit = True
        await serving
        smtp.close()


@pytest.fixture
def settings(database: str, kafka_bootstrap: str, topic_prefix: str, profile: Path, receivers: Receivers) -> Settings:
    return Settings(
        kafka_bootstrap=kafka_bootstrap,
        postgres_dsn=database,
        http_port=free_port(),
        topic_prefix=topic_prefix,
        profile=profile,
        smtp_port=receivers.smtp_port,
        webhook_base=f"http://127.0.0.1:{receivers.webhook_port}",
        webhook_secret=SecretStr(SECRET),
        delivery_lease_seconds=15,
    )


@pytest_asyncio.fixture
async def bare(database: str) -> AsyncIterator[chassis_database.Database]:
    """Only the tables."""
    await migrate(database, MIGRATIONS)
    opened = await chassis_database.connect(database, application_name="test", max_size=12)
    yield opened
    await opened.close()


@pytest_asyncio.fixture
async def start(settings: Settings, receivers: Receivers) -> AsyncIterator[Callable[..., object]]:
    """Start the service with some roles (default: all); returns the world around it."""
    topics = [topic for topic in city_topics([COUNTY], settings.topic_prefix) if "county." not in topic.name]
    wanted = [dataclasses.replace(t, partitions=2) for t in topics if "hazard" not in t.name and "task" not in t.name]
    await chassis_testing.create_topics(settings.kafka_bootstrap, wanted)
    await migrate(settings.postgres_dsn, MIGRATIONS)
    connection = await asyncpg.connect(settings.postgres_dsn)
    tokens = {who: api_keys.new_token() for who in PRINCIPALS}
    await api_keys.store(connection, [api_keys.NewKey(PRINCIPALS[who], tokens[who]) for who in tokens])
    base = f"http://127.0.0.1:{settings.http_port}"
    client = httpx.AsyncClient(base_url=base, timeout=30, trust_env=False)
    contexts = []

    async def starter(*roles: str, **changes: object) -> World:
        service = await build(settings.model_copy(update=changes))
        context = chassis_testing.running(service, *roles)
        await context.__aenter__()
        contexts.append(context)
        world = World(settings, client, connection, tokens, receivers)
        if not roles or "http" in roles:
            await chassis_testing.eventually(world.is_up)
        return world

    yield starter
    for context in contexts:
        await context.__aexit__(None, None, None)
    await client.aclose()
    await connection.close()
