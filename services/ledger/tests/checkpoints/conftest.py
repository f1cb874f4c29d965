"""The log of a ledger that all share, and of one whose owner the test is."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import pytest
import pytest_asyncio

from services.ledger.tests.checkpoints.log import Log
from services.ledger.tests.in_process import InProcess, in_process


@pytest.fixture
def log(ledger: InProcess, tmp_path: Path, checkpoint_key: Path) -> Log:
    """The log of the shared ledger, and a county's folder that is empty."""
    return Log(ledger, tmp_path, checkpoint_key)


@pytest_asyncio.fixture(scope="package")
async def owned(postgres_dsn: str, profile: Path, checkpoint_key: Path) -> AsyncIterator[InProcess]:
    """A ledger apart from that of the others, which its owner may break."""
    name = f"ledger_{secrets.token_hex(4)}"
    admin = await asyncpg.connect(postgres_dsn)
    await admin.execute(f"CREATE DATABASE {name}")
    dsn = urlunsplit(urlsplit(postgres_dsn)._replace(path=f"/{name}"))
    try:
        async with in_process(dsn, profile, checkpoint_key=checkpoint_key) as ledger:
            yield ledger
    finally:
        await admin.execute(f"DROP DATABASE {name} WITH (FORCE)")
        await admin.close()


@pytest_asyncio.fixture
async def own(owned: InProcess, tmp_path: Path, checkpoint_key: Path) -> Log:
    """The log of a ledger whose owner the test is, with nothing signed or said yet."""
    log = Log(owned, tmp_path, checkpoint_key)
    await log.forget()
    await owned.pool.execute("DELETE FROM outbox")
    return log
