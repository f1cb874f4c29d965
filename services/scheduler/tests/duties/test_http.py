"""Duties over HTTP: lists and counts, change, cancel, and how they were fulfilled."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from services.chassis.access.principal import Principal
from services.chassis.access.refusals import Caller
from services.chassis.access.scope import Scope
from services.chassis.web.preconditions import Precondition
from services.scheduler.tasks.handlers.commands import Order, Refused, move_task
from services.scheduler.tasks.handlers.open_windows import open_windows
from services.scheduler.tasks.moves.accept import Accept
from services.scheduler.tasks.moves.submit import Submit
from services.scheduler.tests.office import NINE_ONES, TABLES, Office

DRILL = {
    "duty_id": "drill",
    "kind": "drill",
    "title": "重点行业企业应急演练",
    "rule": {"by": "quota", "period": "quarter"},
    "valid_from": "2024-01-01",
    "lead": "emergency_management",
    "source": {"document": "S0", "item": "五"},
}


def changed(**fields: Any) -> dict[str, Any]:
    return {**DRILL, **fields}


async def test_a_duty_is_made_planned_and_read(office: Office) -> None:
    made = await office.tell("/v1/duties", DRILL, status=201)
    assert (made["version"], made["state"], made["recorded_by"]) == (1, "in_force", "city-office-1")
    assert [task["period"] for task in await office.tasks()] == ["2024-Q1", "2024-Q2", "2024-Q3", "2024-Q4"]
    assert await office.ask("/v1/duties/drill", who="county") == made
    assert (await office.tell("/v1/duties", DRILL, status=409))["code"] == "duty-exists"


async def test_changing_a_duty_changes_the_future_and_both_versions_stay_readable(office: Office) -> None:
    await office.tell("/v1/duties", DRILL, status=201)
    after = {"duty": changed(title="综合应急演练", lead="fire_rescue"), "reason": "机构职能调整"}
    assert (await office.tell("/v1/duties/drill/change", after))["version"] == 2
    found = {task["period"]: (task["title"], task["lead_unit"], task["duty_version"]) for task in await office.tasks()}
    assert found["2024-Q2"] == ("重点行业企业应急演练", "emergency_management", 1)
    assert found["2024-Q3"] == ("综合应急演练", "fire_rescue", 2)
    versions = (await office.ask("/v1/duties/drill/versions"))["items"]
    assert [(each["duty"]["title"], each["reason"], each["effective_on"]) for each in versions] == [
        ("重点行业企业应急演练", None, "2024-01-01"),
        ("综合应急演练", "机构职能调整", "2024-05-15"),
    ]


async def test_a_decision_rests_on_the_version_that_was_read(office: Office) -> None:
    await office.tell("/v1/duties", DRILL, status=201)
    body = {"duty": changed(title="一"), "reason": "调整"}
    await office.tell("/v1/duties/drill/change", body)
    found = await office.client.post(
        "/v1/duties/drill/change",
        json={"duty": changed(title="二"), "reason": "调整"},
        headers=office.headers(match='"1"'),
    )
    assert (found.status_code, found.json()["code"]) == (412, "version-mismatch")


async def test_a_cancelled_duty_withdraws_what_has_not_begun(office: Office) -> None:
    await office.tell("/v1/duties", DRILL, status=201)
    ended = await office.tell("/v1/duties/drill/cancel", {"reason": "机制取消"})
    assert (ended["state"], ended["reason"]) == ("cancelled", "机制取消")
    assert [task["period"] for task in await office.tasks()] == ["2024-Q1", "2024-Q2"]
    problem = await office.tell("/v1/duties/drill/change", {"duty": DRILL, "reason": "再来"}, status=409)
    assert problem["code"] == "duty-cancelled"


async def test_the_deadline_of_a_task_that_has_begun_is_not_moved_by_its_duty(office: Office) -> None:
    dated = changed(rule={"by": "deadline", "due_on": "2024-09-30"})
    await office.tell("/v1/duties", dated, status=201)
    later = {"duty": changed(rule={"by": "deadline", "due_on": "2024-12-31"}), "reason": "延后"}
    assert (await office.tell("/v1/duties/drill/change", later, status=409))["code"] == "deadline-assigned"


WRONG: list[tuple[dict[str, Any], str, str]] = [
    ({"rule": {"by": "recurrence", "rrule": "FREQ=HOURLY"}}, "bad-recurrence", "$.rule.rrule"),
    ({"rule": {"by": "recurrence", "rrule": "FREQ=MONTHLY"}}, "bad-recurrence", "$.rule.rrule"),
    ({"valid_from": "1999-12-31"}, "out-of-range", "$.valid_from"),
    ({"rule": {"by": "deadline", "due_on": "9999-12-31"}}, "out-of-range", "$.rule.due_on"),
    ({"rule": {"by": "deadline", "due_on": "2024-12-31", "opens_on": "0001-01-01"}}, "out-of-range", "$.rule.opens_on"),
    ({"who": "a\u0000b"}, "invalid-field", "who"),
    ({"per": "martians"}, "unknown-roster", "$.per"),
    ({"valid_until": "2023-01-01"}, "duty-ends-before-it-begins", "$.valid_until"),
    ({"lead": "martians"}, "invalid-field", "lead"),
    ({"rule": {"by": "moon"}}, "invalid-field", "rule.by"),
    ({"colour": "red"}, "invalid-field", "colour"),
]


# One database for all of them: none leaves anything.
async def test_a_wrong_duty_is_refused_with_the_field(office: Office) -> None:
    for fields, code, field in WRONG:
        problem = await office.tell("/v1/duties", changed(**fields), status=422)
        assert (problem["code"], problem["field"]) == (code, field)
    assert await office.tasks() == []


async def test_lists_are_filtered_paged_and_counted(office: Office) -> None:
    await office.load(NINE_ONES)
    await office.load(TABLES / "recurring-duties.json", year=2024)
    seen: list[str] = []
    after: dict[str, Any] = {}
    while True:
        page = await office.ask("/v1/duties", plan="nine-ones-2024", limit=20, **after)
        seen += [each["duty"]["duty_id"] for each in page["items"]]
        if page["next"] is None:
            break
        after = {"after": page["next"]}
    assert len(seen) == len(set(seen)) == 43
    counts = await office.ask("/v1/duties/count", plan="nine-ones-2024", group_by="kind")
    assert {each["value"]: each["count"] for each in counts["groups"]} == {
        "training": 12,
        "inspection": 12,
        "drill": 5,
        "plenary_meeting": 4,
        "office_meeting": 4,
        "mutual_inspection": 2,
        "public_notice": 2,
        "contest": 1,
        "assessment": 1,
    }
    by_rule = await office.ask("/v1/duties/count", group_by="rule", assumed=True)
    assert {each["value"]: each["count"] for each in by_rule["groups"]}["quota"] >= 50
    assert (await office.ask("/v1/duties/count"))["total"] == 43 + 309
    assert [each["duty"]["title"] for each in (await office.ask("/v1/duties", q="抗震"))["items"]] == [
        "“5.12”抗震救灾综合演练"
    ]
    assert len((await office.ask("/v1/plans"))["items"]) == 12


@pytest.mark.feature("SY03")
async def test_a_quarterly_duty_done_only_in_january_is_missed_for_the_second_quarter_on_1_july(office: Office) -> None:
    await office.tell("/v1/duties", DRILL, status=201)
    [first, *_] = await office.tasks("drill")
    await done_in(office, first["task_id"], datetime(2024, 1, 20, 2, tzinfo=UTC))
    office.clock.set(datetime(2024, 7, 1, 2, tzinfo=UTC))
    found = await office.ask("/v1/duties/drill/fulfilment")
    assert [(each["period"], each["standing"], each["missing"]) for each in found["items"]] == [
        ("2024-Q1", "met", 0),
        ("2024-Q2", "missed", 1),
        ("2024-Q3", "open", 1),
        ("2024-Q4", "open", 1),
    ]
    [_, second, *_] = (await office.ask("/v1/duties/drill/fulfilment", on="2024-06-30"))["items"]
    assert second["standing"] == "open"


async def done_in(office: Office, task_id: str, at: datetime) -> None:
    """Submit a task at `at`, and accept it as another account."""
    office.clock.set(at)
    await open_windows(office.database, taskbook=office.planner.taskbook)
    for account, role, unit, command in (
        ("bureau-1", "city_regulator", "emergency_management", Submit(summary="已完成演练")),
        ("city-office-2", "city_office", "safety_committee_office", Accept(review="材料齐全")),
    ):
        principal = Principal(account=account, role=role, area="140500", unit=unit)
        order = Order(task_id, command, Caller(principal, Scope(), "scheduler.tasks.move"), Precondition())
        async with office.database.transaction() as connection:
            said = await move_task(connection, order, taskbook=office.planner.taskbook)
        assert not isinstance(said, Refused), said
