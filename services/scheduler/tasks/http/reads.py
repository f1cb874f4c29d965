"""`GET /v1/tasks…`: lists, counts, coverage, units, one task, its history; and the forms of the kinds."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Annotated, Final

from fastapi import Depends, Query, Response

from duban_contracts.events.tasks import TaskState
from services.chassis.access.policy import Action, allow
from services.chassis.access.refusals import Caller, found_in_scope
from services.chassis.access.roles import CASE_STAFF, INTEGRATORS
from services.chassis.storage.database import Database
from services.chassis.web.documents import answer
from services.chassis.web.paging import After, Page, page_of
from services.chassis.web.parameters import County, Day, Limit, Text
from services.chassis.web.problems import Problem, declares
from services.chassis.web.routes import Router
from services.scheduler.rosters.model import Rosters
from services.scheduler.tasks.documents.sums import CoverageDocument, TaskCount, TaskGroup, UnitItem, UnitList
from services.scheduler.tasks.documents.task import (
    ByDueDay,
    FormDocument,
    FormList,
    TaskAlarm,
    TaskDocument,
    TaskHistory,
    TaskHistoryItem,
    TaskName,
    WholeTask,
)
from services.scheduler.tasks.handlers.commands import facts_of
from services.scheduler.tasks.handlers.read import alarms_of, coverage_of, findings_within, form_within, units_of
from services.scheduler.tasks.handlers.taskbook import Taskbook
from services.scheduler.tasks.tables import lists, rows
from services.scheduler.tasks.tables.lists import Filter, Group

# County systems read what their county has to do. Observers read results, operators no case data.
READ: Final = Action("scheduler.tasks.read", "查看任务", roles=CASE_STAFF | INTEGRATORS)
Reader = Annotated[Caller, Depends(allow(READ))]
_QUARTER: Final = timedelta(days=92)


@dataclass(frozen=True, slots=True)
class Deps:
    """Dependencies of the routes."""

    database: Database
    taskbook: Taskbook
    rosters: Rosters


async def _standing(
    kind: Text | None = None,
    state: TaskState | None = None,
    late: bool | None = None,  # noqa: FBT001 - a query parameter
    owed: Annotated[bool | None, Query(description="尚未报送的")] = None,
    due_from: Day | None = None,
    due_to: Day | None = None,
    q: Annotated[Text | None, Query(description="标题中含有的文字，或编号的开头、结尾")] = None,
) -> Filter:
    return Filter(kind=kind, state=state, late=late, owed=owed, due_from=due_from, due_to=due_to, text=q)


async def _filter(
    standing: Annotated[Filter, Depends(_standing)],
    county: County | None = None,
    unit: Annotated[Text | None, Query(description="牵头或配合的单位")] = None,
    lead: Annotated[Text | None, Query(description="牵头单位")] = None,
    member: Text | None = None,
    duty: Text | None = None,
    period: Text | None = None,
    plan: Text | None = None,
    campaign: Text | None = None,
) -> Filter:
    return replace(
        standing,
        county=county,
        unit=unit,
        lead=lead,
        member=member,
        duty=duty,
        period=period,
        plan=plan,
        campaign=campaign,
    )


Filters = Annotated[Filter, Depends(_filter)]


def router(deps: Deps) -> Router:
    """Return the routes of all reads; those with a name of their own stand before the single task."""
    routes = Router(prefix="/v1", tags=["tasks"])
    _many(routes, deps)
    _sums(routes, deps)
    _one(routes, deps)
    return routes


def _many(routes: Router, deps: Deps) -> None:
    @routes.get("/tasks", summary="任务列表，按完成期限排列")
    async def page(
        caller: Reader, wanted: Filters, after: After[ByDueDay] = None, limit: Limit = 50
    ) -> Page[TaskDocument]:
        """Return a page of tasks, the first due first."""
        position = (after.due_on, after.task_id) if after else None
        async with deps.database.asking() as connection:
            found = await lists.page(connection, caller.scope, wanted, after=position, limit=limit + 1)
        return page_of(
            found,
            limit,
            item=TaskDocument.of,
            cursor=lambda task: ByDueDay(due_on=task.due_on, task_id=task.task_id),
        )

    @routes.get("/tasks/count", summary="任务计数")
    async def count(caller: Reader, wanted: Filters, group_by: Group | None = None) -> TaskCount:
        """Return how many tasks there are, by value of `group_by`."""
        async with deps.database.asking() as connection:
            found = await lists.count(connection, caller.scope, wanted, group_by)
        groups = [TaskGroup(value=value, count=number) for value, number in found] if group_by else []
        return TaskCount(total=sum(number for _, number in found), groups=groups)


def _sums(routes: Router, deps: Deps) -> None:
    @routes.get(
        "/tasks/coverage", summary="全覆盖：一项职责在一个周期内的完成情况", responses=declares("task-group-not-found")
    )
    async def coverage(caller: Reader, duty: Text, period: Text) -> CoverageDocument:
        """Show who of the roster has done it, who has not, and who was never asked; the roster is that of the last day."""
        async with deps.database.acquire() as connection:
            tasks = await lists.of_duty(connection, duty, period)
        inside = [task for task in tasks if caller.scope.covers(facts_of(task))]
        first = next(iter(inside or tasks), None)
        found_in_scope(first, facts_of, caller, Problem("task-group-not-found", field="duty"))
        return CoverageDocument.of(inside, coverage_of(inside, deps.rosters, caller.scope))

    @routes.get("/tasks/by-unit", summary="各单位任务办理情况：下达、签收、报送、迟报、未报")
    async def by_unit(
        caller: Reader, due_from: Day | None = None, due_to: Day | None = None, kind: Text | None = None
    ) -> UnitList:
        """Show each unit's tasks whose last day lies within these days (the last quarter where nothing is said)."""
        until = due_to or deps.taskbook.policy.days.zone.today(deps.taskbook.clock.now())
        since = due_from or until - _QUARTER
        async with deps.database.acquire() as connection:
            found = await units_of(
                connection, caller.scope, due_from=since, due_to=until, kind=kind, deps=(deps.taskbook, deps.rosters)
            )
        return UnitList(items=[UnitItem.of(row) for row in found])

    @routes.get("/task-forms", summary="各类任务的表单")
    async def forms(caller: Reader) -> FormList:
        """Show what each kind of task records."""
        del caller
        by_kind = sorted(deps.taskbook.forms.by_kind.items())
        return FormList(items=[FormDocument.of(kind, form) for kind, form in by_kind])


