"""Every request counted, timed and traced by the template of its route; logged when it failed or was slow, else sampled."""

from __future__ import annotations

import itertools
import time
from functools import cache
from typing import Final

import structlog
from opentelemetry.trace import SpanKind
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.chassis.storage import leaving
from services.chassis.telemetry import acts, metrics, tracing
from services.chassis.web import failures
from services.chassis.web.protocol import CLIENT

_log = structlog.get_logger(__name__)

PROBES: Final = frozenset({"/healthz", "/readyz", "/readyz/http", "/metrics"})
# A line costs as much as routing the request does; whatever went wrong or took long is told each time.
_ONE_IN: Final = 100
_SLOW_SECONDS: Final = 0.5
_FAILED: Final = 400
_LEFT: Final = 499
"""The status that proxies use for a client that hung up before it was answered. Nothing was done for such a request: it is counted
under it, is no failure in the log, and has no row in the trail."""
WAITED: Final = "duban.waited"
"""Key in a request's scope: the seconds of it that its sender asked to wait (`Prefer: wait`). They are taken off its duration."""


class Observed:
    """Middleware: counts and times every request by route template, and carries its trace context."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._well = itertools.count()

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
            act = acts.Act(scope, tracing.current_traceparent())
            try:
                with acts.doing((act,)), leaving.asked_by(scope.get(CLIENT), reads=act.is_read):
                    await self._app(scope, receive, record)
            except leaving.ClientLeft:
                # What it was sent of an answer it has read: that stands.
                status = status if started_answer else _LEFT
            except Exception as error:
                if started_answer:
                    raise
                # Here and not outside, so that the line carries the request's trace.
                await failures.unexpected(scope["method"], error, has_effect=act.is_committed)(scope, receive, record)
            finally:
                self._measure(scope, status, time.perf_counter() - started - scope.get(WAITED, 0.0))
                act.has_ended = True
                _note(scope, act, status)

    def _measure(self, scope: Scope, status: int, seconds: float) -> None:
        # The template, never the path: paths hold hazard ids and would be a label without bound.
        route = getattr(scope.get("route"), "path", "unmatched")
        _requests(scope["method"], route, str(status)).inc()
        _duration(scope["method"], route).observe(seconds)
        if route not in PROBES and (told := self._is_told(status, seconds)):
            _log.info(
                "request",
                method=scope["method"],
                route=route,
                status=status,
                milliseconds=round(seconds * 1000, 1),
                one_in=told,
                traceparent=tracing.current_traceparent(),
            )

    def _is_told(self, status: int, seconds: float) -> int:
        """Return how many requests the line of this one stands for, or 0 for no line. The counters hold every one."""
        if status != _LEFT and (status >= _FAILED or seconds >= _SLOW_SECONDS):
            return 1
        return 0 if next(self._well) % _ONE_IN else _ONE_IN


def _note(scope: Scope, act: acts.Act, status: int) -> None:
    """Tell the app's trail, where it keeps one, how a request ended."""
    app = scope.get("app")
    trail = getattr(app.state, "trail", None) if app is not None else None
    if trail is not None and status != _LEFT:
        trail.note(act, status)


# Looking up a metric's child takes a lock and builds its key anew. Methods are HTTP's or OTHER, routes are templates.
_requests: Final = cache(metrics.HTTP_REQUESTS.labels)
_duration: Final = cache(metrics.HTTP_DURATION.labels)
