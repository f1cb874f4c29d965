from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import pytest

from duban_contracts.events.types import Grade
from duban_contracts.testing.calendar import june, local
from duban_contracts.testing.listings import listed
from duban_contracts.testing.stories import confirmed
from services.chassis.access import keys as api_keys
from services.chassis.access.keys import NewKey
from services.chassis.access.principal import Principal
from services.chassis.assembly import Platform
from services.scheduler.settings import Settings
from services.scheduler.tests.bench import Bench
from services.scheduler.tests.builders import running
from services.scheduler.tests.serving import app_on

KEYS = {
    "county": NewKey(Principal("regulator-140502-1", "county_regulator", "140502"), api_keys.new_token()),
    "city": NewKey(Principal("city-office-1", "city_office", "140500"), api_keys.new_token()),
    "operator": NewKey(Principal("operator-1", "operator", "140500"), api_keys.new_token()),
}


class Client:
    """Asks the API with the key of one account."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client

    async def get(self, who: str, path: str, **query: Any) -> httpx.Response:
        return await self._client.get(path, params=query, headers={"Authorization": f"Bearer {KEYS[who].token}"})


@pytest.fixture
async def api(bench: Bench, platform: Platform[Settings]) -> AsyncIterator[Client]:
    async with bench.database.transaction() as connection:
        await api_keys.store(connection, list(KEYS.values()))
    transport = httpx.ASGITransport(app_on(platform))
    async with httpx.AsyncClient(transport=transport, base_url="http://scheduler") as client:
        yield Client(client)


async def test_a_clock_shows_its_whole_reckoning(bench: Bench, api: Client) -> None:
    story = running().submitted(local(5)).returned(local(6)).submitted(local(7))
    await bench.learn(story.records())
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
    assert (
        body["account"][0]
        == "期限 1：2026-06-01 09:00:00 确认，整改期限 2026-06-10，到期时刻 2026-06-12 00:00:00，在期"
    )


async def test_a_raised_alarm_names_the_event_that_said_it(bench: Bench, api: Client) -> None:
    await bench.learn(confirmed().records())
    await bench.at(local(4, 0, 1))
    alarms = (await api.get("county", "/v1/clocks/hz-1")).json()["alarms"]
    told = {(a["kind"], a["days_before"]): (a["state"], a["event_id"]) for a in alarms}
    assert told["overdue", 0] == ("raised", (await bench.said())[-1].id)
    assert told["due_soon", 1] == ("lapsed", None)


async def test_a_clock_is_found_by_the_hazards_number_too(bench: Bench, api: Client) -> None:
    await bench.learn([*confirmed("one").records(), *confirmed("two").records()])
    assert (await api.get("city", "/v1/clocks/JC-two")).json()["hazard_id"] == "two"
    response = await api.get("city", "/v1/clocks/JC-three")
    assert (response.status_code, response.json()["code"]) == (404, "clock-not-found")


async def test_deadlines_are_listed_in_order_page_by_page(bench: Bench, api: Client) -> None:
    for n in range(7):
        county = "140502" if n % 2 else "140521"
        await bench.learn(confirmed(f"hz-{n}", county=county, deadline_on=june(3 + n // 2)).records())
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
    assert (seen[0]["deadline_on"], seen[0]["number"]) == ("2026-06-03", "JC-hz-0")

    async def found(who: str, **query: str) -> list[str]:
        return [item["hazard_id"] for item in (await api.get(who, "/v1/deadlines", **query)).json()["items"]]

    assert await found("county") == ["hz-1", "hz-3", "hz-5"]
    assert await found("city", county="140502") == ["hz-1", "hz-3", "hz-5"]
    assert await found("county", county="140521") == []
    assert await found("city", sector="coal_mine") == []
    assert await found("city", state="raised", due_before=local(5).isoformat()) == ["hz-0", "hz-1"]


async def test_a_deadline_of_the_last_page_has_no_next(bench: Bench, api: Client) -> None:
    await bench.learn([*confirmed("one").records(), *confirmed("two").records()])
    assert (await api.get("city", "/v1/deadlines", limit=2)).json()["next"] is None


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({"after": "nonsense"}, "bad-cursor"),
        ({"state": "late"}, "invalid-field"),
        ({"limit": "0"}, "invalid-field"),
        ({"due_before": "June"}, "invalid-field"),
        ({"when": "2026-06-01"}, "unknown-parameter"),
    ],
)
async def test_a_wrong_question_is_answered_with_the_field(api: Client, query: dict[str, str], code: str) -> None:
    response = await api.get("city", "/v1/deadlines", **query)
    assert (response.status_code, response.json()["code"]) == (422, code)
    assert response.json()["field"] == next(iter(query))


async def test_the_audit_is_sound_when_nothing_is_missing_and_says_what_is(bench: Bench, api: Client) -> None:
    await bench.learn(confirmed().records())
    await bench.audit()
    body = (await api.get("operator", "/v1/audit")).json()
    assert (body["sound"], body["missed_total"], body["clocks_compared"]) == (True, 0, 1)
    bench.clock.set(local(4, 1))
    body = (await api.get("city", "/v1/audit")).json()
    assert (body["sound"], body["missed_total"]) == (False, 1)
    assert [(f["hazard_id"], f["reason"]) for f in body["missed"]] == [("hz-1", "ledger_behind")]


@pytest.mark.feature("SY29")
async def test_a_listed_hazards_clock_shows_the_listings_own(bench: Bench, api: Client) -> None:
    story = listed(confirmed(grade=Grade.MAJOR, deadline_on=june(30)), local(2), june(10))
    await bench.learn(story.records())
    await bench.at(local(11, 0, 1))
    shown = (await api.get("city", "/v1/clocks/hz-1")).json()
    [listing] = shown["listings"]
    assert (listing["listing"]["deadline_on"], listing["state"], listing["outcome"]) == (
        "2026-06-10",
        "running",
        "open",
    )
    raised = [alarm for alarm in listing["alarms"] if alarm["kind"] == "overdue"]
    said = [event.id for event in await bench.said() if event.subject == "hz-1/1"]
    assert [(alarm["state"], alarm["event_id"]) for alarm in raised] == [("raised", said[-1])]
    assert shown["deadline_on"] == "2026-06-30"
