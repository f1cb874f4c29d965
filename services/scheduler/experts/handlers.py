"""Keep the pool, and give an inspection its experts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

import msgspec

from duban_contracts.refusals import Refusal, refusal, violation
from services.chassis.access.refusals import Caller
from services.chassis.storage.database import Connection
from services.scheduler.experts import tables
from services.scheduler.experts.model import Expert, Inspection, inspection_of, why_not
from services.scheduler.experts.tables import Assignment
from services.scheduler.tasks.handlers.commands import facts_of
from services.scheduler.tasks.model.task import Task
from services.scheduler.tasks.tables import rows


@dataclass(frozen=True, slots=True)
class Hand:
    """Who does it, when (UTC, domain time), which day that is in the city, and of which sector the city's enterprises are."""

    caller: Caller
    at: datetime
    today: date
    sector_by_uscc: Mapping[str, str]


async def add(connection: Connection, expert: Expert, *, hand: Hand) -> Expert | Refusal:
    """Enter an expert; the same entry again changes nothing."""
    if expert.valid_until is not None and expert.valid_until < expert.valid_from:
        return violation("duty-ends-before-it-begins", "$.valid_until", first=expert.valid_from)
    if not await tables.insert(connection, expert, at=hand.at, by=hand.caller.account) and (
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
    connection: Connection, name: str, expert_id: str, *, enterprise: str | None, hand: Hand
) -> Assignment | Refusal:
    """Let an expert go along on the task of this id or number, or return why not."""
    task_id = await rows.id_of(connection, name)
    found = await rows.lock(connection, [task_id] if task_id else [])
    inspection = visible_inspection(found[0] if found else None, enterprise, hand=hand)
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
            assigned_at=hand.at,
            assigned_by=hand.caller.account,
        ),
    )


def visible_inspection(task: Task | None, enterprise: str | None, *, hand: Hand) -> Inspection | Refusal:
    """Return the inspection that a task is; one that the caller may not see is not there."""
    if task is None or not hand.caller.finds(facts_of(task)):
        return refusal("task-not-found", field="name")
    return inspection_of(task, enterprise, sectors=hand.sector_by_uscc, today=hand.today)
