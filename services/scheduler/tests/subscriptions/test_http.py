"""Calendars over HTTP: issued by the office, read without a key, updated and never doubled, revoked, nowhere logged."""

from __future__ import annotations

from typing import Any

import pytest
import structlog
from icalendar import Calendar, Event

from duban_contracts.testing.calendar import local
from services.scheduler.tasks.moves import Acknowledge, Waive
from services.scheduler.tests.bench import Bench
from services.scheduler.tests.office import Office
from services.scheduler.tests.tasks.stage import COUNTY, OFFICE, OWNER, Stage, children, county, report, stage_on


@pytest.fixture
def stage(bench: Bench, office: Office) -> Stage:
    """Tasks beside the office, on Monday 1 June 2026."""
    bench.clock.set(local(1))
    return stage_on(office.database, bench.clock)


async def issue(office: Office, **whose: Any) -> tuple[str, str]:
    made = await office.tell("/v1/subscriptions", {"name": "任务日历", **whose}, status=201)
    return made["subscription"]["subscription_id"], made["path"]


async def events(office: Office, path: str) -> dict[str, Event]:
    answer = await office.client.get(path)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/calendar; charset=utf-8")
    return {str(event["UID"]): event for event in Calendar.from_ical(answer.content).events}


async def test_a_calendar_follows_its_tasks_by_uid_and_sequence(stage: Stage, office: Office) -> None:
    task = report(member=county())
    await stage.plan(task, *children(["140521"]))
    _, path = await issue(office, county=COUNTY)
    seen = [(await events(office, path))[task.task_id]]
    await stage.plan(report(member=county(), title="报送五月安全生产工作进展"))
    seen.append((await events(office, path))[task.task_id])
    await stage.tick()
    seen.append((await events(office, path))[task.task_id])
    assert await stage.move(task, Acknowledge(), OWNER) != "task-not-found"
    await stage.move(task, Waive(reason="统一检查", approved_by="纪要"), OFFICE)
    last = await events(office, path)
    assert list(last) == [task.task_id], "one county's tasks, each once"
    seen.append(last[task.task_id])
    numbers = [event.sequence for event in seen]
    assert numbers == sorted(set(numbers)), "every change rises, a plan that is revised too"
    assert [str(event["STATUS"]) for event in seen] == ["TENTATIVE", "TENTATIVE", "CONFIRMED", "CANCELLED"]
    assert seen[1].summary == "报送五月安全生产工作进展（城区）"


async def test_a_unit_sees_what_it_leads_and_helps_with(stage: Stage, office: Office) -> None:
    await stage.plan(*children(["140502", "140521"]))
    for whose, expected in (
        ({"unit": "fire_rescue"}, 2),
        ({"unit": "fire_rescue", "county": "140521"}, 1),
        ({"unit": "water_bureau"}, 0),
    ):
        _, path = await issue(office, **whose)
        assert len(await events(office, path)) == expected


async def test_an_unchanged_calendar_is_not_sent_again(stage: Stage, office: Office) -> None:
    task = report()
    await stage.plan(task)
    _, path = await issue(office, county=COUNTY)
    first = await office.client.get(path)
    tag = first.headers["etag"]
    for header in (tag, f"W/{tag}", f'"other", {tag}'):
        again = await office.client.get(path, headers={"If-None-Match": header})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    await stage.tick()
    changed = await office.client.get(path, headers={"If-None-Match": tag})
    assert (changed.status_code, changed.headers["etag"] != tag) == (200, True)


async def test_a_revoked_address_is_as_one_that_never_was(office: Office) -> None:
    name, path = await issue(office, unit="fire_rescue")
    assert (await office.client.get(path)).status_code == 200
    ended = await office.tell(f"/v1/subscriptions/{name}/revoke")
    assert ended["revoked_by"] == "city-office-1"
    assert await office.tell(f"/v1/subscriptions/{name}/revoke") == ended
    answers = [await office.client.get(each) for each in (path, f"/v1/calendar-feeds/{'a' * 43}.ics")]
    assert [(each.status_code, each.json()["code"]) for each in answers] == [(404, "subscription-not-found")] * 2
    assert answers[0].json() == answers[1].json()
    await office.tell("/v1/subscriptions/none/revoke", status=422)
    await office.tell("/v1/subscriptions/0000-0000/revoke", status=404)


async def test_whose_calendar_it_is_has_to_be_said(office: Office) -> None:
    for whose, code in (
        ({}, "missing-field"),
        ({"county": "110101"}, "unknown-value"),
        ({"unit": "no"}, "unknown-term"),
    ):
        refused = await office.tell("/v1/subscriptions", {"name": "日历", **whose}, status=422)
        assert refused["errors"][0]["code"] == code
    await office.tell("/v1/subscriptions", {"name": "日历", "county": COUNTY}, who="county", status=403)


async def test_the_secret_is_in_no_log_and_not_in_the_database(office: Office) -> None:
    with structlog.testing.capture_logs() as logged:
        name, path = await issue(office, county=COUNTY)
        assert (await office.client.get(path)).status_code == 200
        assert (await office.client.get(f"{path}x")).status_code == 404
        listed = await office.ask("/v1/subscriptions")
        await office.tell(f"/v1/subscriptions/{name}/revoke")
        # What is refused is logged each time, what goes well only now and then.
        assert (await office.client.get(path)).status_code == 404
    token = path.removeprefix("/v1/calendar-feeds/").removesuffix(".ics")
    assert {line["route"] for line in logged if line["event"] == "request"} >= {"/v1/calendar-feeds/{token}.ics"}
    assert token not in repr(logged)
    assert token not in repr(listed)
    async with office.database.acquire() as connection:
        dumped = await connection.fetchval("SELECT string_agg(s::text, ' ') FROM subscription s")
        kept = await connection.fetchval("SELECT count(*) FROM idempotent_answer")
    assert (token in dumped, kept) == (False, 0)
