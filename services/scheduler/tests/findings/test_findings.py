"""Findings of an inspection in the scheduler: filed over HTTP, said once, and shown with what the ledger made of them."""

from __future__ import annotations

from typing import Any

import pytest

from duban_contracts.codec import decode, type_of
from duban_contracts.events.findings import TaskFindingReported
from duban_contracts.testing.calendar import june
from services.scheduler.tests.findings.inspecting import TASK, UNIT, Inspection, hazard_of, headers, rejection, said
from services.scheduler.tests.tasks.stage import report

pytestmark = pytest.mark.feature("SY09")


async def test_findings_are_said_once_however_often_the_submission_is_filed(checks: Inspection) -> None:
    answer = await checks.file(said("1"), said("2"))
    assert answer.status_code == 200, answer.text
    assert (await checks.file(said("1"))).status_code == 409
    assert await checks.said() == [("1", 1, "二号车间配电室"), ("2", 1, "二号车间配电室")]
    await checks.send_back()
    # Filed again: one as it was, one corrected, one new; what is left out next time stays.
    assert (await checks.file(said("1"), said("2", place="三号车间"), said("3"))).status_code == 200
    assert (await checks.said())[2:] == [("2", 2, "三号车间"), ("3", 1, "二号车间配电室")]
    await checks.send_back()
    assert (await checks.file()).status_code == 200
    assert len(await checks.said()) == 4
    assert [(each["finding"]["reference"], each["filing"]) for each in await checks.shown()] == [
        ("1", 1),
        ("2", 2),
        ("3", 1),
    ]


async def test_the_event_carries_the_unit_the_task_and_who_filed_it(checks: Inspection) -> None:
    await checks.file(said("1"), who="office")
    [event] = [e for e in await checks.stage.said(TASK) if e.type == type_of(TaskFindingReported).name]
    data = decode(event)
    assert isinstance(data, TaskFindingReported)
    assert (data.task.unit, data.task.state, data.actor.account) == (UNIT, "submitted", "city-office-1")
    assert (event.partitionkey, event.aggregateversion) == (TASK.task_id, None)


@pytest.mark.parametrize(
    ("wrong", "code", "field"),
    [
        (said("2", sector="no_such_sector"), "unknown-term", "findings[1].sector"),
        ({**said("2"), "sektor": "x"}, "unknown-field", "findings[1].sektor"),
        (said("2", found_on=june(20)), "found-in-future", "findings[1].found_on"),
        (said("2", county="140521"), "finding-outside-area", "findings[1].county"),
        (said("1"), "finding-repeated", "findings[1].reference"),
        ({**said("2"), "grade": "major"}, "unknown-field", "findings[1].grade"),
    ],
)
async def test_what_the_ledger_would_refuse_is_refused_at_the_door_with_its_place(
    checks: Inspection, wrong: dict[str, Any], code: str, field: str
) -> None:
    answer = await checks.file(said("1"), wrong)
    assert answer.status_code == 422, answer.text
    body = answer.json()
    [named] = body.get("errors") or [body]
    assert (named["code"], named["field"]) == (code, field)
    assert await checks.said() == []
    assert await checks.shown() == []


async def test_a_kind_that_finds_nothing_takes_no_findings(checks: Inspection) -> None:
    other = report(duty_id="reports")
    await checks.stage.plan(other)
    await checks.stage.tick()
    body = {"summary": "好", "findings": [said()]}
    answer = await checks.client.post(f"/v1/tasks/{other.task_id}/submit", json=body, headers=headers("office"))
    assert (answer.status_code, answer.json()["code"], answer.json()["field"]) == (
        422,
        "findings-not-taken",
        "findings",
    )
    forms = (await checks.client.get("/v1/task-forms", headers=headers("unit"))).json()["items"]
    assert {form["kind"] for form in forms if form["findings"]} == {"inspection", "enforcement", "patrol"}


async def test_the_task_shows_the_hazards_that_came_of_it_with_number_and_state(checks: Inspection) -> None:
    await checks.file(said("1"), said("2"))
    assert [(each["hazard"], each["refusal"]) for each in await checks.shown()] == [(None, None)] * 2
    records = hazard_of(TASK).records()
    await checks.bench.learn(records[:1])
    [first, second] = await checks.shown()
    assert (first["hazard"]["number"], first["hazard"]["state"], second["hazard"]) == ("JC-hz-1", "reported", None)
    await checks.bench.learn(records)
    await checks.bench.learn(records[:1])
    [first, _] = await checks.shown()
    assert first["hazard"] == {
        "hazard_id": "hz-1",
        "number": "JC-hz-1",
        "version": 2,
        "state": "confirmed",
        "grade": "general",
        "deadline_on": "2026-06-03",
        "overdue": False,
    }


async def test_what_the_ledger_refuses_stands_on_the_task_until_it_is_filed_again(checks: Inspection) -> None:
    await checks.file(said("1"))
    await checks.bench.learn(hazard_of(TASK).records())
    await checks.send_back()
    await checks.file(said("1", place="三号车间"))
    await checks.bench.learn([rejection("1", 1)])
    assert [each["refusal"] for each in await checks.shown()] == [None], "an answer to an earlier filing says nothing"
    await checks.bench.learn([rejection("1", 2), rejection("1", 2)])
    [refused] = await checks.shown()
    assert (refused["refusal"]["code"], refused["refusal"]["field"]) == ("reference-already-confirmed", "reference")
    assert "不能再更正" in refused["refusal"]["message"]
    assert (refused["finding"]["place"], refused["hazard"]["state"]) == ("三号车间", "confirmed")
    assert await checks.lacking() == ["检查发现 1（台账不予受理）"]
    await checks.send_back()
    await checks.file(said("1"))
    [again] = await checks.shown()
    assert (again["filing"], again["refusal"], again["hazard"]["number"]) == (3, None, "JC-hz-1")
    assert await checks.lacking() == []


async def test_readers_of_other_sectors_are_not_shown_what_was_found_in_this_one(checks: Inspection) -> None:
    await checks.file(said("1"), said("2", sector="coal_mine"))
    assert [each["finding"]["reference"] for each in await checks.shown("office")] == ["1", "2"]
    assert [each["finding"]["reference"] for each in await checks.shown("coal")] == ["2"]
    assert (await checks.form("office"), await checks.form("coal")) == (["1", "2"], ["2"])
