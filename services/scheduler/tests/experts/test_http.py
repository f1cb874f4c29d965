"""An inspection is given an expert over HTTP; names stay with whoever has the right to them."""

from __future__ import annotations

from typing import Any

import pytest

from services.scheduler.tasks.model.planned import PlannedTask
from services.scheduler.tests.experts.builders import MINE, OTHER_MINE, expert, inspection
from services.scheduler.tests.office import Office
from services.scheduler.tests.tasks.stage import stage_on

POOL = [
    expert("E-1", employer=OTHER_MINE),
    expert("E-2", employer=MINE),
    expert("E-3", sectors=["catering"]),
    expert("E-4", valid_until="2024-12-31"),
    expert("E-5", valid_from="2024-06-01"),
]
REFUSED = {
    "E-2": "expert-of-the-enterprise",
    "E-3": "expert-wrong-sector",
    "E-4": "expert-retired",
    "E-5": "expert-not-yet-valid",
}


async def with_pool(office: Office, **changed: Any) -> PlannedTask:
    for each in POOL:
        await office.tell("/v1/experts", each, status=201)
    planned = inspection(**changed)
    await stage_on(office.database, office.clock).plan(planned)
    return planned


@pytest.mark.feature("SY22")
async def test_an_inspection_is_given_an_expert_of_its_sector_who_is_not_from_the_inspected_enterprise(
    office: Office,
) -> None:
    planned = await with_pool(office)
    path = f"/v1/tasks/{planned.task_id}/experts"
    listed = (await office.ask(path))["items"]
    assert [each["expert"]["expert_id"] for each in listed if each["eligible"]] == ["E-1"]
    assert {each["expert"]["expert_id"]: each["reason"] for each in listed if not each["eligible"]} == REFUSED
    assert all(each["reason_zh"] for each in listed if not each["eligible"])
    for expert_id, code in REFUSED.items():
        assert (await office.tell(path, {"expert_id": expert_id}, status=409))["code"] == code
    made = await office.tell(path, {"expert_id": "E-1"}, status=201)
    assert (made["task_id"], made["expert_id"], made["enterprise"]) == (planned.task_id, "E-1", MINE)
    assert await office.tell(path, {"expert_id": "E-1"}, status=201) == made
    assert [each["expert"]["expert_id"] for each in (await office.ask(path))["items"] if each["assigned"]] == ["E-1"]


async def test_a_retired_expert_is_given_to_nothing_more(office: Office) -> None:
    planned = await with_pool(office)
    ended = await office.tell("/v1/experts/E-1/retire", {"valid_until": "2024-05-14"})
    assert ended["valid_until"] == "2024-05-14"
    refused = await office.tell(f"/v1/tasks/{planned.task_id}/experts", {"expert_id": "E-1"}, status=409)
    assert refused["code"] == "expert-retired"
    assert (await office.tell("/v1/experts/E-9/retire", {"valid_until": "2024-05-14"}, status=404))["code"] == (
        "expert-not-found"
    )
    early = await office.tell("/v1/experts/E-1/retire", {"valid_until": "2023-05-14"}, status=422)
    assert early["code"] == "duty-ends-before-it-begins"


async def test_where_the_task_names_no_enterprise_the_caller_does(office: Office) -> None:
    planned = await with_pool(office, member=None, sectors=("coal_mine",))
    path = f"/v1/tasks/{planned.task_id}/experts"
    assert (await office.ask(path, status=422))["code"] == "inspected-enterprise-unclear"
    listed = (await office.ask(path, enterprise=OTHER_MINE))["items"]
    assert [each["expert"]["expert_id"] for each in listed if each["eligible"]] == ["E-2"]
    made = await office.tell(path, {"expert_id": "E-2", "enterprise": OTHER_MINE}, status=201)
    assert made["enterprise"] == OTHER_MINE


async def test_names_stay_in_the_pool_and_are_shown_by_right(office: Office) -> None:
    planned = await with_pool(office)
    assert (await office.ask("/v1/experts/E-1"))["name"] == POOL[0]["name"]
    assert (await office.ask("/v1/experts", who="director"))["items"][0]["name"] is None
    await office.ask("/v1/experts", who="observer", status=403)
    made = await office.tell(f"/v1/tasks/{planned.task_id}/experts", {"expert_id": "E-1"}, status=201)
    assert POOL[0]["name"] not in str(made)
    async with office.database.acquire() as connection:
        outbox = await connection.fetchval("SELECT count(*) FROM outbox")
        kept = await connection.fetchval("SELECT count(*) FROM idempotent_answer")
    assert (outbox, kept) == (0, 0), "nobody's name is published, or kept as an answer"


async def test_an_entry_stands_under_its_id(office: Office) -> None:
    made = await office.tell("/v1/experts", POOL[0], status=201)
    assert await office.tell("/v1/experts", POOL[0], status=201) == made
    other = {**POOL[0], "sectors": ["catering"]}
    assert (await office.tell("/v1/experts", other, status=409))["code"] == "expert-exists"
    turned = {**POOL[1], "valid_until": "2023-12-31"}
    assert (await office.tell("/v1/experts", turned, status=422))["code"] == "duty-ends-before-it-begins"


async def test_a_task_of_another_county_is_not_there(office: Office) -> None:
    planned = await with_pool(office)
    path = f"/v1/tasks/{planned.task_id}/experts"
    assert (await office.ask(path, who="county", status=404))["code"] == "task-not-found"
    assert (await office.tell(path, {"expert_id": "E-1"}, who="county", status=404))["code"] == "task-not-found"
