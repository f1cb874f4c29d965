"""A service whose trail is looked at: its callers, and a look into its database."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import asyncpg
import httpx
from fastapi import FastAPI

from services.chassis.storage.database import Database
from services.chassis.storage.trail import FIRST_USE


@dataclass(frozen=True)
class World:
    """The service, its callers, and a look into its database."""

    app: FastAPI
    client: httpx.AsyncClient
    database: Database
    regulator: dict[str, str]
    county: dict[str, str]
    auditor: dict[str, str]
    operator: dict[str, str]

    async def rows(self, where: str = "TRUE") -> list[asyncpg.Record]:
        """Return rows of the trail in the order of their writing, those of this test's keys left out."""
        shown = f"action <> '{FIRST_USE}' AND {where}"
        return await self.fetch(f"SELECT * FROM trail.act WHERE {shown} ORDER BY position")  # noqa: S608

    async def fetch(self, query: str, *values: Any) -> list[asyncpg.Record]:
        """Return rows of the database."""
        async with self.database.acquire() as connection:
            found: list[asyncpg.Record] = await connection.fetch(query, *values)
        return found

    async def flushed(self, where: str = "TRUE") -> list[asyncpg.Record]:
        """Write what is gathered, then return `rows`."""
        await self.app.state.trail.flush()
        return await self.rows(where)
