"""Fixtures for every test: real Kafka and PostgreSQL, private ones unless the environment names others."""

from __future__ import annotations

import os
import secrets
from typing import TYPE_CHECKING
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import hypothesis
import pytest

from deploy.local import ephemeral

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

pytest_plugins = ["services.chassis.testing.fixtures"]

# A shared machine may be slow at any moment; a test that judges by time judges the neighbour.
hypothesis.settings.register_profile("house", deadline=None)
hypothesis.settings.load_profile("house")

# A test's tier follows from the servers it asks for; nobody has to remember a mark.
_TIERS = {"kafka_bootstrap": "kafka", "postgres_dsn": "postgres"}


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark every test with the servers it needs (`kafka`, `postgres`), or as `pure` when it needs none."""
    for item in items:
        needed = [tier for fixture, tier in _TIERS.items() if fixture in getattr(item, "fixturenames", ())]
        if not needed and not any(item.get_closest_marker(name) for name in ("servers", "chaos", "load")):
            needed = ["pure"]
        for tier in needed:
            item.add_marker(tier)


@pytest.fixture(scope="session")
def kafka_bootstrap() -> Iterator[str]:
    """Address of a Kafka broker: DUBAN_KAFKA_BOOTSTRAP, or one started for this session."""
    if outside := os.environ.get("DUBAN_KAFKA_BOOTSTRAP"):
        yield outside
        return
    with ephemeral.kafka() as cluster:
        yield cluster.bootstrap


@pytest.fixture(scope="session")
def postgres_dsn() -> Iterator[str]:
    """Superuser DSN of a PostgreSQL server: DUBAN_POSTGRES_DSN, or one started for this session."""
    if outside := os.environ.get("DUBAN_POSTGRES_DSN"):
        yield outside
        return
    with ephemeral.postgres() as server:
        yield server.dsn


@pytest.fixture
def make_database(postgres_dsn: str) -> Iterator[Callable[[], str]]:
    """Make fresh databases, as many as the test asks for; each call returns a DSN."""
    made: list[str] = []

    def make() -> str:
        name = f"t_{secrets.token_hex(6)}"
        ephemeral.in_own_loop(_execute(postgres_dsn, f"CREATE DATABASE {name}"))
        made.append(name)
        return urlunsplit(urlsplit(postgres_dsn)._replace(path=f"/{name}"))

    yield make
    for name in made:
        ephemeral.in_own_loop(_execute(postgres_dsn, f"DROP DATABASE IF EXISTS {name} WITH (FORCE)"))


@pytest.fixture
def database(make_database: Callable[[], str]) -> str:
    """DSN of one fresh, empty database, dropped after the test."""
    return make_database()


@pytest.fixture
def topic_prefix() -> str:
    """Return a prefix like `t3fa9c1.` that no other test uses for its topics and consumer groups."""
    return f"t{secrets.token_hex(4)}."


async def _execute(dsn: str, statement: str) -> None:
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()
