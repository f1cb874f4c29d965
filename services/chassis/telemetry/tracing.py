"""Tracing across HTTP and Kafka with W3C trace context, by OpenTelemetry's API.

Every request and event carries a `traceparent`, whether or not anything collects spans. Spans are exported when
`OTEL_EXPORTER_OTLP_ENDPOINT` is set, as OpenTelemetry's own conventions say; so is TLS
(`OTEL_EXPORTER_OTLP_CERTIFICATE`, `_CLIENT_CERTIFICATE`, `_CLIENT_KEY`). `OTEL_EXPORTER_OTLP_HEADERS` may be a file.
"""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Final

from opentelemetry import context, trace
from opentelemetry.context import Context
from opentelemetry.trace import NonRecordingSpan, SpanContext, SpanKind, TraceFlags
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

_PROPAGATOR: Final = TraceContextTextMapPropagator()
_TRACER: Final = trace.get_tracer("duban")
# Of this process, none or one. The library would be asked for each request and each batch, and looks into the environment:
# a quarter of what a span costs that nobody collects.
_COLLECTORS: Final[list[object]] = []


def configure(service: str, *, headers: str | None = None) -> None:
    """Export spans over OTLP if an endpoint is configured; otherwise only carry the context along.

    `headers` (such as a token of the collector's) are written as OpenTelemetry writes them: `name=value,name=value`.
    """
    if not os.environ.get("OTEL_EXPORTER_OTLP_ENDPOINT"):
        return
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415
    from opentelemetry.sdk.resources import Resource  # noqa: PLC0415
    from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415
    from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415
    from opentelemetry.util.re import parse_env_headers  # noqa: PLC0415

    provider = TracerProvider(resource=Resource.create({"service.name": f"duban-{service}"}))
    provider.add_span_processor(
        BatchSpanProcessor(OTLPSpanExporter(headers=parse_env_headers(headers or "", liberal=True)))
    )
    trace.set_tracer_provider(provider)
    _COLLECTORS.append(provider)


def current_traceparent() -> str | None:
    """Return the `traceparent` of the running request or event, or None outside of one."""
    # Written out rather than injected by the propagator: every event that is made asks for it.
    if not context.get_current():
        return None
    now = trace.get_current_span().get_span_context()
    return _traceparent(now.trace_id, now.span_id, now.trace_flags) if now.is_valid else None


# All events of a batch stand in one span.
@lru_cache(maxsize=256)
def _traceparent(trace_id: int, span_id: int, flags: int) -> str:
    return f"00-{trace_id:032x}-{span_id:016x}-{flags:02x}"


@contextmanager
def span(name: str, *, traceparent: str | None, kind: SpanKind = SpanKind.CONSUMER) -> Iterator[None]:
    """Run a block as one span under `traceparent`; without one a new trace begins here."""
    parent = _PROPAGATOR.extract({"traceparent": traceparent}) if traceparent else Context()
    if not traceparent or not trace.get_current_span(parent).get_span_context().is_valid:
        parent = trace.set_span_in_context(NonRecordingSpan(_new_context()), parent)
    token = context.attach(parent)
    try:
        if not _COLLECTORS:
            # Nobody collects: a span would be the parent's context over again, at the price of a real one.
            yield
            return
        with _TRACER.start_as_current_span(name, kind=kind, record_exception=False):
            yield
    finally:
        context.detach(token)


def _new_context() -> SpanContext:
    return SpanContext(
        trace_id=_random(128),
        span_id=_random(64),
        is_remote=False,
        trace_flags=TraceFlags(TraceFlags.SAMPLED),
    )


def _random(bits: int) -> int:
    """Return an id that nothing else has; zero is none."""
    # Not by the SDK's generator: the SDK is 4 MB of each process, and where no span is exported nobody needs it.
    return random.getrandbits(bits) or 1
