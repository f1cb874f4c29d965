"""The burst's machinery: when what begins, who is patient, what the audit notices; and that callers are answered honestly."""

from __future__ import annotations

import asyncio
import random
from typing import Any

import msgspec
import pytest

from tests.load.burst import audit, memory, page, plan
from tests.load.burst.lives import CALM, reports
from tests.load.burst.patience import Connections, Failed, Tally, patiently

pytestmark = pytest.mark.pure

BUSY = b'{"code":"too-busy"}'


def test_the_burst_is_the_one_of_the_issue() -> None:
    planned = plan.phases(factor=1, seconds_up=30, seconds_down=120)
    assert [(phase.rate, phase.seconds, phase.is_burst) for phase in planned] == [
        (10, 120, False),
        (150, 30, True),
        (10, 120, False),
        (250, 30, True),
        (20, 120, False),
        (350, 30, True),
        (100, 120, False),
    ]
    assert plan.starts(planned) == [0, 120, 150, 270, 300, 420, 450]
    begun = list(plan.arrivals(planned))
    assert len(begun) == 22_500 + 16_800
    assert begun == sorted(begun)
    assert all(plan.starts(planned)[number] <= at for at, number in begun)


def test_a_burst_may_come_in_one_instant() -> None:
    planned = plan.phases(factor=0.1, seconds_up=2, seconds_down=2, at_once=True)
    assert {at for at, number in plan.arrivals(planned) if number == 1} == {2.0}


def test_the_calm_county_takes_no_part_and_some_reports_are_major() -> None:
    made = [next(one) for one in [reports("x")] for _ in range(400)]
    counties = {msgspec.json.decode(event.data)["county"] for event, _ in made}
    assert CALM not in counties
    assert len(counties) == 5
    channels = {msgspec.json.decode(event.data)["channel"] for event, is_major in made if is_major}
    assert channels == {"self_report"}


class Platform:
    """Answers each request with the next of what it was given, over a real socket."""

    def __init__(self, *answers: bytes) -> None:
        self._answers = list(answers)
        self.asked = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while await reader.readline():
            while (await reader.readline()).strip():
                pass
            self.asked += 1
            writer.write(self._answers.pop(0))
        writer.close()


def _said(status: str, body: bytes, headers: str = "") -> bytes:
    return f"HTTP/1.1 {status}\r\ncontent-length: {len(body)}\r\n{headers}\r\n".encode() + body


async def _ask(*answers: bytes) -> tuple[Any, Tally, int]:
    """Ask such a platform; return what was said, the tally, and how often it was asked."""
    platform, tally = Platform(*answers), Tally()
    async with await asyncio.start_server(platform.serve, "127.0.0.1", 0) as server:
        connections = Connections(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", "key")
        try:
            said: Any = await patiently(
                connections, lambda client: client.get("/x"), step="x", tallies=lambda: (tally,), dice=random.Random(1)
            )
        except Failed as failed:
            said = str(failed)
        connections.close()
        return said, tally, platform.asked


async def test_who_is_told_when_to_come_back_comes_back_then() -> None:
    busy = _said("503 Service Unavailable", BUSY, "retry-after: 0\r\n")
    said, tally, asked = await _ask(busy, busy, _said("200 OK", b"[1]"))
    assert (said, asked, dict(tally.refused)) == ([1], 3, {"503 too-busy": 2})
    assert len(tally.seconds["x"]) == 1


@pytest.mark.parametrize(
    "answer",
    [_said("503 Service Unavailable", BUSY), _said("500 Internal Server Error", b"{}", "retry-after: 0\r\n")],
)
async def test_a_refusal_that_names_no_time_and_any_other_error_is_a_failure(answer: bytes) -> None:
    said, _, asked = await _ask(answer)
    assert str(said).startswith("x: 50")
    assert asked == 1


def _row(reference: str, version: int, state: str) -> dict[str, Any]:
    return {"hazard_id": reference, "reference": reference, "version": version, "state": state}


def test_what_is_missing_late_or_too_old_is_noticed() -> None:
    wanted = [_row("a", 4, "closed"), _row("b", 1, "reported")]
    assert audit._same("x", wanted, wanted).holds
    assert not audit._same("x", wanted, wanted[:1]).holds
    assert not audit._same("x", wanted, [_row("a", 3, "in_review"), wanted[1]]).holds
    assert not audit.Check("x", 2, 3).holds
    assert str(audit.Check("x", 2000, 2000)) == "✓ x: 2,000 of 2,000"
    off = {"name": "x", "wanted": 1, "found": 0, "wrong": []}
    assert page.verdict({"errors": ["e"], "audit": [off, {**off, "found": 1}]}) == ["e", "x: 0 of 1 []"]


def test_memory_that_grows_is_told_from_memory_that_fills_and_stays() -> None:
    fills = [(float(at), min(100.0, 80 + at)) for at in range(0, 1200, 10)]
    leaks = [(float(at), 100 + at / 60) for at in range(0, 1200, 10)]
    assert memory.slope(fills) == 0
    assert memory.slope(leaks) == 60
    assert memory.slope(fills[:2]) is None
