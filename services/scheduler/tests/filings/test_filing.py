"""任务办理: a filing by event has one effect, the same as over HTTP, and its county is told what became of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from duban_contracts.events.claims import TaskReported
from duban_contracts.events.feedback import ClaimFiled, ClaimOutcome, ClaimRejected
from duban_contracts.events.tasks import (
    TaskAccepted,
    TaskAssigned,
    TaskDueSoon,
    TaskOverdue,
    TaskReturned,
    TaskState,
    TaskSubmitted,
)
from duban_contracts.events.types import Actor
from duban_contracts.testing.calendar import local
from duban_contracts.testing.claims import report as hazard
from duban_contracts.topics import TopicFamily
from services.scheduler.filings.model import command_of
from services.scheduler.tasks.handlers.forms import Form, Forms
from services.scheduler.tasks.moves import Accept, Cancel, Return
from services.scheduler.tasks.tables import rows
from services.scheduler.tests.filings.county import OTHER, CountySystem, assigned, broken, filing, number_of
from services.scheduler.tests.tasks.stage import COLLEAGUE, OFFICE, proof, report

pytestmark = [pytest.mark.feature("SY06", "SY64"), pytest.mark.promise("P1")]
IN_TIME, AFTERWARDS = local(1, 23, 59), local(2, 0, 1)


async def test_a_filing_is_a_submission_as_of_when_the_broker_took_it(county: CountySystem) -> None:
    task = await assigned(county)
    county.stage.clock.set(AFTERWARDS)
    said = await county.file(filing(task, filed_on=date(2026, 5, 31)), IN_TIME)
    assert isinstance(said, ClaimFiled)
    assert (said.late, said.message) == (False, None)
    found = await county.stage.task(task)
    assert (found.state, found.late, found.submitted_at, found.summary) == (
        TaskState.SUBMITTED,
        False,
        IN_TIME,
        "本月检查 46 家",
    )
    [submitted] = [each for each in await county.told() if isinstance(each, TaskSubmitted)]
    assert (submitted.filed_on, submitted.occurred_at) == (date(2026, 5, 31), AFTERWARDS)
    assert submitted.actor == Actor(account="county-account-7", role="integrator", unit="county_safety_committee")


async def test_the_county_hears_that_it_is_filed_and_of_everything_that_becomes_of_its_task(
    county: CountySystem,
) -> None:
    county.stage.clock.set(local(20, month=5))
    task = await assigned(county)
    await county.stage.at(local(29, 9, month=5))
    await county.is_read(local(2, 1))
    await county.stage.at(local(2, 1))
    county.stage.clock.set(local(2, 10))
    await county.read(county.record(filing(task), local(2, 10)))
    await county.stage.move(task, Return(reason="缺数据"), OFFICE)
    await county.read(county.record(filing(task), local(2, 11), event_id="f-2"))
    await county.stage.move(task, Accept(review="齐全"), COLLEAGUE)
    said = await county.told()
    assert [type(each) for each in said if not isinstance(each, TaskSubmitted | ClaimFiled)] == [
        TaskAssigned,
        TaskDueSoon,
        TaskOverdue,
        TaskReturned,
        TaskAccepted,
    ]
    first, second = (each for each in said if isinstance(each, ClaimFiled))
    assert (first.number, first.outcome, first.late, first.message) == (
        number_of(task),
        ClaimOutcome.APPLIED,
        True,
        "报送时已超过期限，记为迟报",
    )
    assert (first.reference, first.claim_id, second.claim_id) == (number_of(task), "f-1", "f-2")
    assert await county.told(OTHER) == []
    own = await county.events(TopicFamily.TASK)
    copies = [each for each in await county.events("county.140502.feedback.v1") if each.type.startswith("duban.task.")]
    assert [each.id for each in copies] == [each.id for each in own]
    assert {each.partitionkey for each in copies} == {number_of(task)}


@pytest.mark.parametrize("by", ["id", "number"])
async def test_a_task_is_named_by_its_id_or_its_number(county: CountySystem, by: str) -> None:
    task = await assigned(county)
    name = task.task_id if by == "id" else number_of(task)
    await county.file(filing(name), local(1, 1))
    assert (await county.stage.task(task)).state is TaskState.SUBMITTED


async def test_the_form_of_the_kind_is_kept_and_its_numbers_are_figures(county: CountySystem) -> None:
    schema = {"type": "object", "properties": {"found": {"type": "integer"}}, "additionalProperties": False}
    county.filings = replace(
        county.filings,
        taskbook=replace(county.filings.taskbook, forms=Forms({"report": Form(title="登记", schema=schema)})),
    )
    task = await assigned(county, figures=("found",), evidence=("纪要",))
    refused = await county.file(filing(task, form={"found": "3"}), local(1, 1))
    assert isinstance(refused, ClaimRejected)
    assert (refused.code, refused.field) == ("form-invalid", "form.found")
    proofs = (proof("minutes.pdf", "纪要"),)
    await county.file(filing(task, form={"found": 3}, evidence=proofs), local(1, 2), event_id="f-2")
    found = await county.stage.task(task)
    assert (found.state, found.figures, found.lacking) == (TaskState.SUBMITTED, {"found": 3}, ())
    async with county.stage.database.acquire() as connection:
        assert await rows.form_of(connection, task.task_id) == {"found": 3}


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"reference": "RW2026-NONE"}, "task-not-found"),
    ({"unit": "emergency_management"}, "task-of-another"),
    ({"evidence": (proof("other.pdf", "别的材料"),)}, "evidence-not-demanded"),
    ({}, "figures-missing"),
    ({"form": {"found": 3}, "figures": {"checks": 1}}, "form-invalid"),
]


@pytest.mark.parametrize(("changed", "code"), REFUSED)
async def test_what_http_refuses_is_refused_kept_and_answered_with_the_same_code(
    county: CountySystem, changed: dict[str, Any], code: str
) -> None:
    task = await assigned(county, figures=("checks",))
    claim = filing(changed.get("reference", task), **{k: v for k, v in changed.items() if k != "reference"})
    unit = Actor(account="county-machine", role="integrator", unit=claim.unit)
    if code != "task-not-found":
        assert await county.stage.move(task, command_of(claim), unit) == code
    said = await county.file(claim, local(1, 1))
    assert isinstance(said, ClaimRejected)
    assert (said.code, said.claim_id, said.reference) == (code, "f-1", claim.reference)
    assert said.message
    assert code != "task-not-found" or said.field == "reference"
    assert await county.kept() == [code]
    assert (await county.stage.task(task)).version == 1


async def test_another_countys_task_is_not_there(county: CountySystem) -> None:
    task = await assigned(county)
    claim = filing(task, county=OTHER)
    said = await county.file(claim, local(1, 1), county=OTHER)
    assert isinstance(said, ClaimRejected)
    assert said.code == "task-not-found"
    foreign = await county.file(filing(task), local(1, 1), county=OTHER, event_id="f-2")
    assert isinstance(foreign, ClaimRejected)
    assert foreign.code == "county-mismatch"
    assert (await county.stage.task(task)).version == 1


@pytest.mark.parametrize("ended", ["accepted", "cancelled", "planned"])
async def test_a_task_that_is_not_owed_takes_no_filing(county: CountySystem, ended: str) -> None:
    task = await assigned(county, window_start=date(2026, 6, 2) if ended == "planned" else date(2026, 5, 20))
    if ended == "accepted":
        await county.read(county.record(filing(task), local(1, 1)))
        await county.stage.move(task, Accept(review="齐全"), OFFICE)
    elif ended == "cancelled":
        await county.stage.move(task, Cancel(reason="重复"), OFFICE)
    said = await county.file(filing(task, summary="再报一次"), local(1, 2), event_id="f-2")
    assert isinstance(said, ClaimRejected)
    assert said.code == "task-state-conflict"


async def test_what_is_somebody_elses_on_the_topic_is_left_alone_unreadable_or_not(county: CountySystem) -> None:
    task = await assigned(county)
    nothing = county.record(filing(task), local(1, 1))
    nothing = type(nothing)(nothing.topic, 0, nothing.offset, nothing.timestamp, None, b"\xff", [])
    await county.read(county.record(hazard(), local(1, 1), event_id="h-1"), nothing)
    assert [type(each) for each in await county.told()] == [TaskAssigned]
    assert await county.kept() == []


async def test_a_filing_whose_payload_breaks_the_contract_is_answered_with_the_field(county: CountySystem) -> None:
    task = await assigned(county)
    said = await county.file(broken(filing(task), filed_on="2026-13-01"), local(1, 1))
    assert isinstance(said, ClaimRejected)
    assert (said.code, said.field, said.claim_id) == ("bad-date", "$.filed_on", "f-1")
    ahead = await county.file(filing(task, filed_on=date(2026, 6, 2)), local(1, 2), event_id="f-2")
    assert isinstance(ahead, ClaimRejected)
    assert (ahead.code, ahead.field) == ("filed-in-future", "$.filed_on")
    assert len(await county.kept()) == 2


async def test_many_filings_in_one_batch_are_each_what_they_would_be_alone(county: CountySystem) -> None:
    batch = [report(period=f"2026-0{n}") for n in range(1, 6)]
    await county.stage.plan(*batch)
    await county.stage.tick()
    records = [county.record(filing(task), local(1, n), event_id=f"f-{n}") for n, task in enumerate(batch)]
    records.insert(2, county.record(filing("RW2026-NONE"), local(1, 9), event_id="f-9"))
    await county.read(*records)
    states = {(await county.stage.task(task)).state for task in batch}
    assert states == {TaskState.SUBMITTED}
    answers = {
        each.claim_id: type(each) for each in await county.told() if isinstance(each, ClaimFiled | ClaimRejected)
    }
    assert answers == {**{f"f-{n}": ClaimFiled for n in range(5)}, "f-9": ClaimRejected}


def test_a_claim_asks_for_what_it_says() -> None:
    claim: TaskReported = filing("RW2026-1", figures={"checks": 1.0}, form={"a": 1})
    command = command_of(claim)
    for name in ("summary", "evidence", "figures", "form", "filed_on"):
        assert getattr(command, name) == getattr(claim, name)
