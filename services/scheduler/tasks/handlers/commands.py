"""Commands of people on tasks, answered synchronously: once the transaction is committed, a read shows what they did."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import msgspec

from duban_contracts.cloudevents import CloudEvent
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
    """A command that somebody gives on the task of this id or number; `expecting` is the version that it rests on.

    `received_at` (domain time) and `cause` are given where it came as an event: when the broker took it, and which.
    """

    name: str
    command: msgspec.Struct
    by: Caller
    expecting: Precondition
    received_at: datetime | None = None
    cause: CloudEvent | None = None


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
        said = move(unit, task, order, taskbook, awaited)
    await keep_filing(connection, order, said, taskbook=taskbook)
    return said


async def keep_filing(connection: Connection, order: Order, said: Task | Refused, *, taskbook: Taskbook) -> None:
    """Keep what a submission holds beside its event, once that is written: the form, and what was found.

    The ledger is told of the findings; the transaction still holds the task.
    """
    if not isinstance(said, Task) or not isinstance(order.command, Submit):
        return
    if order.command.filled is not None:
        await rows.keep_form(connection, said, order.command.filled)
    if order.command.findings:
        at = said.changed_at or taskbook.clock.now()
        await taskbook.findings.report(
            connection, order.command.findings, task=facts(said), by=order.by.actor, at=at, cause=order.cause
        )


def move(
    unit: UnitOfWork[Task], task: Task | None, order: Order, taskbook: Taskbook, awaited: tuple[str, ...] = ()
) -> Task | Refused:
    """Carry out one order on the task that it names, as `unit` has it (None: there is none)."""
    if task is None or not order.by.finds(facts_of(task)):
        return Refused(refusal("task-not-found", field="name"))
    unmet = order.expecting.unmet(task.version)
    if unmet is not None:
        return Refused(unmet, task)
    at = max(unit.at, task.changed_at or unit.at)
    if isinstance(order.command, Submit) and (wrong := _content(task, order.command, taskbook, at)):
        return Refused(wrong, task)
    stamp = Stamp(actor=order.by.actor, at=at, policy=taskbook.policy, awaited=awaited, received_at=order.received_at)
    decision = decide(task, order.command, stamp)
    if isinstance(decision, Refusal):
        return Refused(decision, task)
    return unit.record(decision, time=decision.occurred_at, cause=order.cause)


def _content(task: Task, command: Submit, taskbook: Taskbook, at: datetime) -> Refusal | None:
    """Return what is wrong with the form or the findings of a submission, by the city's forms and the contract."""
    kind, forms = task.plan.kind, taskbook.forms
    if wrong := forms.check(kind, command.form):
        return wrong
    if command.findings and not forms.takes_findings(kind):
        return refusal("findings-not-taken", field="findings", kind=kind)
    return taskbook.findings.check(command.findings, facts(task), at)
