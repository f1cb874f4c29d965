from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import pytest

from services.chassis.access import keys as api_keys
from services.chassis.access.keys import NewKey, Principal
from services.chassis.web import app as http
from services.scheduler.entrypoints.http import Desk, router
from services.scheduler.tests.builders import Story, june, local
from services.scheduler.tests.conftest import Bench

KEYS = {
    "county": NewKey(Principal("regulator-140502-1", "county_regulator", "140502"), api_keys.new_token()),
    "city": NewKey(Principal("city-office-1", "city_office", "140500"), api_keys.new_token()),
    "mines": NewKey(
        Principal("city-regulator-2", "city_regulator", "140500", None, ("coal_mine",)), api_keys.new_token()
    ),
    "operator": NewKey(Principal("operator-1", "operator", "140500"), api_keys.new_token()),
}


class Caller:
    """Asks the API with the key of one account."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client

    async def get(self, who: str | None, path: str, **query: Any) -> httpx.Response:
        headers = {} if who is None else {"Authorization": f"Bearer {KEYS[who].token}"}
        return await self._client.get(path, params=query, headers=headers)


@pytest.fixture
async def api(bench: Bench) -> AsyncIterator[Caller]:
    async with bench.database.transaction() as connection:
        await api_keys.store(connection, list(KEYS.values()))
    desk = Desk(bench.database, bench.clock, bench.auditor)
    app = http.create_app("scheduler", title="test", database=bench.database, routers=[router(desk)])
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://scheduler") as client:
        yield Caller(client)


async def test_a_clock_shows_its_whole_reckoning(bench: Bench, api: Caller) -> None:
    story = Story().registered(local(1, 8)).confirmed(local(1, 9), june(10)).submitted(local(5)).returned(local(6))
    await bench.learn(story.submitted(local(7)).records())
    await bench.hear(local(8))
    bench.clock.set(local(8))
    response = await api.get("county", "/v1/clocks/hz-1")
    assert response.status_code == 200
    body = response.json()
    assert (body["state"], body["version"], body["deadline_on"]) == ("paused", 5, "2026-06-10")
    assert body["used_seconds"] == ((local(5) - local(1, 9)) + timedelta(days=1)).total_seconds()
    assert body["remaining_seconds"] == timedelta(days=5).total_seconds()
    assert body["ledger_applied_through"] == "2026-06-07T16:00:00Z"
    assert [s["state"] for s in body["segments"]] == ["running", "paused", "running", "paused"]
    assert {(a["kind"], a["state"], a["event_id"]) for a in body["alarms"]} == {
        ("overdue", "held", None),
        ("due_soon", "held", None),
    }
    assert body["account"] == [
        "期限 1：2026-06-01 09:00:00 确认，整改期限 2026-06-10，到期时刻 2026-06-12 00:00:00，在期",
        "2026-06-01 09:00:00 确认：计时至 2026-06-05 00:00:00，共 3 天 15 小时 0 分（期限 1）",
        "2026-06-05 00:00:00 整改完成，待审：暂停计时至 2026-06-06 00:00:00，共 1 天 0 小时 0 分（期限 1）",
        "2026-06-06 00:00:00 退回：计时至 2026-06-07 00:00:00，共 1 天 0 小时 0 分（期限 1）",
        "2026-06-07 00:00:00 整改完成，待审：暂停计时至今，共 1 天 0 小时 0 分（期限 1）",
        "现状：暂停计时，累计用时 4 天 15 小时 0 分",
        "退回后剩余 5 天 0 小时 0 分",
    ]


async def test_a_clock_outside_the_callers_area_or_sectors_is_not_there(bench: Bench, api: Caller) -> None:
    await bench.learn(Story("other", county="140521").registered(local(1)).confirmed(local(1), june(9)).records())
    assert (await api.get("city", "/v1/clocks/other")).status_code == 200
    for who in ("county", "mines"):
        response = await api.get(who, "/v1/clocks/other")
        assert (response.status_code, response.json()["code"]) == (404, "clock-not-found")
    assert (await api.get("operator", "/v1/clocks/other")).status_code == 403
    assert (await api.get(None, "/v1/clocks/other")).status_code == 401


async def test_deadlines_are_listed_in_order_page_by_page(bench: Bench, api: Caller) -> None:
    for n in range(7):
        county = "140502" if n % 2 else "140521"
        story = Story(f"hz-{n}", county=county).registered(local(1)).confirmed(local(1), june(3 + n // 2))
        await bench.learn(story.records())
    await bench.at(local(5, 0, 1))
    seen, after = [], None
    while True:
        query = {"limit": 2} | ({"after": after} if after else {})
        page = (await api.get("city", "/v1/deadlines", **query)).json()
        seen += page["items"]
        if (after := page["next"]) is None:
            break
    assert [item["hazard_id"] for item in seen] == [f"hz-{n}" for n in range(7)]
    assert [item["state"] for item in seen] == ["raised"] * 4 + ["armed"] * 3
    assert seen[0]["deadline_on"] == "2026-06-03"
    county = (await api.get("county", "/v1/deadlines")).json()["items"]
    assert [item["hazard_id"] for item in county] == ["hz-1", "hz-3", "hz-5"]
    raised = (await api.get("city", "/v1/deadlines", state="raised", due_before=local(5).isoformat())).json()["items"]
    assert [item["hazard_id"] for item in raised] == ["hz-0", "hz-1"]
    assert (await api.get("mines", "/v1/deadlines")).json()["items"] == []


@pytest.mark.parametrize("query", [{"after": "nonsense"}, {"state": "late"}, {"limit": "0"}, {"due_before": "June"}])
async def test_a_wrong_question_is_answered_with_the_field(api: Caller, query: dict[str, str]) -> None:
    response = await api.get("city", "/v1/deadlines", **query)
    assert (response.status_code, response.json()["code"]) == (422, "invalid-field")
    assert response.json()["field"] == next(iter(query))


async def test_the_audit_is_sound_when_nothing_is_missing_and_says_what_is(bench: Bench, api: Caller) -> None:
    await bench.learn(Story().registered(local(1)).confirmed(local(1), june(3)).records())
    await bench.auditor.run_once()
    body = (await api.get("operator", "/v1/audit")).json()
    assert (body["sound"], body["missed_total"], body["clocks_compared"]) == (True, 0, 1)
    bench.clock.set(local(4, 1))
    body = (await api.get("city", "/v1/audit")).json()
    assert (body["sound"], body["missed_total"]) == (False, 1)
    assert [(f["hazard_id"], f["reason"]) for f in body["missed"]] == [("hz-1", "ledger_behind")]
    assert (await api.get("county", "/v1/audit")).status_code == 403
