"""Tasks over HTTP: filters, pages, counts, coverage, moves with Idempotency-Key and If-Match."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import date
from typing import Any

import httpx
import pytest

from duban_contracts.testing.calendar import local
from services.chassis.access import keys as api_keys
from services.chassis.access.keys import NewKey
from services.chassis.access.principal import Principal
from services.chassis.assembly import Platform
from services.scheduler.duties.tables import duties
from services.scheduler.settings import Settings
from services.scheduler.tests.duties.builders import duty, version
from services.scheduler.tests.serving import app_on
from services.scheduler.tests.tasks.stage import Stage, children, county, report

COUNTIES = ("140502", "140521", "140522", "140524", "140525", "140581")
OFFICE_UNIT = "county_safety_committee"
KEYS = {
    "county": NewKey(Principal("county-office-1", "county_office", "140502", OFFICE_UNIT), api_keys.new_token()),
    "other": NewKey(Principal("county-office-2", "county_office", "140521", OFFICE_UNIT), api_keys.new_token()),
    "coal": NewKey(
        Principal("regulator-1", "county_regulator", "140502", "emergency_management", sectors=("coal_mine",)),
        api_keys.new_token(),
    ),
    "office": NewKey(
        Principal("city-office-1", "city_office", "140500", "safety_committee_office"), api_keys.new_token()
    ),
}


class Client:
    """Asks the API with the key of one account."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client

    async def get(self, who: str, path: str, **query: Any) -> Any:
        answer = await self._client.get(path, params=query, headers=_headers(who))
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def post(self, who: str, path: str, body: dict[str, Any], **headers: str) -> httpx.Response:
        more = {name.replace("_", "-"): value for name, value in headers.items()}
        return await self._client.post(path, json=body, headers={**_headers(who), **more})


