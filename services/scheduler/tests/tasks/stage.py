"""A stage for tasks: a real database, a clock that stands still, and the people who act on it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any, Final

import msgspec

from duban_contracts.cloudevents import CloudEvent, from_kafka
from duban_contracts.events.tasks import Member, MemberKind, TaskEvidence
from duban_contracts.events.types import Actor
from duban_contracts.profile import load_city
from duban_contracts.testing.calendar import local
from duban_contracts.topics import TopicFamily
from services.chassis.access.principal import Principal
from services.chassis.access.refusals import Caller
from services.chassis.access.scope import Scope
from services.chassis.publishing.outbox import unpack_headers
from services.chassis.publishing.unit_of_work import NO_REACTIONS
from services.chassis.storage.database import Database
from services.chassis.testing.clock import ManualClock
from services.chassis.web.preconditions import Precondition
from services.scheduler.alarms.handlers import Deps, RaiseAlarms
from services.scheduler.findings.handlers import Findings
from services.scheduler.tasks.handlers.commands import Order, Refused, move_task
from services.scheduler.tasks.handlers.open_windows import open_windows
from services.scheduler.tasks.handlers.plan import Planned, plan_tasks
from services.scheduler.tasks.handlers.taskbook import Taskbook
from services.scheduler.tasks.handlers.tell import task_alarms
from services.scheduler.tasks.model.planned import PlannedTask
from services.scheduler.tasks.model.policy import KindReminders, TaskPolicy
from services.scheduler.tasks.model.task import Task
from services.scheduler.tasks.tables import rows
from services.scheduler.tests.bench import PROFILE
from services.scheduler.tests.builders import WEEKENDS_ONLY

CITY: Final = "140500"
COUNTY: Final = "140502"
TWELVE: Final = tuple(f"1405{n:02}" for n in range(1, 13))
OWNER: Final = Actor(account="county-office-1", role="county_office", unit="county_safety_committee")
HELPER: Final = Actor(account="helper-1", role="county_regulator", unit="emergency_management")
OFFICE: Final = Actor(account="city-office-1", role="city_office", unit="safety_committee_office")
COLLEAGUE: Final = msgspec.structs.replace(OFFICE, account="city-office-2")
DIRECTOR: Final = Actor(account="director-1", role="committee_director", unit="safety_committee")
POLICY: Final = TaskPolicy(
    days=WEEKENDS_ONLY, time=time(9), default=KindReminders(before=(3,), after=1), kinds={}, returned_days=3
)
# 1 June 2026 is a Monday.
REPORT: Final = PlannedTask(
    duty_id="progress",
    duty_version=1,
    period="2026-05",
    period_start=date(2026, 5, 1),
    period_end=date(2026, 5, 31),
    kind="report",
    title="报送上月安全生产工作进展",
    window_start=date(2026, 5, 20),
    due_on=date(2026, 6, 1),
    county=COUNTY,
    lead_unit="county_safety_committee",
    helper_units=("emergency_management", "fire_rescue", "transport"),
)


def due_at(due_on: date = REPORT.due_on, policy: TaskPolicy = POLICY) -> datetime:
    """Return the instant at which this last day of a task of May is over."""
    return policy.days.passes_at(due_on, local(1, month=5))


def county(code: str = COUNTY, name: str = "城区") -> Member:
    """Return a county as a roster's member."""
    return Member(kind=MemberKind.COUNTY, code=code, name=name)


def report(**changed: Any) -> PlannedTask:
    """Return the monthly report of May, due on Monday 1 June, with these fields changed."""
    return msgspec.structs.replace(REPORT, **changed)


def proof(name: str, demand: str | None = None) -> TaskEvidence:
    """Return a proof of this name."""
    return TaskEvidence(name=name, sha256=name.encode().hex().ljust(64, "0")[:64], demand=demand)


def caller(actor: Actor) -> Caller:
    """Return somebody of the whole city who acts as `actor`."""
    principal = Principal(account=actor.account, role=actor.role, area=CITY, unit=actor.unit)
    return Caller(principal, Scope(), "scheduler.tasks.move")


@dataclass
class Stage:
    """What tasks do on a real database, without Kafka."""

    database: Database
    clock: ManualClock
    taskbook: Taskbook
    raising: RaiseAlarms

    def use(self, taskbook: Taskbook) -> None:
        """Go on with another taskbook: the clock role raises alarms by it, too."""
        self.taskbook = taskbook
        self.raising = RaiseAlarms(task_alarms(taskbook), self.raising.deps, plan=_nothing)

    async def plan(self, *planned: PlannedTask) -> Planned:
        """Plan tasks, as duties do."""
        async with self.database.transaction() as connection:
            return await plan_tasks(connection, planned, taskbook=self.taskbook)

    async def at(self, now: datetime) -> None:
        """Set the clock, and let the clock role look."""
        self.clock.set(now)
        await self.tick()

    async def tick(self) -> None:
        """Let the clock role look once."""
        while await open_windows(self.database, taskbook=self.taskbook):
            pass
        await self.raising.look()

    async def move(self, task: PlannedTask, command: msgspec.Struct, by: Actor, version: int | None = None) -> Any:
        """Carry out a command; return the task afterwards, or the code of the refusal."""
        order = Order(task.task_id, command, caller(by), Precondition(version))
        async with self.database.transaction() as connection:
            said = await move_task(connection, order, taskbook=self.taskbook)
        return said.refusal.code if isinstance(said, Refused) else said

    async def task(self, planned: PlannedTask) -> Task:
        """Return the task as it stands in the table."""
        async with self.database.acquire() as connection:
            found = await rows.find(connection, planned.task_id)
        assert found is not None
        return found

    async def said(self, planned: PlannedTask | None = None) -> list[CloudEvent]:
        """Return everything written to the outbox, of one task or of all, in order."""
        async with self.database.acquire() as connection:
            found = await connection.fetch("SELECT key, value, headers FROM outbox ORDER BY id")
        events = [from_kafka(row["key"], row["value"], unpack_headers(row["headers"])) for row in found]
        return [event for event in events if planned is None or event.subject == planned.task_id]

    async def kinds(self, planned: PlannedTask | None = None) -> list[str]:
        """Return what was said, by the verbs of its types."""
        return [event.type.split(".")[2] for event in await self.said(planned)]


def stage_on(database: Database, clock: ManualClock, policy: TaskPolicy = POLICY) -> Stage:
    """Return a stage on this database."""
    taskbook = Taskbook(
        clock=clock,
        policy=policy,
        topic=TopicFamily.TASK,
        city=CITY,
        reactions=NO_REACTIONS,
        findings=Findings(city=load_city(PROFILE), topic=TopicFamily.TASK),
    )
    raising = RaiseAlarms(task_alarms(taskbook), Deps(database, clock), plan=_nothing)
    return Stage(database, clock, taskbook, raising)


async def _nothing() -> None:
    """Plan no reminders afresh."""


def children(codes: Sequence[str] = TWELVE, **changed: Any) -> list[PlannedTask]:
    """Return one report for each of these counties."""
    return [report(county=code, member=county(code, f"示例县{code}"), **changed) for code in codes]
