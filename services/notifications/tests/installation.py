"""A city's notifications on real parts: PostgreSQL, Kafka, an SMTP server and a webhook receiver."""

from __future__ import annotations

import asyncio
import json
import secrets
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import httpx
import uvicorn

from deploy.local.ports import free_ports
from deploy.local.receivers import hooks, mail
from deploy.local.receivers.store import Store
from duban_contracts.topics import city_topics
from services.chassis.access import keys
from services.chassis.access.principal import Principal
from services.chassis.access.roles import Role
from services.chassis.storage.schema import migrate
from services.chassis.testing import kafka as chassis_testing
from services.notifications.bootstrap import MIGRATIONS, SLICES
from services.notifications.channels.model.channel import AnyChannel
from services.notifications.settings import Settings
from services.notifications.tests.bench import benches
from services.notifications.tests.world import COUNTY, FOREIGN, OFFICES, PROFILE, SECRET, Receivers, World

BENCHES: Final = benches()
# The unit whose office is reached over every channel.
REACHED: Final = "housing_construction"
ENTERPRISE: Final = "91140502XXXX000192"
PRINCIPALS: Final = {
    "county": Principal("county-140502", Role.INTEGRATOR, COUNTY, "county_safety_committee"),
    "unit": Principal("regulator-140502-1", Role.COUNTY_REGULATOR, COUNTY, "fire_rescue"),
    "sibling": Principal("regulator-140502-9", Role.COUNTY_REGULATOR, COUNTY, "education_bureau"),
    "coal": Principal("regulator-140502-7", Role.COUNTY_REGULATOR, COUNTY, "energy_bureau", ("coal_mine",)),
    "gas": Principal("regulator-140502-8", Role.COUNTY_REGULATOR, COUNTY, "fire_rescue", ("town_gas",)),
    "enterprise": Principal("enterprise-1", Role.ENTERPRISE_PRINCIPAL, COUNTY, enterprise=ENTERPRISE),
    "foreign": Principal("county-140521", Role.INTEGRATOR, FOREIGN, "county_safety_committee"),
    "city": Principal("city-office-1", Role.CITY_OFFICE, "140500"),
    "operator": Principal("operator-1", Role.OPERATOR, "140500"),
}
TOPICS: Final = ("supervision", "task", "notice", "ledger.hazard", "notifications.hazards")


@dataclass(frozen=True)
class Installation:
    """A city for a module's tests or for one test: settings, receivers, keys; its service is started from it."""

    settings: Settings
    channels: tuple[AnyChannel, ...]
    receivers: Receivers
    connection: asyncpg.Connection[asyncpg.Record]
    tokens: dict[str, str]

    @property
    def environment(self) -> dict[str, str]:
        """The same as environment variables, for a process of its own."""
        settings, receivers = self.settings, self.receivers
        return {
            "DUBAN_KAFKA_BOOTSTRAP": settings.kafka_bootstrap,
            "DUBAN_POSTGRES_DSN": settings.postgres_dsn,
            "DUBAN_HTTP_PORT": str(settings.http_port),
            "DUBAN_TOPIC_PREFIX": settings.topic_prefix,
            "DUBAN_PROFILE": str(settings.profile),
            **{name: value for bench in BENCHES for name, value in bench.environment(receivers).items()},
        }


def channels_to(receivers: Receivers) -> tuple[AnyChannel, ...]:
    """The real channels, led to a test's receivers."""
    return tuple(bench.led_to(receivers) for bench in BENCHES)


def profile_in(directory: Path) -> Path:
    """The example city with offices that take, refuse and hesitate, and retries that a test can wait for."""
    shutil.copytree(PROFILE, directory)
    contacts = json.loads((PROFILE / "contacts.json").read_bytes())
    everywhere = {bench.channel.code: bench.taken.replace("{endpoint}", f"{COUNTY}/{REACHED}") for bench in BENCHES}
    reached = {"county": COUNTY, "unit": REACHED, "name": f"测试{REACHED}", "addresses": everywhere}
    contacts["offices"] = [*OFFICES, reached]
    contacts["letters"]["urging"]["channels"] = list(everywhere)
    contacts["retries"] = {"waits_seconds": [0.2, 0.3, 0.4], "jitter": 0.1}
    (directory / "contacts.json").write_text(json.dumps(contacts), encoding="utf-8")
    return directory


@asynccontextmanager
async def receiving(directory: Path) -> AsyncIterator[Receivers]:
    smtp = await mail.listen(Store(directory / "mail", ".eml"), host="127.0.0.1", port=0, bounces=directory / "bounces")
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
async def installed(directory: Path, postgres_dsn: str, kafka_bootstrap: str) -> AsyncIterator[Installation]:
    name, prefix = f"notifications_{secrets.token_hex(4)}", f"n{secrets.token_hex(4)}."
    admin = await asyncpg.connect(postgres_dsn)
    await admin.execute(f"CREATE DATABASE {name}")
    dsn = urlunsplit(urlsplit(postgres_dsn)._replace(path=f"/{name}"))
    await migrate(dsn, MIGRATIONS, SLICES)
    topics = [topic for topic in city_topics([COUNTY], prefix) if any(word in topic.name for word in TOPICS)]
    await chassis_testing.create_topics(kafka_bootstrap, [replace(topic, partitions=2) for topic in topics])
    connection = await asyncpg.connect(dsn)
    tokens = {who: keys.new_token() for who in PRINCIPALS}
    await keys.store(connection, [keys.NewKey(PRINCIPALS[who], tokens[who]) for who in tokens])
    try:
        async with receiving(directory / "received") as receivers:
            settings = Settings(
                kafka_bootstrap=kafka_bootstrap,
                postgres_dsn=dsn,
                http_port=free_ports(1)[0],
                topic_prefix=prefix,
                profile=profile_in(directory / "profile"),
                delivery_lease_seconds=15,
            )
            yield Installation(settings, channels_to(receivers), receivers, connection, tokens)
    finally:
        await connection.close()
        await admin.execute(f"DROP DATABASE {name} WITH (FORCE)")
        await admin.close()


@asynccontextmanager
async def world_on(installation: Installation) -> AsyncIterator[World]:
    """What a test speaks with; the service is started by the caller."""
    base = f"http://127.0.0.1:{installation.settings.http_port}"
    async with httpx.AsyncClient(base_url=base, timeout=120, trust_env=False) as client:
        yield World(
            installation.settings,
            client,
            installation.connection,
            installation.tokens,
            installation.receivers,
            secrets.token_hex(3),
        )
