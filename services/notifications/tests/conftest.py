"""Notifications on real parts: PostgreSQL, Kafka, an SMTP server and a webhook receiver."""

from __future__ import annotations

import asyncio
import dataclasses
import json
import secrets
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import httpx
import pytest
import pytest_asyncio
import uvicorn
from pydantic import SecretStr

from deploy.local.ephemeral import free_ports
from deploy.local.receivers import hooks, mail
from deploy.local.receivers.store import Store
from duban_contracts.topics import city_topics
from services.chassis.access import keys as api_keys
from services.chassis.storage import database as chassis_database
from services.chassis.storage.schema import migrate
from services.chassis.testing import kafka as chassis_testing
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


TOPICS = ("supervision", "notice")


@dataclasses.dataclass(frozen=True)
class Bench:
    """A city for a module's tests or for one test: settings, receivers, keys; its service is started from it."""

    settings: Settings
    receivers: Receivers
    connection: asyncpg.Connection[asyncpg.Record]
    tokens: dict[str, str]


def profile_in(directory: Path) -> Path:
    """The example city with offices that take, refuse and hesitate, and retries that a test can wait for."""
    shutil.copytree(PROFILE, directory)
    contacts = json.loads((PROFILE / "contacts.json").read_bytes())
    contacts["offices"] = OFFICES
    contacts["retries"] = {"waits_seconds": [0.2, 0.3, 0.4], "jitter": 0.1}
    (directory / "contacts.json").write_text(json.dumps(contacts), encoding="utf-8")
    return directory


@asynccontextmanager
async def receiving(directory: Path) -> AsyncIterator[Receivers]:
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


@asynccontextmanager
async def benched(directory: Path, postgres_dsn: str, kafka_bootstrap: str) -> AsyncIterator[Bench]:
    name, prefix = f"notifications_{secrets.token_hex(4)}", f"n{secrets.token_hex(4)}."
    admin = await asyncpg.connect(postgres_dsn)
    await admin.execute(f"CREATE DATABASE {name}")
    dsn = urlunsplit(urlsplit(postgres_dsn)._replace(path=f"/{name}"))
    await migrate(dsn, MIGRATIONS)
    topics = [topic for topic in city_topics([COUNTY], prefix) if any(word in topic.name for word in TOPICS)]
    await chassis_testing.create_topics(kafka_bootstrap, [dataclasses.replace(t, partitions=2) for t in topics])
    connection = await asyncpg.connect(dsn)
    tokens = {who: api_keys.new_token() for who in PRINCIPALS}
    await api_keys.store(connection, [api_keys.NewKey(PRINCIPALS[who], tokens[who]) for who in tokens])
    try:
        async with receiving(directory / "received") as receivers:
            settings = Settings(
                kafka_bootstrap=kafka_bootstrap,
                postgres_dsn=dsn,
                http_port=free_ports(1)[0],
                topic_prefix=prefix,
                profile=profile_in(directory / "profile"),
                smtp_port=receivers.smtp_port,
                webhook_base=f"http://127.0.0.1:{receivers.webhook_port}",
                webhook_secret=SecretStr(SECRET),
                delivery_lease_seconds=15,
            )
            yield Bench(settings, receivers, connection, tokens)
    finally:
        await connection.close()
        await admin.execute(f"DROP DATABASE {name} WITH (FORCE)")
        await admin.close()


@asynccontextmanager
async def world_on(bench: Bench) -> AsyncIterator[World]:
    """What a test speaks with; the service is started by the caller."""
    base = f"http://127.0.0.1:{bench.settings.http_port}"
    async with httpx.AsyncClient(base_url=base, timeout=30, trust_env=False) as client:
        tag = secrets.token_hex(3)
        yield World(bench.settings, client, bench.connection, bench.tokens, bench.receivers, tag)


@pytest_asyncio.fixture
async def bench(tmp_path: Path, postgres_dsn: str, kafka_bootstrap: str) -> AsyncIterator[Bench]:
    """A city of one test; nothing runs yet."""
    async with benched(tmp_path, postgres_dsn, kafka_bootstrap) as made:
        yield made


@pytest_asyncio.fixture(scope="module")
async def shared(
    tmp_path_factory: pytest.TempPathFactory, postgres_dsn: str, kafka_bootstrap: str
) -> AsyncIterator[Bench]:
    """A city with its running service, for all tests of a module."""
    directory = tmp_path_factory.mktemp("city")
    async with benched(directory, postgres_dsn, kafka_bootstrap) as made:
        service = await build(made.settings)
        async with chassis_testing.running(service):
            async with world_on(made) as world:
                await chassis_testing.eventually(world.is_up)
            yield made


@pytest_asyncio.fixture
async def world(shared: Bench) -> AsyncIterator[World]:
    """The running service as one test sees it: its own hazards, letters, mails and notices."""
    async with world_on(shared) as made:
        yield made


@pytest_asyncio.fixture
async def bare(database: str) -> AsyncIterator[chassis_database.Database]:
    """Only the tables."""
    await migrate(database, MIGRATIONS)
    opened = await chassis_database.connect(database, application_name="test", max_size=12)
    yield opened
    await opened.close()
