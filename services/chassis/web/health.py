"""Health over HTTP: alive, ready, measured."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from asyncpg import PostgresError
from fastapi import Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from services.chassis.storage.database import Database, is_retryable
from services.chassis.web.documents import Document, answer
from services.chassis.web.routes import Router

Readiness = Callable[[], Awaitable[str | None]]
"""Returns None when ready, else what is missing, in one sentence."""


class Alive(Document, frozen=True, kw_only=True):
    """The event loop turns."""

    status: str


class Ready(Document, frozen=True, kw_only=True):
    """Whether the service can serve; `missing` names what it waits for."""

    status: str
    missing: list[str]


def router(database: Database, readiness: Sequence[Readiness]) -> Router:
    """Return `/healthz`, `/readyz` and `/metrics`."""
    routes = Router(tags=["health"])

    @routes.get("/healthz", summary="存活：事件循环在运转")
    async def healthz() -> Alive:
        return Alive(status="ok")

    @routes.get(
        "/readyz",
        summary="就绪：可以提供服务",
        response_model=Ready,
        responses={503: {"model": Ready, "description": "尚缺 missing 所列"}},
    )
    async def readyz() -> Response:
        missing = [text for check in (_database_ready(database), *readiness) if (text := await check())]
        ready = Ready(status="unready" if missing else "ready", missing=missing)
        return answer(ready, status=503 if missing else 200)

    @routes.get("/metrics", include_in_schema=False)
    async def exposition() -> Response:
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)

    return routes


def _database_ready(database: Database) -> Readiness:
    async def check() -> str | None:
        try:
            async with asyncio.timeout(2), database.acquire() as connection:
                await connection.fetchval("SELECT 1")
        except Exception as error:
            if not is_retryable(error) and not isinstance(error, PostgresError):
                raise
            return f"PostgreSQL: {type(error).__name__}"
        return None

    return check
