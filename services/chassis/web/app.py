"""The HTTP side of a service: one way to be healthy, measured, traced and precise about errors."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

import asyncpg
import structlog
import uvicorn
from fastapi import APIRouter, FastAPI, Response
from opentelemetry.trace import SpanKind
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.chassis.storage.database import RETRYABLE, Database
from services.chassis.telemetry import metrics, tracing
from services.chassis.web import problems

_log = structlog.get_logger(__name__)

Readiness = Callable[[], Awaitable[str | None]]
"""Returns None when ready, else what is missing, in one sentence."""

_QUIET: Final = frozenset({"/healthz", "/readyz", "/metrics"})


def create_app(
    name: str,
    *,
    title: str,
    database: Database,
    readiness: Sequence[Readiness] = (),
    routers: Sequence[APIRouter] = (),
) -> FastAPI:
    """Return the service's app: its routers, health, metrics, OpenAPI and problem details."""
    # No /docs page: it would load its scripts from outside, and a city's network has no outside.
    app = FastAPI(title=title, version="1", docs_url=None, redoc_url=None)
    app.state.service = name
    app.state.database = database
    problems.install(app)
    app.add_middleware(Observed)
    app.include_router(_health(database, readiness))
    for router in routers:
        app.include_router(router)
    return app


def _health(database: Database, readiness: Sequence[Readiness]) -> APIRouter:
    router = APIRouter(tags=["health"])

    @router.get("/healthz", summary="存活：事件循环在运转")
    async def healthz() -> dict[str, str]:
        return {"status": "ok"}

    @router.get("/readyz", summary="就绪：可以提供服务")
    async def readyz(response: Response) -> dict[str, object]:
        missing = [text for check in (_database_ready(database), *readiness) if (text := await check())]
        if missing:
            response.status_code = 503
        return {"status": "unready" if missing else "ready", "missing": missing}

    @router.get("/metrics", include_in_schema=False)
    async def exposition() -> Response:
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)

    return router


def _database_ready(database: Database) -> Readiness:
    async def check() -> str | None:
        try:
            async with asyncio.timeout(2), database.acquire() as connection:
                await connection.fetchval("SELECT 1")
        except (*RETRYABLE, asyncpg.PostgresError) as error:
            return f"PostgreSQL: {type(error).__name__}"
        return None

    return check


class Observed:
    """Middleware: counts and times every request by route template, and carries its trace context."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        status = 500
        started = time.perf_counter()

        started_answer = False

        async def record(message: Message) -> None:
            nonlocal status, started_answer
            if message["type"] == "http.response.start":
                started_answer = True
                status = message["status"]
            await send(message)

        header = next((value for key, value in scope["headers"] if key == b"traceparent"), None)
        parent = header.decode("latin-1") if header else None
        with tracing.span(f"HTTP {scope['method']}", traceparent=parent, kind=SpanKind.SERVER):
            try:
                await self._app(scope, receive, record)
            except Exception as error:
                if started_answer:
                    raise
                # Here and not outside, so that the line carries the request's trace.
                await problems.unexpected(scope["method"], error)(scope, receive, record)
            finally:
                self._measure(scope, status, time.perf_counter() - started)

    def _measure(self, scope: Scope, status: int, seconds: float) -> None:
        # The template, never the path: paths hold hazard ids and would be a label without bound.
        route = getattr(scope.get("route"), "path", "unmatched")
        metrics.HTTP_REQUESTS.labels(scope["method"], route, str(status)).inc()
        metrics.HTTP_DURATION.labels(scope["method"], route).observe(seconds)
        if route not in _QUIET:
            _log.info(
                "request",
                method=scope["method"],
                route=route,
                status=status,
                milliseconds=round(seconds * 1000, 1),
                traceparent=tracing.current_traceparent(),
            )


async def serve(app: FastAPI, *, host: str, port: int, stopping: asyncio.Event) -> None:
    """Serve `app` until `stopping`; open requests are finished first."""
    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        http="httptools",
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=10,
        lifespan="off",
    )
    server = _Server(config)
    serving = asyncio.ensure_future(_listen(server))
    stop = asyncio.ensure_future(stopping.wait())
    try:
        await asyncio.wait({serving, stop}, return_when=asyncio.FIRST_COMPLETED)
        server.should_exit = True
        await serving
    finally:
        stop.cancel()


async def _listen(server: uvicorn.Server) -> None:
    try:
        await server.serve()
    except SystemExit as error:
        # uvicorn would end the process behind our back; here it is a role that died, with a reason.
        raise CannotListen(f"{server.config.host}:{server.config.port} cannot be listened on") from error


class CannotListen(RuntimeError):  # noqa: N818 - it names what happened
    """The address is taken or not ours; see the log line before."""


class _Server(uvicorn.Server):
    """uvicorn inside our loop: signals belong to the process, a busy port is an error and not an exit."""

    def install_signal_handlers(self) -> None:
        """Leave the signals alone."""

    def capture_signals(self) -> contextlib.AbstractContextManager[None]:  # type: ignore[override]
        """Leave the signals alone."""
        return contextlib.nullcontext()
