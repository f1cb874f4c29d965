"""Findings in the ledger's own transaction: recorded once, corrected by a later filing, answered when they can't be."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from duban_contracts.codec import decode
from duban_contracts.events.findings import FindingRejected, TaskFindingReported
from duban_contracts.events.hazards import HazardConfirmed, HazardRegistered
from duban_contracts.events.tasks import TaskFacts
from duban_contracts.testing.calendar import local
from duban_contracts.testing.claims import rectification, report
from duban_contracts.testing.findings import finding, found, inspection, published
from duban_contracts.topics import TopicFamily, feedback_topic
from services.chassis.consuming.deliveries import Delivery
from services.ledger.claims.handlers.take_claims import Claims
from services.ledger.findings.handlers import Findings, take_findings
from services.ledger.tests.in_process import NOON, InProcess
from services.ledger.tests.people import FOREIGN, HOME

pytestmark = [pytest.mark.feature("SY09"), pytest.mark.promise("P1")]


def new_task(ledger: InProcess, **fields: Any) -> TaskFacts:
    return inspection(f"RW2026-{next(ledger.references):010d}", **fields)


async def take(ledger: InProcess, *said: TaskFindingReported) -> None:
    """Take findings in as one batch."""
    deliveries = [
        Delivery(ledger.record(event, at=NOON), event, decode(event)) for event in [published(one) for one in said]
    ]
    findings = Findings(claims=Claims.on(ledger.platform), city=ledger.platform.city)
    async with ledger.database.transaction() as connection:
        await take_findings(connection, deliveries, findings=findings)


async def hazards(ledger: InProcess, task: str, who: str = "city") -> Sequence[dict[str, Any]]:
    """The hazards that a task found, by its number or id, in the order of their references."""
    answer = await ledger.get("/v1/hazards", who, task=task)
    assert answer.status_code == 200, answer.text
    return sorted(answer.json()["items"], key=lambda item: item["reference"])


async def told(ledger: InProcess, task: TaskFacts) -> list[FindingRejected]:
    """What the task was told of its findings."""
    said = [decode(event) for event in await ledger.said(TopicFamily.HAZARD) if event.subject == task.task_id]
    return [data for data in said if isinstance(data, FindingRejected)]


async def test_each_finding_is_a_hazard_under_the_units_name_that_names_its_task(ledger: InProcess) -> None:
    task = new_task(ledger)
    await take(ledger, found(finding("1"), of=task), found(finding("2", suggested_grade="major"), of=task))
    first, second = await hazards(ledger, task.number)
    assert [item["reference"] for item in (first, second)] == [f"{task.number}/1", f"{task.number}/2"]
    assert first["found_by"] == {"task_id": task.task_id, "task_number": task.number, "unit": "emergency_management"}
    assert (first["channel"], first["state"], second["suggested_grade"], second["grade"]) == (
        "inspection",
        "reported",
        "major",
        None,
    )
    assert await hazards(ledger, task.task_id) == [first, second]
    history = (await ledger.get(f"/v1/hazards/{first['number']}/history")).json()["items"]
    actor = history[0]["payload"]["actor"]
    assert (actor["account"], actor["unit"]) == ("regulator-140502-1", "emergency_management")
    assert history[0]["payload"]["hazard"]["found_by"]["task_number"] == task.number
    assert await hazards(ledger, task.number, "foreign") == []


async def test_the_county_hears_of_what_was_found_in_it(ledger: InProcess) -> None:
    task = new_task(ledger, county="140500")
    await take(ledger, found(finding(county=FOREIGN), of=task))
    reference = f"{task.number}/1"
    copies = [event for event in await ledger.said(feedback_topic(FOREIGN)) if event.partitionkey == reference]
    [registered] = map(decode, copies)
    assert isinstance(registered, HazardRegistered)
    assert registered.hazard.found_by is not None


async def test_the_same_again_changes_nothing_and_other_content_corrects_before_confirmation(
    ledger: InProcess,
) -> None:
    task = new_task(ledger)
    await take(ledger, found(finding(), of=task))
    await take(ledger, found(finding(), of=task, filing=2, at=local(2, 9)))
    await take(ledger, found(finding(place="三号车间"), of=task, filing=3, at=local(3, 9)))
    # What is older comes to us late, from a replay: it overwrites nothing.
    await take(ledger, found(finding(place="一号车间"), of=task, filing=2, at=local(2, 10)))
    [hazard] = await hazards(ledger, task.number)
    assert (hazard["version"], hazard["place"]) == (2, "三号车间")
    assert await told(ledger, task) == []


async def test_what_can_no_longer_be_corrected_is_answered_to_the_task_and_kept(ledger: InProcess) -> None:
    task = new_task(ledger)
    await take(ledger, found(finding(), of=task))
    [hazard] = await hazards(ledger, task.number)
    assert (await ledger.confirm(hazard)).status_code == 200
    await take(
        ledger,
        found(finding(place="三号车间"), of=task, filing=2, at=local(2, 9)),
        found(finding("2"), of=task, at=local(2, 9)),
    )
    [refused] = await told(ledger, task)
    assert (refused.code, refused.field, refused.reference, refused.filing) == (
        "reference-already-confirmed",
        "reference",
        "1",
        2,
    )
    assert "不能再更正" in refused.message
    assert [item["place"] for item in await hazards(ledger, task.number)] == ["二号车间配电室", "二号车间配电室"]
    kept = (await ledger.get("/v1/rejected-claims", limit=1000)).json()["items"]
    [mine] = [item for item in kept if item["reference"] == f"{task.number}/1"]
    assert (mine["code"], mine["type"]) == ("reference-already-confirmed", "duban.task.finding_reported.v1")
    assert mine["value_base64"]


async def test_the_county_of_the_task_hears_which_finding_is_not_recorded(ledger: InProcess) -> None:
    own, citys = new_task(ledger), new_task(ledger, county="140500")
    await take(ledger, found(finding("1", sector="no_such_sector"), of=own), found(finding("2"), of=own))
    await take(ledger, found(finding("1", sector="no_such_sector"), of=citys))
    heard = {county: await ledger.said(feedback_topic(county)) for county in (HOME, FOREIGN)}
    [copy] = [event for event in heard[HOME] if event.partitionkey == own.number]
    assert [decode(copy)] == await told(ledger, own)
    assert len(await told(ledger, citys)) == 1
    assert [e for events in heard.values() for e in events if e.partitionkey == citys.number] == []


async def test_what_the_contract_does_not_take_is_answered_with_field_and_rule_and_hurts_no_neighbour(
    ledger: InProcess,
) -> None:
    task = new_task(ledger)
    await take(
        ledger,
        found(finding("1", sector="no_such_sector"), of=task),
        found(finding("2"), of=task),
        found(finding("3", county=FOREIGN), of=task),
    )
    assert [item["reference"] for item in await hazards(ledger, task.number)] == [f"{task.number}/2"]
    assert [(one.reference, one.code, one.field) for one in await told(ledger, task)] == [
        ("1", "unknown-term", "$.sector"),
        ("3", "finding-outside-area", "$.county"),
    ]
    assert all(one.rule for one in await told(ledger, task))


async def test_a_county_neither_overwrites_a_finding_nor_is_overwritten_by_one(ledger: InProcess) -> None:
    task = new_task(ledger)
    await take(ledger, found(finding(), of=task))
    await ledger.take(report(f"{task.number}/1", place="别处"))
    await ledger.take(report(f"{task.number}/2"))
    await take(ledger, found(finding("2"), of=task))
    [hazard] = await hazards(ledger, task.number)
    assert (hazard["version"], hazard["place"]) == (1, "二号车间配电室")
    assert [one.code for one in await told(ledger, task)] == ["reference-of-another"]
    answers = [event.type for event in await ledger.said(feedback_topic(HOME)) if event.subject == f"{task.number}/1"]
    assert answers.count("duban.claim.rejected.v1") == 1


async def test_what_the_county_said_of_it_before_waits_for_its_confirmation(ledger: InProcess) -> None:
    task = new_task(ledger)
    await ledger.take(rectification(f"{task.number}/1"))
    await take(ledger, found(finding(), of=task))
    [hazard] = await hazards(ledger, task.number)
    answer = await ledger.confirm(hazard)
    assert answer.status_code == 200
    [now] = await hazards(ledger, task.number)
    assert now["state"] == "in_review"
    copies = [
        decode(event) for event in await ledger.said(feedback_topic(HOME)) if event.partitionkey == now["reference"]
    ]
    assert any(isinstance(data, HazardConfirmed) for data in copies)
