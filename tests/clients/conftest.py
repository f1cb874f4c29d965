"""A real gateway and a real ledger on real Kafka, for programs of other makes: what a county's vendor talks to."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import httpx
import msgspec
import pytest
import pytest_asyncio

from deploy.local.ports import free_ports
from duban_contracts.profile import City, Level, Region
from duban_contracts.topics import city_topics
from services.chassis.access import keys
from services.chassis.access.principal import Principal
from services.chassis.publishing import topics as topic_administration
from services.chassis.testing import kafka as chassis_testing
from services.gateway import bootstrap as gateway
from services.gateway.settings import Settings as GatewaySettings
from services.ledger import bootstrap as ledger
from services.ledger.settings import Settings as LedgerSettings
from tests.clients.county import COUNTY, County

CITY = City(
    code="140500",
    name="晋城市",
    timezone="Asia/Shanghai",
    regions=(
        Region(code="140500", name="晋城市", level=Level.CITY),
        Region(code=COUNTY, name="城区", level=Level.COUNTY),
    ),
)


@pytest_asyncio.fixture(scope="module")
async def county(
    postgres_dsn: str, kafka_bootstrap: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[County]:
    """The county's side of a platform: addresses, key, topics."""
    prefix = f"c{secrets.token_hex(4)}."
    profile = tmp_path_factory.mktemp("profile")
    (profile / "city.json").write_bytes(msgspec.json.encode(CITY))
    await topic_administration.apply(
        kafka_bootstrap, [topic for topic in city_topics([COUNTY], prefix) if "statistics" not in topic.name]
    )
    async with AsyncExitStack() as stack:
        dsns = [await stack.enter_async_context(_database(postgres_dsn, name)) for name in ("gateway", "ledger")]
        common = {"kafka_bootstrap": kafka_bootstrap, "topic_prefix": prefix, "profile": profile}
        ports = free_ports(2)
        door = GatewaySettings(postgres_dsn=dsns[0], http_port=ports[0], **common)  # type: ignore[arg-type]
        books = LedgerSettings(postgres_dsn=dsns[1], http_port=ports[1], **common)  # type: ignore[arg-type]
        token = keys.new_token()
        await stack.enter_async_context(chassis_testing.running(await gateway.build(door)))
        await stack.enter_async_context(chassis_testing.running(await ledger.build(books)))
        connection = await asyncpg.connect(door.postgres_dsn)
        await keys.store(connection, [keys.NewKey(Principal(f"county-{COUNTY}", "integrator", COUNTY), token)])
        await connection.close()
        url = f"http://127.0.0.1:{door.http_port}"
        client = await stack.enter_async_context(
            httpx.AsyncClient(base_url=url, timeout=120, headers={"Authorization": f"Bearer {token}"})
        )
        found = County(client, kafka_bootstrap, prefix, token)
        await chassis_testing.eventually(found.is_up)
        yield found


class _database:  # noqa: N801 - reads as a function
    """A fresh database while the block runs."""

    def __init__(self, admin_dsn: str, name: str) -> None:
        self._admin_dsn, self._name = admin_dsn, f"{name}_{secrets.token_hex(4)}"

    async def __aenter__(self) -> str:
        self._admin = await asyncpg.connect(self._admin_dsn)
        await self._admin.execute(f"CREATE DATABASE {self._name}")
        return urlunsplit(urlsplit(self._admin_dsn)._replace(path=f"/{self._name}"))

    async def __aexit__(self, *_: object) -> None:
        await self._admin.execute(f"DROP DATABASE {self._name} WITH (FORCE)")
        await self._admin.close()
