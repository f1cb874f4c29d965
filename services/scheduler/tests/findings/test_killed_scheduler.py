"""SIGKILL while the scheduler notes what the ledger made of findings: the task shows each as it stands, once."""

from __future__ import annotations

import asyncio
import signal
from dataclasses import replace

import pytest

from duban_contracts.codec import decode
from duban_contracts.events.findings import FindingRejected, TaskFindingReported
from duban_contracts.events.types import FoundBy, Subject
from duban_contracts.profile import load_city
from duban_contracts.testing.calendar import local
from duban_contracts.testing.findings import finding
from duban_contracts.testing.stories import confirmed, in_waves
from duban_contracts.topics import TopicFamily, city_topics
from services.chassis.publishing.envelopes import new_event
from services.chassis.testing.kafka import create_topics, eventually, publish
from services.chassis.testing.processes import process
from services.scheduler.findings.handlers import findings_of
from services.scheduler.findings.model import FiledFinding
from services.scheduler.tasks.handlers.forms import load_forms
from services.scheduler.tasks.model.task import number_of
from services.scheduler.tasks.moves import Submit
from services.scheduler.tests.bench import PROFILE
from services.scheduler.tests.tasks.stage import OWNER, Stage, report

pytestmark = [pytest.mark.chaos, pytest.mark.feature("SY09")]
TASK = report(duty_id="checks", kind="inspection")
NUMBER = number_of(TASK.task_id, TASK.period_start.year)
BY = FoundBy(task_id=TASK.task_id, task_number=NUMBER, unit=TASK.lead_unit)


@pytest.fixture
async def environment(kafka_bootstrap: str, topic_prefix: str, database: str) -> dict[str, str]:
    counties = [county.code for county in load_city(PROFILE).counties]
    await create_topics(kafka_bootstrap, city_topics(counties, topic_prefix))
    return {
        "DUBAN_KAFKA_BOOTSTRAP": kafka_bootstrap,
        "DUBAN_POSTGRES_DSN": database,
        "DUBAN_TOPIC_PREFIX": topic_prefix,
        "DUBAN_PROFILE": str(PROFILE),
    }


@pytest.mark.parametrize("failpoint", ["consumer.before_database_commit", "consumer.database_committed"])
async def test_a_scheduler_killed_over_the_ledgers_answers_shows_each_as_it_stands(
    stage: Stage, environment: dict[str, str], failpoint: str
) -> None:
    stage.taskbook = replace(stage.taskbook, forms=load_forms(PROFILE))
    stage.clock.set(local(1, 9))
    await stage.plan(TASK)
    await stage.tick()
    await stage.move(TASK, Submit(summary="检查 3 家", findings=tuple(finding(str(n)) for n in range(6))), OWNER)
    told = [data for data in map(decode, await stage.said(TASK)) if isinstance(data, TaskFindingReported)]
    assert len(told) == 6
    stories = [confirmed(f"hz-{n}", reference=f"{NUMBER}/{n}", found_by=BY) for n in range(5)]
    refused = FindingRejected(
        task=Subject(kind="task", id=TASK.task_id, number=NUMBER),
        reference="5",
        filing=1,
        code="unknown-term",
        message="行业领域($.sector)：不是有效代码",
        rejected_at=local(1, 10),
    )
    answer = new_event(
        refused, source="/duban/ledger", subject=TASK.task_id, key=TASK.task_id, time=refused.rejected_at
    )
    topic = f"{environment['DUBAN_TOPIC_PREFIX']}{TopicFamily.HAZARD}"
    await publish(environment["DUBAN_KAFKA_BOOTSTRAP"], topic, [*in_waves(stories), answer])
    async with process("scheduler", environment, roles="consumer", failpoint=failpoint) as victim:
        assert await asyncio.wait_for(victim.wait(), 120) == -signal.SIGKILL

    async def everything_is_known() -> list[FiledFinding]:
        async with stage.database.acquire() as connection:
            found = (await findings_of(connection, [TASK.task_id]))[TASK.task_id]
        assert [each.hazard and each.hazard.version for each in found] == [2, 2, 2, 2, 2, None]
        assert [each.refusal and each.refusal.code for each in found] == [*[None] * 5, "unknown-term"]
        return found

    async with process("scheduler", environment, roles="consumer"):
        found = await eventually(everything_is_known, timeout=120)
    numbers = [each.hazard.number for each in found if each.hazard]
    assert numbers == [story.facts.number for story in stories]
