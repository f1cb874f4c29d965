"""Recent log lines for whoever helps from outside: the newest within a bound, and nothing in them that is somebody's."""

from __future__ import annotations

import gzip
import json
import os
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from services.cli.logs import HIDDEN, KEPT, recent, redacted

pytestmark = [pytest.mark.pure, pytest.mark.promise("P8")]

NOW = datetime(2026, 11, 26, 8, tzinfo=UTC)
CANARY = "13800138000-canary"


def line(at: datetime = NOW, /, **fields: Any) -> str:
    said = {"event": "letter attempted", "logger": "services.notifications.delivery", "level": "info", **fields}
    return json.dumps({**said, "timestamp": f"{at:%Y-%m-%dT%H:%M:%S.%fZ}"}) + "\n"


def test_a_line_keeps_codes_and_counts_and_shows_that_there_was_more() -> None:
    told = redacted(line(code="550", attempt=2, account="regulator-1", address="张某"))
    assert told is not None
    assert (told["event"], told["code"], told["attempt"]) == ("letter attempted", "550", 2)
    assert (told["account"], told["address"]) == (HIDDEN, HIDDEN)


@pytest.mark.parametrize(
    "fields",
    [
        {"error": f"connection to {CANARY} failed"},
        {"event": f"sent to {CANARY}", "logger": "uvicorn.error"},
        {"claim": {"reference": CANARY}},
        {"client": CANARY},
        {
            "exception": [
                {"exc_type": "ValueError", "exc_value": CANARY, "frames": [{"name": "f", "locals": {"x": CANARY}}]}
            ]
        },
        {"exception": CANARY},
    ],
    ids=["error", "library", "content", "caller", "exception", "text of an exception"],
)
def test_what_may_be_somebodys_is_in_no_line(fields: dict[str, Any]) -> None:
    told = redacted(line(**fields))
    assert told is not None
    assert CANARY not in json.dumps(told, ensure_ascii=False)


@pytest.mark.parametrize("logger", ["services.notifications.delivery", "asyncio"])
@pytest.mark.parametrize(
    "value", [CANARY, "张某", "13800138000", 13800138000, {"name": CANARY}, ["a", CANARY], [["张某"]]]
)
def test_a_field_that_is_kept_holds_only_what_we_made(logger: str, value: object) -> None:
    told = redacted(line(logger=logger, **dict.fromkeys(KEPT - {"timestamp", "logger"}, value)))
    assert told is not None
    assert {name: each for name, each in told.items() if name in KEPT and each != HIDDEN} == {
        "timestamp": told["timestamp"],
        "logger": logger,
    }


def test_what_we_made_stays_whole() -> None:
    said: dict[str, Any] = {
        "event_id": "01890a5d-ac96-774b-bcce-b302099a8057",
        "traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        "county": "140502",
        "route": "/v1/hazards/{name}",
        "roles": ["http", "consumer"],
        "topic": "county.140502.v1",
        "offset": 123456789,
        "status": 503,
        "code": None,
    }
    told = redacted(line(**said))
    assert told is not None
    assert {name: told[name] for name in said} == said


def test_of_an_error_its_kind_and_its_place_stay() -> None:
    frames = [{"filename": "/app/services/x.py", "lineno": 7, "name": "f", "locals": {"a": "b"}}]
    told = redacted(line(error="ConnectionRefusedError", exception=[{"exc_type": "KeyError", "frames": frames}]))
    assert told is not None
    assert told["error"] == "ConnectionRefusedError"
    assert told["exception"] == [
        {"exc_type": "KeyError", "frames": [{"filename": "/app/services/x.py", "lineno": 7, "name": "f"}]}
    ]


@pytest.mark.parametrize(
    "text", ["", "Traceback (most recent call last):", "[]", '{"event": "x"}', "2026-11-26 LOG: x"]
)
def test_what_is_no_line_of_ours_is_left_out(text: str) -> None:
    assert redacted(text) is None


def test_the_newest_lines_of_every_process_of_a_service_are_taken_within_a_time_and_a_size(tmp_path: Path) -> None:
    (tmp_path / "ledger.log.1").write_text(line(NOW - timedelta(hours=3), code="old"))
    (tmp_path / "ledger.log").write_text(
        "".join(line(NOW + timedelta(seconds=nth), code=str(nth)) for nth in range(50))
    )
    (tmp_path / "ledger-2.log").write_text(line(code="second"))
    (tmp_path / "gateway.log").write_text(line(code="another"))
    day = tmp_path / "duban-ledger-1"
    day.mkdir()
    with gzip.open(day / "2026-11-26.log.gz", "wt") as packed:
        packed.write(line(code="shipped"))
    for file in tmp_path.rglob("*.log*"):
        os.utime(file, (NOW.timestamp(), NOW.timestamp()))
    found = recent(tmp_path, "ledger", NOW - timedelta(hours=1), 1_000_000)
    codes = {json.loads(each)["code"] for each in found.lines}
    assert codes == {*map(str, range(50)), "second", "shipped"}
    bounded = recent(tmp_path, "ledger", NOW - timedelta(hours=1), 1000)
    assert sum(len(each.encode()) for each in bounded.lines) <= 1000
    assert bounded.left_out == len(found.lines) - len(bounded.lines) > 0


def test_a_file_that_nobody_wrote_to_since_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "ledger.log").write_text(line(NOW, code="x"))
    os.utime(tmp_path / "ledger.log", (time.time(), NOW.timestamp() - 60))
    assert recent(tmp_path, "ledger", NOW, 1000).lines == ()
