"""Keep the pool, and give an inspection its experts."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import msgspec

from duban_contracts.refusals import Refusal, refusal, violation
from services.chassis.access.acting import Acting
from services.chassis.storage.database import Connection
from services.scheduler.experts import tables
from services.scheduler.experts.model import Expert, Inspection, inspection_of, why_not
from services.scheduler.experts.tables import Assignment
from services.scheduler.retention.model import PersonalRecord
from services.scheduler.retention.tables import is_erased
from services.scheduler.tasks.handlers.commands import facts_of
from services.scheduler.tasks.model.task import Task
from services.scheduler.tasks.tables import rows


async def add(connection: Connection, expert: Expert, *, acting: Acting) -> Expert | Refusal:
    """Enter an expert; the same entry again changes nothing. The code of an entry that was erased is given to nobody else."""
    if expert.valid_until is not None and expert.valid_until < expert.valid_from:
        return violation("duty-ends-before-it-begins", "$.valid_until", first=expert.valid_from)
    if await is_erased(connection, PersonalRecord.EXPERT, expert.expert_id):
        return refusal("expert-exists", field="$.expert_id")
    if not await tables.insert(connection, expert, at=acting.at, by=acting.account) and (
        await tables.find(connection, expert.expert_id) != expert
    ):
        return refusal("expert-exists", field="$.expert_id")
    return expert


async def retire(connection: Connection, expert_id: str, until: date) -> Expert | Refusal:
    """Let an entry end on the day `until`; whoever was assigned before stays so."""
    expert = await tables.lock(connection, expert_id)
    if expert is None:
        return refusal("expert-not-found", field="expert_id")
    if until < expert.valid_from:
        return violation("duty-ends-before-it-begins", "$.valid_until", first=expert.valid_from)
    await tables.retire(connection, expert_id, until)
    return msgspec.structs.replace(expert, valid_until=until)


async def assign(
    connection: Connection,
    name: str,
    expert_id: str,
    *,
    enterprise: str | None,
    sectors: Mapping[str, str],
    acting: Acting,
) -> Assignment | Refusal:
    """Let an expert go along on the task of this id or number, or return why not; `sectors` by enterprise."""
    task_id = await rows.id_of(connection, name)
    found = await rows.lock(connection, [task_id] if task_id else [])
    inspection = _visible_inspection(found[0] if found else None, enterprise, sectors=sectors, acting=acting)
    if isinstance(inspection, Refusal):
        return inspection
    expert = await tables.lock(connection, expert_id)
    if expert is None:
        return refusal("expert-not-found", field="$.expert_id")
    if against := why_not(expert, inspection):
        return against
    return await tables.assign(
        connection,
        Assignment(
            task_id=found[0].task_id,
            expert_id=expert_id,
            enterprise=inspection.enterprise,
            assigned_at=acting.at,
            assigned_by=acting.account,
        ),
    )


async def find_inspection(
    connection: Connection, name: str, enterprise: str | None, *, sectors: Mapping[str, str], acting: Acting
) -> tuple[str, Inspection] | Refusal:
    """Return the id of the task of this id or number and the inspection that it is, or why not; `sectors` by enterprise."""
    task = await rows.find(connection, name)
    if task is None:
        return refusal("task-not-found", field="name")
    inspection = _visible_inspection(task, enterprise, sectors=sectors, acting=acting)
    return inspection if isinstance(inspection, Refusal) else (task.task_id, inspection)


def _visible_inspection(
    task: Task | None, enterprise: str | None, *, sectors: Mapping[str, str], acting: Acting
) -> Inspection | Refusal:
    """Return the inspection that a task is; one that the caller may not see is not there. `sectors` by enterprise."""
    if task is None or not acting.caller.finds(facts_of(task)):
        return refusal("task-not-found", field="name")
    return inspection_of(task, enterprise, sectors=sectors, today=acting.today)
