"""Log lines: one JSON object each, with the ids at hand and nobody's data."""

from __future__ import annotations

import contextlib
import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import asyncpg
import pydantic
import pytest
import structlog

from services.chassis.telemetry import logs


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    """What a freshly configured process writes to its standard output."""
    root = logging.getLogger()
    before, level, loggers = root.handlers[:], root.level, structlog.get_config()
    out = io.StringIO()
    monkeypatch.setattr("sys.stdout", out)
    logs.configure("ledger")
    yield out
    root.handlers[:] = before
    root.setLevel(level)
    structlog.contextvars.clear_contextvars()
    structlog.configure(**loggers)


def parsed(out: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in out.getvalue().splitlines()]


def test_a_line_is_one_json_object_with_service_level_time_and_bound_ids(lines: io.StringIO) -> None:
    log = structlog.stdlib.get_logger("duban.test")
    with logs.bind(event_id="e1", hazard_id="h1", nothing=None):
        log.warning("隐患已登记\n第二行", county="140502")
    log.info("after")
    first, second = parsed(lines)
    assert first["event"] == "隐患已登记\n第二行"
    assert (first["service"], first["level"], first["event_id"], first["hazard_id"]) == (
        "ledger",
        "warning",
        "e1",
        "h1",
    )
    assert first["timestamp"].endswith("Z")
    assert "event_id" not in second
    assert "nothing" not in first


def test_other_libraries_lines_are_json_too_and_addresses_are_not_shown(lines: io.StringIO) -> None:
    logging.getLogger("some.library").warning("plain %s", "text")
    logging.getLogger("httpx").info("HTTP Request: POST http://host/hook?token=secret")
    assert [line["event"] for line in parsed(lines)] == ["plain text"]


def test_a_traceback_shows_no_local_variable_and_no_value(lines: io.StringIO) -> None:
    class Reporter(pydantic.BaseModel):
        age: int

    def fail(phone: str) -> None:
        with contextlib.suppress(ZeroDivisionError):
            _ = 1 / 0
        error = asyncpg.UniqueViolationError("duplicate key")
        error.detail = f"Key (phone)=({phone}) already exists."
        try:
            Reporter(age=f"no {phone}")  # type: ignore[arg-type]
        except pydantic.ValidationError as cause:
            raise error from cause

    log = structlog.stdlib.get_logger("duban.test")
    try:
        fail("+86" + "13800001111")
    except asyncpg.UniqueViolationError:
        log.exception("could not be written")
    assert "13800001111" not in lines.getvalue()
    (line,) = parsed(lines)
    assert [trace["exc_type"] for trace in line["exception"]] == ["UniqueViolationError", "ValidationError"]
    assert line["exception"][0]["exc_value"] == "duplicate key"


def test_readable_text_shows_no_local_variable_either(lines: io.StringIO, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(phone: str) -> None:
        raise RuntimeError(f"{len(phone)} characters")

    monkeypatch.setattr("sys.stdout", lines)
    logs.configure("ledger", style="console")
    try:
        fail("+86" + "1380000" * 2)
    except RuntimeError:
        structlog.stdlib.get_logger("duban.readable").exception("could not be written")
    assert "17 characters" in lines.getvalue()
    assert "13800001380000" not in lines.getvalue()
