"""What was once answered with a failure of ours: wrong commands and reads, at all five services as they run."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.deploy import running

pytestmark = [pytest.mark.servers, pytest.mark.timeout(900)]

TOO_FAR = "10000000000000000000"
PERIOD = "from=2026-11-01&to=2026-11-30"
# A cursor of an older list of deadlines: an instant, and a number that no table holds.
CRAFTED = "MjAyNi0xMS0yMVQwMDowMDowMCswMDowMHw5OTk5OTk5OTk5OTk5OTk5OTk5OXx4"
READS = [
    ("ledger", f"/v1/history?after={TOO_FAR}", "after"),
    ("ledger", f"/v1/waiting-claims?after={TOO_FAR}", "after"),
    ("ledger", f"/v1/rejected-claims?after={TOO_FAR}", "after"),
    ("scheduler", "/v1/clocks/%00", "name"),
    ("scheduler", "/v1/deadlines?due_before=9999-12-31T23:59:59-12:00", "due_before"),
    ("scheduler", "/v1/deadlines?due_before=0.5", "due_before"),
    ("scheduler", f"/v1/deadlines?after={CRAFTED}", "after"),
    ("notifications", f"/v1/letters?after={TOO_FAR}", "after"),
    ("notifications", "/v1/letters?about_id=%00", "about_id"),
    ("notifications", f"/v1/deliveries?after={TOO_FAR}", "after"),
    *(
        ("statistics", f"/v1/{name}?{PERIOD}&sector=%00", "sector")
        for name in ("flows", "rates", "clearance", "balance")
    ),
    ("statistics", "/v1/stock?on=9999-12-31", "on"),
    ("statistics", "/v1/stock?on=0", "on"),
]


@pytest.mark.parametrize(("service", "path", "field"), READS)
def test_a_wrong_read_is_refused_by_its_parameter(
    platform: running.Platform, service: str, path: str, field: str
) -> None:
    answer = httpx.get(platform.url(service) + path, headers=as_("city-office-1", platform), timeout=60)
    assert (answer.status_code, answer.json()["field"]) == (422, field), answer.text


@pytest.mark.parametrize(
    ("command", "changes", "field"),
    [
        ("extend", {"deadline_on": "9999-12-31"}, "deadline_on"),
        ("extend", {"reason": "   "}, "reason"),
        ("extend", {"reason": "\u3000\u200b"}, "reason"),
    ],
)
def test_a_command_that_says_nothing_or_reaches_beyond_every_calendar_is_refused(
    platform: running.Platform, hazard: dict[str, Any], command: str, changes: dict[str, str], field: str
) -> None:
    body = {"deadline_on": "2027-01-31", "reason": "等待配件到货", **changes}
    url = f"{platform.url('ledger')}/v1/hazards/{hazard['hazard_id']}/{command}"
    answer = httpx.post(url, json=body, headers=as_("city-regulator-1", platform), timeout=60)
    assert (answer.status_code, answer.json()["field"]) == (422, field), answer.text


def as_(account: str, platform: running.Platform) -> dict[str, str]:
    return {"Authorization": f"Bearer {platform.keys[account]}"}
