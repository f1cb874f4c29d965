"""A county's system files an inspection with what it found: the same findings as over HTTP, and wrong ones are answered."""

from __future__ import annotations

from dataclasses import replace

import pytest

from duban_contracts.codec import decode
from duban_contracts.events.claims import TaskReported
from duban_contracts.events.feedback import ClaimFiled, ClaimOutcome, ClaimRejected
from duban_contracts.events.findings import TaskFindingReported
from duban_contracts.testing.calendar import june, local
from duban_contracts.testing.findings import finding
from duban_contracts.topics import TopicFamily
from services.chassis.assembly import Platform
from services.scheduler.settings import Settings
from services.scheduler.tasks.handlers.forms import load_forms
from services.scheduler.tests.bench import PROFILE
from services.scheduler.tests.filings.county import CountySystem, assigned, county_on, filing
from services.scheduler.tests.tasks.stage import Stage

pytestmark = [pytest.mark.feature("SY09"), pytest.mark.promise("P1")]
NOON = local(1, 12)


@pytest.fixture
def county(stage: Stage, platform: Platform[Settings]) -> CountySystem:
    stage.taskbook = replace(stage.taskbook, forms=load_forms(PROFILE))
    return county_on(stage, platform)


async def said(county: CountySystem) -> list[TaskFindingReported]:
    """What the ledger is told."""
    events = [decode(event) for event in await county.events(TopicFamily.TASK)]
    return [data for data in events if isinstance(data, TaskFindingReported)]


def with_findings(task: str, *references: str, **fields: object) -> TaskReported:
    return filing(task, findings=tuple(finding(reference, **fields) for reference in references))


async def test_what_a_county_files_with_its_inspection_is_said_to_the_ledger_once(county: CountySystem) -> None:
    county.stage.clock.set(NOON)
    task = await assigned(county, kind="inspection")
    filed = await county.file(with_findings(task.task_id, "1", "2"), NOON)
    assert isinstance(filed, ClaimFiled)
    again = await county.file(with_findings(task.task_id, "1", "2"), NOON, event_id="f-2")
    assert isinstance(again, ClaimFiled)
    assert again.outcome is ClaimOutcome.DUPLICATE
    told = await said(county)
    assert [(each.finding.reference, each.filing) for each in told] == [("1", 1), ("2", 1)]
    assert {each.actor.account for each in told} == {"county-account-7"}


@pytest.mark.parametrize(
    ("fields", "code", "field"),
    [
        ({"sector": "no_such_sector"}, "unknown-term", "$.findings[0].sector"),
        ({"found_on": june(9)}, "found-in-future", "$.findings[0].found_on"),
        ({"county": "140521"}, "finding-outside-area", "$.findings[0].county"),
    ],
)
async def test_a_finding_that_can_not_be_is_answered_at_its_field_and_the_task_stays_owed(
    county: CountySystem, fields: dict[str, object], code: str, field: str
) -> None:
    county.stage.clock.set(NOON)
    task = await assigned(county, kind="inspection")
    answer = await county.file(with_findings(task.task_id, "1", **fields), NOON)
    assert isinstance(answer, ClaimRejected)
    assert (answer.code, answer.field) == (code, field)
    assert await said(county) == []
    assert (await county.stage.task(task)).submitted_at is None


async def test_two_findings_of_one_reference_are_answered_too(county: CountySystem) -> None:
    county.stage.clock.set(NOON)
    task = await assigned(county, kind="inspection")
    answer = await county.file(with_findings(task.task_id, "1", "1"), NOON)
    assert isinstance(answer, ClaimRejected)
    assert (answer.code, answer.field) == ("finding-repeated", "$.findings[1].reference")