def _one(routes: Router, deps: Deps) -> None:
    missing = declares("task-not-found")

    @routes.get("/tasks/{name}", summary="一项任务（按标识或编号）", response_model=WholeTask, responses=missing)
    async def one(caller: Reader, name: TaskName) -> Response:
        """Return one task by id or number with what it found, with its version as ETag once it is assigned."""
        async with deps.database.acquire() as connection:
            found = await rows.find(connection, name)
            task = found_in_scope(found, facts_of, caller, Problem("task-not-found", field="name"))
            findings = await findings_within(connection, task, caller.scope)
        return answer(WholeTask.and_found(task, findings), version=task.version or None)

    @routes.get("/tasks/{name}/history", summary="一项任务的全部历史、提醒和表单", responses=missing)
    async def history(caller: Reader, name: TaskName) -> TaskHistory:
        """Return a task's history, oldest first, with its alarms and the form filled in last."""
        async with deps.database.acquire() as connection:
            found = await rows.find(connection, name)
            task = found_in_scope(found, facts_of, caller, Problem("task-not-found", field="name"))
            said = await rows.history(connection, task.task_id)
            alarms = await alarms_of(connection, task.task_id)
            form = await rows.form_of(connection, task.task_id)
        return TaskHistory(
            items=[TaskHistoryItem.of(each) for each in said],
            alarms=[TaskAlarm.of(alarm) for alarm in alarms],
            form=form_within(form, task, caller.scope),
        )
