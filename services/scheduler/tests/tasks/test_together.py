"""Many people and two clocks at once on PostgreSQL: whatever happens, histories fold, deadlines are raised once, books agree."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from datetime import datetime, timedelta

import msgspec
import pytest

from duban_contracts.cloudevents import CloudEvent
from duban_contracts.codec import decode
from duban_contracts.events.tasks import TaskDueSoon, TaskEvent, TaskOverdue, TaskReminded
from duban_contracts.events.types import Actor
from duban_contracts.testing.calendar import local
from services.scheduler.tasks.handlers.audit import Deps, look
from services.scheduler.tasks.model.planned import PlannedTask
from services.scheduler.tasks.model.task import evolve, planned
from services.scheduler.tasks.moves import Accept, Acknowledge, Cancel, Renew, Return, Submit, Waive
from services.scheduler.tests.bench import PatientClock
from services.scheduler.tests.tasks.stage import COLLEAGUE, OFFICE, OWNER, Stage, children, due_at, stage_on


def somebody(chance: random.Random, now: datetime) -> tuple[msgspec.Struct, Actor]:
    """Return what anybody might want now, with the weight of an ordinary office."""
    soon = (now + timedelta(days=chance.randint(1, 6))).date()
    wishes: list[tuple[msgspec.Struct, Actor]] = [
        (Acknowledge(), OWNER),
        (Submit(summary="已办"), chance.choice([OWNER, COLLEAGUE])),
        (Submit(summary="已办"), OWNER),
        (Accept(review="齐全"), OFFICE),
        (Return(reason="缺数据"), OFFICE),
        (Renew(reason="补报", due_on=soon), OFFICE),
        (Waive(reason="统一检查", approved_by="纪要"), OFFICE),
        (Cancel(reason="重复"), OFFICE),
    ]
    return chance.choices(wishes, weights=[3, 4, 4, 3, 3, 2, 1, 1])[0]


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.promise("P3")
async def test_whatever_people_and_clocks_do_at_once_the_books_agree(stage: Stage, seed: int) -> None:
    chance = random.Random(seed)
    batch, other = children(), stage_on(stage.database, PatientClock(local(1)))
    await stage.plan(*batch)
    now = local(1)
    for _ in range(14):
        now += timedelta(hours=chance.choice([1, 7, 12, 24, 30]))
        stage.clock.set(now)
        other.clock.set(now)
        moves = [(chance.choice(batch), *somebody(chance, now)) for _ in range(20)]
        await asyncio.gather(
            stage.tick(),
            *(stage.move(task, command, by) for task, command, by in moves[:10]),
            other.tick(),
            *(other.move(task, command, by) for task, command, by in moves[10:]),
        )
    await stage.tick()
    said = await stage.said()
    assert len({event.id for event in said}) == len(said)
    for task in batch:
        await _whole(stage, task, [event for event in said if event.subject == task.task_id])
    audit = await look(deps=Deps(stage.database, stage.taskbook, timedelta(0)))
    assert audit.findings == ()


async def _whole(stage: Stage, task: PlannedTask, said: list[CloudEvent]) -> None:
    """Hold what was published about one task, in the order in which it was, against its row."""
    folded, versions, raised = planned(task, due_at()), list[int](), Counter[tuple[str, int]]()
    for event in said:
        data = decode(event)
        assert isinstance(data, TaskEvent)
        if isinstance(data, TaskDueSoon | TaskReminded | TaskOverdue):
            raised[event.type, data.task.deadline_number] += 1
        if event.aggregateversion is not None:
            versions.append(event.aggregateversion)
            folded = evolve(folded, data)
    assert versions == list(range(1, len(versions) + 1))
    assert folded == await stage.task(task)
    assert set(raised.values()) <= {1}, "nothing is said twice about one deadline"