def _headers(who: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {KEYS[who].token}"}


@pytest.fixture
async def api(stage: Stage, platform: Platform[Settings]) -> AsyncIterator[Client]:
    async with stage.database.transaction() as connection:
        await api_keys.store(connection, list(KEYS.values()))
    transport = httpx.ASGITransport(app_on(platform))
    async with httpx.AsyncClient(transport=transport, base_url="http://scheduler") as client:
        yield Client(client)


async def test_a_task_is_acknowledged_filed_and_accepted(stage: Stage, api: Client) -> None:
    task = report(roster="counties", member=county())
    await stage.plan(task)
    await stage.tick()
    path = f"/v1/tasks/{task.task_id}"
    seen = await api.post("county", f"{path}/acknowledge", {})
    assert (seen.status_code, seen.json()["state"], seen.headers["etag"]) == (200, "acknowledged", '"2"')
    stale = await api.post("county", f"{path}/submit", {"summary": "检查 46 家"}, If_Match='"1"')
    assert (stale.status_code, stale.json()["code"]) == (412, "version-mismatch")
    key = {"If_Match": '"2"', "Idempotency_Key": "filing-1"}
    filed = [await api.post("county", f"{path}/submit", {"summary": "检查 46 家"}, **key) for _ in range(2)]
    assert [each.status_code for each in filed] == [200, 200], "a repetition gets the first answer"
    assert filed[0].json() == filed[1].json()
    own = await api.post("county", f"{path}/accept", {"review": "齐全"})
    assert (own.status_code, own.json()["code"]) == (403, "own-task")
    done = await api.post("office", f"{path}/accept", {"review": "齐全"})
    assert (done.json()["state"], done.json()["late"]) == ("accepted", False)
    told = await api.get("county", f"{path}/history")
    assert [item["title"] for item in told["items"]] == ["任务下达", "任务签收", "任务报送", "任务办结"]
    assert {alarm["state"] for alarm in told["alarms"]} == {"withdrawn"}


async def test_an_unknown_field_and_a_foreign_task_are_refused(stage: Stage, api: Client) -> None:
    task = report()
    await stage.plan(task)
    await stage.tick()
    wrong = await api.post("county", f"/v1/tasks/{task.task_id}/submit", {"summary": "好", "sumary": "x"})
    assert wrong.status_code == 422
    foreign = await api.post("other", f"/v1/tasks/{task.task_id}/submit", {"summary": "好"})
    assert (foreign.status_code, foreign.json()["code"]) == (404, "task-not-found")


async def test_lists_are_filtered_paged_and_counted(stage: Stage, api: Client) -> None:
    june = children(COUNTIES)
    july = children(COUNTIES, period="2026-06", due_on=date(2026, 7, 1), window_start=date(2026, 6, 25))
    await stage.plan(*june, *july)
    await stage.tick()
    first = await api.get("office", "/v1/tasks", limit=5)
    second = await api.get("office", "/v1/tasks", limit=1000, after=first["next"])
    items = first["items"] + second["items"]
    assert len(items) == len({item["task_id"] for item in items}) == 12
    assert [item["due_on"] for item in items] == sorted(item["due_on"] for item in items)
    assert len((await api.get("county", "/v1/tasks"))["items"]) == 2, "its own county's only"
    for query, expected in (
        ({"due_from": "2026-07-01"}, 6),
        ({"due_to": "2026-06-30", "county": "140521"}, 1),
        ({"unit": "fire_rescue"}, 12),
        ({"lead": "fire_rescue"}, 0),
        ({"state": "planned"}, 6),
        ({"owed": "true"}, 6),
        ({"late": "true"}, 0),
        ({"q": "工作进展"}, 12),
        ({"duty": "progress", "period": "2026-06"}, 6),
    ):
        assert (await api.get("office", "/v1/tasks/count", **query))["total"] == expected, query
    grouped = await api.get("office", "/v1/tasks/count", group_by="state")
    assert grouped["groups"] == [{"value": "assigned", "count": 6}, {"value": "planned", "count": 6}]


@pytest.mark.feature("SY07")
async def test_coverage_is_counted_over_the_roster_of_the_city(stage: Stage, api: Client) -> None:
    batch = children(COUNTIES[:-1], roster="counties")
    await stage.plan(*batch)
    await stage.tick()
    for task in batch[:-1]:
        for who, move, body in (("office", "submit", {"summary": "好"}), ("office", "accept", {"review": "好"})):
            answer = await api.post(who, f"/v1/tasks/{task.task_id}/{move}", body)
        assert answer.json()["code"] == "own-submission"
    shown = await api.get("office", "/v1/tasks/coverage", duty="progress", period="2026-05")
    assert (shown["done"], shown["total"]) == (0, 6)
    unasked = [line["code"] for line in shown["lines"] if line["task_id"] is None]
    assert unasked == ["140581"], "who was never asked is a line, not an absence"


async def test_a_unit_that_says_nothing_is_a_row(stage: Stage, api: Client) -> None:
    asked, waived = children(COUNTIES[:2])
    await stage.plan(asked, waived)
    await stage.at(local(1, 8))
    await api.post("county", f"/v1/tasks/{asked.task_id}/submit", {"summary": "好"})
    await api.post("office", f"/v1/tasks/{waived.task_id}/waive", {"reason": "统一检查", "approved_by": "纪要"})
    shown = await api.get("office", "/v1/tasks/by-unit", due_from="2026-06-01", due_to="2026-06-30")
    rows = {row["county"]: row for row in shown["items"]}
    assert sorted(rows) == sorted(COUNTIES)
    for row in rows.values():
        assert row["on_time"] + row["late"] + row["missing"] + row["open"] + row["waived"] == row["assigned"]
    assert (rows["140502"]["on_time"], rows["140521"]["waived"], rows["140581"]["assigned"]) == (1, 1, 0)
    assert rows["140581"]["last_seen_at"] is None
    assert [row["county"] for row in (await api.get("county", "/v1/tasks/by-unit"))["items"]] == ["140502"]


async def test_the_roster_of_a_day_and_the_audit_are_shown(stage: Stage, api: Client) -> None:
    shown = await api.get("office", "/v1/rosters/counties", on="2026-06-01")
    assert [member["code"] for member in shown["members"]] == list(COUNTIES)
    listed = await api.get("office", "/v1/rosters")
    assert "counties" in {each["code"] for each in listed["items"]}
    await stage.plan(*children(COUNTIES))
    await stage.tick()
    audit = await api.get("office", "/v1/audit/tasks")
    assert (audit["sound"], audit["compared"], audit["findings"]) == (True, 6, [])


async def test_a_regulator_of_one_sector_reads_its_own_task_in_every_sum_as_in_the_list(
    stage: Stage, api: Client
) -> None:
    async with stage.database.transaction() as connection:
        await duties.append(connection, [version(duty(duty_id="progress"))])
    own, another = (
        report(roster="counties", member=county(), sectors=(sector,), ordinal=number)
        for number, sector in enumerate(("coal_mine", "hazchem"), 1)
    )
    await stage.plan(own, another)
    await stage.tick()
    asked = {"duty": own.duty_id, "period": own.period}
    assert [each["task_id"] for each in (await api.get("coal", "/v1/tasks", **asked))["items"]] == [own.task_id]
    [period] = (await api.get("coal", "/v1/duties/progress/fulfilment"))["items"]
    assert period["required"] == 1
    covered = await api.get("coal", "/v1/tasks/coverage", **asked)
    assert (covered["done"], covered["total"]) == (0, 1)
    assert [member["code"] for member in (await api.get("coal", "/v1/rosters/counties"))["members"]] == ["140502"]
    units = (await api.get("coal", "/v1/tasks/by-unit", due_from="2026-06-01", due_to="2026-06-30"))["items"]
    assert [unit["county"] for unit in units] == ["140502"]
    # A county of which the sector asks nothing is a row of zeros, and no gap in the table.
    silent = (await api.get("coal", "/v1/tasks/by-unit", due_from="2026-01-01", due_to="2026-01-31"))["items"]
    assert [(unit["county"], unit["unit"]) for unit in silent] == [("140502", "county_safety_committee")]
    trained = await api.get("coal", "/v1/tasks/trainings", year=2026)
    drills = await api.get("coal", "/v1/tasks/drills", year=2026)
    assert (trained["total"], len(drills["sites"])) == (5, 5)


@pytest.mark.feature("SY11", "SY13")
async def test_who_was_trained_and_what_was_drilled_is_shown_for_the_callers_area(api: Client) -> None:
    city = await api.get("office", "/v1/tasks/trainings", year=2026)
    county_only = await api.get("county", "/v1/tasks/trainings", year=2026)
    assert ((city["trained"], city["total"]), (county_only["trained"], county_only["total"])) == ((0, 30), (0, 5))
    drills = await api.get("county", "/v1/tasks/drills", year=2026)
    assert [len(site["missing"]) for site in drills["sites"]] == [1] * 5
