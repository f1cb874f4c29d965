"""Health over HTTP: alive, ready, measured.

`/readyz` tells the truth about every role of the process; `/readyz/http` about answering requests only, for whoever
decides where requests go: a consumer that can't read its topics takes no command away from anybody.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from fastapi import Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from services.chassis.process.vitals import database_answers
from services.chassis.storage.database import Database
from services.chassis.web.documents import Document, answer
from services.chassis.web.routes import Router

Readiness = Callable[[], Awaitable[str | None]]
"""Returns None when ready, else what is missing, in one sentence."""


class Alive(Document, frozen=True, kw_only=True):
    """The event loop turns."""

    status: str


class Ready(Document, frozen=True, kw_only=True):
    """Whether all that runs here does its work; `missing` names what it waits for."""

    status: str
    missing: list[str]


def router(database: Database, readiness: Sequence[Readiness]) -> Router:
    """Return `/healthz`, `/readyz`, `/readyz/http` and `/metrics`; `readiness` speaks for the roles beside HTTP."""
    routes = Router(tags=["health"])
    unready: dict[int | str, dict[str, object]] = {503: {"model": Ready, "description": "尚缺 missing 所列"}}

    @routes.get("/healthz", summary="存活：事件循环在运转")
    async def healthz() -> Alive:
        return Alive(status="ok")

    @routes.get("/readyz", summary="就绪：本进程的各项工作都在进行", response_model=Ready, responses=unready)
    async def readyz() -> Response:
        return await _told([database_answers(database), *readiness])

    @routes.get("/readyz/http", summary="就绪：可以应答请求", response_model=Ready, responses=unready)
    async def readyz_http() -> Response:
        return await _told([database_answers(database)])

    @routes.get("/metrics", include_in_schema=False)
    async def exposition() -> Response:
        # Beside the loop: the figures of 300 counties take statistics 0.2 s, in which no event and no request would go on.
        return Response(await asyncio.to_thread(generate_latest), media_type=CONTENT_TYPE_LATEST)

    return routes


async def _told(checks: Sequence[Readiness]) -> Response:
    missing = [text for check in checks if (text := await check())]
    ready = Ready(status="unready" if missing else "ready", missing=missing)
    return answer(ready, status=503 if missing else 200)
