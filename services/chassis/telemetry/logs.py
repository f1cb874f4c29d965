"""Structured logs: one JSON object a line, with the event and hazard ids of what is being handled."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import structlog


def configure(service: str, *, level: str = "INFO", style: str = "json") -> None:
    """Send structlog's and the libraries' logs to standard output as JSON lines (or readable text)."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
    ]
    renderer: structlog.typing.Processor = (
        # Its own way with exceptions, where rich is loaded, shows local variables.
        structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
        if style == "console"
        else structlog.processors.JSONRenderer(ensure_ascii=False)
    )
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    tail: list[structlog.typing.Processor] = [structlog.stdlib.ProcessorFormatter.remove_processors_meta]
    if style != "console":
        # Without local variables: they hold payloads, addresses and keys, which no log line may show.
        transformer = structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
        tail += [structlog.processors.ExceptionRenderer(transformer), _first_lines]
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(foreign_pre_chain=shared, processors=[*tail, renderer]))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    # Their lines show whole addresses, with what a webhook's address may hold.
    for library in ("httpx", "httpcore"):
        logging.getLogger(library).setLevel(max(logging.WARNING, root.level))
    logging.getLogger("aiokafka").setLevel(max(logging.WARNING, root.level))
    logging.getLogger("uvicorn.access").disabled = True
    structlog.contextvars.bind_contextvars(service=service)


def _first_lines(_: object, __: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """Cut exceptions' messages to their first line: PostgreSQL's DETAIL and pydantic's report show the values."""
    for trace in event.get("exception") or ():
        trace["exc_value"] = trace["exc_value"].partition("\n")[0]
        trace.pop("exc_notes", None)
    return event


@contextmanager
def bind(**values: str | None) -> Iterator[None]:
    """Add fields such as `event_id` and `subject` to every log line of a block."""
    with structlog.contextvars.bound_contextvars(**{key: value for key, value in values.items() if value}):
        yield
