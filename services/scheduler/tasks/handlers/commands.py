"""Commands of people on tasks, answered synchronously: once the transaction is committed, a read shows what they did."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import msgspec

from duban_contracts.events.types import Actor
from duban_contracts.refusals import Refusal, refusal
from services.chassis.access.refusals import Caller
from services.chassis.access.scope import Facts
from services.chassis.publishing.unit_of_work import UnitOfWork
from services.chassis.storage.database import Connection
from services.chassis.web.preconditions import Precondition
from services.scheduler.tasks.handlers.taskbook import Taskbook, moving
from services.scheduler.tasks.model.task import Task, facts
from services.scheduler.tasks.moves import Accept, Stamp, Submit, decide
from services.scheduler.tasks.tables import lists, rows


@dataclass(frozen=True, slots=True)
class Order:
    """A command that somebody gives on the task of this id or number; `expecting` is the version that it rests on."""

    name: str
    command: msgspec.Struct
    by: Caller
    expecting: Precondition


@dataclass(frozen=True, slots=True)
class Refused:
    """The answer is no: why, and the task that was looked at, where the caller may know of it."""

    refusal: Refusal
    task: Task | None = None


def facts_of(task: Task) -> Facts:
    """Return what decides who may see a task. Who helps is no part of it: the area and the sector are."""
    return Facts(county=task.plan.county, sector=task.plan.sector, unit=task.plan.lead_unit)


async def move_task(connection: Connection, order: Order, *, taskbook: Taskbook) -> Task | Refused:
    """Carry out one order in the caller's transaction; return the task as it is afterwards, or why not."""
    task_id = await rows.id_of(connection, order.name)
    async with moving(connection, [task_id] if task_id else [], taskbook=taskbook) as unit:
        task = unit.get(task_id) if task_id else None
        # Read after the lock, and by whoever accepts alone: everybody else waits for nothing of others.
        awaited = await lists.awaited(connection, task.plan) if task and isinstance(order.command, Accept) else ()
        said = _move(unit, task, order, taskbook, awaited)
    if isinstance(said, Task) and isinstance(order.command, Submit):
        await _keep(connection, said, order.command, order.by.actor, taskbook)
    return said


async def _keep(connection: Connection, task: Task, filed: Submit, by: Actor, taskbook: Taskbook) -> None:
    """Keep what a submission holds beside its event: the form, and what was found, which the ledger is told."""
    if filed.filled is not None:
        await rows.keep_form(connection, task, filed.filled)
    if filed.findings:
        at = task.changed_at or taskbook.clock.now()
        await taskbook.findings.report(connection, filed.findings, task=facts(task), by=by, at=at)


def _move(
    unit: UnitOfWork[Task], task: Task | None, order: Order, taskbook: Taskbook, awaited: tuple[str, ...]
) -> Task | Refused:
    if task is None or not order.by.finds(facts_of(task)):
        return Refused(refusal("task-not-found", field="name"))
    unmet = order.expecting.unmet(task.version)
    if unmet is not None:
        return Refused(unmet, task)
    at = max(unit.at, task.changed_at or unit.at)
    if isinstance(order.command, Submit) and (wrong := _content(task, order.command, taskbook, at)):
        return Refused(wrong, task)
    decision = decide(task, order.command, Stamp(actor=order.by.actor, at=at, policy=taskbook.policy, awaited=awaited))
    if isinstance(decision, Refusal):
        return Refused(decision, task)
    return unit.record(decision, time=decision.occurred_at)


def _content(task: Task, command: Submit, taskbook: Taskbook, at: datetime) -> Refusal | None:
    """Return what is wrong with the form or the findings of a submission, by the city's forms and the contract."""
    kind, forms = task.plan.kind, taskbook.forms
    if wrong := forms.check(kind, command.form):
        return wrong
    if command.findings and not forms.takes_findings(kind):
        return refusal("findings-not-taken", field="findings", kind=kind)
    return taskbook.findings.check(command.findings, facts(task), at)
