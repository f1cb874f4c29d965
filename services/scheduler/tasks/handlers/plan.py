"""Planning: what duties ask for becomes tasks, each once however often, when and by how many it is planned.

Nothing is published: a planned task is said to its unit when its window opens (`open_windows`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Final

from services.chassis.storage.database import Connection
from services.scheduler.tasks.handlers.taskbook import Taskbook
from services.scheduler.tasks.model.planned import PlannedTask
from services.scheduler.tasks.model.task import planned as planned_task
from services.scheduler.tasks.tables import plans
from services.scheduler.tasks.tables.plans import TaskRow

# A statement holds this many rows: enough that round trips don't count, few enough that memory doesn't either.
_PAGE: Final = 10_000


@dataclass(frozen=True, slots=True)
class Planned:
    """What planning did: `kept` tasks were there as they are, or have begun and are left as they were asked for."""

    created: int
    revised: int
    kept: int


async def plan_tasks(connection: Connection, planned: Sequence[PlannedTask], *, taskbook: Taskbook) -> Planned:
    """Plan these tasks in the caller's transaction; planning the same again changes nothing.

    A task that only stands in the plan is revised unless it was planned by a newer version of its duty; one that was
    withdrawn comes back. What was assigned stays as it was assigned: a changed duty changes the future. Of two plans of
    one task the later in the batch counts. The duties are held to the end of the transaction: an upsert alone would
    meet another planner's row by its number, which no ON CONFLICT of the id takes.
    """
    batch = {row.task_id: row for row in _rows(planned, taskbook)}
    await plans.hold(connection, list(batch.values()))
    created = revised = 0
    ids = sorted(batch)
    for start in range(0, len(ids), _PAGE):
        page = [batch[task_id] for task_id in ids[start : start + _PAGE]]
        news = await plans.news(connection, page)
        if not news:
            continue
        new = [row for row in page if news.get(row.task_id) is plans.PlanChange.NEW]
        await plans.add(connection, new)
        changed = [row for row in page if news.get(row.task_id) is plans.PlanChange.CHANGED]
        created, revised = created + len(new), revised + await plans.revise(connection, changed)
    return Planned(created, revised, len(batch) - created - revised)


async def withdraw_tasks(
    connection: Connection, duty_id: str, *, starting: date, keep: Collection[str] = (), reason: str
) -> int:
    """Withdraw what a duty asks for no more: planned tasks whose window opens on `starting` or later, not in `keep`.

    What was assigned is left to people, who cancel it with a reason. Returns how many were withdrawn.
    """
    return await plans.withdraw(connection, duty_id, starting, keep, reason)


def _rows(planned: Sequence[PlannedTask], taskbook: Taskbook) -> Iterator[TaskRow]:
    days = taskbook.policy.days
    passes_at, starts_at = cache(days.passes_at), cache(days.zone.start_of_day)
    for plan in planned:
        opens_at = starts_at(plan.window_start)
        yield TaskRow(plan.task_id, plan.digest, opens_at, planned_task(plan, passes_at(plan.due_on, opens_at)))
