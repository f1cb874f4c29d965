"""Every request counted, timed, traced and logged, by the template of its route."""

from __future__ import annotations

import time
from typing import Final

import structlog
from opentelemetry.trace import SpanKind
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.chassis.telemetry import metrics, tracing
from services.chassis.web import failures

_log = structlog.get_logger(__name__)

_QUIET: Final = frozenset({"/healthz", "/readyz", "/readyz/http", "/metrics"})


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
                await failures.unexpected(scope["method"], error)(scope, receive, record)
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
